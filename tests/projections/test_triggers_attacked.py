"""Given what an attacker tried, then nothing is sent twice, against a word, or by an old review."""

from __future__ import annotations

import json

import pytest

from projections.configuration import document
from projections.fold import Out, fold_decision, run_decisions
from projections.outreach.guardrails import is_held_out
from projections.outreach.matters import facts_of
from projections.rulebook import History, Rulebook
from schemas.errors import ConfigurationError
from schemas.events import (
    ConfigurationPublished,
    OutreachDecided,
    OutreachSent,
    PaymentFailed,
    PreferenceStated,
    TraitsStated,
    Unsubscribed,
)
from tests.projections.story import ANN, Story, acts, asks, at, csat, page, prefers, resolved
from tests.projections.test_triggers import (
    AGREED,
    FOREVER,
    LATE,
    OFFER,
    decided,
    order,
    refused,
    rules,
)


def test_who_unsubscribes_on_a_page_gets_no_more_anywhere():
    said = Unsubscribed(channel="web", purpose="marketing")
    assert "withdrawn" in refused(OFFER, before=[(said, at(-0.5))]).reason


def test_what_another_system_tells_of_an_own_message_counts_once():
    more = "marketing_per_day = 2\nmarketing_per_week = 9\n"
    story = Story()
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0))
    own = OutreachSent(purpose="marketing", system="mailer", campaign="offer", channel="email")
    story.tell(own, at(0.1))
    story.tell(PaymentFailed(), at(0.2))
    assert [f.verdict for f in decided(story, OFFER, more=more)] == ["decided"] * 2
    story.tell(PaymentFailed(), at(0.3))
    assert [f.verdict for f in decided(story, OFFER, more=more)][2] == "suppressed"


def test_what_was_stated_longer_ago_and_told_later_moves_nobody():
    """Today's zone, trait and score stand, whatever an old file says of last year."""
    story = Story()
    story.tell(AGREED, at(-2))
    story.tell(PreferenceStated(timezone="America/New_York"), at(-1))  # 17:13 there
    story.tell(TraitsStated(facts={"tier": "gold"}), at(-1))
    for old in (PreferenceStated(timezone="Asia/Tokyo"), TraitsStated(facts={"tier": "basic"})):
        story.tell(old, at(days=-300), recorded=at(-0.5), imported=True)  # 07:13 in Tokyo
    story.tell(PaymentFailed(), at(0))
    text = OFFER.replace(
        'again = "again"', 'again = "again"\nwhen = { fact = "trait", name = "tier", is = "gold" }'
    ).replace("Come back", "{{ traits.tier }}")
    (fact,) = decided(story, text)
    assert (fact.verdict, fact.facts) == ("decided", {"traits.tier": "gold"})
    assert "America/New_York" in fact.grounds[-1]


@pytest.mark.parametrize(
    ("rule", "new", "old"),
    [
        ('fact = "score", name = "csat", at_least = 0.9', csat(5), csat(1)),
        ('fact = "days_since_last_touch", at_most = 1', page(), page()),
        ('fact = "days_since_last_order", at_most = 1', order(), order()),
        (
            'fact = "timezone", is = "America/New_York"',
            prefers(timezone="America/New_York"),
            prefers(timezone="Asia/Tokyo"),
        ),
    ],
)
def test_a_condition_holds_what_happened_last_not_what_was_told_last(rule, new, old):
    story = Story()
    story.tell(AGREED, at(-2))
    story.tell(new, at(-1))
    story.tell(old, at(days=-300), recorded=at(-0.5), imported=True)
    story.tell(PaymentFailed(), at(0))
    text = OFFER.replace('again = "again"', f'again = "again"\nwhen = {{ {rule} }}')
    assert [fact.verdict for fact in decided(story, text)] == ["decided"]


def test_the_first_touch_is_the_first_however_late_it_is_told():
    story = Story()
    story.tell(AGREED, at(-2))
    story.tell(page(), at(days=-300), recorded=at(-1), imported=True)
    story.tell(PaymentFailed(), at(0))
    asked = '{ fact = "days_since_first_touch", at_least = 299 }'
    text = OFFER.replace('again = "again"', f'again = "again"\nwhen = {asked}')
    assert [fact.verdict for fact in decided(story, text)] == ["decided"]


def test_a_withdrawal_counts_against_a_consent_whose_clock_was_ahead():
    """A form tells hours of another zone: what was agreed to 'tonight' is taken back at once."""
    story = Story()
    story.tell(AGREED, at(9), recorded=at(-1))
    story.tell(Unsubscribed(channel="email"), at(-0.5))
    story.tell(PaymentFailed(), at(0))
    (fact,) = decided(story, OFFER)
    assert fact.reason.startswith("consent: email: withdrawn at ")


def test_a_resolution_counts_against_a_question_whose_clock_was_ahead():
    story = Story()
    story.tell(AGREED, at(-3))
    story.tell(asks(), at(9), recorded=at(-2))
    story.tell(resolved(), at(-1))
    story.tell(PaymentFailed(), at(0))
    assert [fact.verdict for fact in decided(story, OFFER)] == ["decided"]


def test_a_review_day_at_the_end_of_time_is_one_like_others():
    text = OFFER.replace('again = "again"', 'again = "again"\nreviewed_on = 9999-12-31')
    assert refused(text).verdict == "decided"


def test_the_review_that_counts_is_the_newest():
    fact = in_turn(OFFER.replace('again = "again"', 'again = "again"\nreviewed_on = 2023-01-01'))
    assert fact.reason.startswith("review: ")
    text = OFFER.replace('again = "again"', 'again = "again"\nreviewed_on = 2023-01-01')
    now = OFFER.replace('again = "again"', 'again = "again"\nreviewed_on = 2023-11-01')
    assert in_turn(text, now).verdict == "decided"


def test_a_dry_run_that_is_published_in_a_wait_holds_for_it():
    dry = OFFER.replace('again = "again"', 'again = "again"\ndry_run = true')
    assert [in_turn(OFFER).is_dry, in_turn(OFFER, dry).is_dry, in_turn(dry).is_dry] == [
        False,
        True,
        True,
    ]


def in_turn(first: str, second: str = "") -> OutreachDecided:
    """What became of an offer that waits an hour, with another configuration in between."""
    story, history, out = Story(), History(), Out([], [])
    texts = [each.replace('channels = ["email"]', 'channels = ["email"], after = "1 h"')
             for each in (first, second or first)]  # fmt: skip
    documents = [document(rules(each)) for each in texts]
    history.publish(story.tell(ConfigurationPublished(number=1, document=documents[0]), at(-2)))
    agreed, failed = story.tell(AGREED, at(-1)), story.tell(PaymentFailed(), at(0))
    history.publish(story.tell(ConfigurationPublished(number=2, document=documents[1]), at(0.5)))
    book = Rulebook(documents[1])
    state = book.initial()
    for event in (agreed, failed):
        fold_decision(book, history, state, event, ANN, out)
    run_decisions(book, history, state, FOREVER, ANN, out)
    (act,) = out.acts
    return act.fact


def test_the_holdout_keeps_whom_it_drew_first():
    text = OFFER.replace('again = "again"', 'again = "again"\nholdout = 0.5')
    people = [bytes([n]) * 16 for n in range(99)]
    who = next(each for each in people if is_held_out("1", "offer", each, 0.5))
    free = next(each for each in people if not is_held_out("1", "offer", each, 0.5))
    story = Story(customer=who)
    story.tell(AGREED, at(-1))
    story.tell(PaymentFailed(), at(0))
    later = Story(customer=free, partition=8)
    later.tell(PaymentFailed(), at(days=2))
    facts = [act.fact for act in acts([*story.events, *later.events], FOREVER, rules(text))]
    assert [fact.group for fact in facts] == ["holdout", "holdout"]


def test_money_is_spelled_as_it_was_told():
    for micros, told in ((12_500_000, "12.50"), (1_005_000, "1.005"), (-3_000_000, "-3.00")):
        assert facts_of(order(amount_micros=micros), ["amount"]) == {"amount": told}


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("{{ amount }} {{", "{{ amount } {{", "which is no fact"),
        ("[triggers.late]", "[triggers.unanswered]", "the engine's own trigger"),
    ],
)
def test_what_cannot_be_meant_is_refused(old, new, wrong):
    with pytest.raises(ConfigurationError, match=wrong):
        rules(LATE.replace(old, new, 1))


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "\u202eback", "x" * 65])
def test_a_trigger_has_a_name_that_can_be_said(name):
    """Of an empty one 'trigger=' finds all, and a pause tells nothing."""
    with pytest.raises(ConfigurationError, match="is no name: write a short one on one line"):
        rules(OFFER.replace("[triggers.offer]", f"[triggers.{json.dumps(name)}]"))
    assert rules(OFFER.replace("[triggers.offer]", '[triggers."Wieder da 再来"]')).triggers
