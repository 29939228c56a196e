"""From when to when there is something to tell, and what it is told by: days, weeks or months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from journey.report.questions import Questions, Scope
from schemas.times import EARLIEST, instant, moment, parse_rfc3339, rfc3339

DAY = timedelta(days=1)
BY_DAY_UNTIL, BY_WEEK_UNTIL = timedelta(days=31), timedelta(days=200)
COMPARED = timedelta(days=30)  # where the reader gives no span


class Extent(NamedTuple):
    """The touchpoints of a report.

    Args:
        first, last: the days of the first and the last one, in UTC; of a span without any, its own.
    """

    touchpoints: int
    first: date
    last: date

    @property
    def period(self) -> str:
        """By what to tell what changes over time: ``day``, ``week`` or ``month``."""
        length = self.last - self.first
        if length <= BY_DAY_UNTIL:
            return "day"
        return "week" if length <= BY_WEEK_UNTIL else "month"

    def then(self, scope: Scope) -> tuple[Scope, Scope]:
        """The span that is compared, and as long a one before it.

        That is what the reader gave; else the last 30 days, of a shorter history its later half.
        """
        given = scope.narrowing
        end = parse_rfc3339(given["until"]) if "until" in given else _midnight(self.last + DAY)
        if "since" in given:
            start = parse_rfc3339(given["since"])
        else:
            days = (moment(end).date() - self.first).days
            start = end - _micros(min(COMPARED, max(DAY, DAY * (days // 2))))
        before = min(max(start - (end - start), EARLIEST), start)
        return (
            scope._replace(since=rfc3339(start), until=rfc3339(end)),
            scope._replace(since=rfc3339(before), until=rfc3339(start)),
        )


def extent(questions: Questions) -> Extent:
    """From when to when there are touchpoints in what a report is narrowed to."""
    days = questions.ask("volume", per="day").rows
    if not days:
        return Extent(0, date(1970, 1, 1), date(1970, 1, 1))
    return Extent(
        sum(row["n"] for row in days),
        min(row["period"] for row in days),
        max(row["period"] for row in days),
    )


def _midnight(day: date) -> int:
    return instant(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
