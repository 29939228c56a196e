"""Rows that need no state: one for every touchpoint, one for every decision."""

from __future__ import annotations

from typing import cast

from projections.projection import Change
from projections.tables import DECISIONS, TOUCHPOINTS
from schemas.events import SHIPPED, Custom, MessageReceived, OutreachDecided, SurveyAnswered
from schemas.fact import Touchpoint
from schemas.recorded import Recorded

NAME = "touchpoints"
VERSION = 2

_NAMED = frozenset(t for t in SHIPPED if "name" in t.__struct_fields__)
_NONE: list[str] = []
_WITH_AMOUNT = frozenset(t for t in SHIPPED if "amount_micros" in t.__struct_fields__)


def touchpoint_row(event: Recorded, customer: bytes) -> Change:
    """The row of a touchpoint, under the customer of today."""
    fact = cast(Touchpoint, event.fact)
    is_paid = type(fact) in _WITH_AMOUNT
    names, values = _NONE, _NONE
    if isinstance(fact, Custom) and fact.properties:
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
            fact.name if type(fact) in _NAMED else "",  # type: ignore[attr-defined]
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
            isinstance(fact, MessageReceived) and fact.is_question,
            fact.score if isinstance(fact, SurveyAnswered) else None,
            fact.amount_micros / 1e6 if is_paid else None,  # type: ignore[attr-defined]
            fact.currency if is_paid else "",  # type: ignore[attr-defined]
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
            event.recorded_at,
        ),
    )
