"""What each event does to its conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from projections.calendars import open_us
from projections.conversations import contacts, turns
from projections.conversations.now import Now
from projections.conversations.rows import assignment_row
from projections.conversations.state import BOT, HUMAN, Conversation, listed
from projections.projection import NEVER
from projections.signs import HandedOff, TalkReopened, TalkResolved
from schemas.events import (
    BotGaveUp,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallQueued,
    ConversationAssigned,
    ConversationHandedOff,
    ConversationMoved,
    ConversationOpened,
    ConversationReopened,
    ConversationResolved,
    DeflectionAccepted,
    DeflectionOffered,
    MessageReceived,
    MessageSent,
    PersonRequested,
)
from schemas.fact import Fact, Touchpoint

STATED, IMPLIED = "stated", "implied"

# These begin a conversation that is not known yet; the others are about one that is.
BEGINS: frozenset[type[Fact]] = frozenset(
    (
        MessageReceived,
        MessageSent,
        ConversationOpened,
        CallQueued,
        CallAnswered,
        CallHeld,
        CallEnded,
        CallAbandoned,
    )
)
CALLS = (CallQueued, CallAnswered, CallHeld, CallEnded, CallAbandoned)


def received(now: Now, talk: Conversation, fact: MessageReceived) -> None:
    """The customer's side wrote. Praise, thanks and spam leave a settled matter settled."""
    asks = turns.wants_answer(fact)
    if talk.resolved_at is not None and asks:
        open_again(now, talk)
    contacts.wrote(now, talk, fact.channel, asks)
    talk.last_at = talk.messaged_at = now.at
    talk.messages_in += 1
    if talk.first_inbound_at is None:
        talk.first_inbound_at = now.at
    turns.said(now, talk, fact)
    if talk.turn is not None and talk.turn.asks:
        talk.implied_at = NEVER


def sent(now: Now, talk: Conversation, fact: MessageSent) -> None:
    """The brand wrote."""
    contacts.was_written_to(now, talk, fact.channel)
    talk.last_at = talk.messaged_at = now.at
    listed(talk.channels, fact.channel)
    if fact.actor_kind == HUMAN:
        talk.messages_out += 1
        listed(talk.agents, fact.actor)
        turns.responded(now, talk, fact)
    else:
        talk.messages_bot += 1
        talk.bot_resolved += turns.is_answer(fact)
    if talk.turn is not None and turns.is_answer(fact):
        turns.answered(now, talk, talk.turn, fact)
    if fact.actor_kind in (HUMAN, BOT):
        take(now, talk, fact.actor, fact.team, fact.actor_kind)
    replied(now, talk)


def replied(now: Now, talk: Conversation) -> None:
    """The brand had a word: silence from here on settles the matter, unless somebody waits."""
    if talk.resolved_at is None and (talk.turn is None or not talk.turn.asks):
        talk.implied_at = now.at + now.rules.silence


def opened(now: Now, talk: Conversation, fact: Fact) -> None:
    """A desk opened it: what it says of it was noted already."""


def assigned(now: Now, talk: Conversation, fact: ConversationAssigned) -> None:
    """Somebody was given it."""
    listed(talk.agents, fact.actor)
    take(now, talk, fact.actor, fact.team, BOT if fact.actor_kind == BOT else HUMAN)


def handed_off(now: Now, talk: Conversation, fact: ConversationHandedOff) -> None:
    """It went to somebody else, or to a team where nobody has it yet."""
    if fact.to_agent and fact.to_agent == talk.agent:
        talk.team = fact.to_team or talk.team
        return
    kind = BOT if fact.to_agent and fact.to_agent == talk.bot else HUMAN
    if kind == HUMAN:
        listed(talk.agents, fact.to_agent)
    _hand_over(now, talk, fact.to_agent, fact.to_team, kind)


def take(now: Now, talk: Conversation, agent: str, team: str, kind: str) -> None:
    """Somebody acts on it: who had it before has it no more.

    A bot that only says something while a person has it takes nothing.
    """
    if kind == BOT:
        talk.bot = agent or talk.bot
        if talk.handler == "":
            talk.handler = BOT
        return
    if talk.handler == BOT or (agent and talk.agent and agent != talk.agent):
        _hand_over(now, talk, agent, team, kind)
        return
    talk.handler = HUMAN
    talk.team = team or talk.team
    if agent and not talk.agent:
        talk.agent = agent
        span(now, talk, "handed_off")


def _hand_over(now: Now, talk: Conversation, agent: str, team: str, kind: str) -> None:
    was = talk.bot if talk.handler == BOT else talk.agent
    talk.handoffs += 1
    talk.handoffs_to_human += talk.handler == BOT and kind == HUMAN
    talk.handler, talk.agent = kind, "" if kind == BOT else agent
    talk.team = team or talk.team
    now.signs.append(HandedOff(**now.about(talk), from_agent=was))
    span(now, talk, "handed_off")


def span(now: Now, talk: Conversation, ended_by: str) -> None:
    """End the span in which it was assigned to somebody, and begin the next if it is open."""
    if talk.span_at is not None:
        now.rows.append(assignment_row(now, talk, talk.span_at, ended_by))
        talk.span_at = None
    if talk.agent and talk.resolved_at is None:
        talk.span_at, talk.span_agent, talk.span_team = now.at, talk.agent, talk.team
        talk.spans += 1
        now.rows.append(assignment_row(now, talk, now.at))


def resolved(now: Now, talk: Conversation, fact: Fact) -> None:
    """Somebody stated that the matter is settled."""
    settle(now, talk, STATED)


def settle(now: Now, talk: Conversation, by: str) -> None:
    """The matter is settled."""
    if talk.resolved_at is None:
        talk.contacts_resolved, talk.contacts_since = talk.contacts_since, 0
        for contact in (talk.contact, talk.call):
            if contact is not None:
                contact.is_counted = False
    talk.resolved_at, talk.resolved_by, talk.implied_at = now.at, by, NEVER
    calendar = now.rules.calendar(talk.channel, talk.brand, talk.team)
    talk.open_resolution = open_us(calendar, talk.opened_at, now.at)
    turns.closed(now, talk)
    span(now, talk, "resolved")
    told = now.about(talk)
    contacts_ = talk.contacts_resolved
    now.signs.append(TalkResolved(**told, is_implied=by == IMPLIED, contacts=contacts_))


def reopened(now: Now, talk: Conversation, fact: Fact) -> None:
    """Somebody stated that it is open again: so it stays until the next reply."""
    if talk.resolved_at is not None:
        open_again(now, talk)


def open_again(now: Now, talk: Conversation) -> None:
    """A settled matter is open again."""
    talk.resolved_at, talk.resolved_by = None, ""
    talk.reopened += 1
    now.signs.append(TalkReopened(**now.about(talk)))
    span(now, talk, "resolved")


def moved(now: Now, talk: Conversation, fact: ConversationMoved) -> None:
    """It goes on elsewhere."""
    talk.channel_in = talk.channel_in or fact.channel or talk.channel
    if fact.invited:
        listed(talk.invited, fact.to_channel)
    contacts.came(now, talk, fact.to_channel)


def offered(now: Now, talk: Conversation, fact: DeflectionOffered) -> None:
    """The brand asked the customer to go elsewhere."""
    talk.offered += 1
    talk.offer = fact.to_channel
    listed(talk.invited, fact.to_channel)


def accepted(now: Now, talk: Conversation, fact: DeflectionAccepted) -> None:
    """The customer said yes."""
    talk.accepted += 1
    talk.offer = ""
    listed(talk.invited, fact.to_channel)


def person_requested(now: Now, talk: Conversation, fact: Fact) -> None:
    """The customer asked for a person."""
    talk.persons_requested += 1


def bot_gave_up(now: Now, talk: Conversation, fact: Fact) -> None:
    """The bot could not help."""
    talk.bot_gave_up += 1


def call_queued(now: Now, talk: Conversation, fact: CallQueued) -> None:
    """The customer calls."""
    _called(now, talk, fact)
    contacts.queued(now, talk, fact)


def call_answered(now: Now, talk: Conversation, fact: CallAnswered) -> None:
    """Somebody took the call."""
    _called(now, talk, fact)
    contacts.taken(now, talk, fact)
    kind = BOT if fact.actor_kind == BOT else HUMAN
    if kind == HUMAN:
        listed(talk.agents, fact.actor)
    take(now, talk, fact.actor, fact.team, kind)


def call_held(now: Now, talk: Conversation, fact: CallHeld) -> None:
    """The caller was put on hold."""
    contacts.held(now, talk, fact)
    talk.last_at = now.at


def call_ended(now: Now, talk: Conversation, fact: CallEnded) -> None:
    """The call is over; if somebody spoke to the customer, that was a reply."""
    if contacts.ended(now, talk, fact):
        replied(now, talk)
    talk.last_at = now.at


def call_abandoned(now: Now, talk: Conversation, fact: CallAbandoned) -> None:
    """The caller hung up in the queue."""
    _called(now, talk, fact)
    contacts.hung_up(now, talk, fact)


def _called(now: Now, talk: Conversation, fact: Touchpoint) -> None:
    if talk.resolved_at is not None and fact.direction != "outbound":
        open_again(now, talk)
    talk.implied_at = NEVER  # until the call is over
    talk.last_at = now.at


# event type -> what it does to its conversation. A type that is absent does nothing.
HANDLERS: dict[type[Fact], Callable[[Now, Conversation, Any], None]] = {
    MessageReceived: received,
    MessageSent: sent,
    ConversationOpened: opened,
    ConversationAssigned: assigned,
    ConversationHandedOff: handed_off,
    ConversationMoved: moved,
    ConversationResolved: resolved,
    ConversationReopened: reopened,
    DeflectionOffered: offered,
    DeflectionAccepted: accepted,
    PersonRequested: person_requested,
    BotGaveUp: bot_gave_up,
    CallQueued: call_queued,
    CallAnswered: call_answered,
    CallHeld: call_held,
    CallEnded: call_ended,
    CallAbandoned: call_abandoned,
}
