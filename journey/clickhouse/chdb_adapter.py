"""The published tables in this process: ClickHouse as a library (chDB).

Everything about it that bites is handled here and nowhere else:

- Rows go in by ``INSERT … SELECT … FROM Python(rows)``. Its stream inserter reports success for
  rows that it lost, and data inside a statement ends at the first blank line.
- Importing it, and each connecting, puts in signal handlers that hang the process on a crash;
  they are taken out, and connecting is told not to put them in again.
- One process may open a folder, one folder may be open in a process, and one connection runs one
  statement at a time: a lock makes threads wait for each other.
- After a statement that failed half-way, the next one answers with the rows that the failed one
  had found so far. So a statement that nobody waits for comes in between.
- The process must not fork afterwards.
"""

from __future__ import annotations

import fcntl
import itertools
import re
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from journey.clickhouse import ddl
from journey.clickhouse.analytics import MEANING, SqlAnalytics, closed
from journey.clickhouse.parameters import Value, tsv
from journey.clickhouse.refusals import refusal
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
SESSION: dict[str, int | str] = MEANING | {
    "max_memory_usage": 1024 * MIB,  # one question may not take the laptop down
    "max_bytes_before_external_group_by": 768 * MIB,  # beyond it, the disk: slower, not refused
    "max_bytes_before_external_sort": 512 * MIB,
    "max_threads": 2,
    # The default of 1 GiB left one thread, as the whole engine may use 2 GiB and has some in use.
    "max_threads_min_free_memory_per_thread": 256 * MIB,
    "max_insert_threads": 1,
    "implicit_select": 0,
    "output_format_arrow_compression_method": "none",  # it stays in memory
}

_memories = itertools.count(1)
_PID = re.compile(r"PID: (\d+)")


class ChdbAnalytics(SqlAnalytics):
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
        # Instances in memory share one engine, so each has a database.
        super().__init__(DATABASE if folder else f"{DATABASE}_{next(_memories)}")
        self._is_temporary = folder is None
        self._connection: Any = _connect(folder)
        database = ddl.quoted(self._database)
        self.execute(f"CREATE DATABASE IF NOT EXISTS {database}")
        self.execute(f"USE {database}")

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

    def _insert(self, table: Table, generation: int, rows: pa.Table) -> None:
        """Run an insert; the engine finds ``rows`` by its name, in the frames that called it."""
        self._run(ddl.insert_from(table, generation, "Python(rows)"), {}, "Null")

    def _select(self, statement: str, given: Mapping[str, Value]) -> pa.Table:
        answer = self._run(statement, given, "ArrowStream")
        # A copy: the engine frees its buffer with the answer.
        return pa.ipc.open_stream(pa.py_buffer(answer.bytes())).read_all()

    def _drain(self) -> None:
        """Take away what a failed statement had answered: the next one would answer that."""
        with suppress(RuntimeError):
            self._connection.query("SELECT 1", "Null")

    def _run(self, statement: str, given: Mapping[str, Value], form: str) -> Any:
        texts = {name: tsv(value) for name, value in given.items()}
        with self._lock:
            if self._connection is None:
                raise closed()
            try:
                answer = self._connection.query(statement, form, params=texts)
            except RuntimeError as error:
                self._drain()
                raise refusal(str(error)) from None
            if answer.has_error():
                self._drain()
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
