"""What is published, partition by partition, for those who hold it against the log."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from journey.ports import Analytics
from projections.tables import TABLES, Table

# Tables are asked for so many partitions at once: a question costs 20 ms, however few the rows.
PARTITIONS_AT_ONCE = 8
AFTER_ALL = "\U0010ffff"  # beyond every customer id, even one that is none


def rows_by_partition(
    analytics: Analytics, partitions: int, at_once: int = PARTITIONS_AT_ONCE
) -> Iterator[tuple[int, dict[str, pa.Table]]]:
    """The current rows of every table, by name, of each partition's customers in turn."""
    for first in range(0, partitions, at_once):
        group = range(first, min(first + at_once, partitions))
        low, high = _bounds(group[0], partitions)[0], _bounds(group[-1], partitions)[1]
        whole = {table.name: analytics.rows(table, (low, high)) for table in TABLES}
        for partition in group:
            part = _bounds(partition, partitions)
            yield partition, {name: _between(rows, *part) for name, rows in whole.items()}


def rows_in_parts(analytics: Analytics, table: Table, parts: int) -> Iterator[pa.Table]:
    """The current rows of one table in key order, in about equal parts of customers."""
    for part in range(parts := min(parts, 1 << 16)):
        yield analytics.rows(table, _bounds(part, parts))


def customers_of(partition: int, partitions: int) -> tuple[bytes, bytes | None]:
    """The first customer id of a partition, and the first beyond it."""
    low = -(-(partition << 16) // partitions)
    high = -(-((partition + 1) << 16) // partitions)
    return low.to_bytes(2), high.to_bytes(2) if high < 1 << 16 else None


def _bounds(partition: int, partitions: int) -> tuple[str, str]:
    """The ids between which the rows lie; the first and the last part take in what is no id."""
    low, high = customers_of(partition, partitions)
    return low.hex() if partition else "", high.hex() if high else AFTER_ALL


def _between(rows: pa.Table, low: str, high: str) -> pa.Table:
    """The rows of the ids from ``low`` to before ``high``, of rows in key order."""
    if not rows.num_rows:
        return rows
    ids = rows.column(0)
    start, end = (pc.sum(pc.less(ids, bound)).as_py() or 0 for bound in (low, high))
    return rows.slice(start, end - start)
