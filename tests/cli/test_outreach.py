"""The commands about outreach, as people use them: nothing is sent, all of it can be read."""

import re
from pathlib import Path

import pytest

from tests.cli.offers import offers
from tests.cli.runner import ROOT, answer, assert_one_sentence, journey

WRONG, NOT_THERE = 2, 3


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return "--workspace", offers(tmp_path_factory.mktemp("outreach") / "w")


def test_the_outbox_shows_what_would_be_read(at: tuple[str, Path]) -> None:
    items = answer("outbox", *at)["items"]
    assert [(i["trigger"], i["status"]) for i in items] == [
        ("sorry", "ready"),
        *[("offer", "waiting_for_approval")] * 2,
        ("offer", "ready"),
    ]
    told = journey("outbox", "customer=dan@x.example", *at).text
    assert "Dear customer, o-dan failed." in told
    assert "Come back" not in told
    assert len(answer("outbox", "trigger=offer", "limit=2", *at)["items"]) == 2


def test_what_is_asked_wrongly_is_refused_in_a_sentence(at: tuple[str, Path]) -> None:
    assert_one_sentence(journey("outbox", "colour=red", *at), WRONG, "use one of trigger")
    assert_one_sentence(journey("outbox", "limit=none", *at), WRONG, "a whole number from 1")
    assert_one_sentence(journey("trigger", "pause", *at), WRONG, "--all")
    assert_one_sentence(journey("trigger", "pause", "x", "--all", *at), WRONG, "--all")


def test_a_preview_of_no_time_at_all_is_refused_in_a_sentence(at: tuple[str, Path]) -> None:
    for span, told in (
        (("--since", "yesterday"), "'yesterday' does not fit --since: give a time with its zone"),
        (("--until", "2025-01-10"), "'2025-01-10' does not fit --until"),
        (("--since", "2199-01-01T00:00:00Z"), "the log ends at"),
        (("--since", "2025-01-02T00:00:00Z", "--until", "2025-01-01T00:00:00Z"), "--until is"),
    ):
        assert_one_sentence(journey("trigger", "preview", "offer", *span, *at), WRONG, told)


def test_a_preview_of_nothing_recorded_is_refused(tmp_path: Path) -> None:
    made = "--workspace", tmp_path / "w"
    assert journey("init", *made).code == 0
    assert_one_sentence(journey("trigger", "preview", "x", *made), WRONG, "Nothing is recorded yet")


def test_the_engines_own_trigger_is_told_apart(at: tuple[str, Path]) -> None:
    for command in (("pause", "unanswered"), ("resume", "unanswered"), ("preview", "unanswered")):
        asked = journey("trigger", *command, *at)
        assert_one_sentence(asked, NOT_THERE, "'unanswered' is the engine's own trigger")
    asked = journey("why-not", "ann@x.example", "unanswered", *at)
    assert_one_sentence(asked, NOT_THERE, "journey decisions trigger=unanswered")


def test_before_anything_is_recorded_no_trigger_runs(tmp_path: Path) -> None:
    made = "--workspace", tmp_path / "w"
    assert journey("init", *made).code == 0
    shipped = ROOT / "docs" / "triggers.toml"
    (tmp_path / "w" / "journey.toml").write_text(shipped.read_text("utf-8"), encoding="utf-8")
    states = {each["state"] for each in answer("trigger", "list", *made)["triggers"]}
    assert states == {"not yet"}


def test_a_decision_is_explained_on_a_page(at: tuple[str, Path]) -> None:
    told = answer("decisions", "customer=ann@x.example", *at)["decisions"]
    assert [row["trigger"] for row in told] == ["offer"]
    page = journey("explain", told[0]["decision_id"], *at).text
    for word in ("message_customer decided, ready", "order-placed on web at", "order_id o-ann",
                 "Come back", "open_complaint", "email: given at", "It rests on"):  # fmt: skip
        assert word in page
    assert "What came of it" not in page


def test_decisions_are_found_by_verdict_and_time(at: tuple[str, Path]) -> None:
    assert len(answer("decisions", "verdict=decided", *at)["decisions"]) == 4
    assert answer("decisions", "verdict=held", *at)["decisions"] == []
    assert answer("decisions", "until=2020-01-01T00:00:00Z", *at)["decisions"] == []


def test_approvals_are_listed_given_and_recorded(at: tuple[str, Path]) -> None:
    (one,) = answer("approvals", *at)["approvals"]
    assert (one["trigger"], one["waiting"], one["limit"]) == ("offer", 2, 1)
    done = answer("approvals", "approve", "offer", "--number", "1", "--by", "kim", *at)
    assert (done["approved"], done["waiting"]) == (1, 1)
    told = journey("approvals", "approve", "offer", "--by", "kim", *at).text
    assert told == "1 of offer go out, approved by kim; 0 wait.\n"
    assert journey("approvals", *at).text == "Nothing waits for approval.\n"
    again = journey("approvals", "approve", "offer", "--by", "kim", *at)
    assert_one_sentence(again, NOT_THERE, "Nothing of 'offer' waits")


def test_triggers_are_paused_and_resumed_and_publishing_says_what_it_resumes(
    at: tuple[str, Path],
) -> None:
    told = journey("trigger", "pause", "offer", *at).text
    assert re.fullmatch(r"Paused: offer\. Configuration \d+ is in force\.\n", told)
    listed = {t["trigger"]: t for t in answer("trigger", "list", *at)["triggers"]}
    assert (listed["offer"]["state"], listed["offer"]["journey_toml"]) == ("paused", "differs")
    assert listed["sorry"]["starts"] == "payment-failed"
    published = journey("config", "publish", *at)
    assert "States and tables stay" in published.text
    assert "The trigger offer was paused" in published.err
    assert journey("trigger", "resume", "--all", *at).text.startswith("Nothing changed")
