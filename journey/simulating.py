"""How time passes in a simulation whose triggers are started by what meaning finds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from journey.clock import SimulatedClock
from journey.engine.engine import Engine
from projections.configuration import Configuration
from schemas.times import MINUTE, Instant

STEP = 15 * MINUTE  # of simulated time told at once


def starts_by_findings(rules: Configuration) -> bool:
    """Whether a stage or a pain starts a trigger: they are found as time passes, not before."""
    return any(trigger.start.stage or trigger.start.pain for trigger in rules.triggers.values())


def when_due(
    times: Sequence[Instant], clock: SimulatedClock, engine: Engine, *, exactly: bool
) -> Iterator[slice]:
    """What is told before the next moment at which something is due, and time comes there first.

    Args:
        times: of all that is to be told, in order. The clock is put on by whoever tells it.
        exactly: one event at a time.
    """
    start = 0
    while start < len(times):
        until = min(let_pass(engine, clock, times[start], exactly=exactly), times[start] + STEP)
        end = start + 1 if exactly else bisect_right(times, until, start)
        yield slice(start, end)
        start = end


def let_pass(engine: Engine, clock: SimulatedClock, until: Instant, *, exactly: bool) -> Instant:
    """Let time come to each moment before that one at which something is due; the next such moment.

    Args:
        exactly: also to where triggers are due, and not only to where something may start one.
    """
    while (due := engine.next_due(decisions=exactly)) < until:
        clock.put(max(clock.now(), due + 1))
        engine.advance(to=clock.now())
    return due
