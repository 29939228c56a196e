"""Given calls, topics, personas and office hours, then what the rows of conversations say."""

import msgspec

from journey.config.file import parse
from projections.configuration import document
from projections.conversations.projection import REMEMBERED_MAX
from projections.fold import Out, fold_meaning, refold_meaning
from projections.rulebook import Rulebook
from projections.signs import PersonasChanged, TurnOverdue
from schemas.events import (
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallQueued,
    ConversationOpened,
)
from schemas.times import HOUR, MINUTE, parse_rfc3339
from tests.projections.story import (
    ANN,
    TALK,
    Story,
    asks,
    at,
    call,
    handed_off,
    offered,
    replies,
    resolved,
    rows,
    signs,
    told,
)

OFFICE = parse(
    """
    [calendars.office]
    zone = "Europe/Berlin"
    hours.mon = ["09:00-17:00"]
    hours.tue = ["09:00-17:00"]
    hours.fri = ["09:00-17:00"]

    [calendars.night]
    zone = "Europe/Berlin"
    teams = ["night"]
    hours.fri = ["22:00-06:00"]

    [[conversations.expectations]]
    channel = "email"
    within = "2 h"
    business_hours = true
    """
).rules
OPEN = Rulebook(document(OFFICE))
FRIDAY = parse_rfc3339("2026-03-27T15:00:00Z")  # 16:00 in Berlin, the weekend clocks go forward
MONDAY = parse_rfc3339("2026-03-30T08:00:00Z")  # 10:00


def test_response_and_resolution_in_office_hours():
    events = told(
        (asks(channel="email"), FRIDAY),
        (replies(channel="email"), MONDAY),
        (asks(channel="email"), MONDAY + HOUR),
        (replies(channel="email"), MONDAY + 23 * HOUR),
        (resolved(), MONDAY + 24 * HOUR),
    )
    [row] = rows(events, "conversations", rules=OPEN)
    assert (row["first_response_s"], row["first_response_business_s"]) == (65 * 3600, 2 * 3600)
    # From Monday 11:00 to Tuesday 09:00: six hours of Monday.
    assert (row["next_response_s"], row["next_response_business_s"]) == (22 * 3600, 6 * 3600)
    # An hour of Friday, all Monday, an hour of Tuesday.
    assert (row["resolution_s"], row["resolution_business_s"]) == (89 * 3600, 10 * 3600)
    first, following = rows(events, "turns", rules=OPEN)
    assert (first["waited_business_s"], following["waited_business_s"]) == (7200, 6 * 3600)
    assert (first["due_at"], first["expectation_s"]) == (MONDAY, 7200)
    assert (first["response"], following["response"]) == ("first", "next")


def test_business_hours_decide_when_a_turn_is_overdue():
    events = told((asks(channel="email"), FRIDAY))
    assert not [s for s in signs(events, MONDAY, OFFICE) if type(s) is TurnOverdue]
    [overdue] = [s for s in signs(events, MONDAY + 1, OFFICE) if type(s) is TurnOverdue]
    assert overdue.at == MONDAY


def test_the_calendar_is_that_of_the_team_that_had_it_when_it_was_asked():
    events = told(
        (asks(channel="email"), FRIDAY - HOUR),
        (replies(channel="email"), FRIDAY - HOUR),
        (handed_off("lee", to_team="night"), FRIDAY - HOUR),
        (asks(channel="email"), FRIDAY),
        (replies("lee", channel="email"), MONDAY),
    )
    _, turn = rows(events, "turns", rules=OPEN)
    assert turn["waited_business_s"] == 8 * 3600  # Friday's night, which no clock changes
    assert (turn["agent"], turn["team"]) == ("lee", "night")


# --- calls ------------------------------------------------------------------------------------


def test_a_call_from_the_queue_to_the_wrap_up():
    events = told(
        (call(CallQueued, queue="orders"), at(minutes=0)),
        (call(CallAnswered, actor="kim", team="one", actor_kind="human"), at(minutes=4)),
        (call(CallHeld, hold_s=60), at(minutes=6)),
        (call(CallEnded, talk_s=300, hold_s=90, wrap_up_s=30), at(minutes=11)),
    )
    [row] = rows(events, "conversations", until=at(99))
    times = ("queue_s", "talk_s", "hold_s", "wrap_up_s", "handle_s")
    assert [row[name] for name in times] == [240, 300, 90, 30, 420]
    assert (row["calls"], row["contacts"], row["agents"]) == (1, 1, ["kim"])
    assert (row["resolved_by"], row["resolved_at"]) == ("implied", at(72, minutes=11))
    assert (row["messages_in"], row["turns"], row["contacts_to_resolution"]) == (0, 0, 1)
    [contact] = rows(events, "contacts")
    assert [contact[name] for name in times] == [240, 300, 90, 30, 420]
    assert (contact["phase"], contact["queue"], contact["agent"]) == ("ended", "orders", "kim")
    assert (contact["answered_at"], contact["ended_at"]) == (at(minutes=4), at(minutes=11))
    assert contact["expectation_s"] == 180


def test_talk_that_nobody_told_is_measured_on_the_phone_alone():
    phone = [(call(CallAnswered), at(minutes=0)), (call(CallHeld, hold_s=60), at(minutes=1))]
    [row] = rows(told(*phone, (call(CallEnded), at(minutes=5))), "conversations")
    assert (row["talk_s"], row["hold_s"], row["handle_s"]) == (240, 60, 300)
    chat = [(asks(), at(0)), (replies(), at(1)), (call(CallEnded, channel="chat"), at(2))]
    [row] = rows(told(*chat), "conversations")
    assert (row["handle_s"], row["calls"], row["contacts"]) == (None, 0, 1)
    chat[2] = (call(CallEnded, channel="chat", talk_s=7, wrap_up_s=2), at(2))
    [row] = rows(told(*chat), "conversations")
    assert (row["handle_s"], row["calls"], row["contacts"]) == (9, 0, 1)
    assert rows(told(*chat), "contacts")[0]["handle_s"] == 9


def test_an_abandoned_call_settles_nothing():
    events = told((call(CallQueued), at(0)), (call(CallAbandoned), at(minutes=5)))
    [row] = rows(events, "conversations", until=at(9_000))
    assert (row["status"], row["calls_abandoned"], row["queue_s"]) == ("open", 1, 300)
    assert row["handle_s"] is None


def test_durations_that_cannot_be_are_not_told():
    wrong = [float("nan"), float("inf"), -5.0, 1e300]
    for seconds in wrong:
        ended = (call(CallEnded, talk_s=seconds, hold_s=seconds), at(0))
        abandoned = (call(CallAbandoned, waited_s=seconds), at(1))
        [row] = rows(told(ended, abandoned), "conversations")
        assert (row["handle_s"], row["queue_s"], row["calls"]) == (None, 0, 2)


def test_a_deflected_call_is_one_conversation_on_two_channels():
    events = told(
        (call(CallQueued), at(0)),
        (offered("messaging"), at(minutes=1)),
        (call(CallAbandoned), at(minutes=2)),
        (asks(b"", channel="messaging"), at(minutes=3)),
    )
    [row] = rows(events, "conversations")
    assert (row["channels"], row["last_channel"]) == (["phone", "messaging"], "messaging")
    assert (row["deflections_offered"], row["deflections_accepted"]) == (1, 1)
    assert (row["moves"], row["moves_invited"], row["contacts"]) == (1, 1, 2)


# --- what it is about, and whose it is --------------------------------------------------------


def about(*facts):
    [row] = rows(told(*facts), "conversations")
    return row["topic"], row["topic_by"]


def test_a_topic_that_was_told_goes_before_the_first_tag():
    assert about((asks(), at(0))) == ("", "")
    assert about((asks(tags=["b", "a"]), at(0)), (asks(tags=["c"]), at(1))) == ("b", "tag")
    assert about((asks(tags=["b"]), at(0)), (replies(topic="x"), at(1))) == ("x", "property")
    assert about((asks(topic="x"), at(0)), (resolved(topic="y"), at(1))) == ("y", "property")


def test_a_desk_may_open_it_before_anybody_writes():
    events = told((ConversationOpened(conversation=TALK, urgency="high"), at(0)), (asks(), at(1)))
    [row] = rows(events, "conversations")
    assert (row["opened_at"], row["first_inbound_at"], row["urgency"]) == (at(0), at(1), "high")


def test_resolved_before_it_was_opened_resolves_nothing():
    [row] = rows(told((resolved(), at(0)), (asks(), at(1))), "conversations", until=at(99))
    assert (row["status"], row["opened_at"]) == ("open", at(1))


def test_personas_are_those_held_when_it_was_opened_and_asked():
    rules = Rulebook(document(parse(
        '[[conversations.expectations]]\npersona = "vip"\nwithin = "10 s"\n'
    ).rules))  # fmt: skip
    story, state, out = Story(), rules.initial(), Out([], [])
    for n, personas in enumerate((("new",), ("new", "vip"))):
        sign = PersonasChanged(at=at(n), personas=personas)
        for name, hear in rules.meaning.hearing(PersonasChanged):
            hear(getattr(state, name), sign, ANN)
        for fact in (asks(), replies()):
            fold_meaning(rules, state, story.tell(fact, at(n)), ANN, out)
    found = {table: [c.row for c in out.rows if c.table == table] for table in ("turns",)}
    [talk] = {r[2]: r for c in out.rows if c.table == "conversations" for r in [c.row]}.values()
    assert ["new"] in talk and ["new", "vip"] not in talk
    assert [["new"] in r and 120.0 in r for r in found["turns"]] == [True, True, False, False]
    assert [["new", "vip"] in r and 10.0 in r for r in found["turns"]] == [False, False, True, True]


# --- size -------------------------------------------------------------------------------------


def test_a_long_conversation_stays_small():
    facts = [(asks() if n % 2 else replies(f"a-{n}"), at(minutes=n)) for n in range(10_000)]
    state, published = refold_meaning(OPEN, ANN, told(*facts), 0)
    assert len(msgspec.msgpack.encode(state.conversations)) < 4_096
    assert len(published["turns"]) == 5_000
    assert len(published["conversations"]) == 1


def test_a_customer_of_many_conversations_stays_small():
    facts = [(asks(n.to_bytes(16)), at(0) + n * MINUTE) for n in range(1, 2_000)]
    offers = [(offered(f"c-{n}"), at(9_000)) for n in range(99)]
    state, _ = refold_meaning(OPEN, ANN, told(*facts, *offers), 0)
    assert len(state.conversations.known) == REMEMBERED_MAX
    assert len(msgspec.msgpack.encode(state.conversations)) < 1_024 * REMEMBERED_MAX
