"""An import so long that whatever grows with the log shows: rate, CPU and memory of each tenth."""

from __future__ import annotations

import shutil
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.child import Answer, Given
from benchmarks.measures.append import fresh
from benchmarks.measures.memory import PeakMemory, families
from benchmarks.measures.samples import sample_file
from benchmarks.measures.timing import PIECES
from journey.bootstrap import Workspace
from journey.importing import import_file
from journey.settings import Settings
from journey.workspace import make

_THIRD = 2  # the tenth from which memory should stay: caches are full by then


class _Diary:
    """What there is to tell at the end of each tenth."""

    def __init__(self, events: int, folder: Path) -> None:
        self._events, self._folder = events, folder
        self._read = 0
        self.began = self._since = perf_counter()
        self._cpu: dict[int, float] = {}
        self.tenths: list[dict[str, Any]] = []

    def __call__(self, records: int) -> None:
        """So many records more were read."""
        self._read += records
        if self._read * PIECES >= (len(self.tenths) + 1) * self._events:
            self._write()

    def _write(self) -> None:
        now, alive = perf_counter(), families()
        per_event = 1e6 * PIECES / self._events
        spent = [(cpu - self._cpu.get(pid, 0.0)) * per_event for pid, _, cpu in alive]
        self._cpu = {pid: cpu for pid, _, cpu in alive}
        self.tenths.append(
            {
                "events_per_s": round(self._events / PIECES / (now - self._since)),
                "cpu_us": [round(us, 1) for us in spent],
                "rss_mib": [round(mib) for _, mib, _ in alive],
                "disk_mib": _sizes(self._folder),
            }
        )
        self._since = now


def _sizes(folder: Path) -> dict[str, int]:
    """MiB of each file or folder in a workspace, write-ahead logs with their databases."""
    found: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            name = path.relative_to(folder).parts[0].removesuffix("-wal").removesuffix("-shm")
            found[name] = found.get(name, 0) + path.stat().st_size
    return {name: size >> 20 for name, size in sorted(found.items()) if size >> 20}


def journey(given: Given) -> Answer:
    """Import the sample into an empty workspace, which goes afterwards."""
    events = given.size.events
    folder = fresh(given.folder / "long-import")
    make(folder, with_key=True)
    with PeakMemory() as memory, Workspace(folder, Settings()) as workspace:
        diary = _Diary(events, folder)
        counts = import_file(workspace, "jsonl", str(sample_file(given.folder, given.size)), diary)
        seconds = perf_counter() - diary.began
        customers = workspace.store.customers()
    assert counts.appended == events, f"{counts}"
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    first, third, last = diary.tenths[0], diary.tenths[_THIRD], diary.tenths[-1]
    figures = {
        "events_per_s": events / seconds,
        "last_by_first": last["events_per_s"] / first["events_per_s"],
        "cpu_last_by_first": sum(last["cpu_us"]) / sum(first["cpu_us"]),
        "all_mib": memory.mib,
        "memory_growth": sum(last["rss_mib"]) / sum(third["rss_mib"]),
        "disk_b": disk / events,
    }
    return Answer(figures, {"events": events, "customers": customers, "tenths": diary.tenths})
