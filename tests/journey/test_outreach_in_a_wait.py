"""What happens between a step and the next one, in a workspace that is verified afterwards."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from journey.answers import query
from journey.audit.workspace import verify_workspace
from journey.enforcing import enforce
from journey.outreach.box import outbox
from journey.outreach.explaining import explain
from journey.outreach.present import ERASED
from schemas.events import (
    ConsentWithdrawn,
    IdentityLinked,
    MessageReceived,
    OrderPlaced,
    OutreachDecided,
    PaymentFailed,
    PreferenceStated,
    TraitsStated,
)
from schemas.times import DAY, HOUR, MINUTE, Instant
from tests.journey.shop import NOON, RULES, Shop, shop

TWO_STEPS = RULES.replace(
    'steps = [{ template = "sorry", channels = ["email"] }]',
    'steps = [{ template = "sorry", channels = ["email"] }, '
    '{ template = "sorry", channels = ["email"], after = "2 d" }]',
)
NIGHT = RULES.replace("quiet_from = 00:00:00", "quiet_from = 20:00:00").replace(
    "quiet_until = 00:00:00", "quiet_until = 09:00:00"
)
PRIVATE = ("Annegret", "order-4711", "ann@x.example", "Wo bleibt es?")


def decided(told: Shop) -> list[OutreachDecided]:
    """All verdicts, in the order of the log; alerts of unanswered questions apart."""
    found = [e.fact for _, e in told.workspace.log.read(0, 9_999)]
    return [f for f in found if isinstance(f, OutreachDecided) and f.trigger != "unanswered"]


def told_(facts: list[OutreachDecided]) -> list[tuple[Instant, int, str]]:
    return [(fact.decided_at, fact.step, fact.verdict) for fact in facts]


def is_proved(told: Shop) -> None:
    report = verify_workspace(told.workspace)
    assert report.is_clean, report


def test_who_is_erased_between_two_steps_gets_no_second_and_is_nowhere_readable(tmp_path: Path):
    with shop(tmp_path / "w", TWO_STEPS) as told:
        told.tell("ann", TraitsStated(traits={"first_name": '"Annegret"'}), NOON - HOUR)
        asked = MessageReceived(channel="email", direction="inbound", text="Wo bleibt es?")
        told.tell("ann", asked, NOON - MINUTE)
        told.tell("ann", PaymentFailed(order_id="order-4711"), NOON)
        first = outbox(told.workspace, trigger="sorry")
        assert [item.text for item in first] == ["Dear Annegret, order-4711 failed."]
        told.workspace._people.destroy([told.customer("ann")])
        told.wait(NOON + 3 * DAY)
        items = outbox(told.workspace, trigger="sorry")
        assert [(i.is_erased, i.subject, i.text, i.note) for i in items] == [
            (True, "", "", ERASED)
        ] * 2
        shown: list[Any] = [*items, *(explain(told.workspace, i.decision_id) for i in items)]
        shown += query(told.workspace, "outbox", {"trigger": "sorry"})
        seen = repr(shown)
        stored = told.workspace.log.bytes_of([bytes.fromhex(i.decision_id) for i in items])
        for private in PRIVATE:
            assert private not in seen
            assert not any(private.encode() in each for each in stored.values())
        assert told_(decided(told)) == [(NOON, 0, "decided"), (NOON + 2 * DAY, 1, "decided")]
        is_proved(told)


def test_what_is_said_after_an_erasure_does_not_bring_the_message_back(tmp_path: Path):
    with shop(tmp_path / "w", TWO_STEPS) as told:
        told.tell("ann", PaymentFailed(order_id="order-4711"), NOON)
        told.workspace._people.destroy([told.customer("ann")])
        told.tell("ann", TraitsStated(traits={"first_name": '"Anna"'}), NOON + HOUR)  # a new key
        told.wait(NOON + 3 * DAY)
        items = outbox(told.workspace, trigger="sorry")
        assert [(i.is_erased, i.text) for i in items] == [(True, "")] * 2
        is_proved(told)


def test_two_who_become_one_in_a_wait_are_told_each_step_once(tmp_path: Path):
    """One was told the first step; the merge changes nothing of the second."""
    with shop(
        tmp_path / "w", TWO_STEPS.replace('again = "again"\nsteps = [{ t', "steps = [{ t")
    ) as told:
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        told.tell("bea", PaymentFailed(order_id="o-1"), NOON + HOUR)
        both = IdentityLinked(channel="crm", direction="internal")
        told.tell("ann", both, NOON + DAY, also=["bea"])
        told.wait(NOON + 9 * DAY)
        assert told_(decided(told)) == [
            (NOON, 0, "decided"),
            (NOON + HOUR, 0, "decided"),
            (NOON + DAY, 1, "ended"),
            (NOON + 2 * DAY, 1, "decided"),
        ]
        assert told.customer("ann") == told.customer("bea")
        is_proved(told)


def test_consent_withdrawn_between_hold_and_release_suppresses(tmp_path: Path):
    with shop(tmp_path / "w", NIGHT) as told:
        told.agree("ann", NOON - HOUR)
        told.tell("ann", PreferenceStated(timezone="Asia/Tokyo"), NOON - HOUR)
        told.tell("ann", OrderPlaced(order_id="o-1"), NOON)  # 21:00 in Tokyo
        gone = ConsentWithdrawn(purpose="marketing", on_channel="email")
        told.tell("ann", gone, NOON + 11 * HOUR)
        told.wait(NOON + DAY)
        held, refused = decided(told)
        assert (held.verdict, held.release_at) == ("held", NOON + 12 * HOUR)
        assert (refused.verdict, refused.decided_at) == ("suppressed", NOON + 12 * HOUR)
        assert refused.reason.startswith("consent: email: withdrawn at 2026-03-02T23:00:00Z")
        assert outbox(told.workspace) == []
        is_proved(told)


def test_a_configuration_that_changes_in_a_wait_changes_no_step_of_what_is_under_way(
    tmp_path: Path,
):
    with shop(tmp_path / "w", TWO_STEPS) as told:
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        text = re.sub(r"en = \"Dear[^\"]*\"", 'en = "Another"', TWO_STEPS)
        text = text.replace('after = "2 d"', 'after = "5 d"')
        published(told, text, NOON + HOUR)
        told.tell("ben", PaymentFailed(order_id="o-2"), NOON + 2 * HOUR)
        told.wait(NOON + 9 * DAY)
        assert [(f.decided_at, f.step, f.configuration) for f in decided(told)] == [
            (NOON, 0, 1),
            (NOON + 2 * HOUR, 0, 2),
            (NOON + 2 * DAY, 1, 1),
            (NOON + 2 * HOUR + 5 * DAY, 1, 2),
        ]
        new, old = "Another", "Dear customer, o-1 failed."
        assert [i.text for i in outbox(told.workspace)] == [new, old, new, old]
        is_proved(told)


@pytest.mark.parametrize("how", ["paused", "gone"])
def test_a_trigger_that_is_paused_or_gone_in_a_wait_tells_no_more(tmp_path: Path, how: str):
    with shop(tmp_path / "w", TWO_STEPS) as told:
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        paused = TWO_STEPS.replace("[triggers.sorry]", "[triggers.sorry]\npaused = true")
        gone = re.sub(r"(?s)\[triggers\.sorry\].*?(?=\[triggers\.offer\])", "", TWO_STEPS)
        published(told, paused if how == "paused" else gone, NOON + HOUR)
        told.wait(NOON + 9 * DAY)
        assert [(f.step, f.verdict, f.reason) for f in decided(told)][1:] == [
            (1, "ended", f"the trigger is {how}")
        ]
        is_proved(told)


def published(told: Shop, text: str, at: Instant) -> None:
    told.clock.put(at)
    (told.workspace.folder.path / "journey.toml").write_text(text, encoding="utf-8")
    enforce(told.workspace)
