"""One value of every type, each of its fields filled: what `make` writes golden files from."""

from typing import Any

from schemas import derive
from schemas.envelope import Envelope, Flag
from schemas.events import (
    SHIPPED,
    Absorbed,
    ConfigurationPublished,
    ConversationAssigned,
    ConversationReopened,
    ConversationResolved,
    CrossingDecided,
    Custom,
    IdentityLinked,
    IdentityUnlinked,
    MentionObserved,
    MergedOut,
    MessageReceived,
    MessageSent,
    OrderDelivered,
    OrderPlaced,
    OutreachDecided,
    PageViewed,
    Restored,
    SplitOut,
    SurveyAnswered,
    TraitsStated,
)
from schemas.fact import Fact

ANN = bytes(range(16))
CONVERSATION = bytes(range(16, 32))
EVENT = bytes(range(32, 48))

TOLD_BY_A_TEXT: dict[str, Any] = {
    "language": "de",
    "is_rated": True,
    "sentiment": -0.5,
    "topic_method": "words.v1",
    "given": ["sentiment"],
    "assessed_by": "mark.v1",
}

SHARED: dict[str, Any] = {
    "channel": "messaging",
    "direction": "inbound",
    "brand": "Åkermån",
    "conversation": CONVERSATION,
    "actor_kind": "human",
    "actor": "agent-7",
    "team": "care",
    "topic": "delivery",
    "tags": ["late", "überfällig"],
    "urgency": "high",
    "intent": "complaint",
    "intent_method": "words.v1",
    "received_at": 1_700_000_000_123_456,
    "message_id": "m-1",
    "conversation_id": "c-1",
    "identities": {"email": ["ann@example.com"], "phone": ["+46 70 123 45 67"]},
    "correlation_id": "r-1",
    "causation_id": "m-0",
    "author": {"handle": ["@bo", "@bö"]},
    "extra": {"plan": '"gold"', "n": "1.50", "nested": '{"a":[null]}'},
}

BY_HAND: tuple[Fact, ...] = (
    PageViewed(**SHARED, name="pricing", url="https://example.com/?u=ann", referrer="ad"),
    Custom(
        **SHARED,
        name="Loan Application Submitted",
        declared="loan-application-submitted",
        properties={"branch": ["north"], "products": ["loan", "kredit für Åke"]},
    ),
    MessageReceived(
        **SHARED,
        **TOLD_BY_A_TEXT,
        text="Wo ist es? 📦",
        is_question=True,
        asks_person=True,
        gave=["email", "order_number"],
    ),
    MessageSent(
        **SHARED,
        **TOLD_BY_A_TEXT,
        text="On its way.",
        resolving=True,
        asked_for=["order_number"],
        fingerprint=EVENT,
    ),
    ConversationAssigned(**SHARED),
    ConversationResolved(**SHARED),
    ConversationReopened(**SHARED),
    OrderPlaced(
        **SHARED,
        order_id="o-1",
        order_key=EVENT,
        amount_micros=-19_900_000,
        currency="SEK",
        promised_at=1_700_400_000_000_000,
    ),
    OrderDelivered(**SHARED, order_id="o-1", order_key=EVENT),
    SurveyAnswered(
        **SHARED,
        **TOLD_BY_A_TEXT,
        survey="ces",
        score=2.5,
        scale_min=1.0,
        scale_max=7.0,
        higher_is_better=False,
        comment="too many forms",
    ),
    TraitsStated(**SHARED, traits={"city": '"Umeå"'}, facts={"seats": "3"}),
    MentionObserved(
        **{name: SHARED[name] for name in SHARED if name in MentionObserved.__struct_fields__},
        subject="competitor",
        competitor="Börje & Co",
        post="p-1",
        sentiment=-0.5,
        is_rated=True,
        sentiment_method="words.v1",
        topic_method="words.v1",
        language="en",
        given=["language"],
        assessed_by="words.v1",
        text="Cheaper there.",
        url="https://example.com/p-1",
    ),
    IdentityLinked(**SHARED),
    IdentityUnlinked(**SHARED, removed={"email": ["bo@example.com"]}),
    MergedOut(into=ANN, cause=EVENT),
    Absorbed(customer=ANN, partition=63, last_offset=4_294_967_296, cause=EVENT),
    SplitOut(customer=ANN, cause=EVENT),
    Restored(out_of=ANN, cause=EVENT),
    ConfigurationPublished(number=2, document='{"lapse_s":86400}'),
    CrossingDecided(
        **{name: SHARED[name] for name in SHARED if name in CrossingDecided.__struct_fields__},
        trigger="chat-is-slow",
        rule_version=1,
        configuration=2,
        action="alert_team",
        verdict="held",
        attempt=1,
        decided_at=1_700_000_200_000_000,
        release_at=1_700_000_300_000_000,
        reason="It alerted 1 h ago.",
        is_dry=True,
        watch="slow-chat",
        crossing="slow-chat@2023-11-14T22:13:20Z",
        metric="first-response",
        column="share_within_1h",
        parameters={"channel": "chat"},
        figure=0.7,
        has_interval=True,
        low=0.546,
        high=0.819,
        n=40,
        since_at=1_699_400_000_000_000,
        until_at=1_700_000_200_000_000,
        line=0.9,
        bad="below",
        n_min=30,
        only_sure=True,
    ),
    OutreachDecided(
        trigger="unanswered",
        rule_version=1,
        configuration=2,
        action="alert_team",
        verdict="decided",
        cause=EVENT,
        cause_customer=ANN,
        step=3,
        conversation=CONVERSATION,
        channel="messaging",
        brand="Åkermån",
        decided_at=1_700_003_600_000_000,
        inputs=["63/17", "63/18"],
        reason="No answer within 1 h.",
        matter="order:000102030405060708090a0b0c0d0e0f",
        attempt=2,
        purpose="service",
        template="late_parcel",
        channel_reason="the customer asked for it",
        guardrails=["consent", "quiet_hours"],
        verdicts=["passed", "held"],
        grounds=["email: service needs none", "quiet until 2023-11-15T08:00:00Z (Europe/Oslo)"],
        facts={"amount": "12.50", "Größe": "42"},
        release_at=1_700_035_200_000_000,
        group="treated",
        is_dry=True,
    ),
)


def _value(name: str, type_: Any) -> Any:
    """A value for a field of a contract that is not its default."""
    match type_:
        case "string":
            return f"{name}: värde"
        case "boolean":
            return True
        case "double":
            return {"stars_max": 10.0, "sentiment": -0.5}.get(name, 2.5)
        case "long":
            return 19_900_000 if name.endswith("_micros") else 3
        case {"logicalType": "timestamp-micros"}:
            return 1_700_400_000_000_000
        case "bytes":
            return EVENT
        case {"type": "array", "items": "string"}:
            return [f"{name}: värde"]
        case {"type": "map", "values": "string"}:
            return {"city": '"Umeå"'}
    raise AssertionError(f"{name}: give a value of {type_} by hand")


def _filled(type_: type[Fact]) -> Fact:
    own = [f for f in derive.schema_of(type_)["fields"] if f["name"] not in SHARED]
    shared = {n: v for n, v in SHARED.items() if n in type_.__struct_fields__}
    return type_(**shared, **{f["name"]: _value(f["name"], f["type"]) for f in own})


_DONE = {type(fact) for fact in BY_HAND}
FACTS = (*BY_HAND, *(_filled(t) for t in SHIPPED if t not in _DONE))

ENVELOPE = Envelope(
    partition=63,
    offset=4_294_967_296,
    recorded_at=1_700_000_001_000_000,
    event_id=EVENT,
    type="message-received.v1",
    source="twitter_care",
    sequence=-2,
    customer_id=ANN,
    occurred_at=-1_000_000,
    flags=int(Flag.IMPORTED | Flag.SOURCE_SEQUENCE),
    payload=b"\x00payload",
    sealed=b"\xffsealed",
)
