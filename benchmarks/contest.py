"""Runs that take turns, each in a fresh process, and what the operating system says of each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from benchmarks.case import OURS, PARTS, REFERENCE, REST, RUNS_QUICK, Case, Size
from benchmarks.cases import PARTS_OF_APPEND
from benchmarks.report import Outcome, measured

ROOT: Final = Path(__file__).resolve().parents[1]
# The operating system counts in KiB, except on macOS.
_RSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024


class ChildFailed(Exception):
    """A measure ended with an error, which it has told on stderr itself."""

    def __init__(self, measure: str, code: int) -> None:
        super().__init__(
            f"The measure {measure} ended with {code}: see above what it says, mend that, and run "
            "again."
        )


class Told(msgspec.Struct):
    """What a measure answered: its figures by key, and facts for the record."""

    figures: dict[str, float]
    facts: dict[str, Any] = {}


def hold(
    case: Case, size: Size, runs: int | None, folder: Path, say: Callable[[str], None]
) -> Outcome:
    """Run a benchmark.

    Args:
        runs: instead of the benchmark's own number.
        folder: where samples and workspaces are.
        say: told what is going on.

    Raises:
        ChildFailed: a measure ended with an error.
    """
    size = case.sized(size)
    _prepare(case, size, folder, say)
    wanted = runs or (min(case.runs, RUNS_QUICK) if size.is_quick else case.runs)
    told: dict[str, list[Told]] = {name: [] for name in case.sides}
    for run in range(wanted):
        for name, side in case.sides.items():
            if side.once and run:
                continue
            say(f"{case.name}: run {run + 1} of {wanted}, {name}")
            given = {**side.given, "run": run}
            told[name].append(_measure(side.measure, given, size, folder))
    if PARTS in told:
        whole = median(t.figures["us"] for t in told[OURS])
        for parts in told[PARTS]:
            parts.figures[REST] = whole - sum(parts.figures[part] for part in PARTS_OF_APPEND)
    figures = []
    for figure in case.figures:
        ours = [t.figures[figure.key] for t in told[figure.side]]
        reference = [t.figures[figure.beside] for t in told[REFERENCE]] if figure.beside else None
        figures.append(measured(figure, ours, reference, size))
    return Outcome(
        name=case.name,
        about=case.about,
        sides={name: side.about for name, side in case.sides.items()},
        runs=wanted,
        figures=figures,
        facts={name: answers[-1].facts for name, answers in told.items()},
        notes=case.notes,
    )


def profile(case: Case, size: Size, folder: Path) -> None:
    """Run our side of a benchmark once under the profiler, which prints to stdout.

    Raises:
        ChildFailed: the measure ended with an error.
    """
    size = case.sized(size)
    _prepare(case, size, folder, lambda _: None)
    side = case.sides[OURS]
    _measure(side.measure, {**side.given, "run": 0, "profile": True}, size, folder)


def _prepare(case: Case, size: Size, folder: Path, say: Callable[[str], None]) -> None:
    for measure in case.before:
        say(f"{case.name}: {measure}")
        _measure(measure, {}, size, folder)


def _measure(measure: str, given: Mapping[str, Any], size: Size, folder: Path) -> Told:
    """One measure in a process of its own, with the most memory it had at once."""
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    task = {"measure": measure, "size": size, "folder": str(folder), "given": given}
    path = os.pathsep.join(p for p in (str(ROOT), os.environ.get("PYTHONPATH", "")) if p)
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.child", msgspec.json.encode(task).decode(), str(answer)],
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
    )
    with ExitStack() as stopped:  # in the middle, as by Ctrl-C
        stopped.callback(child.wait)
        stopped.callback(child.terminate)
        _, status, usage = os.wait4(child.pid, 0)
        stopped.pop_all()
    child.returncode = os.waitstatus_to_exitcode(status)  # we waited for it, so it must be told
    if child.returncode:
        raise ChildFailed(measure, child.returncode)
    told = msgspec.json.decode(answer.read_bytes(), type=Told)
    told.figures["peak_mib"] = usage.ru_maxrss * _RSS_UNIT / 2**20
    return told
