"""The rows of conversations, their turns, contacts and assignments."""

from __future__ import annotations

from projections.calendars import open_us
from projections.conversations.now import Now
from projections.conversations.state import Contact, Conversation, Turn
from projections.projection import NEVER, Change
from projections.tables import ASSIGNMENTS, CONTACTS, CONVERSATIONS, TURNS
from schemas.events import MessageSent
from schemas.times import SECOND, Instant


def conversation_row(now: Now, talk: Conversation) -> Change:
    """A conversation as it stands."""
    turn, first, following = talk.turn, talk.first_response, talk.next_responses
    resolved_at = talk.resolved_at
    is_open = resolved_at is None
    handle = talk.talked + talk.held + talk.wrapped_up
    return Change(
        CONVERSATIONS.name,
        (
            now.customer,
            talk.opened_at,
            talk.id.hex(),
            talk.brand,
            talk.channel,
            list(talk.channels),
            "open" if is_open else "resolved",
            resolved_at,
            talk.resolved_by,
            talk.reopened,
            talk.messages_in,
            talk.messages_out,
            talk.messages_bot,
            talk.turns,
            talk.turns_answered,
            None if turn is None else turn.since,
            talk.first_inbound_at,
            None if first is None else first / SECOND,
            following,
            talk.next_response_sum / SECOND / following if following else None,
            talk.last_at,
            list(talk.agents),
            talk.topic_told or talk.topic_tag,
            "property" if talk.topic_told else "tag" if talk.topic_tag else "",
            talk.urgency,
            list(talk.personas),
            talk.agent,
            talk.team,
            talk.channel_in or talk.channel,
            talk.moves,
            talk.moves_invited,
            None if first is None else talk.open_first_response / SECOND,
            talk.first_agent,
            talk.first_team,
            talk.open_next_response_sum / SECOND / following if following else None,
            None if resolved_at is None else (resolved_at - talk.opened_at) / SECOND,
            None if is_open else talk.open_resolution / SECOND,
            talk.turns_due,
            talk.turns_overdue,
            talk.contacts,
            0 if is_open else talk.contacts_resolved,
            talk.handoffs,
            talk.handoffs_to_human,
            talk.persons_requested,
            talk.bot_gave_up,
            talk.bot_resolved,
            talk.offered,
            talk.accepted,
            talk.calls,
            talk.calls_abandoned,
            talk.waited / SECOND if talk.queued else None,
            talk.talked / SECOND if talk.handled else None,
            talk.held / SECOND if talk.handled else None,
            talk.wrapped_up / SECOND if talk.handled else None,
            handle / SECOND if talk.handled else None,
        ),
    )


def turn_row(
    now: Now,
    talk: Conversation,
    turn: Turn,
    answer: MessageSent | None = None,
    is_closed: bool = False,
) -> Change:
    """A turn as it opens, becomes overdue, is answered or closed."""
    agent, team, ended = talk.agent, talk.team, is_closed
    waited = open_waited = None
    outcome = "closed" if is_closed else "overdue" if turn.is_overdue else "open"
    if answer is not None:
        agent, team, outcome = answer.actor, answer.team or team, "answered"
        ended = True
        waited = (now.at - turn.since) / SECOND
        calendar = now.rules.calendar(turn.channel, talk.brand, turn.team)
        open_waited = open_us(calendar, turn.since, now.at) / SECOND
    return Change(
        TURNS.name,
        (
            now.customer,
            turn.since,
            turn.opened_by.hex(),
            talk.id.hex(),
            talk.opened_at,
            talk.brand,
            turn.channel,
            agent,
            team,
            turn.topic,
            turn.urgency,
            list(turn.personas),
            turn.intent,
            turn.is_first,
            None if turn.due_at == NEVER else turn.due_at,
            float(turn.within) if turn.asks else None,
            outcome,
            now.at if ended else None,
            "" if answer is None else answer.actor_kind,
            turn.response,
            waited,
            open_waited,
        ),
    )


def contact_row(now: Now, talk: Conversation, contact: Contact) -> Change:
    """A contact when it begins, and a call whenever something becomes of it."""
    handle = contact.talked + contact.held + contact.wrapped_up
    handled = contact.is_handled
    return Change(
        CONTACTS.name,
        (
            now.customer,
            contact.began_at,
            contact.id.hex(),
            talk.id.hex(),
            contact.number,
            talk.brand,
            contact.channel,
            contact.topic,
            list(contact.personas),
            contact.agent,
            contact.team,
            contact.is_invited,
            contact.phase != "",
            contact.phase,
            contact.queue,
            contact.answered_at,
            contact.ended_at,
            _seconds(contact.waited),
            float(contact.expectation) if contact.expectation >= 0 else None,
            contact.talked / SECOND if handled else None,
            contact.held / SECOND if handled else None,
            contact.wrapped_up / SECOND if handled else None,
            handle / SECOND if handled else None,
        ),
    )


def assignment_row(now: Now, talk: Conversation, since: Instant, ended_by: str = "") -> Change:
    """A span in which a conversation is open and assigned; without an end while it lasts."""
    return Change(
        ASSIGNMENTS.name,
        (
            now.customer,
            since,
            talk.id.hex(),
            talk.spans,
            talk.brand,
            talk.channel_in or talk.channel,
            talk.span_agent,
            talk.span_team,
            now.at if ended_by else None,
            ended_by,
            (now.at - since) / SECOND if ended_by else None,
        ),
    )


def _seconds(duration: Instant | None) -> float | None:
    return None if duration is None else duration / SECOND
