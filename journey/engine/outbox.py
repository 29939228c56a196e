"""Changed rows on their way to ClickHouse: packed with the commit, inserted later, even twice."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from journey.engine.store import StateStore
from journey.faults import reach
from journey.ports import Analytics, Block
from projections.columns import to_arrow
from projections.fold import Rows
from projections.tables import BY_NAME, Row
from schemas.errors import IntegrityError


def pack(published: Rows, removed: Rows, revision: int) -> list[tuple[str, int, bytes]]:
    """One block a table: name, number of rows, and the rows as an Arrow stream."""
    blocks = []
    for table in sorted({*published, *removed}):
        rows: list[Row] = list(published.get(table, {}).values())
        gone: list[Row] = list(removed.get(table, {}).values())
        try:
            columns = to_arrow(BY_NAME[table], [*rows, *gone])
        except (OverflowError, ValueError) as error:
            raise IntegrityError(
                f"An event says what no column of {table} can hold ({error}): find the damaged "
                "event with 'journey verify'."
            ) from None
        n = len(columns)
        columns = columns.append_column("_revision", pa.array([revision] * n, pa.uint64()))
        flags = [0] * len(rows) + [1] * len(gone)
        columns = columns.append_column("_deleted", pa.array(flags, pa.uint8()))
        blocks.append((table, n, _stream(columns)))
    return blocks


def flush(store: StateStore, analytics: Analytics, generation: int, at_least: int) -> int:
    """Insert what waits, table by table, where at least that many rows wait; how many rows went."""
    total = 0
    for table, rows in store.waiting().items():
        if rows < at_least:
            continue
        ids = [block for block, _, _ in store.outbox(table)]
        reach("before-flush")
        merged = pa.concat_tables(_tables(store.blocks(ids)))
        analytics.insert(Block(table, merged), generation)
        reach("after-insert")
        store.flushed(ids)
        reach("after-flush")
        total += rows
    return total


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _tables(streams: Iterable[bytes]) -> list[pa.Table]:
    return [pa.ipc.open_stream(stream).read_all() for stream in streams]
