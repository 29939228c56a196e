"""``journey export-table``: a published table as CSV, JSON lines or Parquet, by the file's ending.

The table is read in parts of customers, so that memory stays flat however long it is. Rows stand
in the order of the table's key. Times are RFC 3339 in UTC, and timestamps in Parquet.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from journey.audit.published import rows_in_parts
from journey.bootstrap import Workspace
from journey.files import packed, whole_file
from projections.columns import arrow_schema
from projections.tables import BY_NAME, Table
from schemas.errors import UsageError

PART_ROWS = 50_000  # about so many rows at once: 30 MB of touchpoints
LINES_AT_ONCE = 5_000


class ExportedTable(msgspec.Struct, frozen=True):
    """What was written."""

    table: str
    file: str
    rows: int
    bytes: int


class _Writer(Protocol):
    def write(self, rows: pa.Table) -> None:
        """Add rows in the types of ``projections.columns``."""

    def close(self) -> None:
        """Write what ends the file; not the file itself."""


def export_table(
    workspace: Workspace, name: str, file: Path, after_each: Callable[[int], None] = lambda _: None
) -> ExportedTable:
    """Write a table's current rows; the engine has caught up.

    Args:
        name: of the table.
        file: ends in ``.csv``, ``.jsonl`` or ``.parquet``; the first two also with ``.gz``.
        after_each: told how many rows more were written.

    Raises:
        UsageError: the ending is unknown, or the file cannot be written.
    """
    writer, table, rows = _writer_for(file), BY_NAME[name], 0
    progress = workspace.store.progress()
    parts = 1 + int(progress.get("touchpoints", 0)) // PART_ROWS
    with whole_file(file) as out, packed(file, out) as inner:
        writing = writer(table, inner)
        for part in rows_in_parts(workspace.analytics, table, parts):
            writing.write(part)
            rows += part.num_rows
            after_each(part.num_rows)
        writing.close()
    return ExportedTable(name, str(file), rows, file.stat().st_size)


class _Csv:
    """A header, then the rows. Text stands in quotes, so that nothing and "" stay two things."""

    def __init__(self, table: Table, out: BinaryIO) -> None:
        self._out = out
        self._write(arrow_schema(table).empty_table(), has_header=True)

    def write(self, rows: pa.Table) -> None:
        self._write(rows, has_header=False)

    def _write(self, rows: pa.Table, *, has_header: bool) -> None:
        options = pa.csv.WriteOptions(include_header=has_header)
        whole = io.BytesIO()
        pa.csv.write_csv(_texts(rows, lists=True), whole, options)
        self._out.write(whole.getbuffer())

    def close(self) -> None:
        pass


class _JsonLines:
    """One object a line, with a key for every column."""

    def __init__(self, _: Table, out: BinaryIO) -> None:
        self._out, self._encoder = out, msgspec.json.Encoder()

    def write(self, rows: pa.Table) -> None:
        for start in range(0, rows.num_rows, LINES_AT_ONCE):
            part = _texts(rows.slice(start, LINES_AT_ONCE), lists=False)
            values = zip(*map(_values, part.columns), strict=True)
            names = part.column_names
            lines = [dict(zip(names, row, strict=True)) for row in values]
            self._out.write(self._encoder.encode_lines(lines))

    def close(self) -> None:
        pass


class _Parquet:
    """A row group for every part."""

    def __init__(self, table: Table, out: BinaryIO) -> None:
        schema = arrow_schema(table)
        self._writer = pa.parquet.ParquetWriter(out, schema, compression="zstd")

    def write(self, rows: pa.Table) -> None:
        if rows.num_rows:
            self._writer.write_table(rows)

    def close(self) -> None:
        self._writer.close()


_WRITERS: dict[str, Callable[[Table, BinaryIO], _Writer]] = {
    ".csv": _Csv,
    ".csv.gz": _Csv,
    ".jsonl": _JsonLines,
    ".jsonl.gz": _JsonLines,
    ".parquet": _Parquet,
}


def _writer_for(file: Path) -> Callable[[Table, BinaryIO], _Writer]:
    for ending, writer in _WRITERS.items():
        if file.name.lower().endswith(ending):
            return writer
    known = ", ".join(_WRITERS)
    raise UsageError(f"{file} ends in nothing that names a form: end it in one of {known}.")


def _texts(rows: pa.Table, *, lists: bool) -> pa.Table:
    """The same rows with times as text, and lists as JSON if asked."""
    columns: list[Any] = []
    for column in rows.columns:
        kind = column.type
        if pa.types.is_timestamp(kind):
            columns.append(pc.binary_join_element_wise(_clock(column), "Z", ""))
        elif lists and pa.types.is_list(kind):
            texts = [msgspec.json.encode(value).decode() for value in column.to_pylist()]
            columns.append(pa.array(texts, pa.string()))
        else:
            columns.append(column)
    return pa.table(columns, names=rows.column_names)


def _values(column: Any) -> list[Any]:
    """The values of a column; texts the fast way, and most columns are texts."""
    if pa.types.is_string(column.type) and not column.null_count:
        return list(column.to_numpy())
    return list(column.to_pylist())


def _clock(column: Any) -> Any:
    """Date and time to the microsecond, without the zone, which is UTC."""
    return pc.strftime(column.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%S")
