"""Published rows as Arrow columns, the form in which they travel and are compared."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from projections.tables import Kind, Row, Table

ARROW: dict[Kind, pa.DataType] = {
    Kind.ID: pa.string(),
    Kind.WORD: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.WORDS: pa.list_(pa.string()),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.MAYBE_TIME: pa.timestamp("us", tz="UTC"),
    Kind.SECONDS: pa.float64(),
    Kind.MAYBE_SECONDS: pa.float64(),
    Kind.COUNT: pa.uint32(),
    Kind.WHOLE: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.MAYBE_NUMBER: pa.float64(),
    Kind.FLAG: pa.bool_(),
}
NULLABLE = {Kind.MAYBE_TIME, Kind.MAYBE_SECONDS, Kind.MAYBE_NUMBER}


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table's rows."""
    return pa.schema(
        [pa.field(c.name, ARROW[c.kind], nullable=c.kind in NULLABLE) for c in table.columns]
    )


def to_arrow(table: Table, rows: Sequence[Row]) -> pa.Table:
    """Rows as an Arrow table.

    Args:
        rows: each a tuple in the order of the table's columns.
    """
    schema = arrow_schema(table)
    if not rows:
        return schema.empty_table()
    columns = zip(*rows, strict=True)
    arrays = [pa.array(c, type=f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
