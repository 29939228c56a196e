"""At the door: how each message stands that was decided, by what ``docs/outreach.md`` promises.

Rule 1: in a rolling day only so many messages of one trigger go out: a hundredth of the customers
    who were known when the hour began, at least one, at most 500.
Rule 2: what is beyond waits for a day, and then expires. An approval lets the first ones out that
    wait; they count from then on.
Rule 3: of messages that come at the same moment nobody can say here which is the first, and of a
    trigger with a holdout not how many are drawn. Where that matters nothing is written down.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from journey.sample.planted.story import DAY, HOUR, Line
from journey.sample.reach.crowd import APPROVAL
from journey.sample.reach.offers import OF, SHARES
from journey.sample.reach.story import Reach

READY, WAITING, EXPIRED = "ready", "waiting_for_approval", "expired"
ONE_IN, AT_MOST = 100, 500  # customers
MICRO = 1_000_000  # times here are whole microseconds of the window
WITHIN = ROLLING = DAY * MICRO
NEVER = 10_000 * DAY * MICRO  # after all that is told

Key = tuple[int, str, float]  # a person's number, a trigger, when a message is due


class Standing(NamedTuple):
    """How a message stands, and who approved it, if anybody had to."""

    status: str
    by: str = ""


class Allowed(NamedTuple):
    """An approval as the door sees it."""

    at: int
    number: int
    by: str


def micros(seconds: float) -> int:
    """When what is due is recorded: at the first moment at which time is past it."""
    return round(seconds * MICRO) + 1


def doors(stories: Iterable[Reach]) -> dict[Key, Line]:
    """What the ledger says of each message, alert and action that is decided.

    Returns:
        How it stands ``between``, just before the approval, if it was decided by then; how in the
        ``end``; and ``by`` whose word it went out.
    """
    first: list[int] = []
    decided: dict[str, list[tuple[int, Key]]] = defaultdict(list)
    found: dict[Key, Line] = {}
    for story in stories:
        first.append(round((story.start + min(at for at, _ in story.lines)) * MICRO))
        for trigger, verdicts in story.verdicts.items():
            for at in (v.at for v in verdicts if v.what == "decided"):
                key = (story.number, trigger, at)
                if trigger in OF:
                    decided[trigger].append((micros(story.start + at), key))
                else:  # an alert, or an action: no door is in its way
                    found[key] = {"end": READY}
    first.sort()
    for trigger, told in decided.items():
        of = _of_some if trigger in SHARES else _of_all
        found |= of(trigger, sorted(told), first)
    return found


def _of_some(trigger: str, decided: list[tuple[int, Key]], first: list[int]) -> dict[Key, Line]:
    """Of a trigger with a holdout: those that go out even if nobody is drawn."""
    times = [at for at, _ in decided]
    others = {at: bisect_right(times, at) - bisect_right(times, at - ROLLING) - 1 for at in times}
    return {key: {"end": READY} for at, key in decided if others[at] < _limit(first, at)}


def _of_all(trigger: str, decided: list[tuple[int, Key]], first: list[int]) -> dict[Key, Line]:
    between = micros(APPROVAL.at)
    times = [at for at, _ in decided]
    before = standings([at for at in times if at <= between], (), first, between)
    allowed = [Allowed(between, APPROVAL.number, APPROVAL.by)]
    after = standings(times, allowed if trigger == APPROVAL.trigger else (), first, NEVER)
    told: dict[Key, Line] = {}
    statuses: dict[int, set[tuple[Standing, ...]]] = defaultdict(set)
    for n, (at, key) in enumerate(decided):
        stand = (*before[n : n + 1], after[n])
        statuses[at].add(stand)
        told[key] = {"between": before[n].status} if n < len(before) else {}
        told[key] |= {"end": after[n].status} | ({"by": after[n].by} if after[n].by else {})
    return {key: told[key] for at, key in decided if len(statuses[at]) == 1}


def standings(
    messages: Sequence[int], approvals: Iterable[Allowed], first: Sequence[int], now: int
) -> list[Standing]:
    """How the messages of one trigger stand.

    Args:
        messages: when each was recorded, in order.
        first: when each customer was first heard of, in order.
        now: when somebody asks.
    """
    gone: dict[int, str] = {}  # message -> by whose word
    lately: list[int] = []  # when those of the last day went out
    steps: list[tuple[int, int, Allowed | None]] = [(at, n, None) for n, at in enumerate(messages)]
    steps += [(allowed.at, len(messages), allowed) for allowed in approvals]
    for at, n, allowed in sorted(steps, key=lambda step: step[:2]):
        lately = [out for out in lately if at - out < ROLLING]
        if allowed is not None:
            wait = [m for m, t in enumerate(messages) if m not in gone and t <= at <= t + WITHIN]
            gone |= dict.fromkeys(wait[: allowed.number], allowed.by)
            lately += [at] * min(allowed.number, len(wait))
        elif len(lately) < _limit(first, at):
            gone[n] = ""
            lately.append(at)
    return [
        Standing(READY, gone[n])
        if n in gone
        else Standing(WAITING if now <= at + WITHIN else EXPIRED)
        for n, at in enumerate(messages)
    ]


def _limit(first: Sequence[int], at: int) -> int:
    known = bisect_left(first, at - at % (HOUR * MICRO))
    return max(1, min(AT_MOST, known // ONE_IN))
