"""Personas: who holds which, from when to when.

Rule 1: a customer holds a persona while its condition holds of what is known of them by then.
Rule 2: several may be held at once. Whoever changes is told to the other projections.
Rule 3: what depends on days that pass has a timer: ``at_least`` begins at its very time, and
    ``at_most`` ends after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from projections.configuration import Configuration
from projections.configuration.personas import Condition, Persona
from projections.persona_facts import Hear, Known, Note, Rule, Source, key_of, rule_of, source_of
from projections.projection import NEVER, Change, Projection, Step, by_wake
from projections.signs import NO_EVENT, ContactBegan, PersonasChanged, Sign, StageEntered
from projections.tables import PERSONAS
from projections.touchpoints import type_of
from schemas.fact import Fact
from schemas.recorded import Recorded
from schemas.times import DAY, Instant

NAME = "personas"
VERSION = 3
CAUSES: dict[type[Sign], str] = {StageEntered: "stage", ContactBegan: "contact"}


class Held(msgspec.Struct, array_like=True):
    """A persona that a customer holds."""

    since: Instant
    cause: str
    cause_event_id: bytes


class PersonasState(msgspec.Struct, array_like=True):
    """What is known of one customer, and who they are by it."""

    known: Known = msgspec.field(default_factory=Known)
    held: dict[str, Held] = {}
    wake: Instant = NEVER
    is_judged: bool = False  # whether anybody asked yet who they are


class _Rules:
    """All personas in the form in which each step needs them."""

    def __init__(self, personas: Mapping[str, Persona]) -> None:
        self.marks = {name: persona.mark for name, persona in personas.items()}
        self.rules: dict[str, Rule] = {name: rule_of(personas[name]) for name in sorted(personas)}
        leaves = [leaf for persona in personas.values() for leaf in persona.leaves()]
        self.limits = sorted({limit for leaf in leaves for limit in _limits(leaf)})
        sources = {key_of(leaf): source_of(leaf) for leaf in leaves}.values()
        self._sources: list[Source] = [source for source in sources if source.note]
        self._notes: dict[type[Fact], tuple[Note, ...]] = {}
        self.hears: dict[type[Sign], list[Hear]] = {}
        for source in sources:
            if source.sign is not None and source.hear is not None:
                self.hears.setdefault(source.sign, []).append(source.hear)

    @property
    def reads(self) -> tuple[type[Fact], ...] | None:
        """The types of events that change anything; None: all."""
        if any(rule(Known(), 0) for rule in self.rules.values()):
            return None  # it holds of somebody of whom nothing is known: from the first touch on
        found: set[type[Fact]] = set()
        for source in self._sources:
            if source.events is None:
                return None
            found.update(source.events)
        return tuple(found)

    def notes_of(self, kind: type[Fact]) -> tuple[Note, ...]:
        """What takes in an event of a type."""
        notes = self._notes.get(kind)
        if notes is None:
            notes = tuple(
                source.note
                for source in self._sources
                if source.note and (source.events is None or kind in source.events)
            )
            self._notes[kind] = notes
        return notes

    def wake(self, known: Known, after: Instant) -> Instant:
        """When time alone may change who the customer is."""
        soonest = NEVER
        for key, limit in self.limits:
            since = known.times.get(key)
            if since is not None and after < since + limit < soonest:
                soonest = since + limit
        return soonest

    def row(self, customer: bytes, name: str, held: Held, until: Instant | None) -> Change:
        """The row of a persona that is held, or was."""
        return Change(
            PERSONAS.name,
            (
                customer.hex(),
                held.since,
                name,
                until,
                held.cause,
                held.cause_event_id.hex(),
                VERSION,
                self.marks[name],
            ),
        )


def personas(rules: Configuration) -> Projection[PersonasState]:
    """The projection under one configuration."""
    by = _Rules(rules.personas)

    def evolve(state: PersonasState, event: Recorded, customer: bytes) -> Step[PersonasState]:
        notes = by.notes_of(type(event.fact))
        if not notes and state.is_judged:
            return Step(state, [], [])
        for note in notes:
            note(state.known, event)
        return _judge(by, state, event.occurred_at, type_of(event), event.event_id, customer)

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(PERSONAS,),
        state_type=PersonasState,
        initial=PersonasState,
        evolve=evolve,
        wake_at=by_wake,
        on_time=lambda state, at, customer: _judge(by, state, at, "time", NO_EVENT, customer),
        reads=by.reads,
        hears={sign: _hear(by, sign, notes) for sign, notes in by.hears.items()},
    )


def _hear(
    by: _Rules, kind: type[Sign], notes: list[Hear]
) -> Callable[[PersonasState, Any, bytes], Step[PersonasState]]:
    cause = CAUSES[kind]

    def hear(state: PersonasState, sign: Sign, customer: bytes) -> Step[PersonasState]:
        for note in notes:
            note(state.known, sign)
        return _judge(by, state, sign.at, cause, sign.event_id, customer)

    return hear


def _judge(
    by: _Rules, state: PersonasState, at: Instant, cause: str, event_id: bytes, customer: bytes
) -> Step[PersonasState]:
    """Who the customer is now."""
    rows: list[Change] = []
    known, held = state.known, state.held
    state.is_judged = True
    for name, rule in by.rules.items():
        holds = rule(known, at)
        if holds == (name in held):
            continue
        if holds:
            held[name] = Held(at, cause, event_id)
            rows.append(by.row(customer, name, held[name], None))
        else:
            rows.append(by.row(customer, name, held.pop(name), at))
    if by.limits:
        state.wake = by.wake(known, at)
    if not rows:
        return Step(state, rows, [])
    sign = PersonasChanged(at=at, event_id=event_id, personas=tuple(sorted(held)))
    return Step(state, rows, [], (sign,))


def _limits(leaf: Condition) -> list[tuple[str, Instant]]:
    """When a fact of days, counted from its beginning, is first on the other side of a limit."""
    if not leaf.fact.startswith("days_"):
        return []
    found = []
    if leaf.at_least is not None:
        found.append((key_of(leaf), round(leaf.at_least * DAY)))
    if leaf.at_most is not None:
        found.append((key_of(leaf), round(leaf.at_most * DAY) + 1))
    return found
