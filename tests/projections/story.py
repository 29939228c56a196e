"""Given events, when folded, then rows: histories in few words.

Times are hours (or days) since an arbitrary noon; ``at(hours=2)`` is an instant.
"""

from __future__ import annotations

from typing import Any, TypeVar

from projections.configuration import DEFAULT, Configuration, document
from projections.conversations.projection import conversations
from projections.fold import (
    Out,
    fold_decision,
    is_for_triggers,
    refold_meaning,
    run_decisions,
)
from projections.projection import Act
from projections.rulebook import History, Rulebook
from projections.signs import Sign
from projections.tables import BY_NAME
from schemas.envelope import Flag
from schemas.events import (
    CancellationAsked,
    ConfigurationPublished,
    ConversationAssigned,
    ConversationHandedOff,
    ConversationMoved,
    ConversationReopened,
    ConversationResolved,
    Custom,
    DeflectionAccepted,
    DeflectionOffered,
    MessageReceived,
    MessageSent,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    PageViewed,
    PaymentFailed,
    PreferenceStated,
    ProductViewed,
    SubscriptionCancelled,
    SubscriptionRenewed,
    SubscriptionStarted,
    SurveyAnswered,
)
from schemas.fact import Fact, Touchpoint
from schemas.recorded import Recorded
from schemas.times import DAY, HOUR, MINUTE, SECOND, Instant

ANN = b"ann".ljust(16, b".")
NOON: Instant = 1_700_000_000 * SECOND
TALK = b"talk".ljust(16, b".")
RULES = Rulebook(document(DEFAULT))
HISTORY = History()  # nothing was published
F = TypeVar("F", bound=Touchpoint)


def at(hours: float = 0, *, days: float = 0, minutes: float = 0, micros: int = 0) -> Instant:
    return NOON + round(hours * HOUR) + round(days * DAY) + round(minutes * MINUTE) + micros


def event_id(n: int) -> bytes:
    return n.to_bytes(16)


class Story:
    """One customer's events, numbered as they are told, which is the order of the log.

    Args:
        first: the number before that of the first event: ids of two stories must differ.
    """

    def __init__(self, customer: bytes = ANN, partition: int = 7, first: int = 0) -> None:
        self.customer, self.partition, self.first = customer, partition, first
        self.events: list[Recorded] = []

    def tell(
        self,
        fact: Fact,
        occurred: Instant,
        *,
        recorded: Instant | None = None,
        imported: bool = False,
        sequence: int = 0,
    ) -> Recorded:
        n = len(self.events)
        told = Recorded(
            self.partition,
            n,
            occurred if recorded is None else recorded,
            event_id(self.first + n + 1),
            fact.TYPE,
            "test",
            sequence,
            self.customer,
            occurred,
            int(Flag.IMPORTED) if imported else 0,
            fact,
        )
        self.events.append(told)
        return told


def told(*facts: tuple[Fact, Instant]) -> list[Recorded]:
    story = Story()
    for fact, occurred in facts:
        story.tell(fact, occurred)
    return story.events


# --- what may happen --------------------------------------------------------------------------


def asks(conversation: bytes = TALK, channel: str = "chat", **more: Any) -> MessageReceived:
    return MessageReceived(
        conversation=conversation,
        channel=channel,
        **({"direction": "inbound", "actor_kind": "customer"} | more),
    )


def replies(
    agent: str = "kim", conversation: bytes = TALK, channel: str = "chat", **more: Any
) -> MessageSent:
    return MessageSent(
        actor=agent,
        conversation=conversation,
        channel=channel,
        **({"direction": "outbound", "actor_kind": "human"} | more),
    )


def bot(conversation: bytes = TALK, **more: Any) -> MessageSent:
    return replies("robo", conversation, actor_kind="bot", **more)


def assigned(agent: str, conversation: bytes = TALK, **more: Any) -> ConversationAssigned:
    return ConversationAssigned(
        actor=agent,
        conversation=conversation,
        **({"channel": "chat", "direction": "internal", "actor_kind": "human"} | more),
    )


def resolved(conversation: bytes = TALK, **more: Any) -> ConversationResolved:
    return ConversationResolved(
        conversation=conversation, **({"channel": "chat", "direction": "internal"} | more)
    )


def reopened(conversation: bytes = TALK, **more: Any) -> ConversationReopened:
    return ConversationReopened(
        conversation=conversation, **({"channel": "chat", "direction": "internal"} | more)
    )


def page(**more: Any) -> PageViewed:
    return PageViewed(**({"channel": "web", "direction": "inbound"} | more))


def order(**more: Any) -> OrderPlaced:
    return OrderPlaced(**({"channel": "web", "direction": "inbound"} | more))


def delivered(**more: Any) -> OrderDelivered:
    return OrderDelivered(**({"channel": "web", "direction": "outbound"} | more))


def product_viewed(**more: Any) -> ProductViewed:
    return ProductViewed(**({"channel": "web", "direction": "inbound"} | more))


def prefers(**more: Any) -> PreferenceStated:
    return PreferenceStated(**({"on_channel": "sms", "direction": "inbound"} | more))


def used(**more: Any) -> Custom:
    return Custom(**({"name": "first-use", "channel": "app", "direction": "inbound"} | more))


def referral(**more: Any) -> Custom:
    return Custom(**({"name": "referral", "channel": "web", "direction": "inbound"} | more))


def unpaid(**more: Any) -> PaymentFailed:
    return PaymentFailed(**({"channel": "web", "direction": "outbound"} | more))


def order_cancelled(**more: Any) -> OrderCancelled:
    return OrderCancelled(**({"channel": "web", "direction": "inbound"} | more))


def subscribed(**more: Any) -> SubscriptionStarted:
    return SubscriptionStarted(**({"channel": "web", "direction": "inbound"} | more))


def renewed(**more: Any) -> SubscriptionRenewed:
    return SubscriptionRenewed(**({"channel": "web", "direction": "internal"} | more))


def asks_to_cancel(**more: Any) -> CancellationAsked:
    return CancellationAsked(**({"channel": "web", "direction": "inbound"} | more))


def cancelled(**more: Any) -> SubscriptionCancelled:
    return SubscriptionCancelled(**({"channel": "web", "direction": "internal"} | more))


def csat(score: float, low: float = 1, high: float = 5, **more: Any) -> SurveyAnswered:
    told = {"survey": "csat", "channel": "survey", "direction": "inbound"} | more
    return SurveyAnswered(score=score, scale_min=low, scale_max=high, **told)


def handed_off(agent: str, conversation: bytes = TALK, **more: Any) -> ConversationHandedOff:
    told = {"channel": "chat", "direction": "internal", "actor_kind": "human"} | more
    return ConversationHandedOff(to_agent=agent, conversation=conversation, **told)


def moved(to: str, conversation: bytes = TALK, **more: Any) -> ConversationMoved:
    told = {"channel": "chat", "direction": "internal"} | more
    return ConversationMoved(to_channel=to, conversation=conversation, **told)


def offered(to: str, conversation: bytes = TALK, **more: Any) -> DeflectionOffered:
    told = {"channel": "phone", "direction": "outbound"} | more
    return DeflectionOffered(to_channel=to, conversation=conversation, **told)


def accepted(to: str, conversation: bytes = TALK, **more: Any) -> DeflectionAccepted:
    told = {"channel": "phone", "direction": "inbound"} | more
    return DeflectionAccepted(to_channel=to, conversation=conversation, **told)


def call(kind: type[F], conversation: bytes = TALK, **more: Any) -> F:
    """An event of a call: ``call(CallEnded, talk_s=60)``."""
    told = {"channel": "phone", "direction": "inbound"} | more
    return kind(conversation=conversation, **told)


# --- what it amounts to -----------------------------------------------------------------------


def rows(
    events: list[Recorded], table: str, until: Instant = 0, rules: Rulebook = RULES
) -> list[dict[str, Any]]:
    """The rows of a table by column name, in the order in which they began."""
    _, published = refold_meaning(rules, ANN, events, until)
    names = BY_NAME[table].names
    return [dict(zip(names, row, strict=True)) for row in published.get(table, {}).values()]


def signs(events: list[Recorded], until: Instant = 0, rules: Configuration = DEFAULT) -> list[Sign]:
    """What the conversations projection tells the others, in its order."""
    projection = conversations(rules)
    state, found = projection.initial(), list[Sign]()

    def run(before: Instant) -> None:
        while (due := projection.wake_at(state)) < before:
            found.extend(projection.on_time(state, due, ANN).signs)

    for event in sorted(events, key=lambda e: e.order):
        run(event.occurred_at)
        found.extend(projection.evolve(state, event, ANN).signs)
    run(until)
    return found


def acts(
    events: list[Recorded], until: Instant = 0, rules: Configuration = DEFAULT, number: int = 1
) -> list[Act]:
    """What was decided on events in the order of the log, and by timers before ``until``."""
    book = Rulebook(document(rules))
    history, state, out = in_force(rules, number), book.initial(), Out([], [])
    for event in events:
        if is_for_triggers(event):
            fold_decision(book, history, state, event, event.customer_id, out)
    run_decisions(book, history, state, until, ANN, out)
    return out.acts


def in_force(rules: Configuration = DEFAULT, number: int = 1) -> History:
    """As if the rules had been published before everything."""
    fact, history = ConfigurationPublished(number=number, document=document(rules)), History()
    type_ = ConfigurationPublished.TYPE
    for partition in range(64):
        event_ = Recorded(partition, -1, -(2**61), b"", type_, "", 0, b"", 0, 0, fact)
        history.publish(event_)
    return history
