"""What each member of a family decided by itself, from its own events.

A member decides alone until it becomes part of another; whoever takes it in goes on with what was
on its way. So what it decided is folded again where it is taken in: its partition may be another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from projections.family import EVERYTHING, Own, family_events
from projections.fold import (
    Out,
    State,
    absorb_decisions,
    fold_decision,
    is_for_triggers,
    run_decisions,
)
from projections.outreach.state import OutreachState
from projections.projection import Act
from projections.rulebook import History, Rulebook
from schemas.events import Absorbed, MergedOut, Restored, SplitOut
from schemas.recorded import Recorded
from schemas.times import Instant


class Told(NamedTuple):
    """What a member's triggers know after its events, and whether it is part of another then."""

    state: State
    is_part: bool


class Alone:
    """The members of a family, each folded by itself once.

    Args:
        own: of each member, and of whoever is or was part of one.
    """

    def __init__(self, rules: Rulebook, history: History, own: Own) -> None:
        self._rules, self._history, self._own = rules, history, own
        self._known: dict[tuple[bytes, int], OutreachState] = {}

    def decided(self, member: bytes, acts: list[Act], last: int = EVERYTHING) -> Told:
        """What a member's triggers decided, merges and partings along the way included.

        Args:
            acts: filled with it.
            last: the last offset of its own events that counts.
        """
        rules, history = self._rules, self._history
        state, out, is_part = rules.initial(), Out([], acts), False
        for event in self._until(member, last):
            if isinstance(event.fact, Restored):
                is_part = False
            elif is_part:  # of somebody, who decides for both
                continue
            if isinstance(event.fact, MergedOut | Absorbed | SplitOut):
                run_decisions(rules, history, state, event.recorded_at, member, out)
            if isinstance(event.fact, MergedOut):
                is_part = True
            elif isinstance(event.fact, Absorbed | SplitOut | Restored):
                known, before = family_events(member, self._own, event.offset), state
                state, at = rules.initial(), event.recorded_at
                alone = self.before(event, before.outreach)
                absorb_decisions(rules, history, state, known, member, at, alone, acts)
            elif is_for_triggers(event):
                fold_decision(rules, history, state, event, member, out)
        return Told(state, is_part)

    def before(self, event: Recorded, own: OutreachState) -> list[OutreachState]:
        """What triggers knew of those who become one, if an event says that they do.

        Args:
            own: what they knew of whoever takes the other in.
        """
        fact = event.fact
        if not isinstance(fact, Absorbed):
            return []
        return [own, self._at(fact.customer, fact.last_offset, event.recorded_at)]

    def _at(self, member: bytes, last: int, at: Instant) -> OutreachState:
        key = (member, last)
        if key not in self._known:
            self._known[key] = OutreachState()  # only damage makes a circle
            told, out = self.decided(member, [], last), Out([], [])
            if not told.is_part:
                run_decisions(self._rules, self._history, told.state, at, member, out)
            self._known[key] = told.state.outreach
        return self._known[key]

    def _until(self, member: bytes, last: int) -> Iterable[Recorded]:
        return (event for event in self._own.get(member, ()) if event.offset <= last)
