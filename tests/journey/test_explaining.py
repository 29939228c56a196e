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
    MessageReceived,
    OrderPlaced,
    OutreachOpened,
    OutreachSent,
    PaymentFailed,
    SurveyAnswered,
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


MEANT = (
    RULES
    + """
[triggers.word]
start = { pain = "unanswered" }
steps = [{ after = "1 h", template = "waits", channels = ["email"] }]

[templates.waits]
purpose = "service"
text = { en = "Sorry" }

[triggers.sad]
action = "open_action"
start = { pain = "low_score" }
steps = [{ text = "Call them", team = "success" }]

[triggers.lost]
action = "open_action"
start = { stage = "lapsed" }
steps = [{ text = "Ask them", team = "success" }]

[triggers.risk]
action = "open_action"
start = { stage = "at_risk", after = "2 d" }
steps = [{ text = "Save them", team = "success" }]
"""
)


def asks(text):
    return MessageReceived(
        channel="email", direction="inbound", text=text, is_question=True, intent="question"
    )


def test_a_pain_that_time_began_shows_the_message_that_led_to_it(tmp_path):
    with shop(tmp_path / "w", MEANT) as told:
        told.tell("ann", asks("Where is my parcel?"), NOON)
        told.wait(NOON + 6 * HOUR + MINUTE)  # no longer than a start may be late
        told.wait(NOON + DAY)
        (row,) = rows(told, trigger="word", verdict="decided")
        found = explain(told.workspace, row["decision_id"])
        assert found.inputs[0].type == "outreach-decided"
        assert found.origin is not None
        assert (found.origin.what, found.origin.name) == ("pain", "unanswered")
        (event,) = found.origin.events
        assert found.cause == event.event_id
        assert (event.type, event.fact["text"]) == ("message-received", "Where is my parcel?")
        assert found.cause_told == (
            f"pain unanswered since {found.origin.since}: "
            "message-received on email at 2026-03-02T12:00:00Z: Where is my parcel?"
        )
        start = explain(told.workspace, found.inputs[0].event_id)
        assert (start.verdict, start.origin) == ("started", found.origin)
        assert start.configuration == found.configuration == 1
        told.workspace._people.destroy([told.customer("ann")])
        found = explain(told.workspace, row["decision_id"])
        assert found.cause_told.endswith("2026-03-02T12:00:00Z: (erased)")


def test_a_later_event_does_not_change_what_began_it(tmp_path):
    with shop(tmp_path / "w", MEANT) as told:
        told.tell("ann", asks("Where is my parcel?"), NOON)
        told.wait(NOON + 6 * HOUR + MINUTE)  # no longer than a start may be late
        told.wait(NOON + DAY)
        (row,) = rows(told, trigger="word", verdict="decided")
        before = explain(told.workspace, row["decision_id"]).origin
        told.tell("ann", asks("Still nothing?"), NOON + DAY)
        told.wait(NOON + 2 * DAY)
        assert explain(told.workspace, row["decision_id"]).origin == before


def test_a_score_and_a_stage_show_the_event_behind_them(tmp_path):
    score = SurveyAnswered(survey="csat", score=1, scale_min=1, scale_max=5, comment="Never again")
    with shop(tmp_path / "w", MEANT) as told:
        told.tell("ann", score, NOON)
        told.wait(NOON + 3 * DAY)
        (row,) = rows(told, trigger="sad", verdict="decided")
        found = explain(told.workspace, row["decision_id"])
        assert found.cause_told == (
            "pain low_score since 2026-03-02T12:00:00Z: "
            "survey-answered at 2026-03-02T12:00:00Z: Never again"
        )
        (row,) = rows(told, trigger="risk", verdict="decided")
        found = explain(told.workspace, row["decision_id"])
        assert found.origin is not None
        assert (found.origin.what, found.origin.name) == ("stage", "at_risk")
        assert found.cause_told.startswith("stage at_risk since 2026-03-02T12:00:00Z by ")
        assert found.cause_told.endswith("2026-03-02T12:00:00Z: Never again")
        assert [e.event_id for e in found.origin.events] == [found.cause]


def test_a_stage_that_time_brought_shows_the_last_touch_before_it(tmp_path):
    with shop(tmp_path / "w", MEANT) as told:
        told.tell("ann", OrderPlaced(order_id="o-1"), NOON)
        told.tell("ann", asks("Where is my parcel?"), NOON + HOUR)
        told.wait(NOON + HOUR + 180 * DAY + MINUTE)
        (row,) = rows(told, trigger="lost", verdict="decided")
        found = explain(told.workspace, row["decision_id"])
        assert found.origin is not None
        assert (found.origin.what, found.origin.name, found.cause) == ("stage", "lapsed", "")
        assert [e.fact["text"] for e in found.origin.events] == ["Where is my parcel?"]
        told.tell("ann", asks("I am back"), NOON + 201 * DAY)
        assert explain(told.workspace, row["decision_id"]).origin == found.origin


def test_what_an_event_began_has_no_origin_but_its_cause(told):
    (row,) = rows(told)
    assert explain(told.workspace, row["decision_id"]).origin is None
