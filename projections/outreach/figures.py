"""A figure and the line that it is not to cross: on which side it lies, and how it is told."""

from __future__ import annotations

from typing import NamedTuple

from schemas.events import CrossingDecided
from schemas.times import rfc3339

GOOD, BAD, UNSURE, TOO_FEW, UNKNOWN = "good", "bad", "unsure", "too few", "unknown"


class Line(NamedTuple):
    """A line that a figure is not to cross.

    Args:
        at: the line itself is good.
        bad: ``below`` or ``above``: the side on which something is to be done.
        n_min: of fewer nothing is told.
        only_sure: only if the whole 95 % interval lies beyond it.
    """

    at: float
    bad: str
    n_min: int
    only_sure: bool

    def state(
        self, figure: float | None, low: float | None, high: float | None, n: int | None
    ) -> str:
        """How a figure stands: ``good``, ``bad``, ``unsure``, ``too few`` or ``unknown``."""
        if n is not None and n < self.n_min:
            return TOO_FEW
        if figure is None:
            return UNKNOWN
        if not self.is_beyond(figure):
            return GOOD
        nearest = high if self.bad == "below" else low
        if self.only_sure and nearest is not None and not self.is_beyond(nearest):
            return UNSURE
        return BAD

    def is_beyond(self, figure: float) -> bool:
        """Whether a figure lies on the bad side."""
        return figure < self.at if self.bad == "below" else figure > self.at


def state_of(found: CrossingDecided) -> str:
    """How the figure of a look stands."""
    low, high = (found.low, found.high) if found.has_interval else (None, None)
    n = found.n if found.n >= 0 else None
    return line_of(found).state(found.figure, low, high, n)


def line_of(found: CrossingDecided) -> Line:
    """The line of a watch as it stood."""
    return Line(found.line, found.bad, found.n_min, found.only_sure)


def in_words(found: CrossingDecided) -> str:
    """A figure and its line."""
    which = " ".join((found.metric, found.column))
    side = found.bad if line_of(found).is_beyond(found.figure) else f"not {found.bad}"
    return f"{which} {found.figure:g}, {side} {found.line:g}"


def grounds(found: CrossingDecided) -> list[str]:
    """The facts that a verdict rests on, in words."""
    given = [f"{name}={value}" for name, value in sorted(found.parameters.items())]
    interval = f" ({found.low:g} to {found.high:g})" if found.has_interval else ""
    of = f", n {found.n}" if found.n >= 0 else ""
    return [
        " ".join((found.metric, found.column, *given)),
        f"{found.figure:g}{interval}{of}",
        f"bad {found.bad} {found.line:g}",
        f"from {rfc3339(found.since_at)} until {rfc3339(found.until_at)}",
    ]
