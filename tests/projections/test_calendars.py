"""Business hours, held against clocks that are read minute by minute."""

import random
from bisect import bisect_left
from datetime import date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from projections.calendars import (
    DAY_MINUTES,
    Calendar,
    due_at,
    minutes,
    open_seconds,
    open_us,
)
from schemas import zones
from schemas.times import DAY, HOUR, LATEST, MINUTE, SECOND, instant, moment, parse_rfc3339

# Half an hour of summer time, a change at midnight, a whole day that was left out, none at all.
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kolkata",
    "UTC",
]
# When their clocks changed, in either direction.
CHANGES = {
    "Europe/Berlin": ["2024-03-31T01:00:00Z", "2024-10-27T01:00:00Z"],
    "America/New_York": ["2025-03-09T07:00:00Z", "2025-11-02T06:00:00Z"],
    "Australia/Lord_Howe": ["2024-10-05T15:30:00Z", "2024-04-06T15:00:00Z"],
    "America/Sao_Paulo": ["2018-11-04T03:00:00Z", "2018-02-18T02:00:00Z"],
    "Pacific/Apia": ["2011-12-30T10:00:00Z", "2011-09-24T14:00:00Z"],
}
TURN_OF_A_YEAR = "2023-12-31T23:00:00Z"


@cache
def clock(zone, around, days=4):
    """When the days around an instant begin, and the latest time shown so far, each minute."""
    begin = moment(around - around % MINUTE - days * DAY)
    utc = (begin + timedelta(minutes=n) for n in range(2 * days * DAY_MINUTES))
    shown = (each.astimezone(zone).replace(tzinfo=None) for each in utc)
    return instant(begin), list(accumulate(shown, max))


class Stepped:
    """The same question answered by looking at the clock every minute of some days.

    A minute is open from when the clock first shows a day's opening time, or a later one, to when
    it first shows its closing time, or a later one.
    """

    def __init__(self, zone, week, holidays, around):
        self.begin, latest = clock(zone, around)
        self.open = [False] * len(latest)
        day = latest[0].date() - timedelta(days=2)
        while day <= latest[-1].date():
            for opens, closes in [] if day in holidays else week[day.weekday()]:
                midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local
                first = bisect_left(latest, midnight + timedelta(minutes=opens))
                end = bisect_left(latest, midnight + timedelta(minutes=closes))
                self.open[first:end] = [True] * (end - first)
            day += timedelta(days=1)

    def open_us(self, since, until):
        total = 0
        for n, is_open in enumerate(self.open):
            start = self.begin + n * MINUTE
            if is_open and start < until and start + MINUTE > since:
                total += min(until, start + MINUTE) - max(since, start)
        return total


def some_week(draw):
    """Spans of a week that do not overlap, over midnight neither."""
    borders = sorted(draw.sample(range(0, 7 * DAY_MINUTES, 15), 2 * draw.randint(1, 8)))
    if draw.random() < 0.3:  # often at the hours in which clocks change
        borders = sorted({*borders, *draw.sample(range(6 * 1440, 6 * 1440 + 240, 15), 2)})
        borders = borders[: len(borders) // 2 * 2]
    week: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        day, opens = divmod(start, DAY_MINUTES)
        week[day].append((opens, min(opens + end - start, opens + DAY_MINUTES)))
    return week


def some_case(draw):
    name = draw.choice(ZONES)
    around = parse_rfc3339(draw.choice([*CHANGES.get(name, []), TURN_OF_A_YEAR]))
    middle = moment(around).date()
    holidays = {middle + timedelta(days=draw.randint(-3, 3)) for _ in range(draw.randint(0, 2))}
    zone, week = zones.zone(name), some_week(draw)
    since, until = sorted(around + draw.randint(-3 * DAY, 3 * DAY) for _ in range(2))
    return zone, week, holidays, around, since, until


@pytest.mark.parametrize("seed", range(40))
def test_open_time_is_what_the_clock_shows_minute_by_minute(seed):
    draw = random.Random(seed)
    for _ in range(30):  # 1,200 cases in all
        zone, week, holidays, around, since, until = some_case(draw)
        calendar = Calendar(zone, week, holidays)
        stepped = Stepped(zone, week, holidays, around)
        assert open_us(calendar, since, until) == stepped.open_us(since, until)


@pytest.mark.parametrize("seed", range(20))
def test_due_is_the_first_instant_with_so_much_open_time_behind(seed):
    draw = random.Random(seed)
    for _ in range(30):
        zone, week, holidays, _, since, _ = some_case(draw)
        calendar, wait = Calendar(zone, week, holidays), draw.randint(1, 5 * DAY)
        due = due_at(calendar, since, wait)
        assert open_us(calendar, since, due) == wait
        assert open_us(calendar, since, due - 1) == wait - 1


def test_spans_add_up_and_years_do_too():
    draw = random.Random(3)
    for _ in range(200):
        zone, week, holidays, around, *_ = some_case(draw)
        calendar = Calendar(zone, week, holidays)
        a, b, c = sorted(around + draw.randint(-900 * DAY, 900 * DAY) for _ in range(3))
        whole = open_us(calendar, a, c)
        assert open_us(calendar, a, b) + open_us(calendar, b, c) == whole
        assert 0 <= whole <= c - a


OFFICE = [[(9 * 60, 17 * 60)]] * 5 + [[], []]
BERLIN = Calendar(ZoneInfo("Europe/Berlin"), OFFICE, [date(2026, 12, 25)])


def test_a_long_span_costs_no_more_than_a_short_one():
    """A year of office hours: 261 weekdays in 2025 of 8 hours each, less none that is a holiday."""
    begin, end = parse_rfc3339("2025-01-01T00:00:00Z"), parse_rfc3339("2026-01-01T00:00:00Z")
    assert open_seconds(BERLIN, begin, end) == 261 * 8 * 3600
    assert len(BERLIN._years) <= 3


def test_nothing_is_open_backwards_and_always_is_always():
    now = parse_rfc3339("2026-03-03T12:00:00Z")
    assert open_us(BERLIN, now, now) == open_us(BERLIN, now, now - HOUR) == 0
    assert open_us(None, now, now + 7) == 7
    always = Calendar(zones.zone("Europe/Berlin"), [[(0, DAY_MINUTES)]] * 7)
    assert always.is_always_open
    assert open_us(always, now, now + 99 * DAY) == 99 * DAY
    assert due_at(always, now, HOUR) == due_at(None, now, HOUR) == now + HOUR
    assert due_at(BERLIN, now, 0) == now


def test_what_is_never_due_is_not_due_before_the_end_of_time():
    never = Calendar(zones.zone("UTC"), [[], [], [], [], [], [], [(0, 1)]])
    assert due_at(never, LATEST - DAY, 99 * DAY) == LATEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:00-17:30", (540, 1050)),
        ("22:00-06:00", (1320, 1800)),
        ("00:00-24:00", (0, 1440)),
        ("00:00-00:00", (0, 1440)),
        ("09:00 - 12:00", (540, 720)),
        ("9:00-17:00", None),
        ("09:00", None),
        ("24:00-06:00", None),
        ("09:60-17:00", None),
        ("09:00-25:00", None),
        ("²²:00-23:00", None),
        ("", None),
    ],
)
def test_hours_as_people_write_them(text, expected):
    assert minutes(text) == expected


def test_zones_come_from_the_pinned_package():
    assert zones.zone("Europe/Berlin").key == "Europe/Berlin"
    assert {"UTC", "America/Argentina/Ushuaia", *ZONES} <= zones.names()
    for name in ("Europe/Berlinn", "", "../zones", "europe/berlin"):
        with pytest.raises(KeyError):
            zones.zone(name)


def test_a_microsecond_on_either_side():
    opens = parse_rfc3339("2026-03-03T08:00:00Z")  # 09:00 in Berlin
    assert open_us(BERLIN, opens - SECOND, opens + 1) == 1
    assert open_us(BERLIN, opens - SECOND, opens) == 0
    assert due_at(BERLIN, opens - SECOND, 8 * HOUR) == opens + 8 * HOUR
    assert due_at(BERLIN, opens - SECOND, 8 * HOUR + 1) == opens + DAY + 1
