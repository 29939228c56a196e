"""Whole imports of foreign forms, beside reading the same file and storing what was read."""

from __future__ import annotations

import csv
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import process_time

import msgspec

from benchmarks.child import Answer, Given
from benchmarks.measures.append import fresh
from benchmarks.measures.dialects import mapping_file, segment_file, table_file
from benchmarks.measures.memory import PeakMemory
from benchmarks.measures.timing import Tenths
from journey.bootstrap import Workspace
from journey.importing import APPEND_DRAFTS, import_file
from journey.settings import Settings
from journey.workspace import make

QUARANTINED_MAX = 0.01  # of the table: messages of conversations whose beginning it does not have


def journey(given: Given) -> Answer:
    """Import the file into an empty workspace, which goes afterwards."""
    form, events = given.given["form"], given.size.events
    mapping = mapping_file(given.folder) if form == "csv" else None
    folder = fresh(given.folder / f"import-{form}")
    make(folder, with_key=True)
    with PeakMemory() as memory, Workspace(folder, Settings()) as workspace:
        watch = Tenths(events)
        watch.start()
        cpu = process_time()
        counts = import_file(workspace, form, str(_file(given)), watch.stop, mapping)
        own = process_time() - cpu
        watch.stop(0)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)  # the follower, and nothing else
    assert counts.read == events, f"{counts}"
    assert counts.quarantined <= events * QUARANTINED_MAX, f"{counts}"
    shutil.rmtree(folder)
    figures = {
        "events_per_s": counts.appended / watch.seconds,
        "own_cpu_us": own / events * 1e6,
        "follower_cpu_us": (ended.ru_utime + ended.ru_stime) / events * 1e6,
        "all_mib": memory.mib,
        "last_by_first": watch.last_by_first,
    }
    rates = [round(rate) for rate in watch.rates]
    return Answer(figures, {"counts": counts, "events_per_s_of_tenths": rates})


def reference(given: Given) -> Answer:
    """Read every record with a library, and store it as a row."""
    beside = fresh(given.folder / "import-reference")
    db = sqlite3.connect(beside / "bare.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE bare (position INTEGER PRIMARY KEY, line BLOB)")
    watch, position = Tenths(given.size.events), 0
    records = _rows(_file(given)) if given.given["form"] == "csv" else _calls(_file(given))
    watch.start()
    while lines := list(islice(records, APPEND_DRAFTS)):
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO bare VALUES (?,?)", enumerate(lines, position + 1))
        db.execute("COMMIT")
        position += len(lines)
        watch.stop(len(lines))
    db.close()
    shutil.rmtree(beside)
    figures = {
        "events_per_s": position / watch.seconds,
        "last_by_first": watch.last_by_first,
    }
    return Answer(figures, {"records": position})


def _file(given: Given) -> Path:
    where = table_file if given.given["form"] == "csv" else segment_file
    return where(given.folder, given.size)


def _rows(path: Path) -> Iterator[str]:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            yield "\t".join(row)


def _calls(path: Path) -> Iterator[bytes]:
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as file:
        for line in file:
            decode(line)
            yield line
