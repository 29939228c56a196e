"""One customer in one step of the engine: new events folded, or everything folded again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from projections.alone import Alone
from projections.family import REGROUPS, by_customer, family_events, is_gone
from projections.fold import (
    Out,
    Rows,
    State,
    absorb_decisions,
    current,
    fold_decision,
    fold_meaning,
    is_for_triggers,
    is_late,
    refolded_each,
    row_of,
    run_decisions,
    run_meaning,
)
from projections.outreach.state import OutreachState
from projections.projection import Act, Change
from projections.rulebook import History, Rulebook
from projections.tables import BY_NAME, Row
from schemas.events import Absorbed, MergedOut, Restored, SplitOut
from schemas.recorded import Recorded
from schemas.times import Instant

Placed = tuple[int, Recorded]  # an event and its position in the log
WHY = {Absorbed: "merged", MergedOut: "merged", SplitOut: "unlinked", Restored: "unlinked"}
Past = Callable[[bytes], list[Placed]]  # all events of a customer, those of this step included


class Corrected(NamedTuple):
    """A published row that is different now."""

    customer_id: str
    cause: str
    why: str
    table: str
    key: list[Any]
    fields: dict[str, tuple[Any, Any]]


class CustomerStep:
    """What one step does to one customer. Make it, feed it, take the outcome from its fields.

    Args:
        state: what is known so far; the step owns it.
        committed: the customer's events before this step, read from the log when needed.
        past: all events of another customer who becomes part of this one.
    """

    def __init__(
        self,
        rules: Rulebook,
        history: History,
        customer: bytes,
        state: State,
        committed: Callable[[bytes], list[Placed]],
        past: Past,
    ) -> None:
        self._rules, self._history, self.customer = rules, history, customer
        self.state = state
        self._committed, self._past = committed, past
        self.out = Out([], [])
        self.removed: list[Change] = []
        self.positions: list[int] = []
        self.left: list[int] = []  # positions that are no longer the customer's
        self.corrections: list[Corrected] = []
        self._own: dict[bytes, list[Recorded]] = {}  # where it changes who belongs together

    def taken_acts(self) -> list[Act]:
        """What was decided since this was asked the last time."""
        acts = [*self.out.acts]
        self.out.acts.clear()
        return acts

    @property
    def is_gone(self) -> bool:
        """Whether the customer became part of another."""
        return bool(self.state.book.is_gone)

    def take(self, events: Sequence[Placed]) -> None:
        """Fold new events, in the order of the log."""
        self.positions += [position for position, _ in events]
        new = [event for _, event in events]
        regroups = next((e for e in new if isinstance(e.fact, REGROUPS)), None)
        if regroups is not None:
            self._learn_of_others(events)
        was_gone = self.is_gone
        self._decide(events)
        touchpoints = sorted((e for e in new if e.is_touchpoint), key=lambda e: e.order)
        late = next((e for e in touchpoints if is_late(self.state, e)), None)
        if regroups is not None:
            self._refold(new, regroups, WHY[type(regroups.fact)], was_gone=was_gone)
        elif late is not None:
            self._refold(new, late, "late")
        else:
            for event in new:
                change = row_of(event, self.customer)
                if change is not None:
                    self.out.rows.append(change)
            for event in touchpoints:
                found = Out(self.out.rows, [])
                fold_meaning(self._rules, self.state, event, self.customer, found)
                if not event.is_imported:
                    self._found(found.acts, event.recorded_at)

    def run_timers(self, meaning: Instant, decisions: Instant) -> None:
        """Let time pass for this customer."""
        run_decisions(self._rules, self._history, self.state, decisions, self.customer, self.out)
        found = Out(self.out.rows, [])
        run_meaning(self._rules, self.state, meaning, self.customer, found)
        self._found(found.acts, meaning)

    # -- inside -----------------------------------------------------------------------------------

    def _found(self, acts: Iterable[Act], now: Instant) -> None:
        """Record the findings that begin triggers; those of long ago begin nothing."""
        stale = self._rules.stale_after
        self.out.acts.extend(act for act in acts if now - act.occurred_at <= stale)

    def _learn_of_others(self, new: Sequence[Placed]) -> None:
        """Whose events are at hand, and which of them are the customer's, where that changes."""
        before = self._committed(self.customer)
        known = [*before, *new]
        for _, event in new:
            if isinstance(event.fact, Absorbed):
                known += self._past(event.fact.customer)
        self._own = by_customer(event for _, event in known)
        mine, first = self._own[self.customer], new[0][1].offset
        self.state.book.is_gone = is_gone(e for e in mine if e.offset < first)
        family = {(e.partition, e.offset) for e in family_events(self.customer, self._own)}
        theirs = {p for p, e in known if (e.partition, e.offset) in family}
        had = {position for position, _ in before}
        self.positions, self.left = sorted(theirs - had), sorted(had - theirs)

    def _decide(self, events: Sequence[Placed]) -> None:
        rules, history, book = self._rules, self._history, self.state.book
        for _, event in events:
            fact = event.fact
            if isinstance(fact, Restored):
                book.is_gone = False
            elif book.is_gone:  # another decides for both
                continue
            if isinstance(fact, MergedOut | Absorbed | SplitOut):
                run_decisions(
                    rules, history, self.state, event.recorded_at, self.customer, self.out
                )
            alone = self._before(event)
            if isinstance(fact, REGROUPS):
                self._forget_decisions()
            if isinstance(fact, MergedOut):
                book.is_gone = True
            elif isinstance(fact, REGROUPS):
                known = family_events(self.customer, self._own, event.offset)
                absorb_decisions(
                    rules,
                    history,
                    self.state,
                    known,
                    self.customer,
                    event.recorded_at,
                    alone,
                    self.out.acts,
                )
            elif is_for_triggers(event):
                fold_decision(rules, history, self.state, event, self.customer, self.out)

    def _before(self, event: Recorded) -> list[OutreachState]:
        """What triggers knew of those who become one, if this event says that they do."""
        if not isinstance(event.fact, Absorbed):
            return []
        alone = Alone(self._rules, self._history, self._own)
        return alone.before(event, self.state.outreach)

    def _forget_decisions(self) -> None:
        fresh = self._rules.initial()
        for decider in self._history.newest(self._rules):
            setattr(self.state, decider.name, getattr(fresh, decider.name))

    def _refold(
        self, new: Sequence[Recorded], cause: Recorded, why: str, *, was_gone: bool = False
    ) -> None:
        """Fold the customer from nothing, publish what changed, and note what was wrong before.

        Args:
            was_gone: the customer was part of another before, and had no rows.
        """
        book = self.state.book
        before = [] if was_gone else [event for _, event in self._committed(self.customer)]
        on_time = [e for e in new if e.is_touchpoint and not is_late(self.state, e)]
        # An event behind `until` may have set timers before it that nobody fired yet. All folds
        # fire them, so their rows are no difference between them, and yet unpublished.
        pending = Out([], [])
        run_meaning(self._rules, self.state, book.until, self.customer, pending)
        self._found(pending.acts, book.until)
        histories = [before]
        if not book.is_gone:
            theirs = family_events(self.customer, self._own) if self._own else [*before, *new]
            histories += [theirs, [*before, *on_time]] if on_time else [theirs]
        (_, was), *others = refolded_each(self._rules, self.customer, histories, book.until)
        old, now = current(was.rows), Rows()
        if others:
            fresh, found = others[0]
            now = current(found.rows)
            # What came in time begins what it would have begun without the others.
            live = {e.event_id for e in on_time if not e.is_imported}
            begun = [act for act in found.acts if act.fact.cause in live]
            self._found(begun, new[-1].recorded_at)
            for decider in self._history.newest(self._rules):
                setattr(fresh, decider.name, getattr(self.state, decider.name))
            self.state = fresh
        published = _without(old, current(pending.rows))
        for table, row in _changed(published, now):
            self.out.rows.append(Change(table, row))
        self.removed = [Change(table, row) for table, row in _removed(old, now)]
        if not book.is_gone:
            ordinary = current(others[1][1].rows) if on_time else old
            self._correct(old, ordinary, now, cause, why)

    def _correct(self, old: Rows, ordinary: Rows, now: Rows, cause: Recorded, why: str) -> None:
        """Note the published rows that are other than the events on time alone would have them."""
        for table, rows in old.items():
            names = BY_NAME[table].names
            for key, row in rows.items():
                after = now.get(table, {}).get(key)
                without = ordinary.get(table, {}).get(key)
                if after in (row, without):
                    continue
                told, usual = after or (None,) * len(row), without or row
                fields = {
                    name: (was, is_now)
                    for name, was, is_now, other in zip(names, row, told, usual, strict=True)
                    if is_now not in (was, other)
                }
                self.corrections.append(
                    Corrected(
                        self.customer.hex(), cause.event_id.hex(), why, table, list(key), fields
                    )
                )


def _without(rows: Rows, others: Rows) -> Rows:
    return {
        table: {key: row for key, row in of.items() if key not in others.get(table, {})}
        for table, of in rows.items()
    }


def _changed(old: Rows, now: Rows) -> Iterable[tuple[str, Row]]:
    for table, rows in now.items():
        before = old.get(table, {})
        for key, row in rows.items():
            if before.get(key) != row:
                yield table, row


def _removed(old: Rows, now: Rows) -> Iterable[tuple[str, Row]]:
    for table, rows in old.items():
        kept = now.get(table, {})
        for key, row in rows.items():
            if key not in kept:
                yield table, row


def last_rows(steps: Sequence[CustomerStep], alone: Iterable[Change] = ()) -> tuple[Rows, Rows]:
    """What the steps publish and what they take away, one row a key.

    Args:
        alone: rows that need no step.
    """
    changes = (change for step in steps for change in step.out.rows)
    removals = (change for step in steps for change in step.removed)
    return current(chain(alone, changes)), current(removals)
