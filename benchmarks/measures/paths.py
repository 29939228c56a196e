"""Questions of paths on settled tables, beside the same questions written by hand for bare chDB.

Rows are made by the engine itself, the same for the same size: each customer does things at times
that are spread over a year. Both tables are merged until each month is one part.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.case import Size
from benchmarks.child import Answer, Given
from journey.clickhouse.chdb_adapter import ChdbAnalytics
from journey.clickhouse.ddl import physical_name
from projections.tables import TABLES, TOUCHPOINTS

TIMES = 3
AT_ONCE = 1_000_000  # rows of one insert
THREADS = 2  # as the engine's own connections have
ASKED: dict[str, dict[str, Any]] = {
    "funnel": {"steps": "a0, a5, a9", "window": "7 d"},
    "directly-follows": {},
    "retention": {},
    "top-paths": {},
    "step-matrix": {},
}
# One row of number n, of so many customers; a few of 40 activities are most of what happens.
ROW = """
    hex(sipHash128(sipHash64(number, 1) % {customers})) AS customer_id,
    toDateTime64('2025-01-01 00:00:00', 6, 'UTC')
        + toIntervalMicrosecond(sipHash64(number, 2) % 31536000000000) AS occurred_at,
    toInt64(number) AS sequence,
    concat('a', toString(toUInt8(40 * pow(sipHash64(number, 3) / 18446744073709551616, 2))))
        AS activity
FROM numbers({start}, {rows})
"""
BARE = (
    "CREATE TABLE t (customer_id String, occurred_at DateTime64(6, 'UTC'), sequence Int64, "
    "activity LowCardinality(String)) ENGINE = MergeTree PARTITION BY toYYYYMM(occurred_at) "
    "ORDER BY (customer_id, occurred_at, sequence)"
)
CASES = (
    "CREATE VIEW cases AS SELECT customer_id, "
    "arraySort(groupArray((occurred_at, sequence, toString(activity)))) AS e "
    "FROM t GROUP BY customer_id"
)
BY_HAND = {
    # How many came how far, without how long it took.
    "funnel": "SELECT level, count() FROM (SELECT customer_id, windowFunnel(604800)("
    "toDateTime(occurred_at), activity = 'a0', activity = 'a5', activity = 'a9') AS level "
    "FROM t GROUP BY customer_id) GROUP BY level",
    "directly-follows": "SELECT pair.1, pair.2, count(), uniqExact(customer_id), "
    "quantileExactInclusive(0.5)(pair.3) FROM (SELECT customer_id, arrayJoin(arrayMap((a, b) -> "
    "(a.3, b.3, toUnixTimestamp64Micro(b.1) - toUnixTimestamp64Micro(a.1)), arrayPopBack(e), "
    "arrayPopFront(e))) AS pair FROM cases) GROUP BY pair.1, pair.2 ORDER BY count() DESC",
    "retention": "SELECT cohort, intDiv(dateDiff('day', cohort, week), 7) AS after, count() FROM ("
    "SELECT min(weeks) AS cohort, groupUniqArray(weeks) AS seen FROM (SELECT customer_id, "
    "toMonday(occurred_at) AS weeks FROM t) GROUP BY customer_id) ARRAY JOIN seen AS week "
    "GROUP BY cohort, after ORDER BY cohort, after",
    "top-paths": "SELECT arrayStringConcat(arrayMap(s -> s.3, arraySlice(e, 1, 5)), ' > ') AS p, "
    "count() AS n, uniqExact(customer_id), quantileExactInclusive(0.5)(dateDiff('microsecond', "
    "e[1].1, e[least(5, length(e))].1)) FROM cases GROUP BY p ORDER BY n DESC LIMIT 20",
    "step-matrix": "SELECT step, activity, count() FROM (SELECT arrayJoin(arrayMap(k -> (k, "
    "if(k > length(e), '(ended)', e[k].3)), range(1, 11))) AS place, place.1 AS step, place.2 AS "
    "activity FROM cases) GROUP BY step, activity ORDER BY step, count() DESC",
}


def _folders(given: Given) -> tuple[Path, Path]:
    made = given.folder / f"paths-{given.size.events}"
    return made / "ours", made / "bare"


def make_rows(given: Given) -> Answer:
    """Both tables, unless they are there."""
    ours, bare = _folders(given)
    if not (bare.parent / "made").exists():
        analytics = ChdbAnalytics(ours)
        analytics.prepare(TABLES, 1)
        table = physical_name(TOUCHPOINTS, 1)
        columns = "(customer_id, occurred_at, sequence, activity, event_id, type, _revision)"
        for rows in _chunks(given.size):
            more = ", lower(hex(sipHash128(number))), activity, 1\nFROM"
            analytics.execute(f"INSERT INTO {table} {columns} SELECT {rows.replace('FROM', more)}")
        analytics.execute(f"OPTIMIZE TABLE {table} FINAL")
        analytics.close()
        (bare.parent / "made").touch()
    return Answer({}, {})


def _chunks(size: Size) -> list[str]:
    return [
        ROW.format(customers=size.customers, start=start, rows=min(AT_ONCE, size.events - start))
        for start in range(0, size.events, AT_ONCE)
    ]


def journey(given: Given) -> Answer:
    """The named questions with their defaults, warm."""
    analytics = ChdbAnalytics(_folders(given)[0])

    def ask(name: str) -> Callable[[], object]:
        return lambda: analytics.query(name, ASKED[name])

    rows = {name: analytics.query(name, asked).num_rows for name, asked in ASKED.items()}
    seconds = {name: _seconds(ask(name)) for name in ASKED}
    analytics.close()
    return Answer(seconds, {"rows": rows})


def reference(given: Given) -> Answer:
    """The same, of a table with no more columns than they need, and without replaced rows."""
    folder = _folders(given)[1]
    is_new = not folder.exists()
    connection = import_module("chdb").connect(f"{folder}?max_threads={THREADS}")
    if is_new:
        connection.query(BARE)
        connection.query(CASES)
        for rows in _chunks(given.size):
            connection.query(f"INSERT INTO t SELECT {rows}")
        connection.query("OPTIMIZE TABLE t FINAL")

    def ask(name: str) -> Callable[[], object]:
        return lambda: connection.query(BY_HAND[name], "ArrowStream")

    for name in BY_HAND:
        ask(name)()
    seconds = {name: _seconds(ask(name)) for name in BY_HAND}
    connection.close()
    return Answer(seconds, {"sql": BY_HAND})


def _seconds(question: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        begun = perf_counter()
        question()
        taken.append(perf_counter() - begun)
    return median(taken)
