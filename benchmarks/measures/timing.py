"""A watch that counts work, so that the beginning of a run can be held against its end."""

from __future__ import annotations

from time import perf_counter

PIECES = 10


class Tenths:
    """How long each tenth of the work took. Time between ``stop`` and ``start`` does not count.

    Args:
        total: of the pieces of work, known beforehand.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._since = 0.0
        self.seconds = 0.0
        self.stopped_at = 0.0  # on the process's clock, when work was last done
        self._marks: list[tuple[int, float]] = [(0, 0.0)]

    def start(self) -> None:
        """From here on time counts."""
        self._since = perf_counter()

    def stop(self, done: int) -> None:
        """So many pieces more are done, in the time since ``start``, which need not be repeated."""
        now = perf_counter()
        self.seconds += now - self._since
        self._since = now
        if done:
            self.stopped_at = now
        self._done += done
        if self._done * PIECES >= len(self._marks) * self._total:
            self._marks.append((self._done, self.seconds))

    @property
    def rates(self) -> list[float]:
        """Work a second in each tenth."""
        pairs = zip(self._marks, self._marks[1:], strict=False)
        return [(n - m) / (t - s) for (m, s), (n, t) in pairs]

    @property
    def last_by_first(self) -> float:
        """The speed of the last tenth by that of the first."""
        return self.rates[-1] / self.rates[0]
