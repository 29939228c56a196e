"""What a reader must remember of its input until it is done: users, tickets, objects.

Rule 1: memory is flat. It lies in a temporary database without a name, which SQLite writes to disk
    where it grows and deletes with the connection.
Rule 2: nothing lies there in clear: names are keyed hashes, values are sealed under a key that is
    drawn for this reading and kept in memory alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
HASH_BYTES = 16
NONCE_BYTES = 12
CACHE_KIB = 64 * 1024
_TABLES = """
CREATE TABLE thing (hash BLOB PRIMARY KEY, line INTEGER, sealed BLOB, taken INTEGER) WITHOUT ROWID;
CREATE TABLE part (hash BLOB, number INTEGER, sealed BLOB, PRIMARY KEY (hash, number));
CREATE TABLE waiting (number INTEGER PRIMARY KEY, line INTEGER, sealed BLOB);
BEGIN;
"""


class Shelf:
    """Things by name, and lines that wait. For one thread; close it."""

    def __init__(self) -> None:
        self._hash_key = os.urandom(KEY_BYTES)
        self._cipher = AESGCM(os.urandom(KEY_BYTES))
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_TABLES)
        self._parts = 0

    def put(self, kind: str, name: str, value: bytes, line: int = 0) -> bool:
        """Put a thing there; false, and nothing changed, if there is one of this name.

        Args:
            line: where it stood in the input.
        """
        row = (self._hash(kind, name), line, self._seal(value))
        done = self._db.execute("INSERT OR IGNORE INTO thing VALUES (?, ?, ?, 0)", row)
        return done.rowcount == 1

    def replace(self, kind: str, name: str, value: bytes) -> None:
        """Put a thing there in the place of the one of this name."""
        row = (self._seal(value), self._hash(kind, name))
        self._db.execute("UPDATE thing SET sealed = ? WHERE hash = ?", row)

    def get(self, kind: str, name: str) -> bytes | None:
        """The thing of this name."""
        found = self._db.execute(
            "SELECT sealed FROM thing WHERE hash = ?", (self._hash(kind, name),)
        ).fetchone()
        return None if found is None else self._open(found[0])

    def take(self, kind: str, name: str) -> bool:
        """Note that a thing was used; whether this is the first time."""
        query = "UPDATE thing SET taken = 1 WHERE hash = ? AND taken = 0"
        return self._db.execute(query, (self._hash(kind, name),)).rowcount == 1

    def is_taken(self, kind: str, name: str) -> bool:
        """Whether a thing was used."""
        query = "SELECT taken FROM thing WHERE hash = ?"
        return bool(self._db.execute(query, (self._hash(kind, name),)).fetchone() == (1,))

    def untaken(self) -> Iterator[tuple[int, bytes]]:
        """The things that nobody took, each with its line, in the order of their lines."""
        query = "SELECT line, sealed FROM thing WHERE taken = 0 ORDER BY line"
        for line, sealed in self._db.execute(query):
            yield line, self._open(sealed)

    def add_part(self, kind: str, name: str, value: bytes) -> None:
        """Put one more value under a name, behind those that are there."""
        self._parts += 1
        row = (self._hash(kind, name), self._parts, self._seal(value))
        self._db.execute("INSERT INTO part VALUES (?, ?, ?)", row)

    def parts(self, kind: str, name: str) -> Iterator[bytes]:
        """The values under a name, in the order in which they came."""
        query = "SELECT sealed FROM part WHERE hash = ? ORDER BY number"
        for (sealed,) in self._db.execute(query, (self._hash(kind, name),)):
            yield self._open(sealed)

    def add_line(self, line: int, value: bytes) -> None:
        """Let something wait behind all that waits already."""
        row = (line, self._seal(value))
        self._db.execute("INSERT INTO waiting (line, sealed) VALUES (?, ?)", row)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """What waits, each with its line, in the order in which it came."""
        for line, sealed in self._db.execute("SELECT line, sealed FROM waiting ORDER BY number"):
            yield line, self._open(sealed)

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def _hash(self, kind: str, name: str) -> bytes:
        told = f"{kind}\0{name}".encode()
        return blake2b(told, digest_size=HASH_BYTES, key=self._hash_key).digest()

    def _seal(self, value: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, None)

    def _open(self, sealed: bytes) -> bytes:
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
