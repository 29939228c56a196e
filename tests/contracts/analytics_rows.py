"""Rows for the contract of `Analytics`: empty ones with a few values, and texts that are hard."""

from typing import Any

import pyarrow as pa

from journey.ports import Block
from projections.columns import to_arrow
from projections.tables import TOUCHPOINTS, Kind, Table
from schemas.times import SECOND

EMPTY: dict[Kind, Any] = {
    Kind.ID: "",
    Kind.WORD: "",
    Kind.TEXT: "",
    Kind.WORDS: [],
    Kind.TIME: 0,
    Kind.MAYBE_TIME: None,
    Kind.SECONDS: 0.0,
    Kind.MAYBE_SECONDS: None,
    Kind.COUNT: 0,
    Kind.WHOLE: 0,
    Kind.NUMBER: 0.0,
    Kind.MAYBE_NUMBER: None,
    Kind.FLAG: False,
}
T0 = 1_767_225_600 * SECOND  # 2026-01-01
NASTY = [
    "",
    " ",
    "'; DROP TABLE touchpoints; --",
    "a\n\n\nDROP TABLE touchpoints\n",
    "tab\there\r\n\\N\\n\\",
    "nul\0in the middle",
    "NULL",
    "\\N",
    "{brand:String}",
    "quotes ' \" ` “",
    "ünïcödé 漢字 👩‍👩‍👧 \u202e",
    "' OR 1=1",
    "\b\f\v\x1a",
]


def row(table: Table, **values: Any) -> tuple[Any, ...]:
    """A row with these values and empty ones."""
    assert values.keys() <= set(table.names)
    return tuple(values.get(c.name, EMPTY[c.kind]) for c in table.columns)


def block(table: Table, rows: list[tuple[Any, ...]], revision: int = 1, deleted: int = 0) -> Block:
    made = to_arrow(table, rows)
    made = made.append_column("_revision", pa.array([revision] * len(rows), pa.uint64()))
    made = made.append_column("_deleted", pa.array([deleted] * len(rows), pa.uint8()))
    return Block(table.name, made)


def touch(n: int, **values: Any) -> tuple[Any, ...]:
    given = {"customer_id": f"{n:032x}", "event_id": f"{n:032x}", "occurred_at": T0 + n} | values
    return row(TOUCHPOINTS, **given)
