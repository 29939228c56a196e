"""Durable append, beside the plainest insert of the same bytes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from benchmarks.child import Answer, Given
from benchmarks.measures.samples import BATCH_DRAFTS, batches
from benchmarks.measures.timing import Tenths
from journey.clock import SystemClock
from journey.log.keys import KeyStore, WorkspaceKeys
from journey.log.recorder import CACHE_KIB, CHECKPOINT_PAGES
from journey.log.sqlite_log import SqliteEventLog
from journey.ports import Outcome
from projections.configuration import DEFAULT, document

MASTER = bytes(range(32))


def fresh(folder: Path) -> Path:
    """A new, empty folder in the place of an old one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def journey(given: Given) -> Answer:
    """Everything that an append does. The log of the latest run stays, for the reference."""
    size, ids = given.size, given.given["ids"]
    folder = fresh(given.folder / f"append-{ids}")
    keys = WorkspaceKeys(MASTER)
    people = KeyStore(str(folder / "keys.db"), keys.wrap)
    first = document(DEFAULT)
    log = SqliteEventLog(str(folder / "log.db"), keys, people, SystemClock(), lambda: first)
    watch, appended = Tenths(size.events), 0
    for batch in batches(size, ids):
        watch.start()
        receipts = log.append(batch)
        watch.stop(len(batch))
        appended += sum(receipt.outcome is Outcome.APPENDED for receipt in receipts)
    assert appended == size.events, f"{appended} of {size.events} were appended"
    log.close()
    people.close()
    return _answer(watch, size.events, {"customers": size.customers, "ids": ids})


def reference(given: Given) -> Answer:
    """The same bytes, ready-made: as many in a batch, durable as often."""
    folder = given.folder / f"append-{given.given['ids']}"
    beside = fresh(given.folder / "append-reference")
    db = sqlite3.connect(beside / "bare.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    db.execute("CREATE TABLE bare (position INTEGER PRIMARY KEY, state BLOB)")
    watch, stored = Tenths(given.size.events), 0
    for rows in _stored(folder / "log.db", given.size.events):
        watch.start()
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO bare VALUES (?,?)", rows)
        db.execute("COMMIT")
        watch.stop(len(rows))
        stored += sum(len(state) for _, state in rows)
    db.close()
    shutil.rmtree(beside)
    mean = round(stored / given.size.events)
    return _answer(watch, given.size.events, {"stored_bytes_mean": mean})


def _stored(log: Path, events: int) -> Iterator[list[tuple[int, bytes]]]:
    """What the log stored last, so without the configuration that it begins with."""
    db = sqlite3.connect(log)
    query = "SELECT position, state FROM stored_events WHERE position > ? ORDER BY position LIMIT ?"
    after = db.execute("SELECT MAX(position) FROM stored_events").fetchone()[0] - events
    while rows := db.execute(query, (after, BATCH_DRAFTS)).fetchall():
        yield rows
        after = rows[-1][0]
    db.close()


def _answer(watch: Tenths, events: int, facts: dict[str, object]) -> Answer:
    figures = {
        "events_per_s": events / watch.seconds,
        "us": watch.seconds / events * 1e6,
        "last_by_first": watch.last_by_first,
    }
    tenths = [round(rate) for rate in watch.rates]
    return Answer(figures, {"events": events, **facts, "events_per_s_of_tenths": tenths})
