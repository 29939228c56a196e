"""Time as whole milliseconds since midnight UTC of the first day; seasons and opening hours.

Nothing here reads a clock. Formatting is integer arithmetic, since it runs once a line.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

TOKYO_MS = 9 * HOUR_MS
"""Offset of Japan from UTC."""
NEW_YORK_MS = -5 * HOUR_MS
"""Offset of the other customers. Without summer time: sample data need not be that exact."""

CLOCK = tuple(f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60))
"""Minute of the day -> its text. Formatting numbers is what would cost the most in a line."""
SECONDS = tuple(f":{second:02d}." for second in range(60))
MILLIS = tuple(f"{ms:03d}Z" for ms in range(1_000))

# How busy each day is, as a share of the busiest: Monday first, then January first.
_WEEK = (0.82, 0.78, 0.80, 0.84, 0.95, 1.00, 0.98)
_YEAR = (0.80, 0.72, 0.80, 0.78, 0.80, 0.84, 0.90, 0.78, 0.78, 0.82, 0.94, 1.00)

# Weight of each local hour: quiet nights, a lunch break, a long evening.
_HOURS = (2, 1, 1, 1, 1, 1, 2, 4, 5, 6, 6, 6, 9, 7, 5, 5, 5, 6, 7, 9, 11, 12, 9, 5)
_HOUR_OF = tuple(hour for hour, weight in enumerate(_HOURS) for _ in range(weight))


@dataclass(frozen=True, slots=True)
class Hours:
    """When people answer on a channel: local milliseconds of the day, and days from Monday."""

    opens_ms: int
    closes_ms: int
    days: int


OFFICE = Hours(opens_ms=9 * HOUR_MS, closes_ms=18 * HOUR_MS, days=5)
LONG = Hours(opens_ms=9 * HOUR_MS, closes_ms=21 * HOUR_MS, days=7)
ALWAYS = Hours(opens_ms=0, closes_ms=DAY_MS, days=7)


class Calendar:
    """Turns milliseconds since midnight UTC of the first day into dates, seasons and hours."""

    def __init__(self, start: datetime) -> None:
        """Begin at 00:00 UTC of the day of `start` (aware). Raises ValueError for a naive one."""
        if start.tzinfo is None:
            raise ValueError(f"start={start.isoformat()}: give a moment with a time zone")
        first = start.astimezone(UTC).date()
        self._ordinal = first.toordinal()
        self._weekday = first.weekday()
        day_of_year = first.timetuple().tm_yday - 1
        self._week = _WEEK[self._weekday :] + _WEEK[: self._weekday]
        # 365 days a year: the season drifts by a day in four years, which nobody would notice.
        self._year = tuple(_YEAR[(day + day_of_year) % 365 * 12 // 365] for day in range(365))

    def date(self, day: int) -> str:
        """Text of a day with the "T" that follows it, for example "2025-03-01T"."""
        return date.fromordinal(self._ordinal + day).isoformat() + "T"

    def busy(self, day: int) -> float:
        """Share of the busiest day's visits that a day gets, by week and by year: 0 to 1."""
        return self._week[day % 7] * self._year[day % 365]

    def is_open(self, at: int, hours: Hours, zone_ms: int) -> bool:
        """Whether somebody is there at a moment; arguments as for `answer_at`."""
        day, clock = divmod(at + zone_ms, DAY_MS)
        at_work = (day + self._weekday) % 7 < hours.days
        return at_work and hours.opens_ms <= clock < hours.closes_ms

    def answer_at(self, at: int, work_ms: int, hours: Hours, zone_ms: int) -> int:
        """Return the moment when `work_ms` of opening time have passed since `at`.

        Args:
            at: milliseconds since the first midnight.
            work_ms: opening time to let pass, at least 1.
            hours: the channel's opening hours.
            zone_ms: offset of the desk's zone from UTC.
        """
        day, clock = divmod(at + zone_ms, DAY_MS)
        while True:
            if (day + self._weekday) % 7 < hours.days:
                begin = max(clock, hours.opens_ms)
                room = hours.closes_ms - begin
                if work_ms < room:
                    return day * DAY_MS + begin + work_ms - zone_ms
                work_ms -= max(room, 0)
            day, clock = day + 1, 0


def moment_of_day(random: float, zone_ms: int) -> int:
    """Map a number in 0 to 1 to a moment of a UTC day, likelier when people are awake there."""
    place = random * len(_HOUR_OF)
    slot = int(place)
    return (_HOUR_OF[slot] * HOUR_MS + int((place - slot) * HOUR_MS) - zone_ms) % DAY_MS
