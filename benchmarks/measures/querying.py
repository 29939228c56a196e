"""Named queries, beside the plainest question to the same tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.child import Answer, Given
from benchmarks.measures.samples import START
from benchmarks.measures.whole_path import workspace_folder
from journey.bootstrap import Workspace
from journey.clickhouse import queries
from journey.clickhouse.queries import NamedQuery
from journey.ports import Analytics
from journey.settings import Settings
from schemas.times import DAY, instant, moment

TIMES = 3
COUNT = "SELECT count() FROM touchpoints"
# What queries ask for besides their defaults, in words that the generated sample has. A text that
# begins with SELECT is asked of the tables first.
MONTH = {"since": START, "until": moment(instant(START) + 30 * DAY)}
NEEDED: dict[str, dict[str, Any]] = {
    "channel-pains": {"channel": "chat", "since": START},
    "channel-retire": {"channel": "chat"},
    "churn-rate": MONTH,
    "conformance": {"steps": "product-viewed+, cart-changed, order-placed"},
    "conformance-leaves": {"steps": "product-viewed+, cart-changed, order-placed"},
    "customer-scores": {"customer": "SELECT min(customer_id) AS customer FROM scores"},
    "difference": {"one": "app"},
    "events-by-property": {"type": "page-viewed", "property": "any"},
    "funnel": {"steps": "product-viewed, cart-changed?, order-placed"},
}


class NothingToAsk(Exception):
    """Queries have required parameters that nothing is known for."""

    def __init__(self, missing: Mapping[str, list[str]]) -> None:
        told = "; ".join(f"{name} needs {', '.join(these)}" for name, these in missing.items())
        super().__init__(f"{told}: add them to NEEDED in benchmarks/measures/querying.py.")


def asked(known: Iterable[NamedQuery]) -> dict[str, dict[str, Any]]:
    """What each query is asked with.

    Raises:
        NothingToAsk: a required parameter has no entry in ``NEEDED``.
    """
    given = {query.name: NEEDED.get(query.name, {}) for query in known}
    missing = {
        query.name: lacking
        for query in known
        if (lacking := [p.name for p in query.parameters
                        if p.default is None and p.name not in given[query.name]])
    }  # fmt: skip
    if missing:
        raise NothingToAsk(missing)
    return given


def journey(given: Given) -> Answer:
    """Every named query with its defaults, or with what it needs."""
    wanted = asked([queries.named(name) for name in queries.names()])
    with Workspace(workspace_folder(given.folder, given.size), Settings()) as workspace:
        analytics = workspace.analytics
        filled = {name: _filled(analytics, each) for name, each in wanted.items()}
        rows = {name: analytics.query(name, each).num_rows for name, each in filled.items()}

        def ask(name: str) -> Callable[[], object]:
            return lambda: analytics.query(name, filled[name])

        seconds = {name: _seconds(ask(name)) for name in rows}
    return Answer(seconds, {"rows": rows})


def reference(given: Given) -> Answer:
    """Count the touchpoints."""
    with Workspace(workspace_folder(given.folder, given.size), Settings()) as workspace:
        analytics = workspace.analytics
        analytics.execute(COUNT)
        return Answer({"count": _seconds(lambda: analytics.execute(COUNT))}, {"sql": COUNT})


def _filled(analytics: Analytics, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, those that only the tables know asked of them."""
    return {
        name: analytics.ask(value)[name][0].as_py() if str(value).startswith("SELECT ") else value
        for name, value in given.items()
    }


def _seconds(question: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        begun = perf_counter()
        question()
        taken.append(perf_counter() - begun)
    return median(taken)
