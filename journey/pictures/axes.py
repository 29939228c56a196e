"""Axes that several pictures share: durations in words, shares in percent, long names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any

from journey.words import Words

MARKS_S = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400)
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
    return {
        "type": "log",
        "range": [low, high],
        "tickvals": marks,
        "ticktext": [words.duration(mark) for mark in marks],
    }


def dates() -> dict[str, Any]:
    """An axis of days, written alike in all languages."""
    return {"type": "date", "tickformat": "%Y-%m-%d", "nticks": 7}


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


def wrapped(name: str) -> str:
    """A name on lines that are not too long."""
    return "<br>".join(wrap(name, NAME_CHARS, break_long_words=False)) or name


def height(rows: int, each: int = 34, least: int = 160) -> int:
    """Room for so many rows, in pixels."""
    return max(least, 110 + each * rows)
