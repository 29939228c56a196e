"""Given triggers and what the log knew, then who was written to, when, where, and why.

The noon of stories is 17:13:20 in New York, where nobody sleeps.
"""

from __future__ import annotations

from typing import Any

from journey.config.file import parse
from projections.configuration import Configuration
from projections.outreach.guardrails import GUARDRAILS, is_held_out
from projections.projection import act_id
from schemas.events import (
    ConsentGiven,
    ConsentWithdrawn,
    OrderDelivered,
    OrderPlaced,
    OutreachDecided,
    OutreachSent,
    PaymentFailed,
    PreferenceStated,
    SubscriptionStarted,
    SurveyAnswered,
    TraitsStated,
    Unsubscribed,
)
from schemas.times import DAY, Instant
from tests.projections.story import ANN, Story, acts, asks, at, event_id, replies, resolved

FOREVER = at(days=9_000)
ZONES = '\n[outreach]\nzones = ["America/New_York"]\n'
ORDER, OTHER = b"order".ljust(16, b"."), b"other".ljust(16, b".")

LATE = """
[templates.late]
purpose = "service"
text = { en = "Your order of {{ amount }} {{ currency }} is late.", de = "Zu spät: {{ amount }}" }

[triggers.late]
about = "An order is late"
start = { events = ["order-placed"], date = "promised_at", unless = ["order-delivered"] }
steps = [{ template = "late", channels = ["email", "sms"] }]
"""

OFFER = """
[templates.offer]
purpose = "marketing"
text = { en = "Come back, {{ person.first_name | dear customer }}" }
sender = "Shop"
contact = "shop@shop.example"
opt_out = "https://shop.example/no"

[triggers.offer]
start = { events = ["payment-failed"] }
again = "again"
steps = [{ template = "offer", channels = ["email"] }]
"""
AGREED = ConsentGiven(purpose="marketing", on_channel="email", method="form")


def rules(text: str, more: str = "") -> Configuration:
    return parse(text + ZONES + more).rules


def decided(
    story: Story, text: str, until: Instant = FOREVER, more: str = ""
) -> list[OutreachDecided]:
    """What the triggers of the text came to; alerts of unanswered questions apart."""
    found = [act.fact for act in acts(story.events, until, rules(text, more))]
    return [fact for fact in found if fact.trigger != "unanswered"]


def told(facts: list[OutreachDecided]) -> list[tuple[Instant, str]]:
    return [(fact.decided_at, fact.verdict) for fact in facts]


def order(**more: Any) -> OrderPlaced:
    """An order that was promised for the day after tomorrow."""
    given: dict[str, Any] = {"order_key": ORDER, "amount_micros": 12_500_000, "currency": "EUR"}
    return OrderPlaced(promised_at=at(days=2), **(given | more))


def refused(text: str, trigger: str = "offer", **more: Any) -> OutreachDecided:
    """What became of an offer to somebody who agreed to offers, at noon."""
    story = Story()
    story.tell(AGREED, at(-1))
    for fact, when in more.get("before", ()):
        story.tell(fact, when)
    story.tell(PaymentFailed(), more.get("when", at(0)))
    return decided(story, text)[0]


# --- starts -----------------------------------------------------------------------------------


def test_who_is_still_without_it_when_a_date_has_come_is_told():
    story = Story()
    story.tell(order(), at(0))
    assert told(decided(story, LATE, until=at(days=2))) == []
    (fact,) = decided(story, LATE, until=at(days=2, micros=1))
    assert (fact.decided_at, fact.verdict, fact.channel) == (at(days=2), "decided", "email")
    assert fact.facts == {"amount": "12.50", "currency": "EUR"}
    assert fact.matter == f"order:{ORDER.hex()}"
    assert fact.cause == event_id(1)
    assert fact.inputs == ["7/0"]
    assert fact.channel_reason == "the step names it"
    assert dict(zip(fact.guardrails, fact.verdicts, strict=True)) == dict.fromkeys(
        GUARDRAILS, "passed"
    )


def test_what_calls_it_off_does_so_up_to_the_last_moment_and_for_the_same_order_only():
    for delivered, key, number in (
        (at(days=2), ORDER, 0),
        (at(days=2, micros=1), ORDER, 1),
        (at(days=1), OTHER, 1),
        (at(days=1), b"", 0),  # of which order nobody said
    ):
        story = Story()
        story.tell(order(), at(0))
        story.tell(OrderDelivered(order_key=key), delivered)
        assert len(decided(story, LATE)) == number


def test_history_and_what_is_recorded_late_begins_nothing():
    for recorded, imported, number in (
        (at(24), False, 1),
        (at(24, micros=1), False, 0),
        (at(0), True, 0),
    ):
        story = Story()
        story.tell(order(), at(0), recorded=recorded, imported=imported)
        assert len(decided(story, LATE)) == number


def test_an_imported_delivery_calls_a_wait_off_all_the_same():
    story = Story()
    story.tell(order(), at(0))
    story.tell(OrderDelivered(order_key=ORDER), at(3), recorded=at(30), imported=True)
    assert decided(story, LATE) == []


def test_an_absence_is_waited_for_from_the_newest_event():
    text = OFFER.replace(
        '{ events = ["payment-failed"] }',
        '{ events = ["payment-failed"], after = "1 h", unless = ["order-placed"] }',
    )
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0))
    story.tell(PaymentFailed(), at(0.5))
    assert told(decided(story, text)) == [(at(1.5), "decided")]


def test_once_is_once_and_once_a_matter_is_for_each_order():
    for again, number in (("once", 1), ("once_per_matter", 2), ("again", 3)):
        text = OFFER.replace('again = "again"', f'again = "{again}"')
        story = Story()
        story.tell(AGREED, at(-1))
        for n, key in enumerate((ORDER, ORDER, OTHER)):
            story.tell(PaymentFailed(order_key=key), at(0, minutes=n))
        more = "marketing_per_day = 9\nmarketing_per_week = 9\n"
        assert len(decided(story, text, more=more)) == number


def test_a_condition_is_held_against_what_was_known_when_it_started():
    text = OFFER.replace(
        'again = "again"', 'when = { fact = "trait", name = "tier", is = "gold" }\nagain = "again"'
    )
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0))
    story.tell(TraitsStated(facts={"tier": "gold"}), at(1))
    story.tell(PaymentFailed(), at(2))
    assert told(decided(story, text)) == [(at(2), "decided")]


# --- steps and exits --------------------------------------------------------------------------

STEPS = """
exits = ["inbound"]
steps = [
  { template = "offer", channels = ["email"] },
  { template = "offer", channels = ["email"], after = "2 d" },
]
"""


def test_the_next_step_waits_and_an_exit_ends_it_with_a_reason():
    text = OFFER.replace('steps = [{ template = "offer", channels = ["email"] }]', STEPS)
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0))
    facts = decided(story, text)
    assert [(f.decided_at, f.step, f.verdict) for f in facts] == [
        (at(0), 0, "decided"),
        (at(days=2), 1, "decided"),
    ]
    story.tell(asks(), at(days=1))
    facts = decided(story, text)
    assert [(f.decided_at, f.step, f.verdict, f.reason) for f in facts[1:]] == [
        (at(days=1), 1, "ended", "message-received came")
    ]
    assert facts[1].inputs == ["7/1", "7/2"]
    assert len({act_id(fact) for fact in facts}) == 2


def test_a_run_keeps_the_version_that_it_began_with():
    from projections.configuration import document
    from projections.fold import Out, fold_decision, run_decisions
    from projections.rulebook import History, Rulebook
    from schemas.events import ConfigurationPublished

    longer = LATE.replace('channels = ["email", "sms"]', 'channels = ["sms"]')
    story, history = Story(), History()
    story.tell(ConfigurationPublished(number=1, document=document(rules(LATE))), at(-1))
    first = story.tell(order(), at(0))
    story.tell(ConfigurationPublished(number=2, document=document(rules(longer))), at(1))
    second = story.tell(order(order_key=OTHER), at(2))
    for event in (story.events[0], story.events[2]):
        history.publish(event)
    book = Rulebook(document(rules(longer)))
    state, out = book.initial(), Out([], [])
    for event in (first, second):
        fold_decision(book, history, state, event, ANN, out)
    run_decisions(book, history, state, FOREVER, ANN, out)
    assert [(a.fact.configuration, a.fact.channel) for a in out.acts] == [(1, "email"), (2, "sms")]


# --- guardrails, each by one case; their borders are in test_guardrails ------------------------


def test_marketing_needs_a_record_of_consent():
    story = Story()
    story.tell(PaymentFailed(), at(0))
    (fact,) = decided(story, OFFER)
    assert (fact.verdict, fact.channel) == ("suppressed", "")
    assert fact.reason == "consent: email: no consent to marketing is on record"
    assert fact.verdicts[2:] == ["suppressed", *["not_asked"] * 8]
    assert refused(OFFER).verdict == "decided"


def test_a_withdrawal_beats_any_import():
    story = Story()
    story.tell(AGREED, at(-3))
    story.tell(ConsentWithdrawn(purpose="marketing", on_channel="email"), at(-2))
    story.tell(AGREED, at(-1), imported=True)
    story.tell(PaymentFailed(), at(0))
    assert decided(story, OFFER)[0].reason.startswith("consent: email: withdrawn at ")
    story.tell(AGREED, at(1))
    story.tell(PaymentFailed(), at(2))
    assert decided(story, OFFER)[1].verdict == "decided"


def test_who_unsubscribed_gets_no_more():
    fact = refused(OFFER, before=[(Unsubscribed(channel="email"), at(-0.5))])
    assert "withdrawn" in fact.reason


def test_messages_of_other_systems_count():
    sent = OutreachSent(purpose="marketing", system="braze", channel="push")
    fact = refused(OFFER, before=[(sent, at(-0.5))])
    counted = "1 today, 1 this week, America/New_York time"
    assert fact.reason == f"cap: {counted}: 1 a day (the last by braze)"
    assert refused(OFFER, before=[(sent, at(-18))]).verdict == "decided"  # yesterday


def test_no_marketing_while_somebody_waits_for_care_or_is_angry():
    fact = refused(OFFER, before=[(asks(), at(-0.5))])
    assert fact.reason == "open_complaint: a conversation with care is open"
    score = SurveyAnswered(survey="csat", score=2, scale_min=1, scale_max=5)
    fact = refused(OFFER, before=[(score, at(days=-6))])
    assert fact.reason.startswith("open_complaint: a low score at ")
    answered = [(asks(), at(-2)), (replies(), at(-1)), (resolved(), at(-0.5))]
    assert refused(OFFER, before=answered).verdict == "decided"


def test_the_night_is_waited_out_where_the_customer_is_and_all_is_asked_again():
    zone = PreferenceStated(timezone="Asia/Tokyo")
    story = Story()
    story.tell(AGREED, at(-2))
    story.tell(zone, at(-1))
    story.tell(PaymentFailed(), at(0))  # 22:13:20 UTC is 07:13:20 in Tokyo
    facts = decided(story, OFFER)
    assert [(f.verdict, f.attempt) for f in facts] == [("held", 0), ("decided", 1)]
    released = facts[0].release_at
    assert released == facts[1].decided_at
    assert released % DAY == 0  # 09:00 in Tokyo is midnight UTC
    story.tell(ConsentWithdrawn(purpose="marketing", on_channel="email"), at(1))
    facts = decided(story, OFFER)
    assert [(f.verdict, f.attempt) for f in facts] == [("held", 0), ("suppressed", 1)]
    assert facts[1].reason.startswith("consent: ")
    assert len({act_id(fact) for fact in facts}) == 2


def test_a_missing_fact_never_goes_out_as_a_hole():
    story = Story()
    story.tell(order(currency=""), at(0))
    held, dropped = decided(story, LATE)
    assert (held.verdict, held.reason) == ("held", "facts: fact missing: currency")
    assert (dropped.verdict, dropped.reason.split(":")[0]) == ("suppressed", "fresh")
    assert dropped.decided_at == at(days=3, micros=1)


def test_a_missing_trait_is_waited_for():
    text = LATE.replace("is late.", "is late, {{ traits.tier }} customer.")
    story = Story()
    story.tell(order(), at(0))
    story.tell(TraitsStated(facts={"tier": "gold"}), at(1, days=2))
    held, going = decided(story, text)
    assert (held.verdict, going.verdict, going.decided_at) == (
        "held",
        "decided",
        at(1, days=2),
    )
    assert going.facts["traits.tier"] == "gold"


def test_the_holdout_is_drawn_by_customer_and_trigger():
    text = OFFER.replace('again = "again"', 'again = "again"\nholdout = 0.5')
    seen = set()
    for n in range(20):
        who = bytes([n]) * 16
        story = Story(customer=who)
        story.tell(AGREED, at(-1))
        story.tell(PaymentFailed(), at(0))
        (fact,) = decided(story, text)
        is_out = is_held_out("1", "offer", who, 0.5)
        assert fact.group == ("holdout" if is_out else "treated")
        assert fact.verdict == ("suppressed" if is_out else "decided")
        seen.add(fact.group)
    assert seen == {"holdout", "treated"}


def test_a_fallback_needs_its_own_consent_and_says_why():
    text = OFFER.replace('channels = ["email"]', 'channels = ["sms", "email"]')
    fact = refused(text)
    assert (fact.channel, fact.channel_reason) == (
        "email",
        "the step names it; not sms",
    )


def test_the_preferred_channel_goes_first_where_the_step_allows_it():
    text = LATE
    story = Story()
    story.tell(PreferenceStated(on_channel="sms"), at(-1))
    story.tell(order(), at(0))
    (fact,) = decided(story, text)
    assert (fact.channel, fact.channel_reason) == ("sms", "the customer asked for it")


def test_messaging_without_a_word_of_the_customer_within_a_day_needs_an_approved_template():
    text = LATE.replace('["email", "sms"]', '["messaging"]')
    for heard, verdict in ((at(days=1), "decided"), (at(days=1, micros=-1), "suppressed")):
        story = Story()
        story.tell(order(), at(0))
        story.tell(asks(channel="messaging"), heard)
        mine = [f for f in decided(story, text, at(days=2, micros=1)) if f.trigger == "late"]
        assert [f.verdict for f in mine] == [verdict]


def test_a_dry_run_decides_and_says_so_and_counts_for_nothing():
    text = OFFER.replace('again = "again"', 'again = "again"\ndry_run = true')
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0))
    story.tell(PaymentFailed(), at(1))
    assert [(f.verdict, f.is_dry) for f in decided(story, text)] == [("decided", True)] * 2


def test_a_paused_trigger_decides_nothing():
    assert decided_after_pause("paused = true") == []
    assert len(decided_after_pause("paused = false")) == 1


def decided_after_pause(line: str) -> list[OutreachDecided]:
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0))
    return decided(story, OFFER.replace('again = "again"', f'again = "again"\n{line}'))


def test_alerts_and_actions_ask_no_guardrail():
    text = """
    [triggers.churn]
    action = "open_action"
    start = { events = ["subscription-started"], date = "ends_at", before = "14 d" }
    steps = [{ text = "Call before renewal", team = "success" }]
    """
    story = Story()
    story.tell(SubscriptionStarted(plan="pro", ends_at=at(days=30)), at(0))
    (fact,) = decided(story, text)
    assert (fact.decided_at, fact.action, fact.reason) == (
        at(days=16),
        "open_action",
        "Call before renewal",
    )
    assert fact.guardrails == []
