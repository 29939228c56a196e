"""Our own form: what is declared arrives in its field, what is not survives, the rest is refused.

A refusal names the field and the remedy, and never the value.
"""

import json
from typing import Any

import pytest

from journey.ingest import jsonl
from journey.ports import Draft
from schemas import events
from schemas.errors import CannotAccept
from schemas.fact import Touchpoint
from schemas.times import DAY, parse_rfc3339, rfc3339

NOW = parse_rfc3339("2024-06-01T00:00:00Z")
SECRET = "Ann-Marie"  # stands wherever a value could slip into a reason

MESSAGE = {
    "id": "m-1",
    "source": "desk",
    "type": "message-received",
    "time": "2024-05-01T12:00:00Z",
    "identities": {"email": "ann@example.com"},
    "channel": "email",
}


def line(**changed):
    """A good line with changes; None takes a field away."""
    told = {k: v for k, v in (MESSAGE | changed).items() if v is not None}
    return json.dumps(told).encode()


def parse(**changed) -> Draft:
    return jsonl.parse(line(**changed), 7, NOW)


def fact(**changed) -> Any:
    """The fact of a line; its type follows from the line's."""
    return parse(**changed).fact


def refusal(data: bytes) -> CannotAccept:
    with pytest.raises(CannotAccept) as caught:
        jsonl.parse(data, 7, NOW)
    assert SECRET not in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value


# --- what arrives -----------------------------------------------------------------------------


def test_a_message_arrives_with_everything_that_was_told():
    draft = parse(
        identities={"email": "ann@example.com", "phone": ["+1", "+2", "+1"]},
        owner={"user_id": "u-1"},
        conversation="c-1",
        brand="aozora",
        sequence=2**62,
        properties={
            "text": "Why is it late?",
            "topic": "parcel",
            "tags": "delivery",
            "urgency": "high",
            "intent": "question",
            "correlation_id": "k-1",
            "causation_id": "k-2",
            "received_at": "2024-05-01T14:00:01+02:00",
        },
    )
    identities = {"email": ["ann@example.com"], "phone": ["+1", "+2"]}
    assert draft == Draft(
        source="desk",
        message_id="m-1",
        occurred_at=parse_rfc3339("2024-05-01T12:00:00Z"),
        identities=identities,
        conversation="c-1",
        owner={"user_id": ["u-1"]},
        sequence=2**62,
        sequence_given=True,
        fact=events.MessageReceived(
            channel="email",
            direction="inbound",
            brand="aozora",
            actor_kind="customer",
            topic="parcel",
            tags=["delivery"],
            urgency="high",
            intent="question",
            received_at=parse_rfc3339("2024-05-01T12:00:01Z"),
            message_id="m-1",
            conversation_id="c-1",
            identities=identities,
            correlation_id="k-1",
            causation_id="k-2",
            text="Why is it late?",
            is_question=True,
            assessed_by="question-mark.1",
        ),
    )


def test_without_a_sequence_the_line_number_orders():
    assert (parse().sequence, parse().sequence_given) == (7, False)


@pytest.mark.parametrize(
    ("text", "is_question"), [("Hello?", True), ("どこですか\uff1f", True), ("Hello.", False)]
)
def test_a_question_is_known_by_its_mark(text, is_question):
    assert fact(properties={"text": text}).is_question is is_question


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00Z"),
        ("2024-05-01t12:00:00.5z", "2024-05-01T12:00:00.500000Z"),
        ("2024-05-01 12:00:00.123456789+00:00", "2024-05-01T12:00:00.123456Z"),
        ("2024-05-01T00:30:00-05:30", "2024-05-01T06:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
        (rfc3339(NOW + DAY), "2024-06-02T00:00:00Z"),
    ],
)
def test_times_of_every_zone_arrive_exactly(time, utc):
    assert parse(time=time).occurred_at == parse_rfc3339(utc)


@pytest.mark.parametrize(
    ("amount", "micros"),
    [
        ('"19.90"', 19_900_000),
        ("19.9", 19_900_000),
        ("0.1", 100_000),
        ("12", 12_000_000),
        ("1.5e3", 1_500_000_000),
        ("0", 0),
        ("999999999999.123456", 999_999_999_999_123_456),  # more than a float can hold
        ("1.00000000000", 1_000_000),
    ],
)
def test_amounts_arrive_exactly(amount, micros):
    told = line(type="order-placed", properties={"amount": "@", "currency": "EUR"})
    order: Any = jsonl.parse(told.replace(b'"@"', amount.encode()), 1, NOW).fact
    assert (order.amount_micros, order.currency) == (micros, "EUR")


DEFAULTS: dict[str, tuple[type[Touchpoint], str, str, dict[str, Any]]] = {
    "message-received": (events.MessageReceived, "inbound", "customer", {}),
    "message-sent": (events.MessageSent, "outbound", "human", {}),
    "conversation-assigned": (events.ConversationAssigned, "internal", "human", {}),
    "conversation-resolved": (events.ConversationResolved, "internal", "", {}),
    "conversation-reopened": (events.ConversationReopened, "internal", "", {}),
    "order-placed": (events.OrderPlaced, "inbound", "customer", {}),
    "order-delivered": (events.OrderDelivered, "outbound", "", {}),
    "page-viewed": (events.PageViewed, "inbound", "customer", {}),
    "survey-answered": (events.SurveyAnswered, "inbound", "customer", {"survey": "x", "score": 0}),
    "identity-linked": (events.IdentityLinked, "internal", "", {}),
    "identity-unlinked": (events.IdentityUnlinked, "internal", "", {"removed": {"phone": "1"}}),
    "custom": (events.Custom, "inbound", "customer", {"name": "wish list shared"}),
}


@pytest.mark.parametrize("type_", DEFAULTS)
@pytest.mark.parametrize("version", ["", ".v1"])
def test_every_type_has_its_class_and_defaults(type_, version):
    class_, direction, actor_kind, properties = DEFAULTS[type_]
    if "score" in properties:
        properties = properties | {"scale_min": -1, "scale_max": 1}
    told = parse(
        type=type_ + version,
        identities={"email": ["a@example.com", "b@example.com"]},
        properties=properties,
    ).fact
    assert type(told) is class_
    assert (told.direction, told.actor_kind) == (direction, actor_kind)


def test_a_type_that_nobody_declared_is_custom():
    told = fact(type="Wish List Shared", properties={"name": "mine", "n": 1})
    assert (type(told), told.name) == (events.Custom, "Wish List Shared")
    assert told.extra == {"name": '"mine"', "n": "1"}


@pytest.mark.parametrize(("survey", "scale"), [("nps", (0, 10)), ("CSAT", (1, 5)), ("ces", (1, 7))])
def test_surveys_that_everybody_knows_have_a_scale(survey, scale):
    told = fact(type="survey-answered", properties={"survey": survey, "score": 5})
    assert (told.survey, told.scale_min, told.scale_max) == (survey.lower(), *scale)
    assert told.higher_is_better


def test_a_given_scale_comes_before_the_usual_one():
    answer = {"survey": "csat", "score": 9.5, "scale_max": 10, "higher_is_better": False}
    told = fact(type="survey-answered", properties=answer | {"comment": "fine"})
    assert (told.score, told.scale_min, told.scale_max) == (9.5, 1, 10)
    assert (told.higher_is_better, told.comment) == (False, "fine")


def test_what_nobody_declared_survives_as_it_was_written():
    told = b"""{"id": "m-1", "source": "desk", "type": "message-received", "mood" : {"a": [1, 2 ]},
        "time": "2024-05-01T12:00:00Z", "conversation": "c", "seats": 4, "other": null,
        "properties": {"seats": 12.50, "text": "Hi", "big": 123456789012345678901234567890},
        "actor": {"kind": "human", "id": "agent-4", "shoe": 43}}""".replace(b"\n", b" ")
    kept: Any = jsonl.parse(told.replace(b'"human"', b'"customer"'), 1, NOW).fact
    assert kept.extra == {
        "mood": '{"a": [1, 2 ]}',
        "seats": "12.50",
        "/seats": "4",
        "other": "null",
        "big": "123456789012345678901234567890",
        "/actor": '{"kind": "customer", "id": "agent-4", "shoe": 43}',
    }


def test_null_is_the_same_as_not_there():
    bare = dict.fromkeys(("owner", "conversation", "direction", "brand", "actor"))
    bare |= {"sequence": None, "properties": None}
    told = {**MESSAGE, **bare, "identities": {"email": "ann@example.com", "phone": None}}
    assert jsonl.parse(json.dumps(told).encode(), 7, NOW) == parse()


# --- who --------------------------------------------------------------------------------------


def test_an_agent_is_named_and_a_customer_never():
    agent = fact(type="message-sent", actor={"kind": "bot", "id": "b-1", "team": "night"})
    assert (agent.actor_kind, agent.actor, agent.team) == ("bot", "b-1", "night")
    stranger = parse(actor={"kind": "customer", "id": "x-9"})
    assert (stranger.fact.actor, stranger.author) == ("", {"actor": ["x-9"]})
    assert stranger.fact.author == {"actor": ["x-9"]}


@pytest.mark.parametrize("where", ["identities", "owner"])
def test_a_customer_under_a_known_id_is_the_author_anyway(where):
    draft = parse(**{where: {"user_id": "u-1"}}, actor={"kind": "customer", "id": "u-1"})
    assert (draft.fact.actor, draft.author) == ("", {})


def test_a_conversation_is_assigned_to_the_agent_that_is_named():
    properties = {"agent": "agent-4", "team": "billing"}
    alone = fact(type="conversation-assigned", properties=properties)
    assert (alone.actor_kind, alone.actor, alone.team) == ("human", "agent-4", "billing")
    router = {"kind": "system", "id": "router"}
    by_router = fact(type="conversation-assigned", actor=router, properties=properties)
    assert (by_router.actor_kind, by_router.actor, by_router.team) == (
        ("human", "agent-4", "billing")
    )
    assert json.loads(by_router.extra["/actor"]) == router
    himself = fact(type="conversation-assigned", actor={"kind": "human", "id": "agent-5"})
    assert himself.actor == "agent-5"


@pytest.mark.parametrize("who", [{"owner": {"user_id": "u-1"}}, {"conversation": "c-1"}])
def test_owner_or_conversation_is_enough(who):
    assert parse(identities=None, **who).identities == {}


# --- what is refused --------------------------------------------------------------------------

NOT_TEXT = [5, 5.5, True, [SECRET], {"a": SECRET}]
REFUSED = [
    ("missing-field", {"id": None}),
    ("missing-field", {"id": "  "}),
    ("missing-field", {"source": ""}),
    ("missing-field", {"type": None}),
    ("missing-field", {"time": None}),
    *(("wrong-type", {name: value}) for name in ("id", "type", "time") for value in NOT_TEXT),
    *(("wrong-type", {name: value}) for name in ("channel", "brand") for value in NOT_TEXT),
    *(("wrong-type", {"conversation": value}) for value in NOT_TEXT),
    ("text-too-long", {"id": SECRET * 100}),
    ("no-time-zone", {"time": "2024-05-01T12:00:00"}),
    ("bad-time", {"time": SECRET}),
    ("bad-time", {"time": "2024-05-01"}),
    ("bad-time", {"time": "2024-02-30T12:00:00Z"}),
    ("bad-time", {"time": "2024-W18-3T12:00:00Z"}),
    ("bad-time", {"time": "٢٠٢٤-05-01T12:00:00Z"}),
    ("far-future", {"time": "2024-06-02T00:00:00.000001Z"}),
    ("far-future", {"time": "2124-05-01T12:00:00Z"}),
    ("too-early", {"time": "1899-12-31T23:59:59Z"}),
    ("too-early", {"time": "0001-01-01T00:00:00+23:59"}),
    ("names-nobody", {"identities": None}),
    ("names-nobody", {"identities": {"email": []}}),
    ("wrong-type", {"identities": SECRET}),
    ("wrong-type", {"identities": {"phone": 15551234}}),
    ("wrong-type", {"identities": {"phone": ["1", 2]}}),
    ("empty-value", {"identities": {"phone": ""}}),
    ("empty-value", {"identities": {"phone": [" "]}}),
    ("text-too-long", {"identities": {"phone": "1" * 513}}),
    ("too-many-values", {"identities": {"phone": [str(n) for n in range(101)]}}),
    ("bad-identity-kind", {"identities": {f"{SECRET}@example.com": "email"}}),
    ("bad-identity-kind", {"owner": {"": "x"}}),
    ("bad-channel", {"channel": SECRET}),
    ("bad-direction", {"direction": SECRET}),
    ("wrong-direction", {"direction": "outbound"}),
    ("wrong-direction", {"type": "message-sent", "direction": "inbound"}),
    ("bad-actor", {"actor": {"id": SECRET}}),
    ("bad-actor", {"actor": {"kind": SECRET}}),
    ("wrong-type", {"actor": SECRET}),
    ("wrong-type", {"actor": {"kind": "human", "id": 5}}),
    ("bad-sequence", {"sequence": -1}),
    ("bad-sequence", {"sequence": 2**62 + 1}),
    ("wrong-type", {"sequence": "5"}),
    ("wrong-type", {"sequence": True}),
    ("wrong-type", {"properties": [SECRET]}),
    ("wrong-type", {"properties": {"text": 5}}),
    ("wrong-type", {"properties": {"tags": [5]}}),
    ("empty-value", {"properties": {"tags": [""]}}),
    ("no-time-zone", {"properties": {"received_at": "2024-05-01T12:00:00"}}),
    ("far-future", {"properties": {"received_at": "2025-05-01T12:00:00Z"}}),
    ("wrong-type", {"type": "message-sent", "properties": {"resolving": "yes"}}),
    ("nul-character", {"properties": {"text": f"{SECRET}\0"}}),
    ("nul-character", {"properties": {"deep": [{"er": "\0"}]}}),
    ("nul-character", {"\0": 1}),
    ("text-too-long", {"properties": {"text": "x" * 100_001}}),
    ("text-too-long", {"note": ["é" * 100_001]}),
    ("engines-own-type", {"type": "merged-out"}),
    ("engines-own-type", {"type": "absorbed.v1"}),
    ("engines-own-type", {"type": "configuration-published"}),
    ("engines-own-type", {"type": "outreach-decided.v2"}),
    ("unknown-version", {"type": "message-received.v3"}),
    ("unknown-version", {"type": "page-viewed.v2"}),
    ("missing-field", {"type": "custom"}),
    ("missing-field", {"type": "identity-linked"}),
    ("missing-field", {"type": "identity-unlinked"}),
    ("missing-field", {"type": "survey-answered", "properties": {"score": 1}}),
    ("missing-field", {"type": "survey-answered", "properties": {"survey": "nps"}}),
    ("missing-field", {"type": "survey-answered", "properties": {"survey": "own", "score": 1}}),
    ("wrong-type", {"type": "survey-answered", "properties": {"survey": "nps", "score": "9"}}),
    ("score-off-scale", {"type": "survey-answered", "properties": {"survey": "csat", "score": 0}}),
    *(
        ("bad-amount", {"type": "order-placed", "properties": {"amount": amount}})
        for amount in (SECRET, "NaN", "1.0000001", 1e-7, -1, "1000000000000.000001", 2e12, "1,5")
    ),
    ("wrong-type", {"type": "order-placed", "properties": {"amount": True}}),
    ("bad-currency", {"type": "order-placed", "properties": {"currency": "eur"}}),
]


@pytest.mark.parametrize(("code", "changed"), REFUSED)
def test_what_is_wrong_is_refused_by_name(code, changed):
    refused = refusal(line(**changed))
    assert refused.code == code, str(refused)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("bad-json", b'{"id": "m-1"'),
        ("bad-json", b"id,source,type"),
        ("bad-json", line() + b" {}"),
        ("bad-json", line(properties={"text": "@"}).replace(b"@", rb"\ud83d")),
        ("bad-json", line(properties={"text": "@"}).replace(b"@", b"\0")),
        ("bad-json", line(properties={"n": "@"}).replace(b'"@"', b"NaN")),
        ("not-utf8", line(properties={"text": "@"}).replace(b"@", b"\xff")),
        ("not-utf8", line(note="@").replace(b"@", b"\xed\xa0\x80")),
        ("not-utf8", line().decode().encode("utf-16")),
        ("not-an-object", b"[1, 2]"),
        ("not-an-object", b'"Ann-Marie"'),
        ("not-an-object", b"null"),
        ("too-deep", b"[" * 100_000),
        ("too-deep", line(note="@").replace(b'"@"', b"[" * 50_000 + b"]" * 50_000)),
        ("record-too-long", line(properties={"text": "x" * (50 * 1024 * 1024)})),
    ],
)
def test_what_is_no_object_is_refused(code, data):
    assert refusal(data).code == code


def test_a_refusal_names_the_field_and_the_remedy():
    assert str(refusal(line(identities={"phone": 15551234}))) == (
        "identities.phone: is a number: write it as text, in quotes."
    )
    assert str(refusal(line(properties={"text": "\0"}))).startswith("text: has a NUL")
    assert str(refusal(line(secret_note="\0"))).startswith("an undeclared field: has a NUL")
