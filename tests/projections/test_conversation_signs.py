"""What conversations tell other projections, and when."""

from typing import Any

import pytest

from projections.projection import NEVER
from projections.signs import (
    ChannelMoved,
    ContactBegan,
    CustomerCame,
    HandedOff,
    QueueLeft,
    TalkReopened,
    TalkResolved,
    TurnAnswered,
    TurnClosed,
    TurnOpened,
    TurnOverdue,
)
from schemas.events import CallAbandoned, CallAnswered, CallEnded, CallQueued
from tests.projections.story import (
    TALK,
    accepted,
    asks,
    assigned,
    at,
    bot,
    call,
    event_id,
    handed_off,
    moved,
    offered,
    page,
    replies,
    resolved,
    signs,
    told,
)


def heard(*facts, until=0):
    return signs(told(*facts), until)


def of(kind, *facts, until=0):
    return [sign for sign in heard(*facts, until=until) if type(sign) is kind]


def test_a_question_and_its_answer():
    began, came, opened, answered = heard(
        (asks(topic="parcel", tags=["blue"]), at(0)),
        (asks(), at(0, minutes=0.5)),
        (replies(team="first"), at(0, minutes=1)),
    )
    about: dict[str, Any] = {"conversation": TALK, "channel": "chat", "topic": "parcel"}
    first: dict[str, Any] = {"at": at(0), "event_id": event_id(1)} | about
    assert began == ContactBegan(**first, number=1)
    assert came == CustomerCame(**first, is_first=True)
    assert opened == TurnOpened(**first, due_at=at(minutes=2))
    assert answered == TurnAnswered(
        **about,
        at=at(minutes=1),
        event_id=event_id(3),
        agent="kim",
        team="first",
        opened_at=at(0),
        opened_by=event_id(1),
        waited_s=60,
        expectation_s=120,
    )


def test_overdue_is_told_once_time_is_past_it_and_before_what_comes_later():
    assert not of(TurnOverdue, (asks(), at(0)), until=at(minutes=2))
    assert not of(TurnOverdue, (asks(), at(0)), (replies(), at(minutes=2)), until=at(9))
    [overdue] = of(TurnOverdue, (asks(), at(0)), until=at(minutes=2, micros=1))
    assert (overdue.at, overdue.event_id) == (at(minutes=2), b"")
    assert (overdue.opened_at, overdue.opened_by) == (at(0), event_id(1))
    kinds = [type(s) for s in heard((asks(), at(0)), (replies(), at(1)))]
    assert kinds == [ContactBegan, CustomerCame, TurnOpened, TurnOverdue, TurnAnswered]


@pytest.mark.parametrize("intent", ["praise", "thanks", "spam"])
def test_who_wants_no_answer_gets_no_expectation(intent):
    facts = [(asks(intent=intent), at(0)), (replies(), at(5))]
    [opened] = of(TurnOpened, *facts)
    [answered] = of(TurnAnswered, *facts)
    assert (opened.due_at, answered.expectation_s) == (NEVER, -1)
    assert not of(TurnOverdue, facts[0], until=at(99))


def test_a_question_after_thanks_is_due_by_its_own_time():
    facts = [(asks(intent="thanks"), at(0)), (asks(intent="question"), at(1))]
    assert len(of(TurnOpened, *facts)) == 1
    [overdue] = of(TurnOverdue, *facts, until=at(2))
    assert (overdue.at, overdue.opened_at) == (at(1, minutes=2), at(0))
    [answered] = of(TurnAnswered, *facts, (replies(), at(1, minutes=1)))
    assert (answered.waited_s, answered.expectation_s) == (3660, 3720)


def test_resolved_closes_the_turn_and_counts_contacts():
    closed, done = heard((asks(), at(0)), (asks(), at(30)), (resolved(), at(31)))[-2:]
    assert isinstance(closed, TurnClosed)
    assert (closed.opened_at, closed.opened_by) == (at(0), event_id(1))
    assert isinstance(done, TalkResolved)
    assert (done.at, done.is_implied, done.contacts) == (at(31), False, 2)


def test_contacts_are_numbered_since_the_last_resolution():
    facts = [(asks(), at(0)), (asks(), at(24)), (asks(), at(48, micros=1)), (resolved(), at(49))]
    facts += [(asks(), at(50)), (resolved(), at(51)), (asks(), at(99))]
    found = of(ContactBegan, *facts)
    assert [(c.at, c.number) for c in found] == [(at(0), 1), (at(48, micros=1), 2), (at(99), 1)]
    assert [r.contacts for r in of(TalkResolved, *facts)] == [2, 1]
    assert [r.at for r in of(TalkReopened, *facts)] == [at(50), at(99)]


THANKS = asks(intent="thanks")
QUEUED = call(CallQueued)
SPOKE, ENDED = asks(channel="phone"), call(CallEnded)
CALLED_BACK = call(CallAnswered, direction="outbound", actor_kind="human")


@pytest.mark.parametrize(
    ("facts", "came"),
    [
        ([(asks(), at(0)), (asks(), at(1)), (asks(), at(30))], [0, 30]),
        ([(THANKS, at(0)), (asks(), at(1)), (asks(), at(2))], [1]),
        ([(THANKS, at(0)), (THANKS, at(30))], []),
        ([(asks(), at(0)), (resolved(), at(1)), (asks(), at(2))], [0]),  # it is one contact
        ([(QUEUED, at(0)), (asks(), at(1))], [0, 1]),
        ([(QUEUED, at(0)), (SPOKE, at(1)), (ENDED, at(2))], [0]),  # it was said in the call
        ([(QUEUED, at(0)), (ENDED, at(1)), (SPOKE, at(2))], [0, 2]),
        ([(asks(), at(0)), (CALLED_BACK, at(1)), (asks(), at(2))], [0]),
        ([(CALLED_BACK, at(0)), (asks(), at(1))], [1]),
    ],
)
def test_a_customer_comes_with_what_wants_an_answer_once_a_contact(facts, came):
    found = of(CustomerCame, *facts)
    assert [sign.at for sign in found] == [at(hours) for hours in came]
    assert [sign.is_first for sign in found] == [n == 0 for n in range(len(came))]


@pytest.mark.parametrize(
    ("facts", "replies_"),
    [
        ([(replies(), at(0)), (asks(), at(24))], [True]),
        ([(replies(), at(0)), (THANKS, at(1)), (asks(), at(2))], [True]),
        ([(replies(), at(0)), (asks(), at(25))], [False]),
        ([(asks(), at(0)), (replies(), at(40)), (asks(), at(41))], [False, False]),
    ],
)
def test_who_answers_what_the_brand_began_did_not_come_by_themselves(facts, replies_):
    assert [sign.is_reply for sign in of(CustomerCame, *facts)] == replies_


def test_a_late_answer_ends_a_contact_too():
    facts = [(asks(), at(0)), (replies(), at(25)), (asks(), at(26))]
    assert [c.at for c in of(ContactBegan, *facts)] == [at(0), at(26)]


def test_silence_resolves_and_thanks_do_not_open_it_again():
    facts = [(asks(), at(0)), (replies(), at(0)), (asks(intent="thanks"), at(1))]
    [done] = of(TalkResolved, *facts, until=at(73))
    assert (done.at, done.is_implied, done.event_id) == (at(72), True, b"")
    assert of(TurnClosed, *facts, until=at(73))[0].opened_at == at(1)
    again = [(asks(), at(0)), (resolved(), at(1)), (asks(intent="thanks"), at(2))]
    assert not of(TalkReopened, *again)


# --- who has it -------------------------------------------------------------------------------


def hands(*facts):
    return [(s.from_agent, s.agent) for s in of(HandedOff, *facts)]


def test_a_person_after_a_bot_and_another_agent_are_hand_offs():
    facts = [(asks(), at(0)), (bot(), at(1)), (replies("kim"), at(2)), (replies("lee"), at(3))]
    assert hands(*facts) == [("robo", "kim"), ("kim", "lee")]


def test_the_first_person_and_a_bots_word_in_between_are_none():
    assert (
        hands((asks(), at(0)), (assigned("kim"), at(1)), (bot(), at(2)), (replies(), at(3))) == []
    )


def test_a_hand_off_to_a_team_is_one_whoever_takes_it():
    facts = [(asks(), at(0)), (replies("kim"), at(1)), (handed_off("", to_team="two"), at(2))]
    assert hands(*facts, (replies("lee"), at(3))) == [("kim", "")]
    assert of(HandedOff, *facts)[0].team == "two"


# --- where it is ------------------------------------------------------------------------------


def ways(*facts):
    return [(s.from_channel, s.channel, s.is_invited) for s in of(ChannelMoved, *facts)]


def test_another_channel_is_a_move_invited_where_the_brand_wrote_first():
    first = (asks(channel="social"), at(0))
    assert ways(first, (asks(channel="messaging"), at(1))) == [("social", "messaging", False)]
    brand = (replies(channel="messaging"), at(1))
    assert ways(first, brand, (asks(channel="messaging"), at(2))) == [("social", "messaging", True)]
    assert ways(first, brand, (asks(channel="social"), at(2))) == []


@pytest.mark.parametrize("invited", [False, True])
def test_a_stated_move_is_told_once(invited):
    facts = [(asks(channel="social"), at(0)), (moved("messaging", invited=invited), at(1))]
    facts.append((asks(channel="messaging"), at(2)))
    assert ways(*facts) == [("social", "messaging", invited)]


def test_a_call_that_goes_on_as_messages_without_an_id():
    facts = [
        (call(CallQueued), at(0)),
        (offered("messaging"), at(minutes=1)),
        (accepted("messaging"), at(minutes=2)),
        (call(CallAbandoned), at(minutes=2)),
        (asks(b"", channel="messaging"), at(minutes=3)),
    ]
    [move] = of(ChannelMoved, *facts)
    assert (move.conversation, move.from_channel, move.is_invited) == (TALK, "phone", True)
    assert [(c.channel, c.is_invited) for c in of(ContactBegan, *facts)] == [
        ("phone", False),
        ("messaging", True),
    ]


def test_a_new_conversation_where_the_brand_asked_the_customer_to_is_invited():
    other = b"other".ljust(16, b".")
    facts = [(call(CallQueued), at(0)), (offered("messaging"), at(1))]
    assert of(ContactBegan, *facts, (asks(other, "messaging"), at(49)))[-1].is_invited
    assert not of(ContactBegan, *facts, (asks(other, "messaging"), at(49, micros=1)))[-1].is_invited
    assert not of(ContactBegan, *facts, (asks(other, "chat"), at(2)))[-1].is_invited


# --- queues -----------------------------------------------------------------------------------


def test_queues_are_left_by_an_agent_or_by_hanging_up():
    [left] = of(QueueLeft, (call(CallQueued), at(0)), (call(CallAnswered, actor="kim"), at(1)))
    assert (left.waited_s, left.expectation_s, left.is_abandoned) == (3600, 180, False)
    [left] = of(QueueLeft, (call(CallAbandoned, waited_s=200), at(0)))
    assert (left.waited_s, left.is_abandoned) == (200, True)


def test_each_call_is_a_contact():
    facts = [(call(CallEnded, b"", talk_s=9), at(n)) for n in range(3)]
    assert [c.number for c in of(ContactBegan, *facts)] == [1, 2, 3]


def test_what_is_no_part_of_a_conversation_says_nothing():
    assert heard((page(), at(0)), (resolved(), at(1)), (moved("chat"), at(2)), until=at(999)) == []
