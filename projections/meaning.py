"""The projections of meaning together: the order in which they see an event, and who hears whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from projections.projection import NEVER, AnyProjection, Step, by_wake, never
from projections.signs import Sign
from schemas.fact import Fact
from schemas.times import Instant

Hearing = tuple[str, Callable[[Any, Any, bytes], Step[Any]]]  # a projection's name, its handler


class Meaning:
    """The projections of meaning, in their order.

    Args:
        projections: each sees an event, and the signs of those before it, before the next one does.
            A sign is heard at once, by whoever asked for its type, wherever it stands.
    """

    def __init__(self, projections: Iterable[AnyProjection]) -> None:
        self.projections = tuple(projections)
        self._reading: dict[type[Fact], tuple[AnyProjection, ...]] = {}
        self._hearing: dict[type[Sign], tuple[Hearing, ...]] = {}
        alike = [f"{p.name}.wake" for p in self.projections if p.wake_at is by_wake]
        self._wakes = attrgetter(*alike) if len(alike) > 1 else None
        known = (by_wake, never) if self._wakes else (never,)
        self._others = [(p.name, p.wake_at) for p in self.projections if p.wake_at not in known]

    def __iter__(self) -> Iterator[AnyProjection]:
        """In their order."""
        return iter(self.projections)

    def wakes_at(self, state: Any) -> Instant:
        """The next timer of a customer's whole state, or NEVER."""
        soonest = min(self._wakes(state)) if self._wakes else NEVER
        for name, wake_at in self._others:
            soonest = min(soonest, wake_at(getattr(state, name)))
        return soonest

    def reading(self, fact: type[Fact]) -> tuple[AnyProjection, ...]:
        """Who sees events of a type."""
        found = self._reading.get(fact)
        if found is None:
            found = tuple(p for p in self.projections if p.reads is None or fact in p.reads)
            self._reading[fact] = found
        return found

    def hearing(self, sign: type[Sign]) -> tuple[Hearing, ...]:
        """Who hears signs of a type, and how."""
        found = self._hearing.get(sign)
        if found is None:
            found = tuple((p.name, p.hears[sign]) for p in self.projections if sign in p.hears)
            self._hearing[sign] = found
        return found
