"""The engine's way with customers, without its stores: states as bytes between all steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from journey.engine.customer import CustomerStep, Placed, last_rows
from projections.fold import Rows, decisions_wake_at, meaning_wakes_at
from projections.projection import Act, act_id
from projections.rulebook import History, Rulebook
from projections.tables import key_of
from schemas.envelope import Flag
from schemas.events import Absorbed, MergedOut, Restored
from schemas.recorded import Recorded
from schemas.times import Instant

ELSEWHERE = 99  # where decisions go if nobody asks for their places


class Feed:
    """Feed it batches and let time pass; its tables and acts are what the engine would have.

    Args:
        partition: where the events of a customer are.
    """

    def __init__(
        self, rules: Rulebook, partition: Callable[[bytes], int] = lambda _: ELSEWHERE
    ) -> None:
        self._partition = partition
        self.rules, self.history = rules, History()
        self.log: list[Recorded] = []
        self.states: dict[bytes, bytes] = {}
        self.tables: Rows = {}
        self.acts: list[Act] = []
        self._positions: dict[bytes, set[int]] = {}
        self._gone: dict[bytes, bytes] = {}
        self._unread: list[Recorded] = []  # decisions that were recorded and not read back

    def take(self, events: Sequence[Recorded]) -> None:
        """One batch of the log, after what the engine recorded since the last one."""
        batch: dict[bytes, list[Placed]] = {}
        for event in [*self._unread, *events]:
            batch.setdefault(event.customer_id, []).append((len(self.log), event))
            self.log.append(event)
            if isinstance(event.fact, MergedOut):
                self._gone[event.customer_id] = event.fact.into  # the log knows at the append
            elif isinstance(event.fact, Restored):
                del self._gone[event.customer_id]
        self._unread = []
        steps = self._steps(list(batch), batch)
        for step in steps:
            step.take(batch[step.customer])
        self._commit(steps)

    def run(self, meaning: Instant, decisions: Instant) -> None:
        """Let time pass for whoever has a timer before it."""
        newest = self.history.newest(self.rules)
        due = []
        for customer, saved in self.states.items():
            state = self.rules.decoder.decode(saved)
            if (
                meaning_wakes_at(self.rules, state) < meaning
                or decisions_wake_at(newest, state) < decisions
            ):
                due.append(customer)
        steps = self._steps(due, {})
        for step in steps:
            step.run_timers(meaning, decisions)
        self._commit(steps)

    def positions(self, customer: bytes) -> set[int]:
        """Where the events of a customer are."""
        return self._positions.get(customer, set())

    def _steps(self, who: list[bytes], batch: dict[bytes, list[Placed]]) -> list[CustomerStep]:
        def committed(customer: bytes) -> list[Placed]:
            return [(n, self.log[n]) for n in sorted(self._positions.get(customer, ()))]

        def past(customer: bytes) -> list[Placed]:
            events, asked = list[Placed](), [customer]
            for who in asked:
                events += committed(who)
                for position, event in batch.get(who, ()):
                    events.append((position, event))
                    if isinstance(event.fact, Absorbed) and event.fact.customer not in asked:
                        asked.append(event.fact.customer)
            return events

        decode, initial = self.rules.decoder.decode, self.rules.initial
        return [
            CustomerStep(
                self.rules,
                self.history,
                customer,
                decode(self.states[customer]) if customer in self.states else initial(),
                committed,
                past,
            )
            for customer in who
        ]

    def _commit(self, steps: list[CustomerStep]) -> None:
        for step in steps:
            self.states.pop(step.customer, None)
            if not step.is_gone:
                self.states[step.customer] = msgspec.msgpack.encode(step.state)
            mine = self._positions.setdefault(step.customer, set())
            assert not mine.intersection(step.positions)
            assert mine.issuperset(step.left)
            self._positions[step.customer] = (mine - {*step.left}) | {*step.positions}
        published, removed = last_rows(steps)
        for table, rows in published.items():
            self.tables.setdefault(table, {}).update(rows)
        for table, rows in removed.items():
            for row in rows.values():
                assert key_of(table, row) not in published.get(table, {})
                self.tables.get(table, {}).pop(key_of(table, row), None)
        self._record(
            sorted((a for s in steps for a in s.taken_acts()), key=lambda act: act.occurred_at)
        )

    def _record(self, acts: list[Act]) -> None:
        ids = {e.event_id for e in [*self.log, *self._unread]}
        for act in acts:
            self.acts.append(act)
            customer = act.customer_id
            while customer in self._gone:
                customer = self._gone[customer]
            if act_id(act.fact) not in ids:
                partition = self._partition(customer)
                there = [e for e in [*self.log, *self._unread] if e.partition == partition]
                self._unread.append(
                    Recorded(
                        partition,
                        max((e.offset for e in there), default=0) + 1,  # histories leave room
                        act.occurred_at,
                        act_id(act.fact),
                        act.fact.TYPE,
                        "",
                        0,
                        customer,
                        act.occurred_at,
                        int(Flag.ENGINE),
                        act.fact,
                    )
                )
