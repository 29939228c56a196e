"""Turns: what the customer's side says before an answer, and what becomes of it.

- An answer is a human reply, or a bot's reply that is marked as resolving.
- A turn of praise, thanks or spam wants no answer: none is due, and it does not hold up the implied
  resolution. It wants one from the first message on that says something else.
- Messages after the first belong to the turn; the answer is due by the first that wants one.
"""

from __future__ import annotations

from projections.calendars import open_us
from projections.conversations.now import Now
from projections.conversations.rows import turn_row
from projections.conversations.state import BOT, HUMAN, Conversation, Turn
from projections.projection import NEVER
from projections.signs import TurnAnswered, TurnClosed, TurnOpened, TurnOverdue
from schemas.events import MessageReceived, MessageSent
from schemas.times import SECOND

FIRST, NEXT = "first", "next"
WANTS_NO_ANSWER = frozenset(("praise", "thanks", "spam"))


def wants_answer(fact: MessageReceived) -> bool:
    """Whether somebody should answer this message."""
    return fact.intent not in WANTS_NO_ANSWER


def is_answer(fact: MessageSent) -> bool:
    """Whether a message answers a turn: a human's does, a bot's only if it resolves the matter.

    A system's never does, whatever it says of itself: nobody has read what was asked.
    """
    return fact.actor_kind == HUMAN or (fact.actor_kind == BOT and fact.resolving)


def said(now: Now, talk: Conversation, fact: MessageReceived) -> None:
    """The customer's side said something: a turn begins, or goes on."""
    turn, asks = talk.turn, wants_answer(fact)
    if turn is None:
        talk.turns += 1
        turn = talk.turn = Turn(
            now.at,
            now.event_id,
            fact.channel,
            talk.topic,
            talk.urgency,
            fact.intent,
            list(now.personas),
            talk.team,
            talk.turns == 1,
        )
        if asks:
            _ask(now, talk, turn)
        now.signs.append(TurnOpened(**now.about(talk, fact.channel), due_at=turn.due_at))
    elif asks and not turn.asks:
        turn.channel, turn.topic, turn.urgency = fact.channel, talk.topic, talk.urgency
        turn.intent, turn.team, turn.personas = fact.intent, talk.team, list(now.personas)
        _ask(now, talk, turn)
    else:
        return
    now.rows.append(turn_row(now, talk, turn))


def _ask(now: Now, talk: Conversation, turn: Turn) -> None:
    expected = now.rules.expected(turn.channel, talk, now.personas)
    turn.asks, turn.within = True, expected.within
    calendar = now.rules.calendar(turn.channel, talk.brand, turn.team)
    turn.due_at = talk.due_at = now.rules.due_at(expected, now.at, calendar)
    talk.turns_due += 1


def answered(now: Now, talk: Conversation, turn: Turn, fact: MessageSent) -> None:
    """The turn got its answer."""
    talk.turn, talk.due_at = None, NEVER
    talk.turns_answered += 1
    wait = -1.0 if turn.due_at == NEVER else (turn.due_at - turn.since) / SECOND
    told = now.about(talk, fact.channel)
    told["agent"], told["team"] = fact.actor, fact.team or talk.team
    now.signs.append(
        TurnAnswered(
            **told,
            opened_at=turn.since,
            opened_by=turn.opened_by,
            waited_s=(now.at - turn.since) / SECOND,
            expectation_s=wait,
        )
    )
    now.rows.append(turn_row(now, talk, turn, fact))


def closed(now: Now, talk: Conversation) -> None:
    """The matter is settled, and what still waited for an answer with it."""
    turn = talk.turn
    if turn is not None:
        talk.turn, talk.due_at = None, NEVER
        told = now.about(talk, turn.channel)
        now.signs.append(TurnClosed(**told, opened_at=turn.since, opened_by=turn.opened_by))
        now.rows.append(turn_row(now, talk, turn, is_closed=True))


def overdue(now: Now, talk: Conversation) -> None:
    """The expectation has passed."""
    turn, talk.due_at = talk.turn, NEVER
    if turn is not None:
        turn.is_overdue = True
        talk.turns_overdue += 1
        told = now.about(talk, turn.channel)
        now.signs.append(TurnOverdue(**told, opened_at=turn.since, opened_by=turn.opened_by))
        now.rows.append(turn_row(now, talk, turn))


def responded(now: Now, talk: Conversation, fact: MessageSent) -> None:
    """A human replied: the first response of a conversation, or that to a later turn."""
    turn, since = talk.turn, talk.first_inbound_at
    if since is None:
        return
    if talk.first_response is None:
        talk.first_response = now.at - since
        talk.open_first_response = _open(now, talk, turn, since)
        talk.first_agent, talk.first_team = fact.actor, fact.team or talk.team
        if turn is not None:
            turn.response = FIRST
    elif turn is not None:
        turn.response = NEXT
        talk.next_responses += 1
        talk.next_response_sum += now.at - turn.since
        talk.open_next_response_sum += _open(now, talk, turn, turn.since)


def _open(now: Now, talk: Conversation, turn: Turn | None, since: int) -> int:
    channel, team = (talk.channel, talk.team) if turn is None else (turn.channel, turn.team)
    return open_us(now.rules.calendar(channel, talk.brand, team), since, now.at)
