"""Somebody else records something between a decision and its record, and right after it."""

from contextlib import closing

from hypothesis import given, settings

from journey.ports import Draft
from schemas.events import PageViewed
from tests.properties.plots import OF_TRIGGERS, plots
from tests.properties.trigger_rules import trigger_rules
from tests.properties.world import World, decided, decided_again, findings

PLOTS = plots(kinds=OF_TRIGGERS, steps_min=3, steps_max=10)


class Crowded(World):
    """A world in which another process writes whenever the engine records what it decided."""

    others = 0

    def _reach(self, point: str) -> None:
        super()._reach(point)
        if point in ("before-record", "after-record"):
            self.others += 1
            name = f"other-{self.others}"
            who = {"email": [f"{name}@example.com"]}
            now = self.opening.clock.now()
            told = Draft(
                source="elsewhere",
                message_id=name,
                fact=PageViewed(),
                occurred_at=now,
                identities=who,
            )
            self.log.append([told])


@settings(max_examples=30)
@given(PLOTS, trigger_rules())
def test_what_others_record_in_between_is_folded_too(plot, rules):
    with closing(Crowded(plot, lives_once=True, rules=rules)) as world:
        world.live()
        assert decided_again(world) == decided(world)
        assert findings(world) == []
        told = {e.source for _, e in world.events()}
        assert ("elsewhere" in told) == bool(world.others)
