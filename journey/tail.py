"""``journey tail``: the latest events of the log as they come, also while another writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep

import msgspec
from eventsourcing import persistence

from journey.answers import Moment, moment
from journey.beside import log_beside
from journey.settings import Settings
from journey.workspace import Files
from schemas.events import ConfigurationPublished

LOOK_EVERY_S = 0.5
AT_ONCE_EVENTS = 1_000
_NOT_READY = (sqlite3.OperationalError, persistence.OperationalError)


class Arrival(Moment, frozen=True):
    """An event of the log, where it lies and whose it is."""

    position: int
    customer_id: str


def tail(
    folder: Path,
    settings: Settings,
    *,
    latest: int,
    follow: bool,
    pause: Callable[[], None] = lambda: sleep(LOOK_EVERY_S),
) -> Iterator[Arrival]:
    """The latest events in the order of the log; then those that come, for ever, if asked.

    A configuration lies in every partition and is told once.

    Args:
        latest: at most so many of those that are there already.
        pause: waits until it is time to look again.

    Raises:
        WorkspaceError: the folder is no workspace.
    """
    files, after = Files(folder), -1
    while True:
        if files.log.is_file():
            try:
                with log_beside(files, settings) as log:
                    if after < 0:
                        after = max(0, log.last_position() - latest)
                    while found := log.read_opened(after, AT_ONCE_EVENTS):
                        for after, opened in found:
                            event = opened.recorded
                            if event.partition and isinstance(event.fact, ConfigurationPublished):
                                continue
                            told = msgspec.structs.asdict(moment(opened))
                            whose = event.customer_id.hex()
                            yield Arrival(**told, position=after, customer_id=whose)
            except _NOT_READY:
                if not follow or after > 0:
                    raise
                # A log that is being made: its tables come in a moment.
        after = max(after, 0)
        if not follow:
            return
        pause()
