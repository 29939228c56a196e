"""Keys: one random key a person, wrapped by the workspace's own, in a database of its own.

To destroy a person's key is to erase what they said, everywhere, while every hash stays valid.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from threading import RLock
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import ConfigurationError, KeyGone, WorkspaceError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEY_ID_BYTES: Final = 16
CACHED_KEYS_MAX = 100_000  # about 15 MiB
_ASK_AT_ONCE = 500  # SQLite's default limit of parameters is 999 in old versions


class WorkspaceKeys:
    """The keys that are made from the master key, each for one purpose (HKDF, RFC 5869)."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ConfigurationError(
                f"The master key has {len(master)} bytes: "
                f"give {KEY_BYTES}, as 64 hexadecimal digits."
            )
        self.index = _derive(master, b"index")
        self.wrap = _derive(master, b"wrap")
        self.quarantine = _derive(master, b"quarantine")
        self._keyed = blake2b(key=self.index, digest_size=16)  # its copies have the key in already

    def hash(self, *parts: bytes) -> bytes:
        """A keyed hash of 16 bytes: BLAKE2b with a key (RFC 7693). Lengths lead the parts."""
        found = self._keyed.copy()
        for part in parts:
            found.update(len(part).to_bytes(4) + part)
        return found.digest()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"journey " + purpose).derive(
        master
    )


class KeyReader:
    """Person keys, as far as they exist.

    Args:
        db: the database of keys; closed with this.
        wrap: what opens them.
    """

    def __init__(self, db: sqlite3.Connection, wrap: bytes) -> None:
        self._db, self._wrap = db, AESGCM(wrap)
        # Bytes: a cipher is made as fast as one that lies far off in memory is fetched.
        self._cache: dict[bytes, bytes] = {}
        self._lock = RLock()  # no thread may take up a key that is not committed yet

    def of(self, subject: bytes) -> AESGCM:
        """The key of one person.

        Raises:
            KeyGone: it was destroyed, or never was.
        """
        return AESGCM(self._bytes_of(subject))

    def fingerprint(self, subject: bytes, *parts: bytes) -> bytes:
        """A hash of 16 bytes under one person's key (BLAKE2b, RFC 7693; its ``person`` keeps this
        use of the key apart from sealing). Lengths lead the parts.

        Raises:
            KeyGone: as for ``of``.
        """
        text = b"".join([len(part).to_bytes(4) + part for part in parts])
        key = self._bytes_of(subject)
        return blake2b(text, key=key, digest_size=16, person=b"fingerprint").digest()

    def _bytes_of(self, subject: bytes) -> bytes:
        found = self._cache.get(subject)
        if found is None:
            with self._lock:
                self._load({subject})
                found = self._cache.get(subject)
        if found is None:
            raise KeyGone("The key of this person was destroyed: what it sealed is erased.")
        return found

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def _load(self, subjects: set[bytes]) -> None:
        asked = list(subjects)
        for start in range(0, len(asked), _ASK_AT_ONCE):
            part = asked[start : start + _ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT subject, wrapped FROM keys WHERE subject IN ({marks})"  # noqa: S608
            for subject, wrapped in self._db.execute(query, part):
                self._cache[subject] = self._unwrapped(subject, wrapped)

    def _unwrapped(self, subject: bytes, wrapped: bytes) -> bytes:
        try:
            return self._wrap.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject)
        except InvalidTag:
            raise ConfigurationError(
                "The master key does not open this workspace's keys: "
                "give the one it was made with in JOURNEY_MASTER_KEY or master.key."
            ) from None


class KeyStore(KeyReader):
    """Person keys on SQLite. Committed before the log: an orphan key harms nobody."""

    def __init__(self, path: str, wrap: bytes) -> None:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA secure_delete=ON")
        db.execute(
            "CREATE TABLE IF NOT EXISTS keys "
            "(subject BLOB PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID"
        )
        super().__init__(db, wrap)

    def ensure(self, subjects: Iterable[bytes]) -> None:
        """Make the keys that do not exist yet, durably, and hold all of them ready."""
        with self._lock:
            wanted = {s for s in subjects if s not in self._cache}
            if not wanted:
                return
            if len(self._cache) + len(wanted) > CACHED_KEYS_MAX:
                self._cache.clear()
            self._load(wanted)
            made = [(s, AESGCM.generate_key(256)) for s in wanted if s not in self._cache]
            if made:
                rows = [(s, self._wrapped(s, key)) for s, key in made]
                self._change("INSERT INTO keys VALUES (?,?)", rows)
                self._cache.update(made)

    def destroy(self, subjects: Iterable[bytes]) -> None:
        """Erase what these persons said, for ever: their keys are gone from the file and its log.

        Raises:
            WorkspaceError: another program holds on to them; they are unusable here all the same.
        """
        with self._lock:
            gone = [(s,) for s in subjects]
            self._change("DELETE FROM keys WHERE subject = ?", gone)
            for (subject,) in gone:
                self._cache.pop(subject, None)
            # The write-ahead log still holds the page as it was.
            if self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise WorkspaceError(
                    "Another program reads the file of keys, so erased keys are still in its "
                    "write-ahead log: end that program, then erase again."
                )

    def _change(self, statement: str, rows: Sequence[tuple[bytes, ...]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:  # it failed; left open, no later change could begin
                self._db.execute("ROLLBACK")

    def _wrapped(self, subject: bytes, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrap.encrypt(nonce, key, subject)


WORKSPACE = bytes(16)
"""Whose key seals what belongs to no person: the workspace's own, which nobody erases."""


def seal(key: AESGCM, subject: bytes, plaintext: bytes, bound_to: bytes) -> bytes:
    """Key id, nonce and ciphertext; it opens only together with what it is bound to."""
    nonce = os.urandom(NONCE_BYTES)
    return subject + nonce + key.encrypt(nonce, plaintext, bound_to)


def key_id(sealed: bytes) -> bytes:
    """Whose key sealed this."""
    return sealed[:KEY_ID_BYTES]


def unseal(key: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    """The plaintext of what ``seal`` made.

    Raises:
        KeyGone: another key sealed it, or its bytes changed.
    """
    nonce = sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
    try:
        return key.decrypt(nonce, sealed[KEY_ID_BYTES + NONCE_BYTES :], bound_to)
    except InvalidTag:
        raise KeyGone("These fields do not open with this person's key of today.") from None
