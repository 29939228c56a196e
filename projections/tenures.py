"""Tenures: from when to when a person was a customer, which is what churn is counted by.

- A tenure begins with an order or a subscription, if none lasts.
- Who has a subscription is a customer until the last of theirs ends: at once when it is cancelled,
  at its end when it is cancelled for then or not renewed. Silence means nothing.
- Who has none is a customer until a sign of silence, or of a subscription that ended, moves them to
  another stage: to which, and what it is called, is for the rule of stages to say.
- A renewal that is a little late, as the rule of stages allows, goes on with the subscription:
  until that time is over the customer is not lost, and then since the end.
- Which of several subscriptions a cancellation ends is said in ``subscriptions``.

Subscriptions of one customer are told apart by their plan: their ids find a person.
"""

from __future__ import annotations

import msgspec

from projections.configuration import Configuration
from projections.configuration.stages import ENDED, LOST_BY
from projections.projection import NEVER, Change, Projection, Step, by_wake
from projections.signs import StageEntered
from projections.subscriptions import meant_by
from projections.tables import TENURES
from schemas.events import (
    OrderPlaced,
    SubscriptionCancelled,
    SubscriptionRenewed,
    SubscriptionStarted,
)
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

NAME = "tenures"
VERSION = 2
PLANS_MAX = 32  # of one customer at a time; beyond, the one that ends first is let go

LAPSED = "lapsed"  # how a tenure by orders ends, whatever the stage after it is called


class Subscription(msgspec.Struct, array_like=True):
    """One that runs: until when, and whether it was cancelled for then."""

    ends_at: Instant
    is_cancelled: bool = False


class Tenure(msgspec.Struct, array_like=True):
    """The one that lasts; the fields are those of the table."""

    began_at: Instant
    event_id: bytes
    brand: str
    channel: str
    kind: str
    renewals: int = 0
    plan: str = ""
    amount: float | None = None
    currency: str = ""
    period: Instant | None = None
    running: dict[str, Subscription] = {}  # by plan


class TenuresState(msgspec.Struct, array_like=True):
    """One customer's tenure, if one lasts."""

    tenure: Tenure | None = None
    ordinal: int = 0
    wake: Instant = NEVER


def tenures(rules: Configuration) -> Projection[TenuresState]:
    """The projection under one configuration."""
    grace = rules.stages.renewal_grace * SECOND

    def evolve(state: TenuresState, event: Recorded, customer: bytes) -> Step[TenuresState]:
        fact, at = event.fact, event.occurred_at
        rows: list[Change] = []
        if isinstance(fact, SubscriptionCancelled):
            if state.tenure is not None:
                rows = _cancel(state, state.tenure, fact, at, customer)
        elif isinstance(fact, SubscriptionStarted | SubscriptionRenewed):
            tenure = _begun(state, event, fact)
            _pay(tenure, fact, at)
            rows = [_row(state, tenure, customer)]
        elif isinstance(fact, OrderPlaced) and state.tenure is None:
            rows = [_row(state, _begun(state, event, fact), customer)]
        _set_alarm(state)
        return Step(state, rows, [])

    def on_time(state: TenuresState, at: Instant, customer: bytes) -> Step[TenuresState]:
        rows: list[Change] = []
        tenure = state.tenure
        if tenure is not None:
            ended = {plan: s for plan, s in tenure.running.items() if over(s) == at}
            for plan in ended:
                del tenure.running[plan]
            if tenure.running:
                rows = [_row(state, tenure, customer)]
            else:
                last = max(ended.values(), key=lambda s: (s.ends_at, s.is_cancelled))
                why = "cancelled" if last.is_cancelled else "not_renewed"
                rows = _end(state, tenure, last.ends_at, why, customer)
        _set_alarm(state)
        return Step(state, rows, [])

    def _set_alarm(state: TenuresState) -> None:
        running = state.tenure.running.values() if state.tenure else ()
        state.wake = min(map(over, running), default=NEVER)

    def over(running: Subscription) -> Instant:
        """From when on it is certain to be over."""
        if running.ends_at == NEVER or running.is_cancelled:
            return running.ends_at
        return running.ends_at + grace

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(TENURES,),
        state_type=TenuresState,
        initial=TenuresState,
        evolve=evolve,
        wake_at=by_wake,
        on_time=on_time,
        reads=(OrderPlaced, SubscriptionStarted, SubscriptionRenewed, SubscriptionCancelled),
        hears={StageEntered: _stage},
    )


def _stage(state: TenuresState, sign: StageEntered, customer: bytes) -> Step[TenuresState]:
    tenure = state.tenure
    if sign.cause not in LOST_BY or tenure is None or tenure.running:
        return Step(state, [], [])
    # A subscription that nobody saw begin may end all the same.
    why = "cancelled" if sign.cause == ENDED else LAPSED
    return Step(state, _end(state, tenure, sign.at, why, customer), [])


def _begun(state: TenuresState, event: Recorded, fact: Touchpoint) -> Tenure:
    """The tenure that lasts; begun if there is none."""
    if state.tenure is None:
        state.ordinal += 1
        state.tenure = Tenure(event.occurred_at, event.event_id, fact.brand, fact.channel, "orders")
    return state.tenure


def _pay(tenure: Tenure, fact: SubscriptionStarted | SubscriptionRenewed, at: Instant) -> None:
    # An end that nobody told, or that is past, says nothing about when it will end.
    is_told = fact.ends_at > at
    tenure.kind = "subscription"
    tenure.renewals += isinstance(fact, SubscriptionRenewed)
    tenure.plan, tenure.currency = fact.plan, fact.currency
    tenure.amount = fact.amount_micros / 1e6
    tenure.period = fact.ends_at - at if is_told else None
    running = tenure.running
    running[fact.plan] = Subscription(fact.ends_at if is_told else NEVER)
    if len(running) > PLANS_MAX:
        del running[min(running, key=lambda plan: (running[plan].ends_at, plan))]


def _cancel(
    state: TenuresState, tenure: Tenure, fact: SubscriptionCancelled, at: Instant, customer: bytes
) -> list[Change]:
    running = tenure.running
    meant = meant_by(fact, running)
    if not meant:
        return []
    for plan in meant:
        if fact.ends_at > at:
            running[plan] = Subscription(fact.ends_at, is_cancelled=True)
        else:
            del running[plan]
    if running:
        return [_row(state, tenure, customer)]
    return _end(state, tenure, at, "cancelled", customer)


def _end(
    state: TenuresState, tenure: Tenure, at: Instant, why: str, customer: bytes
) -> list[Change]:
    state.tenure = None
    return [_row(state, tenure, customer, at, why)]


def _row(
    state: TenuresState,
    tenure: Tenure,
    customer: bytes,
    ended_at: Instant | None = None,
    ended_by: str = "",
) -> Change:
    paid_last = tenure.running.get(tenure.plan)
    due = None if paid_last is None or paid_last.ends_at == NEVER else paid_last.ends_at
    return Change(
        TENURES.name,
        (
            customer.hex(),
            tenure.began_at,
            state.ordinal,
            tenure.event_id.hex(),
            tenure.brand,
            tenure.channel,
            tenure.kind,
            ended_at,
            ended_by,
            tenure.renewals,
            tenure.plan,
            tenure.amount,
            tenure.currency,
            None if tenure.period is None else tenure.period / SECOND,
            due,
            paid_last is not None and paid_last.is_cancelled,
        ),
    )
