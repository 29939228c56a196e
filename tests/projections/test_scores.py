"""Given an answer to a survey or a review, then a score that can be compared."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.configuration import Configuration, document
from projections.configuration.scores import ScoreRules
from projections.rulebook import Rulebook
from projections.scores import scored, scores
from projections.signs import PersonasChanged, ScoreGiven, StageEntered, TalkResolved
from projections.tables import SCORES
from schemas.events import MessageReceived, PageViewed, ReviewPosted, SurveyAnswered
from tests.projections.story import (
    ANN,
    NOON,
    RULES,
    TALK,
    Story,
    asks,
    at,
    csat,
    delivered,
    event_id,
    order,
    page,
    rows,
    told,
)

OTHER_TALK = b"other".ljust(16, b".")


def answer(survey, score, low=0, high=10, **more):
    return SurveyAnswered(survey=survey, score=score, scale_min=low, scale_max=high, **more)


# The table of docs/metrics.md: what was told -> value on the common scale, share, grade.
SCORED = [
    (answer("nps", 10), 10, 1, "promoter"),
    (answer("nps", 9), 9, 0.9, "promoter"),
    (answer("nps", 8), 8, 0.8, "passive"),
    (answer("nps", 7), 7, 0.7, "passive"),
    (answer("nps", 6), 6, 0.6, "detractor"),
    (answer("nps", 0), 0, 0, "detractor"),
    (answer("NPS ", 9, 1, 10), 9, 8 / 9, "promoter"),  # an NPS on 1-10 counts as it is
    (answer("nps", 5, 1, 5), 10, 1, "promoter"),  # another scale is stretched
    (answer("nps", 4, 1, 5), 7.5, 0.75, "passive"),
    (answer("nps", 1, higher_is_better=False), 9, 0.9, "promoter"),
    (answer("csat", 4, 1, 5), 4, 0.75, "satisfied"),
    (answer("csat", 3, 1, 5), 3, 0.5, "unsatisfied"),
    (answer("csat", 4, 0, 5), 4.2, 0.8, "satisfied"),
    (answer("csat", 8), 4.2, 0.8, "satisfied"),
    (answer("csat", 7), 3.8, 0.7, "unsatisfied"),
    (answer("csat", 8, 1, 10), 1 + 4 * 7 / 9, 7 / 9, "satisfied"),
    (answer("csat", 7, 1, 10), 1 + 4 * 6 / 9, 6 / 9, "unsatisfied"),
    (answer("csat", 1, 0, 1), 5, 1, "satisfied"),  # thumb up
    (answer("csat", 2, 1, 5, higher_is_better=False), 4, 0.75, "satisfied"),  # 1 is best
    (answer("ces", 5, 1, 7), 5, 4 / 6, "easy"),
    (answer("ces", 4, 1, 7), 4, 0.5, "hard"),
    (answer("ces", 3, 1, 7, higher_is_better=False), 5, 4 / 6, "easy"),  # 1 is easy
    (answer("ces", 4, 1, 5), 5.5, 0.75, "easy"),
    (answer("onboarding", 3, 1, 4), 2 / 3, 2 / 3, ""),
    (answer("", 3, 1, 4), 2 / 3, 2 / 3, ""),
    (ReviewPosted(stars=4), 4, 0.8, "good"),
    (ReviewPosted(stars=3), 3, 0.6, "bad"),
    (ReviewPosted(stars=8, stars_max=10), 4, 0.8, "good"),
    (ReviewPosted(stars=0, stars_max=0), 0, 0, "bad"),
]


@pytest.mark.parametrize(("fact", "value", "share", "grade"), SCORED)
def test_every_scale_becomes_the_common_one(fact, value, share, grade):
    [row] = rows(told((fact, at())), "scores")
    assert row["value"] == pytest.approx(value, abs=1e-8)
    assert row["share"] == pytest.approx(share, abs=1e-8)
    assert row["grade"] == grade
    if isinstance(fact, SurveyAnswered):
        expected = (fact.score, fact.scale_min, fact.scale_max, fact.higher_is_better)
        found = row["score"], row["scale_min"], row["scale_max"], row["higher_is_better"]
        assert found == expected


@pytest.mark.parametrize(
    ("name", "metric"),
    [("CSAT", "csat"), (" nps", "nps"), ("Ces", "ces"), ("My One", "My One"), ("", "unnamed")],
)
def test_a_survey_is_known_by_its_name(name, metric):
    [row] = rows(told((answer(name, 5), at())), "scores")
    assert row["metric"] == metric


FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@given(
    st.sampled_from(["nps", "csat", "ces", "own", ""]),
    FINITE,
    st.floats(1e-3, 1e6),
    st.floats(0, 1),
    st.booleans(),
)
def test_whatever_the_scale_a_share_is_one_and_a_turned_scale_is_turned(
    name, low, width, place, up
):
    high = low + width
    if not low < high:
        return
    score = min(high, max(low, low + place * width))
    rules = ScoreRules()
    one = scored(answer(name, score, low, high, higher_is_better=up), rules)
    assert 0 <= one.share <= 1
    other = scored(answer(name, score, low, high, higher_is_better=not up), rules)
    assert one.share + other.share == pytest.approx(1, abs=1e-8)
    assert math.isfinite(one.value)


def test_thresholds_are_configuration():
    rules = Configuration(scores=ScoreRules(satisfied_share=0.5))
    [row] = rows(told((csat(3), at())), "scores", rules=Rulebook(document(rules)))
    assert row["grade"] == "satisfied"


def test_a_row_says_who_answered_where_and_about_what():
    fact = csat(4, conversation=TALK, brand="acme", actor="kim", team="north", topic="refund")
    [row] = rows(told((fact, at(3))), "scores")
    assert row["customer_id"] == ANN.hex()
    assert row["answered_at"] == at(3)
    assert row["event_id"] == event_id(1).hex()
    told_of = ("channel", "brand", "agent", "team", "topic", "conversation_id")
    assert [row[n] for n in told_of] == ["survey", "acme", "kim", "north", "refund", TALK.hex()]
    assert not row["conversation_is_assumed"]


@pytest.mark.parametrize(("days", "is_about"), [(29.9, True), (30, True), (30.1, False)])
@pytest.mark.parametrize("what", [order(), delivered()])
def test_without_a_conversation_it_is_about_the_last_order(what, days, is_about):
    events = told((page(), at()), (what, at(days=1)), (csat(5), at(days=1 + days)))
    [row] = rows(events, "scores")
    assert row["order_event_id"] == (event_id(2).hex() if is_about else "")
    assert row["conversation_id"] == ""


def heard(*steps):
    """The rows of scores when it hears signs of others between events."""
    projection = scores(Configuration())
    state, found = projection.initial(), []
    story = Story()
    for step in steps:
        if isinstance(step, tuple):
            change = projection.evolve(state, story.tell(*step), ANN)
        else:
            change = projection.hears[type(step)](state, step, ANN)
        found += [dict(zip(SCORES.names, c.row, strict=True)) for c in change.rows]
    return found


def solved(hours, talk=TALK, **more):
    told = {"agent": "kim", "team": "north", "topic": "refund"} | more
    return TalkResolved(at=at(hours), conversation=talk, is_implied=False, contacts=1, **told)


@pytest.mark.parametrize(("days", "is_about"), [(6.9, True), (7, True), (7.1, False)])
def test_an_answer_is_about_the_last_conversation(days, is_about):
    [row] = heard(solved(0), (csat(5), at(days=days)))
    expected = [TALK.hex(), True, "kim", "north", "refund"] if is_about else ["", False, "", "", ""]
    names = ("conversation_id", "conversation_is_assumed", "agent", "team", "topic")
    assert [row[name] for name in names] == expected


def test_the_last_conversation_wins_over_an_older_one_and_over_an_order():
    [row] = heard(solved(0), (order(), at(1)), solved(2, OTHER_TALK, agent="lee"), (csat(5), at(3)))
    assert (row["conversation_id"], row["agent"]) == (OTHER_TALK.hex(), "lee")
    assert row["order_event_id"] == ""


def test_what_the_answer_says_itself_wins():
    [row] = heard(solved(0), (csat(5, actor="lee", topic="delivery"), at(1)))
    assert (row["agent"], row["team"], row["topic"]) == ("lee", "north", "delivery")
    [row] = heard(solved(0), (csat(5, conversation=OTHER_TALK), at(1)))
    assert (row["conversation_id"], row["agent"]) == (OTHER_TALK.hex(), "")
    assert not row["conversation_is_assumed"]


def test_stage_and_personas_are_those_of_the_time():
    before, after = heard(
        StageEntered(at=at(), stage="usage", previous="purchase", cause="delivered"),
        PersonasChanged(at=at(), personas=("frequent", "young")),
        (csat(5), at(1)),
        PersonasChanged(at=at(2), personas=()),
        StageEntered(at=at(2), stage="loyalty", previous="usage", cause="renewal"),
        (csat(1), at(3)),
    )
    assert (before["stage"], before["personas"]) == ("usage", ["frequent", "young"])
    assert (after["stage"], after["personas"]) == ("loyalty", [])


def test_others_are_told_of_a_score():
    projection = scores(Configuration())
    event = Story().tell(csat(2), NOON)
    step = projection.evolve(projection.initial(), event, ANN)
    assert step.signs == (
        ScoreGiven(
            at=NOON,
            event_id=event.event_id,
            channel="survey",
            metric="csat",
            score=2,
            scale_min=1,
            scale_max=5,
            share=0.25,
        ),
    )


def test_nothing_else_is_a_score():
    assert rows(told((page(), at()), (asks(), at(1)), (order(), at(2))), "scores") == []
    readers = RULES.meaning.reading
    assert "scores" in [p.name for p in readers(SurveyAnswered)]
    assert "scores" not in [p.name for p in readers(PageViewed)]
    assert "scores" not in [p.name for p in readers(MessageReceived)]
