"""What comes out: the values of all runs, their medians, and the verdicts. Also the JSON's form."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from statistics import median
from typing import Any

import msgspec

from benchmarks.case import Figure, Size
from benchmarks.machine import Machine


class Verdict(StrEnum):
    """How a figure stands against its targets."""

    GOAL = "goal met"
    FLOOR = "floor met"
    MISSED = "not met"
    NONE = "no target"
    SMALL = "not judged"  # the size is not the one that the targets are for


class Spread(msgspec.Struct, frozen=True):
    """The values of one figure in all runs, in the order of the runs."""

    median: float
    min: float
    max: float
    runs: list[float]


class Measured(msgspec.Struct, frozen=True):
    """One figure.

    Args:
        ours: of this project.
        reference: of the reference, where the figure has one.
        ratio: our speed as a share of the reference's speed, run by run; for times the reference's
            by ours. Its median is that of the medians.
        judged: which of ``ours`` and ``ratio`` the targets are for.
    """

    name: str
    unit: str
    ours: Spread
    reference: Spread | None
    ratio: Spread | None
    judged: str
    floor: float | None
    goal: float | None
    verdict: Verdict


class Outcome(msgspec.Struct, frozen=True):
    """One benchmark. ``sides`` says what ran; ``facts`` is what each said of its last run."""

    name: str
    about: str
    sides: dict[str, str]
    runs: int
    figures: list[Measured]
    facts: dict[str, dict[str, Any]]
    notes: list[str]


class Report(msgspec.Struct, frozen=True):
    """Everything of one command."""

    size: Size
    machine: Machine
    benchmarks: list[Outcome] = []
    form: int = 1  # of this JSON


def spread(values: Sequence[float]) -> Spread:
    """The values, rounded to five digits that matter."""
    kept = [_rounded(v) for v in values]
    return Spread(_rounded(median(values)), min(kept), max(kept), kept)


def measured(
    figure: Figure, ours: Sequence[float], reference: Sequence[float] | None, size: Size
) -> Measured:
    """A figure with its verdict."""
    ratio = None
    if reference is not None:
        pairs = list(zip(ours, reference, strict=True))
        shares = spread([_share(figure, a, b) for a, b in pairs])
        middle = _share(figure, median(ours), median(reference))
        ratio = msgspec.structs.replace(shares, median=_rounded(middle))
    judged = ratio if figure.judged == "ratio" and ratio is not None else spread(ours)
    return Measured(
        name=figure.name,
        unit=figure.unit,
        ours=spread(ours),
        reference=None if reference is None else spread(reference),
        ratio=ratio,
        judged=figure.judged,
        floor=figure.floor,
        goal=figure.goal,
        verdict=_verdict(figure, judged.median, size),
    )


def _verdict(figure: Figure, value: float, size: Size) -> Verdict:
    if figure.floor is None:
        return Verdict.NONE
    if size.is_quick:
        return Verdict.SMALL
    goal = figure.floor if figure.goal is None else figure.goal
    more = figure.more_is_better or figure.judged == "ratio"
    if value >= goal if more else value <= goal:
        return Verdict.GOAL
    if value >= figure.floor if more else value <= figure.floor:
        return Verdict.FLOOR
    return Verdict.MISSED


def _share(figure: Figure, ours: float, reference: float) -> float:
    return ours / reference if figure.more_is_better else reference / ours


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")
