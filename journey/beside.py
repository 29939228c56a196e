"""Reading a workspace beside whoever owns it: without its lock, and without changing anything.

Log, keys and states are SQLite files that many may read while one writes. They are opened for one
question and closed again: nobody waits for a reader, a rebuild that swaps the states is noticed,
and a key that was destroyed is not kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from journey.engine.store import StateReader
from journey.log.keys import KeyReader, WorkspaceKeys
from journey.log.reading import LogReader
from journey.log.recorder import read_only, read_only_name
from journey.settings import Settings
from journey.workspace import Files
from schemas.errors import WorkspaceError


class Beside(NamedTuple):
    """A workspace as ``answers.Readable`` wants it."""

    log: LogReader
    store: StateReader


@contextmanager
def beside(files: Files, settings: Settings) -> Iterator[Beside]:
    """Log and states of a workspace, to read.

    Raises:
        WorkspaceError: nothing was recorded yet, or the states are to be made again.
    """
    for file, remedy in ((files.log, "journey import"), (files.states, "journey rebuild")):
        if not file.is_file():
            raise WorkspaceError(f"{file} is not there (yet): run '{remedy}'.")
    with log_beside(files, settings) as log, closing(read_only(str(files.states))) as states:
        yield Beside(log, StateReader(states))


@contextmanager
def log_beside(files: Files, settings: Settings) -> Iterator[LogReader]:
    """The log alone."""
    keys = WorkspaceKeys(files.master_key(settings.master_key))
    with (
        closing(KeyReader(read_only(str(files.keys)), keys.wrap)) as people,
        closing(LogReader(read_only_name(str(files.log)), keys, people)) as log,
    ):
        yield log
