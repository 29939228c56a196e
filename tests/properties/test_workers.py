"""Workers, each with one partition, publish and decide what one engine with all of the log does.

The broker is left out: messages are cut as the relay cuts them, and given as Kafka gives them.
"""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journey.stream import publishing, wire
from journey.stream.by_customer import ByCustomer
from journey.stream.cutting import messages
from journey.stream.kafka import BEFORE, NAMED
from journey.stream.partition import Message, PartitionFold, PartitionStore
from journey.stream.wire import Row
from projections.projection import Act, act_id
from projections.tables import TABLES
from schemas.envelope import cut, decode
from schemas.errors import StreamError
from tests.properties.doubles import MemoryAnalytics
from tests.properties.gallery import GALLERY
from tests.properties.plots import PARTITIONS, Plot, plots
from tests.properties.world import RULES, World, lived

LOG = "the log"


class Sent:
    """Where workers send what the relay does not bring: kept in lists."""

    def __init__(self) -> None:
        self.decided: list[Act] = []
        self.refused: list[bytes] = []

    def acts(self, partition: int, acts: Sequence[Act]) -> None:
        self.decided += acts

    def unreadable(self, value: bytes, headers: Any) -> None:
        self.refused.append(value)


def topic(world: World, *, often: bool = False) -> dict[int, list[Message]]:
    """All messages of each partition, a beat at the end; or one before each with events too."""
    types = dict(world.events())
    stored: dict[int, bytes] = {}
    places = {(e.partition, e.offset): position for position, e in types.items()}
    for partition in range(PARTITIONS):
        for offset, body, _ in world.log.stored(partition):
            stored[places[partition, offset]] = body
    index = ByCustomer(Path(":memory:"), LOG)
    rows = [
        Row(position, e.partition, e.offset, e.type, stored[position], cut(stored[position]))
        for position, e in sorted(types.items())
    ]
    index.add(rows)

    def history(customer: bytes, before: int) -> list[tuple[int, bytes]]:
        return [(position, stored[position]) for position in index.of(customer, before)]

    now = world.watermarks().decisions
    found = {}
    for partition in range(PARTITIONS):
        own = [row for row in rows if row.partition == partition]
        blocks = [block for block, _ in messages(partition, own, PARTITIONS, history)]
        if often:
            blocks = [b for block in blocks for b in (*_beats(block), block)]
        blocks.append(wire.Block(partition, now, [], []))
        before = [*accumulate((not block.is_beat for block in blocks), initial=0)]
        found[partition] = [
            Message(n, {NAMED: LOG, BEFORE: str(before[n])}, wire.pack(block))
            for n, block in enumerate(blocks)
        ]
    index.close()
    return found


def _beats(block: wire.Block) -> list[wire.Block]:
    """The latest beat that may come before a block: nothing in it was recorded earlier."""
    if block.of:  # a history: all of it was recorded long before
        return []
    return [wire.Block(block.partition, decode(block.events[0]).recorded_at, [], [])]


class Workers:
    """One fold a partition, and the tables that they fill."""

    def __init__(self, sent: Sent) -> None:
        self.sent, self.tables = sent, MemoryAnalytics()
        self.tables.prepare(TABLES, publishing.GENERATION)
        self.folds = {p: self.fresh(p) for p in range(PARTITIONS)}

    def fresh(self, partition: int) -> PartitionFold:
        store, sender = PartitionStore(":memory:"), self.sent
        return PartitionFold(partition, LOG, store, sender, RULES)

    def lose(self, partition: int) -> None:
        """The file of a partition is gone."""
        self.folds[partition].close()
        self.folds[partition] = self.fresh(partition)

    def publish(self) -> None:
        stores = [fold.store for fold in self.folds.values()]
        waiting = publishing.gather(stores, 10**9)
        publishing.insert(self.tables, waiting)
        publishing.forget(waiting)

    def close(self) -> None:
        for fold in self.folds.values():
            fold.close()


def hold(workers: Workers, world: World) -> None:
    for table in TABLES:
        assert workers.tables.rows(table).equals(world.tables.rows(table)), table.name
    decided = {act_id(act.fact) for act in workers.sent.decided}
    assert decided == {event.event_id for event in world.decisions()}


def check(world: World) -> None:
    workers = Workers(Sent())
    for partition, told in topic(world).items():
        for message in told:
            workers.folds[partition].take(message)
    workers.publish()
    hold(workers, world)
    assert workers.sent.refused == []
    workers.close()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(wire, "BLOCK_EVENTS", 3)


@settings(max_examples=80)
@given(plots())
def test_workers_do_what_one_engine_does(plot):
    with lived(plot, lives_once=True) as world:
        check(world)


@pytest.mark.parametrize("name", GALLERY)
def test_workers_do_so_in_the_gallery(name):
    with lived(GALLERY[name], lives_once=True) as world:
        check(world)


@settings(max_examples=60)
@given(plots(), st.data())
def test_lost_files_and_messages_that_come_twice_change_nothing(plot, data):
    """Published now and then; a lost partition begins again, below what it had published."""
    with lived(plot, lives_once=True) as world:
        workers = Workers(Sent())
        for partition, told in topic(world).items():
            lost = data.draw(st.integers(0, len(told)))
            for n, message in enumerate(told):
                fold = workers.folds[partition]
                fold.take(message)
                if n == lost:
                    workers.publish()
                    workers.lose(partition)
                    for again in told[: n + 1]:
                        workers.folds[partition].take(again)
                workers.folds[partition].take(message)
                if data.draw(st.booleans()):
                    workers.publish()
        workers.publish()
        hold(workers, world)
        workers.close()


@settings(max_examples=60)
@given(plots(), st.data())
def test_beats_that_kafka_forgot_are_not_missed(plot, data):
    """Lost after some messages, a partition begins again where older beats are gone."""
    with lived(plot, lives_once=True) as world:
        workers = Workers(Sent())
        for partition, told in topic(world, often=True).items():
            lost = data.draw(st.integers(0, len(told)))
            for message in told[:lost]:
                workers.folds[partition].take(message)
            workers.publish()
            workers.lose(partition)
            gone = [wire.unpack(m.value).is_beat and data.draw(st.booleans()) for m in told[:-1]]
            for message, is_gone in zip(told, [*gone, False], strict=True):
                if not is_gone:
                    workers.folds[partition].take(message)
        workers.publish()
        hold(workers, world)
        workers.close()


@pytest.mark.parametrize("name", GALLERY)
def test_a_message_with_events_that_is_gone_is_noticed(name):
    with lived(GALLERY[name], lives_once=True) as world:
        for partition, told in topic(world, often=True).items():
            for n, gone in enumerate(told[:-1]):
                workers = Workers(Sent())
                left = [message for message in told if message is not gone]
                if wire.unpack(gone.value).is_beat:
                    for message in left:
                        workers.folds[partition].take(message)
                else:
                    for message in left[:n]:
                        workers.folds[partition].take(message)
                    with pytest.raises(StreamError, match=f"Message {n} .* is missing"):
                        workers.folds[partition].take(left[n])
                workers.close()


def test_without_the_histories_that_come_ahead_it_would_be_noticed(monkeypatch):
    usual = wire.blocks
    monkeypatch.setattr(wire, "blocks", lambda p, rows, of=b"": [] if of else usual(p, rows))
    assert any(map(_is_noticed, GALLERY.values()))


def _is_noticed(plot: Plot) -> bool:
    with lived(plot, lives_once=True) as world:
        try:
            check(world)
        except AssertionError:
            return True
    return False
