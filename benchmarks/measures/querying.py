"""Named queries, beside the plainest question to the same tables."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from benchmarks.child import Answer, Given
from benchmarks.measures.whole_path import workspace_folder
from journey.bootstrap import Workspace
from journey.clickhouse import queries
from journey.settings import Settings

TIMES = 3
NEEDED = {"events-by-property": {"type": "page-viewed", "property": "any"}}
COUNT = "SELECT count() FROM touchpoints"


def journey(given: Given) -> Answer:
    """Every named query with its defaults, or with what it needs."""
    with Workspace(workspace_folder(given.folder, given.size), Settings()) as workspace:
        analytics = workspace.analytics
        rows = {n: analytics.query(n, NEEDED.get(n, {})).num_rows for n in queries.names()}

        def ask(name: str) -> Callable[[], object]:
            return lambda: analytics.query(name, NEEDED.get(name, {}))

        seconds = {name: _seconds(ask(name)) for name in rows}
    return Answer(seconds, {"rows": rows})


def reference(given: Given) -> Answer:
    """Count the touchpoints."""
    with Workspace(workspace_folder(given.folder, given.size), Settings()) as workspace:
        analytics = workspace.analytics
        analytics.execute(COUNT)
        return Answer({"count": _seconds(lambda: analytics.execute(COUNT))}, {"sql": COUNT})


def _seconds(question: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        begun = perf_counter()
        question()
        taken.append(perf_counter() - begun)
    return median(taken)
