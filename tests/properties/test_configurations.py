"""A configuration that is published in the middle of a life: decisions stay, meaning is made again.

Lived, then folded anew by a rebuild, by a replay, and by workers with one partition each: all agree
in rows, states and every word of every decision.
"""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journey.engine.engine import Engine
from journey.engine.store import Commit, StateStore
from journey.stream import wire
from journey.stream.partition import PartitionFold, PartitionStore
from projections.configuration import Configuration, document
from projections.configuration.conversations import ConversationRules
from projections.configuration.outreach import OutreachRules
from projections.configuration.stages import StageRules
from projections.tables import TABLES
from schemas.errors import WorkspaceError
from schemas.events import ConfigurationPublished
from tests.properties import world as worlds
from tests.properties.doubles import MemoryAnalytics
from tests.properties.gallery import GALLERY
from tests.properties.plots import Plot, Step, plots
from tests.properties.test_workers import LOG, Sent, Workers, hold, topic
from tests.properties.world import World, decided, decided_again, findings

HASTY = Configuration(
    conversations=ConversationRules(
        thread_gap=30, implied_resolution=3600, expectation={"chat": 7}, expectation_otherwise=11
    ),
    outreach=OutreachRules(stale_after=60),
    stages=StageRules(lapse=86400),
)
PATIENT = Configuration(
    conversations=ConversationRules(thread_gap=90 * 86400, expectation={}),
    outreach=OutreachRules(stale_after=365 * 86400),
)
OTHERS = [document(HASTY), document(PATIENT), worlds.RULES]


class Governed(World):
    """A world in which configurations are published before some of its steps."""

    def __init__(self, plot: Plot, published: Mapping[int, str], *, lives_once: bool) -> None:
        self._published, self._steps = published, 0
        super().__init__(plot, lives_once=lives_once)

    def _do(self, step: Step) -> None:
        if (text := self._published.get(self._steps)) and self.log.configuration_number:
            self.log.publish(text)
            worlds.RULES = self.rules = text
            self._rebuild()
        self._steps += 1
        super()._do(step)

    def _rebuild(self) -> None:
        """As ``journey rebuild`` does it."""
        old = self.store.progress()
        self.store.close()
        self.store, self.tables = StateStore(":memory:"), MemoryAnalytics()
        self.tables.prepare(TABLES, 1)
        progress = {"until": old.get("until", 0)}
        self.store.commit(Commit([], [], [], [], [], [], progress))
        self.engine = Engine(self.log, self.store, self.tables, worlds.RULES)
        watermarks = (old.get("meaning", 0), old.get("decisions", 0))
        self.engine.refold(old.get("checkpoint", 0), *watermarks)
        self.engine.catch_up()


class Governing(Workers):
    """Workers who began under the newest configuration."""

    def __init__(self, sent: Sent, world: World) -> None:
        self._number = world.log.configuration_number
        super().__init__(sent)

    def fresh(self, partition: int) -> PartitionFold:
        newest = (worlds.RULES, self._number)
        return PartitionFold(partition, LOG, PartitionStore(":memory:"), self.sent, *newest)


def lived(plot: Plot, published: Mapping[int, str], *, lives_once: bool = False) -> Governed:
    world = Governed(plot, published, lives_once=lives_once)
    world.live()
    return world


def check(world: World) -> None:
    assert findings(world) == []
    assert decided(world) == decided_again(world)


def check_workers(world: World) -> None:
    workers = Governing(Sent(), world)
    for partition, told in topic(world).items():
        for message in told:
            workers.folds[partition].take(message)
    workers.publish()
    hold(workers, world)
    wanted = {(e.occurred_at, str(e.fact)) for e in world.decisions()}
    assert {(act.occurred_at, str(act.fact)) for act in workers.sent.decided} == wanted
    workers.close()


@pytest.fixture(autouse=True)
def default_rules():
    with patch.object(worlds, "RULES", worlds.RULES):
        yield


PUBLISHED = st.dictionaries(st.integers(1, 12), st.sampled_from(OTHERS), min_size=1, max_size=3)


@settings(max_examples=80)
@given(plots(), PUBLISHED)
def test_meaning_is_that_of_the_newest_and_decisions_those_of_their_time(plot, published):
    with patch.object(worlds, "RULES", worlds.RULES):
        world = lived(plot, published)
        check(world)
        world.close()


@settings(max_examples=80)
@given(plots(), PUBLISHED)
def test_workers_who_begin_under_the_newest_do_the_same(plot, published):
    with patch.object(wire, "BLOCK_EVENTS", 3), patch.object(worlds, "RULES", worlds.RULES):
        world = lived(plot, published, lives_once=True)
        check(world)
        check_workers(world)
        world.close()


@pytest.mark.parametrize("name", GALLERY)
def test_so_it_is_in_the_gallery(name):
    plot = GALLERY[name]
    for n in range(1, len(plot.steps)):
        with patch.object(wire, "BLOCK_EVENTS", 3), patch.object(worlds, "RULES", worlds.RULES):
            world = lived(plot, {n: OTHERS[n % 2]}, lives_once=True)
            check(world)
            check_workers(world)
            world.close()


def test_some_lives_would_be_told_otherwise_without_a_rebuild():
    """Else the tests above would hold of rules that nobody asks."""
    differs: set[Any] = set()
    for name, plot in GALLERY.items():
        with patch.object(worlds, "RULES", worlds.RULES):
            world = lived(plot, {1: OTHERS[0]}, lives_once=True)
            world.rules = OTHERS[1]
            if findings(world):
                differs.add(name)
            world.close()
    assert differs


def test_a_worker_stops_at_a_newer_configuration_and_folds_nothing_of_its_message():
    plot = next(iter(GALLERY.values()))
    with patch.object(worlds, "RULES", worlds.RULES):
        before = worlds.RULES
        world = lived(plot, {len(plot.steps) - 1: OTHERS[0]}, lives_once=True)
        assert world.log.configuration_number == 2
        stopped = 0
        for partition, told in topic(world).items():
            store = PartitionStore(":memory:")
            fold = PartitionFold(partition, LOG, store, Sent(), before, 1)
            for _ in range(2):  # and again, as a worker that is started again
                with pytest.raises(WorkspaceError, match=r"Configuration 2 .*empty database"):
                    for message in told:
                        fold.take(message)
                numbers = [
                    e.fact.number
                    for e in fold._piece.published()
                    if isinstance(e.fact, ConfigurationPublished)
                ]
                assert 2 not in numbers
                stopped += 1
            fold.close()
        assert stopped > 0
        world.close()
