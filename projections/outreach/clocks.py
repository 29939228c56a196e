"""A customer's clocks: quiet hours, the local day and the local week.

Rule 1: quiet hours are local, [from, until); an ``until`` at or before ``from`` is the next day's.
Rule 2: where clocks jump, a local time that never comes is the moment at which they jump over it,
    and one that comes twice is meant as its first.
Rule 3: of several zones all must be awake; the wait ends when they are together.
Rule 4: hours in which something may go out are local, [opens, closes) of one day, on some days of
    the week. They only add to the quiet hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas import zones
from schemas.times import Instant, instant, moment

WEEK_DAYS = 7
ROUNDS_MAX = 8  # each zone moves the wait on; those of a country agree within a day


class Hours(NamedTuple):
    """When something may go out.

    Args:
        opens, closes: local times of one day; none: all day.
        days: of the week, from Monday 0; none: all.
    """

    opens: time | None
    closes: time | None
    days: frozenset[int] = frozenset()


def zones_of(stated: str, otherwise: Sequence[str]) -> list[ZoneInfo]:
    """The zones to be careful about: the one that is known, else those that may be meant."""
    if stated in zones.names():
        return [zones.zone(stated)]
    return [zones.zone(name) for name in otherwise if name in zones.names()] or [zones.zone("UTC")]


def local_day(at: Instant, zone: ZoneInfo) -> date:
    """The date on the customer's wall."""
    return moment(at).astimezone(zone).date()


def local_week(at: Instant, zone: ZoneInfo) -> date:
    """The Monday of the customer's week."""
    day = local_day(at, zone)
    return day - timedelta(days=day.weekday())


def awake_at(
    at: Instant, quiet_from: time, quiet_until: time, where: Sequence[ZoneInfo]
) -> Instant:
    """The first moment from ``at`` on that is quiet in no zone; ``at`` itself where it is not."""
    return allowed_at(at, quiet_from, quiet_until, where, ())


def allowed_at(
    at: Instant,
    quiet_from: time,
    quiet_until: time,
    where: Sequence[ZoneInfo],
    hours: Sequence[Hours],
) -> Instant:
    """The same, and within all hours in each zone."""
    for _ in range(ROUNDS_MAX):
        later = at
        for zone in where:
            if quiet_from != quiet_until:
                later = max(later, _awake_at(later, quiet_from, quiet_until, zone))
            for each in hours:
                later = _opens_at(later, each, zone)
        if later == at:
            break
        at = later
    return at


def _opens_at(at: Instant, hours: Hours, zone: ZoneInfo) -> Instant:
    """The moment itself where it lies within the hours, else when they next begin."""
    today = local_day(at, zone)
    for day in (today + timedelta(days=n) for n in range(WEEK_DAYS + 1)):
        if hours.days and day.weekday() not in hours.days:
            continue
        opens = _local(day, hours.opens or time(), zone)
        tomorrow = day + timedelta(days=1)
        closes = _local(day, hours.closes, zone) if hours.closes else _local(tomorrow, time(), zone)
        if at < closes:
            return max(at, opens)
    return at


def _awake_at(at: Instant, quiet_from: time, quiet_until: time, zone: ZoneInfo) -> Instant:
    """The same for one zone."""
    day = local_day(at, zone)
    for first in (day - timedelta(days=1), day):
        begins = _local(first, quiet_from, zone)
        last = first + timedelta(days=1) if quiet_until <= quiet_from else first
        ends = _local(last, quiet_until, zone)
        if begins <= at < ends:
            return ends
    return at


def _local(day: date, clock: time, zone: ZoneInfo) -> Instant:
    """When a local time is; one that never comes is when clocks jump over it."""
    told = datetime.combine(day, clock, tzinfo=zone)
    found = told.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == told.replace(tzinfo=None):
        return instant(found)
    # In a gap the two readings of ``fold`` lie on either side of the jump.
    early, late = sorted(instant(told.replace(fold=n).astimezone(UTC)) for n in (0, 1))
    while late - early > 1:
        middle = (early + late) // 2
        if moment(middle).astimezone(zone).replace(tzinfo=None) < told.replace(tzinfo=None):
            early = middle
        else:
            late = middle
    return late
