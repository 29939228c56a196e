"""The engine in a process of its own: it folds what another process appends.

The other process owns the workspace, the log's end and the tables. This one reads the log, commits
states and rows that wait for the tables, and hands consequences back to be recorded. It dies with
its owner, and holds the workspace's lock as long as it lives: nobody else folds before it is gone.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Any, NamedTuple

from journey import faults
from journey.engine.engine import Engine
from journey.engine.store import StateStore
from journey.log.reading import ClearReader
from journey.memory import collect_rarely
from projections.projection import Act
from schemas.recorded import Recorded
from schemas.times import Instant

# The more, the more often a customer's events meet in one batch, and a state is written once.
BATCH_EVENTS = 10_000
READ_CACHE_KIB = 8 * 1024


class Held:
    """An open file that a process started with it keeps open as well."""

    def __init__(self, file: int) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        """Only while a process is started: its copy of the file."""
        return _detached, (DupFd(self.file),)


def _detached(copy: Any) -> Held:
    return Held(copy.detach())


class Task(NamedTuple):
    """What to follow."""

    log: str
    states: str
    document: str
    lock: Held
    fault: tuple[str, int] | None


class Until(NamedTuple):
    """From the owner: the log goes up to here; the last one says that no more will come."""

    position: int
    is_last: bool


class Decided(NamedTuple):
    """To the owner: record these. The answer is how many were new."""

    acts: list[Act]
    tracking: tuple[str, int] | None


class Done(NamedTuple):
    """To the owner: everything is folded."""

    position: int


def follow(task: Task, pipe: Connection) -> None:
    """Fold until the owner says that no more will come. The whole life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the owner decides
    collect_rarely()
    if task.fault is not None:
        faults.arm(*task.fault)
    owner = _Owner(pipe)
    try:
        store = StateStore(task.states)
        log = _Followed(task.log, owner)
        engine = Engine(log, store, None, task.document, BATCH_EVENTS)
        is_last = False
        while not is_last:
            is_last = owner.wait(engine.checkpoint + BATCH_EVENTS)
            engine.catch_up(hold=True)
        store.close()
        pipe.send(Done(engine.checkpoint))
    except Exception as error:
        pipe.send(error)


class _Owner:
    """The other end of the pipe, heard by a thread: when it falls silent, this process ends."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._told = Condition()
        self._until = Until(0, is_last=False)
        self._answers: SimpleQueue[int] = SimpleQueue()
        Thread(target=self._listen, daemon=True).start()

    def wait(self, position: int) -> bool:
        """Until the log goes up to there, or no more will come; whether it is the latter."""
        with self._told:
            self._told.wait_for(lambda: self._until.position >= position or self._until.is_last)
            return self._until.is_last

    def record(self, decided: Decided) -> int:
        """Have consequences recorded; how many were new."""
        self._pipe.send(decided)
        return self._answers.get()

    def _listen(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                os._exit(1)  # at once, in the middle of anything: as if both had been killed
            if isinstance(message, Until):
                with self._told:
                    self._until = message
                    self._told.notify()
            else:
                self._answers.put(message)


class _Followed(ClearReader):
    """The log of the owner, for the engine."""

    def __init__(self, path: str, owner: _Owner) -> None:
        super().__init__(path, READ_CACHE_KIB)
        self._owner = owner
        self._last_recorded_at: Instant = 0

    def read(self, after: int, limit: int) -> list[tuple[int, Recorded]]:
        """See ``EventLog.read``."""
        events = super().read(after, limit)
        if events:
            self._last_recorded_at = events[-1][1].recorded_at
        return events

    def record(self, acts: Sequence[Act], tracking: tuple[str, int] | None = None) -> int:
        """See ``EventLog.record``: the owner does it."""
        return self._owner.record(Decided(list(acts), tracking))

    @property
    def last_recorded_at(self) -> Instant:
        """When the last event that was read was recorded."""
        return self._last_recorded_at

    def now(self) -> Instant:
        """See ``EventLog.now``: nothing is recorded before what was recorded already."""
        return self._last_recorded_at
