"""The state store: what the engine knows after its checkpoint, in one SQLite file.

Everything here can be had again from the log. One transaction moves states, timers, positions,
checkpoint, watermarks and the outbox together, so that a kill leaves the one moment or the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from journey.ids import id_range
from projections.projection import NEVER
from schemas.times import Instant

_ASK_AT_ONCE: Final = 500
CACHE_KIB = 64 * 1024
CHECKPOINT_PAGES = 32_000  # 128 MiB of write-ahead log: a page is copied home less often
LOCKED_MAX_S = 60.0  # one process folds and another publishes: each commit waits for the other's

TABLES = (
    # With row ids: a state of up to 4 KiB is in one page and stays there; without, what is over a
    # quarter of a page lies in pages of its own, given back and taken anew at every change.
    "CREATE TABLE IF NOT EXISTS states (customer_id BLOB PRIMARY KEY, state BLOB NOT NULL, "
    "meaning_wakes INTEGER NOT NULL, decisions_wake INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS states_meaning ON states (meaning_wakes)",
    "CREATE INDEX IF NOT EXISTS states_decisions ON states (decisions_wake)",
    # Which events of the log are a customer's, those of merged customers included.
    "CREATE TABLE IF NOT EXISTS history (customer_id BLOB, position INTEGER, "
    "PRIMARY KEY (customer_id, position)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, "
    "n INTEGER NOT NULL, rows BLOB NOT NULL)",
    # What waits is counted after every commit: without a look at the rows.
    "CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (table_name, n)",
    "CREATE TABLE IF NOT EXISTS corrections (id INTEGER PRIMARY KEY, correction BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS progress (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
)

_PUT_STATE: Final = (
    "INSERT INTO states VALUES (?,?,?,?) ON CONFLICT (customer_id) DO UPDATE SET "
    "state = excluded.state, meaning_wakes = excluded.meaning_wakes, "
    "decisions_wake = excluded.decisions_wake"
)


class Saved(NamedTuple):
    """One customer's state as it is kept."""

    customer_id: bytes
    state: bytes
    meaning_wakes: Instant
    decisions_wake: Instant


class Correction(msgspec.Struct, frozen=True):
    """A published row that a late event, a merge or an unlinked identity changed.

    ``fields`` gives each changed column its value before and after; a row that is no more has all
    its columns with ``None`` after.
    """

    corrected_at: Instant
    customer_id: str
    cause: str  # event id
    why: str  # late, merged or unlinked
    table: str
    key: list[Any]
    fields: dict[str, tuple[Any, Any]]


class Commit(NamedTuple):
    """What one step of the engine changes."""

    states: list[Saved]
    gone: list[bytes]
    history: list[tuple[bytes, int]]
    left: list[tuple[bytes, int]]  # of ``history``, what is no longer so
    blocks: list[tuple[str, int, bytes]]
    corrections: list[Correction]
    progress: dict[str, Any]


class StateReader:
    """What the engine knows, for whoever changes nothing of it.

    Args:
        db: the state file; closed with this.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def states(self, customers: Iterable[bytes]) -> dict[bytes, bytes]:
        """The saved states of these customers, as far as there are any."""
        asked = list(customers)
        found: dict[bytes, bytes] = {}
        for start in range(0, len(asked), _ASK_AT_ONCE):
            part = asked[start : start + _ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            found.update(
                self._db.execute(
                    f"SELECT customer_id, state FROM states WHERE customer_id IN ({marks})",  # noqa: S608
                    part,
                )
            )
        return found

    def due(self, meaning: Instant, decisions: Instant, limit: int) -> list[bytes]:
        """Customers with a meaning timer, or a trigger's timer, before these times."""
        rows = self._db.execute(
            "SELECT customer_id FROM states WHERE decisions_wake < ? "
            "UNION SELECT customer_id FROM states WHERE meaning_wakes < ? LIMIT ?",
            (decisions, meaning, limit),
        )
        return [row[0] for row in rows]

    def next_due(self, *, decisions: bool = False) -> Instant:
        """The first meaning timer of all, with ``decisions`` any timer; NEVER if none waits."""
        query = "SELECT MIN(meaning_wakes), MIN(decisions_wake) FROM states"
        meaning, deciding = self._db.execute(query).fetchone()
        found = [at for at in (meaning, deciding if decisions else None) if at is not None]
        return min(found, default=NEVER)

    def positions(self, customer: bytes) -> list[int]:
        """Where in the log the events of a customer are, in order."""
        rows = self._db.execute(
            "SELECT position FROM history WHERE customer_id = ? ORDER BY position", (customer,)
        )
        return [row[0] for row in rows]

    def histories(self) -> Iterator[tuple[bytes, int]]:
        """Customer and position of every event of every customer of today, in this order."""
        query = "SELECT customer_id, position FROM states JOIN history USING (customer_id)"
        yield from self._db.execute(f"{query} ORDER BY customer_id, position")

    def by_prefix(self, digits: str) -> list[bytes]:
        """The customers whose ids begin with these hexadecimal digits; two at most."""
        query = "SELECT DISTINCT customer_id FROM history WHERE customer_id BETWEEN ? AND ? LIMIT 2"
        return [row[0] for row in self._db.execute(query, id_range(digits))]

    def progress(self) -> dict[str, Any]:
        """Checkpoint, watermarks and whatever else ``Commit.progress`` set."""
        return dict(self._db.execute("SELECT name, value FROM progress"))

    def waiting(self) -> dict[str, int]:
        """Table -> how many of its rows wait for ClickHouse, of those that have any."""
        return dict(self._db.execute("SELECT table_name, SUM(n) FROM outbox GROUP BY table_name"))

    def outbox(self, table: str | None = None) -> Iterator[tuple[int, str, int]]:
        """Id, table and number of rows of every block that waits, the oldest first.

        Args:
            table: only of this one.
        """
        where, values = ("", ()) if table is None else ("WHERE table_name = ?", (table,))
        query = f"SELECT id, table_name, n FROM outbox {where} ORDER BY id"  # noqa: S608
        yield from self._db.execute(query, values)

    def blocks(self, ids: Sequence[int]) -> list[bytes]:
        """The rows of these blocks, each an Arrow stream."""
        return [
            self._db.execute("SELECT rows FROM outbox WHERE id = ?", (i,)).fetchone()[0]
            for i in ids
        ]

    def corrections(self, limit: int) -> Iterator[Correction]:
        """The latest corrections, newest first."""
        rows = self._db.execute(
            "SELECT correction FROM corrections ORDER BY id DESC LIMIT ?", (limit,)
        )
        for (blob,) in rows:
            yield msgspec.msgpack.decode(blob, type=Correction)

    def customers(self) -> int:
        """How many customers there are."""
        return int(self._db.execute("SELECT COUNT(*) FROM states").fetchone()[0])

    def saved(self, low: bytes, high: bytes | None) -> Iterator[Saved]:
        """All states of the customers from ``low`` to before ``high``, in order."""
        bound, values = ("AND customer_id < ?", (low, high)) if high else ("", (low,))
        query = "SELECT customer_id, state, meaning_wakes, decisions_wake FROM states"
        for row in self._db.execute(f"{query} WHERE customer_id >= ? {bound} ORDER BY 1", values):
            yield Saved(*row)

    def close(self) -> None:
        """Close the database."""
        self._db.close()


class StateStore(StateReader):
    """States and progress on SQLite; ``:memory:`` is its twin.

    Args:
        cache_kib: how much of the file is held in memory.
        checkpoint_pages: how long the write-ahead log may grow.
    """

    # Never behind what ClickHouse has seen: a revision that was used must not come again.
    SYNCHRONOUS = "FULL"

    def __init__(
        self, path: str, cache_kib: int = CACHE_KIB, checkpoint_pages: int = CHECKPOINT_PAGES
    ) -> None:
        super().__init__(
            sqlite3.connect(
                path, timeout=LOCKED_MAX_S, isolation_level=None, check_same_thread=False
            )
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={self.SYNCHRONOUS}")
        self._db.execute(f"PRAGMA cache_size=-{cache_kib}")
        self._db.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")
        for statement in TABLES:
            self._db.execute(statement)

    def commit(self, change: Commit) -> None:
        """All of it or nothing."""
        with self._db:  # commits, or rolls back after an error
            self._db.execute("BEGIN IMMEDIATE")
            self._write(change)

    def _write(self, change: Commit) -> None:
        db = self._db
        db.executemany(_PUT_STATE, sorted(change.states))
        db.executemany("DELETE FROM states WHERE customer_id = ?", [(c,) for c in change.gone])
        db.executemany("INSERT OR IGNORE INTO history VALUES (?,?)", sorted(change.history))
        db.executemany(
            "DELETE FROM history WHERE customer_id = ? AND position = ?", sorted(change.left)
        )
        db.executemany("INSERT INTO outbox (table_name, n, rows) VALUES (?,?,?)", change.blocks)
        db.executemany(
            "INSERT INTO corrections (correction) VALUES (?)",
            [(msgspec.msgpack.encode(c),) for c in change.corrections],
        )
        db.executemany(
            "INSERT OR REPLACE INTO progress VALUES (?,?)", list(change.progress.items())
        )

    def flushed(self, ids: Sequence[int]) -> None:
        """These blocks are in ClickHouse."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("DELETE FROM outbox WHERE id = ?", [(i,) for i in ids])

    def close(self) -> None:
        """Close the database, all of it in its one file."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()
