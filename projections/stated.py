"""What customers state of themselves, in clear: a row for each thing."""

from __future__ import annotations

import msgspec

from projections.projection import Change, Projection, Step, never
from projections.tables import STATED
from schemas.events import PreferenceStated, TraitsStated
from schemas.recorded import Recorded

NAME = "stated"
VERSION = 1
PREFERENCE, TRAIT = "preference", "trait"


class StatedState(msgspec.Struct, array_like=True):
    """Nothing: each row stands for itself."""


def stated() -> Projection[StatedState]:
    """The projection; it has no settings."""
    return Projection(
        name=NAME,
        version=VERSION,
        tables=(STATED,),
        state_type=StatedState,
        initial=StatedState,
        evolve=_evolve,
        wake_at=never,
        on_time=lambda state, at, customer: Step(state, [], []),
        reads=(PreferenceStated, TraitsStated),
    )


def _evolve(state: StatedState, event: Recorded, customer: bytes) -> Step[StatedState]:
    fact = event.fact
    if isinstance(fact, PreferenceStated):
        kind = PREFERENCE
        told = {"channel": fact.on_channel, "language": fact.language, "timezone": fact.timezone}
    elif isinstance(fact, TraitsStated):
        kind, told = TRAIT, fact.facts
    else:
        return Step(state, [], [])
    own = (customer.hex(), event.occurred_at, event.event_id.hex(), kind)
    rows = [
        Change(STATED.name, (*own, name, value, event.sequence))
        for name, value in told.items()
        if value
    ]
    return Step(state, rows, [])
