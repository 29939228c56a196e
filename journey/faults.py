"""Named points at which a test may kill the process, to prove that nothing is lost or doubled."""

from __future__ import annotations

import os
import signal

POINTS = (
    "before-append",
    "after-append",
    "before-record",
    "after-record",
    "before-state-commit",
    "after-state-commit",
    "before-flush",
    "after-insert",
    "after-flush",
)

_armed: dict[str, int] = {}


def arm(point: str, passes: int = 0) -> None:
    """Kill this process when the point is reached, after passing it ``passes`` times."""
    if point not in POINTS:
        raise ValueError(f"no fault point {point}; there are {', '.join(POINTS)}")
    _armed[point] = passes


def reach(point: str) -> None:
    """Go on, unless a test armed this point."""
    if _armed and point in _armed:
        if _armed[point] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        _armed[point] -= 1
