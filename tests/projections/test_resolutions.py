"""Given contacts and resolutions, then whether one contact was enough."""

import random
from typing import Any

import pytest

from projections.configuration import Configuration
from projections.resolutions import UNDECIDED_MAX, resolutions
from projections.signs import CustomerCame, PersonasChanged, Sign, TalkReopened, TalkResolved
from projections.tables import RESOLUTIONS
from schemas.events import CallAnswered
from schemas.times import DAY
from tests.projections.story import ANN, TALK, asks, at, call, order, replies, resolved, rows, told

OTHER = b"other".ljust(16, b".")


def comes(day, talk=TALK, **more):
    given: dict[str, Any] = {"topic": "refund", "channel": "chat", "brand": "acme"}
    given = given | {"is_first": True} | more
    return CustomerCame(at=at(days=day), conversation=talk, **given)


def goes_on(day, talk=TALK, **more):
    return comes(day, talk, is_first=False, **more)


def solved(day, talk=TALK, **more):
    given = {"topic": "refund", "agent": "kim", "team": "north"} | more
    return TalkResolved(at=at(days=day), conversation=talk, is_implied=False, contacts=1, **given)


def reopens(day, talk=TALK):
    return TalkReopened(at=at(days=day), conversation=talk)


def judged(*signs, until=100.0):
    """The rows by conversation, when time comes to a day."""
    projection = resolutions(Configuration())
    state, found = projection.initial(), {}
    for sign in [*signs, None]:
        now = at(days=until) if sign is None else sign.at
        while projection.wake_at(state) < now:
            due = projection.wake_at(state)
            for change in projection.on_time(state, due, ANN).rows:
                found[change.row[2]] = change.row
        if sign is not None:
            for change in projection.hears[type(sign)](state, sign, ANN).rows:
                found[change.row[2]] = change.row
    return {
        bytes.fromhex(key): dict(zip(RESOLUTIONS.names, row, strict=True))
        for key, row in found.items()
    }


@pytest.mark.parametrize(
    ("signs", "verdict", "decided"),
    [
        ([comes(0), solved(1)], "first_contact", 8),
        ([comes(0), solved(6.9)], "first_contact", 13.9),
        ([comes(0), solved(7)], "first_contact", 14),
        ([comes(0), solved(7.1)], "unresolved", 7),
        ([comes(0)], "unresolved", 7),
        ([comes(0), goes_on(2), solved(3)], "second_contact", 2),
        ([comes(0), solved(1), goes_on(2, topic="other")], "repeat", 2),  # the same, opened again
        ([comes(0), solved(1), comes(8, OTHER)], "repeat", 8),
        ([comes(0), solved(1), comes(8.1, OTHER)], "first_contact", 8),
        ([comes(0), solved(1), comes(2, OTHER, topic="delivery")], "first_contact", 8),
        ([comes(0), comes(0.5, OTHER), solved(1)], "first_contact", 8),  # at the same time
        ([comes(0), solved(1), solved(3)], "first_contact", 8),  # the first resolution counts
        ([comes(0), solved(1), goes_on(60)], "first_contact", 8),  # judged once
        ([comes(0), solved(1), comes(2, OTHER, brand="other")], "first_contact", 8),
        ([comes(0), solved(1), comes(2, OTHER, is_reply=True)], "first_contact", 8),
        ([comes(0, brand=""), solved(1), comes(2, OTHER, brand="")], "repeat", 2),
        ([comes(0), solved(1), reopens(1.5)], "repeat", 1.5),
        ([comes(0), solved(1), reopens(8.1)], "first_contact", 8),
        ([comes(0), reopens(0.5), solved(1)], "first_contact", 8),  # it was open
    ],
)
def test_verdicts(signs, verdict, decided):
    found = judged(*signs)[TALK]
    assert found["verdict"] == verdict
    assert found["decided_at"] == at(days=decided)
    assert not found["is_assumed"]


@pytest.mark.parametrize(("topic", "other"), [("", "refund"), ("refund", ""), ("", "")])
def test_an_unknown_topic_matches_any_and_says_so(topic, other):
    found = judged(comes(0, topic=topic), solved(1, topic=""), comes(2, OTHER, topic=other))[TALK]
    assert (found["verdict"], found["is_assumed"]) == ("repeat", True)


@pytest.mark.parametrize(("brand", "other"), [("", "acme"), ("acme", "")])
def test_an_unknown_brand_matches_any_and_says_so(brand, other):
    found = judged(comes(0, brand=brand), solved(1), comes(2, OTHER, brand=other))[TALK]
    assert (found["verdict"], found["is_assumed"]) == ("repeat", True)


@pytest.mark.parametrize("signs", [[comes(0)], [comes(0), solved(1)]])
def test_until_it_is_certain_nobody_knows(signs):
    found = judged(*signs, until=6)[TALK]
    assert (found["verdict"], found["decided_at"]) == ("undecided", None)


def test_a_row_says_whose_and_where():
    changed = PersonasChanged(at=at(), personas=("young",))
    found = judged(changed, comes(0), solved(1))[TALK]
    names = ("brand", "channel", "agent", "team", "topic", "personas", "is_implied")
    assert [found[n] for n in names] == ["acme", "chat", "kim", "north", "refund", ["young"], False]
    assert (found["opened_at"], found["resolved_at"]) == (at(), at(days=1))


def test_memory_is_bounded():
    many = [comes(0, bytes([n]) * 16, topic=str(n)) for n in range(UNDECIDED_MAX + 9)]
    verdicts = [row["verdict"] for row in judged(*many).values()]
    assert verdicts.count("undecided") == 9
    assert verdicts.count("unresolved") == UNDECIDED_MAX


def test_from_messages_on():
    """Together with conversations, which tell what they find."""
    asked = (asks(topic="refund"), at())
    once = [asked, (replies(), at(1)), (resolved(), at(2))]
    [row] = rows(told(*once), "resolutions", at(days=30))
    assert (row["verdict"], row["channel"], row["agent"]) == ("first_contact", "chat", "kim")
    assert row["resolved_at"] == at(2)
    again = [*once, (asks(OTHER, topic="refund"), at(days=3)), (order(), at(days=4))]
    first, second = rows(told(*again), "resolutions", at(days=30))
    assert (first["verdict"], first["decided_at"]) == ("repeat", at(days=3))
    assert second["verdict"] == "unresolved"


def test_who_writes_again_within_the_same_contact_was_not_helped():
    facts = [(asks(), at()), (replies(), at(0.5)), (resolved(), at(1)), (asks(), at(2))]
    [row] = rows(told(*facts), "resolutions", at(days=30))
    assert (row["verdict"], row["decided_at"]) == ("repeat", at(2))


@pytest.mark.parametrize(
    "again",
    [
        asks(OTHER, intent="thanks"),
        asks(OTHER, intent="praise"),
        asks(OTHER, intent="spam"),
        asks(OTHER, brand="other"),
        asks(intent="thanks"),
        call(CallAnswered, OTHER, direction="outbound", actor_kind="human"),
    ],
)
def test_who_does_not_come_again_was_helped_at_once(again):
    asked = asks(brand="acme")
    facts = [(asked, at()), (replies(), at(1)), (resolved(), at(2)), (again, at(days=3))]
    first = rows(told(*facts), "resolutions", at(days=30))[0]
    assert (first["verdict"], first["decided_at"]) == ("first_contact", at(2, days=7))


def test_who_answers_a_survey_of_the_brand_did_not_come_again():
    done = [(asks(), at()), (replies(), at(1)), (resolved(), at(2))]
    asked_back = [(replies(conversation=OTHER), at(3)), (asks(OTHER), at(4))]
    first, _ = rows(told(*done, *asked_back), "resolutions", at(days=30))
    assert first["verdict"] == "first_contact"


def test_thanks_alone_are_no_matter_but_a_question_after_them_is():
    thanks = (asks(intent="thanks"), at())
    assert not rows(told(thanks), "resolutions", at(days=30))
    [row] = rows(told(thanks, (asks(), at(1))), "resolutions", at(days=30))
    assert (row["opened_at"], row["verdict"]) == (at(1), "unresolved")


def test_however_many_conversations_each_is_judged_once():
    many = [bytes([n]) * 16 for n in range(1, 101)]
    first = [(asks(t, topic=str(n)), at(days=n)) for n, t in enumerate(many)]
    again = [(asks(t, topic=str(n)), at(days=n + 110)) for n, t in enumerate(many)]
    found = rows(told(*first, *again), "resolutions", at(days=300))
    assert len(found) == len({row["conversation_id"] for row in found}) == len(many)
    assert {row["verdict"] for row in found} == {"unresolved"}


def plain(signs, now):
    """The rule once more, from whole lists."""
    found = {}
    for talk in {s.conversation for s in signs}:
        contacts = [s for s in signs if isinstance(s, CustomerCame)]
        opened = next((s for s in contacts if s.conversation == talk), None)
        if opened is None:
            continue
        place = signs.index(opened)
        ends = [
            s
            for s in signs[place:]
            if isinstance(s, TalkResolved)
            and s.conversation == talk
            and s.at <= opened.at + 7 * DAY
        ]
        end = signs.index(ends[0]) if ends else len(signs)
        over = ends[0].at if ends else opened.at + 7 * DAY
        second = [
            s
            for s in signs[place + 1 : end]
            if s in contacts and s.conversation == talk and s.at <= over
        ]
        if second:
            found[talk] = "second_contact"
        elif not ends:
            found[talk] = "unresolved" if opened.at + 7 * DAY < now else "undecided"
        else:
            topic = ends[0].topic or opened.topic
            repeats = [
                s
                for s in signs[end + 1 :]
                if s in contacts
                and s.at <= over + 7 * DAY
                and (s.conversation == talk or not (topic and s.topic) or s.topic == topic)
            ]
            settled = "first_contact" if over + 7 * DAY < now else "undecided"
            found[talk] = "repeat" if repeats else settled
    return found


@pytest.mark.parametrize("seed", range(80))
def test_random_histories_against_the_rule_from_whole_lists(seed):
    draw = random.Random(seed)
    signs: list[Sign] = []
    for hour in sorted(draw.sample(range(24 * 30), draw.randrange(1, 25))):
        talk, topic = draw.choice([TALK, OTHER]), draw.choice(["", "refund", "delivery"])
        if draw.random() < 0.6:
            came = {s.conversation for s in signs if isinstance(s, CustomerCame)}
            come = goes_on if talk in came else comes
            signs.append(come(hour / 24, talk, topic=topic))
        else:
            signs.append(solved(hour / 24, talk, topic=topic))
    until = draw.choice([12.5, 30.5, 60.5])
    signs = [s for s in signs if s.at <= at(days=until)]
    found = {talk: row["verdict"] for talk, row in judged(*signs, until=until).items()}
    assert found == plain(signs, at(days=until))
