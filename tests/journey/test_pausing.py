"""Triggers are stopped and let go by an event; nothing is made again, and the engine goes on."""

import pytest

from journey.audit.workspace import verify_workspace
from journey.enforcing import enforce
from journey.outreach.box import outbox
from journey.outreach.pausing import pause, triggers
from projections.configuration import configuration, document
from projections.rulebook import Rulebook
from schemas.errors import NotFound, UsageError
from schemas.events import OrderPlaced, PaymentFailed
from schemas.times import DAY, HOUR, MINUTE
from tests.journey.shop import NOON, RULES, shop

LATER = RULES.replace(
    'steps = [{ template = "sorry"', 'steps = [{ after = "2 h", template = "sorry"'
)


def states(told):
    return told.workspace.store.progress()["generation"], told.workspace.rules.fingerprint


def trigger_states(told):
    return {each.trigger: (each.state, each.journey_toml) for each in triggers(told.workspace)}


def test_a_paused_trigger_decides_nothing_until_it_is_resumed(tmp_path):
    with shop(tmp_path / "w") as told:
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        before = states(told)
        told.clock.put(NOON + MINUTE)
        done = pause(told.workspace, ["sorry"], paused=True)
        assert (done.number, done.changed) == (2, ["sorry"])
        assert trigger_states(told)["sorry"] == ("paused", "differs")
        assert not told.workspace.is_outdated
        told.tell("ben", PaymentFailed(order_id="o-2"), NOON + HOUR)
        told.agree("ben", NOON + HOUR)
        told.tell("ben", OrderPlaced(order_id="o-3"), NOON + HOUR)  # others go on
        assert [i.trigger for i in outbox(told.workspace)] == ["offer", "sorry"]
        pause(told.workspace, ["sorry"], paused=False)
        assert trigger_states(told)["sorry"] == ("running", "same")
        told.tell("cem", PaymentFailed(order_id="o-4"), NOON + 2 * HOUR)
        assert [i.trigger for i in outbox(told.workspace)] == ["sorry", "offer", "sorry"]
        assert states(told) == before
        assert verify_workspace(told.workspace).is_clean


def test_what_was_on_its_way_ends_with_a_reason(tmp_path):
    with shop(tmp_path / "w", LATER) as told:
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        pause(told.workspace, [], paused=True)
        told.wait(NOON + 3 * HOUR)
        (row,) = told.workspace.analytics.query("decision-list", {}).to_pylist()
        assert (row["verdict"], row["reason"]) == ("ended", "the trigger is paused")
        assert verify_workspace(told.workspace).is_clean


def test_all_are_paused_at_once_and_what_is_so_already_is_published_once(tmp_path):
    with shop(tmp_path / "w") as told:
        told.agree("ann")
        assert pause(told.workspace, [], paused=True).changed == ["call", "offer", "sorry"]
        again = pause(told.workspace, ["offer"], paused=True)
        assert (again.number, again.changed) == (2, [])
        with pytest.raises(NotFound, match="did you mean offer"):
            pause(told.workspace, ["ofer"], paused=True)


def test_before_anything_is_recorded_there_is_nothing_to_pause(tmp_path):
    with shop(tmp_path / "w") as told, pytest.raises(UsageError, match="Nothing is recorded"):
        pause(told.workspace, [], paused=True)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("Dear {{", "Hello {{"),
        ("audience_max = 2", "audience_max = 3"),
        ('channels = ["email"] }]', 'channels = ["email", "sms"] }]'),
        ('again = "again"', 'again = "once"'),
        ('about = "A payment failed"', 'about = "A payment failed"\ndry_run = true'),
    ],
)
def test_editing_what_is_said_or_done_makes_nothing_again(tmp_path, was, now):
    with shop(tmp_path / "w") as told:
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        before, text = states(told), RULES.replace(was, now)
        assert text != RULES
        (tmp_path / "w" / "journey.toml").write_text(text, encoding="utf-8")
        done = enforce(told.workspace)
        assert (done.published, done.rebuilt) == (True, None)
        assert states(told) == before
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON + DAY)
        assert verify_workspace(told.workspace).is_clean


def test_what_states_must_hold_for_a_trigger_makes_them_again(tmp_path):
    asks = 'when = { fact = "orders", at_least = 3 }\nsteps = [{ template = "sorry"'
    with shop(tmp_path / "w") as told:
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        text = RULES.replace('steps = [{ template = "sorry"', asks)
        (tmp_path / "w" / "journey.toml").write_text(text, encoding="utf-8")
        assert enforce(told.workspace).rebuilt is not None


def test_publishing_the_file_resumes_what_was_paused_and_says_so(tmp_path):
    with shop(tmp_path / "w") as told:
        told.agree("ann")
        pause(told.workspace, ["offer", "sorry"], paused=True)
        text = RULES.replace("[triggers.sorry]", "[triggers.sorry]\npaused = true")
        (tmp_path / "w" / "journey.toml").write_text(text, encoding="utf-8")
        assert enforce(told.workspace).resumed == ["offer"]
        assert trigger_states(told)["sorry"] == ("paused", "same")


def test_only_that_key_is_changed(tmp_path):
    with shop(tmp_path / "w") as told:
        told.agree("ann")
        before = configuration(told.workspace.configuration)
        pause(told.workspace, ["offer"], paused=True)
        pause(told.workspace, ["offer"], paused=False)
        assert told.workspace.configuration == document(before)
        assert Rulebook(told.workspace.configuration).fingerprint == states(told)[1]
