"""Two rules of stages over one history: whom they tell apart, and how long customers stay."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from statistics import median

import msgspec

from projections.configuration import Configuration
from projections.projection import AnyProjection, Change
from projections.stages import stages
from projections.tables import STAGES
from schemas.recorded import Recorded
from schemas.times import Instant

EXAMPLES = 20

_STAGE, _ENTERED, _ORDINAL, _DWELL = (
    STAGES.names.index(name) for name in ("stage", "entered_at", "ordinal", "dwell_s")
)
Way = list[tuple[str, Instant, float | None]]  # stage, when it began, how long it lasted


class StageFigures(msgspec.Struct, frozen=True):
    """One stage under both rules; medians in seconds, of stays that have ended."""

    stage: str
    entered_old: int
    entered_new: int
    now_old: int
    now_new: int
    median_old_s: float | None
    median_new_s: float | None


class Differing(msgspec.Struct, frozen=True):
    """A customer who goes another way: the stages under each rule."""

    customer_id: str
    old: list[str]
    new: list[str]


class StageComparison(msgspec.Struct, frozen=True):
    """What another rule would make of history.

    Args:
        differing: customers with another stage, or another time of one.
        differing_now: customers who would be in another stage now.
        examples: the first of them.
    """

    customers: int
    differing: int
    differing_now: int
    figures: list[StageFigures]
    examples: list[Differing]


class _Sums:
    """What one rule amounts to."""

    def __init__(self) -> None:
        self.entered: dict[str, int] = {}
        self.now: dict[str, int] = {}
        self.dwells: dict[str, array[float]] = {}

    def add(self, way: Way) -> None:
        for stage, _, dwell in way:
            self.entered[stage] = self.entered.get(stage, 0) + 1
            if dwell is None:
                self.now[stage] = self.now.get(stage, 0) + 1
            else:
                self.dwells.setdefault(stage, array("d")).append(dwell)

    def median(self, stage: str) -> float | None:
        """Interpolated; None where no stay has ended."""
        return median(self.dwells[stage]) if stage in self.dwells else None


def compare_stages(
    customers: Iterable[tuple[bytes, Sequence[Recorded]]],
    old: Configuration,
    new: Configuration,
    until: Instant,
) -> StageComparison:
    """Fold every customer's events under both rules.

    Args:
        customers: each with all events, in any order; one is held at a time.
        until: timers fire up to here.
    """
    folds, sums = (stages(old), stages(new)), (_Sums(), _Sums())
    total = differing = differing_now = 0
    examples: list[Differing] = []
    for customer, events in customers:
        touches = sorted((e for e in events if e.is_touchpoint), key=lambda e: e.order)
        ways = [way_of(fold, touches, customer, until) for fold in folds]
        for one, way in zip(sums, ways, strict=True):
            one.add(way)
        total += 1
        if ways[0] == ways[1]:
            continue
        differing += 1
        differing_now += _last(ways[0]) != _last(ways[1])
        if len(examples) < EXAMPLES:
            paths = [[stage for stage, _, _ in way] for way in ways]
            examples.append(Differing(customer.hex(), *paths))
    names = dict.fromkeys([*old.stages.stages, *new.stages.stages])
    figures = [
        StageFigures(
            name,
            sums[0].entered.get(name, 0),
            sums[1].entered.get(name, 0),
            sums[0].now.get(name, 0),
            sums[1].now.get(name, 0),
            sums[0].median(name),
            sums[1].median(name),
        )
        for name in names
    ]
    return StageComparison(total, differing, differing_now, figures, examples)


def way_of(
    fold: AnyProjection, touches: Sequence[Recorded], customer: bytes, until: Instant
) -> Way:
    """A customer's stages under one rule.

    Args:
        touches: in the order of what happened.
    """
    state, rows = fold.initial(), dict[int, tuple[str, Instant, float | None]]()

    def keep(changes: Sequence[Change]) -> None:
        for change in changes:
            row = change.row
            rows[row[_ORDINAL]] = (row[_STAGE], row[_ENTERED], row[_DWELL])

    def run(before: Instant) -> None:
        while (at := fold.wake_at(state)) < before:
            keep(fold.on_time(state, at, customer).rows)

    for event in touches:
        run(event.occurred_at)
        keep(fold.evolve(state, event, customer).rows)
    run(until)
    return [rows[n] for n in sorted(rows)]


def _last(way: Way) -> str:
    return way[-1][0] if way else ""
