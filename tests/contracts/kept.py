"""An `Analytics` that tests use one after the other, each with all tables and no rows.

To open one and make fifteen tables takes longer than most of what is asked of it, and a contract
asks some seven hundred times.
"""

from __future__ import annotations

from collections.abc import Callable

from journey.clickhouse.analytics import SqlAnalytics
from projections.tables import TABLES
from schemas.errors import AnalyticsError

FILLED = "SELECT DISTINCT table FROM system.parts WHERE database = {d:String} AND active"


class Kept:
    """One that stays open between tests.

    Args:
        opened: makes one without tables, each time in a place that nobody used before.
    """

    def __init__(self, opened: Callable[[], SqlAnalytics]) -> None:
        self._opened = opened
        self._kept: SqlAnalytics | None = None
        self._names: list[str] = []

    def empty(self) -> SqlAnalytics:
        """It, with generation 1 of all tables and no row; a new one after whoever changed that."""
        if self._kept is None or not self._is_whole(self._kept):
            self.close()
            self._kept = self._opened()
            self._kept.prepare(TABLES, 1)
            self._names = sorted(self._kept._existing())
        for name in self._kept._select(FILLED, {"d": self._kept._database})["table"].to_pylist():
            self._kept.execute(f"TRUNCATE TABLE {name} SYNC")
        return self._kept

    def close(self) -> None:
        """Let go of it: the next one is new."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _is_whole(self, kept: SqlAnalytics) -> bool:
        """Whether it is open, and has the tables that it was made with."""
        try:
            return sorted(kept._existing()) == self._names
        except AnalyticsError:
            return False
