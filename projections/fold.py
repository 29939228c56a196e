"""One customer's fold, step by step: the same steps for the live engine, a refold and a replay.

Meaning follows the order of what happened; decisions follow the order of what was recorded. In both
a timer at T fires only when time is past T, and events at exactly T come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from projections.configuration import configuration
from projections.meaning import Meaning
from projections.outreach.merging import join, pass_over
from projections.outreach.state import STARTED, Now, OutreachState
from projections.projection import NEVER, Act, AnyProjection, Change
from projections.rulebook import History, Rulebook
from projections.signs import Sign
from projections.tables import KEY_OF, Row
from projections.touchpoints import decision_row, touchpoint_row
from schemas.events import OutreachDecided
from schemas.recorded import Recorded
from schemas.times import Instant

State = Any  # Rulebook.state_type
Rows = dict[str, dict[tuple[Any, ...], Row]]  # table -> key -> row

_encode = msgspec.msgpack.Encoder().encode


class Out(NamedTuple):
    """Where steps put what they publish and decide."""

    rows: list[Change]
    acts: list[Act]


def is_late(state: State, event: Recorded) -> bool:
    """Whether the meaning of this event can no longer be folded on top of the state."""
    book = state.book
    return event.occurred_at <= book.fired or (book.last is not None and event.order < book.last)


def fold_meaning(rules: Rulebook, state: State, event: Recorded, customer: bytes, out: Out) -> None:
    """The meaning of one event that is not late: timers before it, then the event."""
    run_meaning(rules, state, event.occurred_at, customer, out)
    meaning = rules.meaning
    for projection in meaning.reading(type(event.fact)):
        step = projection.evolve(getattr(state, projection.name), event, customer)
        out.rows.extend(step.rows)
        if step.signs:
            _tell(meaning, step.signs, state, customer, out)
    book = state.book
    book.last = event.order
    book.touchpoints += 1


def run_meaning(rules: Rulebook, state: State, until: Instant, customer: bytes, out: Out) -> None:
    """Fire the meaning timers before ``until``, in their order."""
    book = state.book
    while (at := rules.meaning.wakes_at(state)) < until:
        for projection in rules.meaning:
            own = getattr(state, projection.name)
            if projection.wake_at(own) == at:
                step = projection.on_time(own, at, customer)
                out.rows.extend(step.rows)
                out.acts.extend(step.acts)
                if step.signs:
                    _tell(rules.meaning, step.signs, state, customer, out)
        book.fired = at
    if until > book.until:
        book.until = until


def is_for_triggers(event: Recorded) -> bool:
    """Whether triggers see an event: what a source told, and what a finding started."""
    return event.is_touchpoint or is_start(event)


def is_start(event: Recorded) -> bool:
    """Whether it is the record that a finding began a trigger."""
    fact = event.fact
    return isinstance(fact, OutreachDecided) and fact.verdict == STARTED


def is_told(event: Recorded) -> bool:
    """Whether it is a decision that comes back from the log: a row, and no state changes by it."""
    return isinstance(event.fact, OutreachDecided) and not is_start(event)


def fold_decision(
    rules: Rulebook, history: History, state: State, event: Recorded, customer: bytes, out: Out
) -> None:
    """One event as the triggers see it: timers before its recording, then the event."""
    run_decisions(rules, history, state, event.recorded_at, customer, out)
    kind = type(event.fact)
    for projection in history.deciders(rules, event):
        if projection.reads is None or kind in projection.reads:
            step = projection.evolve(getattr(state, projection.name), event, customer)
            out.acts.extend(step.acts)


def run_decisions(
    rules: Rulebook, history: History, state: State, until: Instant, customer: bytes, out: Out
) -> None:
    """Fire the triggers' timers before ``until``, in their order.

    Each fires under the configuration that was in force at its time.
    """
    while (at := decisions_wake_at(history.newest(rules), state)) < until:
        for projection in history.deciders_at(rules, at):
            own = getattr(state, projection.name)
            if projection.wake_at(own) == at:
                out.acts.extend(projection.on_time(own, at, customer).acts)


def meaning_wakes_at(rules: Rulebook, state: State) -> Instant:
    """The next meaning timer of a customer, or NEVER."""
    return rules.meaning.wakes_at(state)


def decisions_wake_at(deciders: tuple[AnyProjection, ...], state: State) -> Instant:
    """The next trigger's timer of a customer, or NEVER."""
    soonest = NEVER
    for projection in deciders:
        at = projection.wake_at(getattr(state, projection.name))
        if at < soonest:
            soonest = at
    return soonest


def _tell(meaning: Meaning, signs: Iterable[Sign], state: State, customer: bytes, out: Out) -> None:
    """Let the projections hear the signs of one of them, and what comes of it."""
    for sign in signs:
        for name, hear in meaning.hearing(type(sign)):
            step = hear(getattr(state, name), sign, customer)
            out.rows.extend(step.rows)
            out.acts.extend(step.acts)
            if step.signs:
                _tell(meaning, step.signs, state, customer, out)


def row_of(event: Recorded, customer: bytes) -> Change | None:
    """The row that an event is by itself, whatever else is known."""
    if event.is_touchpoint:
        return touchpoint_row(event, customer)
    if isinstance(event.fact, OutreachDecided):
        return decision_row(event, customer)
    return None


def absorb_decisions(
    rules: Rulebook,
    history: History,
    state: State,
    known: Iterable[Recorded],
    customer: bytes,
    until: Instant,
    alone: Sequence[OutreachState],
    acts: list[Act],
) -> None:
    """What the triggers know after a merge: both histories as if they had always been one.

    Nothing is decided on the way: whatever fell due before was decided by each of them alone.

    Args:
        state: its deciding part is initial.
        known: the events of both, up to the merge.
        until: when the merge was recorded.
        alone: what triggers knew of each of them by then; of a parting nothing.
        acts: filled with what of theirs does not go on.
    """
    silent, told = Out([], []), list(known)
    for event in sorted(
        filter(is_for_triggers, told), key=lambda e: (e.recorded_at, e.partition, e.offset)
    ):
        fold_decision(rules, history, state, event, customer, silent)
    run_decisions(rules, history, state, until, customer, silent)
    text = history.document_at(until) or rules.document
    number = history.number(text)
    now = Now(state.outreach, configuration(text), number, history, until, customer, acts)
    if alone:
        join(now, alone, told)
    # What the log has for good is not told again, though both together had told it later.
    pass_over(now, (e.fact for e in told if isinstance(e.fact, OutreachDecided)))


def refold_meaning(
    rules: Rulebook, customer: bytes, events: Iterable[Recorded], until: Instant
) -> tuple[State, Rows]:
    """A customer's meaning from all events that are theirs, whatever order they came in.

    Args:
        events: of the customer and of everybody who became part of them.
        until: fire timers up to here, beyond the last event.

    Returns:
        A fresh state, its deciding part initial, and the current rows of all tables.
    """
    state, out = refolded(rules, customer, events, until)
    return state, current(out.rows)


def findings(
    rules: Rulebook, customer: bytes, events: Iterable[Recorded], until: Instant
) -> list[Act]:
    """What a customer's meaning would have triggers start, from the events known by then.

    Args:
        events: as for ``refold_meaning``.
        until: the same.
    """
    state, out = rules.initial(), Out([], [])
    for event in sorted(events, key=lambda e: e.order):
        if event.is_touchpoint:
            fold_meaning(rules, state, event, customer, out)
    run_meaning(rules, state, until, customer, out)
    return out.acts


def refolded(
    rules: Rulebook, customer: bytes, events: Iterable[Recorded], until: Instant
) -> tuple[State, Out]:
    """A fresh state, and all that was published and found on the way; see ``refold_meaning``."""
    (told,) = refolded_each(rules, customer, [events], until)
    return told


def refolded_each(
    rules: Rulebook, customer: bytes, histories: Sequence[Iterable[Recorded]], until: Instant
) -> list[tuple[State, Out]]:
    """Several histories of one customer, each as ``refolded`` has it.

    What all of them begin with is folded once, and the state is copied where they part: one late
    event costs the history up to it once, and what follows twice.
    """
    sorts = [sorted(events, key=lambda e: e.order) for events in histories]
    alike = _alike(sorts)
    rows = _rows(customer, sorts)
    state, out = rules.initial(), Out([], [])
    _fold_all(rules, state, sorts[0][:alike], customer, out, rows)
    copies = [_encode(state)] * (len(sorts) - 1)
    states = [state, *map(rules.decoder.decode, copies)]
    found = [(own, Out([*out.rows], [*out.acts])) for own in states]
    for (own, told), events in zip(found, sorts, strict=True):
        _fold_all(rules, own, events[alike:], customer, told, rows)
        run_meaning(rules, own, until, customer, told)
    return found


def _rows(customer: bytes, histories: Iterable[Iterable[Recorded]]) -> dict[bytes, Change | None]:
    """The row of each event by its id, made once however many histories it is in."""
    rows: dict[bytes, Change | None] = {}
    for events in histories:
        for event in events:
            if event.event_id not in rows:
                rows[event.event_id] = row_of(event, customer)
    return rows


def _alike(sorts: Sequence[Sequence[Recorded]]) -> int:
    """With how many of the same events all of these begin."""
    for n, events in enumerate(zip(*sorts, strict=False) if len(sorts) > 1 else ()):
        if len({event.event_id for event in events}) > 1:
            return n
    return min(map(len, sorts))


def _fold_all(
    rules: Rulebook,
    state: State,
    events: Iterable[Recorded],
    customer: bytes,
    out: Out,
    rows: Mapping[bytes, Change | None],
) -> None:
    for event in events:
        change = rows[event.event_id]
        if change is not None:
            out.rows.append(change)
        if event.is_touchpoint:
            fold_meaning(rules, state, event, customer, out)


def current(changes: Iterable[Change]) -> Rows:
    """The rows that stand after a series of changes."""
    rows: Rows = {}
    for change in changes:
        rows.setdefault(change.table, {})[KEY_OF[change.table](change.row)] = change.row
    return rows
