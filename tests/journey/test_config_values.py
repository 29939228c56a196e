"""``journey.toml`` over the defaults: what is laid over what, what is refused, and where."""

from datetime import date
from typing import Annotated, Literal
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from journey.config import example as examples
from journey.config.document import Document, Wrong
from journey.config.example import example
from journey.config.file import parse
from journey.config.keys import changes, keys
from journey.config.types import text, written
from projections.configuration import DEFAULT, Configuration, configuration, document
from projections.configuration.conversations import ConversationRules
from projections.configuration.durations import SECONDS_MAX, Seconds, seconds, spelled
from projections.configuration.section import Section
from projections.configuration.stages import StageRules
from tests.cli.runner import ROOT


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tables ``desk.spans``.

    Args:
        start: when.
        days: on which.
    """

    start: str
    days: list[str] = []


class Desk(Section, frozen=True, kw_only=True, rename={"is_": "is"}):
    """Section ``desk``: of everything a type can be.

    Args:
        limit: how long one waits at most,
            whoever one is.
        share: a part.
        mode: how.
        is_: renamed.
        opened: a day.
        names: more.
        waits: by name.
        inner: one in it.
        spans: several.
        by_name: by name, each a table.
        days: as a list, or with a name each.
    """

    limit: Seconds = 90
    share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    mode: Literal["fast", "slow"] = "fast"
    is_: str | None = None
    opened: date = date(2026, 1, 2)
    names: list[str] = msgspec.field(default_factory=lambda: ["a", 'b "c"', "d\x7f\\"])
    waits: dict[str, Seconds] = msgspec.field(default_factory=lambda: {"chat": 60, "e mail": 3600})
    inner: Span = Span(start="09:00")
    spans: list[Span] = msgspec.field(
        default_factory=lambda: [Span(start="08:00", days=["mon"]), Span(start="09:00")]
    )
    by_name: dict[str, Span] = msgspec.field(
        default_factory=lambda: {"x y": Span(start="1", days=["tue"])}
    )
    days: list[date] | dict[str, str] = msgspec.field(default_factory=list)
    or_none: Seconds | None = None


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    desk: Desk = Desk()


def read(told: str) -> Desk:
    return Document(told, "it").struct([], Whole, usual=Whole()).desk


def complaints(told: str) -> list[tuple[int, str]]:
    with pytest.raises(Wrong) as refused:
        read(told)
    assert str(refused.value).endswith(".")
    return refused.value.complaints


# --- over the defaults ------------------------------------------------------------------------


def test_a_table_is_laid_over_its_default_key_by_key():
    rules = parse('[conversations.expectation]\nchat = "90 s"\nfax = "3 d"\n').rules
    usual = DEFAULT.conversations.expectation
    assert rules.conversations.expectation == usual | {"chat": 90, "fax": 3 * 86400}
    assert rules.conversations.thread_gap == DEFAULT.conversations.thread_gap
    assert rules.stages == DEFAULT.stages


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("", Desk()),
        ("[desk]", Desk()),
        ('[desk.waits]\nchat = "2 min"', Desk(waits={"chat": 120, "e mail": 3600})),
        ('[desk]\nwaits."e mail" = 7', Desk(waits={"chat": 60, "e mail": 7})),
        ('[desk.inner]\ndays = ["sun"]', Desk(inner=Span(start="09:00", days=["sun"]))),
        (
            '[desk.by_name."x y"]\nstart = "2"\n[desk.by_name.z]\nstart = "3"',
            Desk(by_name={"x y": Span(start="2", days=["tue"]), "z": Span(start="3")}),
        ),
        ('[[desk.spans]]\nstart = "7"', Desk(spans=[Span(start="7")])),
        (
            'desk = { spans = [{ start = "7" }], names = [] }',
            Desk(spans=[Span(start="7")], names=[]),
        ),
        ("[desk]\ndays = [2026-12-25]", Desk(days=[date(2026, 12, 25)])),
        ('[desk.days]\n2026-12-25 = "Christmas"', Desk(days={"2026-12-25": "Christmas"})),
        ('[desk]\nis = "so"\nor_none = "1 h"', Desk(is_="so", or_none=3600)),
    ],
)  # fmt: skip
def test_what_is_given_takes_the_place_of_the_default(told, wanted):
    assert read(told) == wanted


def test_defaults_are_nobodys_to_change():
    read('[desk.waits]\nfax = "1 s"')
    assert Whole().desk.waits == {"chat": 60, "e mail": 3600}


# --- complaints -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "line", "words"),
    [
        ("\n[desk]\nlimit = 1.5", 3, "desk.limit: is wrong: write a duration"),
        ('[desk]\nlimit = "2 years"', 2, 'such as "90 s"'),
        (f'[desk]\nlimit = "{SECONDS_MAX // 86400 + 1} d"', 2, "desk.limit"),
        ("[desk]\nlimit = -1", 2, "desk.limit"),
        ("[desk]\nshare = 1.5", 2, "a number from 0 to 1"),
        ("[desk]\nshare = nan", 2, "a number"),
        ("[desk]\nshare = true", 2, "a number"),
        ("[desk]\nor_none = 123456789012345678901234567890", 2, "a duration"),
        ('[desk]\nmode = "Fast"', 2, 'one of "fast", "slow"'),
        ("[desk]\nis = 4", 2, "desk.is: is wrong: write a text"),
        ("[desk]\nis_ = 4", 2, "is unknown"),
        ('[desk]\nopened = "2026-01-02"\n\n# x\nlimitt = 4', 5, "did you mean limit?"),
        ("[desk]\nnames = [\n 'a',\n 4,\n]", 2, "desk.names.1: is wrong: write a text"),
        ("[desk]\nnames = 'a'", 2, "a list, in brackets, each a text"),
        ('[desk.waits]\n"e mail" = "x"', 2, 'desk.waits."e mail": is wrong'),
        ("[desk]\nwaits = { chat = 'x' }", 2, "desk.waits.chat"),
        ("[desk]\nwaits = 4", 2, "is no table: write it as [desk.waits]"),
        ("[desk]\ninner = 4", 2, "is no table: write it as [desk.inner]"),
        ("[desk]\nspans = [4]", 2, "desk.spans.0: is no table: write it in braces"),
        ("[[desk.spans]]\nstart = '7'\n[[desk.spans]]\ndays = []", 3, "spans.1: start is missing"),
        ("[[desk.spans]]\nstart = '7'\n\n[[desk.spans]]\nstart = 7", 5, "desk.spans.1.start"),
        ("[desk.by_name.\"a.b\"]\nstart = '7'\nend = 1", 3, 'desk.by_name."a.b".end: is unknown'),
        ("[desk]\ndays = ['x']", 2, "a date, such as 2026-12-25"),
        ("[desk.days]\nx = 4", 2, "desk.days.x: is wrong: write a text"),
        ("desk = 4", 1, "desk: is no table"),
        ("[dask]", 1, "did you mean desk?"),
        ("[desk]\nlimit = ", 2, "is no TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_may_stand_there(told, line, words):
    (found, *_) = complaints(told)
    assert found[0] == line
    assert found[1].startswith(f"it, line {line}")
    assert words in found[1]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    told = '[stages]\nlaps = 1\nlapse = "x"\n[events.a]\nnames = 4\n[events.b.properties.c]\n'
    with pytest.raises(Wrong) as refused:
        parse(told + "[outreach]\nstale_after = []\n[conversation]")
    assert [line for line, _ in refused.value.complaints] == [2, 3, 5, 6, 8, 9]
    first = refused.value.complaints[0][1].removesuffix(".")
    assert str(refused.value) == f"{first} (5 more follow)."


def test_a_file_with_no_end_of_mistakes_is_refused_in_time():
    many = "\n".join(f"x{n} = 1" for n in range(5_000))
    with pytest.raises(Wrong) as refused:
        parse(f"[stages]\n{many}")
    assert len(refused.value.complaints) < 200
    deep = "x = " + "[" * 5_000
    with pytest.raises(Wrong):
        parse(deep)


def test_every_section_complains_of_an_unknown_key_and_a_wrong_type():
    for section in Configuration.__struct_fields__:
        if isinstance(getattr(DEFAULT, section), Section):
            with pytest.raises(Wrong, match=rf"journey\.toml, line 2, {section}\.no_such_key"):
                parse(f"[{section}]\nno_such_key = 1")
        with pytest.raises(Wrong, match=rf"journey\.toml, line 1, {section}: is no table"):
            parse(f"{section} = 1")


def test_a_complaint_of_a_section_has_its_line(monkeypatch):
    monkeypatch.setattr(
        StageRules, "complaints", lambda self, whole: [(("lapse",), "is odd: write another")]
    )
    with pytest.raises(Wrong, match=r"^journey\.toml, line 3, stages\.lapse: is odd: write anot"):
        parse('\n[stages]\nlapse = "1 d"')
    with pytest.raises(Wrong, match=r"^journey\.toml, line 1, stages\.lapse: is odd"):
        parse("[stages]")


# --- spelling ---------------------------------------------------------------------------------


@given(st.integers(0, SECONDS_MAX))
def test_a_duration_is_read_as_it_is_spelled(duration):
    assert seconds(spelled(duration)) == duration


@given(st.text(st.characters(codec="utf-8")))
def test_a_text_is_read_as_it_is_written(told):
    assert Document(f"x = {text(told)}", "it").told == {"x": told}
    assert Document(f"x = {written({told: [told]})}", "it").told == {"x": {told: [told]}}


def test_the_example_says_what_holds_without_it():
    assert document(parse(example()).rules) == document(DEFAULT)
    parse(example().replace("\n", "\r\n"))


def test_the_example_of_every_form_says_what_holds_without_it():
    with patch.object(examples, "DEFAULT", Whole()):
        told = example()
    assert read(told) == Desk()
    assert '# How long one waits at most, whoever one is.\nlimit = "1 min 30 s"' in told
    assert "# Of everything a type can be.\n[desk]" in told


def test_the_page_is_the_example():
    page = ROOT / "docs" / "journey.toml.example"
    told = "journey config example > docs/journey.toml.example"
    assert page.read_text(encoding="utf-8") == example(), told


def test_every_key_of_a_section_is_explained_in_the_example():
    for key in keys(DEFAULT):
        assert key.path[0] in example()
    explained = [line for line in example().split("\n") if line.startswith("# ")]
    for kind in (ConversationRules, StageRules):
        for name in kind.__struct_fields__:
            about = examples._arguments(kind)[name]
            assert any(about[1:20] in line for line in explained), name


# --- differences and older documents ----------------------------------------------------------


def test_what_differs_is_told_key_by_key():
    now = parse('[stages]\nlapse = "1 d"\n[conversations.expectation]\nfax = "1 h"').rules
    told = [(c.key, c.was, c.now) for c in changes(DEFAULT, now)]
    assert told == [
        ("conversations.expectation.fax", None, '"1 h"'),
        ("stages.lapse", '"180 d"', '"1 d"'),
    ]
    assert changes(now, now) == []
    back = [(c.key, c.was, c.now) for c in changes(now, DEFAULT)]
    assert sorted(back) == sorted((key, now_, was) for key, was, now_ in told)


@pytest.mark.parametrize(
    "told",
    [
        "{}",
        '{"stages":{}}',
        '{"lapse_s":15552000,"expectation_s":{"chat":120},"stale_after_s":86400}',
        '{"conversations":{"thread_gap":259200},"a_section_of_later":{"x":1}}',
    ],
)
def test_a_document_of_another_version_has_the_defaults_of_what_it_does_not_name(told):
    assert document(configuration(told)) == document(DEFAULT)
