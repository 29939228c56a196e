"""Notes of who appends, beside the facts of the log: how far an import has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from journey.log.keys import WorkspaceKeys
from journey.ports import Note

_PREFIX = "note:"  # apart from the log's own facts


def note_name(keys: WorkspaceKeys, parts: Sequence[str]) -> str:
    """A name made of words that must not lie in clear, such as the name of a file."""
    return keys.hash(b"note", *(part.encode() for part in parts)).hex()


def write_note(cursor: Any, note: Note) -> None:
    """Write or forget a note, in the caller's transaction."""
    name = _PREFIX + note.name
    if note.text:
        cursor.execute("INSERT OR REPLACE INTO log_facts VALUES (?,?)", (name, note.text))
    else:
        cursor.execute("DELETE FROM log_facts WHERE name = ?", (name,))


def read_note(cursor: Any, name: str) -> str:
    """What a note says; empty if there is none."""
    cursor.execute("SELECT value FROM log_facts WHERE name = ?", (_PREFIX + name,))
    row = cursor.fetchone()
    return "" if row is None else str(row[0])
