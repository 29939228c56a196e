"""Bad input and hard times: each case of docs/triggers.md, and what the triggers make of it."""

from __future__ import annotations

import pytest

from journey.config.file import parse
from projections.configuration import document
from projections.outreach.state import ENTERED_MAX, RUNS_MAX
from projections.projection import act_id
from projections.rulebook import Rulebook
from replay.customer import Watermarks, replay_kin
from schemas.errors import ConfigurationError
from schemas.events import (
    Absorbed,
    ConsentWithdrawn,
    MergedOut,
    OrderCancelled,
    OutreachDecided,
    PaymentFailed,
    PreferenceStated,
    SurveyAnswered,
    TraitsStated,
)
from schemas.times import HOUR, Instant
from tests.projections.story import Story, asks, at, in_force, page
from tests.projections.test_triggers import (
    AGREED,
    FOREVER,
    LATE,
    OFFER,
    ORDER,
    OTHER,
    decided,
    order,
    rules,
    told,
)

WAITING = OFFER.replace(
    '{ events = ["payment-failed"] }',
    '{ events = ["payment-failed"], after = "1 h", unless = ["order-placed"] }',
)
SERVICE = """
[templates.t]
purpose = "service"
text = { en = "Hello" }

[triggers.t]
start = { events = ["payment-failed"] }
steps = [{ template = "t", channels = ["email"] }]
"""


def reasons(facts: list[OutreachDecided]) -> list[tuple[str, str]]:
    return [(fact.verdict, fact.reason) for fact in facts]


# --- late -------------------------------------------------------------------------------------


def test_what_was_told_late_is_as_old_as_it_is():
    text = SERVICE.replace("steps =", 'stale_after = "1 h"\nsteps =')
    found = []
    for late in (HOUR, HOUR + 1):
        story = Story()
        story.tell(PaymentFailed(), at(0), recorded=at(0) + late)
        found += decided(story, text)
    assert told(found) == [(at(1), "decided"), (at(1, micros=1), "suppressed")]
    assert found[1].reason.startswith("fresh: due since 2023-11-14T22:13:20")


def test_a_wait_counts_from_when_it_happened_however_late_it_was_told():
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0), recorded=at(0, minutes=59))
    assert told(decided(story, WAITING)) == [(at(1), "decided")]


def test_a_start_that_is_told_after_its_exit_begins_nothing():
    # At that time, after it, before it.
    for paid, number in ((at(0), 0), (at(0.5), 0), (at(0, micros=-1), 1)):
        story = Story()
        story.tell(AGREED, at(-1))
        story.tell(order(), paid, recorded=at(0.6))
        story.tell(PaymentFailed(order_key=ORDER), at(0), recorded=at(0.7))
        assert len(decided(story, WAITING)) == number


def test_of_exits_that_are_told_before_the_start_the_last_counts():
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(order(), at(-0.5))
    story.tell(order(), at(0.5))
    story.tell(PaymentFailed(order_key=ORDER), at(0), recorded=at(0.7))
    assert decided(story, WAITING) == []


def test_an_exit_of_before_the_start_ends_nothing_though_told_after_it():
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(order_key=ORDER), at(0))
    story.tell(order(), at(0, micros=-1), recorded=at(0.5))
    assert told(decided(story, WAITING)) == [(at(1), "decided")]


def test_what_starts_it_is_no_exit_of_itself():
    text = SERVICE.replace('"payment-failed"', '"message-received"')
    text = text.replace("steps =", 'exits = ["inbound"]\nsteps =')
    story = Story()
    story.tell(asks(), at(0))
    assert told(decided(story, text)) == [(at(0), "decided")]


def test_a_wait_that_was_over_when_it_was_told_is_over_then():
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0), recorded=at(2))
    assert told(decided(story, WAITING)) == [(at(2), "decided")]


def test_what_calls_a_wait_off_ends_nothing_once_it_is_over_and_an_exit_does():
    two = 'steps = [{ after = "1 h", template = "t" }, { after = "1 d", template = "t" }]'
    text = SERVICE[: SERVICE.index("start =")] + (
        'start = { events = ["payment-failed"], after = "1 h", unless = ["order-placed"] }\n'
        'exits = ["order-cancelled"]\n' + two.replace('"t" }', '"t", channels = ["email"] }')
    )
    story = Story()
    story.tell(PaymentFailed(), at(0))
    story.tell(order(), at(3))
    story.tell(OrderCancelled(), at(4))
    assert told(decided(story, text)) == [(at(2), "decided"), (at(4), "ended")]
    story.events.pop()
    assert told(decided(story, text)) == [(at(2), "decided"), (at(26), "decided")]


def test_a_start_may_ask_what_was_meant_and_given():
    for asked, fits in (
        ('intents = ["complaint", "question"]', True),
        ('intents = ["praise"]', False),
        ('topics = ["delivery"]', True),
        ('topics = ["billing"]', False),
        ('gave = ["phone", "account"]', True),
        ('gave = ["email"]', False),
    ):
        start = f'{{ events = ["message-received"], {asked} }}'
        text = SERVICE.replace('{ events = ["payment-failed"] }', start)
        story = Story()
        story.tell(asks(intent="complaint", topic="delivery", gave=["date", "phone"]), at(0))
        assert bool(decided(story, text)) == fits


def test_that_holds_of_the_same_order_alone_and_of_any_touch():
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(order(order_key=OTHER), at(0.5))
    story.tell(PaymentFailed(order_key=ORDER), at(0), recorded=at(0.7))
    assert len(decided(story, WAITING)) == 1
    text = WAITING.replace('["order-placed"]', '["inbound"]')
    assert len(decided(story, text)) == 1
    story.events.insert(1, Story().tell(page(), at(0.5)))
    assert len(decided(story, text)) == 0


def test_an_older_event_that_is_told_later_does_not_shorten_the_wait():
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0.5))
    story.tell(PaymentFailed(), at(0), recorded=at(0.6))
    assert told(decided(story, WAITING)) == [(at(1.5), "decided")]


def test_imported_history_decides_nothing_and_is_known():
    story = Story()
    for n in range(5):
        story.tell(PaymentFailed(), at(n), imported=True)
    story.tell(AGREED, at(5), imported=True)
    assert decided(story, OFFER) == []
    story.tell(PaymentFailed(), at(5.5))
    held, going = decided(story, OFFER)  # 22:43 in New York
    assert (held.decided_at, held.verdict, going.verdict) == (at(5.5), "held", "decided")


def test_a_source_whose_clock_is_ahead_waits_from_its_own_time():
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(20), recorded=at(0))
    assert told(decided(story, WAITING)) == [(at(21), "decided")]


# --- twice ------------------------------------------------------------------------------------


def test_two_triggers_on_one_cause_each_decide_and_share_one_cap():
    text = OFFER + OFFER[OFFER.index("[triggers.offer]") :].replace("offer]", "second]")
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0))
    first, second = decided(story, text)
    assert (first.trigger, first.verdict) == ("offer", "decided")
    assert (second.trigger, second.verdict) == ("second", "suppressed")
    assert second.reason.startswith("cap: 1 today")
    assert act_id(first) != act_id(second)


def test_once_is_once_though_two_orders_wait():
    text = WAITING.replace('again = "again"', 'again = "once"')
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(order_key=ORDER), at(0))
    story.tell(PaymentFailed(order_key=OTHER), at(0, minutes=1))
    assert told(decided(story, text)) == [(at(1), "decided")]


def test_once_is_once_however_many_matters_were_forgotten():
    text = (
        SERVICE.replace("steps =", 'again = "once"\nsteps =')
        + """
    [triggers.each]
    action = "alert_team"
    start = { events = ["payment-failed"] }
    steps = [{ text = "Look" }]
    """
    )
    story = Story()
    for n in range(ENTERED_MAX + 2):
        story.tell(PaymentFailed(order_key=n.to_bytes(16)), at(n))
    assert [f.decided_at for f in decided(story, text) if f.trigger == "t"] == [at(0)]


def test_the_time_until_it_may_come_again_counts_from_the_last_start():
    text = SERVICE.replace("steps =", 'again = "again"\nagain_after = "1 h"\nsteps =')
    story = Story()
    for when in (at(0), at(1, micros=-1), at(1), at(2)):
        story.tell(PaymentFailed(), when)
    assert told(decided(story, text)) == [(at(n), "decided") for n in (0, 1, 2)]


def test_merged_in_a_wait_there_is_one_message():
    ann, bea = Story(b"a" * 16, 0), Story(b"b" * 16, 1)
    ann.tell(order(), at(0))
    bea.tell(order(), at(1))
    out = ann.tell(MergedOut(into=bea.customer), at(2))
    took = Absorbed(customer=ann.customer, partition=0, last_offset=out.offset)
    bea.tell(took, at(2))
    log, configuration = [*ann.events, *bea.events], rules(LATE)
    book, history = Rulebook(document(configuration)), in_force(configuration)
    found = replay_kin(book, history, log, Watermarks(FOREVER, FOREVER)).acts
    assert [(a.customer_id, a.fact.verdict) for a in found] == [(bea.customer, "decided")]
    alone = [e for e in log if not isinstance(e.fact, MergedOut | Absorbed)]
    assert len(replay_kin(book, history, alone, Watermarks(FOREVER, FOREVER)).acts) == 2


def test_more_than_the_limit_are_not_begun_and_that_is_told():
    story = Story()
    for n in range(RUNS_MAX + 2):
        story.tell(order(order_key=n.to_bytes(16)), at(0, micros=n))
    facts = decided(story, LATE)
    refused = [fact for fact in facts if fact.decided_at < at(1)]
    assert reasons(refused) == [("suppressed", "limit: 64 of this customer are under way")] * 2
    assert len(facts) == RUNS_MAX + 2
    assert len({act_id(fact) for fact in facts}) == RUNS_MAX + 2


# --- held, and in between ---------------------------------------------------------------------

TOKYO = PreferenceStated(timezone="Asia/Tokyo")


def test_consent_withdrawn_between_hold_and_release_is_asked_again():
    story = Story()
    story.tell(AGREED, at(-2))
    story.tell(TOKYO, at(-1))
    story.tell(PaymentFailed(), at(0))  # 07:13 in Tokyo; released at 09:00
    story.tell(ConsentWithdrawn(), at(1))
    held, refused = decided(story, OFFER)
    assert (held.verdict, refused.verdict) == ("held", "suppressed")
    assert refused.reason.startswith("consent: email: withdrawn")


def test_a_low_score_between_hold_and_release_is_asked_about():
    story = Story()
    story.tell(AGREED, at(-2))
    story.tell(TOKYO, at(-1))
    story.tell(PaymentFailed(), at(0))
    story.tell(SurveyAnswered(survey="csat", score=1, scale_min=1, scale_max=5), at(1))
    assert decided(story, OFFER)[1].reason.startswith("open_complaint: ")


def test_what_is_held_longer_than_it_is_fresh_is_dropped():
    text = OFFER.replace('again = "again"', 'again = "again"\nstale_after = "1 h"')
    story = Story()
    story.tell(AGREED, at(-2))
    story.tell(TOKYO, at(-1))
    story.tell(PaymentFailed(), at(0))
    held, dropped = decided(story, text)
    assert (held.verdict, dropped.verdict) == ("held", "suppressed")
    assert dropped.reason.startswith("fresh: ")


def test_what_waits_for_a_fact_is_looked_at_when_that_fact_is_told_and_no_sooner():
    text = SERVICE.replace('"Hello"', '"Hello {{ traits.tier }}"')
    story = Story()
    story.tell(PaymentFailed(), at(0))
    for n in range(5):
        story.tell(TraitsStated(facts={"size": str(n)}), at(1, minutes=n))
    story.tell(TraitsStated(facts={"tier": "gold"}), at(2))
    assert told(decided(story, text)) == [(at(0), "held"), (at(2), "decided")]


def test_a_step_may_wait_longer_than_what_is_due_stays_fresh():
    text = SERVICE.replace(
        "steps = [",
        'stale_after = "1 h"\nsteps = [{ template = "t", channels = ["email"] }, '
        '{ after = "3 d", template = "t", channels = ["email"] }]\n#',
    )
    story = Story()
    story.tell(PaymentFailed(), at(0))
    assert told(decided(story, text)) == [(at(0), "decided"), (at(days=3), "decided")]


def test_a_zone_that_is_none_counts_as_unknown():
    story = Story()
    story.tell(AGREED, at(-2))
    story.tell(PreferenceStated(timezone="Mars/Olympus"), at(-1))
    story.tell(PaymentFailed(), at(0))  # 17:13 in New York, where those of no zone are
    (fact,) = decided(story, OFFER)
    assert fact.grounds[-1] == "nobody sleeps (America/New_York)"


# --- another configuration in a wait ----------------------------------------------------------


def under_two(first: str, second: str) -> list[OutreachDecided]:
    """An order waits under one configuration, and another is published an hour later."""
    from projections.fold import Out, fold_decision, run_decisions
    from projections.rulebook import History
    from schemas.events import ConfigurationPublished

    history, story = History(), Story()

    def publish(number: int, text: str, when: Instant) -> None:
        fact = ConfigurationPublished(number=number, document=document(rules(text)))
        history.publish(story.tell(fact, when))

    publish(1, first, at(-1))
    placed = story.tell(order(), at(0))
    publish(2, second, at(1))
    book = Rulebook(document(rules(second)))
    state, out = book.initial(), Out([], [])
    fold_decision(book, history, state, placed, story.customer, out)
    run_decisions(book, history, state, FOREVER, story.customer, out)
    return [act.fact for act in out.acts]


def test_a_trigger_that_is_paused_or_gone_by_then_is_ended_and_says_so():
    paused = LATE.replace('about = "An', 'paused = true\nabout = "An')
    assert reasons(under_two(LATE, paused)) == [("ended", "the trigger is paused")]
    assert reasons(under_two(LATE, "")) == [("ended", "the trigger is gone")]
    assert [f.verdict for f in under_two(paused, LATE)] == []


def test_the_template_is_that_of_the_start():
    renamed = LATE.replace("templates.late", "templates.other")
    renamed = renamed.replace('template = "late"', 'template = "other"')
    assert [f.template for f in under_two(LATE, renamed)] == ["late"]


# --- what a configuration may not say ---------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "told_"),
    [
        ('{ stage = "usage", after = "1 d", unless = ["inbound"] }', "unless"),
        ('{ events = ["order-placed"], date = "retires_at" }', "date"),
        ('{ events = ["order-placed"], unless = ["inbound"] }', "unless: needs a time to wait"),
        ('{ events = ["order-placed"], stage = "usage" }', "events and stage"),
        ("{ }", "nothing"),
    ],
)
def test_a_start_that_could_not_work_is_refused(start, told_):
    text = SERVICE.replace('{ events = ["payment-failed"] }', start)
    with pytest.raises(ConfigurationError, match=told_):
        parse(text)
