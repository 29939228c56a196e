"""CloudEvents: ours by the same names, any other custom; attributes and data all survive."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.ingest import cloudevents
from journey.ingest.cloudevents import CONVERSATION, EXTENSIONS, FIELDS, PEOPLE, our_type
from journey.ingest.forms import FORMS
from journey.ingest.importers import importer
from journey.ingest.source import Source
from journey.ports import Draft
from schemas import events
from schemas.errors import CannotAccept
from schemas.fact import Touchpoint
from schemas.times import parse_rfc3339
from tests.leaves import lost

NOW = parse_rfc3339("2024-06-01T00:00:00Z")
SECRET = "Ann-Marie"  # stands wherever a value could slip into a reason
PAGE = Path(__file__).resolve().parents[2] / "docs" / "cloudevents.md"
EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/shops/berlin",
    "type": "com.example.lamp.lit",
    "time": "2024-05-01T12:00:00Z",
    "data": {"email": "ann@example.com"},
}


def event(**changed: Any) -> bytes:
    """A good event with changes; None takes a member away."""
    return json.dumps({k: v for k, v in (EVENT | changed).items() if v is not None}).encode()


def draft(**changed: Any) -> Any:
    """A draft; the type of its fact follows from the event's."""
    return cloudevents.parse(event(**changed), 7, NOW)


def refusal(data: bytes) -> CannotAccept:
    with pytest.raises(CannotAccept) as caught:
        cloudevents.parse(data, 7, NOW)
    assert SECRET not in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value


# --- what arrives -----------------------------------------------------------------------------


def test_a_foreign_type_is_custom_and_keeps_what_it_says():
    made = cloudevents.parse(
        b'{"specversion": "1.0", "id": "e-1", "source": "/shops/berlin", "subject": "lamp/9", '
        b'"type": "com.example.lamp.lit", "time": "2024-05-01T14:00:00+02:00", "lux": 12.50, '
        b'"datacontenttype": "application/json", "partitionkey": "p-1", "correlationid": "k-1", '
        b'"data": {"user_id": "u-1", "name": "N", "tags": [1], "price": 12.50, "id": 3, '
        b'"conversation": "c-1", "channel": "Web Shop"}}',
        7,
        NOW,
    )
    assert made == Draft(
        source="/shops/berlin",
        message_id="e-1",
        occurred_at=parse_rfc3339("2024-05-01T12:00:00Z"),
        identities={"user_id": ["u-1"]},
        conversation="c-1",
        sequence=7,
        fact=events.Custom(
            name="com.example.lamp.lit",
            direction="inbound",
            actor_kind="customer",
            message_id="e-1",
            conversation_id="c-1",
            identities={"user_id": ["u-1"]},
            correlation_id="k-1",
            extra={
                "/data/name": '"N"',
                "/data/tags": "[1]",  # ours are texts, and stand in clear
                "price": "12.50",
                "id": "3",
                "channel": '"Web Shop"',
                "specversion": '"1.0"',
                "time": '"2024-05-01T14:00:00+02:00"',
                "subject": '"lamp/9"',
                "lux": "12.50",
                "datacontenttype": '"application/json"',
                "partitionkey": '"p-1"',
            },
        ),
    )


def test_a_type_of_ours_is_read_as_ours():
    made = draft(
        type="com.example.message-received.v1",
        data={
            "identities": {"email": "ann@example.com"},
            "owner": {"user_id": "u-1"},
            "conversation": "c-1",
            "channel": "email",
            "brand": "aozora",
            "direction": "inbound",
            "actor": {"kind": "customer", "id": "u-1"},
            "text": "Where is it?",
            "tags": ["parcel"],
            "mood": 3,
        },
    )
    assert (made.conversation, made.owner) == ("c-1", {"user_id": ["u-1"]})
    fact = made.fact
    assert (fact.TYPE, fact.text, fact.is_question) == ("message-received.v2", "Where is it?", True)
    assert (fact.channel, fact.brand, fact.tags) == ("email", "aozora", ["parcel"])
    assert fact.extra["mood"] == "3"
    assert fact.extra["type"] == '"com.example.message-received.v1"'
    plain = draft(type="order-placed", data={"user_id": "u", "amount": "19.90", "currency": "EUR"})
    assert plain.fact.amount_micros == 19_900_000
    assert "type" not in plain.fact.extra


@pytest.mark.parametrize(
    ("told", "ours"),
    [
        *((name, name) for name in FORMS),
        ("com.example.order-placed", "order-placed"),
        ("com.example.order-placed.v1", "order-placed"),
        ("com.example.order-placed.v2", "order-placed"),
        ("order-placed.v2", "order-placed"),
        ("com.example.order-placed.v3", "custom"),
        ("com.example.order-placed.v0", "custom"),
        ("com.example.order-placed.v" + "1" * 5_000, "custom"),
        (".v1", "custom"),
        ("com.example.absorbed", "custom"),
        ("com.example.Order-Placed", "custom"),
        ("order placed", "custom"),
        ("absorbed", "absorbed"),
    ],
)
def test_types_are_ours_by_their_last_name(told, ours):
    assert our_type(told) == ours


@pytest.mark.parametrize("data", ["<much wow/>", 7, [1, "a"], True, None])
def test_data_that_are_no_object_name_nobody(data):
    with pytest.raises(CannotAccept, match="Names nobody"):
        draft(data=data)


def test_bytes_are_kept_as_they_are():
    packed = base64.b64encode(b"\0\xff").decode()
    made = draft(data_base64=packed)
    assert made.fact.extra["data_base64"] == json.dumps(packed)


@pytest.mark.parametrize(
    ("data", "identities"),
    [
        ({"identities": {"phone": ["1", "2"]}, "email": "x@example.com"}, {"phone": ["1", "2"]}),
        ({"userId": 7, "phone": "030", "anonymousId": "a"}, {"user_id": ["7"]}),
        ({"customer": {"id": "c-1", "email": "x@example.com"}}, {"user_id": ["c-1"]}),
        ({"user": {"email": "x@example.com"}, "email": ""}, {"email": ["x@example.com"]}),
    ],
)
@pytest.mark.parametrize("type_", ["com.example.lamp.lit", "page-viewed"])
def test_people_are_named_in_many_places(type_, data, identities):
    found = draft(type=type_, data=data).identities
    assert identities.items() <= found.items()
    assert ("identities" in data) == (found == identities and "email" not in found)


def test_extension_attributes_that_we_know():
    made = draft(
        causationid="k-0", recordedtime="2024-05-01T12:00:05Z", sequence="0042", traceparent="00-1"
    )
    assert made.fact.causation_id == "k-0"
    assert made.fact.received_at == parse_rfc3339("2024-05-01T12:00:05Z")
    assert (made.sequence, made.sequence_given) == (42, True)
    kept = {"sequence": '"0042"', "recordedtime": '"2024-05-01T12:00:05Z"', "traceparent": '"00-1"'}
    assert kept.items() <= made.fact.extra.items()


@pytest.mark.parametrize("odd", ["a-1", -1, 1.5, "", "9" * 40, 2**63, [], True])
def test_extension_attributes_that_we_cannot_use_are_kept(odd):
    made = draft(sequence=odd, recordedtime=odd, correlationid=[odd])
    assert (made.sequence, made.sequence_given, made.fact.received_at) == (7, False, 0)
    assert json.loads(made.fact.extra["sequence"]) == odd


@pytest.mark.parametrize("form", ["array", "lines", "indented"])
def test_events_come_in_any_form(form):
    told = [EVENT | {"id": f"e-{n}"} for n in range(1 if form == "indented" else 3)]
    data = {
        "array": json.dumps(told),
        "lines": "\n".join(map(json.dumps, told)),
        "indented": json.dumps(told[0], indent=2),
    }[form]
    items = list(importer("cloudevents").read(Source([data.encode()]), NOW))
    assert [d.message_id for item in items for d in item.drafts] == [e["id"] for e in told]


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("missing-field", {"id": None}),
        ("missing-field", {"id": ""}),
        ("missing-field", {"source": ""}),
        ("missing-field", {"type": None}),
        ("missing-field", {"time": None}),
        ("missing-field", {"specversion": None}),
        ("unknown-version", {"specversion": "0.3"}),
        ("unknown-version", {"specversion": SECRET}),
        ("wrong-type", {"id": 7}),
        ("wrong-type", {"source": [SECRET]}),
        ("wrong-type", {"type": 7}),
        ("wrong-type", {"time": 1_714_564_800}),
        ("no-time-zone", {"time": "2024-05-01T12:00:00"}),
        ("far-future", {"time": "2124-05-01T12:00:00Z"}),
        ("bad-time", {"time": SECRET}),
        ("names-nobody", {"data": None}),
        ("names-nobody", {"data": {"subject": SECRET}}),
        ("names-nobody", {"data": None, "data_base64": "AA=="}),
        ("bad-identity-kind", {"data": {"identities": {SECRET: "x"}}}),
        ("engines-own-type", {"type": "absorbed"}),
        ("text-too-long", {"type": "x" * 513}),
        ("nul-character", {"data": {"email": "a\0"}}),
        ("wrong-type", {"type": "message-received", "data": {"email": "a", "text": 7}}),
        ("bad-channel", {"type": "message-received", "data": {"email": "a", "channel": "A B"}}),
        ("missing-field", {"type": "x.survey-answered", "data": {"email": "a"}}),
    ],
)
def test_a_bad_event_is_refused_with_the_remedy(code, changed):
    assert refusal(event(**changed)).code == code


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("bad-json", b'{"specversion": "1.0", '),
        ("not-an-object", b"[]"),
        ("not-utf8", event().replace(b"ann@", b"\xff\xfe")),
        ("record-too-long", event(data={"email": "a", "x": "x" * 2**20})),
    ],
)
def test_what_is_no_event_is_refused(code, data):
    assert refusal(data).code == code


# --- nothing is lost --------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
WORDS = "name text subject tags email user_id user sequence recordedtime correlationid identity /a"
OBJECT = st.dictionaries(st.sampled_from(WORDS.split()) | st.text(max_size=5), JSON, max_size=6)


@given(st.sampled_from(["a.b", "custom"]), OBJECT, OBJECT)
def test_every_value_of_an_event_is_found_again(type_, data, more):
    told = more | EVENT | {"type": type_, "data": data | {"user_id": "u-1"}}
    if type_ == "custom":
        told["data"] = {"user_id": "u-1", "name": "n", "inner": data}
    try:
        made = cloudevents.parse(json.dumps(told).encode(), 1, NOW)
    except CannotAccept as refused:
        assert refused.code in {"nul-character", "text-too-long"}
        return
    assert made.source == told.pop("source")  # the envelope has it, as it has our type
    if type_ == "custom":
        del told["type"]
    assert isinstance(made.fact, Touchpoint)
    assert lost(told, made.fact) == []


def test_the_page_shows_the_tables():
    text = PAGE.read_text(encoding="utf-8")
    for kind, paths in PEOPLE.items():
        row = f"| `{kind}` | {', '.join(f'`{path}`' for path in paths)} |"
        assert row in text
    for name, ours in EXTENSIONS.items():
        assert f"| `{name}` | `{ours}` |" in text
    assert ", ".join(f"`{name}`" for name in FIELDS) in text
    assert ", ".join(f"`{name}`" for name in CONVERSATION) in text
