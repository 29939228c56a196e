"""Digests of published rows: equal for equal histories, whoever computes them and when.

A digest is the SHA-256 over the sorted rows of one table and partition, each row as canonical JSON
(an array, no spaces, instants as microseconds, floats in their shortest form), a line feed after
each. Columns that only tell where and when the log took an event in are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
import pyarrow as pa

from projections.tables import Row, Table


def digest(table: Table, rows: Iterable[Row]) -> str:
    """The digest of a partition's rows, hexadecimal."""
    kept = [n for n, column in enumerate(table.columns) if not column.of_record]
    encode = msgspec.json.Encoder().encode
    lines = sorted(encode([row[n] for n in kept]) for row in rows)
    whole = hashlib.sha256()
    for line in lines:
        whole.update(line + b"\n")
    return whole.hexdigest()


def rows_of(columns: pa.Table) -> Iterator[Row]:
    """The rows of an Arrow table as tuples, instants as microseconds."""
    values = [
        (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
        for column in columns.columns
    ]
    return zip(*values, strict=True)
