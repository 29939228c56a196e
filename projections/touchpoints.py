"""Rows that need no state: one for every touchpoint, every decision, every event of a brand."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, cast

from projections.outreach.figures import grounds
from projections.projection import Change
from projections.tables import BRAND_EVENTS, DECISIONS, TOUCHPOINTS
from schemas.envelope import brand_id
from schemas.events import (
    SHIPPED,
    CrossingDecided,
    Custom,
    MentionObserved,
    MessageReceived,
    OutreachDecided,
    PageViewed,
    PostPublished,
    SurveyAnswered,
)
from schemas.fact import BrandFact, Fact, Worded
from schemas.recorded import Recorded

NAME = "touchpoints"
VERSION = 4

_NAMED = frozenset(t for t in SHIPPED if "name" in t.__struct_fields__)
_NONE: list[str] = []
# Fields that some types without a customer have, each of which has a column.
_OF_BRANDS: tuple[str, ...] = (
    "name",
    "post",
    "action",
    "subject",
    "competitor",
    "sentiment",
    "instead",
    "metric",
)
_OF_BRANDS += ("responsible", "due_at", "retires_at")
_OF_CAMPAIGNS = frozenset(t for t in SHIPPED if "campaign" in t.__struct_fields__)
_WITH_AMOUNT = frozenset(t for t in SHIPPED if "amount_micros" in t.__struct_fields__)


class _Shape(NamedTuple):
    """Which of the columns that few types have a type has, found out once."""

    is_named: bool
    is_custom: bool
    may_ask: bool
    is_worded: bool
    is_scored: bool
    is_paid: bool
    is_of_campaign: bool


@cache
def _shape(fact: type[Fact]) -> _Shape:
    return _Shape(
        fact in _NAMED,
        issubclass(fact, Custom),
        issubclass(fact, MessageReceived),
        issubclass(fact, Worded),
        issubclass(fact, SurveyAnswered),
        fact in _WITH_AMOUNT,
        fact in _OF_CAMPAIGNS,
    )


def touchpoint_row(event: Recorded, customer: bytes) -> Change:
    """The row of a touchpoint, under the customer of today."""
    fact: Any = event.fact
    shape = _shape(type(event.fact))
    is_named, is_custom, may_ask, is_worded, is_scored, is_paid, is_of_campaign = shape
    names, values = _NONE, _NONE
    if is_custom and fact.properties:
        names = [name for name, told in fact.properties.items() for _ in told]
        values = [value for told in fact.properties.values() for value in told]
    return Change(
        TOUCHPOINTS.name,
        (
            customer.hex(),
            event.occurred_at,
            event.event_id.hex(),
            event.sequence,
            type_of(event),
            fact.name if is_named else "",
            activity_of(event),
            fact.channel,
            fact.direction,
            fact.brand,
            event.source,
            fact.conversation.hex(),
            fact.actor_kind,
            fact.actor,
            fact.team,
            fact.topic,
            fact.tags,
            fact.intent,
            may_ask and fact.is_question,
            fact.language if is_worded else "",
            fact.sentiment if is_worded and fact.is_rated else None,
            fact.score if is_scored else None,
            fact.amount_micros / 1e6 if is_paid else None,
            fact.currency if is_paid else "",
            fact.campaign if is_of_campaign else "",
            names,
            values,
            event.is_imported,
            event.recorded_at,
            event.partition,
            event.offset,
        ),
    )


def type_of(event: Recorded) -> str:
    """What people call the type of an event: without its version, a declared one by its name."""
    fact = event.fact
    declared = fact.declared if isinstance(fact, Custom) else ""
    return declared or event.type.partition(".")[0]


def activity_of(event: Recorded) -> str:
    """What paths call an event: a page or an event of no shipped type by its name."""
    fact = event.fact
    named = fact.name if isinstance(fact, PageViewed | Custom) else ""
    return named or type_of(event)


def decision_row(event: Recorded, customer: bytes) -> Change:
    """The row of a decision, under the customer of today."""
    fact = cast(OutreachDecided, event.fact)
    return Change(
        DECISIONS.name,
        (
            customer.hex(),
            fact.decided_at,
            event.event_id.hex(),
            fact.trigger,
            fact.rule_version,
            fact.configuration,
            fact.action,
            fact.verdict,
            fact.cause.hex(),
            fact.cause_customer.hex(),
            fact.step,
            fact.conversation.hex(),
            fact.channel,
            fact.brand,
            fact.inputs,
            fact.reason,
            fact.matter,
            fact.attempt,
            fact.purpose,
            fact.template,
            fact.channel_reason,
            fact.guardrails,
            fact.verdicts,
            fact.grounds,
            fact.release_at or None,
            fact.group,
            fact.is_dry,
            event.recorded_at,
        ),
    )


def brand_row(event: Recorded) -> Change:
    """The row of an event that has no customer: a verdict's is one of decisions."""
    fact = cast(BrandFact, event.fact)
    if isinstance(fact, CrossingDecided):
        return _crossing_row(event, fact)
    told = {name: getattr(fact, name, None) for name in _OF_BRANDS}
    is_rated = isinstance(fact, MentionObserved) and fact.is_rated
    return Change(
        BRAND_EVENTS.name,
        (
            brand_id(fact.brand).hex(),
            event.occurred_at,
            event.event_id.hex(),
            event.sequence,
            type_of(event),
            told["name"] or "",
            fact.channel,
            fact.brand,
            event.source,
            fact.actor_kind,
            fact.actor,
            fact.team,
            fact.topic,
            fact.tags,
            told["post"] or told["action"] or "",
            told["subject"] or "",
            told["competitor"] or "",
            told["sentiment"] if is_rated else None,
            _followers(fact),
            told["instead"] or "",
            told["metric"] or "",
            told["responsible"] or "",
            told["due_at"] or told["retires_at"] or None,
            event.is_imported,
            event.recorded_at,
            event.partition,
            event.offset,
        ),
    )


def _crossing_row(event: Recorded, fact: CrossingDecided) -> Change:
    """The row of a verdict about a figure; what it says of one customer's matter is empty."""
    return Change(
        DECISIONS.name,
        (
            brand_id(fact.brand).hex(),
            fact.decided_at,
            event.event_id.hex(),
            fact.trigger,
            fact.rule_version,
            fact.configuration,
            fact.action,
            fact.verdict,
            "",
            "",
            0,
            "",
            fact.channel,
            fact.brand,
            [],
            fact.reason,
            f"watch:{fact.crossing}",
            fact.attempt,
            "",
            "",
            "",
            [],
            [],
            grounds(fact),
            fact.release_at or None,
            "",
            fact.is_dry,
            event.recorded_at,
        ),
    )


def _followers(fact: BrandFact) -> float | None:
    """A float, as the column is: a digest tells it from a whole number."""
    if isinstance(fact, PostPublished) and fact.followers >= 0:
        return float(fact.followers)
    return None
