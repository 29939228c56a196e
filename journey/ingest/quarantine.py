"""Quarantine: what could not be accepted, kept encrypted until somebody mends the cause.

Rule 1: nothing lies on disk in clear but what counts and explains: importer, file name, line,
    code, reason, times.
Rule 2: the same bytes from the same importer are one entry, however often they come.
Rule 3: bytes come back whole or not at all. They are sealed in pieces, so that a long record is
    never held in memory as a whole; number and last flag of each piece are authenticated with it,
    and the fingerprint of all of them is checked at the end.
Rule 4: what an importer needs to read its records again, a mapping, is kept once, encrypted too.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from journey.ports import Clock
from schemas.errors import IntegrityError, NotFound, WorkspaceNewer
from schemas.times import Instant

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16
PIECE_BYTES = 64 * 1024
"""Small enough to hold several, large enough that 28 bytes of nonce and tag do not count."""
FORMAT = 2  # 1 had no table importer

_TABLES = """
CREATE TABLE IF NOT EXISTS entry (
  id INTEGER PRIMARY KEY,
  importer TEXT NOT NULL,
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  count INTEGER NOT NULL,
  length INTEGER NOT NULL,
  status TEXT NOT NULL,
  salt BLOB NOT NULL,
  fingerprint BLOB,
  UNIQUE (importer, fingerprint)
);
CREATE TABLE IF NOT EXISTS piece (
  entry INTEGER NOT NULL REFERENCES entry,
  number INTEGER NOT NULL,
  nonce BLOB NOT NULL,
  sealed BLOB NOT NULL,
  UNIQUE (entry, number)
);
CREATE TABLE IF NOT EXISTS importer (
  name TEXT PRIMARY KEY,
  nonce BLOB NOT NULL,
  sealed BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS entry_status ON entry (status, id);
"""
_TAG_BYTES = 16  # that AES-GCM adds to each piece
_SHOWN = "id, importer, file, line, code, reason, first_at, last_at, count, length, status"


class Status(StrEnum):
    """Where an entry stands."""

    OPEN = "open"
    REDRIVEN = "redriven"  # accepted after all


class Entry(msgspec.Struct, frozen=True):
    """One record in quarantine, without its bytes.

    Args:
        id: its number here.
        importer: who could not read it, and will be asked again.
        file: the name of the file in which it first came.
        line: its line or element there.
        code: the latest reason, as a short stable name.
        reason: the latest reason, as a sentence.
        first_at: when it first came.
        last_at: when it last came.
        count: how often it came.
        length: the bytes.
        status: open, or redriven. What comes again is open again.
    """

    id: int
    importer: str
    file: str
    line: int
    code: str
    reason: str
    first_at: Instant
    last_at: Instant
    count: int
    length: int
    status: Status


class Quarantine:
    """A SQLite file of refused records. For one thread at a time.

    Args:
        path: the file, made if it is not there.
        key: 32 bytes, from which the keys for sealing and for fingerprints are derived.
        clock: tells when something came.

    Raises:
        ValueError: the key has another length.
        WorkspaceNewer: a newer version wrote the file.
    """

    def __init__(self, path: Path, key: bytes, clock: Clock) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {len(key)} bytes: give {KEY_BYTES}")
        self._cipher = AESGCM(_derive(key, b"quarantine: seal"))
        self._fingerprint_key = _derive(key, b"quarantine: fingerprint")
        self._clock = clock
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found > FORMAT:
            self._db.close()
            raise WorkspaceNewer(str(path), found, FORMAT)
        if found < FORMAT:
            self._db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make several ``put`` one: all are on disk at the end, or none after an error."""
        with self._db:  # commits, or rolls back after an error
            self._db.execute("BEGIN IMMEDIATE")
            yield

    def put(
        self,
        importer: str,
        file: str,
        line: int,
        code: str,
        reason: str,
        data: Iterable[bytes],
    ) -> int:
        """Keep a record; on disk on return, or with the ``transaction`` around it.

        Args:
            importer: the importer's name.
            file: the source file's name.
            line: the line or element in it.
            code: the reason as a short stable name.
            reason: the reason as a sentence; stored in clear, so it must hold nothing of the data.
            data: the bytes in pieces of any length, read once.

        Returns:
            The entry's number: that of an earlier one if these bytes are known.
        """
        if not self._db.in_transaction:
            with self.transaction():
                return self.put(importer, file, line, code, reason, data)
        at, is_new = self._clock.now(), False
        self._db.execute("SAVEPOINT putting")
        try:
            row = (importer, file, line, code, reason, at, at, Status.OPEN)
            new, fingerprint = self._store(row, data)
            find = "SELECT id FROM entry WHERE importer = ? AND fingerprint = ?"
            known = self._db.execute(find, (importer, fingerprint)).fetchone()
            if known is None:
                finish = "UPDATE entry SET fingerprint = ? WHERE id = ?"
                self._db.execute(finish, (fingerprint, new))
                is_new = True
                return new
        finally:
            if self._db.in_transaction:  # a full disk ends it all by itself
                if not is_new:
                    self._db.execute("ROLLBACK TO putting")
                self._db.execute("RELEASE putting")
        again = (
            "UPDATE entry SET count = count + 1, last_at = ?, code = ?, reason = ?, status = ? "
            "WHERE id = ?"
        )
        self._db.execute(again, (at, code, reason, Status.OPEN, known[0]))
        return int(known[0])

    def entries(
        self, status: Status | None = None, after: int = 0, limit: int = 1000
    ) -> list[Entry]:
        """Entries in the order in which they first came.

        Args:
            status: only these.
            after: only those with a higher number, to page on.
            limit: at most so many.
        """
        wanted = [status] if status else list(Status)
        marks = ", ".join("?" * len(wanted))
        query = (
            f"SELECT {_SHOWN} FROM entry WHERE status IN ({marks}) AND id > ? "  # noqa: S608 - ours
            "ORDER BY id LIMIT ?"
        )
        return [_entry(row) for row in self._db.execute(query, (*wanted, after, limit))]

    def get(self, id: int) -> Entry:
        """One entry.

        Raises:
            NotFound: there is none of this number.
        """
        query = f"SELECT {_SHOWN} FROM entry WHERE id = ?"  # noqa: S608 - our own column names
        row = self._db.execute(query, (id,)).fetchone()
        if row is None:
            raise NotFound(f"Quarantine has no entry {id}: list the entries for their numbers.")
        return _entry(row)

    def latest(self) -> tuple[int, bytes]:
        """The number of the newest entry and its salt, which no other entry has; 0 if none is."""
        row = self._db.execute("SELECT id, salt FROM entry ORDER BY id DESC LIMIT 1").fetchone()
        return (0, b"") if row is None else (row[0], row[1])

    def salt_of(self, id: int) -> bytes:
        """What tells an entry from any other that ever had its number; empty if there is none."""
        row = self._db.execute("SELECT salt FROM entry WHERE id = ?", (id,)).fetchone()
        return b"" if row is None else bytes(row[0])

    def bytes_of(self, id: int) -> bytes:
        """The bytes of an entry, as a whole.

        Raises:
            NotFound: there is none of this number.
            IntegrityError: they are not what was put there, or the key is another one.
        """
        return b"".join(self.pieces_of(id))

    def pieces_of(self, id: int) -> Iterator[bytes]:
        """The bytes of an entry in pieces; only when the last has come are they all proved good.

        Raises:
            NotFound: there is none of this number.
            IntegrityError: they are not what was put there, or the key is another one.
        """
        entry = self.get(id)
        query = "SELECT salt, fingerprint FROM entry WHERE id = ?"
        salt, fingerprint = self._db.execute(query, (id,)).fetchone()
        found, length, ended = self._hash(entry.importer), 0, False
        query = "SELECT number, nonce, sealed FROM piece WHERE entry = ? ORDER BY number"
        for expected, (number, nonce, sealed) in enumerate(self._db.execute(query, (id,))):
            length += len(sealed) - _TAG_BYTES
            ended = length >= entry.length
            try:
                plain = self._cipher.decrypt(nonce, sealed, _label(salt, expected, ended))
            except InvalidTag:
                raise _damaged(id) from None
            if number != expected:
                raise _damaged(id)
            found.update(plain)
            yield plain
        is_whole = hmac.compare_digest(found.digest(), fingerprint) or not entry.length
        if length != entry.length or not ended or not is_whole:
            raise _damaged(id)

    def mark_redriven(self, id: int) -> None:
        """Note that an entry was accepted after all.

        Raises:
            NotFound: there is none of this number.
        """
        self.get(id)
        self._db.execute("UPDATE entry SET status = ? WHERE id = ?", (Status.REDRIVEN, id))

    def keep(self, importer: str, needed: bytes) -> None:
        """Keep what an importer needs to be made again; nothing new if its name is known.

        Args:
            importer: its name.
            needed: what it needs, the same for the same name.
        """
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, needed, _importer_label(importer))
        insert = "INSERT OR IGNORE INTO importer (name, nonce, sealed) VALUES (?, ?, ?)"
        self._db.execute(insert, (importer, nonce, sealed))

    def kept(self, importer: str) -> bytes:
        """What was kept of an importer.

        Raises:
            IntegrityError: there is nothing, or it is not what was put there.
        """
        query = "SELECT nonce, sealed FROM importer WHERE name = ?"
        row = self._db.execute(query, (importer,)).fetchone()
        try:
            if row is not None:
                return self._cipher.decrypt(row[0], row[1], _importer_label(importer))
        except InvalidTag:
            pass
        raise IntegrityError(
            f"What quarantine kept of the importer {importer} is damaged or missing: restore the "
            "file and its key from a backup, or import the source again."
        )

    def _hash(self, importer: str) -> hmac.HMAC:
        return hmac.new(self._fingerprint_key, importer.encode() + b"\0", sha256)

    def _store(self, row: tuple[str | int, ...], data: Iterable[bytes]) -> tuple[int, bytes]:
        """Insert an entry and its pieces; its number, and its fingerprint, which is not set yet."""
        importer, file, line, code = row[:4]
        salt = os.urandom(SALT_BYTES)
        insert = (
            "INSERT INTO entry (importer, file, line, code, reason, first_at, last_at, status, "
            "count, length, salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 0, ?)"
        )
        new = self._db.execute(insert, (*row, salt)).lastrowid or 0
        length, fingerprint = 0, self._hash(str(importer))
        for number, (plain, is_last) in enumerate(_resized(data)):
            fingerprint.update(plain)
            length += len(plain)
            nonce = os.urandom(NONCE_BYTES)
            sealed = self._cipher.encrypt(nonce, plain, _label(salt, number, is_last))
            insert = "INSERT INTO piece (entry, number, nonce, sealed) VALUES (?, ?, ?, ?)"
            self._db.execute(insert, (new, number, nonce, sealed))
        self._db.execute("UPDATE entry SET length = ? WHERE id = ?", (length, new))
        if not length:
            # No bytes say nothing: the end of a damaged file is known by its place alone.
            fingerprint.update(f"\0{file}\0{line}\0{code}".encode())
        return new, fingerprint.digest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key)


def _label(salt: bytes, number: int, is_last: bool) -> bytes:
    """What is authenticated with a piece: whose it is, which one, and whether more follow."""
    return salt + number.to_bytes(8, "big") + bytes([is_last])


def _importer_label(name: str) -> bytes:
    return b"importer\0" + name.encode()


def _resized(data: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in pieces of ``PIECE_BYTES``, each with whether it is the last; at least one.

    One piece is held back, because only what follows tells whether it is the last.
    """
    held = bytearray()
    for chunk in data:
        for start in range(0, len(chunk), PIECE_BYTES):
            held += chunk[start : start + PIECE_BYTES]
            if len(held) > PIECE_BYTES:
                yield bytes(held[:PIECE_BYTES]), False
                del held[:PIECE_BYTES]
    yield bytes(held), True


def _entry(row: tuple[int, str, str, int, str, str, int, int, int, int, str]) -> Entry:
    return Entry(*row[:-1], Status(row[-1]))


def _damaged(id: int) -> IntegrityError:
    return IntegrityError(
        f"The bytes of quarantine entry {id} are not what was put there, or the key is another "
        "one: restore the file and its key from a backup, or import the source again."
    )
