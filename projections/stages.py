"""Journey stages: what a customer does shows signs, and a table says where each sign leads.

Rule 1: the first touch enters the first stage of the path. What is internal is a touch only where
    it shows a sign: an order may be typed in.
Rule 2: of the signs that an event shows, the first with an entry for the customer's stage moves
    them; ``inbound`` comes last. A pair without an entry changes nothing.
Rule 3: time shows signs as well: silence, a sign that had to wait, the last subscription's end.
Rule 4: ``before`` is the last stage on the path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import msgspec

from projections.configuration import Configuration
from projections.configuration.stages import BEFORE, ENDED, FIRST_TOUCH, INBOUND, SILENCE
from projections.projection import NEVER, Change, Projection, Step, by_wake
from projections.signs import NO_EVENT, StageEntered
from projections.stage_signs import Signs, holds
from projections.subscriptions import Plans, end_of_plans, note_subscription
from projections.tables import STAGES
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

NAME = "stages"
VERSION = 3


class StagesState(msgspec.Struct, array_like=True):
    """Where one customer stands and what decides about the next move.

    Args:
        before: the last stage on the path.
        last: when a sign was last shown, of those that count only when shown again.
        waiting: signs that wait, and until when.
        plans: the subscriptions that run, and when each ends.
    """

    stage: str = ""
    entered_at: Instant = 0
    ordinal: int = 0
    previous: str = ""
    cause: str = ""
    cause_event_id: bytes = NO_EVENT
    before: str = ""
    last: dict[str, Instant] = {}
    waiting: dict[str, Instant] = {}
    plans: Plans = {}
    lapses_at: Instant = NEVER
    wake: Instant = NEVER


class _Story:
    """One step of one customer: the moves, and what they publish and tell."""

    __slots__ = ("customer", "rows", "rules", "signs", "state")

    def __init__(self, rules: _Rules, state: StagesState, customer: bytes) -> None:
        self.rules, self.state, self.customer = rules, state, customer
        self.rows: list[Change] = []
        self.signs: list[StageEntered] = []

    def move(self, sign: str, at: Instant, event_id: bytes) -> None:
        """Go where a sign leads, if it leads anywhere."""
        to = self.rules.moves[self.state.stage].get(sign)
        if to is not None:
            self.enter(self.state.before if to == BEFORE else to, at, sign, event_id)

    def enter(self, to: str, at: Instant, cause: str, event_id: bytes) -> None:
        """Leave the stage and enter the next: the rows of both."""
        state, rules = self.state, self.rules
        if state.stage:
            self.rows.append(rules.row(state, self.customer, at))
        left, state.previous = state.stage, state.stage
        state.stage, state.entered_at = to, at
        state.cause, state.cause_event_id = cause, event_id
        state.ordinal += 1
        if to in rules.places:
            state.before = to
        if to not in rules.lapsing:
            state.lapses_at = NEVER
        elif left not in rules.lapsing:  # silence is counted from here
            state.lapses_at = at + rules.lapse
        self.rows.append(rules.row(state, self.customer, None))
        self.signs.append(
            StageEntered(at=at, event_id=event_id, stage=to, previous=left, cause=cause)
        )


class _Rules:
    """The configuration in the form in which each step needs it."""

    def __init__(self, rules: Configuration) -> None:
        told = rules.stages
        self.signs = Signs(told)
        self.moves = told.moves()
        self.first = told.path[0]
        self.places = {stage: n for n, stage in enumerate(told.path)}
        self.lapsing = frozenset(s for s, moves in self.moves.items() if SILENCE in moves)
        self.lapse = told.lapse * SECOND
        self.grace = told.renewal_grace * SECOND
        self.mark = told.mark

    def shown(self, state: StagesState, fact: Touchpoint, at: Instant) -> list[str]:
        """The signs that an event shows at once; notes what is to be remembered of it."""
        shown: list[str] = []
        for sign, rule, again_within, after, is_plain in self.signs.of(fact):
            if not (is_plain or holds(rule, fact)):
                continue
            if again_within:
                last = state.last.get(sign)
                state.last[sign] = at
                if last is None or at - last > again_within:
                    continue
            if after:
                state.waiting.setdefault(sign, at + after)
            else:
                shown.append(sign)
        return shown

    def row(self, state: StagesState, customer: bytes, left_at: Instant | None) -> Change:
        """The row of the stage that lasts, or ended."""
        dwell = None if left_at is None else (left_at - state.entered_at) / SECOND
        places = self.places
        is_back = (
            state.stage in places
            and state.previous in places
            and places[state.stage] < places[state.previous]
        )
        return Change(
            STAGES.name,
            (
                customer.hex(),
                state.entered_at,
                state.ordinal,
                state.stage,
                state.previous,
                is_back,
                left_at,
                dwell,
                state.cause,
                state.cause_event_id.hex(),
                VERSION,
                self.mark,
            ),
        )


def stages(rules: Configuration) -> Projection[StagesState]:
    """The projection under one configuration."""
    by = _Rules(rules)
    return Projection(
        name=NAME,
        version=VERSION,
        tables=(STAGES,),
        state_type=StagesState,
        initial=StagesState,
        evolve=_evolve(by),
        wake_at=by_wake,
        on_time=_on_time(by),
    )


def _evolve(by: _Rules) -> Callable[[StagesState, Recorded, bytes], Step[StagesState]]:
    def evolve(state: StagesState, event: Recorded, customer: bytes) -> Step[StagesState]:
        fact, at = cast(Touchpoint, event.fact), event.occurred_at
        for sign in by.signs.called_off_by(fact) if state.waiting else ():
            state.waiting.pop(sign, None)
        shown = by.shown(state, fact, at)
        if note_subscription(state.plans, fact, at, by.grace):
            shown.append(ENDED)
        if fact.direction == INBOUND:
            shown.append(INBOUND)
            if state.stage in by.lapsing:
                state.lapses_at = at + by.lapse
        elif fact.direction == "internal" and not shown:
            _wind(state)
            return Step(state, [], [])
        story = _Story(by, state, customer)
        if not state.stage:
            story.enter(by.first, at, FIRST_TOUCH, event.event_id)
        moves = by.moves[state.stage]
        for sign in shown:
            if sign in moves:
                story.move(sign, at, event.event_id)
                break
        _wind(state)
        return Step(state, story.rows, [], story.signs)

    return evolve


def _on_time(by: _Rules) -> Callable[[StagesState, Instant, bytes], Step[StagesState]]:
    def on_time(state: StagesState, at: Instant, customer: bytes) -> Step[StagesState]:
        story = _Story(by, state, customer)
        for sign in sorted(sign for sign, due in state.waiting.items() if due == at):
            del state.waiting[sign]
            if state.stage:
                story.move(sign, at, NO_EVENT)
        if end_of_plans(state.plans) == at:
            for plan in [plan for plan, ends in state.plans.items() if ends == at]:
                del state.plans[plan]
            if not state.plans and state.stage:
                story.move(ENDED, at, NO_EVENT)
        if state.lapses_at == at:
            state.lapses_at = NEVER
            story.move(SILENCE, at, NO_EVENT)
        _wind(state)
        return Step(state, story.rows, [], story.signs)

    return on_time


def _wind(state: StagesState) -> None:
    """When the state is to be woken next."""
    wake = state.lapses_at
    if state.waiting:
        wake = min(wake, *state.waiting.values())
    if state.plans:
        wake = min(wake, end_of_plans(state.plans))
    state.wake = wake
