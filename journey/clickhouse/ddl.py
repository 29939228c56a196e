"""Table declarations as SQL. The physical table carries version and generation in its name; the
view of the plain name shows its current rows, and is all that queries read.

A row is replaced by one with the same key and a higher ``_revision``, and taken away by one with
``_deleted = 1``, in whatever order they come. The key contains the time that months are cut by,
so a row's successors always lie in the same partition, and partitions need no merging to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from projections.tables import Kind, Table

TYPES: dict[Kind, str] = {
    Kind.ID: "String",
    Kind.WORD: "LowCardinality(String)",
    Kind.TEXT: "String",
    Kind.WORDS: "Array(String)",  # "partition/offset" is a word too, and there are millions of it
    Kind.TIME: "DateTime64(6, 'UTC')",
    Kind.MAYBE_TIME: "Nullable(DateTime64(6, 'UTC'))",
    Kind.SECONDS: "Float64",
    Kind.MAYBE_SECONDS: "Nullable(Float64)",
    Kind.COUNT: "UInt32",
    Kind.WHOLE: "Int64",
    Kind.NUMBER: "Float64",
    Kind.MAYBE_NUMBER: "Nullable(Float64)",
    Kind.FLAG: "Bool",
}
REVISION = "_revision"
DELETED = "_deleted"
# Without these an acknowledged insert survives a kill of the process, not a power cut.
DURABLE = "fsync_after_insert = 1, fsync_part_directory = 1"

_PHYSICAL = re.compile(r"(?P<name>.+)__v(?P<version>\d+)_g(?P<generation>\d+)")


class Stale(NamedTuple):
    """What a generation leaves behind: ``views`` over nothing, and physical ``tables``."""

    views: tuple[str, ...]
    tables: tuple[str, ...]


def physical_name(table: Table, generation: int) -> str:
    """Where the rows of one generation lie, such as ``stages__v1_g3``."""
    return f"{table.name}__v{table.version}_g{generation}"


def quoted(identifier: str) -> str:
    """An identifier as SQL; ``offset`` and ``partition`` are column names here."""
    escaped = identifier.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def literal(text: str) -> str:
    """A string literal, for comments; values of queries go as server-side parameters."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def column_list(names: Iterable[str]) -> str:
    """Column names for a statement."""
    return ", ".join(quoted(name) for name in names)


def create_table(table: Table, generation: int, inserts_known: int = 0) -> str:
    """The statement that makes the physical table unless it is there.

    Args:
        inserts_known: how many parts the table remembers by their ``insert_deduplication_token``,
            so that an insert that is sent again adds nothing; 0: none.
    """
    settings = DURABLE
    if inserts_known:
        settings += f", non_replicated_deduplication_window = {inserts_known}"
    columns = [
        f"    {quoted(c.name)} {TYPES[c.kind]} COMMENT {literal(c.about)}" for c in table.columns
    ]
    columns.append(f"    {quoted(REVISION)} UInt64 COMMENT 'of one key the highest wins'")
    columns.append(f"    {quoted(DELETED)} UInt8 COMMENT '1 takes the row away'")
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted(physical_name(table, generation))} (\n"
        + ",\n".join(columns)
        + f"\n)\nENGINE = ReplacingMergeTree({quoted(REVISION)}, {quoted(DELETED)})"
        + f"\nPARTITION BY toYYYYMM({quoted(table.time)})"
        + f"\nORDER BY ({column_list(table.key)})"
        + f"\nSETTINGS {settings}"
        + f"\nCOMMENT {literal(table.about)}"
    )


def create_view(table: Table, generation: int) -> str:
    """The statement that points the view at a generation, in one step."""
    return (
        f"CREATE OR REPLACE VIEW {quoted(table.name)} AS\n"
        f"SELECT {column_list(table.names)}\n"
        f"FROM {quoted(physical_name(table, generation))} FINAL\n"
        "SETTINGS do_not_merge_across_partitions_select_final = 1\n"
        f"COMMENT {literal(table.about)}"
    )


def insert_from(table: Table, generation: int, source: str) -> str:
    """The statement that inserts everything of ``source``, a table function of ours."""
    columns = column_list((*table.names, REVISION, DELETED))
    # Put together from names that we declare, quoted; no value is in it.
    return f"{_insert(table, generation)} SELECT {columns} FROM {source}"  # noqa: S608


def insert_values(table: Table, generation: int) -> str:
    """The statement before rows that a client sends by itself."""
    return f"{_insert(table, generation)} VALUES"


def _insert(table: Table, generation: int) -> str:
    columns = column_list((*table.names, REVISION, DELETED))
    return f"INSERT INTO {quoted(physical_name(table, generation))} ({columns})"


def select_rows(table: Table, where: str = "", *, times_as_numbers: bool = False) -> str:
    """The statement that reads the current rows through the view, in no order.

    Args:
        where: a condition of ours, its values as server-side parameters.
        times_as_numbers: microseconds since 1970, for a client that is slow with times.
    """
    condition = f" WHERE {where}" if where else ""
    columns = column_list(table.names)
    if times_as_numbers:
        columns = ", ".join(
            f"toUnixTimestamp64Micro({quoted(c.name)}) AS {quoted(c.name)}"
            if c.kind in (Kind.TIME, Kind.MAYBE_TIME)
            else quoted(c.name)
            for c in table.columns
        )
    # Put together from names that we declare, quoted; no value is in it.
    return f"SELECT {columns} FROM {quoted(table.name)}{condition}"  # noqa: S608


def select_newest(names: Iterable[str]) -> str:
    """The statement that reads the highest revision in each of these physical tables."""
    # Put together from names that we declare, quoted; no value is in it.
    each = (f"SELECT max({quoted(REVISION)}) AS newest FROM {quoted(name)}" for name in names)  # noqa: S608
    return "\nUNION ALL\n".join(each)


def of_generation(existing: Iterable[str], generation: int) -> list[str]:
    """The physical tables of one generation, of whatever version."""
    found = ((name, _PHYSICAL.fullmatch(name)) for name in sorted(existing))
    return [name for name, match in found if match and int(match["generation"]) == generation]


def stale(existing: Iterable[str], tables: Sequence[Table], generation: int) -> Stale:
    """What to drop once the views point at ``generation``.

    Args:
        existing: the names of all tables and views in the database.
    """
    wanted = {physical_name(table, generation) for table in tables}
    names = {table.name for table in tables}
    present = set(existing)
    old: list[str] = []
    kept: set[str] = set()
    gone: set[str] = set()
    for name in sorted(present - wanted):
        found = _PHYSICAL.fullmatch(name)
        if found is None:
            continue
        is_current = int(found["generation"]) == generation
        if is_current and found["name"] not in names:
            kept.add(found["name"])
        else:
            old.append(name)
            gone.add(found["name"])
    orphans = sorted((gone - names - kept) & present)
    return Stale(views=tuple(orphans), tables=tuple(old))


# Months of tables that lie in several pieces, with at least so many rows.
UNSETTLED = (
    "SELECT table, partition_id FROM system.parts WHERE database = {d:String} AND active "
    "GROUP BY table, partition_id HAVING count() > 1 AND sum(rows) >= {rows:UInt64} "
    "ORDER BY table, partition_id"
)


def settle(table: str, partition: str) -> str:
    """The statement that merges one month of a table into one piece."""
    return f"OPTIMIZE TABLE {quoted(table)} PARTITION ID {literal(partition)} FINAL"
