"""Conversations: who wrote, how soon somebody answered, and whether the matter is settled.

- The first response is the first human message after the first inbound one; what the brand said
  earlier is ignored, and the start never moves.
- Without a word about it a conversation counts as resolved a while after the last reply, unless a
  turn waits for an answer. A later message opens it again. One that was stated to be open again
  stays so until the next reply.
- Messages and calls without a conversation id belong together when brand and channel are the same
  and the gap is small; such a thread is named after its first event. Where the conversation was
  moved, or the customer took an offer to go, the thread of that channel is this conversation.

Turns have a module of their own, and so have contacts; ``steps`` has the table of
what each event does.
"""

from __future__ import annotations

from projections.configuration import Configuration
from projections.conversations.now import Now, TalkRules
from projections.conversations.rows import conversation_row
from projections.conversations.state import (
    LISTED_MAX,
    REMEMBERED_MAX,
    Conversation,
    ConversationsState,
    wakes_at,
)
from projections.conversations.steps import BEGINS, HANDLERS, IMPLIED, settle
from projections.conversations.turns import is_answer, overdue
from projections.projection import NEVER, Projection, Step, by_wake
from projections.signs import PersonasChanged
from projections.tables import ASSIGNMENTS, CONTACTS, CONVERSATIONS, TURNS
from schemas.events import ConversationMoved, DeflectionAccepted, DeflectionOffered
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import Instant

__all__ = ["LISTED_MAX", "REMEMBERED_MAX", "ConversationsState", "conversations", "is_answer"]

NAME = "conversations"
VERSION = 3


def conversations(rules: Configuration) -> Projection[ConversationsState]:
    """The projection under one configuration."""
    laid_out = TalkRules(rules)

    def evolve(
        state: ConversationsState, event: Recorded, customer: bytes
    ) -> Step[ConversationsState]:
        fact = event.fact
        handler = HANDLERS.get(type(fact))
        if handler is None or not isinstance(fact, Touchpoint):
            return Step(state, [], [])
        now = Now(laid_out, event.occurred_at, customer, state.personas, event.event_id)
        talk = _find(state, now, fact)
        if talk is None:
            return Step(state, [], [])
        _note(talk, fact)
        before = wakes_at(talk)
        handler(now, talk, fact)
        if isinstance(fact, ConversationMoved | DeflectionOffered | DeflectionAccepted):
            _invite(state, now, talk, fact)
        after = wakes_at(talk)
        if after < state.wake:
            state.wake = after
        elif before == state.wake and after != before:
            _wake(state)
        now.rows.append(conversation_row(now, talk))
        return Step(state, now.rows, [], now.signs)

    def on_time(
        state: ConversationsState, at: Instant, customer: bytes
    ) -> Step[ConversationsState]:
        now = Now(laid_out, at, customer, state.personas)
        for talk in state.known.values():
            if talk.due_at == at:
                overdue(now, talk)
            elif talk.implied_at == at:
                settle(now, talk, IMPLIED)
            else:
                continue
            now.rows.append(conversation_row(now, talk))
        _wake(state)
        return Step(state, now.rows, [], now.signs)

    def on_personas(
        state: ConversationsState, sign: PersonasChanged, customer: bytes
    ) -> Step[ConversationsState]:
        state.personas = list(sign.personas)
        return Step(state, [], [])

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(CONVERSATIONS, TURNS, CONTACTS, ASSIGNMENTS),
        state_type=ConversationsState,
        initial=ConversationsState,
        evolve=evolve,
        wake_at=by_wake,
        on_time=on_time,
        reads=frozenset(HANDLERS),
        hears={PersonasChanged: on_personas},
    )


def _wake(state: ConversationsState) -> None:
    state.wake = min((wakes_at(t) for t in state.known.values()), default=NEVER)


def _find(state: ConversationsState, now: Now, fact: Touchpoint) -> Conversation | None:
    """The conversation an event belongs to; begun if there is none and it is one that begins."""
    at, thread = now.at, ""
    key = fact.conversation
    if not key:
        thread = f"{fact.brand}\n{fact.channel}"
        key = _thread(state, thread, now)
    talk = state.known.get(key)
    if talk is None:
        if type(fact) not in BEGINS:
            return None
        talk = Conversation(
            key or now.event_id, at, fact.brand, fact.channel, at, list(now.personas)
        )
        if state.invites:
            asked_at = state.invites.get(f"{fact.brand}\n{fact.channel}", -NEVER)
            if at - asked_at <= now.rules.invitation:
                talk.invited.append(fact.channel)
        _make_room(state)
        state.known[talk.id] = talk
    if thread:
        state.threads[thread] = talk.id
    return talk


def _thread(state: ConversationsState, thread: str, now: Now) -> bytes:
    """The conversation that a thread belongs to at this moment, or none."""
    key = state.threads.get(thread, b"")
    talk = state.known.get(key)
    return b"" if talk is None or now.at - talk.last_at > now.rules.gap else key


def _invite(
    state: ConversationsState,
    now: Now,
    talk: Conversation,
    fact: ConversationMoved | DeflectionOffered | DeflectionAccepted,
) -> None:
    """The brand asked the customer to a channel, or the conversation goes on there."""
    if not fact.to_channel:
        return
    thread = f"{talk.brand}\n{fact.to_channel}"
    if not isinstance(fact, DeflectionOffered) or not _thread(state, thread, now):
        state.threads[thread] = talk.id
    if not isinstance(fact, ConversationMoved) or fact.invited:
        state.invites.pop(thread, None)
        state.invites[thread] = now.at
        if len(state.invites) > LISTED_MAX:
            del state.invites[next(iter(state.invites))]


def _note(talk: Conversation, fact: Touchpoint) -> None:
    """What any event may say of its conversation."""
    if fact.topic:
        talk.topic_told = fact.topic
    if fact.tags and not talk.topic_tag:
        talk.topic_tag = fact.tags[0]
    if fact.urgency:
        talk.urgency = fact.urgency


def _make_room(state: ConversationsState) -> None:
    if len(state.known) >= REMEMBERED_MAX:
        oldest = min(state.known.values(), key=lambda t: (wakes_at(t) != NEVER, t.last_at, t.id))
        del state.known[oldest.id]
        for thread in [t for t, key in state.threads.items() if key == oldest.id]:
            del state.threads[thread]
        _wake(state)
