"""Scores: what customers answered in surveys, and the stars they gave, made comparable.

- The scale and its direction travel with an answer. ``share`` puts every answer on 0 (worst) to 1
  (best); ``value`` on its metric's own scale: NPS 0-10, CSAT 1-5, CES 1-7 with 7 easy, stars 0-5.
- An NPS on 0-10 or 1-10 counts as it is; another scale is stretched linearly.
- A survey is known by its name, whatever the case of its letters. An answer without one is
  ``unnamed``: it is kept, and is part of no metric.
- An answer that names no conversation is about the customer's last one, if that is recent, else
  about the last order, if that is recent. Both are told to be assumptions.
- A score off its scale does not get into the log.

The stage is the one in which the customer answered: a score that moves them on to another stage was
given before.
"""

from __future__ import annotations

from typing import Any

import msgspec

from projections.configuration import Configuration
from projections.configuration.scores import ScoreRules
from projections.projection import NEVER, Change, Projection, Step, never
from projections.signs import (
    ContactBegan,
    HandedOff,
    PersonasChanged,
    ScoreGiven,
    StageEntered,
    TalkReopened,
    TalkResolved,
    TalkSign,
    TurnAnswered,
    TurnOpened,
)
from projections.tables import SCORES
from schemas.events import OrderDelivered, OrderPlaced, ReviewPosted, SurveyAnswered
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

NAME = "scores"
VERSION = 1

UNNAMED = "unnamed"
PLACES = 9  # a share is rounded to so many, so that 0.8 of any scale is 0.8

# metric -> the lowest and the highest value of its common scale. Another has its share as value.
SCALES: dict[str, tuple[float, float]] = {
    "nps": (0.0, 10.0),
    "csat": (1.0, 5.0),
    "ces": (1.0, 7.0),
    "review": (0.0, 5.0),
}


class Subject(msgspec.Struct, array_like=True):
    """The last conversation of a customer, as far as an answer may be about it."""

    at: Instant
    conversation: bytes
    agent: str = ""
    team: str = ""
    topic: str = ""


class ScoresState(msgspec.Struct, array_like=True):
    """What an answer may be about, and who the customer is when they give it."""

    subject: Subject | None = None
    order_at: Instant = -NEVER
    order: bytes = b""
    stage: str = ""
    personas: tuple[str, ...] = ()


class Scored(msgspec.Struct, frozen=True, gc=False):
    """A score made comparable; the fields are those of the table."""

    metric: str
    score: float
    scale_min: float
    scale_max: float
    higher_is_better: bool
    share: float
    value: float
    grade: str


def scores(rules: Configuration) -> Projection[ScoresState]:
    """The projection under one configuration."""
    own = rules.scores
    conversation_within = own.about_conversation_within * SECOND
    order_within = own.about_order_within * SECOND

    def evolve(state: ScoresState, event: Recorded, customer: bytes) -> Step[ScoresState]:
        fact, at = event.fact, event.occurred_at
        if isinstance(fact, OrderPlaced | OrderDelivered):
            state.order_at, state.order = at, event.event_id
            return Step(state, [], [])
        if not isinstance(fact, SurveyAnswered | ReviewPosted):
            return Step(state, [], [])
        found = scored(fact, own)
        last = state.subject
        if last is not None and at - last.at > conversation_within:
            last = None
        is_assumed = not fact.conversation and last is not None
        conversation = fact.conversation or (last.conversation if last else b"")
        about = last if last is not None and last.conversation == conversation else None
        order = b""
        if not conversation and at - state.order_at <= order_within:
            order = state.order
        agent = fact.actor or (about.agent if about else "")
        team = fact.team or (about.team if about else "")
        topic = fact.topic or (about.topic if about else "")
        row = (
            customer.hex(),
            at,
            event.event_id.hex(),
            event.sequence,
            *(getattr(found, name) for name in Scored.__struct_fields__),
            fact.channel,
            fact.brand,
            agent,
            team,
            topic,
            conversation.hex(),
            is_assumed,
            order.hex(),
            state.stage,
            list(state.personas),
        )
        sign = ScoreGiven(
            at=at,
            event_id=event.event_id,
            conversation=conversation,
            brand=fact.brand,
            channel=fact.channel,
            topic=topic,
            agent=agent,
            team=team,
            metric=found.metric,
            score=found.score,
            scale_min=found.scale_min,
            scale_max=found.scale_max,
            share=found.share,
        )
        return Step(state, [Change(SCORES.name, row)], [], (sign,))

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(SCORES,),
        state_type=ScoresState,
        initial=ScoresState,
        evolve=evolve,
        wake_at=never,
        on_time=lambda state, at, customer: Step(state, [], []),
        reads=(SurveyAnswered, ReviewPosted, OrderPlaced, OrderDelivered),
        hears={
            PersonasChanged: _personas,
            StageEntered: _stage,
            **dict.fromkeys(
                (ContactBegan, HandedOff, TalkReopened, TalkResolved, TurnAnswered, TurnOpened),
                _talk,
            ),
        },
    )


def scored(fact: SurveyAnswered | ReviewPosted, rules: ScoreRules) -> Scored:
    """An answer or a review, made comparable."""
    if isinstance(fact, ReviewPosted):
        low, high, score = 0.0, float(fact.stars_max), float(fact.stars)
        share = score / high if high else 0.0  # a review out of no stars is the worst there is
        metric, is_up = "review", True
    else:
        low, high, score = float(fact.scale_min), float(fact.scale_max), float(fact.score)
        share, is_up = fact.share_of_scale, fact.higher_is_better
        name = fact.survey.strip()
        metric = name.lower() if name.lower() in SCALES else name or UNNAMED
    share = round(share, PLACES)
    bottom, top = SCALES.get(metric, (0.0, 1.0))
    value = round(bottom + (top - bottom) * share, PLACES)
    if metric == "nps" and is_up and high == 10 and low in (0, 1):
        value = score
    return Scored(
        metric, score, low, high, is_up, share, value, _grade(metric, share, value, rules)
    )


def _grade(metric: str, share: float, value: float, rules: ScoreRules) -> str:
    match metric:
        case "nps":
            return "promoter" if value >= 9 else "passive" if value >= 7 else "detractor"
        case "csat":
            return "satisfied" if share >= rules.satisfied_share else "unsatisfied"
        case "ces":
            return "easy" if share >= rules.easy_share else "hard"
        case "review":
            return "good" if share >= rules.good_review_share else "bad"
    return ""


def _talk(state: ScoresState, sign: TalkSign, customer: bytes) -> Step[ScoresState]:
    last = state.subject
    if last is None or last.conversation != sign.conversation:
        last = state.subject = Subject(sign.at, sign.conversation)
    last.at = sign.at
    last.agent, last.team = sign.agent or last.agent, sign.team or last.team
    last.topic = sign.topic or last.topic
    return Step(state, [], [])


def _stage(state: ScoresState, sign: StageEntered, customer: bytes) -> Step[ScoresState]:
    state.stage = sign.stage
    return Step(state, [], [])


def _personas(state: ScoresState, sign: PersonasChanged, customer: bytes) -> Step[Any]:
    state.personas = sign.personas
    return Step(state, [], [])
