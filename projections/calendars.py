"""Business hours: how long a span was open, and when so much open time will have passed.

Rule 1: a day's hours are local, [open, close). A close at or before its open lies on the next day;
    the hours belong to the day on which they open, and its holiday closes them whole.
Rule 2: open time is elapsed time. Where clocks change, hours last as long as they last.
Rule 3: a local time that comes twice is meant as its first; one that never comes is the moment at
    which the clocks jump over it.

Opening hours are laid out as instants a year at a time, with running sums, and kept: after that a
span costs a few look-ups a year, whatever its length in days.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.times import DAY, EARLIEST, LATEST, SECOND, Instant, instant, moment

FIRST_YEAR, LAST_YEAR = 1899, 2201  # beyond them nothing is ever asked
DAY_MINUTES = 24 * 60

Span = tuple[int, int]  # minutes after local midnight; the end may lie on the next day

_YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
_STARTS = [instant(datetime(year, 1, 1, tzinfo=UTC)) for year in _YEARS]


class _Year(NamedTuple):
    """The opening hours of one local year as instants; ``sums[n]``: open before ``starts[n]``."""

    starts: list[Instant]
    ends: list[Instant]
    sums: list[int]

    def before(self, at: Instant) -> int:
        """How much of this year's open time lies before an instant, in microseconds."""
        n = bisect_right(self.starts, at)
        if n == 0:
            return 0
        return self.sums[n] - max(0, self.ends[n - 1] - at)

    def reached(self, done: int) -> Instant:
        """The first instant at which so much of it, more than none, lies behind."""
        n = bisect_left(self.sums, done)
        return self.ends[n - 1] - (self.sums[n] - done)


class Calendar:
    """When somebody is there.

    Args:
        zone: whose clocks the hours are read on.
        week: for each day from Monday, its spans in minutes; none overlap, over midnight neither.
        holidays: days whose hours do not open.
    """

    def __init__(
        self, zone: ZoneInfo, week: Sequence[Sequence[Span]], holidays: Iterable[date] = ()
    ) -> None:
        self._zone, self._week = zone, [sorted(spans) for spans in week]
        self._holidays = frozenset(holidays)
        self._years: dict[int, _Year] = {}
        whole = sum(end - start for spans in week for start, end in spans) == 7 * DAY_MINUTES
        self.is_always_open = whole and not self._holidays

    def year(self, year: int) -> _Year:
        """The hours that open in a local year."""
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._laid_out(year)
        return found

    def _laid_out(self, year: int) -> _Year:
        starts: list[Instant] = []
        ends: list[Instant] = []
        first = date(year, 1, 1)
        for n in range((date(year + 1, 1, 1) - first).days):
            day = first + timedelta(days=n)
            if day in self._holidays:
                continue
            for opens, closes in self._week[day.weekday()]:
                start, end = self._instant(day, opens), self._instant(day, closes)
                if start < end:  # else the clocks jumped over all of it
                    starts.append(start)
                    ends.append(end)
        lengths = (end - start for start, end in zip(starts, ends, strict=True))
        return _Year(starts, ends, list(accumulate(lengths, initial=0)))

    def _instant(self, day: date, minutes: int) -> Instant:
        """The first instant at which local clocks show this time or a later one."""
        days, rest = divmod(minutes, DAY_MINUTES)
        local = datetime.combine(day + timedelta(days=days), datetime.min.time())
        local += timedelta(minutes=rest)
        before = instant(local.replace(tzinfo=self._zone))
        after = instant(local.replace(tzinfo=self._zone, fold=1))
        if before <= after:  # the same, or it comes twice
            return before
        low, high = after // SECOND, before // SECOND  # the clocks jump in between
        old = self._offset(low)
        while low + 1 < high:
            middle = (low + high) // 2
            if self._offset(middle) == old:
                low = middle
            else:
                high = middle
        return high * SECOND

    def _offset(self, second: int) -> timedelta | None:
        return moment(second * SECOND).astimezone(self._zone).utcoffset()


def open_us(calendar: Calendar | None, since: Instant, until: Instant) -> int:
    """The open time between two instants in microseconds; none if they are the wrong way round.

    Args:
        calendar: None: always open.
    """
    if until <= since:
        return 0
    if calendar is None or calendar.is_always_open:
        return until - since
    total = 0
    for year in range(_year(since - 2 * DAY), _year(until + DAY) + 1):
        laid_out = calendar.year(year)
        total += laid_out.before(until) - laid_out.before(since)
    return total


def open_seconds(calendar: Calendar | None, since: Instant, until: Instant) -> float:
    """The open time between two instants in seconds; see ``open_us``."""
    return open_us(calendar, since, until) / SECOND


def due_at(calendar: Calendar | None, since: Instant, wait: int) -> Instant:
    """The first instant by which so many microseconds of open time have passed.

    Args:
        calendar: None: always open.

    Returns:
        LATEST where that lies beyond it.
    """
    if calendar is None or calendar.is_always_open or wait <= 0:
        return since + wait
    for year in range(_year(since - 2 * DAY), LAST_YEAR + 1):
        laid_out = calendar.year(year)
        done = laid_out.before(since) + wait
        if done <= laid_out.sums[-1]:
            return laid_out.reached(done)
        wait = done - laid_out.sums[-1]
    return LATEST


def minutes(text: str) -> Span | None:
    """The span of a text such as ``09:00-17:30``; None if it is none."""
    opens, dash, closes = text.replace(" ", "").partition("-")
    start, end = _clock(opens), _clock(closes)
    if not dash or start is None or end is None or start == DAY_MINUTES:
        return None
    return start, end if end > start else end + DAY_MINUTES


def _clock(text: str) -> int | None:
    hours, colon, rest = text.partition(":")
    if not (colon and len(hours) == len(rest) == 2 and (hours + rest).isascii()):
        return None
    if not (hours + rest).isdecimal() or int(rest) > 59 or int(hours) > 24:
        return None
    told = int(hours) * 60 + int(rest)
    return told if told <= DAY_MINUTES else None


def _year(at: Instant) -> int:
    """The year of an instant in UTC, within the years that are laid out."""
    at = min(max(at, EARLIEST), LATEST)
    return FIRST_YEAR + bisect_right(_STARTS, at) - 1
