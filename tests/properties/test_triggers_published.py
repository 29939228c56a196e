"""Configurations published while runs wait: live equals replay, wherever the process dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from projections.rulebook import Rulebook
from schemas.events import OutreachDecided
from tests.properties.plots import OF_TRIGGERS, Plot, Step, plots
from tests.properties.test_live_equals_replay import events
from tests.properties.trigger_rules import trigger_rules
from tests.properties.world import World, decided, decided_again, findings

PLOTS = plots(kinds=OF_TRIGGERS, steps_min=5, steps_max=14)
SOME = settings(max_examples=30)


class Changing(World):
    """A world whose configuration changes before some of its steps, with no state made again."""

    def __init__(self, plot: Plot, documents: list[str], *, lives_once: bool = False) -> None:
        super().__init__(plot, lives_once=lives_once, rules=documents[0])
        self._next = documents[1:]
        self._every = len(plot.steps) // len(documents) + 1
        self._done = 0

    def _do(self, step: Step) -> None:
        self._done += 1
        if self._next and self._done % self._every == 0:
            self.rules = self._next.pop(0)
            self.log.publish(self.rules)
            self.engine = self._open()
        super()._do(step)


@contextmanager
def lived(plot: Plot, documents: list[str], *, lives_once: bool = False) -> Iterator[Changing]:
    world = Changing(plot, documents, lives_once=lives_once)
    try:
        world.live()
        yield world
    finally:
        world.close()


def alike(documents: list[str]) -> list[str]:
    """The most of them that rest on the same states: one comes into force after the other."""
    groups: dict[str, list[str]] = {}
    for document in documents:
        groups.setdefault(Rulebook(document).fingerprint, []).append(document)
    return max(groups.values(), key=len)[:3]


@SOME
@given(PLOTS, st.lists(trigger_rules(), min_size=7, max_size=10).map(alike))
def test_what_is_published_in_a_wait_decides_the_same_again(plot, documents):
    assume(len(documents) > 1)
    with lived(plot, documents) as world, lived(plot, documents, lives_once=True) as whole:
        assert events(world) == events(whole)
        assert decided_again(world) == decided(world)
        assert findings(world) == []
        acts = [e for _, e in world.events() if isinstance(e.fact, OutreachDecided)]
        assert len({e.event_id for e in acts}) == len(acts)
