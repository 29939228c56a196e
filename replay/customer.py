"""Customers folded afresh from the log: state, rows and decisions, as they should be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from projections.alone import Alone
from projections.family import Own, by_customer, family_events, is_gone
from projections.fold import Out, Rows, State, refold_meaning, run_decisions
from projections.projection import Act
from projections.rulebook import History, Rulebook
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


class Kin(NamedTuple):
    """What the histories of customers who are, or once were, one amount to.

    Args:
        customers: those who are customers today; their acts are all of ``acts``.
        acts: what all of them decided. A decision lies with whoever the customer was when it was
            recorded, so that it can be held against the log for all of them together only.
    """

    customers: dict[bytes, Replayed]
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
    own = by_customer(events)
    own.setdefault(customer, [])
    acts, ended = _decisions(rules, history, own, watermarks.decisions)
    return _replayed(rules, history, customer, own, watermarks, acts, ended[customer])


def replay_kin(
    rules: Rulebook,
    history: History,
    events: Iterable[Recorded],
    watermarks: Watermarks,
    only: Collection[bytes] | None = None,
) -> Kin:
    """Fold everybody who has to do with each other from nothing.

    Args:
        events: all that was recorded with any of them; nobody who ever became part of one of them,
            or took one of them in, may be missing.
        only: whose meaning is wanted; left out, that of all who are customers today.
    """
    own = by_customer(events)
    acts, ended = _decisions(rules, history, own, watermarks.decisions)
    return Kin(
        {
            who: _replayed(rules, history, who, own, watermarks, acts, ended[who])
            for who, told in own.items()
            if not is_gone(told) and (only is None or who in only)
        },
        acts,
    )


def _replayed(
    rules: Rulebook,
    history: History,
    customer: bytes,
    own: Own,
    watermarks: Watermarks,
    acts: list[Act],
    ended: State,
) -> Replayed:
    events = family_events(customer, own)
    state, rows = refold_meaning(rules, customer, events, watermarks.meaning)
    for decider in history.newest(rules):
        setattr(state, decider.name, getattr(ended, decider.name))
    return Replayed(state, rows, acts)


def _decisions(
    rules: Rulebook, history: History, own: Own, until: Instant
) -> tuple[list[Act], dict[bytes, State]]:
    """What all of them decided, and what their triggers know at the end."""
    acts, ended = list[Act](), dict[bytes, State]()
    alone = Alone(rules, history, own)
    for who in own:
        ended[who], is_part = alone.decided(who, acts)
        if not is_part:
            run_decisions(rules, history, ended[who], until, who, Out([], acts))
    return acts, ended
