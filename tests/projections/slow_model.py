"""The rules written down a second time, slowly: from whole lists, without states or timers.

A conversation's row is told by looking along its own events with the next one in sight; a decision
by asking, for every prefix of the log, which messages no answer in it has settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from projections.configuration import Configuration
from schemas.events import (
    Absorbed,
    CancellationAsked,
    CartChanged,
    CheckoutStarted,
    ConversationResolved,
    Custom,
    MergedOut,
    MessageReceived,
    MessageSent,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    PaymentFailed,
    ProductViewed,
    Restored,
    Searched,
    SplitOut,
    SubscriptionCancelled,
    SubscriptionRenewed,
    SubscriptionStarted,
    SurveyAnswered,
)
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant
from tests.projections.slow_care import WANT_NO_ANSWER, is_answer

MESSAGES = (MessageReceived, MessageSent)


PATH = ["awareness", "consideration", "purchase", "usage", "loyalty"]
BROWSING = (ProductViewed, Searched, CartChanged, CheckoutStarted)
SUBSCRIBED = (SubscriptionStarted, SubscriptionRenewed)
ORDERED = (OrderPlaced, SubscriptionStarted)
SAYS = (OrderDelivered, OrderPlaced, *SUBSCRIBED, CancellationAsked)  # whoever tells it
PAID = (OrderPlaced, OrderCancelled, *SUBSCRIBED, SubscriptionCancelled)
FOR_EVER: Instant = 2**62


def stages(
    rules: Configuration, events: Sequence[Recorded], until: Instant
) -> list[tuple[str, Instant]]:
    """Each stage and when it began; events in the order of what happened.

    What becomes unpaid and which subscriptions end is found before anybody asks for stages.
    """
    happened: list[tuple[Instant, int, Any]] = [(e.occurred_at, 0, e) for e in events]
    happened += [(at, 1, "at_risk") for at in _unpaid(rules, events) if at < until]
    happened += [(at, 2, "lapsed") for at in _ends(rules, events) if at < until]
    happened.sort(key=lambda one: one[:2])
    silence = rules.stages.lapse * SECOND
    way: list[tuple[str, Instant]] = []
    touched = FOR_EVER  # what silence is counted from
    past: list[Recorded] = []
    for at, rank, what in [*happened, (until, 3, "")]:
        if way and way[-1][0] != "lapsed" and touched + silence < at:
            way.append(("lapsed", touched + silence))
        if rank == 3:
            return way
        is_inbound = rank == 0 and what.fact.direction == "inbound"
        if rank == 0:
            past.append(what)
            if not way and (what.fact.direction != "internal" or _says(rules, past)):
                way.append(("awareness", at))
                touched = at
        if not way:
            continue
        now = way[-1][0]
        to = _leads_to(rules, way, past) if rank == 0 else what
        if rank == 1 and now not in PATH:
            to = ""
        if now == "lapsed" and is_inbound and to not in PATH:
            to = "consideration"
        if to and to != now:
            way.append((to, at))
        if is_inbound or (now == "lapsed" and way[-1][0] != "lapsed"):
            touched = at
    return way


def _says(rules: Configuration, past: Sequence[Recorded]) -> bool:
    """Whether the last event means something although nobody touched the brand."""
    fact: Any = past[-1].fact
    return (
        isinstance(fact, SAYS)
        or (isinstance(fact, SurveyAnswered) and fact.survey == "csat" and fact.score != 3)
        or (isinstance(fact, Custom) and fact.name in ("first-use", "referral"))
        or (isinstance(fact, SubscriptionCancelled) and not _running(rules, past))
    )


def _leads_to(
    rules: Configuration, way: Sequence[tuple[str, Instant]], past: Sequence[Recorded]
) -> str:
    """The stage that the last event leads to; empty: it leads nowhere."""
    fact: Any = past[-1].fact
    now = way[-1][0]
    is_early, on_path = now in PATH[:-1], now in PATH
    before = next(stage for stage, _ in reversed(way) if stage in PATH)
    csat = fact.score if isinstance(fact, SurveyAnswered) and fact.survey == "csat" else 3
    says = [
        (isinstance(fact, OrderPlaced) and is_early and _orders_again(rules, past), "loyalty"),
        (isinstance(fact, ORDERED) and now in ("awareness", "consideration"), "purchase"),
        (isinstance(fact, ORDERED) and now in ("usage", "lapsed"), "purchase"),
        (isinstance(fact, SubscriptionRenewed) and is_early, "loyalty"),
        (isinstance(fact, SubscriptionRenewed) and now == "lapsed", "purchase"),
        (isinstance(fact, (*ORDERED, SubscriptionRenewed)) and now == "at_risk", before),
        (isinstance(fact, OrderDelivered) and now == "purchase", "usage"),
        (isinstance(fact, Custom) and fact.name == "first-use" and now == "purchase", "usage"),
        (isinstance(fact, Custom) and fact.name == "referral" and is_early, "loyalty"),
        (isinstance(fact, CancellationAsked) and on_path, "at_risk"),
        (csat <= 2 and on_path, "at_risk"),
        (csat >= 4 and now == "at_risk", before),
        (isinstance(fact, SubscriptionCancelled) and not _running(rules, past), "lapsed"),
    ]
    if now == "awareness" and fact.direction == "inbound":
        asks = isinstance(fact, MessageReceived) and fact.is_question
        says.append((asks or isinstance(fact, BROWSING), "consideration"))
    return next((to for is_so, to in says if is_so), "")


def _orders_again(rules: Configuration, past: Sequence[Recorded]) -> bool:
    orders = [e.occurred_at for e in past if isinstance(e.fact, OrderPlaced)]
    return len(orders) > 1 and orders[-1] - orders[-2] <= rules.stages.loyalty_window * SECOND


def _unpaid(rules: Configuration, events: Sequence[Recorded]) -> list[Instant]:
    """When a failed payment has gone unpaid for too long."""
    due: list[Instant] = []
    free_at = -FOR_EVER  # until then a clock runs already
    for n, event in enumerate(events):
        if isinstance(event.fact, PAID):
            free_at = -FOR_EVER
        if not isinstance(event.fact, PaymentFailed) or event.occurred_at <= free_at:
            continue
        free_at = event.occurred_at + rules.stages.unpaid_after * SECOND
        paid = [e for e in events[n:] if isinstance(e.fact, PAID) and e.occurred_at <= free_at]
        if not paid:
            due.append(free_at)
    return due


def _ends(rules: Configuration, events: Sequence[Recorded]) -> list[Instant]:
    """When the last subscription ended by itself."""
    ends = []
    for n in range(1, len(events) + 1):
        following = events[n].occurred_at if n < len(events) else FOR_EVER
        last = max(_running(rules, events[:n]).values(), default=FOR_EVER)
        before = events[n - 1].occurred_at
        if before <= last < following:
            ends.append(last)
    return ends


def _running(rules: Configuration, past: Sequence[Recorded]) -> dict[str, Instant]:
    """The subscriptions that run after the last event, and when each ends."""
    plans: dict[str, Instant] = {}
    for event in past:
        fact: Any = event.fact
        at = event.occurred_at
        plans = {plan: ends for plan, ends in plans.items() if ends >= at}
        if isinstance(fact, SUBSCRIBED):
            grace = rules.stages.renewal_grace * SECOND
            plans[fact.plan] = fact.ends_at + grace if fact.ends_at > at else FOR_EVER
        elif isinstance(fact, SubscriptionCancelled):
            named = fact.plan if fact.plan in plans or "" not in plans else ""
            which = [named] if fact.plan else [*plans] or [""]
            gone = {} if fact.ends_at > at else set(which)
            plans |= dict.fromkeys(which, fact.ends_at)
            plans = {plan: ends for plan, ends in plans.items() if plan not in gone}
    return plans


# The personas of `histories.SHORT`, each asked of what had happened by a time.


def personas(
    rules: Configuration, events: Sequence[Recorded], until: Instant
) -> dict[tuple[str, Instant], Instant | None]:
    """Until when each persona was held, by its name and since when."""
    held: dict[tuple[str, Instant], Instant | None] = {}
    asked = {"buyer": _buys, "newcomer": _is_new, "quiet": _is_quiet}
    spans = [3 * SECOND, 5 * SECOND + 1, 8 * SECOND + 1]
    moments: list[tuple[Instant, Sequence[Recorded]]] = []
    for n, event in enumerate(events):
        past = events[: n + 1]
        following = events[n + 1].occurred_at if n + 1 < len(events) else until
        later = {e.occurred_at + span for e in past for span in spans}
        moments.append((event.occurred_at, past))
        moments += [(at, past) for at in sorted(later) if event.occurred_at <= at < following]
    told: list[tuple[str, Instant, bool]] = []
    for name, holds in asked.items():
        told += [(name, at, holds(past, at)) for at, past in moments]
    told += [("lost", at, st in ("at_risk", "lapsed")) for st, at in stages(rules, events, until)]
    since: dict[str, Instant] = {}
    for name, at, is_so in told:
        if is_so and name not in since:
            since[name] = at
            held[name, at] = None
        elif not is_so and name in since:
            held[name, since.pop(name)] = at
    return held


def _buys(past: Sequence[Recorded], at: Instant) -> bool:
    return sum(isinstance(e.fact, OrderPlaced) for e in past) >= 2


def _is_new(past: Sequence[Recorded], at: Instant) -> bool:
    return at - past[0].occurred_at <= 5 * SECOND


def _is_quiet(past: Sequence[Recorded], at: Instant) -> bool:
    facts: list[Any] = [e.fact for e in past]
    asked = any(
        isinstance(f, MessageReceived) and f.is_question and f.channel == "x" for f in facts
    )
    touches = [e.occurred_at for e in past if getattr(e.fact, "direction", "") == "inbound"]
    orders = [e.occurred_at for e in past if isinstance(e.fact, OrderPlaced)]
    is_silent = bool(touches) and at - touches[-1] >= 3 * SECOND
    return asked and is_silent and not (orders and at - orders[-1] <= 8 * SECOND)


# --- decisions --------------------------------------------------------------------------------


class Decided(NamedTuple):
    """A part of what a decision says."""

    at: Instant
    cause: bytes
    cause_customer: bytes
    inputs: tuple[str, ...]


def decisions(
    rules: Configuration, log: Sequence[Recorded], until: Instant, after: Instant | None = None
) -> list[Decided]:
    """What the trigger decides on one history in the order of the log.

    Args:
        until: timers before it fire.
        after: leave out what fell due before it; others decided that.
    """
    found: dict[bytes, Decided] = {}
    clocks: dict[bytes, tuple[Recorded, Instant]] = {}  # talk -> cause, and when it is due
    for n, event in enumerate(log):
        now = event.recorded_at
        known = _threads(log[: n + 1], rules.conversations.thread_gap * SECOND)
        next_at = log[n + 1].recorded_at if n + 1 < len(log) else until
        for key, talk in known.items():
            waiting = _waiting(talk)
            if key in clocks and clocks[key][0] not in waiting:
                del clocks[key]
            opening = [e for e in waiting if _may_open(rules, e)]
            if key not in clocks and opening:
                asked: Any = opening[0].fact
                told = {"urgency": asked.urgency, "topic": asked.topic}
                expected = rules.expectation(asked.channel, **told)
                clocks[key] = (opening[0], max(opening[0].occurred_at + expected, now))
            if key in clocks and clocks[key][1] < next_at:
                cause, due = clocks[key]
                inputs = tuple(e.place for e in waiting)
                found.setdefault(
                    cause.event_id, Decided(due, cause.event_id, cause.customer_id, inputs)
                )
    return sorted(d for d in found.values() if after is None or d.at >= after)


def _threads(events: Iterable[Recorded], gap: Instant) -> dict[bytes, list[Recorded]]:
    """The events of each conversation, those without an id by the gap to the latest message."""
    talks: dict[bytes, list[Recorded]] = {}
    newest: dict[tuple[str, str], tuple[bytes, Instant]] = {}
    for event in events:
        fact: Any = event.fact
        if not isinstance(fact, (*MESSAGES, ConversationResolved)):
            continue
        is_message, key = isinstance(fact, MESSAGES), fact.conversation
        if not key:
            named = (fact.brand, fact.channel)
            key, last = newest.get(named, (b"", 0))
            if not key or event.occurred_at - last > gap:
                key = event.event_id if is_message else b""
                last = event.occurred_at
            if not key:
                continue
            if is_message:
                newest[named] = (key, max(last, event.occurred_at))
        talks.setdefault(key, []).append(event)
    return talks


def _waiting(talk: list[Recorded]) -> list[Recorded]:
    """The messages of which no answer is known that was given at their time or later."""
    answers = [
        e.occurred_at
        for e in talk
        if isinstance(e.fact, ConversationResolved)
        or (isinstance(e.fact, MessageSent) and is_answer(e.fact))
    ]
    latest = max(answers, default=-(2**62))
    return [e for e in talk if isinstance(e.fact, MessageReceived) and e.occurred_at > latest]


def _may_open(rules: Configuration, event: Recorded) -> bool:
    age = event.recorded_at - event.occurred_at
    if event.fact.intent in WANT_NO_ANSWER:  # type: ignore[attr-defined]
        return False
    return not event.is_imported and age <= rules.outreach.stale_after * SECOND


def family_decisions(
    rules: Configuration, log: Sequence[Recorded], until: Instant
) -> dict[bytes, list[Decided]]:
    """Whom each decision was made for, while customers become part of others and are parted.

    Until a merge each decides alone; from then on who remains decides upon the whole family's
    events, in the order of their recording, whatever did not fall due before. Who is one of their
    own again decides upon what was recorded with them and theirs, from then on.
    """
    made: dict[bytes, list[Decided]] = {}
    for who in dict.fromkeys(e.customer_id for e in log):
        own = [n for n, e in enumerate(log) if e.customer_id == who]
        borders = [n for n in own if isinstance(log[n].fact, REGROUPS)]
        since: Instant | None = None
        is_part = False
        for border in [*borders, len(log)]:
            is_last = border == len(log)
            end = until if is_last else log[border].recorded_at
            if not is_part:
                heard = touchpoints_of(log[:border], who)
                made.setdefault(who, []).extend(
                    d for d in decisions(rules, heard, end, since) if d not in made.get(who, [])
                )
            since = end
            if not is_last and isinstance(log[border].fact, MergedOut | Restored):
                is_part = isinstance(log[border].fact, MergedOut)
    return made


REGROUPS = (Absorbed, MergedOut, SplitOut, Restored)


def parts(log: Sequence[Recorded]) -> dict[bytes, bytes]:
    """Who is part of whom at the end, by the whole log in its order."""
    into: dict[bytes, bytes] = {}
    for event in log:
        if isinstance(event.fact, Absorbed):
            into[event.fact.customer] = event.customer_id
        elif isinstance(event.fact, Restored):
            del into[event.customer_id]
    return into


def touchpoints_of(log: Sequence[Recorded], who: bytes) -> list[Recorded]:
    """The touchpoints of a customer and of whoever is part of them at the end, as recorded."""
    into = parts(log)

    def today(customer: bytes) -> bytes:
        return today(into[customer]) if customer in into else customer

    heard = [e for e in log if e.is_touchpoint and today(e.customer_id) == who]
    return sorted(heard, key=lambda e: (e.recorded_at, e.partition, e.offset))
