"""The engine's loop: read, fold, record consequences, commit, publish.

The order matters. Consequences are recorded before the state that made them is committed: a kill in
between decides them again, and the log takes each only once. States, timers and changed rows are
one commit. ClickHouse comes last and is never waited for by the folds. Before time moves, the time
it moves to is committed: what was recorded on the way is then due in a replay as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from journey.engine.customer import CustomerStep, Placed, last_rows
from journey.engine.outbox import flush, pack
from journey.engine.source import Histories, Source
from journey.engine.store import Commit, Correction, Saved, StateStore
from journey.faults import reach
from journey.ports import Analytics
from projections.fold import (
    State,
    decisions_wake_at,
    is_start,
    is_told,
    meaning_wakes_at,
    row_of,
)
from projections.projection import Change
from projections.rulebook import History, Rulebook
from projections.tables import TABLES, Table
from projections.touchpoints import brand_row
from schemas.errors import IntegrityError, WorkspaceError
from schemas.events import ConfigurationPublished
from schemas.times import Instant

BATCH_EVENTS = 5_000
DUE_AT_ONCE = 5_000
FLUSH_ROWS = 50_000  # a larger insert costs ClickHouse hardly more than a small one
PROGRESS = "engine"  # under this name the log notes how far the engine had come when it decided
MADE_UNDER = "configuration"  # so states name the configuration that they and all rows rest on


class _Rows(NamedTuple):
    """What events are by themselves, with no state in between.

    Args:
        rows: theirs.
        history: customer and position of each, where it has a customer.
    """

    rows: list[Change]
    history: list[tuple[bytes, int]]

    def tell(self, events: Iterable[Placed]) -> None:
        """Take in decisions that come back from the log."""
        for position, event in events:
            change = row_of(event, event.customer_id)
            if change is not None:
                self.rows.append(change)
            self.history.append((event.customer_id, position))


class Engine:
    """One loop over one log, for one process at a time.

    Args:
        analytics: where rows go; none: they wait in the outbox for whoever owns the tables.
        document: the newest configuration.
        batch: how many events one commit may cover.
        tables: what is published.

    Raises:
        WorkspaceError: the states were made under other rules.
    """

    def __init__(
        self,
        log: Source,
        store: StateStore,
        analytics: Analytics | None,
        document: str,
        batch: int = BATCH_EVENTS,
        tables: tuple[Table, ...] = TABLES,
    ) -> None:
        self._batch = batch
        self._is_silent = False  # history is folded again: see `refold`
        self.rules = Rulebook(document, tables)
        self.history = History()
        self._log, self._store, self._analytics = log, store, analytics
        self._encode = msgspec.msgpack.Encoder().encode
        self.resume()

    def resume(self) -> None:
        """Go on from what the store holds, as after another process folded for a while.

        Raises:
            WorkspaceError: the states were made under other rules.
        """
        progress = self._store.progress()
        self.checkpoint = int(progress.get("checkpoint", 0))
        self.meaning: Instant = int(progress.get("meaning", 0))
        self.decisions: Instant = int(progress.get("decisions", 0))
        self._until: Instant = int(progress.get("until", 0))  # beyond both while time moves
        self.generation = int(progress.get("generation", 1))
        self._revision = int(progress.get("revision", 0))
        self._touchpoints = int(progress.get("touchpoints", 0))
        known = progress.get("rules", self.rules.fingerprint)
        if self.checkpoint and known != self.rules.fingerprint:
            raise WorkspaceError(
                "States and tables were made under other rules or another configuration: "
                "make them again (journey rebuild)."
            )
        for event in self._log.published():
            self.history.publish(event)

    def catch_up(
        self, *, hold: bool = False, after_each: Callable[[int], None] | None = None
    ) -> None:
        """Fold all that the log has beyond the checkpoint.

        Args:
            hold: while history is imported time stands still: a customer's timers fire only before
                that customer's next event. ``advance`` ends it.
            after_each: told how many events each batch had.

        Raises:
            IntegrityError: the log ends before the checkpoint.
        """
        if self.checkpoint > (last := self._log.last_position()):
            raise IntegrityError(
                f"The log ends at position {last}, but states were made from {self.checkpoint}: "
                "restore the newer log, or make states and tables from this one (journey rebuild)."
            )
        while True:
            self._read_on(None, after_each)
            if hold or not self._pass_time():
                return

    def advance(self, to: Instant | None = None) -> None:
        """Let time come to the log's now, or to the time of its last event: what is due happens.

        Args:
            to: a time that no later append can precede; left out, the log is asked for one.
        """
        self.catch_up(hold=True)
        self._until = max(self._until, self._log.now() if to is None else to)
        self.catch_up()

    def next_due(self, *, decisions: bool = False) -> Instant:
        """When something changes next by time alone, or never; it does once time is past it.

        Args:
            decisions: not meaning alone, but also what triggers decide.
        """
        return self._store.next_due(decisions=decisions)

    def take(self, events: list[Placed], revision: int) -> None:
        """Fold the next events of a log that comes in pieces, as one commit.

        Args:
            events: neighbours, after all that were folded.
            revision: what the commit's rows are stamped with at least: one piece always gives the
                same rows the same stamp, whoever folds it.
        """
        self._revision = max(self._revision, revision - 1)
        self._fold(events)

    def pass_time(self, to: Instant, revision: int) -> None:
        """Let time come to where such a log says that it is: what is due happens.

        Args:
            to: a time that no event still to come precedes.
            revision: see ``take``.
        """
        self._revision = max(self._revision, revision - 1)
        self._until = max(self._until, to)
        while self._pass_time():
            pass

    def refold(
        self,
        last: int,
        meaning: Instant,
        decisions: Instant,
        after_each: Callable[[int], None] | None = None,
    ) -> None:
        """Fold history again up to where an engine was: nothing is recorded, nothing corrected.

        What it decided is in the log. What lies beyond is for ``catch_up``.

        Args:
            last: the position that it had folded.
            meaning: its watermark of what happened.
            decisions: its watermark of what was recorded.
            after_each: told how many events each batch had.
        """
        self._is_silent = True
        self._read_on(last, after_each)
        self._fire(meaning, decisions)
        self.meaning, self.decisions = meaning, decisions
        self._commit([], {"meaning": meaning, "decisions": decisions})
        self._is_silent = False

    def flush(self, at_least: int = 1) -> None:
        """Bring waiting rows to ClickHouse, where there are that many."""
        if self._analytics is not None:
            flush(self._store, self._analytics, self.generation, at_least)

    # -- inside -----------------------------------------------------------------------------------

    def _read_on(self, last: int | None, after_each: Callable[[int], None] | None) -> None:
        while last is None or self.checkpoint < last:
            limit = self._batch if last is None else min(self._batch, last - self.checkpoint)
            events = self._log.read(self.checkpoint, limit)
            if not events:
                return
            self._fold(events)
            self.flush(at_least=FLUSH_ROWS)
            if after_each is not None:
                after_each(len(events))

    def _pass_time(self) -> bool:
        """Let time come to where it is bound; whether anything was due on the way."""
        meaning, decisions = max(self._until, self.meaning), max(self._until, self.decisions)
        moves = (meaning, decisions) != (self.meaning, self.decisions)
        if moves and self._store.due(meaning, decisions, 1):
            self._commit([], {"until": self._until})
        fired = self._fire(meaning, decisions)
        if moves:
            self.meaning, self.decisions = meaning, decisions
            self._commit([], {"meaning": meaning, "decisions": decisions})
        return fired

    def _fold(self, batch: list[Placed]) -> None:
        by_customer: dict[bytes, list[Placed]] = {}
        alone = _Rows([], [])
        for position, event in batch:
            if event.is_of_brand:
                alone.rows.append(brand_row(event))
            elif event.customer_id:
                by_customer.setdefault(event.customer_id, []).append((position, event))
            elif isinstance(event.fact, ConfigurationPublished):
                self.history.publish(event)
        changing = []
        for customer, events in by_customer.items():
            if all(is_told(event) for _, event in events):
                alone.tell(events)
            else:
                changing.append(customer)
        steps = self._steps(changing, by_customer)
        for step in steps:
            step.take(by_customer[step.customer])
        self.checkpoint = batch[-1][0]
        self._touchpoints += sum(event.is_touchpoint for _, event in batch)
        self._finish(steps, alone)

    def _fire(self, meaning: Instant, decisions: Instant) -> bool:
        """Fire everything due before these times; whether anything was."""
        fired = False
        while customers := self._store.due(meaning, decisions, DUE_AT_ONCE):
            steps = self._steps(customers, {})
            for step in steps:
                step.run_timers(meaning, decisions)
            self._finish(steps, _Rows([], []))
            self.flush(at_least=FLUSH_ROWS)
            fired = True
        return fired

    def _steps(
        self, customers: list[bytes], batch: dict[bytes, list[Placed]]
    ) -> list[CustomerStep]:
        saved, histories = self._store.states(customers), Histories(self._log, self._store, batch)
        return [
            CustomerStep(
                self.rules,
                self.history,
                customer,
                self._state(customer, saved.get(customer)),
                histories.committed,
                histories.past,
            )
            for customer in customers
        ]

    def _state(self, customer: bytes, saved: bytes | None) -> State:
        if saved is None:
            return self.rules.initial()
        try:
            return self.rules.decoder.decode(saved)
        except (msgspec.DecodeError, ValueError) as error:
            raise IntegrityError(
                f"The saved state of customer {customer.hex()} is damaged ({error}): "
                "make states and tables again (journey rebuild)."
            ) from None

    def _finish(self, steps: list[CustomerStep], alone: _Rows) -> None:
        self._record(steps, alone)
        told = {"checkpoint": self.checkpoint, "touchpoints": self._touchpoints}
        self._commit(steps, told, alone)

    def _record(self, steps: list[CustomerStep], alone: _Rows) -> None:
        """Record what was decided, and fold at once what the log then ends with."""
        by_customer = {step.customer: step for step in steps}
        while acts := sorted(
            chain.from_iterable(step.taken_acts() for step in steps), key=lambda a: a.occurred_at
        ):
            if self._is_silent:
                return
            is_at_the_end = self._log.last_position() == self.checkpoint
            reach("before-record")
            self._log.record(acts, tracking=(PROGRESS, self.checkpoint))
            reach("after-record")
            if is_at_the_end:
                self._fold_own(self._log.read(self.checkpoint, len(acts)), by_customer, alone)

    def _fold_own(
        self, events: list[Placed], steps: dict[bytes, CustomerStep], alone: _Rows
    ) -> None:
        """What was just recorded needs no commit of its own, nor another look at a state."""
        for position, event in events:
            if is_told(event):
                alone.tell([(position, event)])
            elif is_start(event) and event.customer_id in steps:
                steps[event.customer_id].take([(position, event)])
            else:
                return  # somebody else wrote in between: the next batch begins here
            self.checkpoint = position

    def _commit(
        self, steps: Sequence[CustomerStep], progress: dict[str, Any], alone: _Rows | None = None
    ) -> None:
        self._revision += 1
        alone = alone or _Rows([], [])
        published, removed = last_rows(steps, alone.rows)
        corrected_at = self._log.last_recorded_at
        change = Commit(
            states=[self._saved(s) for s in steps if not s.is_gone],
            gone=[s.customer for s in steps if s.is_gone],
            history=[
                *((s.customer, position) for s in steps for position in s.positions),
                *alone.history,
            ],
            left=[(s.customer, position) for s in steps for position in s.left],
            blocks=pack(published, removed, self._revision),
            corrections=[]
            if self._is_silent
            else [Correction(corrected_at, *c) for s in steps for c in s.corrections],
            progress=progress
            | {
                "revision": self._revision,
                "generation": self.generation,
                "rules": self.rules.fingerprint,
                MADE_UNDER: self.history.number(self.rules.document),
            },
        )
        reach("before-state-commit")
        self._store.commit(change)
        reach("after-state-commit")

    def _saved(self, step: CustomerStep) -> Saved:
        state = step.state
        return Saved(
            step.customer,
            self._encode(state),
            meaning_wakes_at(self.rules, state),
            decisions_wake_at(self.history.newest(self.rules), state),
        )
