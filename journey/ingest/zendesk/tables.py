"""The tables of a folder, as the usual loaders of data warehouses write them: one CSV file each.

A file is known by its name: the table's, with or without ``_data``, such as ``ticket.csv`` or
``ticket_data.csv.gz``.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from journey.ingest.mapped.mapping import File
from journey.ingest.mapped.separated import Rows, encoding_of
from journey.ingest.records import BrokenRecord, RawRecord, Record
from journey.ingest.source import STDIN, Source, open_source
from schemas.errors import CannotAccept, NotFound, UsageError

ENDINGS = (".csv", ".csv.gz")
SUFFIX = "_data"


class Table(StrEnum):
    """The tables that are read, in the order in which their rows become events."""

    USER = "user"
    TICKET = "ticket"
    COMMENT = "ticket_comment"
    CHAT_EVENT = "ticket_chat_event"
    CHAT = "ticket_chat"  # behind its events, which show whether it has any
    HISTORY = "ticket_field_history"
    TAG = "ticket_tag"
    SLA = "sla_policy_metric_history"


RANKS = {table: rank for rank, table in enumerate(Table)}
"""Settles what happened at one time: a ticket is there before it is commented."""


class Row(NamedTuple):
    """One row.

    Args:
        told: what it tells, by column; nothing of empty columns.
    """

    table: Table
    file: str
    line: int
    told: dict[str, str]


class FolderSource(Source):
    """A folder of tables. It has no chunks of its own.

    Args:
        folder: the folder.

    Raises:
        NotFound: there is no such folder.
        UsageError: it has no table of tickets.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__((), folder.name)
        if not folder.is_dir():
            raise NotFound(f"There is no folder {folder}: name the folder of the tables.")
        self.files: dict[Table, list[Path]] = {}
        self.others: list[Path] = []
        for path in sorted(folder.iterdir()):
            table = _table(path)
            if table is not None:
                self.files.setdefault(table, []).append(path)
            elif path.name.lower().endswith(ENDINGS):
                self.others.append(path)
        if Table.TICKET not in self.files:
            raise UsageError(
                f"{folder} has no table of tickets: name the folder with ticket.csv (or "
                "ticket_data.csv) in it."
            )


def open_folder(path: str) -> FolderSource:
    """The folder of a path. Use it in a ``with`` statement."""
    if path == STDIN:
        raise UsageError("The tables are a folder: name it, standard input cannot hold it.")
    return FolderSource(Path(path))


def _table(path: Path) -> Table | None:
    name = path.name.lower()
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if name.endswith(ending):
            stem = name.removesuffix(ending).removesuffix(SUFFIX)
            return Table(stem) if stem in list(Table) else None
    return None


def rows(source: FolderSource, table: Table) -> Iterator[Row | BrokenRecord]:
    """The rows of a table in the order of its files, and what is no row."""
    for path in source.files.get(table, ()):
        with open_source(path) as file:
            yield from _rows_of(table, path.name, file)


def _rows_of(table: Table, name: str, source: Source) -> Iterator[Row | BrokenRecord]:
    reader = Rows(File(), encoding_of(File(), source))
    records = reader.cut(source)
    columns: list[str] = []
    for record in records:
        if isinstance(record, BrokenRecord):
            yield BrokenRecord(record.line, record.code, record.reason, record.data, name)
            continue
        try:
            values = reader.values(record.data)
            if not columns:
                columns = _header(values)
                continue
            if len(values) != len(columns):
                reason = f"The row has {len(values)} values, the header {len(columns)}: mend it."
                raise CannotAccept("bad-row", reason)
        except CannotAccept as refused:
            yield BrokenRecord(record.line, refused.code, str(refused), (record.data,), name)
            if not columns:
                yield from _headless(records, name)
            continue
        told = {column: value for column, value in zip(columns, values, strict=True) if value}
        yield Row(table, name, record.line, told)


def _header(values: list[str]) -> list[str]:
    columns = [value.strip() for value in values]
    if len(set(columns)) < len(columns):
        reason = "The header names a column twice: name each once. Nothing of the file was read."
        raise CannotAccept("bad-header", reason)
    return columns


def _headless(records: Iterator[Record], name: str) -> Iterator[BrokenRecord]:
    """All that is left, which nobody can read."""
    reason = "The table has no header that can be read, so this row tells nothing: mend the header."
    for record in records:
        data = (record.data,) if isinstance(record, RawRecord) else record.data
        yield BrokenRecord(record.line, "bad-header", reason, data, name)
