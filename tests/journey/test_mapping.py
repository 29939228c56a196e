"""Mappings: whatever is wrong in one is told with its place, before anything is read."""

from pathlib import Path

import pytest

from journey.ingest.mapped.mapping import load, parse
from schemas.errors import ConfigurationError, NotFound

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "docs" / "mappings").glob("*.toml"))

GOOD = """\
id = ["order_no"]
duplicates = "once"
[constants]
source = "shop"
type = "order-placed"
[fields]
time = { column = "at", format = "%Y-%m-%d", zone = "UTC" }
identities.email = "mail"
"""


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_good_one():
    mapping = parse(GOOD)
    assert mapping.id == ["order_no"]
    assert mapping.fields.identities == {"email": "mail"}


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_those_in_the_documentation_are_right(file):
    mapping, _ = load(file)
    assert mapping.about


def test_there_are_some_in_the_documentation():
    assert {"cdnow.toml", "ecom.toml"} <= {file.name for file in SHIPPED}


WRONG = [
    ("id = [", "id [", "is no TOML", "line 1"),
    ('id = ["order_no"]', "", "the top", "missing required field `id`"),
    ('id = ["order_no"]', "id = []", "id: ", "is empty"),
    ('id = ["order_no"]', 'id = "order_no"', "id: ", "order_no"),
    ('"once"', '"twice"', "duplicates", "twice"),
    ("[constants]", "colour = 1\n[constants]", "the top", "unknown field `colour`"),
    ('source = "shop"', 'sauce = "shop"', "constants", "unknown field `sauce`"),
    ('source = "shop"', "", "constants.source", "is missing"),
    ('type = "order-placed"', "", "constants.type", "is missing"),
    ("order-placed", "order-plased", "constants.type", "order-plased is no event type"),
    ("order-placed", "order-placed.v7", "constants.type", "no such version"),
    ("order-placed", "absorbed", "constants.type", "only the engine"),
    ("[fields]", 'channel = "E Mail"\n[fields]', "constants.channel", "is not of the form"),
    ("[fields]", 'direction = "up"\n[fields]', "constants.direction", "is unknown"),
    ("[fields]", 'actor.kind = "cat"\n[fields]', "constants.actor", "is missing or unknown"),
    ("[fields]", "properties.columns = 1\n[fields]", "constants.properties", "rename"),
    ("identities.email", "identities.E-Mail", "fields.identities.E-Mail", "is not of the form"),
    ('identities.email = "mail"', "", "fields: ", "nobody is named"),
    ('"mail"', "7", "fields.identities[...]", "got `int`"),
    ('"mail"', "{}", "fields.identities.email", "column"),
    ('"mail"', '{ column = "a", colum = "b" }', "fields.identities[...]", "`colum`"),
    ('"mail"', '{ column = "a", columns = ["b"] }', "fields.identities.email", "either column"),
    ('"mail"', '{ column = "a", as = "number" }', "fields.identities.email", "properties only"),
    ('"mail"', '{ column = "a", zone = "UTC" }', "fields.identities.email", "no format"),
    (', zone = "UTC"', "", "fields.time", "no zone"),
    ('"UTC"', '"Mars/Base"', "fields.time", "no time zone Mars/Base"),
    ('"%Y-%m-%d"', '"iso"', "fields.time", "no format iso"),
    (
        'time = { column = "at", format = "%Y-%m-%d", zone = "UTC" }',
        'time = "at"',
        "time",
        "format",
    ),
    ("[fields]", '[fields]\ntype = "a"', "fields.type", "constant as well"),
    ("[fields]", '[fields]\nactor.name = "a"', "fields.actor.name", "kind, id or team"),
    ("[fields]", '[fields]\nproperties.columns = "a"', "fields.properties.columns", "another name"),
    (
        "[fields]",
        '[fields]\ndirection = { column = "a", values = { a = "up" } }',
        "fields.direction",
        "is unknown",
    ),
    (
        'type = "order-placed"\n[fields]',
        '[fields]\ntype = { column = "a", values = { a = "order-plased" } }',
        "fields.type",
        "order-plased",
    ),
    ("[fields]", '[file]\nencoding = "klingon"\n[fields]', "file.encoding", "is unknown"),
    ("[fields]", '[file]\nencoding = "rot13"\n[fields]', "file.encoding", "is unknown"),
    ("[fields]", '[file]\nencoding = "shift_jis"\n[fields]', "file.encoding", "one byte"),
    ("[fields]", '[file]\ndelimiter = "::"\n[fields]', "file.delimiter", "one character"),
    ("[fields]", "[file]\ndelimiter = '\"'\n[fields]", "file.delimiter", "quote"),
    ("[fields]", "[file]\nheader = false\n[fields]", "file.columns", "no header"),
    ("[fields]", '[file]\ncolumns = ["a", "a"]\n[fields]', "file.columns", "twice"),
    ("[fields]", '[file]\nwidths = [1]\ncolumns = ["a", "b"]\n[fields]', "file.widths", "1 widths"),
    ("[fields]", "[file]\nskip = -1\n[fields]", "file.skip", "below 0"),
]


@pytest.mark.parametrize(("old", "new", "place", "why"), WRONG)
def test_what_is_wrong_is_told_with_its_place(old, new, place, why):
    with pytest.raises(ConfigurationError) as told:
        parse(changed(old, new), "shop.toml")
    assert str(told.value).startswith("shop.toml")
    assert place in str(told.value)
    assert why in str(told.value)
    assert str(told.value).endswith(".")


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(NotFound, match="journey mapping guess"):
        load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(tmp_path / "bad.toml")
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(tmp_path / "bom.toml")[0] == parse(GOOD)
