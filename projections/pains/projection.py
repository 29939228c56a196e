"""The projection of pains: which rule looks at which event and sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from projections.configuration import Configuration
from projections.conversations.turns import WANTS_NO_ANSWER
from projections.pains import bot, commerce, pressure, repeat, retired, scores, service
from projections.pains.now import Laid, Now, about_fact
from projections.pains.state import PainsState, listed
from projections.projection import Projection, Step, by_wake
from projections.signs import (
    ChannelMoved,
    ContactBegan,
    HandedOff,
    PersonasChanged,
    QueueLeft,
    ScoreGiven,
    Sign,
    StageEntered,
    TalkReopened,
    TalkResolved,
    TurnAnswered,
    TurnClosed,
    TurnOpened,
    TurnOverdue,
)
from projections.tables import PAINS
from schemas.events import (
    BotGaveUp,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallQueued,
    Commented,
    ConversationMoved,
    InformationGiven,
    InformationRequested,
    InvitationDismissed,
    Mentioned,
    MessageReceived,
    MessageSent,
    OutreachSent,
    PersonRequested,
    PreferenceStated,
    ReviewPosted,
    SurveyAnswered,
)
from schemas.fact import Touchpoint, Worded
from schemas.recorded import Recorded
from schemas.times import Instant

NAME = "pains"
VERSION = 2

S = TypeVar("S", bound=Sign)


# --- events -----------------------------------------------------------------------------------


def _received(now: Now, fact: MessageReceived) -> None:
    conversation, talk = now.in_talk(fact)
    wants_answer = fact.intent not in WANTS_NO_ANSWER
    repeat.came(now, fact, conversation, talk, wants_answer)
    about = about_fact(fact, conversation, talk)
    listed(talk.gave, fact.gave)
    if fact.asks_person:
        bot.asked(now, about, talk, "message")
    _said(now, fact, about)
    retired.used(now, about, talk)


def _sent(now: Now, fact: MessageSent) -> None:
    conversation, talk = now.in_talk(fact)
    about = about_fact(fact, conversation, talk)
    repeat.asked_for(now, about, talk, fact.asked_for)
    bot.brand_spoke(now, about, talk, fact.actor_kind, fact.fingerprint)


def _called(now: Now, fact: Touchpoint) -> None:
    conversation, talk = now.in_talk(fact)
    if fact.direction != "outbound":
        began = repeat.came(now, fact, conversation, talk, True)
        if began:
            retired.used(now, about_fact(fact, conversation, talk), talk)


def _moved(now: Now, fact: ConversationMoved) -> None:
    repeat.moved_on(now)


def _asked_for(now: Now, fact: InformationRequested) -> None:
    conversation, talk = now.in_talk(fact)
    repeat.asked_for(now, about_fact(fact, conversation, talk), talk, [fact.about])


def _gave(now: Now, fact: InformationGiven) -> None:
    _, talk = now.in_talk(fact)
    listed(talk.gave, [fact.about])


def _person_requested(now: Now, fact: PersonRequested) -> None:
    conversation, talk = now.in_talk(fact)
    bot.asked(now, about_fact(fact, conversation, talk), talk, "event")


def _gave_up(now: Now, fact: BotGaveUp) -> None:
    conversation, talk = now.in_talk(fact)
    bot.gave_up(now, about_fact(fact, conversation, talk))


def _worded(now: Now, fact: Worded) -> None:
    _said(now, fact, about_fact(fact))


def _said(now: Now, fact: Worded, about: dict[str, Any]) -> None:
    if fact.is_rated and fact.direction != "outbound":
        scores.told(now, about, fact.sentiment)


# event type -> what looks at it. Signs of the same event were heard before.
HANDLERS: dict[type[Touchpoint], Callable[[Now, Any], None]] = {
    MessageReceived: _received,
    MessageSent: _sent,
    **dict.fromkeys((CallQueued, CallAnswered, CallHeld, CallEnded, CallAbandoned), _called),
    ConversationMoved: _moved,
    InformationRequested: _asked_for,
    InformationGiven: _gave,
    PersonRequested: _person_requested,
    BotGaveUp: _gave_up,
    **dict.fromkeys((SurveyAnswered, ReviewPosted, Mentioned, Commented), _worded),
    OutreachSent: pressure.sent,
    InvitationDismissed: pressure.dismissed,
    PreferenceStated: pressure.stated,
    **commerce.HANDLERS,
}


# --- signs ------------------------------------------------------------------------------------


def _resolved(now: Now, sign: TalkResolved) -> None:
    if repeat.resolved(now, sign):
        scores.took_many(now, sign)


def _opened(now: Now, sign: TurnOpened) -> None:
    now.heard(sign)


def _stage(now: Now, sign: StageEntered) -> None:
    state = now.state
    state.before, state.stage = sign.previous, sign.stage
    state.moved_at, state.moved_by = sign.at, sign.event_id


def _personas(now: Now, sign: PersonasChanged) -> None:
    now.state.personas = sign.personas


# sign -> what hears it.
HEARD: dict[type[Sign], Callable[[Now, Any], None]] = {
    StageEntered: _stage,
    PersonasChanged: _personas,
    TurnOpened: _opened,
    TurnOverdue: service.overdue,
    TurnAnswered: service.answered,
    TurnClosed: service.closed,
    QueueLeft: service.left_queue,
    ContactBegan: repeat.contact_began,
    ChannelMoved: repeat.moved,
    HandedOff: repeat.handed_off,
    TalkResolved: _resolved,
    TalkReopened: repeat.reopened,
    ScoreGiven: scores.scored,
}


def pains(rules: Configuration) -> Projection[PainsState]:
    """The projection under one configuration."""
    laid = Laid(rules)

    def evolve(state: PainsState, event: Recorded, customer: bytes) -> Step[PainsState]:
        handler = HANDLERS.get(type(event.fact))  # type: ignore[arg-type]  # others have none
        if handler is None:
            return Step(state, [], [])
        now = Now(laid, state, event.occurred_at, event.event_id, customer)
        handler(now, event.fact)
        return Step(state, now.rows, [], now.signs)

    def on_time(state: PainsState, at: Instant, customer: bytes) -> Step[PainsState]:
        now = Now(laid, state, at, b"", customer)
        commerce.due(now)
        return Step(state, now.rows, [], now.signs)

    def hearing(
        handler: Callable[[Now, S], None],
    ) -> Callable[[PainsState, S, bytes], Step[PainsState]]:
        def hear(state: PainsState, sign: S, customer: bytes) -> Step[PainsState]:
            now = Now(laid, state, sign.at, sign.event_id, customer)
            handler(now, sign)
            return Step(state, now.rows, [], now.signs)

        return hear

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(PAINS,),
        state_type=PainsState,
        initial=PainsState,
        evolve=evolve,
        wake_at=by_wake,
        on_time=on_time,
        reads=frozenset(HANDLERS),
        hears={sign: hearing(handler) for sign, handler in HEARD.items()},
    )
