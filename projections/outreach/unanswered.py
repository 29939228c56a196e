"""The trigger ``unanswered``: a turn whose expectation has passed without an answer alerts the team.

- One decision a turn. Its cause is the turn's first message.
- It knows what the log knew: an answer that arrives late does not undo the decision.
- Imported history, and what was recorded long after it happened, opens no clock. An answer counts
  wherever it comes from.
"""

from __future__ import annotations

import msgspec

from projections.configuration import Configuration, in_words
from projections.conversations import is_answer
from projections.projection import NEVER, Act, Projection, Step
from schemas.events import ConversationResolved, MessageReceived, MessageSent, OutreachDecided
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant, rfc3339

NAME = "unanswered"
VERSION = 1
TALKS_MAX = 64  # a state stays small; beyond, the longest silent talk without a clock is forgotten
INPUTS_MAX = 20  # messages of a turn that a decision names


class Talk(msgspec.Struct, array_like=True):
    """What the trigger knows of one conversation: the turn that waits, and the last answer."""

    conversation: bytes = b""
    channel: str = ""
    brand: str = ""
    last_at: Instant = 0
    answered_at: Instant = -NEVER
    since: Instant | None = None
    cause: bytes = b""
    cause_customer: bytes = b""
    inputs: list[str] = []
    messages: int = 0
    expectation: Instant = 0
    configuration: int = 0
    due_at: Instant = NEVER


class UnansweredState(msgspec.Struct, array_like=True):
    """One customer's conversations as the trigger sees them."""

    talks: dict[str, Talk] = {}
    wake: Instant = NEVER


def unanswered(rules: Configuration, number: int) -> Projection[UnansweredState]:
    """The trigger under the configuration of that number."""
    gap = rules.thread_gap_s * SECOND
    stale = rules.stale_after_s * SECOND

    def evolve(state: UnansweredState, event: Recorded, customer: bytes) -> Step[UnansweredState]:
        fact = event.fact
        if isinstance(fact, MessageReceived):
            talk = _talk(state, event, fact, gap)
            _wait(talk, event, rules, number, stale)
        elif isinstance(fact, MessageSent | ConversationResolved):
            talk = _talk(state, event, fact, gap)
            if isinstance(fact, ConversationResolved) or is_answer(fact):
                _settle(talk, event.occurred_at)
        else:
            return Step(state, [], [])
        state.wake = min(t.due_at for t in state.talks.values())
        return Step(state, [], [])

    def on_time(state: UnansweredState, at: Instant, customer: bytes) -> Step[UnansweredState]:
        acts = []
        for talk in state.talks.values():
            if talk.due_at == at:
                talk.due_at = NEVER
                acts.append(Act(customer, at, _decision(talk, at)))
        state.wake = min((t.due_at for t in state.talks.values()), default=NEVER)
        return Step(state, [], acts)

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(),
        state_type=UnansweredState,
        initial=UnansweredState,
        evolve=evolve,
        wake_at=lambda state: state.wake,
        on_time=on_time,
    )


def _talk(state: UnansweredState, event: Recorded, fact: Touchpoint, gap: Instant) -> Talk:
    key = fact.conversation.hex() or f"{fact.brand}\n{fact.channel}"
    talk = state.talks.get(key)
    if talk is not None and not fact.conversation and event.occurred_at - talk.last_at > gap:
        talk = None  # a thread without an id ends with a long silence
    if talk is None:
        if len(state.talks) >= TALKS_MAX and key not in state.talks:
            quiet = min(state.talks, key=lambda k: (state.talks[k].due_at != NEVER, state.talks[k].last_at, k))
            del state.talks[quiet]
        talk = state.talks[key] = Talk(fact.conversation or event.event_id)
    talk.last_at = max(talk.last_at, event.occurred_at)
    talk.channel, talk.brand = fact.channel, fact.brand
    return talk


def _wait(
    talk: Talk, event: Recorded, rules: Configuration, number: int, stale: Instant
) -> None:
    """A message came in: it begins a turn, joins the one that waits, or was answered already."""
    if talk.since is not None:
        talk.messages += 1
        if len(talk.inputs) < INPUTS_MAX:
            talk.inputs.append(event.place)
        return
    if event.occurred_at <= talk.answered_at:
        return
    talk.since, talk.cause, talk.cause_customer = event.occurred_at, event.event_id, event.customer_id
    talk.inputs, talk.messages = [event.place], 1
    talk.expectation, talk.configuration = rules.expectation(talk.channel), number
    is_stale = event.recorded_at - event.occurred_at > stale
    if not event.is_imported and not is_stale:
        talk.due_at = max(event.occurred_at + talk.expectation, event.recorded_at)


def _settle(talk: Talk, at: Instant) -> None:
    talk.answered_at = max(talk.answered_at, at)
    if talk.since is not None and at >= talk.since:
        talk.since, talk.due_at = None, NEVER


def _decision(talk: Talk, at: Instant) -> OutreachDecided:
    assert talk.since is not None
    count = "1 message" if talk.messages == 1 else f"{talk.messages} messages"
    return OutreachDecided(
        trigger=NAME,
        rule_version=VERSION,
        configuration=talk.configuration,
        action="alert_team",
        verdict="decided",
        cause=talk.cause,
        cause_customer=talk.cause_customer,
        conversation=talk.conversation,
        channel=talk.channel,
        brand=talk.brand,
        decided_at=at,
        inputs=list(talk.inputs),
        reason=(
            f"No answer within {in_words(talk.expectation)} on {talk.channel or 'an unnamed channel'}: "
            f"{count} since {rfc3339(talk.since)}."
        ),
    )
