"""A light stand-in for ClickHouse: the rows of each key with the highest revision, in a dict.

It keeps the promises about rows that `tests/contracts` holds the real thing to (see
`test_doubles.py`), and answers no queries.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from journey.ports import Block
from projections.columns import arrow_schema, to_arrow
from projections.tables import Row, Table
from replay.digest import rows_of
from schemas.errors import AnalyticsError


class MemoryAnalytics:
    """The upsert half of `journey.ports.Analytics`."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}
        self._kept: dict[tuple[str, int], dict[Any, tuple[int, int, Row]]] = {}
        self._shown = 0

    def make(self, tables: Sequence[Table], generation: int) -> None:
        for table in tables:
            self._tables[table.name] = table
            self._kept.setdefault((table.name, generation), {})

    def discard(self, generation: int) -> None:
        self._kept = {of: rows for of, rows in self._kept.items() if of[1] != generation}

    def prepare(self, tables: Sequence[Table], generation: int) -> None:
        self.make(tables, generation)
        self._kept = {of: rows for of, rows in self._kept.items() if of[1] == generation}
        self._shown = generation

    def insert(self, block: Block, generation: int) -> None:
        kept = self._kept.get((block.table, generation))
        if kept is None:
            raise AnalyticsError(f"No table {block.table!r} is prepared: prepare it first.")
        table = self._tables[block.table]
        wanted = arrow_schema(table)
        try:
            rows = block.rows.select(wanted.names).cast(wanted)
            marks = block.rows.select(["_revision", "_deleted"]).to_pylist()
        except (KeyError, ValueError) as error:
            raise AnalyticsError(f"The rows do not fit {table.name}: {error}.") from None
        if any(rows[f.name].null_count for f in wanted if not f.nullable):
            raise AnalyticsError(f"The rows do not fit {table.name}: a null.")
        places = [table.names.index(name) for name in table.key]
        for row, mark in zip(rows_of(rows), marks, strict=True):
            key = tuple(row[place] for place in places)
            revision, deleted = mark["_revision"], mark["_deleted"]
            if key not in kept or kept[key][0] <= revision:
                kept[key] = (revision, deleted, row)

    def rows(self, table: Table, customers: tuple[str, str] | None = None) -> pa.Table:
        kept = self._kept[table.name, self._shown]
        first, end = customers or ("", "\U0010ffff")
        live = [kept[key][2] for key in sorted(kept) if not kept[key][1] and first <= key[0] < end]
        return to_arrow(table, live)

    def query(
        self,
        name: str,
        parameters: Mapping[str, Any],
        declared: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> pa.Table:
        raise NotImplementedError

    def ask(self, statement: str) -> pa.Table:
        raise NotImplementedError

    def execute(self, statement: str) -> None:
        assert statement.startswith("OPTIMIZE"), "the double is always merged"

    def close(self) -> None:
        """Nothing to let go of."""
