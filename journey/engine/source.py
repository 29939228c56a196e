"""What the engine needs of the log, and the histories that a step reads from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from journey.engine.customer import Placed
from journey.engine.store import StateStore
from projections.projection import Act
from schemas.events import Absorbed
from schemas.recorded import Recorded
from schemas.times import Instant


class Source(Protocol):
    """What the engine needs of the log. ``journey.ports.EventLog`` says what each promises."""

    def read(self, after: int, limit: int) -> list[tuple[int, Recorded]]:
        """Events after a position."""

    def at(self, positions: Iterable[int]) -> list[Recorded]:
        """Events by position."""

    def record(self, acts: Sequence[Act], tracking: tuple[str, int] | None = None) -> int:
        """Record consequences, each once."""

    def published(self) -> list[Recorded]:
        """Every published configuration."""

    def last_position(self) -> int:
        """Where the log ends."""

    def now(self) -> Instant:
        """A time that no later append can precede."""

    @property
    def last_recorded_at(self) -> Instant:
        """When the last event was recorded."""


class Histories:
    """The events of customers, for the steps of one batch.

    A class, because a function that calls itself holds itself, and with it the whole batch, until
    somebody looks for circles.
    """

    def __init__(self, log: Source, store: StateStore, batch: dict[bytes, list[Placed]]) -> None:
        self._log, self._store, self._batch = log, store, batch

    def committed(self, customer: bytes) -> list[Placed]:
        """All events before this batch."""
        positions = self._store.positions(customer)
        return list(zip(positions, self._log.at(positions), strict=True))

    def past(self, customer: bytes) -> list[Placed]:
        """All events, this batch and everybody who became part of the customer included."""
        events, asked = list[Placed](), [customer]
        for who in asked:  # grows on the way; two may have been part of each other in turn
            events += self.committed(who)
            for position, event in self._batch.get(who, ()):
                events.append((position, event))
                if isinstance(event.fact, Absorbed) and event.fact.customer not in asked:
                    asked.append(event.fact.customer)
        return events
