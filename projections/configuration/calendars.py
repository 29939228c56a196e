"""Business hours: when somebody is there to answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise

import msgspec

from projections.calendars import DAY_MINUTES, Calendar, Span, minutes
from projections.configuration.section import Complaint
from schemas import zones

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK_MINUTES = 7 * DAY_MINUTES


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """The hours of each weekday, such as ``["09:00-12:00", "13:00-17:00"]``; none: closed."""

    mon: list[str] = []
    tue: list[str] = []
    wed: list[str] = []
    thu: list[str] = []
    fri: list[str] = []
    sat: list[str] = []
    sun: list[str] = []


class CalendarRules(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tables ``calendars.NAME``.

    It holds where every list that it gives has the value in question; a calendar without lists
    holds wherever no other does. Of several the one with a team goes before one without, then one
    with a channel, then one with a brand.

    Args:
        zone: an IANA name; the hours are read on its clocks.
        hours: for each weekday. An end at or before its beginning lies on the next day.
        holidays: days on which nothing opens, by themselves or with a name each.
        channels: where it holds; empty: on all.
        brands: for whose it holds; empty: for all.
        teams: for whom it holds; empty: for all.
    """

    zone: str
    hours: Hours
    holidays: list[date] | dict[str, str] = []  # JSON in a sorted order wants text as keys
    channels: list[str] = []
    brands: list[str] = []
    teams: list[str] = []

    @property
    def rank(self) -> int:
        """Of those that hold, the highest is used."""
        return 4 * bool(self.teams) + 2 * bool(self.channels) + bool(self.brands)

    def holds(self, channel: str, brand: str, team: str) -> bool:
        """Whether it is meant here."""
        asked = ((self.channels, channel), (self.brands, brand), (self.teams, team))
        return all(not listed or name in listed for listed, name in asked)


Calendars = dict[str, CalendarRules]


def complaints(calendars: Calendars) -> Iterator[Complaint]:
    """What is wrong with calendars, each by itself and together."""
    for name, rules in calendars.items():
        if rules.zone not in zones.names():
            wrong = f"there is no time zone {rules.zone}: write an IANA name, such as Europe/Berlin"
            yield Complaint((name, "zone"), wrong)
        yield from (Complaint((name, "hours", *path), wrong) for path, wrong in _week(rules.hours))
        for day in rules.holidays:
            if isinstance(day, str) and _date(day) is None:
                yield Complaint((name, "holidays", day), "is no date: write such as 2026-12-25")
    for name, other in _rivals(calendars):
        wrong = f"holds where {other} does: give one of them other channels, brands or teams"
        yield Complaint((name,), wrong)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _week(hours: Hours) -> Iterator[tuple[tuple[str, ...], str]]:
    laid_out: list[tuple[int, int, str, str]] = []
    for n, day in enumerate(WEEK):
        for text in getattr(hours, day):
            span = minutes(text)
            if span is None:
                wrong = f'{text} are no hours: write such as "09:00-17:30" or "22:00-06:00"'
                yield (day,), wrong
                return
            laid_out.append((n * DAY_MINUTES + span[0], n * DAY_MINUTES + span[1], day, text))
    if not laid_out:
        yield (), 'never open: give a weekday its hours, such as mon = ["09:00-17:00"]'
        return
    laid_out.sort()
    first = laid_out[0]
    laid_out.append((first[0] + WEEK_MINUTES, first[1] + WEEK_MINUTES, *first[2:]))
    for (_, end, _, text), (start, _, day, other) in pairwise(laid_out):
        if start < end:
            yield (day,), f"{other} overlaps {text} of the hours before: join or part them"
            return


def _rivals(calendars: Calendars) -> Iterator[tuple[str, str]]:
    """Pairs that hold in the same place with the same rank."""
    known = list(calendars.items())
    for n, (name, rules) in enumerate(known):
        for other, those in known[:n]:
            lists = (
                (rules.channels, those.channels),
                (rules.brands, those.brands),
                (rules.teams, those.teams),
            )
            if all(bool(a) == bool(b) and (not a or set(a) & set(b)) for a, b in lists):
                yield name, other


class CalendarBook:
    """Which calendar is meant where."""

    def __init__(self, calendars: Calendars) -> None:
        self._ranked = sorted(calendars.values(), key=lambda rules: -rules.rank)
        self._known: dict[tuple[str, str, str], Calendar | None] = {}

    def of(self, channel: str, brand: str, team: str) -> Calendar | None:
        """The calendar of a place; None: always open."""
        if not self._ranked:
            return None
        place = (channel, brand, team)
        if place not in self._known:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            found = next((rules for rules in self._ranked if rules.holds(*place)), None)
            self._known[place] = None if found is None else _made(msgspec.json.encode(found))
        return self._known[place]


KNOWN_MAX = 4_096  # places whose calendar is remembered


@lru_cache(maxsize=64)
def _made(rules: bytes) -> Calendar:
    """The calendar of its rules, the same one for the same rules: what it laid out is shared."""
    told = msgspec.json.decode(rules, type=CalendarRules)
    week: list[list[Span]] = []
    for day in WEEK:
        week.append([span for text in getattr(told.hours, day) if (span := minutes(text))])
    days = (_date(day) if isinstance(day, str) else day for day in told.holidays)
    return Calendar(zones.zone(told.zone), week, [day for day in days if day is not None])
