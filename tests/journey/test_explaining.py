"""Why a decision was made: the rule and text of that time, and what came of it since."""

from typing import Any

import pytest

from journey.enforcing import enforce
from journey.outreach.explaining import explain
from journey.outreach.rendering import Message
from projections.outreach.guardrails import GUARDRAILS
from schemas.errors import NotFound
from schemas.events import (
    ConsentWithdrawn,
    OrderPlaced,
    OutreachOpened,
    OutreachSent,
    PaymentFailed,
    TraitsStated,
)
from schemas.times import DAY, HOUR, MINUTE
from tests.journey.shop import NOON, RULES, shop

TWICE = RULES.replace(
    'start = { events = ["order-placed"] }',
    'about = "Another one?"\nholdout = 0.000001\nstart = { events = ["order-placed"] }',
).replace(
    'steps = [{ template = "offer", channels = ["email"] }]',
    'steps = [{ template = "offer", channels = ["sms", "email"] }, '
    '{ template = "offer", after = "2 d" }]',
)
CAMPAIGN: dict[str, Any] = {
    "campaign": "offer",
    "purpose": "marketing",
    "system": "journey",
    "channel": "email",
}


def rows(told, **asked):
    return told.workspace.analytics.query("decision-list", asked).to_pylist()


@pytest.fixture
def told(tmp_path):
    with shop(tmp_path / "w", TWICE) as open_shop:
        open_shop.agree("ann")
        open_shop.tell("ann", OrderPlaced(order_id="o-1", channel="web"), NOON)
        yield open_shop


def test_what_to_whom_where_and_why(told):
    (row,) = rows(told)
    found = explain(told.workspace, row["decision_id"][:12])
    assert (found.trigger, found.about, found.action, found.verdict) == (
        "offer", "Another one?", "message_customer", "decided",
    )  # fmt: skip
    assert (found.step, found.steps, found.attempt, found.status) == (1, 2, 0, "ready")
    assert found.channel == "email"
    assert found.channel_reason == "the step names it; not sms"
    assert found.cause_told == "order-placed on web at 2026-03-02T12:00:00Z: order_id o-1"
    assert [g.guardrail for g in found.guardrails] == list(GUARDRAILS)
    assert {g.verdict for g in found.guardrails} == {"passed"}
    consent = next(g for g in found.guardrails if g.guardrail == "consent")
    assert consent.ground == "email: given at 2026-03-02T11:00:00Z by form"
    assert (found.group, found.expectation_s) == ("treated", None)
    assert found.message is not None
    assert found.message.text.startswith("Come back\n")
    assert [m.event_id for m in found.inputs] == [found.cause]
    assert found.followed == []


def test_the_text_is_the_one_of_then_whatever_the_file_says_now(told):
    text = TWICE.replace('"Come back"', '"Come again"')
    (told.workspace.folder.path / "journey.toml").write_text(text, encoding="utf-8")
    enforce(told.workspace)
    told.tell("ann", OrderPlaced(order_id="o-2"), NOON + HOUR)
    second, first = (explain(told.workspace, r["decision_id"]) for r in rows(told))
    assert (first.configuration, first.texts) == (1, {"en": "Come back"})
    assert (second.configuration, second.texts) == (2, {"en": "Come again"})


def test_what_came_of_it_is_its_own_and_nobody_elses(told):
    (row,) = rows(told)
    told.tell("ann", OutreachSent(**CAMPAIGN), NOON + MINUTE)
    told.tell("ann", OutreachOpened(**CAMPAIGN), NOON + HOUR)
    told.tell("ann", OutreachOpened(**{**CAMPAIGN, "campaign": "else"}), NOON + HOUR)
    told.tell("ann", OrderPlaced(order_id="o-2"), NOON + DAY)  # a run of its own
    told.tell("ann", OutreachOpened(**CAMPAIGN), NOON + DAY + HOUR)
    told.tell("ann", ConsentWithdrawn(purpose="marketing"), NOON + DAY + 2 * HOUR)
    told.wait(NOON + 5 * DAY)
    found = explain(told.workspace, row["decision_id"])
    assert [(f.at, f.what) for f in found.followed] == [
        ("2026-03-02T12:01:00Z", "outreach-sent"),
        ("2026-03-02T13:00:00Z", "outreach-opened"),
        ("2026-03-04T12:00:00Z", "outreach-decided"),
    ]
    assert found.followed[-1].told.startswith("suppressed: consent: ")
    later = explain(told.workspace, found.followed[-1].event_id)
    assert (later.verdict, later.step, later.message, later.status) == ("suppressed", 2, None, "")
    verdicts = {g.guardrail: g.verdict for g in later.guardrails}
    assert (verdicts["consent"], verdicts["cap"]) == ("suppressed", "not_asked")
    other = next(r for r in rows(told) if r["decided_at"].day == 3)
    assert [f.what for f in explain(told.workspace, other["decision_id"]).followed] == [
        "outreach-opened",
        "outreach-decided",
    ]


def test_after_erasure_it_still_explains(told):
    told.tell("ann", TraitsStated(traits={"first_name": '"Ann"'}), NOON + HOUR)
    told.tell("ann", PaymentFailed(order_id="o-1"), NOON + HOUR)
    decided = next(r for r in rows(told, trigger="sorry"))
    said = explain(told.workspace, decided["decision_id"]).message
    assert said is not None
    assert said.text == "Dear Ann, o-1 failed."
    told.workspace._people.destroy([told.customer("ann")])
    found = explain(told.workspace, decided["decision_id"])
    assert found.message == Message("email", is_erased=True)
    assert found.cause_told == "payment-failed at 2026-03-02T13:00:00Z: (erased)"
    assert found.texts["en"].startswith("Dear {{ person.first_name")


def test_what_is_no_decision_is_refused(told):
    (row,) = rows(told)
    cause = explain(told.workspace, row["decision_id"]).cause
    for wrong in (cause, "0" * 32, "ann@example.com"):
        with pytest.raises(NotFound, match="journey decisions"):
            explain(told.workspace, wrong)
