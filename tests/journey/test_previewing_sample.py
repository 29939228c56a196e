"""Previews: what a trigger would have done in history is what it did where it was live."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from journey.bootstrap import Workspace
from journey.config.file import parse
from journey.importing import import_live
from journey.previewing import audience_of, preview, why_not
from journey.sample.files import generate_files
from journey.settings import from_environment
from journey.workspace import make
from schemas.events import OutreachDecided
from schemas.times import parse_rfc3339
from tests.cli.runner import ROOT

SHIPPED = (ROOT / "docs" / "triggers.toml").read_text(encoding="utf-8")
ALONE = ("delivery-late", "renewal-due", "onboarding-stuck", "low-score", "thank-review")
FOREVER = parse_rfc3339("2100-01-01T00:00:00Z")


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The sample as it was live under the triggers that ship."""
    folder = tmp_path_factory.mktemp("lived")
    file = folder / "sample.jsonl"
    generate_files(
        str(file), None, customers=150, days=40, seed=3, start=datetime(2025, 1, 1, tzinfo=UTC)
    )
    make(folder / "w", with_key=True)
    (folder / "w" / "journey.toml").write_text(SHIPPED, encoding="utf-8")
    import_live(folder / "w", from_environment(), "jsonl", str(file))
    with Workspace(folder / "w", from_environment()) as workspace:
        yield workspace


RULES = parse(SHIPPED).rules


def decided(workspace: Workspace, trigger: str) -> list[OutreachDecided]:
    found = [event.fact for _, event in workspace.log.read(0, 1_000_000)]
    return [f for f in found if isinstance(f, OutreachDecided) and f.trigger == trigger]


@pytest.mark.parametrize("name", ALONE)
def test_a_preview_is_what_came_of_it(lived, name):
    found = preview(lived, RULES, name, 0, FOREVER)
    acts = decided(lived, name)
    verdicts = Counter(act.verdict for act in acts)
    assert found.decided == verdicts["decided"] == sum(found.days.values())
    assert sum(found.held_back.values()) == verdicts["suppressed"]
    assert sum(found.held.values()) == verdicts["held"]
    assert found.ended == verdicts["ended"]
    assert len(found.recipients) == min(20, found.decided)


def test_the_sample_has_something_to_preview(lived):
    assert sum(bool(decided(lived, name)) for name in ALONE) >= 3
    assert lived.log.last_position() > 1_000


def test_nothing_is_recorded_and_the_same_seed_draws_the_same(lived):
    before = lived.log.last_position()
    one, same = (preview(lived, RULES, "delivery-late", 0, FOREVER, seed=4) for _ in range(2))
    assert one == same
    assert lived.log.last_position() == before


def test_a_stage_is_found_in_history(lived):
    found = preview(lived, RULES, "rescue", 0, FOREVER)
    stages = lived.analytics.ask("SELECT count() AS n FROM stages WHERE stage = 'at_risk'")
    assert found.began <= stages.to_pylist()[0]["n"]
    started = {a.cause for a in decided(lived, "rescue") if a.verdict == "started"}
    assert found.began >= bool(started)


def test_why_not_tells_what_was_decided(lived):
    act = next(a for a in decided(lived, "delivery-late") if a.verdict == "decided")
    customer = lived.log.current(act.cause_customer).hex()
    found = why_not(lived, RULES, customer, "delivery-late")
    assert found.answer.startswith("delivery-late was decided ")
    assert any(line.what == "recorded as decided" for line in found.decided)


def test_a_guardrail_is_named(lived):
    act = next(a for a in decided(lived, "survey-after-resolved") if a.verdict == "suppressed")
    found = why_not(lived, RULES, act.cause_customer.hex(), "survey-after-resolved")
    assert "recorded as suppressed" in found.answer
    assert "consent" in found.answer


def test_the_audience_is_the_lesser_of_share_and_number():
    trigger = RULES.triggers["delivery-late"]
    assert [audience_of(RULES, trigger, n) for n in (10, 1_000, 50_000, 90_000)] == [
        1,
        10,
        500,
        500,
    ]


def test_steps_are_counted_from_one_as_everywhere(lived):
    recipients = preview(lived, RULES, "onboarding-stuck", 0, FOREVER).recipients
    assert {each.step for each in recipients} == {1, 2}


def test_what_waits_for_no_approval_has_no_limit_of_it(lived):
    """Only messages stop at the door: an alert or an action goes out at once."""
    assert preview(lived, RULES, "low-score", 0, FOREVER).audience is None
    assert preview(lived, RULES, "rescue", 0, FOREVER).audience == 1
