"""Rows that wait in the files of many partitions, brought to ClickHouse in few large inserts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from journey.engine.store import StateStore
from journey.faults import reach
from journey.ports import Analytics, Block

GENERATION = 1  # workers never rebuild in place: other rules have a database of their own


class Waiting(NamedTuple):
    """Rows of several partitions.

    Args:
        blocks: one a table.
        sources: which blocks of which file they are.
        rows: how many.
    """

    blocks: list[Block]
    sources: list[tuple[StateStore, list[int]]]
    rows: int


def gather(stores: Iterable[StateStore], rows_max: int) -> Waiting:
    """What waits, up to about so many rows; what waited longest in each file comes first."""
    streams: dict[str, list[bytes]] = {}
    sources: list[tuple[StateStore, list[int]]] = []
    rows = 0
    for store in stores:
        taken: list[int] = []
        tables: list[str] = []
        for block, table, n in store.outbox():
            if rows >= rows_max:
                break
            taken.append(block)
            tables.append(table)
            rows += n
        if taken:
            for table, stream in zip(tables, store.blocks(taken), strict=True):
                streams.setdefault(table, []).append(stream)
            sources.append((store, taken))
    blocks = [
        Block(table, pa.concat_tables([pa.ipc.open_stream(s).read_all() for s in parts]))
        for table, parts in streams.items()
    ]
    return Waiting(blocks, sources, rows)


def insert(analytics: Analytics, waiting: Waiting) -> None:
    """Add them; a second time changes nothing that a query can see."""
    reach("before-flush")
    for block in waiting.blocks:
        analytics.insert(block, GENERATION)
    reach("after-insert")


def forget(waiting: Waiting) -> None:
    """They are in ClickHouse."""
    for store, blocks in waiting.sources:
        store.flushed(blocks)
    reach("after-flush")
