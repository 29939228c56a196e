"""Given contacts and resolutions, then whether one contact was enough."""

import random

import pytest

from projections.configuration import Configuration
from projections.resolutions import UNDECIDED_MAX, resolutions
from projections.signs import ContactBegan, PersonasChanged, TalkReopened, TalkResolved
from projections.tables import RESOLUTIONS
from schemas.times import DAY
from tests.projections.story import ANN, TALK, asks, at, order, replies, resolved, rows, told

OTHER = b"other".ljust(16, b".")


def comes(day, talk=TALK, number=1, **more):
    given = {"topic": "refund", "channel": "chat", "brand": "acme"} | more
    return ContactBegan(at=at(days=day), conversation=talk, number=number, **given)


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
        ([comes(0), comes(2, number=2), solved(3)], "second_contact", 2),
        ([comes(0), solved(1), comes(2)], "repeat", 2),  # the same conversation, opened again
        ([comes(0), solved(1), comes(8, OTHER)], "repeat", 8),
        ([comes(0), solved(1), comes(8.1, OTHER)], "first_contact", 8),
        ([comes(0), solved(1), comes(2, OTHER, topic="delivery")], "first_contact", 8),
        ([comes(0), comes(0.5, OTHER), solved(1)], "first_contact", 8),  # at the same time
        ([comes(0), solved(1), solved(3)], "first_contact", 8),  # the first resolution counts
        ([comes(0), solved(1), comes(60)], "first_contact", 8),  # judged once
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


def plain(signs, now):
    """The rule once more, from whole lists."""
    found = {}
    for talk in {s.conversation for s in signs}:
        contacts = [s for s in signs if isinstance(s, ContactBegan)]
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
                and (not topic or not s.topic or s.topic == topic)
            ]
            settled = "first_contact" if over + 7 * DAY < now else "undecided"
            found[talk] = "repeat" if repeats else settled
    return found


@pytest.mark.parametrize("seed", range(80))
def test_random_histories_against_the_rule_from_whole_lists(seed):
    draw = random.Random(seed)
    signs = []
    for hour in sorted(draw.sample(range(24 * 30), draw.randrange(1, 25))):
        talk, topic = draw.choice([TALK, OTHER]), draw.choice(["", "refund", "delivery"])
        if draw.random() < 0.6:
            signs.append(comes(hour / 24, talk, topic=topic))
        else:
            signs.append(solved(hour / 24, talk, topic=topic))
    until = draw.choice([12.5, 30.5, 60.5])
    signs = [s for s in signs if s.at <= at(days=until)]
    found = {talk: row["verdict"] for talk, row in judged(*signs, until=until).items()}
    assert found == plain(signs, at(days=until))
