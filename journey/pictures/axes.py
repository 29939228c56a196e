"""Axes that several pictures share: durations in words, shares in percent, long names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from textwrap import wrap
from typing import Any

from journey.words import Words

MARKS_S = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400)
FINE_S = (
    *(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600),
    *(12 * 3600, 86400, 2 * 86400, 4 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 60 * 86400),
    *(120 * 86400, 365 * 86400),
)
MARKS_MIN = 3  # of the usual marks; where fewer are in sight there are finer ones
TICKED = 3  # so few periods each have a mark
LINE_PX = 17
DAYS = [  # short, so that a phone has room; the year stands where it changes
    {"dtickrange": [None, 27 * 86_400_000], "value": "%m-%d\n%Y"},
    {"dtickrange": ["M1", None], "value": "%Y-%m"},
]
LARGE = 10_000
NAME_CHARS = 26  # of a name on a line, so that a phone has room for the picture


def durations(words: Words, values: Iterable[float | None]) -> dict[str, Any]:
    """An axis of seconds, by powers, with marks that people know.

    Args:
        values: all that it has to hold; those of 0 stand at its beginning.
    """
    known = [max(float(v), 1.0) for v in values if v is not None and not math.isnan(v)] or [60.0]
    low, high = math.log10(min(known)) - 0.15, math.log10(max(known)) + 0.15
    marks = [mark for mark in MARKS_S if low <= math.log10(mark) <= high]
    if len(marks) < MARKS_MIN:
        marks = [mark for mark in FINE_S if low <= math.log10(mark) <= high]
    if len(marks) < 2:  # beside one another, so that a distance can be told
        later = (n for n, mark in enumerate(FINE_S) if math.log10(mark) > high)
        after = next(later, len(FINE_S) - 1)
        marks = list(FINE_S[after - 1 : after + 1])
        low, high = min(low, math.log10(marks[0])), max(high, math.log10(marks[-1]))
    return {
        "type": "log",
        "range": [low, high],
        "tickvals": marks,
        "ticktext": [words.duration(mark) for mark in marks],
    }


def dates(periods: Sequence[Any] = ()) -> dict[str, Any]:
    """An axis of days, written alike in all languages.

    Args:
        periods: where they are few, each has a mark.
    """
    if 0 < len(periods) <= TICKED:
        return {"type": "date", "tickformat": "%Y-%m-%d", "tickvals": list(periods)}
    return {"type": "date", "nticks": 6, "tickformatstops": DAYS}


def placed(value: float, unit: str) -> float:
    """Where a value stands on its axis: one of powers begins with a second."""
    return max(value, 1.0) if unit == "seconds" else value


def shares(title: str) -> dict[str, Any]:
    """An axis from 0 to 100 %."""
    return {"tickformat": ".0%", "rangemode": "tozero", "title": {"text": title}}


def numbers(title: str, values: Iterable[float | None] = ()) -> dict[str, Any]:
    """An axis of plain numbers, short ones where they are large: 40k."""
    highest = max((abs(value) for value in values if value is not None), default=0)
    is_large = highest >= LARGE
    return {"tickformat": "~s" if is_large else ",~g", "nticks": 6, "title": {"text": title}}


def by_unit(
    words: Words, unit: str, title: str, values: Iterable[float | None] = ()
) -> dict[str, Any]:
    """The axis that suits a unit."""
    if unit == "seconds":
        return durations(words, values)
    return shares(title) if unit == "share" else numbers(title, values)


def names(told: Sequence[str]) -> dict[str, Any]:
    """An axis of names, the first one at the top, long ones on several lines."""
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(reversed([wrapped(name) for name in told])),
        "ticks": "",
    }


def plain(name: str) -> str:
    """A name that Plotly takes for nothing but a name."""
    return escape(name, quote=False)


def wrapped(name: str) -> str:
    """A name on lines that are not too long, as plain as ``plain`` makes it."""
    return "<br>".join(map(plain, wrap(name, NAME_CHARS, break_long_words=False))) or name


def height_of(told: Sequence[str], each: int = 34) -> int:
    """Room for a row a name, as the longest of them needs it, in pixels."""
    lines = max((wrapped(name).count("<br>") + 1 for name in told), default=1)
    return height(len(told), max(each, LINE_PX * lines + 6))


def height(rows: int, each: int = 34, least: int = 160) -> int:
    """Room for so many rows, in pixels."""
    return max(least, 110 + each * rows)
