"""The published tables on a ClickHouse server, by its native protocol (clickhouse-driver).

Everything about it that bites is handled here and nowhere else:

- Whether an insert arrived whose answer was lost is unknown: it is sent again, with a token made of
  its rows, by which the server knows what it has.
- A connection runs one statement at a time: a thread takes an idle one, or makes one more.
- Values that are missing are filled into the lists that were given, so it is given tuples. Of a
  time it makes a float and an object, so times travel as whole numbers.
- A connection names its database, and is refused while that is not there.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from time import sleep
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
from clickhouse_driver import Client
from clickhouse_driver.util.helpers import parse_url

from journey.clickhouse import ddl
from journey.clickhouse.address import Address
from journey.clickhouse.analytics import MEANING, SqlAnalytics, closed
from journey.clickhouse.failures import RAISED, failure, lacks_database, passes
from journey.clickhouse.parameters import Value, tsv
from projections.tables import Table
from schemas.errors import AnalyticsError, ConfigurationError, WorkspaceError

# One insert makes a part a month, at most 100: the last ten inserts at least are remembered.
INSERTS_KNOWN = 1_000
WAITS_S = (0.1, 0.5, 2.0, 5.0)  # before an insert or a question is sent again
MARK = "journey_workspace"  # the view that says whose tables these are
# Of the driver, and of every statement. What the address says does not change these.
FIXED: dict[str, Any] = MEANING | {
    "server_side_params": True,
    "use_numpy": False,
    "strings_as_bytes": False,
    "strings_encoding": "utf-8",
    "input_format_null_as_default": False,
    # Acknowledged is written. Our inserts are large: there is nothing for the server to gather.
    "async_insert": 0,
}

# Without it Python prints the driver's warnings. What they tell comes as an error, or is over.
logging.getLogger("clickhouse_driver").addHandler(logging.NullHandler())

_Answer = TypeVar("_Answer")


class Mark(NamedTuple):
    """Whose tables a database has, and which of the databases that ever were it is."""

    workspace: str
    made: str


class DriverAnalytics(SqlAnalytics):
    """The ``Analytics`` port on a server.

    Args:
        address: where it is. The database is made if it is missing.
        workspace: an id of whoever publishes; a database takes the tables of one only.
        only_read: somebody else publishes, under an id that begins so; nothing is marked.
        waits_s: how long to wait before each time that something is tried again.

    Raises:
        ConfigurationError: a setting in the address cannot be used.
        WorkspaceError: the database is another workspace's, or holds something else.
        AnalyticsError: the server cannot be reached, or refuses us.
    """

    def __init__(
        self,
        address: Address,
        workspace: str,
        waits_s: Sequence[float] = WAITS_S,
        *,
        only_read: bool = False,
    ) -> None:
        super().__init__(address.database, inserts_known=INSERTS_KNOWN, times_as_numbers=True)
        self._address = address
        self._waits_s, self._only_read = waits_s, only_read
        self._host, self._options = _options(address)
        self._idle: list[Client] = []
        self._is_closed = False
        with ExitStack() as opened:  # closed again if this is not ours to use
            opened.callback(self.close)
            with self._told():
                self._open()
            mark = self._take(workspace)
            self.owner, self._made = mark.workspace, mark.made
            opened.pop_all()

    @property
    def place(self) -> str:
        """Which database this is, whatever it is called and wherever it moves."""
        return f"clickhouse {self._made}"

    def newest(self, tables: Sequence[Table], generation: int) -> int | None:
        """The highest revision of any row, of whatever version.

        ``None`` if there is no table, or one of these is missing.
        """
        names = ddl.of_generation(self._existing(), generation)
        wanted = {ddl.physical_name(table, generation) for table in tables}
        if not names or not wanted <= set(names):
            return None
        statement = ddl.select_newest(names)
        return max(self._select(statement, {})["newest"].to_pylist(), default=0)

    def execute(self, statement: str) -> None:
        """Run one statement of ours, for tests and upkeep; not a way in for users."""
        with self._told(), self._client() as client:
            client.execute(statement)

    def close(self) -> None:
        """Let go of the connections; a second time does nothing."""
        with self._lock:
            self._is_closed = True
            while self._idle:
                self._idle.pop().disconnect()

    def _insert(self, table: Table, generation: int, rows: pa.Table) -> None:
        statement = ddl.insert_values(table, generation)
        columns = [_values(rows[name]) for name in rows.column_names]
        known = {"insert_deduplication_token": _token(rows)}

        def send(client: Client) -> None:
            client.execute(statement, columns, columnar=True, settings=known)

        self._persist(send)

    def _select(self, statement: str, given: Mapping[str, Value]) -> pa.Table:
        # The driver escapes texts itself, twice, as the server wants it.
        values = {n: v if isinstance(v, str) else tsv(v) for n, v in given.items()}

        def ask(client: Client) -> pa.Table:
            try:
                return client.query_arrow(statement, params=values, field_metadata=False)
            except (pa.ArrowException, ValueError) as error:
                raise AnalyticsError(
                    f"The answer has a column that cannot be read ({error}): make it plain, as "
                    "toString() does."
                ) from None

        return self._persist(ask)

    def _persist(self, act: Callable[[Client], _Answer]) -> _Answer:
        """Do what may be done twice, again and again while it fails for reasons that pass."""
        with self._told():
            for wait_s in self._waits_s:
                try:
                    with self._client() as client:
                        return act(client)
                except RAISED as error:
                    if not passes(error):
                        raise
                    sleep(wait_s)
            with self._client() as client:
                return act(client)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the driver raises, as a user is told it."""
        try:
            yield
        except RAISED as error:
            raise failure(error, self._address.shown) from None

    @contextmanager
    def _client(self) -> Iterator[Client]:
        """A client for one statement of this thread."""
        with self._lock:
            if self._is_closed:
                raise closed()
            client = self._idle.pop() if self._idle else self._connectable(self._database)
        try:
            yield client  # after an error it is disconnected, and connects again when next used
        finally:
            self._put_back(client)

    def _put_back(self, client: Client) -> None:
        with self._lock:
            if self._is_closed:  # by another thread, meanwhile
                client.disconnect()
            else:
                self._idle.append(client)

    def _connectable(self, database: str) -> Client:
        return Client(self._host, **self._options | {"database": database})

    def _open(self) -> None:
        """Reach the server, and make the database if it is missing."""
        try:
            with self._client() as client:
                client.execute("SELECT 1")
        except RAISED as error:
            if not lacks_database(error):
                raise
            with self._connectable("") as somewhere:  # the user's own default, which is there
                name = ddl.quoted(self._database)
                somewhere.execute(f"CREATE DATABASE IF NOT EXISTS {name}")

    def _take(self, workspace: str) -> Mark:
        """Mark an empty database as this workspace's, or find that it is; its mark.

        A view of two words is the mark: it is made whole, and by one alone if two want to.
        """
        existing = self._existing()
        where = f"The database {self._database} at {self._address.shown}"
        if MARK not in existing:
            if self._only_read:
                raise WorkspaceError(f"{where} has no tables yet: start 'journey worker' first.")
            if existing:
                raise WorkspaceError(
                    f"{where} holds other things ({', '.join(sorted(existing)[:3])}) and no "
                    "workspace's tables: name an empty or a new database in JOURNEY_CLICKHOUSE."
                )
            words = (ddl.literal(workspace), ddl.literal(secrets.token_hex(8)))
            self.execute(
                f"CREATE VIEW IF NOT EXISTS {ddl.quoted(MARK)} AS "
                f"SELECT {words[0]} AS workspace, {words[1]} AS made "
                "COMMENT 'Whose tables these are: a workspace refuses those of another.'"
            )
        mark = self._mark()
        begins = self._only_read and mark.workspace.startswith(workspace)
        if mark.workspace != workspace and not begins:
            if not self._only_read and _same_log(mark.workspace, workspace):
                raise WorkspaceError(
                    f"{where} has tables made under other rules or another configuration: name an "
                    "empty database in JOURNEY_CLICKHOUSE, which workers fill beside this one."
                )
            raise WorkspaceError(
                f"{where} has the tables of another workspace ({mark.workspace}; this one is "
                f"{workspace}): name another database in JOURNEY_CLICKHOUSE, or drop this one if "
                "that workspace is no more."
            )
        return mark

    def _mark(self) -> Mark:
        # Our own name, quoted; no value is in it.
        statement = f"SELECT workspace, made FROM {ddl.quoted(MARK)}"  # noqa: S608
        rows = self._select(statement, {}).to_pylist()
        if len(rows) != 1:
            raise AnalyticsError(
                f"The view {MARK} of the database {self._database} was changed: drop the database, "
                "then make its tables again (journey rebuild)."
            )
        return Mark(**rows[0])


def _same_log(one: str, other: str) -> bool:
    """Whether both are of workers of one log, whose last word stands for the rules."""
    log = other.rpartition(" ")[0]
    return bool(log) and one.rpartition(" ")[0] == log


def _options(address: Address) -> tuple[str, dict[str, Any]]:
    """The host, and what else the driver is to know."""
    try:
        host, options = parse_url(address.text)
    except (ValueError, AttributeError, IndexError) as error:
        raise ConfigurationError(
            f"A setting in JOURNEY_CLICKHOUSE cannot be used ({error}): correct what follows the "
            "question mark."
        ) from None
    # A misspelt setting is refused, where a server would go on without it.
    options.setdefault("settings_is_important", True)
    options["settings"] = options.get("settings", {}) | FIXED
    return host, options


def _values(column: pa.ChunkedArray) -> tuple[Any, ...]:
    """A column as the driver wants it."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())  # in microseconds, as the column's type counts them
    return tuple(column.to_pylist())


def _token(rows: pa.Table) -> str:
    """A name for an insert that is made of its rows: the same for the same."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
