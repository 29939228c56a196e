"""Equal rows, numbered as they come: the first 1, the next 2.

Memory is flat: what was seen is in a temporary database without a name, which SQLite writes to
disk where it grows and deletes with the connection. It holds keyed hashes and nothing else.
"""

from __future__ import annotations

import os
import sqlite3
from hashlib import blake2b

_KEY_BYTES = 16
_CACHE_KIB = 64 * 1024  # half a million rows before anything is written
_COUNT = (
    "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times"
)


class Equals:
    """Counts contents. For one thread."""

    def __init__(self) -> None:
        self._key = os.urandom(_KEY_BYTES)
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE seen (hash BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def nth(self, content: bytes) -> int:
        """How often this content came by now, this time included."""
        hashed = blake2b(content, digest_size=_KEY_BYTES, key=self._key).digest()
        ((times,),) = self._db.execute(_COUNT, (hashed,)).fetchall()
        return int(times)

    def close(self) -> None:
        """Forget everything."""
        self._db.close()
