"""The published tables in this process: ClickHouse as a library (chDB).

Everything about it that bites is handled here and nowhere else:

- Rows go in by ``INSERT … SELECT … FROM Python(rows)``. Its stream inserter reports success for
  rows that it lost, and data inside a statement ends at the first blank line.
- Importing it, and each connecting, puts in signal handlers that hang the process on a crash;
  they are taken out, and connecting is told not to put them in again.
- One process may open a folder, one folder may be open in a process, and one connection runs one
  statement at a time: a lock makes threads wait for each other.
- The process must not fork afterwards.
"""

from __future__ import annotations

import fcntl
import itertools
import re
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from journey.clickhouse import ddl, queries
from journey.clickhouse.parameters import Value, tsv
from journey.clickhouse.refusals import refusal
from journey.ports import Block
from projections.columns import arrow_schema
from projections.tables import Table
from schemas.errors import AnalyticsError, WorkspaceBusy, WorkspaceError

DATABASE = "journey"
MIB = 1024 * 1024
# Of the engine, for the whole process. Its defaults suit a server: caches of up to 5 GiB each.
SERVER: dict[str, int] = {
    "max_server_memory_usage": 2048 * MIB,  # its own; what Python holds does not count
    "mark_cache_size": 32 * MIB,  # 10 M rows of touchpoints have some 5 MB of marks
    "primary_index_cache_size": 32 * MIB,
    "index_mark_cache_size": 8 * MIB,
    "query_condition_cache_size": 8 * MIB,
    "compiled_expression_cache_size": 8 * MIB,
    "background_schedule_pool_initial_size": 2,
    "max_thread_pool_free_size": 8,  # idle threads keep their arenas
}
# Of every statement.
SESSION: dict[str, int | str] = {
    "max_memory_usage": 1024 * MIB,  # one question may not take the laptop down
    "max_bytes_before_external_group_by": 512 * MIB,  # beyond it, the disk: slower, not refused
    "max_bytes_before_external_sort": 512 * MIB,
    "max_threads": 2,
    "max_insert_threads": 1,
    "implicit_select": 0,
    "session_timezone": "UTC",
    "do_not_merge_across_partitions_select_final": 1,
    "output_format_arrow_compression_method": "none",  # it stays in memory
}
# The server's limit on one insert; each month that it touches becomes a part of its own.
MONTHS_PER_INSERT_MAX = 100

_memories = itertools.count(1)
_PID = re.compile(r"PID: (\d+)")


class ChdbAnalytics:
    """The ``Analytics`` port on chDB.

    Args:
        folder: where the tables lie, made if it is missing; ``None`` keeps them until ``close``,
            apart from those of any other instance.

    Raises:
        WorkspaceBusy: a process has the folder open, this one perhaps.
        WorkspaceError: the folder cannot be used.
        AnalyticsError: the engine did not start.
    """

    def __init__(self, folder: Path | None) -> None:
        self._lock = threading.RLock()
        self._tables: dict[str, Table] = {}
        self._is_temporary = folder is None
        # Instances in memory share one engine, so each has a database.
        self._database = DATABASE if folder else f"{DATABASE}_{next(_memories)}"
        self._connection: Any = _connect(folder)
        database = ddl.quoted(self._database)
        self.execute(f"CREATE DATABASE IF NOT EXISTS {database}")
        self.execute(f"USE {database}")

    def make(self, tables: Sequence[Table], generation: int) -> None:
        """Make what is missing of a generation, beside the one in use."""
        with self._lock:
            for table in tables:
                self.execute(ddl.create_table(table, generation))
            self._tables |= {table.name: table for table in tables}

    def prepare(self, tables: Sequence[Table], generation: int) -> None:
        """Make what is missing of a generation, point the views at it, drop other generations."""
        with self._lock:
            self.make(tables, generation)
            for table in tables:
                self.execute(ddl.create_view(table, generation))
            existing = self._select(
                "SELECT name FROM system.tables WHERE database = {d:String}", {"d": self._database}
            )["name"].to_pylist()
            stale = ddl.stale(existing, tables, generation)
            for view in stale.views:
                self.execute(f"DROP VIEW IF EXISTS {ddl.quoted(view)} SYNC")
            for name in stale.tables:
                self.execute(f"DROP TABLE IF EXISTS {ddl.quoted(name)} SYNC")
            self._tables |= {table.name: table for table in tables}

    def insert(self, block: Block, generation: int) -> None:
        """Add rows durably; again changes nothing that a query can see.

        Raises:
            AnalyticsError: the table was not prepared, or the rows do not fit it.
        """
        table = self._tables.get(block.table)
        if table is None:
            raise AnalyticsError(f"No table {block.table!r} is prepared: prepare it first.")
        rows = _fitted(block, table)
        statement = ddl.insert_from(table, generation, "Python(rows)")
        with self._lock:
            for part in _by_months(rows, table.time):
                self._insert(statement, part)

    def rows(self, table: Table, customers: tuple[str, str] | None = None) -> pa.Table:
        """The current rows in key order, in the types of ``projections.columns``."""
        where, given = "", {}
        if customers is not None:
            where = "customer_id >= {first:String} AND customer_id < {end:String}"
            given = {"first": customers[0], "end": customers[1]}
        found = self._select(ddl.select_rows(table, where), given).cast(arrow_schema(table))
        # Sorted here: of 1 M touchpoints in 0.9 s, where the engine takes 5 s for 24 columns.
        return found.sort_by([(name, "ascending") for name in table.key])

    def query(self, name: str, parameters: Mapping[str, Any]) -> pa.Table:
        """The answer of a named query, as ``journey.clickhouse.queries`` describes it."""
        query = queries.named(name)
        bound = query.bind(parameters)
        return query.shape(bound, self._select(query.sql, bound))

    def execute(self, statement: str) -> None:
        """Run one statement of ours, for tests and upkeep; not a way in for users."""
        self._run(statement, {}, "Null")

    def close(self) -> None:
        """Let go of the folder; a second time does nothing."""
        with self._lock:
            if self._connection is None:
                return
            if self._is_temporary:
                self.execute(f"DROP DATABASE IF EXISTS {ddl.quoted(self._database)} SYNC")
            self._connection.close()
            self._connection = None

    def _insert(self, statement: str, rows: pa.Table) -> None:
        """Run an insert; the engine finds ``rows`` by its name, in the frames that called it."""
        self._run(statement, {}, "Null")

    def _select(self, statement: str, given: Mapping[str, Value]) -> pa.Table:
        answer = self._run(statement, given, "ArrowStream")
        # A copy: the engine frees its buffer with the answer.
        return pa.ipc.open_stream(pa.py_buffer(answer.bytes())).read_all()

    def _run(self, statement: str, given: Mapping[str, Value], form: str) -> Any:
        texts = {name: tsv(value) for name, value in given.items()}
        with self._lock:
            if self._connection is None:
                raise AnalyticsError("The tables are closed: open them again.")
            try:
                answer = self._connection.query(statement, form, params=texts)
            except RuntimeError as error:
                raise refusal(str(error)) from None
            if answer.has_error():
                raise refusal(answer.error_message())
            return answer


def _connect(folder: Path | None) -> Any:
    """A connection with our settings."""
    where = ":memory:"
    if folder is not None:
        where = str(folder.resolve())
        if "?" in where:
            raise WorkspaceError(f"{where} contains a question mark: choose another folder.")
        folder.mkdir(parents=True, exist_ok=True)
        # Before loading an engine of 200 MB that would only tell that it failed.
        if owner := _owner(folder):
            raise WorkspaceBusy(where, owner)
    engine = _engine()
    settings = "&".join(f"{name}={value}" for name, value in {**SERVER, **SESSION}.items())
    try:
        return engine.connect(f"{where}?{settings}")
    except RuntimeError as error:
        if folder is not None and (owner := _owner(folder)):
            raise WorkspaceBusy(where, owner) from None
        if "already initialized with path" in str(error):
            raise WorkspaceBusy(where, "(this one, which has other tables open)") from None
        raise AnalyticsError(
            f"The tables in {where} could not be opened ({error}): check that the folder may be "
            "written, and that no other program holds it."
        ) from None


def _engine() -> Any:
    """The engine's module, loaded when it is first needed: it takes 200 MB."""
    # By its name: the compiled module has no stubs. While it loads, the package changes the
    # working folder and back.
    engine = import_module("chdb._chdb")
    engine.reset_signal_handlers()
    engine.set_signal_handlers_enabled(0)
    return engine


def _owner(folder: Path) -> str:
    """The process that holds the folder; empty if none does.

    The engine keeps ``status`` locked (flock) while it runs; after a kill the file stays and the
    lock is gone.
    """
    try:
        with (folder / "status").open() as status:
            try:
                fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                found = _PID.search(status.read())
                return found[1] if found else "unknown"
    except FileNotFoundError:
        pass
    return ""


def _fitted(block: Block, table: Table) -> pa.Table:
    """The rows in the table's types; the engine would take a null for an empty text."""
    schema = arrow_schema(table)
    schema = schema.append(pa.field(ddl.REVISION, pa.uint64(), nullable=False))
    schema = schema.append(pa.field(ddl.DELETED, pa.uint8(), nullable=False))
    try:
        rows = block.rows.select(schema.names).cast(schema)
    except (KeyError, ValueError) as error:
        raise AnalyticsError(
            f"The rows do not fit the table {table.name} ({error}): build them by its declaration."
        ) from None
    for field in schema:
        if not field.nullable and rows[field.name].null_count:
            raise AnalyticsError(
                f"{table.name}.{field.name} may not be null: give every row a value."
            )
    return rows


def _by_months(rows: pa.Table, time: str) -> list[pa.Table]:
    """The rows in as many inserts as the limit on months asks for; usually one."""
    if rows.num_rows == 0:
        return []
    months = pc.add(pc.multiply(pc.year(rows[time]), 12), pc.month(rows[time]))
    distinct = sorted(pc.unique(months).to_pylist())
    if len(distinct) <= MONTHS_PER_INSERT_MAX:
        return [rows]
    parts = []
    for start in range(0, len(distinct), MONTHS_PER_INSERT_MAX):
        wanted = pa.array(distinct[start : start + MONTHS_PER_INSERT_MAX], months.type)
        parts.append(rows.filter(pc.is_in(months, value_set=wanted)))
    return parts
