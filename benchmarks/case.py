"""What a benchmark is made of: its size, its sides, its figures and their targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

OURS: Final = "journey"
REFERENCE: Final = "reference"
PARTS: Final = "parts"
REST: Final = "unexplained rest"


class Size(msgspec.Struct, frozen=True):
    """How much. ``people`` is how many the sample may meet; four in five become customers."""

    events: int
    customers: int
    people: int
    is_quick: bool


RUNS_QUICK = 2
_PEOPLE_WHERE_LONG = 3  # tenths: a long sample is of more days, not of more people alone

FULL = Size(1_000_000, 100_000, 150_000, False)
QUICK = Size(30_000, 3_000, 3_780, True)  # more than `verify` does without its workers


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a benchmark.

    Args:
        key: under which the measures report it.
        side: whose number it is.
        beside: the reference's key for the same, if there is one.
        judged: whether the targets are for the number itself (``ours``) or for ``ratio``.
        floor: must be reached. ``goal``: is wanted; none: the floor is all that is wanted.
    """

    name: str
    unit: str
    key: str
    side: str = OURS
    beside: str = ""
    more_is_better: bool = False
    judged: str = "ours"
    floor: float | None = None
    goal: float | None = None


class Side(msgspec.Struct, frozen=True):
    """What runs in a process: a measure (see ``benchmarks.child``) and what it is given.

    Args:
        once: only in the first run, since it takes minutes and nothing is judged by it.
    """

    about: str
    measure: str
    given: Mapping[str, Any] = {}
    once: bool = False


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark.

    Args:
        before: measures that make what the sides need; not timed, and each skipped where its
            result is there.
        runs: of each side; of a small size two at most. Where a run takes minutes, fewer than five.
    """

    name: str
    about: str
    sides: dict[str, Side]
    figures: list[Figure]
    before: tuple[str, ...] = ()
    runs: int = 5
    times: int = 1  # so many times the events and customers of the others
    is_long: bool = False  # runs only when it is asked for by name
    notes: list[str] = []

    def sized(self, size: Size) -> Size:
        """How much this one takes, where the others take so much."""
        if self.times == 1:
            return size
        return Size(
            events=size.events * self.times,
            customers=size.customers * self.times,
            people=size.people * self.times * _PEOPLE_WHERE_LONG // 10,
            is_quick=size.is_quick,
        )
