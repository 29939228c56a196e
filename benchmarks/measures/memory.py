"""How much memory a process and those that it started hold together, at most."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Thread
from typing import Self

LOOK_EVERY_S = 0.2


class PeakMemory:
    """Looks while a ``with`` runs. What the system tells of an ended child begins with its parent's
    memory at the start, so the living are asked.
    """

    def __init__(self) -> None:
        self.mib = 0.0
        self._done = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._done.wait(LOOK_EVERY_S):
            self.mib = max(self.mib, sum(_rss_mib(pid) for pid in _family(os.getpid())))

    def __enter__(self) -> Self:
        """Look from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._done.set()
        self._thread.join()


def families() -> list[tuple[int, float, float]]:
    """This process and all below it: id, resident memory in MiB, seconds of CPU."""
    return [(pid, _rss_mib(pid), _cpu_s(pid)) for pid in _family(os.getpid())]


def _cpu_s(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    user, system = text.rpartition(")")[2].split()[11:13]  # after the name, which may hold spaces
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    """The process and all below it that live."""
    try:
        lists = [p.read_text() for p in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has just ended
        return []
    children = [int(child) for text in lists for child in text.split()]
    return [pid, *(each for child in children for each in _family(child))]


def _rss_mib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
