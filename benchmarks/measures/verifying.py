"""``journey verify``, beside reading and hashing what it verifies."""

from __future__ import annotations

import sqlite3
from hashlib import sha256
from time import perf_counter

from benchmarks.child import Answer, Given
from benchmarks.measures.whole_path import workspace_folder
from journey.audit import verify
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.settings import Settings


def journey(given: Given) -> Answer:
    """Verify the whole workspace."""
    if given.given.get("profile"):
        verify.IN_PROCESS_EVENTS = 2**62  # the profiler does not see into workers
    with Workspace(workspace_folder(given.folder, given.size), Settings()) as workspace:
        workspace.engine.catch_up()
        begun = perf_counter()
        report = verify_workspace(workspace)
        seconds = perf_counter() - begun
    assert report.is_clean, f"{report.findings[:3]}"
    facts = {"events": report.events, "customers": report.customers, "rows": report.rows}
    return Answer({"events_per_s": report.events / seconds}, facts)


def reference(given: Given) -> Answer:
    """Read every stored row and hash it."""
    db = sqlite3.connect(workspace_folder(given.folder, given.size) / "log.db")
    begun, events = perf_counter(), 0
    query = (
        "SELECT originator_id, originator_version, topic, state, leaf FROM stored_events "
        "ORDER BY position"
    )
    for *_, state, _ in db.execute(query):
        sha256(state).digest()
        events += 1
    seconds = perf_counter() - begun
    db.close()
    return Answer({"events_per_s": events / seconds}, {"events": events})
