"""The library's process recorder on SQLite, with positions, ids and leaf hashes of our own.

``eventsourcing`` brings the recorder's contract, its transactions and its tracking; here the table
gets an explicit position (a backup keeps it), a unique event id, and the leaf of the Merkle log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from eventsourcing.persistence import ConnectionPoolClosedError, Notification, StoredEvent, Tracking
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteProcessRecorder,
)

from schemas.events import (
    ActionDone,
    ActionOpened,
    ConfigurationPublished,
    CrossingDecided,
    OutreachApproved,
    Restored,
)

CACHE_KIB = 64 * 1024  # holds the inner pages of all indexes up to tens of millions of events
CHECKPOINT_PAGES = 32_000  # 128 MiB of write-ahead log: fewer, longer checkpoints

# Who is whom, fixed in the append's own transaction. All keys are keyed hashes of 16 bytes.
PLACES = (
    "CREATE TABLE IF NOT EXISTS identities ("
    "hash BLOB PRIMARY KEY, customer_id BLOB NOT NULL, rank INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS identities_of ON identities (customer_id)",
    "CREATE TABLE IF NOT EXISTS conversations ("
    "hash BLOB PRIMARY KEY, customer_id BLOB NOT NULL) WITHOUT ROWID",
    # Who somebody is today, and whom they became part of themselves; the same but in a chain.
    "CREATE TABLE IF NOT EXISTS merges ("
    "customer_id BLOB PRIMARY KEY, into_id BLOB NOT NULL, parent_id BLOB) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS merges_into ON merges (into_id)",
    "CREATE TABLE IF NOT EXISTS kinds (kind TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS log_facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
)


# position, stream, offset, type, stored bytes, event id, leaf: as the table has them
LogRow = tuple[int, str, int, str, bytes, bytes | None, bytes | None]


class _Pool(SQLiteConnectionPool):
    cache_kib = CACHE_KIB

    def _create_connection(self) -> SQLiteConnection:
        if self._closed:  # while it waited for its turn
            raise ConnectionPoolClosedError
        connection = super()._create_connection()
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL")  # what is acknowledged is on disk
        cursor.execute(f"PRAGMA cache_size=-{self.cache_kib}")
        cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        return connection

    def put_connection(self, conn: SQLiteConnection) -> None:
        """Take a connection back, never with a transaction left open by a commit that failed."""
        if not conn.closed and conn._sqlite_conn.in_transaction:
            conn.rollback()
        with self._put_condition:
            if not self._closed:
                super().put_connection(conn)
            else:
                self._in_use.pop(id(conn), None)
                conn.close()
                if conn.is_writer:
                    self._writer_lock.release()

    def close(self) -> None:
        """Close what is idle. What another thread uses is closed when that is done: the library
        would close it under the thread's feet, on which the process dies in SQLite.
        """
        with self._put_condition:
            self._closed = True
            while self._pool:
                self._pool.popleft().close()


class LogDatastore(SQLiteDatastore):
    """A SQLite file (or ``:memory:``) with text originator ids and durable commits.

    Args:
        cache_kib: how much of the file a connection may hold; a reader in order needs next to none.
    """

    def __init__(self, db_name: str, cache_kib: int = CACHE_KIB) -> None:
        super().__init__(db_name, originator_id_type="text")
        self.pool.close()
        # Every connection to ``:memory:`` would be a database of its own, so that one is shared.
        is_memory = SQLiteConnectionPool.detect_memory_mode(db_name)
        size, overflow = (1, 0) if is_memory else (5, 10)
        pool = _Pool(db_name=db_name, pool_size=size, max_overflow=overflow)
        pool.cache_kib = cache_kib
        self.pool = pool


# What watches record and rest on; the words by which the index of them is found.
WATCHED: Final = "topic IN ({})".format(
    ", ".join(f"'{kind.TYPE}'" for kind in (ActionOpened, ActionDone, CrossingDecided))
)


class LogRecorder(SQLiteProcessRecorder):
    """Stored events with a position, a unique id and a leaf each."""

    def __init__(
        self, datastore: SQLiteDatastore, events_table_name: str = "stored_events"
    ) -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self._insert = (
            f"INSERT INTO {events_table_name} "  # noqa: S608 - the table's name is ours
            "(position, originator_id, originator_version, topic, state, event_id, leaf) "
            "VALUES (?,?,?,?,?,?,?)"
        )

    def construct_create_table_statements(self) -> list[str]:
        """The events table, its indexes, tracking, and the indexes of who is whom."""
        name = self.events_table_name
        tracking = [s for s in super().construct_create_table_statements() if "tracking" in s]
        return [
            f"CREATE TABLE IF NOT EXISTS {name} ("
            "position INTEGER PRIMARY KEY, originator_id TEXT NOT NULL, "
            "originator_version INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL, "
            "event_id BLOB, leaf BLOB)",
            f"CREATE UNIQUE INDEX IF NOT EXISTS {name}_offset "
            f"ON {name} (originator_id, originator_version)",
            f"CREATE UNIQUE INDEX IF NOT EXISTS {name}_id "
            f"ON {name} (event_id) WHERE event_id IS NOT NULL",
            f"CREATE INDEX IF NOT EXISTS {name}_published ON {name} (position) "
            f"WHERE topic = '{ConfigurationPublished.TYPE}'",
            f"CREATE INDEX IF NOT EXISTS {name}_restored ON {name} (position) "
            f"WHERE topic = '{Restored.TYPE}'",
            f"CREATE INDEX IF NOT EXISTS {name}_approved ON {name} (position) "
            f"WHERE topic = '{OutreachApproved.TYPE}'",
            f"CREATE INDEX IF NOT EXISTS {name}_watched ON {name} (position) WHERE {WATCHED}",
            *tracking,
            *PLACES,
        ]

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        *,
        tracking: Tracking | None = None,
        **_: Any,
    ) -> Sequence[int] | None:
        c.execute(self.select_max_notification_id_statement)
        first = (c.fetchone()[0] or 0) + 1
        rows: list[LogRow] = [
            (at, str(s.originator_id), s.originator_version, s.topic, s.state, None, None)
            for at, s in enumerate(stored_events, first)
        ]
        self.insert(c, rows, tracking)
        return list(range(first, first + len(rows)))

    def insert(
        self, c: SQLiteCursor, rows: Sequence[LogRow], tracking: Tracking | None = None
    ) -> None:
        """The same of ready rows, with ids and leaves; the caller's transaction commits it."""
        c.executemany(self._insert, rows)
        if tracking is not None:
            self._insert_tracking(c, tracking)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Up to ``limit`` events from a position on. The library asks for ``rowid`` by that name,
        which SQLite does not give where the column has one of its own.
        """
        where: list[str] = []
        values: list[int | str] = []
        if start is not None:
            where.append("position >= ?" if inclusive_of_start else "position > ?")
            values.append(start)
        if stop is not None:
            where.append("position <= ?")
            values.append(stop)
        if topics:
            where.append(f"topic IN ({','.join('?' * len(topics))})")
            values += topics
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT position, originator_id, originator_version, topic, state "  # noqa: S608
                f"FROM {self.events_table_name} "
                f"{'WHERE ' if where else ''}{' AND '.join(where)} ORDER BY position LIMIT ?",
                [*values, limit],
            )
            return [
                Notification(row[1], row[2], row[3], row[4], row[0])  # the id comes last
                for row in c.fetchall()
            ]


def read_only(path: str) -> sqlite3.Connection:
    """A connection that cannot write, for readers beside the one writer."""
    return sqlite3.connect(read_only_name(path), uri=True, check_same_thread=False)


def read_only_name(path: str) -> str:
    """What a ``LogDatastore`` calls a file that it must not change."""
    return f"file:{quote(path)}?mode=ro"
