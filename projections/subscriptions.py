"""Which subscriptions of a customer run, told apart by their plans: their ids are sealed.

- A subscription that is due for renewal ends a while later, unless it is renewed by then.
- One that is cancelled ends when the cancellation says, at once where it does not.
- A cancellation ends the plan that it names. One that names a plan nobody knows ends the
  subscription of which no plan was told, if there is one. One that names none ends them all.
"""

from __future__ import annotations

from collections.abc import Collection

from projections.projection import NEVER
from schemas.events import SubscriptionCancelled, SubscriptionRenewed, SubscriptionStarted
from schemas.fact import Fact
from schemas.times import Instant

Plans = dict[str, Instant]  # plan -> when it ends; NEVER: nobody told

UNNAMED = ""  # the plan of a subscription of which none was told
PLANS_MAX = 16  # a state stays small; beyond, the plan that ends first is forgotten


def note_subscription(plans: Plans, fact: Fact, at: Instant, grace: Instant) -> bool:
    """Take note of an event; whether the last subscription ended by it."""
    if isinstance(fact, SubscriptionStarted | SubscriptionRenewed):
        _keep(plans, fact.plan, fact.ends_at + grace if fact.ends_at > at else NEVER)
        return False
    if not isinstance(fact, SubscriptionCancelled):
        return False
    for plan in meant_by(fact, plans) or [fact.plan]:
        plans.pop(plan, None)
        if fact.ends_at > at:
            _keep(plans, plan, fact.ends_at)
    return not plans


def meant_by(fact: SubscriptionCancelled, running: Collection[str]) -> list[str]:
    """Which of the plans that run a cancellation is about; none: of one that nobody knows."""
    if fact.plan == UNNAMED:
        return list(running)
    named = fact.plan if fact.plan in running else UNNAMED
    return [named] if named in running else []


def _keep(plans: Plans, plan: str, ends: Instant) -> None:
    plans.pop(plan, None)
    if len(plans) >= PLANS_MAX:
        del plans[min(plans, key=lambda plan: (plans[plan], plan))]
    plans[plan] = ends


def end_of_plans(plans: Plans) -> Instant:
    """When the next of them ends; NEVER if nobody knows."""
    return min(plans.values(), default=NEVER)
