"""Durations as people write them: ``2 min``, ``1 h 30 min``, ``7 d``."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from schemas.times import DAY, HOUR, MINUTE, SECOND, Instant

DURATION = "duration"
SECONDS_MAX = 100 * 365 * 86400  # of a rule; times stay within what 64 bits hold

Seconds = Annotated[int, Meta(ge=0, le=SECONDS_MAX, extra={DURATION: True})]
"""A duration in whole seconds; a file may give it as text with units."""

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_PART = re.compile(r"\s*(\d+)\s*(s|min|h|d|w)(?![a-z])")


def seconds(text: str) -> int | None:
    """The seconds that a text such as ``1 h 30 min`` means; None if it is no duration."""
    total, end = 0, 0
    while part := _PART.match(text, end):
        total, end = total + int(part[1]) * _UNITS[part[2]], part.end()
    return total if end and not text[end:].strip() else None


def spelled(seconds: int) -> str:
    """The text that means so many seconds: ``1 h 30 min``, ``180 d``; weeks are days."""
    parts = []
    for unit in ("d", "h", "min", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def in_words(duration: Instant) -> str:
    """A duration in microseconds for a sentence: ``2 h``, ``90 min``, ``3 d``."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if duration >= unit and duration % unit == 0:
            return f"{duration // unit} {name}"
    return f"{duration / SECOND:g} s"
