"""The owner's end of a follower: it starts one, tells it how far the log goes, and serves it."""

from __future__ import annotations

import multiprocessing
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

from journey.engine.follower import Decided, Done, Task, Until, follow
from journey.log.sqlite_log import SqliteEventLog
from schemas.errors import WorkspaceError


class EngineBeside:
    """An engine that folds in a process of its own what this process appends.

    While it runs, no engine of this process may fold. Whatever happened over there is raised here
    by the next call.

    Args:
        log: the log that both use; consequences are recorded in it.
        task: what the other process is given.
    """

    def __init__(self, log: SqliteEventLog, task: Task) -> None:
        self._log = log
        spawn = multiprocessing.get_context("spawn")  # a fork of a process that holds chDB hangs
        self._pipe, theirs = spawn.Pipe()
        self._sending = Lock()
        self._failure: BaseException | None = None
        self._process = spawn.Process(target=follow, args=(task, theirs), daemon=True)
        self._process.start()
        theirs.close()  # else its end would not be noticed
        self._server = Thread(target=self._serve, daemon=True)
        self._server.start()

    def tell(self, position: int) -> None:
        """The log goes up to here now."""
        self._send(Until(position, is_last=False))

    def finish(self) -> None:
        """Wait until everything that the log has is folded."""
        self._send(Until(self._log.last_position(), is_last=True))
        self._server.join()
        self._process.join()
        self._raise()

    def stop(self) -> None:
        """End it now, wherever it is. What it had not committed will be folded again."""
        self._process.kill()
        self._process.join()
        self._server.join()
        self._pipe.close()

    def _send(self, message: Any) -> None:
        self._raise()
        with self._sending, suppress(OSError):  # it is gone: the server finds out and says why
            self._pipe.send(message)

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _serve(self) -> None:
        try:
            while not isinstance(message := self._pipe.recv(), Done):
                if isinstance(message, BaseException):
                    raise message
                if isinstance(message, Decided):
                    recorded = self._log.record(message.acts, message.tracking)
                    with self._sending:
                        self._pipe.send(recorded)
        except (EOFError, OSError):
            self._process.join()
            self._failure = WorkspaceError(
                f"The process that folds ended early (exit code {self._process.exitcode}): nothing "
                "is lost; run the command again, and look for what ended it (memory?)."
            )
        except Exception as error:  # raised again where the next batch is told
            self._failure = error
            self._process.kill()
