"""The whole path of an import, beside decoding and storing and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from itertools import islice
from pathlib import Path
from time import perf_counter

import msgspec

from benchmarks.case import Size
from benchmarks.child import Answer, Given
from benchmarks.measures.append import fresh
from benchmarks.measures.memory import PeakMemory
from benchmarks.measures.samples import make_sample, sample_file
from benchmarks.measures.timing import Tenths
from journey.bootstrap import Workspace
from journey.importing import APPEND_DRAFTS, import_file
from journey.settings import Settings
from journey.workspace import make

DONE = "made"  # beside the workspace, once it is complete


def workspace_folder(folder: Path, size: Size) -> Path:
    """Where the latest whole path left its workspace."""
    return folder / f"workspace-{size.events}"


def journey(given: Given) -> Answer:
    """Import the sample into an empty workspace, which stays for the benchmarks that ask it."""
    path, size = sample_file(given.folder, given.size), given.size
    folder = workspace_folder(given.folder, size)
    done = folder.with_suffix(f".{DONE}")
    done.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    make(folder, with_key=True)
    with PeakMemory() as memory, Workspace(folder, Settings()) as workspace:
        watch = Tenths(size.events)
        watch.start()
        counts = import_file(workspace, "jsonl", str(path), watch.stop)
        end = perf_counter()
        watch.stop(0)
        seconds = watch.seconds
        assert counts.appended == size.events, f"{counts}"
        facts = {
            "events": counts.appended,
            "customers": workspace.store.customers(),
            "records": workspace.log.last_position(),
            "events_per_s_of_tenths": [round(rate) for rate in watch.rates],
        }
    done.touch()
    figures = {
        "events_per_s": size.events / seconds,
        "last_by_first": watch.last_by_first,
        "end_s": end - watch.stopped_at,
        "all_mib": memory.mib,
    }
    return Answer(figures, facts)


def make_workspace(given: Given) -> Answer:
    """Make the workspace that other benchmarks ask, if no whole path has made it."""
    done = workspace_folder(given.folder, given.size).with_suffix(f".{DONE}")
    if not done.exists():
        make_sample(given)
        journey(given)
    return Answer({}, {})


def reference(given: Given) -> Answer:
    """Decode every line, and store its bytes as they are."""
    beside = fresh(given.folder / "whole-path-reference")
    db = sqlite3.connect(beside / "bare.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE bare (position INTEGER PRIMARY KEY, line BLOB)")
    decode = msgspec.json.Decoder().decode
    watch, position = Tenths(given.size.events), 0
    watch.start()
    with sample_file(given.folder, given.size).open("rb") as file:
        while lines := list(islice(file, APPEND_DRAFTS)):
            for line in lines:
                decode(line)
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO bare VALUES (?,?)", enumerate(lines, position + 1))
            db.execute("COMMIT")
            position += len(lines)
            watch.stop(len(lines))
    db.close()
    shutil.rmtree(beside)
    figures = {
        "events_per_s": given.size.events / watch.seconds,
        "last_by_first": watch.last_by_first,
    }
    return Answer(figures, {"events": position})
