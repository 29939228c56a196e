"""Given what the log knew, then whom the trigger `unanswered` alerted, when, and why."""

from typing import Any

import msgspec
import pytest

from journey.config.file import parse
from projections.configuration import DEFAULT, Configuration, document
from projections.configuration.conversations import ConversationRules
from projections.fold import Out, fold_decision
from projections.outreach.unanswered import INPUTS_MAX, TALKS_MAX
from projections.projection import act_id
from projections.rulebook import History, Rulebook
from schemas.events import ConfigurationPublished, OutreachDecided
from schemas.times import HOUR, SECOND
from tests.projections.story import (
    ANN,
    TALK,
    Story,
    acts,
    asks,
    assigned,
    at,
    bot,
    event_id,
    in_force,
    page,
    replies,
    resolved,
    told,
)

OTHER = b"other".ljust(16, b".")
EXPECTED = 2  # minutes, on chat
FOREVER = at(days=9_000)


def minutes(n, micros=0):
    return at(minutes=n, micros=micros)


def decided(story, until=FOREVER):
    return [(act.occurred_at, act.fact.cause) for act in acts(story.events, until)]


def test_a_turn_without_an_answer_alerts_the_team_when_its_expectation_has_passed():
    story = Story()
    story.tell(asks(), minutes(0))
    assert decided(story, until=minutes(EXPECTED)) == []
    assert decided(story, until=minutes(EXPECTED, micros=1)) == [(minutes(EXPECTED), event_id(1))]


def test_the_decision_says_what_it_rests_on():
    story = Story(partition=63)
    story.tell(page(), minutes(-9))
    story.tell(asks(brand="b", channel="messaging"), minutes(0))
    story.tell(asks(brand="b", channel="messaging"), minutes(1))
    (act,) = acts(story.events, FOREVER)
    assert act.customer_id == ANN
    assert act.fact == OutreachDecided(
        trigger="unanswered",
        rule_version=1,
        configuration=1,
        action="alert_team",
        verdict="decided",
        cause=event_id(2),
        cause_customer=ANN,
        conversation=TALK,
        channel="messaging",
        brand="b",
        decided_at=minutes(60),
        inputs=["63/1", "63/2"],
        reason="No answer within 1 h on messaging: 2 messages since 2023-11-14T22:13:20Z.",
    )


@pytest.mark.parametrize(
    ("channel", "wait"),
    [
        *(("chat", 2), ("phone", 3), ("messaging", 60), ("social", 60), ("email", 360)),
        *(("review", 1440), ("community", 1440), ("letter", 1440), ("", 1440)),
    ],
)
def test_each_channel_has_its_expectation(channel, wait):
    story = Story()
    story.tell(asks(channel=channel), minutes(0))
    (act,) = acts(story.events, FOREVER)
    assert act.occurred_at == minutes(wait)
    assert f" on {channel or 'an unnamed channel'}: 1 message " in act.fact.reason


# --- one decision a turn ----------------------------------------------------------------------


def test_one_decision_a_turn_however_often_the_customer_writes():
    story = Story()
    for n in (0, 1, 5, 600):
        story.tell(asks(), minutes(n))
    assert decided(story) == [(minutes(EXPECTED), event_id(1))]


def test_the_next_turn_has_its_own():
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(replies(), minutes(10))
    story.tell(asks(), minutes(20))
    assert decided(story) == [(minutes(2), event_id(1)), (minutes(22), event_id(3))]


def test_conversations_have_their_own():
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(asks(OTHER), minutes(1))
    story.tell(replies(), minutes(1))
    assert decided(story) == [(minutes(3), event_id(2))]


def test_two_that_fall_due_together_are_both_decided():
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(asks(OTHER), minutes(0))
    assert {cause for _, cause in decided(story)} == {event_id(1), event_id(2)}


# --- what settles a turn ----------------------------------------------------------------------


@pytest.mark.parametrize("answer", [replies(), bot(resolving=True), resolved()], ids=repr)
def test_an_answer_or_a_resolution_settles_the_turn(answer):
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(answer, minutes(1))
    assert decided(story) == []


@pytest.mark.parametrize("answer", [replies(), bot(resolving=True), resolved()], ids=repr)
def test_an_answer_exactly_at_the_expectation_is_in_time(answer):
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(answer, minutes(EXPECTED))
    assert decided(story) == []


SYSTEM = replies(actor_kind="system", resolving=True)


@pytest.mark.parametrize(
    "answer", [bot(), SYSTEM, assigned("kim"), page(), replies(conversation=OTHER)]
)
def test_what_is_no_answer_settles_nothing(answer):
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(answer, minutes(1))
    assert decided(story) == [(minutes(EXPECTED), event_id(1))]


def test_an_answer_on_another_channel_of_the_conversation_counts():
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(replies(channel="email"), minutes(1))
    assert decided(story) == []


def test_the_expectation_and_the_channel_named_are_those_of_the_turns_first_message():
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(bot(channel="email"), minutes(1))
    (act,) = acts(story.events, FOREVER)
    assert (act.fact.channel, act.occurred_at) == ("chat", minutes(2))
    assert "within 2 min on chat" in act.fact.reason


# --- what the log knew ------------------------------------------------------------------------


def test_an_answer_recorded_after_the_timer_does_not_undo_the_decision():
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(replies(), minutes(1), recorded=minutes(EXPECTED, micros=1))
    assert decided(story) == [(minutes(EXPECTED), event_id(1))]


def test_a_message_recorded_after_its_answer_opens_no_clock():
    story = Story()
    story.tell(replies(), minutes(5))
    story.tell(asks(), minutes(5), recorded=minutes(6))
    story.tell(asks(), minutes(4), recorded=minutes(6))
    assert decided(story) == []


def test_an_answer_that_was_given_before_the_turn_settles_nothing():
    story = Story()
    story.tell(asks(), minutes(5))
    story.tell(replies(), minutes(4), recorded=minutes(6))
    assert decided(story) == [(minutes(7), event_id(1))]


def test_what_was_said_after_an_answer_that_was_recorded_late_is_a_turn_of_its_own():
    story = Story()
    story.tell(asks(channel="messaging"), minutes(0))
    story.tell(asks(channel="messaging"), minutes(20))
    story.tell(replies(), minutes(10), recorded=minutes(30))
    assert decided(story) == [(minutes(80), event_id(2))]
    story.tell(replies(), minutes(79))
    assert decided(story) == []


def test_it_is_so_after_a_decision_as_well():
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(asks(), minutes(20))
    story.tell(replies(), minutes(10), recorded=minutes(30))
    # The second message's own expectation has long passed: due as soon as it is known.
    assert decided(story) == [(minutes(2), event_id(1)), (minutes(30), event_id(2))]


def test_a_message_that_was_decided_is_not_decided_again():
    story = Story()
    story.tell(asks(), minutes(0), imported=True)
    story.tell(asks(), minutes(20))
    story.tell(replies(), minutes(10), recorded=minutes(30))
    assert decided(story) == [(minutes(22), event_id(2))]


def test_a_clock_that_ran_out_before_its_message_was_recorded_is_due_at_once():
    story = Story()
    story.tell(asks(), minutes(0), recorded=minutes(30))
    assert decided(story, until=minutes(30)) == []
    assert decided(story) == [(minutes(30), event_id(1))]
    story.tell(replies(), minutes(29), recorded=minutes(30))
    assert decided(story) == []


def test_imported_history_opens_no_clock():
    story = Story()
    story.tell(asks(), minutes(0), imported=True)
    assert decided(story) == []


def test_an_imported_answer_counts():
    story = Story()
    story.tell(asks(), minutes(0))
    story.tell(replies(), minutes(1), imported=True)
    assert decided(story) == []


def test_what_was_recorded_more_than_24_hours_late_opens_no_clock():
    story = Story()
    story.tell(asks(), at(0), recorded=at(24, micros=1))
    assert decided(story) == []
    story.tell(asks(OTHER), at(1), recorded=at(25))
    assert decided(story) == [(at(25), event_id(2))]


@pytest.mark.parametrize("imported", [True, False])
def test_who_asks_again_after_a_history_without_an_answer_is_not_overlooked(imported):
    story = Story()
    story.tell(asks(), at(days=-400), recorded=minutes(0), imported=imported)
    story.tell(asks(), minutes(10))
    (act,) = acts(story.events, FOREVER)
    assert (act.occurred_at, act.fact.cause) == (minutes(12), event_id(2))
    assert act.fact.inputs == ["7/0", "7/1"]
    assert "2 messages since 2022-10-10" in act.fact.reason


# --- conversations without an id --------------------------------------------------------------


def test_threads_are_told_apart_by_brand_and_channel():
    story = Story()
    story.tell(asks(b""), minutes(0))
    story.tell(replies(conversation=b"", channel="email"), minutes(1))
    story.tell(replies(conversation=b"", brand="b"), minutes(1))
    (act,) = acts(story.events, FOREVER)
    assert act.fact.conversation == event_id(1)


def test_a_thread_ends_with_72_hours_of_silence():
    story = Story()
    for hours in (0, 72, 144 + 1e-9 * 3600):
        story.tell(asks(b""), at(hours))
    assert [act.fact.conversation for act in acts(story.events, FOREVER)] == [
        event_id(1),
        event_id(3),
    ]


def test_a_clock_survives_the_end_of_its_thread():
    rules = Configuration(conversations=ConversationRules(thread_gap=60))
    story = Story()
    story.tell(asks(b"", channel="email"), minutes(0))
    story.tell(asks(b"", channel="email"), minutes(5))
    made = acts(story.events, FOREVER, rules)
    assert [act.fact.cause for act in made] == [event_id(1), event_id(2)]
    story.tell(replies(conversation=b"", channel="email"), minutes(6))
    assert [act.fact.cause for act in acts(story.events, FOREVER, rules)] == [event_id(1)]


def test_a_resolution_neither_begins_nor_keeps_up_a_thread():
    story = Story()
    story.tell(resolved(b""), at(0))
    story.tell(asks(b""), at(1))
    story.tell(resolved(b""), at(72))
    story.tell(asks(b""), at(74))
    assert [act.fact.conversation for act in acts(story.events, FOREVER)] == [
        event_id(2),
        event_id(4),
    ]


# --- bounds -----------------------------------------------------------------------------------


def test_a_long_turn_names_its_first_messages_and_its_last():
    story = Story()
    for n in range(INPUTS_MAX + 5):
        story.tell(asks(channel="email"), minutes(n))
    (act,) = acts(story.events, FOREVER)
    assert act.fact.inputs == [f"7/{n}" for n in range(INPUTS_MAX - 1)] + ["7/24"]
    assert "25 messages" in act.fact.reason


def fold(events):
    book = Rulebook(document(DEFAULT))
    history, state, out = in_force(), book.initial(), Out([], [])
    for event in events:
        fold_decision(book, history, state, event, ANN, out)
    return state.unanswered


def test_a_state_forgets_the_longest_silent_talk_without_a_clock():
    keys = [n.to_bytes(16) for n in range(1, TALKS_MAX + 10)]
    waits = asks(keys[0], channel="review")
    facts: list[Any] = [(waits, minutes(0))]
    facts += [(replies(conversation=key), minutes(n + 1)) for n, key in enumerate(keys[1:])]
    state = fold(told(*facts))
    assert len(state.talks) == TALKS_MAX
    assert keys[0].hex() in state.talks
    assert keys[1].hex() not in state.talks
    assert keys[-1].hex() in state.talks


# --- which decision ---------------------------------------------------------------------------


def test_a_decision_keeps_its_id():
    fact = OutreachDecided(trigger="unanswered", cause=b"c" * 16, cause_customer=b"a" * 16, step=2)
    assert act_id(fact).hex() == "ed8e494fc65f07a2e49e3c9a8e712bb3"
    later = {"rule_version": 9, "configuration": 9, "reason": "x", "decided_at": 1, "inputs": []}
    assert act_id(msgspec.structs.replace(fact, **later)) == act_id(fact)


@pytest.mark.parametrize(
    "other",
    [{"trigger": "x"}, {"cause": b"d" * 16}, {"cause_customer": b"b" * 16}, {"step": 3}],
)
def test_another_cause_is_another_decision(other):
    fact = OutreachDecided(trigger="unanswered", cause=b"c" * 16, cause_customer=b"a" * 16, step=2)
    assert act_id(msgspec.structs.replace(fact, **other)) != act_id(fact)


def test_a_turn_is_decided_by_the_configuration_in_force_when_it_began():
    slow = document(Configuration(conversations=ConversationRules(expectation={"chat": 3600})))
    rules, history, story = Rulebook(document(DEFAULT)), History(), Story()
    story.tell(ConfigurationPublished(number=1, document=document(DEFAULT)), minutes(-9))
    first = story.tell(asks(), minutes(0))
    story.tell(ConfigurationPublished(number=2, document=slow), minutes(1))
    second = story.tell(asks(OTHER), minutes(1))
    for event in story.events:
        if isinstance(event.fact, ConfigurationPublished):
            history.publish(event)
            history.publish(event)  # a repeat changes nothing
    state, out = rules.initial(), Out([], [])
    for event in (first, second):
        fold_decision(rules, history, state, event, ANN, out)
    talks = state.unanswered.talks
    assert [(t.configuration, t.due_at) for t in talks.values()] == [
        (1, minutes(2)),
        (2, minutes(1) + HOUR),
    ]


# --- expectations by more than the channel -----------------------------------------------------


def due(rules, **more):
    [act] = acts(told((asks(**more), at(0))), at(days=30), rules)
    return act.occurred_at


def test_the_most_specific_expectation_counts():
    rules = parse(
        """
        [[conversations.expectations]]
        topic = "money"
        within = "10 min"
        [[conversations.expectations]]
        channel = "chat"
        urgency = "high"
        within = "1 min"
        [[conversations.expectations]]
        channel = "chat"
        persona = "rich"
        within = "1 s"
        """
    ).rules
    assert due(rules) == at(minutes=2)
    assert due(rules, topic="money") == due(rules, tags=["money", "x"]) == at(minutes=10)
    assert due(rules, topic="money", urgency="high") == at(minutes=1)
    assert due(rules, topic="money", urgency="high", channel="email") == at(minutes=10)


def test_an_expectation_may_count_business_hours():
    rules = parse(
        """
        [calendars.night]
        zone = "UTC"
        hours.wed = ["02:14-03:00"]
        [[conversations.expectations]]
        within = "10 min"
        business_hours = true
        """
    ).rules
    # NOON is a Tuesday, 2023-11-14T22:13:20Z.
    assert due(rules) == at(4, minutes=10) + 40 * SECOND


@pytest.mark.parametrize("intent", ["praise", "thanks", "spam"])
def test_who_wants_no_answer_alerts_nobody(intent):
    assert acts(told((asks(intent=intent), at(0))), at(days=30)) == []
    judged = asks(intent=intent, intent_method="rules.1")  # which may be wrong
    assert len(acts(told((judged, at(0))), at(days=30))) == 1
    [act] = acts(told((asks(intent=intent), at(0)), (asks(), at(1))), at(days=30))
    assert act.fact.cause == event_id(2)
