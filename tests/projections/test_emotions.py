"""Given what customers said, then what they felt, in which stage; and what they stated."""

import pytest

from projections.configuration import document
from projections.rulebook import Rulebook
from schemas.events import PreferenceStated, ReviewPosted, TraitsStated
from tests.projections.histories import SHORT
from tests.projections.story import asks, at, csat, order, page, rows, told


def felt(*facts):
    found = rows(told(*facts), "emotions", 0, Rulebook(document(SHORT)))
    return [(r["emotion"], r["told_by"], r["stage"]) for r in found]


@pytest.mark.parametrize(
    ("fact", "emotion", "told_by"),
    [
        (csat(1), -1.0, "csat"),
        (csat(3), 0.0, "csat"),
        (csat(5), 1.0, "csat"),
        (csat(1, higher_is_better=False), 1.0, "csat"),
        (csat(9, 0, 10, survey="nps"), 0.8, "nps"),
        (ReviewPosted(stars=4, direction="inbound"), 0.6, "review"),
        (asks(is_rated=True, sentiment=-0.25), -0.25, "text"),
    ],
)
def test_every_score_and_text_is_scaled_to_minus_one_to_one(fact, emotion, told_by):
    assert felt((fact, at(0))) == [(pytest.approx(emotion), told_by, "awareness")]


def test_who_says_nothing_of_how_they_feel_is_not_asked():
    assert felt((asks(), at(0)), (page(), at(1)), (ReviewPosted(stars_max=0), at(2))) == []


def test_a_bad_score_is_felt_in_the_stage_that_it_ends():
    assert [stage for *_, stage in felt((order(), at(0)), (csat(1), at(0)), (csat(2), at(0)))] == [
        "purchase",
        "at_risk",
    ]


def test_it_counts_for_the_personas_held_until_then():
    facts = [(order(), at(0)), (csat(5), at(0)), (order(), at(0)), (csat(5), at(0))]
    found = rows(told(*facts), "emotions", 0, Rulebook(document(SHORT)))
    assert [row["personas"] for row in found] == [["newcomer"], ["buyer", "newcomer"]]


def test_what_is_stated_is_a_row_each_and_empty_is_not_stated():
    facts = [
        (PreferenceStated(on_channel="sms", timezone="Asia/Tokyo"), at(0)),
        (TraitsStated(facts={"plan": "pro", "gone": ""}), at(1)),
    ]
    found = rows(told(*facts), "stated")
    assert [(r["kind"], r["name"], r["value"]) for r in found] == [
        ("preference", "channel", "sms"),
        ("preference", "timezone", "Asia/Tokyo"),
        ("trait", "plan", "pro"),
    ]
