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
    ConversationResolved,
    MergedOut,
    MessageReceived,
    MessageSent,
    OrderDelivered,
    OrderPlaced,
    Restored,
    SplitOut,
    SurveyAnswered,
)
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant
from tests.projections.slow_care import WANT_NO_ANSWER

MESSAGES = (MessageReceived, MessageSent)


PATH = ["awareness", "consideration", "purchase", "usage", "loyalty"]


def stages(
    rules: Configuration, events: Sequence[Recorded], until: Instant
) -> list[tuple[str, Instant]]:
    """Each stage and when it began; events in the order of what happened."""
    way: list[tuple[str, Instant]] = []
    touched: Instant | None = None  # the touch that silence is counted from
    before_risk, ordered = "", None
    for event in events:
        fact: Any = event.fact
        own = isinstance(fact, OrderPlaced | OrderDelivered | SurveyAnswered)
        if fact.direction == "internal" and not own:
            continue
        at = event.occurred_at
        if touched is not None and way[-1][0] != "lapsed":
            _lapse(way, touched + rules.stages.lapse * SECOND, at)
        if not way:
            way.append(("awareness", at))
            touched = at
        now, to = way[-1][0], ""
        if isinstance(fact, OrderPlaced):
            again = ordered is not None and at - ordered <= rules.stages.loyalty_window * SECOND
            ordered = at
            if now == "lapsed":
                to = "purchase"
            elif now == "at_risk":
                to = before_risk
            elif now != "loyalty":
                to = "loyalty" if again else "purchase"
        elif isinstance(fact, OrderDelivered):
            to = "usage" if now == "purchase" else ""
        elif isinstance(fact, SurveyAnswered) and fact.survey == "csat" and now in PATH:
            to = "at_risk" if fact.score <= 2 else ""
        elif isinstance(fact, SurveyAnswered) and fact.score >= 4 and now == "at_risk":
            to = before_risk
        elif isinstance(fact, MessageReceived) and fact.is_question and now == "awareness":
            to = "consideration"
        if now == "lapsed" and not to and fact.direction == "inbound":
            to = "consideration"
        if to == "at_risk":
            before_risk = now
        if to and to != now:
            way.append((to, at))
        if fact.direction == "inbound" or (now == "lapsed" and to):
            touched = at
    if touched is not None and way[-1][0] != "lapsed":
        _lapse(way, touched + rules.stages.lapse * SECOND, until)
    return way


def _lapse(way: list[tuple[str, Instant]], at: Instant, before: Instant) -> None:
    if at < before:
        way.append(("lapsed", at))


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
        or (isinstance(e.fact, MessageSent) and (e.fact.actor_kind == "human" or e.fact.resolving))
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
