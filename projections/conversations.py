"""Conversations: who wrote, how soon somebody answered, and whether the matter is settled.

- A turn is what the customer's side says before an answer. An answer is a human reply, or a bot's
  reply that is marked as resolving; an acknowledgement by a bot is neither.
- The first response is the first human message after the first inbound one; what the brand said
  earlier is ignored, and the start never moves.
- Without a word about it a conversation counts as resolved a while after the last reply, unless a
  turn is open. A later message opens it again. One that was stated to be open again stays so until
  the next reply.
- Messages without a conversation id belong together when brand and channel are the same and the gap
  is small; such a thread is named after its first message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from projections.configuration import Configuration
from projections.projection import NEVER, Change, Projection, Step
from projections.tables import CONVERSATIONS
from schemas.events import (
    ConversationAssigned,
    ConversationReopened,
    ConversationResolved,
    MessageReceived,
    MessageSent,
)
from schemas.fact import Fact, Touchpoint
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

NAME = "conversations"
VERSION = 1
# A state stays small: beyond, the longest silent conversation that no timer waits for is forgotten.
# Its row stays as it stands.
REMEMBERED_MAX = 256
LISTED_MAX = 32  # agents and channels of one conversation

HUMAN = "human"


class Conversation(msgspec.Struct, array_like=True):
    """One conversation as it stands."""

    id: bytes
    opened_at: Instant
    brand: str
    channel: str
    last_at: Instant
    channels: list[str] = []
    agents: list[str] = []
    resolved_at: Instant | None = None
    resolved_by: str = ""
    reopened: int = 0
    messages_in: int = 0
    messages_out: int = 0
    messages_bot: int = 0
    turns: int = 0
    turns_answered: int = 0
    turn_since: Instant | None = None
    first_inbound_at: Instant | None = None
    first_response: Instant | None = None  # a duration
    next_responses: int = 0
    next_response_sum: Instant = 0
    implied_at: Instant = NEVER  # when silence will settle it


class ConversationsState(msgspec.Struct, array_like=True):
    """One customer's conversations, and which of them threads without an id belong to."""

    known: dict[bytes, Conversation] = {}
    threads: dict[str, bytes] = {}  # brand and channel -> conversation
    wake: Instant = NEVER


def conversations(rules: Configuration) -> Projection[ConversationsState]:
    """The projection under one configuration."""
    gap = rules.conversations.thread_gap * SECOND
    silence = rules.conversations.implied_resolution * SECOND

    def evolve(
        state: ConversationsState, event: Recorded, customer: bytes
    ) -> Step[ConversationsState]:
        fact = event.fact
        handler = HANDLERS.get(type(fact))
        if handler is None or not isinstance(fact, Touchpoint):
            return Step(state, [], [])
        talk = _find(state, event, fact, gap)
        if talk is None:
            return Step(state, [], [])
        handler(talk, event.occurred_at, fact)
        before = talk.implied_at
        waits = talk.turn_since is None and talk.resolved_at is None
        replied = isinstance(fact, MessageSent)
        if not waits:
            talk.implied_at = NEVER
        elif replied:
            talk.implied_at = event.occurred_at + silence
        if talk.implied_at != before:
            state.wake = min([t.implied_at for t in state.known.values()])
        return Step(state, [_row(talk, customer)], [])

    def on_time(
        state: ConversationsState, at: Instant, customer: bytes
    ) -> Step[ConversationsState]:
        rows = []
        for talk in state.known.values():
            if talk.implied_at == at:
                talk.resolved_at, talk.resolved_by, talk.implied_at = at, "implied", NEVER
                rows.append(_row(talk, customer))
        state.wake = min((t.implied_at for t in state.known.values()), default=NEVER)
        return Step(state, rows, [])

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(CONVERSATIONS,),
        state_type=ConversationsState,
        initial=ConversationsState,
        evolve=evolve,
        wake_at=lambda state: state.wake,
        on_time=on_time,
    )


def _find(
    state: ConversationsState, event: Recorded, fact: Touchpoint, gap: Instant
) -> Conversation | None:
    """The conversation an event belongs to; begun by a message if there is none."""
    at, thread = event.occurred_at, ""
    key = fact.conversation
    if not key:
        thread = f"{fact.brand}\n{fact.channel}"
        key = state.threads.get(thread, b"")
        last = state.known.get(key)
        if last is None or at - last.last_at > gap:
            key = b""
    talk = state.known.get(key)
    if talk is None:
        if not isinstance(fact, MessageReceived | MessageSent):
            return None
        talk = Conversation(key or event.event_id, at, fact.brand, fact.channel, at)
        _make_room(state)
        state.known[talk.id] = talk
    if thread:
        state.threads[thread] = talk.id
    return talk


def _make_room(state: ConversationsState) -> None:
    if len(state.known) >= REMEMBERED_MAX:
        oldest = min(state.known.values(), key=lambda t: (t.implied_at != NEVER, t.last_at, t.id))
        del state.known[oldest.id]
        for thread in [t for t, key in state.threads.items() if key == oldest.id]:
            del state.threads[thread]
        state.wake = min([t.implied_at for t in state.known.values()])


def _message(talk: Conversation, at: Instant, fact: Touchpoint) -> None:
    talk.last_at = at
    _list(talk.channels, fact.channel)


def _received(talk: Conversation, at: Instant, fact: MessageReceived) -> None:
    _message(talk, at, fact)
    talk.messages_in += 1
    if talk.resolved_at is not None:
        _open_again(talk)
    if talk.first_inbound_at is None:
        talk.first_inbound_at = at
    if talk.turn_since is None:
        talk.turn_since = at
        talk.turns += 1


def _sent(talk: Conversation, at: Instant, fact: MessageSent) -> None:
    _message(talk, at, fact)
    by_human = fact.actor_kind == HUMAN
    if by_human:
        talk.messages_out += 1
        _list(talk.agents, fact.actor)
        if talk.first_response is None and talk.first_inbound_at is not None:
            talk.first_response = at - talk.first_inbound_at
        elif talk.turn_since is not None:
            talk.next_responses += 1
            talk.next_response_sum += at - talk.turn_since
    else:
        talk.messages_bot += 1
    if talk.turn_since is not None and is_answer(fact):
        talk.turn_since = None
        talk.turns_answered += 1


def _assigned(talk: Conversation, at: Instant, fact: ConversationAssigned) -> None:
    _list(talk.agents, fact.actor)


def _resolved(talk: Conversation, at: Instant, fact: Fact) -> None:
    talk.resolved_at, talk.resolved_by, talk.turn_since = at, "stated", None


def _reopened(talk: Conversation, at: Instant, fact: Fact) -> None:
    if talk.resolved_at is not None:
        _open_again(talk)


# event type -> what it does to its conversation. A type that is absent does nothing.
HANDLERS: dict[type[Fact], Callable[[Conversation, Instant, Any], None]] = {
    MessageReceived: _received,
    MessageSent: _sent,
    ConversationAssigned: _assigned,
    ConversationResolved: _resolved,
    ConversationReopened: _reopened,
}


def is_answer(fact: MessageSent) -> bool:
    """Whether a message answers a turn: a human's does, a bot's only if it resolves the matter."""
    return fact.actor_kind == HUMAN or fact.resolving


def _open_again(talk: Conversation) -> None:
    talk.resolved_at, talk.resolved_by = None, ""
    talk.reopened += 1


def _list(names: list[str], name: str) -> None:
    if name and name not in names and len(names) < LISTED_MAX:
        names.append(name)


def _row(talk: Conversation, customer: bytes) -> Change:
    seconds = talk.first_response
    following = talk.next_responses
    return Change(
        CONVERSATIONS.name,
        (
            customer.hex(),
            talk.opened_at,
            talk.id.hex(),
            talk.brand,
            talk.channel,
            list(talk.channels),
            "open" if talk.resolved_at is None else "resolved",
            talk.resolved_at,
            talk.resolved_by,
            talk.reopened,
            talk.messages_in,
            talk.messages_out,
            talk.messages_bot,
            talk.turns,
            talk.turns_answered,
            talk.turn_since,
            talk.first_inbound_at,
            None if seconds is None else seconds / SECOND,
            following,
            talk.next_response_sum / SECOND / following if following else None,
            talk.last_at,
            list(talk.agents),
        ),
    )
