"""A workspace that an older version made, brought to the format of today by small steps.

Rule 1: a step leads from one format to the next. What a released step does never changes.
Rule 2: a step changes one file, in one transaction, and finds out by itself what is done already.
    So a kill in between costs nothing: the next opening goes on from there.
Rule 3: the format is noted when its step is on disk.

States and tables have no steps: they can be made again from the log, see ``journey rebuild``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing

from journey.workspace import FORMAT, Folder
from schemas.codec import Codec
from schemas.envelope import decode
from schemas.errors import ContractError
from schemas.events import MergedOut, Restored
from schemas.recorded import recorded


def upgrade(folder: Folder, to: int = FORMAT) -> None:
    """Bring a workspace that is locked to a format; nothing to do, for most.

    Raises:
        sqlite3.DatabaseError: a file of it cannot be changed, or is damaged.
    """
    for format_ in range(folder.format + 1, to + 1):
        STEPS[format_](folder)
        folder.note_format(format_)


def _merges_in_chains(folder: Folder) -> None:
    """Of merged customers the log notes whom they became part of themselves, not the last alone.

    Without it nobody could be taken out of a chain again.
    """
    if not folder.log.is_file():
        return
    with closing(sqlite3.connect(folder.log, isolation_level=None)) as db, db:
        db.execute("BEGIN IMMEDIATE")
        columns = [row[1] for row in db.execute("PRAGMA table_info(merges)")]
        if not columns or "parent_id" in columns:
            return
        db.execute("ALTER TABLE merges ADD COLUMN parent_id BLOB")
        db.execute(
            "CREATE INDEX IF NOT EXISTS stored_events_restored ON stored_events (position) "
            f"WHERE topic = '{Restored.TYPE}'"
        )
        codec = Codec()
        merged = db.execute("SELECT state FROM stored_events WHERE topic = ?", (MergedOut.TYPE,))
        for (stored,) in merged.fetchall():
            try:
                event = recorded(decode(stored), codec)
            except ContractError:
                continue  # damaged: what is known of it stays, and verification tells
            if isinstance(event.fact, MergedOut):
                db.execute(
                    "UPDATE merges SET parent_id = ? WHERE customer_id = ?",
                    (event.fact.into, event.customer_id),
                )
        db.execute("UPDATE merges SET parent_id = into_id WHERE parent_id IS NULL")


# The format that a step leads to -> the step.
STEPS: Mapping[int, Callable[[Folder], None]] = {2: _merges_in_chains}
