"""The workspace: one folder with everything, owned by one process at a time.

workspace.json   format of the folder, and how to know its master key again
master.key       the key of all keys, unless JOURNEY_MASTER_KEY gives it
log.db keys.db   what was said, and what opens it: never made again, back these up
state.db tables/ what it means: can be rebuilt from the log
quarantine.db    what could not be accepted
lock             who owns the folder
"""

from __future__ import annotations

import fcntl
import os
import secrets
from hashlib import sha256
from hmac import digest
from pathlib import Path
from time import sleep
from typing import Self

import msgspec

from schemas.errors import ConfigurationError, WorkspaceBusy, WorkspaceError, WorkspaceNewer

FORMAT = 2  # how one of an older format becomes one of today: `journey.upgrade`
MARKER = "workspace.json"
KEY_BYTES = 32
LOCK_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0)
CHECK_BYTES = 8  # enough to notice another key
ID_BYTES = 8


class Marker(msgspec.Struct, frozen=True):
    """What ``workspace.json`` says.

    ``key`` is a keyed hash of the master key that the workspace was first opened with: under
    another one every event would look new, and be recorded a second time. ``id`` is drawn when a
    server first has to tell whose tables it holds. ``workers``: the log is folded by workers on
    Kafka, not by whoever opens the workspace.
    """

    format: int
    key: str = ""
    id: str = ""
    workers: bool = False


class Files:
    """The files of a workspace, whoever owns them.

    Args:
        path: the folder.

    Raises:
        WorkspaceError: it is no workspace.
        WorkspaceNewer: a newer version made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        marker = path / MARKER
        if not marker.is_file():
            raise WorkspaceError(
                f"{path} is not a workspace: make one with 'journey init', or name another with "
                "--workspace or JOURNEY_WORKSPACE."
            )
        try:
            found = msgspec.json.decode(marker.read_bytes(), type=Marker)
        except msgspec.DecodeError:
            raise WorkspaceError(
                f'{marker} is damaged: restore it from a backup; it holds {{"format": {FORMAT}}}.'
            ) from None
        if found.format > FORMAT:
            raise WorkspaceNewer(str(path), found.format, FORMAT)
        self._marker = found

    @property
    def format(self) -> int:
        """Of which format the folder is: that of today, or an older one."""
        return self._marker.format

    @property
    def has_workers(self) -> bool:
        """Whether workers on Kafka fold the log."""
        return self._marker.workers

    @property
    def log(self) -> Path:
        """The event log."""
        return self.path / "log.db"

    @property
    def keys(self) -> Path:
        """The persons' keys."""
        return self.path / "keys.db"

    @property
    def states(self) -> Path:
        """States, progress and outbox."""
        return self.path / "state.db"

    @property
    def quarantine(self) -> Path:
        """What could not be accepted."""
        return self.path / "quarantine.db"

    @property
    def tables(self) -> Path:
        """The published tables."""
        return self.path / "tables"

    def master_key(self, given: bytes | None) -> bytes:
        """The key of all keys.

        Raises:
            WorkspaceError: none was given and the folder keeps none.
            ConfigurationError: it is not the one that the workspace began with.
        """
        key = self._kept_key() if given is None else given
        told = digest(key, b"journey workspace", sha256)[:CHECK_BYTES].hex()
        if not self._marker.key:
            self._mark(key=told)
        elif self._marker.key != told:
            raise ConfigurationError(
                f"The master key is not the one that {self.path} was made with: give that one in "
                "JOURNEY_MASTER_KEY, or put it back into master.key."
            )
        return key

    def id(self) -> str:
        """What tells this workspace from all others, and stays when the folder moves."""
        if not self._marker.id:
            self._mark(id=secrets.token_hex(ID_BYTES))
        return self._marker.id

    def note_format(self, format_: int) -> None:
        """The folder is of a newer format now."""
        self._mark(format=format_)

    def _mark(self, **changes: str | int) -> None:
        self._marker = msgspec.structs.replace(self._marker, **changes)
        _write(self.path / MARKER, self._marker)

    def _kept_key(self) -> bytes:
        try:
            key = bytes.fromhex((self.path / "master.key").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise WorkspaceError(
                f"{self.path} has no usable master.key: "
                "restore it, or give the key in JOURNEY_MASTER_KEY."
            )
        return key


class Folder(Files):
    """The files of a workspace, and the lock on them.

    Args:
        path: the folder.

    Raises:
        WorkspaceError: it is no workspace.
        WorkspaceNewer: a newer version made it.
        WorkspaceBusy: another process owns it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self.lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise WorkspaceError(
                f"{path} cannot be used ({error.strerror}): make the folder writable for this "
                "user, or name another."
            ) from error
        if not self._taken():
            owner = os.read(self.lock, 32).decode() or "unknown"
            os.close(self.lock)
            raise WorkspaceBusy(str(path), owner)
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, str(os.getpid()).encode(), 0)

    def _taken(self) -> bool:
        """Whether the lock is ours now. A follower whose owner was killed needs a moment to end."""
        for wait in LOCK_WAITS_S:
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sleep(wait)
            else:
                return True
        return False

    def close(self) -> None:
        """Let another process have the folder."""
        os.close(self.lock)

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.close()


def make(path: Path, *, with_key: bool, workers: bool = False) -> bool:
    """Make a workspace; whether there was none yet.

    Args:
        with_key: put a new random master key into it.
        workers: its log is folded by workers on Kafka.

    Raises:
        WorkspaceError: the folder holds something else, or cannot be made.
    """
    if (path / MARKER).is_file():
        return False
    if "?" in str(path.absolute()):
        raise WorkspaceError(
            f"{path} has a question mark in it, which chDB takes for the end: name another folder."
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise WorkspaceError(
                f"{path} is not empty and no workspace: name an empty or a new folder."
            )
        if with_key:
            key = os.open(path / "master.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(key, secrets.token_hex(KEY_BYTES).encode())
            os.fsync(key)
            os.close(key)
        _write(path / MARKER, Marker(FORMAT, workers=workers))
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be made: {error.strerror}; name another.") from error
    return True


def _write(path: Path, marker: Marker) -> None:
    """Whole or not at all."""
    beside = path.with_name(f"{path.name}.next")
    beside.write_bytes(msgspec.json.encode(marker))
    beside.replace(path)


def opened_log(folder: Path) -> Path:
    """The log of a workspace, for one who only reads it beside the owner.

    Raises:
        WorkspaceError: the folder is no workspace, or has no log yet.
    """
    log = folder / "log.db"
    if not (folder / MARKER).is_file():
        raise WorkspaceError(
            f"{folder} is not a workspace: make one with 'journey init', or name another with "
            "--workspace or JOURNEY_WORKSPACE."
        )
    if not log.is_file():
        raise WorkspaceError(f"{folder} has no log yet: import something first.")
    return log
