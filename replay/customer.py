"""One customer folded afresh from the log: state, rows and decisions, as they should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from projections.fold import (
    Out,
    Rows,
    State,
    absorb_decisions,
    fold_decision,
    refold_meaning,
    run_decisions,
)
from projections.projection import Act
from projections.rulebook import History, Rulebook
from schemas.events import Absorbed, MergedOut
from schemas.recorded import Recorded
from schemas.times import Instant


class Watermarks(NamedTuple):
    """How far time has come: for what happened, and for what was recorded."""

    meaning: Instant
    decisions: Instant


class Replayed(NamedTuple):
    """What one customer's history amounts to."""

    state: State
    rows: Rows
    acts: list[Act]


def replay_customer(
    rules: Rulebook,
    history: History,
    customer: bytes,
    events: Sequence[Recorded],
    watermarks: Watermarks,
) -> Replayed:
    """Fold a customer, and everybody who became part of them, from nothing.

    Args:
        customer: who they are after all merges.
        events: all of theirs and of those who merged into them, each partition in its order.
    """
    members: dict[bytes, list[Recorded]] = {customer: []}
    for event in events:
        members.setdefault(event.customer_id, []).append(event)
    state, rows = refold_meaning(rules, customer, events, watermarks.meaning)
    acts: list[Act] = []
    for member, own in members.items():
        ended = _decide(rules, history, member, own, members, watermarks.decisions, acts)
        if member == customer:
            for decider in history.newest(rules):
                setattr(state, decider.name, getattr(ended, decider.name))
    return Replayed(state, rows, acts)


def _decide(
    rules: Rulebook,
    history: History,
    member: bytes,
    own: Sequence[Recorded],
    members: dict[bytes, list[Recorded]],
    until: Instant,
    acts: list[Act],
) -> State:
    """What one member's triggers decided, merges along the way included."""
    state, out, past = rules.initial(), Out([], acts), list[Recorded]()
    newest = history.newest(rules)
    for event in own:
        if isinstance(event.fact, MergedOut):
            run_decisions(newest, state, event.recorded_at, member, out)
            return rules.initial()
        if isinstance(event.fact, Absorbed):
            run_decisions(newest, state, event.recorded_at, member, out)
            past += family_touchpoints(event.fact.customer, members)
            state = rules.initial()
            absorb_decisions(rules, history, state, past, member, event.recorded_at)
        elif event.is_touchpoint:
            fold_decision(history.deciders(rules, event), state, event, member, out)
            past.append(event)
    run_decisions(newest, state, until, member, out)
    return state


def family_touchpoints(member: bytes, members: dict[bytes, list[Recorded]]) -> Iterable[Recorded]:
    """The touchpoints of a customer and of all who became part of them."""
    for event in members.get(member, []):
        if isinstance(event.fact, Absorbed):
            yield from family_touchpoints(event.fact.customer, members)
        elif event.is_touchpoint:
            yield event
