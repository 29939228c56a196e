"""Triggers of any kind: live equals replay, wherever the process dies, and each act is once.

The world is the real log and the real engine (`world`); rules and plots are drawn.
"""

import pytest
from hypothesis import given, settings

from journey.config.file import parse
from projections.configuration import document
from schemas.events import OutreachDecided
from schemas.times import HOUR, MINUTE
from tests.controls import NOON
from tests.properties.gallery import plot as plot_of
from tests.properties.gallery import step, told
from tests.properties.plots import OF_TRIGGERS, plots
from tests.properties.test_live_equals_replay import check, events
from tests.properties.trigger_rules import trigger_rules
from tests.properties.world import lived

PLOTS = plots(kinds=OF_TRIGGERS, steps_min=5, steps_max=14)
SOME = settings(max_examples=100)


@SOME
@given(PLOTS, trigger_rules())
def test_states_rows_decisions_and_starts_are_what_the_log_amounts_to(plot, rules):
    check(plot, rules)


@SOME
@given(PLOTS, trigger_rules())
def test_dying_and_stopping_anywhere_decides_the_same(plot, rules):
    with lived(plot, lives_once=True, rules=rules) as whole, lived(plot, rules=rules) as broken:
        assert events(broken) == events(whole)


@SOME
@given(PLOTS, trigger_rules())
def test_each_act_is_recorded_once(plot, rules):
    with lived(plot, rules=rules) as world:
        acts = [e for _, e in world.events() if isinstance(e.fact, OutreachDecided)]
        assert len({e.event_id for e in acts}) == len(acts)
        steps = [
            (f.trigger, f.cause_customer, f.cause, f.matter, f.step)
            for f in (e.fact for e in acts)
            if isinstance(f, OutreachDecided) and f.verdict in ("decided", "suppressed")
        ]
        assert len(set(steps)) == len(steps)


WAITS = """
[triggers.waits]
action = "alert_team"
start = { events = ["payment-failed"], after = "1 h", unless = ["order-cancelled"] }
steps = [{ text = "Look" }]
"""


@pytest.mark.parametrize("back", [MINUTE, 4 * MINUTE])
def test_a_clock_that_is_set_back_decides_once_and_at_the_same_time(back):
    plot = plot_of(
        step(told("fails")),
        step(told("looks"), wait=HOUR - 2),
        step(wait=-back),
        step(told("looks"), wait=1),
        step(wait=back),
        step(wait=-back),
        step(wait=back + MINUTE),
    )
    rules = document(parse(WAITS).rules)
    check(plot, rules)
    with lived(plot, rules=rules) as world:
        found = [e.fact for _, e in world.events() if isinstance(e.fact, OutreachDecided)]
        assert [(f.trigger, f.decided_at) for f in found] == [("waits", NOON + HOUR)]
