"""``python -m benchmarks``: run the benchmarks; JSON to stdout or a file, a table to stderr."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks.case import FULL, QUICK, Size
from benchmarks.cases import CASES
from benchmarks.contest import ChildFailed, hold, profile
from benchmarks.machine import machine
from benchmarks.report import Report
from benchmarks.show import show

EXIT_FAILED = 1
WIDTH = 160


def main() -> int:
    """Read the options, run what was asked for, write it down."""
    given = _options()
    size = QUICK if given.quick else FULL
    every = [name for name, case in CASES.items() if not case.is_long]
    names = given.only or ([given.profile] if given.profile else every)
    err = Console(stderr=True, highlight=False)
    if not err.is_terminal:
        err.width = WIDTH  # of a file or pipe nobody knows it
    with ExitStack() as stack:
        folder = _scratch(stack, given.scratch)
        try:
            if given.profile:
                profile(CASES[given.profile], size, folder)
                return 0
            report = _report(names, size, given.runs, folder, err)
        except ChildFailed as failure:
            err.print(f"{failure}", markup=False)
            return EXIT_FAILED
    text = msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
    if given.out is None:
        sys.stdout.buffer.write(text)
    else:
        given.out.write_bytes(text)
    return 0


def _report(names: list[str], size: Size, runs: int | None, folder: Path, err: Console) -> Report:
    report = Report(size=size, machine=machine())
    for name in names:
        with err.status(name) as status:
            outcome = hold(CASES[name], size, runs, folder, status.update)
        report.benchmarks.append(outcome)
        show(outcome, err)
    return report


def _scratch(stack: ExitStack, wanted: Path | None) -> Path:
    if wanted is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="journey-bench-")))
    wanted.mkdir(parents=True, exist_ok=True)
    return wanted.resolve()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=list(CASES), metavar="NAME",
        help=f"run this one; may be repeated ({', '.join(CASES)})",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a small size; nothing is judged")
    parser.add_argument("--runs", type=_runs, help="runs of each side, instead of each one's own")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there")
    parser.add_argument(
        "--scratch", type=Path, metavar="DIR",
        help="keep samples and workspaces for the next time; remove DIR when code changed",
    )  # fmt: skip
    parser.add_argument(
        "--profile", choices=list(CASES), metavar="NAME",
        help="run this one once under cProfile and print where the time goes",
    )  # fmt: skip
    return parser.parse_args()


def _runs(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs: give 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
