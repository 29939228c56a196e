"""Emotions: scores, stars and the sentiment of texts, scaled linearly to -1 (bad) to 1 (good).

An answer with a comment tells one emotion, by its score. What somebody felt belongs to the stage in
which they came to feel it: a bad score counts for the stage that it ends.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from projections.configuration import Configuration
from projections.projection import Change, Projection, Step, never
from projections.signs import PersonasChanged, StageEntered
from projections.tables import EMOTIONS
from schemas.events import Commented, Mentioned, MessageReceived, ReviewPosted, SurveyAnswered
from schemas.recorded import Recorded

NAME = "emotions"
VERSION = 1

Told = SurveyAnswered | ReviewPosted | MessageReceived | Mentioned | Commented
TEXT, REVIEW = "text", "review"


class EmotionsState(msgspec.Struct, array_like=True):
    """Where the customer stands and who they are, before the next event."""

    stage: str = ""
    personas: tuple[str, ...] = ()


def emotions(rules: Configuration) -> Projection[EmotionsState]:
    """The projection under one configuration; it sees an event before stages and personas do."""
    return Projection(
        name=NAME,
        version=VERSION,
        tables=(EMOTIONS,),
        state_type=EmotionsState,
        initial=EmotionsState,
        evolve=_evolve(rules.stages.path[0]),
        wake_at=never,
        on_time=lambda state, at, customer: Step(state, [], []),
        reads=(SurveyAnswered, ReviewPosted, MessageReceived, Mentioned, Commented),
        hears={StageEntered: _stage, PersonasChanged: _personas},
    )


def emotion_of(fact: Told) -> tuple[float, str] | None:
    """The emotion that an event tells, and what tells it."""
    if isinstance(fact, SurveyAnswered):
        return 2 * fact.share_of_scale - 1, fact.survey
    if isinstance(fact, ReviewPosted) and fact.stars_max:
        return 2 * fact.stars / fact.stars_max - 1, REVIEW
    if fact.is_rated:
        return float(fact.sentiment), TEXT
    return None


def _evolve(first: str) -> Callable[[EmotionsState, Recorded, bytes], Step[EmotionsState]]:
    def evolve(state: EmotionsState, event: Recorded, customer: bytes) -> Step[EmotionsState]:
        fact = event.fact
        found = emotion_of(fact) if isinstance(fact, Told) else None
        if found is None or not isinstance(fact, Told):
            return Step(state, [], [])
        emotion, told_by = found
        row = (
            customer.hex(),
            event.occurred_at,
            event.event_id.hex(),
            emotion,
            told_by,
            fact.channel,
            fact.brand,
            state.stage or first,
            list(state.personas),
        )
        return Step(state, [Change(EMOTIONS.name, row)], [])

    return evolve


def _stage(state: EmotionsState, sign: StageEntered, customer: bytes) -> Step[EmotionsState]:
    state.stage = sign.stage
    return Step(state, [], [])


def _personas(state: EmotionsState, sign: PersonasChanged, customer: bytes) -> Step[EmotionsState]:
    state.personas = sign.personas
    return Step(state, [], [])
