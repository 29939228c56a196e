"""``journey.toml``: every complaint names the place; what is told is held against what it says."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.config.document import Document
from journey.config.file import load, parse
from journey.ingest.importers import importer
from journey.ingest.mapped import mapping as mappings
from schemas.codec import Codec
from schemas.errors import ConfigurationError, UsageError
from schemas.events import Custom
from schemas.times import parse_rfc3339

NOW = parse_rfc3339("2026-02-01T00:00:00Z")
TOML = """\
# What we sell.

[events.loan-asked]
description = "A loan."
names = [
  "LoanAsked",  # as the app calls it
]

[events.loan-asked.properties]
amount = { type = "decimal", required = true }
branch = { type = "string", allowed = ["north", "south"] }
national_id = { type = "string", personal = true }
products = { type = "string list", allowed = ["car", "home"] }
rate = { type = "number" }
term = { type = "integer", allowed = [12, 24] }
signed = { type = "boolean" }
due = { type = "time" }
"""
TYPES = parse(TOML).events


def line(type_="loan-asked", **properties):
    told = {
        "id": "1",
        "source": "bank",
        "type": type_,
        "time": "2026-01-10T09:00:00Z",
        "identities": {"email": "ann@example.com"},
        "properties": properties,
    }
    return json.dumps(told).encode()


def read(data, form="jsonl", types=TYPES):
    return types.reading(importer(form)).parse(data, 1, NOW)


def clear(**properties):
    """What stands in clear of these properties, besides an amount that is right."""
    (draft,) = read(line(amount=1, **properties)).drafts
    assert isinstance(draft.fact, Custom)
    assert draft.fact.properties["amount"] == ["1"]
    return {name: values for name, values in draft.fact.properties.items() if name != "amount"}


# --- the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "number", "words"),
    [
        ("[events.loan-asked]", "[event.loan-asked]", 3, "did you mean events"),
        ("[events.loan-asked]", "[events.order-placed]", 3, "ships"),
        ("[events.loan-asked]", "[events.outreach-decided]", 3, "ships"),
        ("loan-asked", "Loan_Asked", 3, "small letters"),
        ('"A loan."', "4", 4, "text"),
        ("description", "descriptoin", 4, "did you mean description"),
        ('"LoanAsked"', "7", 5, "names.0: is wrong: write a text"),
        ('"LoanAsked"', '" - "', 5, "empty name"),
        ("amount =", "topic =", 10, "topic"),
        ("amount =", "name =", 10, "name"),
        ("amount =", '"/amount" =', 10, "begins with /"),
        ('"decimal"', '"money"', 10, '"string", "integer"'),
        ('type = "decimal", ', "", 10, "type is missing"),
        ("required = true", 'required = "yes"', 10, "true or false"),
        ("required = true", "needed = true", 10, "use one of type, required"),
        ('["north", "south"]', '"north"', 11, "list"),
        ("[12, 24]", '["a year"]', 15, "integer"),
        ('{ type = "number" }', '"number"', 14, "no table"),
        ("rate", "[", 14, "no TOML"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_may_stand_there(old, new, number, words):
    assert old in TOML
    with pytest.raises(ConfigurationError) as refused:
        parse(TOML.replace(old, new))
    told = str(refused.value)
    assert told.startswith(f"journey.toml, line {number}")
    assert words in told
    assert told.endswith(".")


def test_two_types_cannot_share_a_name():
    more = '[events.loan]\nnames = ["loan asked"]\n'
    with pytest.raises(ConfigurationError, match=r"line 19, events\.loan\.names: .*loan-asked"):
        parse(TOML + more)


def test_no_file_declares_nothing(tmp_path):
    assert load(tmp_path).events.types == ()
    assert read(line(), types=load(tmp_path).events).drafts[0].fact.declared == ""


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "journey.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load(tmp_path)
    (tmp_path / "journey.toml").unlink()
    (tmp_path / "journey.toml").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path)


NAMES = st.text("abcdef", min_size=1, max_size=3)
STATEMENTS = st.sampled_from(
    ["{} = 1", "{} = [\n 1,\n 2 ]", '{} = """\n# no comment\n[no.header]\n"""', "{} = {{ a = 1 }}"]
)


@given(st.lists(st.tuples(NAMES, STATEMENTS, st.integers(0, 2)), unique_by=lambda each: each[0]))
def test_every_key_is_found_on_its_line(told):
    lines, wanted = [], {}
    for name, statement, gap in told:
        lines += ["# comment", ""][:gap]
        wanted[name] = len(lines) + 1
        lines += statement.format(name).split("\n")
    document = Document("\n".join(lines), "it")
    assert {name: document.line([name]) for name in wanted} == wanted
    assert document.line(["missing", "key"]) == 1


# --- what is told ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"branch": "north"}, {"branch": ["north"]}),
        ({"branch": ""}, {}),
        ({"branch": None}, {}),
        ({"national_id": "800101"}, {}),
        ({"products": ["home", "car"]}, {"products": ["home", "car"]}),
        ({"products": "car"}, {"products": ["car"]}),
        ({"products": []}, {}),
        ({"rate": 3}, {"rate": ["3"]}),
        ({"rate": 0.1}, {"rate": ["0.1"]}),
        ({"rate": -0.0}, {"rate": ["0"]}),
        ({"term": 12}, {"term": ["12"]}),
        ({"signed": False}, {"signed": ["false"]}),
        ({"due": "2026-01-10T10:00:00+01:00"}, {"due": ["2026-01-10T09:00:00Z"]}),
        ({"mood": "fine"}, {}),
    ],
)
def test_declared_properties_stand_in_clear_in_one_spelling(properties, expected):
    assert clear(**properties) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("12.50", "12.5"),
        ('"12.50"', "12.5"),
        ("1e2", "100"),
        ("-0.0", "0"),
        ("12345678901234567890.12345678901", "12345678901234567890.12345678901"),
        ("1e-7", "0.0000001"),
    ],
)
def test_a_decimal_is_exact(written, expected):
    data = line(amount="X").replace(b'"X"', written.encode())
    (draft,) = read(data).drafts
    assert draft.fact.properties == {"amount": [expected]}
    assert draft.fact.extra == {"amount": written}


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"amount": None}, "missing-field"),
        ({"amount": ""}, "missing-field"),
        ({"amount": "much"}, "bad-number"),
        ({"amount": True}, "wrong-type"),
        ({"amount": [1]}, "wrong-type"),
        ({"branch": "east"}, "not-allowed"),
        ({"branch": 4}, "wrong-type"),
        ({"branch": "n" * 513}, "text-too-long"),
        ({"products": ["car", "boat"]}, "not-allowed"),
        ({"products": [4]}, "wrong-type"),
        ({"term": 13}, "not-allowed"),
        ({"term": 12.0}, "wrong-type"),
        ({"term": True}, "wrong-type"),
        ({"rate": "3"}, "wrong-type"),
        ({"signed": "yes"}, "wrong-type"),
        ({"due": "2026-01-10"}, "bad-time"),
        ({"due": "2026-01-10T10:00:00"}, "no-time-zone"),
        ({"national_id": 800101}, "wrong-type"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_property_and_no_value(properties, code):
    data = line(**{"amount": 1} | properties)
    parsed = read(data)
    assert parsed.drafts == []
    (rejected,) = parsed.rejected
    assert rejected.code == code
    (name,) = properties
    assert rejected.reason.startswith(f"{name}: ")
    assert "east" not in rejected.reason
    assert b"".join(rejected.data) == data


@pytest.mark.parametrize(
    "name", ["loan-asked", "Loan Asked", "loan_asked", "LoanAsked", "com.bank.loan-asked"]
)
def test_a_type_is_known_by_all_its_names(name):
    (draft,) = read(line(name, amount=1)).drafts
    assert (draft.fact.name, draft.fact.declared) == (name, "loan-asked")


def test_other_types_are_let_be():
    for name in ("loan-granted", "page-viewed"):
        (with_types,) = read(line(name, amount="much")).drafts
        (without,) = importer("jsonl").parse(line(name, amount="much"), 1, NOW).drafts
        assert with_types == without


def test_what_the_source_told_is_kept_as_it_was_and_compared_as_ever():
    (declared,) = read(line(amount=1, branch="north", mood="fine")).drafts
    (before,) = importer("jsonl").parse(line(amount=1, branch="north", mood="fine"), 1, NOW).drafts
    assert isinstance(declared.fact, Custom)
    as_before = msgspec.structs.replace(declared.fact, declared="", properties={})
    assert msgspec.structs.replace(declared, fact=as_before) == before
    assert Codec().difference(before.fact, declared.fact) == []


SEGMENT = {
    "type": "track",
    "event": "Loan Asked",
    "messageId": "s-1",
    "userId": "u-1",
    "timestamp": "2026-01-10T09:00:00Z",
    "properties": {"amount": 12.5, "branch": "north"},
}
CLOUD = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/bank",
    "type": "com.bank.loan-asked",
    "time": "2026-01-10T09:00:00Z",
    "data": {"userId": "u-1", "amount": 12.5, "branch": "north"},
}


@pytest.mark.parametrize(("form", "record"), [("segment", SEGMENT), ("cloudevents", CLOUD)])
def test_every_importer_checks(form, record):
    (draft,) = read(json.dumps(record).encode(), form).drafts
    assert draft.fact.properties == {"amount": ["12.5"], "branch": ["north"]}
    wrong = json.dumps(record).replace("north", "east").encode()
    assert [r.code for r in read(wrong, form).rejected] == ["not-allowed"]


def test_a_batch_keeps_what_is_good_in_it():
    wrong = SEGMENT | {"messageId": "s-2", "properties": {"branch": "north"}}
    data = json.dumps({"batch": [SEGMENT, wrong]}).encode()
    parsed = read(data, "segment")
    assert len(parsed.drafts) == 1
    (rejected,) = parsed.rejected
    assert (rejected.code, b"".join(rejected.data)) == ("missing-field", data)


def test_a_mapping_may_name_a_declared_type():
    page = Path(__file__).parents[2] / "docs" / "mappings" / "cdnow.toml"
    text = page.read_text(encoding="utf-8").replace('"order-placed"', '"loan-asked"')
    assert '"loan-asked"' in text
    assert mappings.parse(text, declared=TYPES.has).constants.type == "loan-asked"
    with pytest.raises(ConfigurationError, match=r"journey\.toml"):
        mappings.parse(text)
