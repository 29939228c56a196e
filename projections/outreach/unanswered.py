"""The trigger ``unanswered``: a turn whose expectation passes without an answer alerts the team.

- One decision a turn. Its cause is the turn's first message that may open a clock.
- Imported history, and what was recorded long after it happened, opens no clock; nor do praise,
  thanks and spam, where the source says so. An answer counts wherever it comes from.
- How long it waits is told by channel, urgency and topic of the cause; what needs a persona does
  not hold, for personas are meaning, and a decision knows what the log knew.
- It knows what the log knew: an answer that is recorded late does not undo the decision. It answers
  what was said up to the time it was given; what was said after it is a turn of its own.
"""

from __future__ import annotations

import msgspec

from projections.configuration import Configuration, in_words
from projections.conversations.turns import WANTS_NO_ANSWER, is_answer
from projections.projection import NEVER, Act, Projection, Step, by_wake
from schemas.events import ConversationResolved, MessageReceived, MessageSent, OutreachDecided
from schemas.fact import topic_of
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant, rfc3339

NAME = "unanswered"
VERSION = 1
TALKS_MAX = 64  # a state stays small; beyond, the longest silent talk without a clock is forgotten
INPUTS_MAX = 20  # messages of a turn that are remembered: the first ones and the last

Heard = MessageReceived | MessageSent | ConversationResolved


class Said(msgspec.Struct, array_like=True, frozen=True):
    """One message that waits for an answer."""

    at: Instant
    event_id: bytes
    customer: bytes  # whom it was recorded with
    place: str
    channel: str
    may_open: bool  # neither imported nor recorded long after it happened, and wants an answer
    urgency: str = ""
    topic: str = ""


class Talk(msgspec.Struct, array_like=True):
    """What the trigger knows of one conversation: the turn that waits, and the last answer."""

    conversation: bytes
    brand: str
    last_at: Instant
    answered_at: Instant = -NEVER
    turn: list[Said] = []  # in the order of the log
    unlisted: int = 0  # messages of the turn beyond those
    cause: Said | None = None  # set once the turn has had a clock
    expectation: Instant = 0
    configuration: int = 0
    due_at: Instant = NEVER


class UnansweredState(msgspec.Struct, array_like=True):
    """One customer's conversations as the trigger sees them."""

    talks: dict[str, Talk] = {}
    wake: Instant = NEVER


def unanswered(rules: Configuration, number: int) -> Projection[UnansweredState]:
    """The trigger under the configuration of that number."""
    gap = rules.conversations.thread_gap * SECOND
    stale = rules.outreach.stale_after * SECOND

    def evolve(state: UnansweredState, event: Recorded, customer: bytes) -> Step[UnansweredState]:
        fact = event.fact
        if not isinstance(fact, Heard):
            return Step(state, [], [])
        talk = _talk(state, event, fact, gap)
        if talk is None:
            return Step(state, [], [])
        if isinstance(fact, MessageReceived):
            _wait(talk, event, fact, stale)
        elif isinstance(fact, ConversationResolved) or is_answer(fact):
            _settle(talk, event.occurred_at)
        _open_clock(talk, event.recorded_at, rules, number)
        state.wake = min(t.due_at for t in state.talks.values())
        return Step(state, [], [])

    def on_time(state: UnansweredState, at: Instant, customer: bytes) -> Step[UnansweredState]:
        acts = []
        for talk in state.talks.values():
            if talk.due_at == at and talk.cause is not None:
                talk.due_at = NEVER
                acts.append(Act(customer, at, _decision(talk, talk.cause, at)))
        state.wake = min((t.due_at for t in state.talks.values()), default=NEVER)
        return Step(state, [], acts)

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(),
        state_type=UnansweredState,
        initial=UnansweredState,
        evolve=evolve,
        wake_at=by_wake,
        on_time=on_time,
        reads=(MessageReceived, MessageSent, ConversationResolved),
    )


def _talk(state: UnansweredState, event: Recorded, fact: Heard, gap: Instant) -> Talk | None:
    """The conversation, threads as in ``conversations``: begun and kept up by messages alone."""
    at, is_message = event.occurred_at, not isinstance(fact, ConversationResolved)
    key = fact.conversation.hex() or f"{fact.brand}\n{fact.channel}"
    talk = state.talks.get(key)
    if talk is not None and not fact.conversation and at - talk.last_at > gap:
        del state.talks[key]
        if talk.due_at != NEVER:  # its clock runs on, under its own name
            state.talks[talk.conversation.hex()] = talk
        talk = None
    if talk is None:
        if not is_message and not fact.conversation:
            return None
        if len(state.talks) >= TALKS_MAX:
            del state.talks[min(state.talks, key=lambda k: _worth(k, state.talks[k]))]
        talk = Talk(fact.conversation or event.event_id, fact.brand, at)
        state.talks[key] = talk
    elif is_message:
        talk.last_at = max(talk.last_at, at)
    return talk


def _worth(key: str, talk: Talk) -> tuple[bool, Instant, str]:
    return talk.due_at != NEVER, talk.last_at, key


def _is_told_to_need_none(fact: MessageReceived) -> bool:
    """Whether the source says that it is praise, thanks or spam.

    What was judged from the text may be wrong, and a customer who waits unseen is worse than an
    alert too many.
    """
    return fact.intent in WANTS_NO_ANSWER and not fact.intent_method


def _wait(talk: Talk, event: Recorded, fact: MessageReceived, stale: Instant) -> None:
    """A message came in: it begins a turn, joins the one that waits, or was answered already."""
    if event.occurred_at <= talk.answered_at:
        return
    is_stale = event.recorded_at - event.occurred_at > stale
    said = Said(
        event.occurred_at,
        event.event_id,
        event.customer_id,
        event.place,
        fact.channel,
        not event.is_imported and not is_stale and not _is_told_to_need_none(fact),
        fact.urgency,
        topic_of(fact),
    )
    if len(talk.turn) < INPUTS_MAX:
        talk.turn.append(said)
    else:
        talk.turn[-1] = said
        talk.unlisted += 1


def _settle(talk: Talk, at: Instant) -> None:
    """An answer was given: what was said after it still waits, as a turn of its own."""
    talk.answered_at = max(talk.answered_at, at)
    waiting = [said for said in talk.turn if said.at > at]
    if len(waiting) < len(talk.turn):
        talk.turn, talk.unlisted = waiting, 0
        if talk.cause not in waiting:
            talk.cause, talk.due_at = None, NEVER


def _open_clock(talk: Talk, now: Instant, rules: Configuration, number: int) -> None:
    if talk.cause is not None:
        return
    talk.cause = next((said for said in talk.turn if said.may_open), None)
    if talk.cause is not None:
        asked = talk.cause
        told = {"urgency": asked.urgency, "topic": asked.topic}
        talk.expectation, talk.configuration = rules.expectation(asked.channel, **told), number
        due = rules.due_at(asked.at, asked.channel, brand=talk.brand, **told)
        talk.due_at = max(due, now)


def _decision(talk: Talk, cause: Said, at: Instant) -> OutreachDecided:
    number = len(talk.turn) + talk.unlisted
    count = "1 message" if number == 1 else f"{number} messages"
    since = rfc3339(min(said.at for said in talk.turn))
    within = in_words(talk.expectation)
    return OutreachDecided(
        trigger=NAME,
        rule_version=VERSION,
        configuration=talk.configuration,
        action="alert_team",
        verdict="decided",
        cause=cause.event_id,
        cause_customer=cause.customer,
        conversation=talk.conversation,
        channel=cause.channel,
        brand=talk.brand,
        decided_at=at,
        inputs=[said.place for said in talk.turn],
        reason=f"No answer within {within} on {cause.channel or 'an unnamed channel'}: "
        f"{count} since {since}.",
    )
