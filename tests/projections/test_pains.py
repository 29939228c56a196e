"""Given what happened, then what the customer suffered from: each kind, and what just misses it."""

from datetime import date
from typing import Any

import pytest

from projections.configuration import Configuration, document
from projections.configuration.channels import ChannelRules
from projections.configuration.pains import (
    OverContacted,
    PainRules,
    SlowResponse,
    Unanswered,
)
from projections.fold import refold_meaning
from projections.pains.kinds import KINDS, Kind
from projections.rulebook import Rulebook
from schemas.events import (
    BotGaveUp,
    CallAbandoned,
    CallAnswered,
    CallQueued,
    CheckoutStarted,
    InformationGiven,
    InformationRequested,
    InvitationDismissed,
    Mentioned,
    OutreachSent,
    PersonRequested,
    PreferenceStated,
    Refunded,
    RefundRequested,
    ReviewPosted,
    Searched,
    SurveyAnswered,
)
from schemas.times import DAY, HOUR, SECOND, parse_rfc3339
from tests.projections.story import (
    ANN,
    RULES,
    asks,
    at,
    bot,
    call,
    csat,
    delivered,
    event_id,
    handed_off,
    moved,
    order,
    order_cancelled,
    page,
    reopened,
    replies,
    resolved,
    rows,
    told,
    unpaid,
)

OTHER, THIRD = b"other".ljust(16, b"."), b"third".ljust(16, b".")
KEY, KEY_2 = b"key".ljust(16, b"."), b"key 2".ljust(16, b".")
PRINT = b"fingerprint".ljust(16, b".")
TICK = 1  # microsecond
LATER = at(days=400)


def found(*facts: Any, until: int = LATER, rules: Rulebook = RULES) -> list[dict[str, Any]]:
    return rows(told(*facts), "pains", until, rules)


def kinds(*facts: Any, until: int = LATER, rules: Rulebook = RULES) -> list[str]:
    return [row["kind"] for row in found(*facts, until=until, rules=rules)]


def of(kind: str, *facts: Any, until: int = LATER, rules: Rulebook = RULES) -> list[dict[str, Any]]:
    return [row for row in found(*facts, until=until, rules=rules) if row["kind"] == kind]


def by(**settings: Any) -> Rulebook:
    return Rulebook(document(Configuration(pains=PainRules(**settings))))


# --- answers ----------------------------------------------------------------------------------


def test_a_turn_is_unanswered_once_its_expectation_has_passed():
    (row,) = found((asks(), at(0)), until=at(minutes=2, micros=1))
    assert row["kind"] == "unanswered"
    assert row["began_at"] == at(minutes=2)
    assert row["causes"] == [event_id(1).hex()]
    assert (row["ended_at"], row["severity"], row["stage"]) == (None, 3, "awareness")
    assert not found((asks(), at(0)), until=at(minutes=2))


def test_an_answer_at_the_last_moment_is_in_time():
    assert not found((asks(), at(0)), (replies(), at(minutes=2)))


def test_a_late_answer_makes_of_it_a_slow_response_counted_once():
    (row,) = found((asks(), at(0)), (replies(), at(minutes=2, micros=1)))
    assert (row["kind"], row["began_at"]) == ("slow_response", at(minutes=2))
    assert (row["ended_by"], row["ended_at"]) == ("answered", at(minutes=2, micros=1))
    assert row["ended_event_id"] == event_id(2).hex()
    assert row["agent"] == "kim"


@pytest.mark.parametrize(("minutes", "severity"), [(3, 1), (4, 2), (8, 3), (16, 4), (999, 4)])
def test_the_longer_beyond_the_expectation_the_worse(minutes, severity):
    (row,) = of("slow_response", (asks(), at(0)), (replies(), at(minutes=minutes)))
    assert row["severity"] == severity


def test_a_resolution_ends_it_without_an_answer():
    (row,) = found((asks(), at(0)), (resolved(), at(1)))
    assert (row["kind"], row["ended_by"], row["ended_at"]) == ("unanswered", "resolved", at(1))


def test_a_kind_that_is_not_looked_for_is_not_found():
    story = (asks(), at(0)), (replies(), at(1))
    without = by(slow_response=SlowResponse(enabled=False))
    (row,) = found(*story, rules=without)
    assert (row["kind"], row["ended_by"]) == ("unanswered", "answered")
    (row,) = found(*story, rules=by(unanswered=Unanswered(enabled=False)))
    assert (row["kind"], row["began_at"]) == ("slow_response", at(minutes=2))


# --- again ------------------------------------------------------------------------------------

BILL: dict[str, Any] = {"topic": "bill"}
SETTLED = ((asks(**BILL), at(0)), (replies(), at(minutes=1)), (resolved(), at(1)))


def test_the_same_topic_again_within_seven_days_of_the_resolution():
    again = asks(OTHER, **BILL), at(1, days=7)
    (row,) = of("repeat_contact", *SETTLED, again)
    assert (row["conversation_id"], row["topic"]) == (OTHER.hex(), "bill")
    assert (row["is_assumed"], row["extra_contacts"]) == (False, 1)
    assert not of("repeat_contact", *SETTLED, (again[0], at(1, days=7, micros=1)))


def test_another_topic_is_no_repeat_and_an_unknown_one_is_assumed_to_be():
    assert not of("repeat_contact", *SETTLED, (asks(OTHER, topic="delivery"), at(2)))
    (row,) = of("repeat_contact", *SETTLED, (asks(OTHER), at(2)))
    assert row["is_assumed"]


def test_a_topic_is_the_first_tag_where_none_is_told():
    assert of("repeat_contact", *SETTLED, (asks(OTHER, tags=["bill", "angry"]), at(2)))
    assert not of("repeat_contact", *SETTLED, (asks(OTHER, tags=["angry", "bill"]), at(2)))


def test_opening_the_old_conversation_again_is_a_repeat_but_not_by_the_desk():
    (row,) = of("repeat_contact", *SETTLED, (asks(), at(3)), (replies(), at(3)))
    assert row["conversation_id"] == (b"talk".ljust(16, b".")).hex()
    assert (row["ended_by"], row["ended_at"]) == ("resolved", at(3 + 72))
    assert not of("repeat_contact", *SETTLED, (reopened(), at(3)))


def test_a_desk_may_open_it_at_the_instant_at_which_the_customer_writes():
    (row,) = of("repeat_contact", *SETTLED, (reopened(), at(3)), (asks(), at(3)), (asks(), at(3)))
    assert (row["began_at"], row["is_assumed"]) == (at(3), False)
    assert row["causes"] == [event_id(5).hex()]
    thanks = asks(intent="thanks"), at(3)
    assert not of("repeat_contact", *SETTLED, (reopened(), at(3)), thanks)


@pytest.mark.parametrize("brand", ["", "acme"])
def test_an_unknown_brand_is_assumed_to_be_the_same(brand):
    asked = asks(brand="acme" if not brand else "", **BILL)
    settled = (asked, at(0)), (replies(), at(minutes=1)), (resolved(), at(1))
    (row,) = of("repeat_contact", *settled, (asks(OTHER, brand=brand, **BILL), at(2)))
    assert row["is_assumed"]
    (row,) = of("repeat_contact", *settled, (asks(brand=brand, **BILL), at(2)))
    assert (row["brand"], row["is_assumed"]) == ("acme", False)  # in the same conversation
    other = asks(OTHER, brand="other", **BILL), at(2)
    assert len(of("repeat_contact", *settled, other)) == (brand == "acme")


def test_thanks_are_no_repeat():
    thanks = asks(OTHER, intent="thanks", **BILL), at(30)
    assert not of("repeat_contact", *SETTLED, thanks)
    assert not of("repeat_contact", *SETTLED, (asks(intent="thanks"), at(30)))


def test_each_resolution_is_followed_by_one_repeat_at_most():
    story = (*SETTLED, (asks(OTHER, **BILL), at(2)), (asks(THIRD, **BILL), at(3)))
    assert len(of("repeat_contact", *story)) == 1


def test_an_implied_resolution_counts_too():
    story = (asks(**BILL), at(0)), (replies(), at(minutes=1))
    assert of("repeat_contact", *story, (asks(OTHER, **BILL), at(100)))
    assert not of("repeat_contact", *story, (asks(OTHER, **BILL), at(50)))


def test_asked_again_after_a_hand_off_for_what_was_given_before():
    gave, asked = InformationGiven, InformationRequested
    about: dict[str, Any] = {"about": "order_number", "conversation": b"talk".ljust(16, b".")}
    story = (asks(), at(0)), (gave(**about), at(0)), (replies("kim"), at(minutes=1))
    assert not of("repeated_self", *story, (asked(**about), at(minutes=2)))
    handed = (*story, (handed_off("lee"), at(minutes=2)))
    (row,) = of("repeated_self", *handed, (asked(**about), at(minutes=3)))
    assert row["agent"] == "lee"
    other = about | {"about": "address"}
    assert not of("repeated_self", *handed, (asked(**other), at(minutes=3)))
    after = (handed_off("lee"), at(0)), (asks(), at(0)), (gave(**about), at(minutes=1))
    assert not of("repeated_self", *after, (asked(**about), at(minutes=3)))


def test_a_new_agents_message_may_ask_again_for_what_a_message_gave():
    story = (asks(gave=["order_number"]), at(0)), (replies("kim"), at(minutes=1))
    asking: dict[str, Any] = {"asked_for": ["order_number"]}
    assert not of("repeated_self", *story, (replies("kim", **asking), at(minutes=2)))
    twice = (replies("lee", **asking), at(minutes=2)), (replies("lee", **asking), at(minutes=3))
    assert len(of("repeated_self", *story, *twice)) == 1


def test_what_is_open_on_one_channel_is_brought_up_on_another_within_48_hours():
    first = asks(channel="email", **BILL), at(0)
    (row,) = of("channel_hop", first, (asks(OTHER, channel="chat", **BILL), at(48)))
    assert (row["channel"], row["extra_contacts"], row["is_assumed"]) == ("chat", 1, False)
    late = asks(OTHER, channel="chat", **BILL), at(48, micros=1)
    assert not of("channel_hop", first, late)
    assert not of("channel_hop", first, (asks(OTHER, channel="email", **BILL), at(1)))
    assert not of("channel_hop", first, (asks(OTHER, channel="chat", topic="x"), at(1)))
    (row,) = of("channel_hop", first, (asks(OTHER, channel="chat"), at(1)))
    assert row["is_assumed"]


def test_a_move_in_the_same_conversation_counts_unless_it_was_invited_or_all_is_well():
    first, there = (asks(channel="email"), at(0)), (asks(channel="chat"), at(47))
    assert of("channel_hop", first, there)
    invited = moved("chat", channel="email", invited=True), at(1)
    assert not of("channel_hop", first, invited, there)
    settled = (replies(channel="email"), at(1)), (resolved(channel="email"), at(2))
    assert not of("channel_hop", first, *settled, there)


# --- no person --------------------------------------------------------------------------------

TALKS: dict[str, Any] = {"conversation": b"talk".ljust(16, b"."), "channel": "chat"}


def test_a_bot_that_gives_up_is_a_dead_end_until_a_person_takes_over():
    story = (asks(), at(0)), (BotGaveUp(**TALKS), at(minutes=1))
    (row,) = of("bot_dead_end", *story, (replies(), at(1)))
    assert (row["began_at"], row["ended_at"], row["severity"]) == (at(minutes=1), at(1), 3)


def test_asking_for_a_person_twice_is_a_dead_end():
    wants = PersonRequested(direction="inbound", **TALKS)
    one = (asks(asks_person=True), at(0)), (bot(), at(minutes=1))
    assert not of("bot_dead_end", *one)
    (row,) = of("bot_dead_end", *one, (wants, at(minutes=2)))
    assert row["causes"] == [event_id(1).hex(), event_id(3).hex()]
    elsewhere = PersonRequested(direction="inbound", conversation=OTHER, channel="chat")
    assert not of("bot_dead_end", *one, (elsewhere, at(minutes=2)))


def test_one_request_told_twice_is_one():
    wants = PersonRequested(direction="inbound", **TALKS)
    assert not of("bot_dead_end", (asks(asks_person=True), at(0)), (wants, at(0)))


def test_a_persons_word_ends_the_counting():
    wants = PersonRequested(direction="inbound", **TALKS)
    story = (asks(), at(0)), (wants, at(0)), (replies(), at(minutes=1)), (wants, at(minutes=3))
    assert not of("bot_dead_end", *story)


def test_the_same_text_by_agents_twice_in_one_conversation():
    form: dict[str, Any] = {"fingerprint": PRINT}
    story = (asks(), at(0)), (replies("kim", **form), at(minutes=1))
    assert not of("scripted_reply", *story, (bot(**form), at(minutes=2)))
    assert not of("scripted_reply", *story, (replies(fingerprint=KEY), at(minutes=2)))
    elsewhere = replies(conversation=OTHER, **form), at(minutes=2)
    assert not of("scripted_reply", *story, elsewhere)
    thrice = [(replies("lee", **form), at(minutes=n)) for n in (2, 3, 4)]
    (row,) = of("scripted_reply", *story, *thrice)
    assert row["causes"] == [event_id(2).hex(), event_id(3).hex()]


# --- calls ------------------------------------------------------------------------------------


def test_a_long_queue_begins_when_the_expectation_passes():
    queued = call(CallQueued), at(0)
    assert not found(queued, (call(CallAnswered, waited_s=180), at(minutes=3)))
    (row,) = found(queued, (call(CallAnswered, waited_s=360), at(minutes=6)))
    assert (row["kind"], row["began_at"], row["ended_at"]) == (
        "long_queue",
        at(minutes=3),
        at(minutes=6),
    )
    assert (row["severity"], row["ended_by"]) == (2, "answered")


def test_hanging_up_in_the_queue():
    queued = call(CallQueued), at(0)
    assert kinds(queued, (call(CallAbandoned), at(minutes=3))) == ["abandoned_call"]
    both = kinds(queued, (call(CallAbandoned), at(minutes=4)))
    assert both == ["long_queue", "abandoned_call"]


# --- scores -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("survey", "score", "low", "high", "severity"),
    [
        ("csat", 1, 1, 5, 4),
        ("csat", 2, 1, 5, 3),
        ("csat", 3, 1, 5, 0),
        ("csat", 4, 1, 10, 2),
        ("csat", 5, 1, 10, 0),
        ("csat", 4, 0, 10, 2),
        ("nps", 6, 0, 10, 2),
        ("nps", 7, 0, 10, 0),
        ("nps", 0, 0, 10, 4),
        ("NPS", 3, 0, 10, 3),
        ("of one's own", 0, 0, 10, 0),
    ],
)
def test_low_scores(survey, score, low, high, severity):
    fact = csat(score, low, high, survey=survey)
    assert [row["severity"] for row in of("low_score", (fact, at(0)))] == [severity][: severity > 0]


def test_stars():
    assert of("low_score", (ReviewPosted(stars=2), at(0)))
    assert not of("low_score", (ReviewPosted(stars=2.5), at(0)))


@pytest.mark.parametrize(
    ("score", "low", "high", "up", "is_hit"),
    [
        (3, 1, 7, True, True),
        (4, 1, 7, True, False),
        (5, 1, 7, False, True),
        (4, 1, 7, False, False),
    ],
)
def test_effort_by_ces_whatever_its_direction(score, low, high, up, is_hit):
    fact = SurveyAnswered(
        survey="ces", score=score, scale_min=low, scale_max=high, higher_is_better=up
    )
    assert bool(of("high_effort", (fact, at(0)))) == is_hit


def contacts(number):
    story = []
    for n in range(number):
        story += [(asks(), at(n * 30)), (replies(), at(n * 30, minutes=1))]
    return [*story, (resolved(), at(number * 30))]


def test_effort_by_contacts_to_one_resolution():
    assert not of("high_effort", *contacts(3))
    (row,) = of("high_effort", *contacts(4))
    assert row["extra_contacts"] == 3


@pytest.mark.parametrize(
    ("sentiment", "severity"), [(-0.5, 0), (-0.51, 2), (-0.7, 3), (-0.9, 4), (0.5, 0)]
)
def test_a_text_of_the_customer_below_the_limit(sentiment, severity):
    rated = {"is_rated": True, "sentiment": sentiment}
    for fact in (asks(**rated), Mentioned(direction="inbound", **rated)):
        found_ = of("negative_sentiment", (fact, at(0)))
        assert [row["severity"] for row in found_] == [severity][: severity > 0]
    assert not of("negative_sentiment", (replies(**rated), at(0)))


def test_a_text_that_was_not_rated_has_no_sentiment():
    assert not of("negative_sentiment", (asks(sentiment=-1.0), at(0)))


# --- commerce ---------------------------------------------------------------------------------

WEB: dict[str, Any] = {"channel": "web", "direction": "inbound"}


def test_a_checkout_without_an_order_within_an_hour_is_abandoned():
    started = CheckoutStarted(order_key=KEY, **WEB), at(0)
    assert not found(started, (order(order_key=KEY), at(1)))
    (row,) = found(started, (order(order_key=KEY), at(1, micros=1)))
    assert (row["kind"], row["began_at"], row["ended_by"]) == (
        "checkout_abandoned",
        at(1),
        "ordered",
    )
    (row,) = found(started, (order(order_key=KEY_2), at(minutes=10)))
    assert row["ended_at"] is None


def test_each_start_of_a_checkout_begins_the_hour_anew():
    started = CheckoutStarted(order_key=KEY, **WEB)
    (row,) = found((started, at(0)), (started, at(0.9)))
    assert row["began_at"] == at(1.9)
    two = found((started, at(0)), (started, at(5)), (order(order_key=KEY), at(9)))
    assert [(row["began_at"], row["ended_at"]) for row in two] == [(at(1), at(9)), (at(6), at(9))]


def test_without_an_order_number_any_order_of_the_brand_will_do():
    started = CheckoutStarted(**WEB), at(0)
    assert not found(started, (order(order_key=KEY), at(1)))
    assert found(started, (order(brand="other"), at(1)))
    (row,) = found(started, (order(), at(2)))
    assert (row["ended_by"], row["is_assumed"]) == ("ordered", True)


def test_failed_payments_of_one_order_are_one_pain_that_gets_worse():
    failed = unpaid(order_key=KEY)
    (row,) = found((failed, at(0)), (failed, at(1)), (failed, at(2)), (order(order_key=KEY), at(3)))
    assert (row["severity"], len(row["causes"]), row["ended_at"]) == (4, 3, at(3))
    assert len(found((failed, at(0)), (unpaid(order_key=KEY_2), at(1)))) == 2
    (row,) = found((failed, at(0)), (order_cancelled(order_key=KEY), at(3)))
    assert row["ended_by"] == "cancelled"


def test_a_search_that_found_nothing():
    assert kinds((Searched(results=0, **WEB), at(0))) == ["search_no_result"]
    assert not found((Searched(results=1, **WEB), at(0)))
    assert not found((Searched(**WEB), at(0)))


def test_a_delivery_is_late_once_the_promised_time_has_passed():
    ordered = order(order_key=KEY, promised_at=at(days=2)), at(0)
    assert not found(ordered, (delivered(order_key=KEY), at(days=2)))
    (row,) = found(ordered, (delivered(order_key=KEY), at(days=2, micros=1)))
    assert (row["kind"], row["began_at"], row["severity"]) == ("delivery_late", at(days=2), 2)
    (row,) = found(ordered, (delivered(order_key=KEY), at(days=9)))
    assert (row["severity"], row["ended_by"]) == (4, "delivered")
    (row,) = found(ordered, (delivered(order_key=KEY_2), at(days=1)))
    assert row["ended_at"] is None
    assert not found(ordered, (order_cancelled(order_key=KEY), at(days=1)))


def test_a_promise_that_lies_in_the_past_is_broken_at_once():
    (row,) = found((page(), at(0)), (order(promised_at=at(-5)), at(1)))
    assert (row["began_at"], row["stage"]) == (at(1), "awareness")


def test_of_two_orders_without_a_number_the_older_one_is_delivered():
    two = (order(promised_at=at(days=2)), at(0)), (order(promised_at=at(days=1)), at(1))
    (row,) = found(*two, (delivered(), at(2)))
    assert row["causes"] == [event_id(2).hex()]


def test_a_refund_that_is_not_there_after_seven_days():
    asked = RefundRequested(order_key=KEY, **WEB), at(0)
    paid = Refunded(order_key=KEY, channel="web", amount_micros=5_000_000)
    assert not found(asked, (paid, at(days=7)))
    (row,) = found(
        asked, (RefundRequested(order_key=KEY), at(days=3)), (paid, at(days=7, micros=1))
    )
    assert (row["kind"], row["began_at"], row["severity"]) == ("refund_wait", at(days=7), 3)
    assert (row["ended_by"], row["refunds"]) == ("refunded", 0)
    (row,) = found(asked, (paid, at(days=14)))
    assert row["severity"] == 4


# --- too much ---------------------------------------------------------------------------------

MONDAY = parse_rfc3339("2024-05-06T00:00:00Z")


def mails(*hours, **more):
    given = {"channel": "email", "direction": "outbound", "purpose": "marketing"} | more
    return [(OutreachSent(**given), MONDAY + round(hour * HOUR)) for hour in hours]


def test_two_marketing_messages_on_one_day_are_too_many():
    assert not found(*mails(0, 24))
    assert kinds(*mails(0, 23.99)) == ["over_contacted"]
    assert len(found(*mails(0, 1, 2, 3))) == 1
    assert not found(*mails(0, 1, 2, purpose="transactional"))


def test_four_in_one_week_are_too_many():
    assert not found(*mails(24, 48, 72, 7 * 24))
    (row,) = found(*mails(24, 48, 72, 6 * 24))
    assert row["began_at"] == MONDAY + 6 * DAY


def test_days_are_those_of_the_customer():
    tokyo = PreferenceStated(timezone="Asia/Tokyo"), MONDAY - HOUR
    assert found(*mails(14, 16))
    assert not found(tokyo, *mails(14, 16))
    assert not found((PreferenceStated(timezone="Mars/Base"), MONDAY - HOUR), *mails(23, 25))


def test_two_surveys_within_thirty_days_are_too_many():
    assert not found(*mails(0, 30 * 24, purpose="survey"))
    assert found(*mails(0, 30 * 24 - 0.001, purpose="survey"))


def test_an_invitation_that_was_dismissed_three_times():
    closed = InvitationDismissed(name="app", channel="web", direction="inbound")
    other = InvitationDismissed(name="news", channel="web", direction="inbound")
    assert not found((closed, at(0)), (closed, at(1)), (other, at(2)))
    (row,) = found((closed, at(0)), (closed, at(1)), (other, at(2)), (closed, at(3)))
    assert row["causes"] == [event_id(n).hex() for n in (1, 2, 4)]


def test_the_caps_are_configuration():
    rules = by(over_contacted=OverContacted(per_day=2, zone="Asia/Tokyo"))
    assert not found(*mails(0, 1), rules=rules)
    assert found(*mails(0, 1, 2), rules=rules)


ENDING = Rulebook(
    document(
        Configuration(
            channels={
                "sms": ChannelRules(announced_at=date(2024, 5, 6), retired_at=date(2024, 6, 1)),
                "chat": ChannelRules(unit_cost=2.5),
            }
        )
    )
)


@pytest.mark.parametrize(
    ("when", "severity"),
    [
        ("2024-05-05T23:59:59Z", 0),
        ("2024-05-06T00:00:00Z", 1),
        ("2024-05-31T23:59:59Z", 1),
        ("2024-06-01T00:00:00Z", 3),
    ],
)
def test_writing_to_a_channel_that_ends(when, severity):
    story = [(asks(channel="sms"), parse_rfc3339(when))]
    story.append((asks(channel="sms"), story[0][1] + TICK))
    until = story[0][1] + SECOND
    found_ = of("retired_channel", *story, until=until, rules=ENDING)
    assert [row["severity"] for row in found_] == [severity][: severity > 0]


# --- what it costs, and who it was ------------------------------------------------------------


def test_contacts_about_the_same_and_refunds_are_its_cost():
    story = [
        (order(order_key=KEY, promised_at=at(days=1)), at(0)),
        (asks(), at(days=2)),
        (asks(OTHER, topic="bill"), at(days=9)),
        (Refunded(order_key=KEY, amount_micros=7_250_000), at(days=31)),
        (Refunded(order_key=KEY, amount_micros=1), at(days=31, micros=1)),
        (Refunded(order_key=KEY_2, amount_micros=1), at(days=3)),
    ]
    (row,) = of("delivery_late", *story, rules=ENDING)
    assert (row["extra_contacts"], row["contacts_cost"]) == (1, 2.5)
    assert (row["refunds"], row["cost"]) == (7.25, 9.75)


def test_a_refund_in_another_currency_is_counted_and_not_added():
    story = [
        (unpaid(order_key=KEY), at(0)),
        (Refunded(order_key=KEY, amount_micros=7_000_000, currency="JPY"), at(1)),
        (Refunded(order_key=KEY, amount_micros=3_000_000, currency="EUR"), at(2)),
    ]
    (row,) = found(*story, rules=by(currency="EUR"))
    assert (row["refunds"], row["refunds_elsewhere"], row["currency"]) == (3.0, 1, "EUR")


@pytest.mark.parametrize(
    ("currencies", "refunds", "elsewhere", "currency"),
    [
        (["JPY", "EUR", "JPY"], 5.0, 1, "JPY"),
        (["", "EUR", ""], 5.0, 1, ""),
        (["EUR", ""], 1.0, 1, "EUR"),
    ],
)
def test_two_currencies_are_not_added_where_none_is_set(currencies, refunds, elsewhere, currency):
    told_back = [
        (Refunded(order_key=KEY, amount_micros=2**n * 1_000_000, currency=each), at(n + 1))
        for n, each in enumerate(currencies)
    ]
    (row,) = found((unpaid(order_key=KEY), at(0)), *told_back)
    assert (row["refunds"], row["refunds_elsewhere"]) == (refunds, elsewhere)
    assert row["currency"] == currency


def test_an_order_that_arrived_before_it_was_placed_is_not_late():
    placed = order(order_key=KEY, promised_at=at(days=2))
    assert not of("delivery_late", (delivered(order_key=KEY), at(0)), (placed, at(1)))
    assert of("delivery_late", (delivered(order_key=KEY_2), at(0)), (placed, at(1)))
    # It arrived once: what is placed again is waited for.
    again = order(order_key=KEY, promised_at=at(days=5)), at(days=3)
    assert len(of("delivery_late", (delivered(order_key=KEY), at(0)), (placed, at(1)), again)) == 1


def test_one_number_at_two_brands_is_two_orders():
    def with_key(make, brand, **more):
        return make(order_key=KEY, brand=brand, **more)

    two = [
        (with_key(order, brand, promised_at=at(days=2)), at(n))
        for n, brand in enumerate(("a", "b"))
    ]
    (row,) = of("delivery_late", *two, (with_key(delivered, "a"), at(days=1)))
    assert (row["brand"], row["ended_at"]) == ("b", None)
    ended = of("delivery_late", *two, (with_key(delivered, "b"), at(days=3)))
    assert {row["brand"]: row["ended_at"] for row in ended} == {"a": None, "b": at(days=3)}
    asked = [(with_key(RefundRequested, brand, **WEB), at(0)) for brand in ("a", "b")]
    assert len(of("refund_wait", *asked)) == 2
    paid = with_key(Refunded, "a", amount_micros=5_000_000), at(days=3)
    late = {row["brand"]: row["refunds"] for row in of("delivery_late", *two, paid)}
    assert late == {"a": 5.0, "b": 0.0}
    # Who tells no brand may mean either.
    assert len(of("delivery_late", *two, (with_key(delivered, ""), at(days=1)))) == 1


def test_however_many_orders_wait_none_is_passed_over():
    keys = [bytes([n]) * 16 for n in range(1, 81)]
    placed = [(order(order_key=k, promised_at=at(days=9)), at(n)) for n, k in enumerate(keys)]
    late = of("delivery_late", *placed)
    assert len(late) == 80
    early = [row for row in late if row["is_assumed"]]
    assert [row["began_at"] for row in early] == [at(n) for n in range(64, 80)]
    assert {row["began_at"] for row in late if not row["is_assumed"]} == {at(days=9)}
    (_, *others) = of("delivery_late", *placed, (delivered(order_key=keys[0]), at(days=1)))
    assert {row["ended_at"] for row in others} == {None}


def test_the_stage_is_where_the_customer_stood_before_the_event_moved_them():
    (row,) = of("low_score", (page(), at(0)), (order(), at(1)), (csat(1), at(2)))
    assert row["stage"] == "purchase"


@pytest.mark.parametrize(
    "first",
    [csat(1), asks(sentiment=-0.9, is_rated=True), call(CallAbandoned, waited_s=999.0)],
    ids=["score", "text", "call"],
)
def test_at_the_very_first_touch_it_is_the_first_stage(first):
    assert {row["stage"] for row in found((first, at(0)))} == {"awareness"}


# --- the table of kinds -----------------------------------------------------------------------


def test_each_kind_is_told_and_has_settings():
    assert set(KINDS) == set(Kind)
    assert len(KINDS) == 19
    settings = {name for name in PainRules.__struct_fields__ if "_within" not in name}
    assert settings - {"currency"} == {str(kind) for kind in Kind}


def test_a_state_stays_small():
    story: list[Any] = [(Searched(results=0, **WEB), at(minutes=n)) for n in range(500)]
    story += [(asks(n.to_bytes(16), channel="email"), at(days=2, minutes=n)) for n in range(250)]
    state, published = refold_meaning(RULES, ANN, told(*story), LATER)
    own = state.pains
    assert len(own.pains) <= 64
    assert len(own.talks) <= 32
    kinds_ = [row[3] for row in published["pains"].values()]
    assert (kinds_.count("search_no_result"), kinds_.count("unanswered")) == (500, 250)
