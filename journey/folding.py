"""Folding during an import: in this process, and beside it as soon as the import proves large."""

from __future__ import annotations

import os
from typing import Self

from journey.bootstrap import Workspace
from journey.engine.beside import EngineBeside
from journey.engine.engine import FLUSH_ROWS
from journey.engine.follower import Held, Task

LARGE_EVENTS = 10_000  # appended by one import; below, a second process costs more than it saves


class Folding:
    """Follows an import: what was appended is folded, time stands still.

    Appending and folding cost about the same, and each keeps one core busy. So beyond
    ``LARGE_EVENTS`` a second process folds what this one appends. Rows reach the tables from this
    one, which alone may write there.

    Raises:
        WorkspaceError: states and tables were made under other rules.
    """

    def __init__(self, workspace: Workspace) -> None:
        workspace.may_fold()
        self._workspace = workspace
        self._began_at = workspace.log.last_position()
        self._can_split = (os.cpu_count() or 1) > 1
        self._beside: EngineBeside | None = None

    def go_on(self) -> None:
        """Something was appended."""
        if self._workspace.folder.has_workers:
            return
        workspace, last = self._workspace, self._workspace.log.last_position()
        if self._beside is not None:
            self._beside.tell(last)
            workspace.engine.flush(at_least=FLUSH_ROWS)
            return
        workspace.engine.catch_up(hold=True)
        if self._can_split and last - self._began_at >= LARGE_EVENTS:
            folder = workspace.folder
            task = Task(
                str(folder.log),
                str(folder.states),
                workspace.configuration,
                Held(folder.lock),
                workspace.fault,
            )
            self._beside = EngineBeside(workspace.log, task)
            workspace.log.is_followed = False

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Wait until all is folded, or give up at once after an error."""
        if self._beside is None:
            return
        try:
            if kind is None:
                self._beside.finish()
        finally:
            self._beside.stop()
            self._workspace.engine.resume()
            self._workspace.log.is_followed = True
