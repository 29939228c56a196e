"""The guardrail at the door: so many messages of one trigger go out by themselves, then people ask.

Each customer's fold decides alone; how many others are written to is known only where all messages
meet. So it is asked here, of the messages of one trigger in the order in which they were recorded.

Rule 1: a message goes out if fewer than the limit went out in the 24 hours up to it.
Rule 2: beyond, messages wait. An approval lets those out that wait then, the first ones first.
Rule 3: what is not approved in time expires, and does not come back.
Rule 4: what was approved counts as having gone out then; a dry run counts for nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from schemas.times import DAY, Instant

READY = "ready"
WAITING = "waiting_for_approval"
EXPIRED = "expired"
DRY_RUN = "dry_run"
STATUSES = (READY, WAITING, EXPIRED, DRY_RUN)

WINDOW = DAY


class Decided(NamedTuple):
    """One message that all other guardrails let pass."""

    at: Instant  # when it was recorded
    decision: str
    is_dry: bool = False


class Approved(NamedTuple):
    """Somebody let messages out.

    Args:
        number: how many of those that wait; 0: all.
    """

    at: Instant
    number: int
    by: str


class Limit(NamedTuple):
    """What holds at a time.

    Args:
        messages: so many in a rolling day need nobody's word.
        within: how long one waits for it.
    """

    messages: int
    within: Instant


class Standing(NamedTuple):
    """What became of a message at the door.

    Args:
        until: of one that waits or expired: when it does; else 0.
        by: who approved it; empty where nobody had to.
    """

    status: str
    until: Instant = 0
    by: str = ""


def limit(audience_max: int, share: float, customers: int) -> int:
    """How many go out by themselves: the lesser of a number and a share of all customers.

    One always does: of a handful of customers any share is less than one of them.
    """
    return max(1, min(audience_max, int(share * customers)))


def at_the_door(
    decided: Iterable[Decided],
    approved: Iterable[Approved],
    limit_at: Callable[[Instant], Limit],
    now: Instant,
) -> dict[str, Standing]:
    """How the messages of one trigger stand, by decision.

    Args:
        decided: all of them, in the order in which they were recorded.
        approved: all approvals, in that order; each is about what was recorded until then.
        limit_at: what holds when a message was recorded.
        now: the time of asking.
    """
    found: dict[str, Standing] = {}
    gone: deque[Instant] = deque()  # when messages went out, of the last day
    waiting: dict[str, Instant] = {}  # decision -> when it expires, in order

    def expire(at: Instant) -> None:
        # Of two limits in force one after the other the later message may expire first.
        for decision in [d for d, until in waiting.items() if until < at]:
            found[decision] = Standing(EXPIRED, waiting.pop(decision))

    for each in _in_order(decided, approved):
        if isinstance(each, Approved):
            expire(each.at)
            for decision in list(islice(waiting, each.number or None)):
                del waiting[decision]
                found[decision] = Standing(READY, by=each.by)
                gone.append(each.at)
        elif each.is_dry:
            found[each.decision] = Standing(DRY_RUN)
        else:
            while gone and gone[0] <= each.at - WINDOW:
                gone.popleft()
            holds = limit_at(each.at)
            if len(gone) < holds.messages:
                gone.append(each.at)
                found[each.decision] = Standing(READY)
            else:
                waiting[each.decision] = each.at + holds.within
    expire(now)
    found.update((d, Standing(WAITING, until)) for d, until in waiting.items())
    return found


def _in_order(
    decided: Iterable[Decided], approved: Iterable[Approved]
) -> Iterator[Decided | Approved]:
    """Both as they were recorded; what was decided at the moment of an approval comes first."""
    approvals = deque(approved)
    for each in decided:
        while approvals and approvals[0].at < each.at:
            yield approvals.popleft()
        yield each
    yield from approvals
