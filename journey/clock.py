"""Clocks: the machine's, and one that a simulation turns."""

from __future__ import annotations

import time

from schemas.times import Instant


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """Microseconds since 1970, UTC."""
        return time.time_ns() // 1_000


class SimulatedClock:
    """Stands where it was put, until it is let go and tells the machine's time."""

    def __init__(self, at: Instant) -> None:
        self._at: Instant | None = at
        self._real = SystemClock()

    def put(self, at: Instant) -> None:
        """Move it."""
        self._at = at

    def let_go(self) -> None:
        """From now on it tells the machine's time."""
        self._at = None

    def now(self) -> Instant:
        """Microseconds since 1970, UTC."""
        return self._real.now() if self._at is None else self._at
