"""Given what was said, then how soon somebody answered, and whether the matter is settled."""

import pytest

from projections.conversations.projection import LISTED_MAX, REMEMBERED_MAX
from projections.fold import refold_meaning
from schemas.events import Custom
from tests.projections.story import (
    ANN,
    RULES,
    TALK,
    Story,
    asks,
    assigned,
    at,
    bot,
    event_id,
    page,
    reopened,
    replies,
    resolved,
    rows,
    told,
)

OTHER = b"other".ljust(16, b".")


def talks(*facts, until=0):
    return rows(told(*facts), "conversations", until)


def talk(*facts, until=0):
    (only,) = talks(*facts, until=until)
    return only


# --- responses --------------------------------------------------------------------------------


def test_the_first_response_is_the_first_human_reply_after_the_first_message():
    row = talk((asks(), at(0)), (replies(), at(2)), (replies(), at(3)))
    assert row["first_inbound_at"] == at(0)
    assert row["first_response_s"] == 2 * 3600


def test_what_the_brand_said_earlier_is_no_response():
    row = talk((replies(), at(0)), (asks(), at(1)), (replies(), at(4)))
    assert (row["opened_at"], row["first_inbound_at"]) == (at(0), at(1))
    assert row["first_response_s"] == 3 * 3600


def test_no_response_is_none_and_not_zero():
    assert talk((replies(), at(0)), (asks(), at(1)))["first_response_s"] is None
    assert talk((asks(), at(0)), (replies(), at(0)))["first_response_s"] == 0


@pytest.mark.parametrize("kind", ["bot", "system", ""])
def test_who_is_not_human_gives_no_first_response(kind):
    row = talk((asks(), at(0)), (replies(actor_kind=kind), at(1)), (replies(), at(5)))
    assert row["first_response_s"] == 5 * 3600
    assert (row["messages_out"], row["messages_bot"]) == (1, 1)
    assert row["agents"] == ["kim"]


def test_a_bots_acknowledgement_leaves_the_turn_open():
    row = talk((asks(), at(0)), (bot(), at(1)))
    assert (row["turns"], row["turns_answered"]) == (1, 0)
    assert row["turn_open_since"] == at(0)


def test_a_bots_resolving_reply_answers_the_turn_but_is_no_first_response():
    row = talk((asks(), at(0)), (bot(resolving=True), at(1)))
    assert (row["turns"], row["turns_answered"]) == (1, 1)
    assert (row["turn_open_since"], row["first_response_s"]) == (None, None)


def test_a_systems_message_is_no_answer_whatever_it_is_marked_as():
    system = replies("", actor_kind="system", resolving=True)
    row = talk((asks(), at(0)), (system, at(1)))
    assert (row["turns_answered"], row["turn_open_since"]) == (0, at(0))
    assert (row["bot_resolved"], row["messages_bot"]) == (0, 1)


def test_the_start_never_moves_at_a_hand_off():
    row = talk(
        (asks(), at(0)),
        (assigned("kim"), at(1)),
        (assigned("lee"), at(2)),
        (asks(channel="messaging"), at(3)),
        (replies("lee", channel="messaging"), at(4)),
    )
    assert row["first_response_s"] == 4 * 3600
    assert row["turns"] == 1
    assert row["agents"] == ["kim", "lee"]


def test_messages_before_a_reply_are_one_turn():
    row = talk(
        (asks(), at(0)), (asks(), at(1)), (bot(), at(2)), (asks(), at(3)), (replies(), at(4))
    )
    assert (row["turns"], row["turns_answered"], row["messages_in"]) == (1, 1, 3)
    assert row["next_response_n"] == 0


def test_next_responses_run_from_the_start_of_their_turns():
    row = talk(
        (asks(), at(0)),
        (replies(), at(1)),
        (asks(), at(10)),
        (asks(), at(11)),
        (replies(), at(12)),
        (replies(), at(13)),  # answers nothing
        (asks(), at(20)),
        (bot(), at(21)),
        (replies(), at(24)),
    )
    assert (row["turns"], row["turns_answered"]) == (3, 3)
    assert (row["next_response_n"], row["next_response_s"]) == (2, 3 * 3600)
    assert row["first_response_s"] == 3600


def test_without_a_next_response_there_is_no_mean():
    assert talk((asks(), at(0)), (replies(), at(1)))["next_response_s"] is None


# --- resolved ---------------------------------------------------------------------------------


def test_a_stated_resolution_closes_the_turn_unanswered():
    row = talk((asks(), at(0)), (resolved(), at(1)))
    assert (row["status"], row["resolved_at"], row["resolved_by"]) == ("resolved", at(1), "stated")
    assert (row["turns"], row["turns_answered"], row["turn_open_since"]) == (1, 0, None)


def test_a_message_after_it_opens_the_conversation_again():
    row = talk((asks(), at(0)), (resolved(), at(1)), (asks(), at(900)))
    assert (row["status"], row["resolved_at"], row["resolved_by"]) == ("open", None, "")
    assert (row["reopened"], row["turns"], row["turn_open_since"]) == (1, 2, at(900))


def test_a_reply_after_it_does_not():
    row = talk((asks(), at(0)), (resolved(), at(1)), (replies(), at(2)), until=at(900))
    assert (row["status"], row["resolved_at"], row["reopened"]) == ("resolved", at(1), 0)


def test_resolved_again_the_last_time_counts():
    row = talk((asks(), at(0)), (resolved(), at(1)), (resolved(), at(2)))
    assert (row["resolved_at"], row["reopened"]) == (at(2), 0)


def test_resolution_is_implied_72_hours_after_the_last_reply_and_not_before():
    events = [(asks(), at(0)), (replies(), at(1)), (replies(), at(2))]
    assert talk(*events, until=at(74))["status"] == "open"
    row = talk(*events, until=at(74, micros=1))
    assert (row["status"], row["resolved_at"], row["resolved_by"]) == (
        "resolved",
        at(74),
        "implied",
    )


def test_a_message_at_exactly_72_hours_comes_before_the_resolution():
    row = talk((asks(), at(0)), (replies(), at(1)), (asks(), at(73)), until=at(9_000))
    assert (row["status"], row["reopened"], row["turns"]) == ("open", 0, 2)


def test_a_message_later_opens_it_again():
    row = talk((asks(), at(0)), (replies(), at(1)), (asks(), at(73, micros=1)))
    assert (row["status"], row["reopened"], row["turns"]) == ("open", 1, 2)


def test_nothing_is_implied_while_a_turn_is_open():
    assert talk((asks(), at(0)), until=at(9_000))["status"] == "open"
    assert talk((asks(), at(0)), (bot(), at(1)), until=at(9_000))["status"] == "open"
    events = [(asks(), at(0)), (replies(), at(1)), (asks(), at(2))]
    assert talk(*events, until=at(9_000))["turn_open_since"] == at(2)
    assert talk(*events, (replies(), at(3)), until=at(9_000))["resolved_at"] == at(75)


def test_a_bots_resolving_reply_starts_the_72_hours_too():
    row = talk((asks(), at(0)), (bot(resolving=True), at(1)), until=at(74))
    assert row["resolved_at"] == at(73)


def test_an_assignment_does_not_delay_the_implied_resolution():
    row = talk((asks(), at(0)), (replies(), at(1)), (assigned("lee"), at(50)), until=at(74))
    assert row["resolved_at"] == at(73)


def test_what_was_implied_can_be_stated_later():
    row = talk((asks(), at(0)), (replies(), at(1)), (resolved(), at(200)))
    assert (row["resolved_at"], row["resolved_by"]) == (at(200), "stated")


def test_stated_to_be_open_again_it_stays_open_until_the_next_reply():
    events = [(asks(), at(0)), (replies(), at(1)), (resolved(), at(2)), (reopened(), at(3))]
    row = talk(*events, until=at(9_000))
    assert (row["status"], row["reopened"], row["turn_open_since"]) == ("open", 1, None)
    assert talk(*events, (replies(), at(4)), until=at(9_000))["resolved_at"] == at(76)


def test_opening_what_is_open_changes_nothing():
    row = talk((asks(), at(0)), (replies(), at(1)), (reopened(), at(2)), until=at(9_000))
    assert (row["reopened"], row["resolved_at"]) == (0, at(73))


# --- which conversation -----------------------------------------------------------------------


def test_an_id_holds_a_conversation_together_whatever_the_gap_and_the_channel():
    row = talk((asks(), at(0)), (asks(channel="email"), at(9_000)))
    assert (row["conversation_id"], row["messages_in"]) == (TALK.hex(), 2)
    assert (row["channel"], row["channels"]) == ("chat", ["chat", "email"])


def test_channels_and_agents_are_listed_in_the_order_of_their_first_use():
    row = talk(
        (asks(channel="social"), at(0)),
        (assigned("lee"), at(1)),
        (replies("kim", channel="messaging"), at(2)),
        (replies("lee", channel="social"), at(3)),
        (bot(channel="email"), at(4)),
    )
    assert row["channels"] == ["social", "messaging", "email"]
    assert row["agents"] == ["lee", "kim"]


def test_lists_are_bounded():
    facts = [(replies(f"agent-{n}", channel=f"c-{n}"), at(n)) for n in range(LISTED_MAX + 5)]
    row = talk(*facts)
    assert (len(row["agents"]), len(row["channels"])) == (LISTED_MAX, LISTED_MAX)
    assert row["messages_out"] == LISTED_MAX + 5


def test_without_an_id_a_gap_of_72_hours_holds_and_more_does_not():
    row = talk((asks(b""), at(0)), (asks(b""), at(72)))
    assert (row["conversation_id"], row["messages_in"]) == (event_id(1).hex(), 2)
    first, second = talks((asks(b""), at(0)), (asks(b""), at(72, micros=1)))
    assert (first["conversation_id"], second["conversation_id"]) == (
        event_id(1).hex(),
        event_id(2).hex(),
    )
    assert first["status"] == "open"


def test_the_gap_runs_from_the_last_message_either_way():
    row = talk((asks(b""), at(0)), (replies(conversation=b""), at(70)), (asks(b""), at(140)))
    assert row["messages_in"] == 2
    first, _ = talks((asks(b""), at(0)), (assigned("kim", b""), at(70)), (asks(b""), at(140)))
    assert first["agents"] == ["kim"]


@pytest.mark.parametrize("other", [{"channel": "email"}, {"brand": "b"}])
def test_without_an_id_channel_and_brand_part_conversations(other):
    assert len(talks((asks(b""), at(0)), (asks(b"", **other), at(1)))) == 2


def test_with_and_without_an_id_are_two_conversations():
    assert len(talks((asks(), at(0)), (asks(b""), at(1)))) == 2


def test_only_messages_begin_a_conversation():
    assert talks((assigned("kim"), at(0)), (resolved(), at(1)), (reopened(), at(2))) == []
    assert talks((page(conversation=TALK), at(0)), (Custom(conversation=TALK), at(1))) == []


def test_conversations_do_not_touch_each_other():
    one, other = talks(
        (asks(), at(0)), (asks(OTHER), at(1)), (replies(), at(2)), (resolved(OTHER), at(3))
    )
    assert (one["status"], one["turns_answered"]) == ("open", 1)
    assert (other["status"], other["turns_answered"]) == ("resolved", 0)


def test_equal_times_are_settled_by_the_sources_sequence():
    story = Story()
    story.tell(replies(), at(0), sequence=2)
    story.tell(asks(), at(0), sequence=1)
    (row,) = rows(story.events, "conversations")
    assert (row["turns_answered"], row["first_response_s"]) == (1, 0)


# --- the bound --------------------------------------------------------------------------------


def key(n):
    return b"key" + n.to_bytes(13)


def test_a_state_remembers_so_many_conversations_and_forgets_the_longest_silent():
    facts = [(asks(key(n + 1)), at(n)) for n in range(REMEMBERED_MAX)]
    facts.append((asks(key(1)), at(REMEMBERED_MAX)))  # the second is the longest silent now
    facts.append((asks(key(9_999)), at(REMEMBERED_MAX + 1)))
    state, published = refold_meaning(RULES, ANN, told(*facts), 0)
    assert len(state.conversations.known) == REMEMBERED_MAX
    assert key(2) not in state.conversations.known
    assert key(1) in state.conversations.known
    assert len(published["conversations"]) == REMEMBERED_MAX + 1  # its row stays


def test_a_conversation_that_a_timer_waits_for_is_not_forgotten():
    facts = [(asks(key(1)), at(0)), (replies(conversation=key(1)), at(0, minutes=1))]
    facts += [(asks(key(n)), at(0, minutes=n)) for n in range(2, REMEMBERED_MAX + 3)]
    first = talks(*facts, until=at(90))[0]
    assert (first["conversation_id"], first["resolved_by"]) == (key(1).hex(), "implied")


def test_a_forgotten_thread_begins_anew():
    facts = [(asks(b"", brand="quiet"), at(0))]
    facts += [(asks(key(n)), at(0, minutes=n)) for n in range(1, REMEMBERED_MAX + 1)]
    facts.append((asks(b"", brand="quiet"), at(5)))
    state, published = refold_meaning(RULES, ANN, told(*facts), 0)
    assert len(state.conversations.threads) == 1
    mine = [row for row in published["conversations"].values() if "quiet" in row]
    assert len(mine) == 2
