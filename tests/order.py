"""In which order test files go to the workers of xdist, so that all of them end together.

A worker that is free takes the next file. Rule 1: what takes minutes begins first, or it would go
on alone at the end. Rule 2: files that mostly wait, for a broker or for what was killed, are spread
among those that compute, so that neither cores nor workers stand idle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import pytest

WAITING = ("tests/stream/", "tests/faults/")
# Files of minutes, and folders with such, the longest first. xdist's own order is by number of
# tests, and what takes long is often a few.
LONG = (
    "tests/contracts/test_driver.py",
    "tests/contracts/test_chdb.py",
    "tests/replay/test_tamper.py",
    "tests/acceptance/test_process_mining.py",
    "tests/acceptance/test_tables.py",
    "tests/acceptance/",
    "tests/cli/",
    "tests/properties/",
    "tests/browser/",
)
SPREAD_OVER = 0.7  # of the other files: what comes after is short


def ordered(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The same tests file by file; those of a file keep their order."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    order = in_turn({name: len(tests) for name, tests in files.items()})
    return list(chain.from_iterable(files[name] for name in order))


def in_turn(tests: Mapping[str, int]) -> list[str]:
    """The files, each with its number of tests, in the order in which they begin."""

    def rank(name: str) -> tuple[int, int, str]:
        place = next((n for n, begin in enumerate(LONG) if name.startswith(begin)), len(LONG))
        return place, -tests[name], name

    names = sorted(tests, key=rank)
    waiting = [name for name in names if name.startswith(WAITING)]
    others = [name for name in names if not name.startswith(WAITING)]
    # One that waits at the very start, and one after each few of the others.
    step = max(1.0, SPREAD_OVER * len(others) / max(1, len(waiting)))
    placed = [(n * step, name) for n, name in enumerate(waiting)]
    placed += [(n + 0.5, name) for n, name in enumerate(others)]
    return [name for _, name in sorted(placed)]
