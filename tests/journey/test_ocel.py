"""OCEL 2.0: each event a touchpoint of the object that is its customer; nothing is lost."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from journey.ingest.importers import Parsed, importer
from journey.ingest.records import RECORD_BYTES_MAX
from journey.ingest.shelf import Shelf
from journey.ingest.source import Source
from schemas.errors import UsageError
from schemas.times import parse_rfc3339

NOW = parse_rfc3339("2024-06-01T00:00:00Z")
AT = "2024-05-01T12:00:00Z"


def read(data: bytes | str, size: int = 1 << 20, **options: str) -> list[Parsed]:
    """All that comes of a file, with the bytes of what was refused read."""
    told = data.encode() if isinstance(data, str) else data
    chunks = (told[at : at + size] for at in range(0, len(told), size))
    found = []
    for item in importer("ocel", options).read(Source(chunks, "x.json"), NOW):
        kept = [replace(each, data=[b"".join(each.data)]) for each in item.rejected]
        found.append(replace(item, rejected=kept))
    return found


def drafts(data: bytes | str, size: int = 1 << 20, **options: str) -> list[Any]:
    return [draft for item in read(data, size, **options) for draft in item.drafts]


def codes(data: bytes | str, size: int = 1 << 20) -> list[str]:
    return [r.code for item in read(data, size) for r in item.rejected]


def event(name: str = "e-1", *objects: str, **more: Any) -> dict[str, Any]:
    related = [{"objectId": each, "qualifier": "q"} for each in objects]
    return {"id": name, "type": "A", "time": AT, "relationships": related} | more


ANN = {"id": "ann", "type": "customer"}


def log(events: list[Any], objects: list[Any] | None = None, *, turned: bool = False) -> str:
    parts = {"objects": [ANN] if objects is None else objects, "events": events}
    head: dict[str, Any] = {"objectTypes": [], "eventTypes": []}
    return json.dumps(head | (dict(reversed(parts.items())) if turned else parts))


RICH: list[dict[str, Any]] = [
    ANN,
    {"id": "A-1", "type": "order", "relationships": [{"objectId": "ann", "qualifier": "of"}]},
    {
        "id": "c-1",
        "type": "conversation",
        "attributes": [{"name": "n", "time": AT, "value": 12.50}],
    },
    {"id": "agent:bo", "type": "agent"},
]


# --- what arrives -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("turned", [False, True])
def test_a_file_is_read_whole_and_in_pieces_in_any_order(size: int, turned: bool) -> None:
    events = [event("e-1", "ann", "c-1"), event("e-2", "A-1"), event("e-3", "ann", "A-1")]
    data = log(events, RICH[:3], turned=turned)
    assert [d.message_id for d in drafts(data, size)] == ["e-1", "e-2", "e-3"]
    assert [d.sequence for d in drafts(data, size)] == [1, 2, 3]
    assert {d.identities["customer"][0] for d in drafts(data, size)} == {"ann"}
    assert drafts(data, size) == drafts(data)
    assert codes(data, size) == []


def test_an_event_is_told_with_all_that_stands_in_it() -> None:
    told = event("e-1", "ann", "A-1", "c-1", "agent:bo", type="message-sent", more={"x": 1})
    told["relationships"][3]["qualifier"] = "bot"
    told["attributes"] = [{"name": "text", "value": "Hi"}, {"name": "n", "value": 12.50}]
    first, second = drafts(log([told, event("e-2", "c-1", "ann")], RICH))
    assert first.source == "ocel"
    assert first.identities == {"customer": ["ann"], "order": ["A-1"]}
    assert (first.conversation, first.fact.actor_kind, first.fact.actor) == ("c-1", "bot", "bo")
    extra = {name: json.loads(text) for name, text in first.fact.extra.items()}
    assert extra["more"] == {"x": 1}
    assert (extra["/attributes/text"], first.fact.extra["n"]) == ("Hi", "12.5")
    objects = {each["id"]: each for each in extra["objects"]}
    assert objects["c-1"]["told"]["attributes"] == RICH[2]["attributes"]
    assert objects["agent:bo"]["qualifier"] == "bot"
    assert "told" not in second.fact.extra["objects"]  # once is enough


def test_activities_that_are_types_of_ours_are_these() -> None:
    events = [event("e-1", "ann", type="page-viewed"), event("e-2", "ann", type="survey-answered")]
    first, second = drafts(log(events))
    assert (first.fact.TYPE, second.fact.TYPE) == ("page-viewed.v1", "custom.v2")
    assert second.fact.name == "survey-answered"


def test_customers_may_be_of_any_type() -> None:
    data = log([event("e-1", "b")], [{"id": "b", "type": "Buyer & co"}])
    (draft,) = drafts(data, customer="Buyer & co", called="shop-b")
    assert (draft.source, draft.identities) == ("shop-b", {"customer": ["b"]})
    with pytest.raises(UsageError, match="xes takes no --source"):
        importer("xes", {"called": "shop-b"})


def test_a_record_from_quarantine_is_parsed_as_it_was_read() -> None:
    ocel = importer("ocel")
    (item,) = read(log([event("e-1", "ann", time="noon")]))
    (refused,) = item.rejected
    assert refused.code == "bad-time"
    assert ocel.parse(b"".join(refused.data), 1, NOW).rejected[0].reason == refused.reason
    data = b"".join(refused.data)
    mended = data.replace(b'"noon"', json.dumps(AT).encode())
    assert [d.message_id for d in ocel.parse(mended, 1, NOW).drafts] == ["e-1"]


# --- what does not ----------------------------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (event("e-2", "nobody"), "unknown-object"),
        (event("e-2"), "no-customer"),
        (event("e-2", "ann", id=None), "missing-field"),
        (event("e-2", "ann", id=["e"]), "missing-field"),
        ({"id": "e-2", "time": AT, "relationships": [{"objectId": "ann"}]}, "missing-field"),
        ({"id": "e-2", "type": "A", "relationships": [{"objectId": "ann"}]}, "missing-field"),
        (event("e-2", "ann", time="yesterday"), "bad-time"),
        (event("e-2", "ann", time="2024-05-01T12:00:00"), "no-time-zone"),
        (event("e-2", "ann", time="2924-05-01T12:00:00Z"), "far-future"),
        (event("e-2", "ann", time="2024-02-30T12:00:00Z"), "bad-time"),
        (event("e-2", "ann", time=5), "wrong-type"),
        (event("e-2", "ann", type=5), "wrong-type"),
        (event("e-2", "ann", attributes={"a": 1}), "wrong-type"),
        (event("e-2", "ann", attributes=[{"name": "a"}]), "bad-attribute"),
        (event("e-2", "ann", attributes=["a"]), "bad-attribute"),
        (event("e-2", relationships={"ann": 1}), "wrong-type"),
        (event("e-2", relationships=["ann"]), "missing-field"),
        (event("e-2", "ann", note="\0"), "nul-character"),
        (event("e-2", "ann", note="x" * 200_000), "text-too-long"),
        ([], "not-an-object"),
        (5, "not-an-object"),
    ],
)
def test_a_bad_event_costs_only_itself(told: Any, code: str) -> None:
    data = log([event("e-1", "ann"), told, event("e-3", "ann")])
    found = read(data)
    assert [d.message_id for item in found for d in item.drafts] == ["e-1", "e-3"]
    assert [(i.line, r.code) for i in found for r in i.rejected] == [(2, code)]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"id": "x"}, "missing-field"),
        ({"type": "customer"}, "missing-field"),
        ({"id": "x", "type": "order", "attributes": [{"name": "a", "value": 1}]}, "unused-object"),
        ({"id": "ann", "type": "order"}, "object-twice"),
        ({"id": "x", "type": "order", "relationships": 5}, "wrong-type"),
        ("x", "not-an-object"),
    ],
)
def test_a_bad_object_is_kept(told: Any, code: str) -> None:
    (found,) = [r for i in read(log([event("e-1", "ann")], [ANN, told])) for r in i.rejected]
    assert (found.code, json.loads(b"".join(found.data))) == (code, told)
    assert len(drafts(log([event("e-1", "ann")], [ANN, told]))) == 1


def test_an_object_that_is_there_twice_alike_is_one() -> None:
    assert codes(log([event("e-1", "ann")], [ANN, ANN, {"id": "y", "type": "order"}])) == []


@pytest.mark.parametrize("cut", range(60, 460, 7))
def test_a_file_that_is_cut_off_loses_nothing_before(cut: int) -> None:
    data = log([event(f"e-{n}", "ann") for n in range(3)])
    whole = [data.index(f'"e-{n}"') for n in range(3)]
    cut = min(cut, len(data) - 2)
    found = read(data[:cut])
    assert len([d for i in found for d in i.drafts]) in range(sum(at < cut for at in whole) + 1)
    (refused,) = [r for i in found for r in i.rejected if r.code != "unused-object"]
    assert refused.code in ("truncated-array", "bad-json", "missing-field")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ('{"objects": [], "events": [], }', "bad-json"),
        ('{"objects": [], "events": []', "bad-json"),
        ('{"objects": [] "events": []}', "bad-json"),
        ('{"objects": [], "events" []}', "bad-json"),
        ('{"objects": [], "events": 5}', "bad-json"),
        ('{"objects": [], "events": []} x', "after-array"),
        ('{"objects": []}', "missing-field"),
        ('{"objects": [,], "events": []}', "empty-element"),
        ('{"objects": [], "' + "x" * 5_000 + '": 1}', "bad-json"),
        ('{"objects": [], "events": [' + DEEP + "]}", "too-deep"),
        ('{"events": [], "objects": [' + DEEP + "]}", "too-deep"),
    ],
)
def test_broken_json_is_kept(data: str, code: str) -> None:
    for size in (3_001, 1 << 20):
        assert set(codes(data, size)) == {code}


@pytest.mark.parametrize("data", ["", "  ", "[]", "5", "{}", "<log/>", '{"ocel:events": {}}'])
def test_what_is_no_ocel_is_a_wrong_use(data: str) -> None:
    with pytest.raises(UsageError, match="no OCEL"):
        read(data)


def test_what_else_stands_at_the_top_is_read_over() -> None:
    more = f'{{"x": {{"a": [1, "]}}"]}}, "note": "\\"}}", "deep": {DEEP}, '
    data = log([event("e-1", "ann")])
    assert len(drafts(more + data[1:])) == 1
    assert len(drafts(data[:-1] + ', "version": "2.0"}')) == 1


def test_an_event_too_long_is_kept_in_pieces() -> None:
    long = event("e-2", "ann", note="x" * (RECORD_BYTES_MAX + 1))
    found = read(log([event("e-1", "ann"), long, event("e-3", "ann")]), 65_536)
    assert [d.message_id for i in found for d in i.drafts] == ["e-1", "e-3"]
    ((code, data),) = [(r.code, b"".join(r.data)) for i in found for r in i.rejected]
    assert (code, json.loads(data)) == ("record-too-long", long)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
LOOSE = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON | st.sampled_from(["ann", "e-1", "e-2"]),
        "type": JSON | st.sampled_from(["customer", "order", "agent", "page-viewed"]),
        "time": JSON | st.just(AT),
        "attributes": JSON | st.lists(st.fixed_dictionaries({"name": JSON, "value": JSON})),
        "relationships": JSON | st.just([{"objectId": "ann", "qualifier": "q"}]),
    },
)


@given(st.lists(LOOSE | JSON, max_size=4), st.lists(LOOSE | JSON, max_size=3), st.booleans())
def test_every_event_ends_in_a_draft_or_a_refusal(events, objects, turned) -> None:
    data = log(events, [ANN, *objects], turned=turned)
    found = read(data, 11)
    of_objects = ("unused-object", "object-twice")
    refused = [r for i in found for r in i.rejected if r.code not in of_objects]
    n_drafts = sum(len(i.drafts) for i in found)
    assert len(events) <= n_drafts + len(refused) <= len(events) + len(objects)


@given(JSON)
def test_bytes_of_any_kind_never_break_the_reader(value) -> None:
    try:
        read(json.dumps({"events": [value], "objects": [value]}), 5)
        read(json.dumps({"events": value, "objects": []}), 5)
    except UsageError:
        pass


# --- the shelf --------------------------------------------------------------------------------


def test_a_shelf_keeps_things_apart_and_in_order() -> None:
    shelf = Shelf()
    assert shelf.put("a", "x", b"1", 2)
    assert not shelf.put("a", "x", b"2")
    assert shelf.put("b", "x", b"3", 1)
    assert (shelf.get("a", "x"), shelf.get("b", "x"), shelf.get("c", "x")) == (b"1", b"3", None)
    shelf.replace("a", "x", b"4")
    assert [*shelf.untaken()] == [(1, b"3"), (2, b"4")]
    assert (shelf.take("b", "x"), shelf.take("b", "x"), shelf.take("b", "y")) == (
        True,
        False,
        False,
    )
    assert (shelf.is_taken("b", "x"), shelf.is_taken("a", "x")) == (True, False)
    for n in range(3):
        shelf.add_part("p", "x", b"%d" % n)
        shelf.add_line(n, b"l%d" % n)
    assert [*shelf.parts("p", "x")] == [b"0", b"1", b"2"]
    assert [*shelf.lines()] == [(0, b"l0"), (1, b"l1"), (2, b"l2")]
    shelf.close()
