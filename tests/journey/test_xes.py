"""XES: each trace a customer, each event a touchpoint; no XML is trusted."""

import json
import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from journey.ingest.importers import Parsed, importer
from journey.ingest.records import RECORD_BYTES_MAX
from journey.ingest.source import Source
from journey.ingest.xes import DEPTH_MAX
from schemas.errors import UsageError
from schemas.times import parse_rfc3339
from tests.leaves import lost

NOW = parse_rfc3339("2024-06-01T00:00:00Z")
REPAIRS = (Path(__file__).parent.parent / "fixtures" / "repairs.xes").read_bytes()
XES = importer("xes")
HEAD = '<?xml version="1.0"?><log><string key="concept:name" value="L"/>'
EVENT = (
    '<event><string key="concept:name" value="A"/>'
    '<date key="time:timestamp" value="2024-05-01T12:00:00Z"/>%s</event>'
)
TRACE = '<trace><string key="concept:name" value="c"/>%s</trace>'


def read(data: bytes | str, size: int = 1 << 20) -> list[Parsed]:
    """All that comes of a file, with the bytes of what was refused read."""
    told = data.encode() if isinstance(data, str) else data
    chunks = (told[at : at + size] for at in range(0, len(told), size))
    found = []
    for item in XES.read(Source(chunks, "x.xes"), NOW):
        kept = [replace(each, data=b"".join(each.data)) for each in item.rejected]
        found.append(replace(item, rejected=kept))
    return found


def drafts(data: bytes | str, size: int = 1 << 20) -> list[Any]:
    return [draft for item in read(data, size) for draft in item.drafts]


def refused(data: bytes | str, size: int = 1 << 20) -> list[tuple[str, Any]]:
    return [(r.code, r.data) for item in read(data, size) for r in item.rejected]


def log(*traces: str) -> str:
    return HEAD + "".join(traces) + "</log>"


# --- what arrives -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_a_file_is_read_whole_and_in_pieces(size):
    first, repaired, delivered, message = drafts(REPAIRS, size)
    assert [d.message_id for d in (first, repaired, delivered, message)] == [
        *(f"repairs/customer-1/{n}" for n in (1, 2, 3)),
        "e-2-1",
    ]
    assert {d.source for d in (first, repaired, delivered, message)} == {"xes"}
    assert first.identities == {"case": ["customer-1"]}
    assert first.occurred_at == parse_rfc3339("2024-05-01T08:00:00Z")
    assert (first.fact.name, first.fact.actor_kind) == ("Lamp sent in", "customer")
    assert first.fact.extra == {
        "time:timestamp": '"2024-05-01T10:00:00.000+02:00"',
        "lifecycle:transition": '"complete"',
        "variant": '"lamp & shade"',  # the trace's, which its first event has
    }
    fact = repaired.fact
    assert (fact.direction, fact.actor_kind, fact.actor) == ("internal", "human", "bo")
    assert fact.team == "workshop"
    assert fact.extra["costs"] == '{"value":12.50,"attributes":{"currency":"EUR"}}'
    assert fact.extra["parts"] == '[{"bulb":2},{"bulb":3}]'
    assert fact.extra["warranty"] == "true"
    assert (delivered.fact.TYPE, delivered.fact.actor) == ("order-delivered.v2", "cem")
    assert (message.fact.TYPE, message.fact.actor_kind) == ("message-received.v2", "customer")
    assert message.fact.extra["org:resource"] == '"dora"'
    codes = refused(REPAIRS, size)
    assert [code for code, _ in codes] == ["missing-field", "empty-trace"]
    assert json.loads(codes[1][1]) == {"concept:name": "customer-3"}


def test_a_refused_event_is_a_record_of_its_own():
    (data,) = (kept for code, kept in refused(REPAIRS) if code == "missing-field")
    assert json.loads(data)["event"] == {"concept:name": "Lamp lost"}
    mended = data.replace(b'"Lamp lost"', b'"Lamp lost","time:timestamp":"2024-05-04T00:00:00Z"')
    (draft,) = XES.parse(mended, 5, NOW).drafts
    assert draft.message_id == "repairs/customer-2/2"


def test_names_of_ours_that_need_more_are_custom():
    for name in ("survey-answered", "identity-linked", "custom", "absorbed"):
        (made,) = drafts(log(TRACE % EVENT % "").replace('"A"', f'"{name}"'))
        assert (made.fact.TYPE, made.fact.name) == ("custom.v2", name)


def test_a_key_that_is_there_twice_loses_nothing():
    twice = '<int key="n" value="1"/><int key="n" value="+2"/><string key="n" value="1"/>'
    (made,) = drafts(log(TRACE % EVENT % twice))
    found = {name: text for name, text in made.fact.extra.items() if name.startswith("n")}
    assert found == {"n": "1", "n (2)": '"+2"', "n (3)": '"1"'}


def test_attributes_behind_events_go_to_the_next():
    late = '<string key="late" value="x"/>'
    _, second = drafts(log(TRACE % (EVENT % "" + late + EVENT % "")))
    assert second.fact.extra["late"] == '"x"'
    codes = refused(log(TRACE % (EVENT % "" + late)))
    assert [(code, json.loads(kept)) for code, kept in codes] == [
        ("empty-trace", {"concept:name": "c", "late": "x"})
    ]


def test_long_names_still_make_an_id():
    (made,) = drafts(log(TRACE % EVENT % "").replace('"c"', '"' + "c" * 512 + '"'))
    assert made.message_id.startswith("sha256:")


TEXTS = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn"), exclude_characters="\x7f")
)


@given(st.dictionaries(TEXTS, TEXTS, max_size=5), st.dictionaries(TEXTS, TEXTS, max_size=5))
def test_every_value_of_a_file_is_found_again(of_trace, of_event):
    def attributes(told: dict[str, str]) -> str:
        pairs = ((quoteattr("a" + k), quoteattr(v)) for k, v in told.items())
        return "".join(f"<string key={key} value={value}/>" for key, value in pairs)

    text = log(TRACE % (attributes(of_trace) + EVENT % attributes(of_event)))
    (made,) = drafts(text, 50)
    told = [*of_trace.values(), *of_event.values(), "A", "c", "2024-05-01T12:00:00Z"]
    assert lost(told, made.fact) == []


# --- what is refused --------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {n} "{f"&{p};" * 10}">' for p, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + ']><log><trace><string key="concept:name" value="&i;"/></trace></log>'
)
OUTSIDE = '<!DOCTYPE log [<!ENTITY x SYSTEM "outside.txt">]><log>&x;</log>'
REMOTE = '<!DOCTYPE log SYSTEM "http://192.0.2.1/x.dtd"><log/>'


@pytest.mark.parametrize("size", [10, 1 << 20])
@pytest.mark.parametrize("data", [BOMB, OUTSIDE, REMOTE, "<!DOCTYPE log><log/>"])
def test_bombs_and_entities_are_refused(data, size):
    ((code, kept),) = refused(data, size)
    assert code == "forbidden-xml"
    assert data.encode().endswith(kept)
    assert drafts(data) == []


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("missing-field", lambda t: t.replace('value="c"', 'value=""')),
        ("missing-field", lambda t: t.replace('value="A"', 'value=" "')),
        ("missing-field", lambda t: t.replace("time:timestamp", "time")),
        ("missing-field", lambda t: t.replace("<trace>", "").replace("</trace>", "")),
        ("bad-time", lambda t: t.replace("2024-05-01", "2024-05-32")),
        ("no-time-zone", lambda t: t.replace("00Z", "00")),
        ("far-future", lambda t: t.replace("2024", "2124")),
        ("missing-field", lambda t: t.replace('"c"', '"' + "c" * 600 + '"')),
        (
            "text-too-long",
            lambda t: t.replace("<date", f'<id key="x" value="{"x" * 100_001}"/><date'),
        ),
    ],
)
def test_a_bad_event_costs_only_itself(code, changed):
    good = TRACE.replace('"c"', '"d"') % EVENT % ""
    found = read(log(changed(TRACE % EVENT % ""), good))
    assert [r.code for item in found for r in item.rejected][:1] == [code]
    assert len([d for item in found for d in item.drafts]) == 1


@pytest.mark.parametrize("size", [30, 1 << 20])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t[: len(t) * 3 // 4],
        lambda t: t.replace("</trace>", "</race>", 1),
        lambda t: t + "<log/>",
        lambda t: t.replace('value="B"', "value=B"),
        lambda t: t.replace('value="B"', 'value="&nbsp;"'),
        lambda t: t.replace('value="B"', 'value="\x01"'),
    ],
)
def test_what_is_before_broken_xml_is_in(spoil, size):
    text = spoil(log(TRACE % EVENT % "", TRACE % EVENT.replace('"A"', '"B"') % ""))
    found = read(text, size)
    assert len([d for item in found for d in item.drafts]) >= 1
    (rejected,) = (r for item in found for r in item.rejected)
    assert rejected.code == "bad-xml"
    assert re.search(r"line \d+, column \d+", rejected.reason)
    assert text.encode().endswith(bytes(rejected.data))  # type: ignore[arg-type] # read above
    (again,) = XES.parse(b"<trace>", 1, NOW).rejected
    assert again.code == "bad-xml"


def test_bytes_of_another_encoding_are_refused():
    text = log(TRACE % EVENT % "").encode()
    assert [code for code, _ in refused(text.replace(b'"A"', b'"\xff"'))] == ["bad-xml"]
    for name in (b"no-such", b"shift_jis"):
        with pytest.raises(UsageError, match="no XES"):
            read(text.replace(b'version="1.0"', b'version="1.0" encoding="%s"' % name))
    latin = text.replace(b'version="1.0"', b'version="1.0" encoding="iso-8859-1"')
    assert drafts(latin.replace(b'"A"', b'"\xe4"'))[0].fact.name == "ä"
    wide = text.decode().replace('version="1.0"', 'version="1.0" encoding="utf-16"')
    assert drafts(wide.encode("utf-16"))[0].fact.name == "A"


def test_nothing_is_deeper_or_longer_than_a_limit():
    deep = '<container key="a">' * DEPTH_MAX + "</container>" * DEPTH_MAX
    assert [code for code, _ in refused(log(TRACE % EVENT % deep))] == ["too-deep"]
    many = f'<string key="a" value="{"x" * 99_000}"/>' * 12
    assert [code for code, _ in refused(log(TRACE % EVENT % many))] == ["record-too-long"]
    endless = log(TRACE % EVENT % f'<string key="a" value="{"x" * 3 * RECORD_BYTES_MAX}"/>')
    ((code, kept),) = refused(endless, 1 << 16)
    assert code == "record-too-long"
    assert endless.encode().endswith(kept)


@pytest.mark.parametrize("data", ["", " ", "{}", "<html></html>", "<a><log/></a>", "\0"])
def test_what_is_no_xes_is_a_wrong_use(data):
    with pytest.raises(UsageError, match="no XES"):
        read(data)
