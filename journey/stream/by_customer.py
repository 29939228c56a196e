"""Which events of the log are whose, for the relay: a merge needs a history of another partition.

The log is ordered by partition and has no index by customer. This one grows at its end, whoever
the events are of: it is cut into spans of the log, and sorted within each. It can be made again
from the log at any time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from journey.stream.wire import Row
from schemas.codec import Codec
from schemas.envelope import decode
from schemas.events import Absorbed, SplitOut
from schemas.recorded import recorded

SPAN_BITS: Final = 18  # a span has 262,144 positions: one look-up each finds a customer's events
TABLES = (
    "CREATE TABLE IF NOT EXISTS events (span INTEGER, customer_id BLOB, position INTEGER, "
    "PRIMARY KEY (span, customer_id, position)) WITHOUT ROWID",
    # Whose part somebody became at a position, or was no longer.
    "CREATE TABLE IF NOT EXISTS parts (whole_id BLOB, position INTEGER, part_id BLOB, "
    "joins INTEGER, PRIMARY KEY (whole_id, position)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
)


class _Visit(NamedTuple):
    """Somebody whose history is being gathered.

    Args:
        found: positions so far.
        parts: who else belongs to it, or no longer does, each with the position that told it.
        joins: whether it belongs to the history of whom led here, or is taken out of it.
    """

    found: set[int]
    parts: Iterator[tuple[bytes, int, int]]
    joins: int


class ByCustomer:
    """The index of one log, in a file beside it.

    Args:
        path: the file; one of another log, or of events that it has no more, is made anew.
        log: what tells the log from every other.
        stored_at: what the log has at a position.
    """

    def __init__(
        self, path: Path, log: str, stored_at: Callable[[int], bytes | None] | None = None
    ) -> None:
        self._db = _opened(path)
        facts = dict(self._db.execute("SELECT name, value FROM facts"))
        is_ours = facts.get("log", log) == log
        if stored_at is not None and facts.get("through"):  # an older log may have been restored
            is_ours = is_ours and facts.get("last") == _hash(stored_at(facts["through"]) or b"")
        if not is_ours:
            self._db.close()
            path.unlink()
            self._db = _opened(path)
            facts = {}
        self._log = log
        self.through = int(facts.get("through", 0))

    def add(self, rows: Sequence[Row]) -> None:
        """Take in the next events, in order."""
        if not rows:
            return
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT OR IGNORE INTO events VALUES (?,?,?)",
                sorted(
                    (row.position >> SPAN_BITS, owner, row.position)
                    for row in rows
                    if (owner := row.cut.customer_id)
                ),
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO parts VALUES (?,?,?,?)",
                [
                    (
                        row.cut.customer_id,
                        row.position,
                        part_of(row.stored),
                        row.type == Absorbed.TYPE,
                    )
                    for row in rows
                    if row.type in (Absorbed.TYPE, SplitOut.TYPE)
                ],
            )
            if rows[-1].position > self.through:
                self.through = rows[-1].position
                told = [("through", self.through), ("last", _hash(rows[-1].stored))]
                self._db.executemany(
                    "INSERT OR REPLACE INTO facts VALUES (?,?)", [("log", self._log), *told]
                )

    def of(self, customer: bytes, before: int) -> list[int]:
        """Where a customer's events before a position are, those of whoever is a part included.

        A loop, since a chain of mergers may be as long as it likes. Each part lies before what led
        to it: there is no circle.
        """
        path = [self._visit(customer, before)]  # from the customer down
        while True:
            visit = path[-1]
            if (part := next(visit.parts, None)) is not None:
                path.append(self._visit(*part))
                continue
            path.pop()
            if not path:
                return sorted(visit.found)
            whole = path[-1]
            if not visit.joins:
                whole.found.difference_update(visit.found)
            elif len(visit.found) > len(whole.found):  # a chain costs no square of its length
                visit.found.update(whole.found)
                path[-1] = whole._replace(found=visit.found)
            else:
                whole.found.update(visit.found)

    def _visit(self, customer: bytes, before: int, joins: int = 1) -> _Visit:
        spans = range((before >> SPAN_BITS) + 1)
        found = {
            position
            for span in spans
            for (position,) in self._db.execute(
                "SELECT position FROM events WHERE span = ? AND customer_id = ? AND position < ?",
                (span, customer, before),
            )
        }
        parts = self._db.execute(
            "SELECT part_id, position, joins FROM parts WHERE whole_id = ? AND position < ? "
            "ORDER BY position",
            (customer, before),
        ).fetchall()
        return _Visit(found, iter(parts), joins)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def part_of(stored: bytes) -> bytes:
    """Who becomes a part, or is none any more, by an ``absorbed`` or a ``split-out`` event."""
    fact = recorded(decode(stored), _CODEC).fact
    assert isinstance(fact, Absorbed | SplitOut)  # noqa: S101 - the caller looked at its type
    return fact.customer


_CODEC = Codec()


def _hash(stored: bytes) -> str:
    return sha256(stored).hexdigest()


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _made(path)
    except sqlite3.DatabaseError:  # damaged: it can be made again
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{end}").unlink()
        return _made(path)


def _made(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    for statement in _statements():
        db.execute(statement)
    return db


def _statements() -> Iterable[str]:
    yield "PRAGMA journal_mode=WAL"
    yield "PRAGMA synchronous=NORMAL"  # what a power cut takes is read from the log again
    yield from TABLES
