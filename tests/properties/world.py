"""A whole engine in this process: real log, real states, real loop; ClickHouse is a dict.

It lives through a plot, dies where it is told to, and is then held against a replay.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from journey.engine import engine as loop
from journey.engine import outbox
from journey.engine.engine import Engine
from journey.engine.store import StateStore
from journey.log import sqlite_log
from projections.configuration import DEFAULT, document
from projections.family import by_customer, family_events
from projections.fold import is_start
from projections.projection import Act, act_id
from projections.rulebook import History, Rulebook
from projections.tables import TABLES, Row, Table
from replay.compare import compare_rows
from replay.customer import Watermarks, replay_kin
from replay.digest import digest, rows_of
from replay.findings import Finding, Kind
from replay.partition import SavedState, add_brand_rows, replay_all
from schemas.events import ConfigurationPublished, MergedOut, OutreachDecided, Restored
from schemas.recorded import Recorded
from tests.controls import Opening
from tests.properties.doubles import MemoryAnalytics
from tests.properties.plots import PARTITIONS, Plot, Step

RULES = document(DEFAULT)


class Died(BaseException):
    """As a kill: nothing may catch it."""


class World:
    """One workspace in memory.

    Args:
        lives_once: faults and stops of the plot are left out.
        rules: the configuration that is in force.
    """

    def __init__(self, plot: Plot, *, lives_once: bool = False, rules: str = RULES) -> None:
        self.plot, self.lives_once, self.rules = plot, lives_once, rules
        self._passes = 0
        self.deaths = 0
        with patch.object(sqlite_log, "PARTITIONS", PARTITIONS):
            self.opening = Opening(None)
            self.log = self.opening.log(document=rules)
        self.store = StateStore(":memory:")
        self.tables = MemoryAnalytics()
        self.tables.prepare(TABLES, 1)
        self.engine = self._open()

    def live(self) -> None:
        """Go through the plot, then let time come to now and publish everything."""
        sizes = {
            "BATCH_EVENTS": self.plot.batch_events,
            "DUE_AT_ONCE": self.plot.due_at_once,
            "FLUSH_ROWS": self.plot.flush_rows,
        }
        with ExitStack() as stack:
            for name, size in sizes.items():
                stack.enter_context(patch.object(loop, name, size))
            for module in (loop, outbox, sqlite_log):
                stack.enter_context(patch.object(module, "reach", self._reach))
            for step in self.plot.steps:
                self._do(step)
            self.engine.advance()
            self.engine.flush()

    def close(self) -> None:
        self.store.close()
        self.opening.close()

    # --- living ---------------------------------------------------------------------------------

    def _open(self) -> Engine:
        return Engine(self.log, self.store, self.tables, self.rules)

    def _reach(self, _: str) -> None:
        self._passes -= 1
        if self._passes == 0:
            raise Died

    def _do(self, step: Step) -> None:
        self.opening.clock.turn(step.wait)
        now = self.opening.clock.now()
        drafts = [m.draft(now, by_owner=self.plot.by_owner) for m in step.told]
        passes = 0 if self.lives_once else step.dies
        while True:
            self._passes = passes
            try:
                self.log.append(drafts, imported=step.is_imported)
                if step.works:
                    self._work(step.works)
                if step.flushes:
                    self.engine.flush()
                break
            except Died:
                self.deaths += 1
                self.engine = self._open()
                passes += 2 if passes else 0  # dies again, further on
        self._passes = 0
        if step.stops and not self.lives_once:
            self.engine = self._open()

    def _work(self, how: str) -> None:
        if how == "advance":
            self.engine.advance()
        else:
            self.engine.catch_up(hold=how == "hold")

    # --- looking --------------------------------------------------------------------------------

    def events(self) -> list[tuple[int, Recorded]]:
        return self.log.read(0, 1_000_000)

    def decisions(self) -> list[Recorded]:
        return [e for _, e in self.events() if isinstance(e.fact, OutreachDecided)]

    def published(self, table: Table) -> list[Row]:
        return list(rows_of(self.tables.rows(table)))

    def histories(self) -> dict[bytes, list[Recorded]]:
        """Customer of today -> all events of theirs and of whoever is part of them.

        What is recorded with somebody who is part of another is theirs again when they are.
        """
        into: dict[bytes, bytes] = {}
        own: dict[bytes, list[Recorded]] = {}
        for _, event in self.events():
            who, fact = event.customer_id, event.fact
            if isinstance(fact, MergedOut):
                into[who] = fact.into
            elif isinstance(fact, Restored):
                del into[who]
            if who:
                own.setdefault(who, []).append(event)
        found: dict[bytes, list[Recorded]] = {}
        for who, events in own.items():
            customer = who
            while customer in into:
                customer = into[customer]
            if who in into:
                last = max(n for n, e in enumerate(events) if isinstance(e.fact, MergedOut))
                events = events[: last + 1]
            found.setdefault(customer, []).extend(events)
        return found

    def kin(self) -> dict[bytes, list[Recorded]]:
        """One of those who have or had to do with each other -> all events of all of them."""
        groups: dict[bytes, set[bytes]] = {}
        for _, event in self.events():
            if event.customer_id:
                groups.setdefault(event.customer_id, {event.customer_id})
        for _, event in self.events():
            if isinstance(event.fact, MergedOut):
                both = groups[event.customer_id] | groups[event.fact.into]
                groups |= dict.fromkeys(both, both)
        found: dict[bytes, list[Recorded]] = {}
        for _, event in self.events():
            if event.customer_id:
                found.setdefault(min(groups[event.customer_id]), []).append(event)
        return found

    def history(self) -> History:
        history = History()
        for _, event in self.events():
            if isinstance(event.fact, ConfigurationPublished):
                history.publish(event)
        return history

    def watermarks(self) -> Watermarks:
        progress = self.store.progress()
        return Watermarks(progress["meaning"], progress["decisions"])

    def saved(self, customer: bytes) -> SavedState | None:
        low, high = customer, customer + b"\0"
        found = next(iter(self.store.saved(low, high)), None)
        return SavedState(*found[1:]) if found else None


def _index_findings(world: World) -> Iterator[Finding]:
    """Customers of today whose index has other events than their families."""
    places = {(event.partition, event.offset): position for position, event in world.events()}
    own = by_customer(event for _, event in world.events() if event.customer_id)
    indexed: dict[bytes, list[int]] = {}
    for customer, position in world.store.histories():
        indexed.setdefault(customer, []).append(position)
    for customer, positions in indexed.items():
        family = family_events(customer, own)
        expected = sorted(places[event.partition, event.offset] for event in family)
        if positions != expected:
            yield Finding(
                kind=Kind.HISTORY,
                customer=customer.hex(),
                where="history",
                expected=str(expected),
                found=str(positions),
            )


def findings(world: World) -> list[Finding]:
    """What differs between what was published and saved, and what the log amounts to."""
    rows = dict[str, list[Row]]()
    add_brand_rows((event for _, event in world.events() if event.is_of_brand), rows)
    rules = Rulebook(world.rules)
    fold = (rules, world.history(), world.kin(), world.watermarks(), world.saved, rows)
    found = list(replay_all(*fold))
    found += _index_findings(world)
    for table in TABLES:
        expected = rows.get(table.name, [])
        found += compare_rows(table, expected, world.tables.rows(table))
        # As the offline proof sees it: stricter, it tells 1 from 1.0.
        published = digest(table, world.published(table))
        if not found and digest(table, expected) != published:
            found.append(Finding(kind=Kind.DIGEST, where=table.name, found=published))
    return found


def decided_again(world: World) -> set[tuple[Any, ...]]:
    """All decisions of a replay that sees nothing of what the engine wrote about outreach.

    But for the starts, which rest on what was known then: ``replay.starts`` proves them.
    """
    rules, history = Rulebook(world.rules), world.history()
    found = set()
    for customer, events in world.kin().items():
        told = [e for e in events if not isinstance(e.fact, OutreachDecided) or is_start(e)]
        first: dict[bytes, Act] = {}
        for act in sorted(
            replay_kin(rules, history, told, world.watermarks()).acts, key=lambda a: a.occurred_at
        ):
            first.setdefault(act_id(act.fact), act)
        found |= {(customer, act.occurred_at, str(act.fact)) for act in first.values()}
    return found


def decided(world: World) -> set[tuple[Any, ...]]:
    """All recorded decisions but starts, under one of the kin of whom it was about."""
    return {
        (customer, event.occurred_at, str(event.fact))
        for customer, events in world.kin().items()
        for event in events
        if isinstance(event.fact, OutreachDecided) and not is_start(event)
    }


@contextmanager
def lived(plot: Plot, *, lives_once: bool = False, rules: str = RULES) -> Iterator[World]:
    """A world at the end of its plot."""
    world = World(plot, lives_once=lives_once, rules=rules)
    try:
        world.live()
        yield world
    finally:
        world.close()
