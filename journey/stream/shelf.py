"""Where a worker keeps its partitions: a file each, locked while somebody folds into it.

Workers of one machine may share a folder: who takes a partition over finds what was folded, and
goes on at once. A worker that hangs still holds its files; whoever takes over then begins a second
one, from the topic's beginning. Both fold the same, so nobody is disturbed.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from journey.stream.partition import NEXT, PartitionStore
from schemas.errors import WorkspaceError

SLOTS_MAX = 16  # files of one partition; more than ever were stopped at once


class Shelf:
    """A folder of partitions' files.

    Args:
        folder: made if it is missing.

    Raises:
        WorkspaceError: it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"{folder} cannot be used ({error.strerror}): name another folder."
            ) from error
        self._locks: dict[int, int] = {}

    def take(self, partition: int) -> PartitionStore:
        """The file of a partition that has come farthest, of those that nobody holds."""
        best: tuple[int, int, PartitionStore] | None = None
        for slot in range(SLOTS_MAX):
            path = self._path(partition, slot)
            if best is not None and not path.exists():
                break
            if (lock := self._lock(path)) is None:
                continue
            store = _opened(path)
            come = int(store.progress().get(NEXT, 0))
            if best is not None and come <= best[0]:
                self._leave(lock, store)
                continue
            if best is not None:
                self._leave(best[1], best[2])
            best = (come, lock, store)
        if best is None:
            raise WorkspaceError(
                f"{SLOTS_MAX} workers hold partition {partition} in {self._folder}: end those that "
                "hang, or name another folder."
            )
        self._locks[partition] = best[1]
        return best[2]

    def put_back(self, partition: int) -> None:
        """Let others have the file, which is closed."""
        os.close(self._locks.pop(partition))

    def _path(self, partition: int, slot: int) -> Path:
        return self._folder / (
            f"p-{partition:03d}.db" if not slot else f"p-{partition:03d}.{slot}.db"
        )

    @staticmethod
    def _lock(path: Path) -> int | None:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    @staticmethod
    def _leave(lock: int, store: PartitionStore) -> None:
        store.close()
        os.close(lock)


def _opened(path: Path) -> PartitionStore:
    try:
        return PartitionStore(str(path))
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:  # damaged: it comes from Kafka again
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{end}").unlink()
        return PartitionStore(str(path))
