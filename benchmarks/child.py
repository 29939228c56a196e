"""One measure in this process: ``python -m benchmarks.child TASK ANSWER``, as the parent starts it.

TASK is JSON, ANSWER the file for what was measured.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.case import Size
from journey.memory import collect_rarely

PROFILE_LINES = 25


class Given(NamedTuple):
    """What a measure gets: how much, where its files are, and what its side was declared with."""

    size: Size
    folder: Path
    given: dict[str, Any]


class Answer(NamedTuple):
    """What a measure gives: figures by key, and facts for the record."""

    figures: dict[str, float]
    facts: dict[str, Any]


Measure = Callable[[Given], Answer]

# name -> where the function is; only what is used is imported, so that its memory alone counts.
MEASURES = {
    "append": "benchmarks.measures.append:journey",
    "append-reference": "benchmarks.measures.append:reference",
    "append-parts": "benchmarks.measures.append_parts:parts",
    "make-sample": "benchmarks.measures.samples:make_sample",
    "make-workspace": "benchmarks.measures.whole_path:make_workspace",
    "make-regular": "benchmarks.measures.refold:make_regular",
    "whole-path": "benchmarks.measures.whole_path:journey",
    "whole-path-reference": "benchmarks.measures.whole_path:reference",
    "make-table": "benchmarks.measures.dialects:make_table",
    "make-segment": "benchmarks.measures.dialects:make_segment",
    "import": "benchmarks.measures.imports:journey",
    "import-reference": "benchmarks.measures.imports:reference",
    "long-import": "benchmarks.measures.long_import:journey",
    "stream": "benchmarks.measures.streaming:journey",
    "verify": "benchmarks.measures.verifying:journey",
    "verify-reference": "benchmarks.measures.verifying:reference",
    "queries": "benchmarks.measures.querying:journey",
    "queries-reference": "benchmarks.measures.querying:reference",
    "make-paths": "benchmarks.measures.paths:make_rows",
    "paths": "benchmarks.measures.paths:journey",
    "paths-reference": "benchmarks.measures.paths:reference",
    "report": "benchmarks.measures.reporting:journey",
    "report-reference": "benchmarks.measures.reporting:reference",
    "pains": "benchmarks.measures.pains:journey",
    "outreach": "benchmarks.measures.outreach:journey",
    "make-year": "benchmarks.measures.year:make_year",
    "year": "benchmarks.measures.year:journey",
    "one-more": "benchmarks.measures.year:one_more",
    "previews": "benchmarks.measures.previews:journey",
    "folds": "benchmarks.measures.folds:journey",
    "refold": "benchmarks.measures.refold:journey",
    "refold-reference": "benchmarks.measures.refold:reference",
}


class Task(msgspec.Struct, frozen=True):
    """The first argument."""

    measure: str
    size: Size
    folder: str
    given: dict[str, Any]


def main() -> None:
    """Measure and answer."""
    collect_rarely()  # as the command does
    task = msgspec.json.decode(sys.argv[1], type=Task)
    module, _, function = MEASURES[task.measure].partition(":")
    measure: Measure = getattr(import_module(module), function)
    given = Given(task.size, Path(task.folder), task.given)
    if task.given.get("profile"):
        profiler = cProfile.Profile()
        answer = profiler.runcall(measure, given)
        for order in ("tottime", "cumtime"):
            pstats.Stats(profiler).strip_dirs().sort_stats(order).print_stats(PROFILE_LINES)
        sys.stdout.write(f"Slower under the profiler than without it: {answer.figures}\n")
    else:
        answer = measure(given)
    Path(sys.argv[2]).write_bytes(msgspec.json.encode(answer._asdict()))


if __name__ == "__main__":
    main()
