"""Given what a customer did, then the stages they went through."""

from itertools import pairwise
from typing import Any

import pytest

from projections.configuration import Configuration, document
from projections.configuration.stages import StageRules
from projections.rulebook import Rulebook
from projections.stages import BEFORE, PATH, TRANSITIONS, Sign, Stage
from schemas.events import Custom
from schemas.times import DAY
from tests.projections.story import (
    Story,
    asks,
    at,
    csat,
    delivered,
    event_id,
    order,
    page,
    replies,
    rows,
    told,
)

QUESTION = asks(is_question=True)
LAPSE = 180


def history(*facts, until=0):
    return rows(told(*facts), "stages", until)


def stages(*facts, until=0):
    return [row["stage"] for row in history(*facts, until=until)]


# What brings a customer to each stage, one fact a day from day 0, and how it ends.
WAY: dict[Stage, list[Any]] = {
    Stage.AWARENESS: [page()],
    Stage.CONSIDERATION: [page(), QUESTION],
    Stage.PURCHASE: [page(), order()],
    Stage.USAGE: [page(), order(), delivered()],
    Stage.LOYALTY: [page(), order(), order()],
    Stage.AT_RISK: [page(), QUESTION, csat(1)],
}
# What shows each sign, without orders before, and with one.
SHOWS = {
    Sign.QUESTION: QUESTION,
    Sign.ORDER: order(),
    Sign.SECOND_ORDER: order(),
    Sign.DELIVERED: delivered(),
    Sign.LOW_CSAT: csat(2),
    Sign.HIGH_CSAT: csat(4),
    Sign.INBOUND: page(),
}
# The default table of DOMAIN.md, written down once more: what is not here changes nothing.
EXPECTED = {
    ("awareness", "question"): "consideration",
    ("awareness", "order"): "purchase",
    ("consideration", "order"): "purchase",
    ("consideration", "second_order"): "loyalty",
    ("purchase", "delivered"): "usage",
    ("purchase", "second_order"): "loyalty",
    ("usage", "order"): "purchase",
    ("usage", "second_order"): "loyalty",
    ("awareness", "low_csat"): "at_risk",
    ("consideration", "low_csat"): "at_risk",
    ("purchase", "low_csat"): "at_risk",
    ("usage", "low_csat"): "at_risk",
    ("loyalty", "low_csat"): "at_risk",
    ("at_risk", "order"): "consideration",  # the stage before, on the way that is gone here
    ("at_risk", "second_order"): "consideration",
    ("at_risk", "high_csat"): "consideration",
    ("lapsed", "question"): "consideration",
    ("lapsed", "order"): "purchase",
    ("lapsed", "second_order"): "purchase",
    ("lapsed", "low_csat"): "consideration",
    ("lapsed", "high_csat"): "consideration",
    ("lapsed", "inbound"): "consideration",
}


# Stages in which an order can be the second, although the way there has none: the customer
# ordered, lapsed, and came back.
CAME_BACK: dict[Stage, list[tuple[Any, int]]] = {
    Stage.CONSIDERATION: [(order(), 0), (page(), LAPSE + 1)],
    Stage.AT_RISK: [(order(), 0), (page(), LAPSE + 1), (csat(1), LAPSE + 2)],
    Stage.LAPSED: [(order(), 0)],
}
# Who ordered is never just aware again, so this pair cannot come about.
IMPOSSIBLE = (Stage.AWARENESS, Sign.SECOND_ORDER)


def reach(stage, sign):
    """Facts up to a stage, and the day on which the sign is shown so that it is that sign."""
    if sign is Sign.SECOND_ORDER and stage in CAME_BACK:
        return [(fact, at(days=day)) for fact, day in CAME_BACK[stage]], LAPSE + 3
    if stage is Stage.LAPSED:
        return [(page(), at(days=0))], LAPSE + 1
    way = WAY[stage]
    facts = [(fact, at(days=n)) for n, fact in enumerate(way)]
    if sign is Sign.ORDER and order() in way:
        # Beyond the loyalty window, and never silent for long.
        return facts + [(page(), at(days=n)) for n in range(100, 400, 100)], 400
    return facts, len(way)


PAIRS = [(stage, sign) for stage in Stage for sign in SHOWS if (stage, sign) != IMPOSSIBLE]


@pytest.mark.parametrize(("stage", "sign"), PAIRS)
def test_each_pair_of_stage_and_sign_does_what_the_table_says(stage, sign):
    facts, day = reach(stage, sign)
    before = stages(*facts, until=at(days=day))
    assert before[-1] == stage
    after = stages(*facts, (SHOWS[sign], at(days=day)), until=at(days=day))
    expected = EXPECTED.get((stage, sign))
    assert after == ([*before, expected] if expected else before)


def test_the_table_has_no_row_that_is_not_tested():
    tested = {*EXPECTED, IMPOSSIBLE}
    timed = {(s, "silence") for s in Stage if s is not Stage.LAPSED}
    assert {(str(s), str(sign)) for s, sign in TRANSITIONS} == tested | timed


@pytest.mark.parametrize("stage", [s for s in Stage if s is not Stage.LAPSED])
def test_silence_leads_from_every_stage_to_lapsed(stage):
    facts = [(fact, at(days=n)) for n, fact in enumerate(WAY[stage])]
    assert stages(*facts, until=at(days=400))[-2:] == [stage, "lapsed"]


# --- rows -------------------------------------------------------------------------------------


def test_the_first_touch_is_awareness_even_where_it_is_more():
    first, second = history((order(), at(0)))
    assert (first["stage"], first["previous"], first["ordinal"]) == ("awareness", "", 1)
    assert (first["cause"], first["cause_event_id"]) == ("first_touch", event_id(1).hex())
    assert (first["left_at"], first["dwell_s"]) == (at(0), 0)
    assert (second["stage"], second["previous"], second["ordinal"]) == ("purchase", "awareness", 2)
    assert (second["cause"], second["left_at"], second["dwell_s"]) == ("order", None, None)


def test_a_history_has_no_gap():
    facts = [(page(), at(0)), (order(), at(3)), (delivered(), at(50)), (csat(1), at(51))]
    rows_ = history(*facts, until=at(days=400))
    assert [r["ordinal"] for r in rows_] == [1, 2, 3, 4, 5]
    for one, following in pairwise(rows_):
        assert one["left_at"] == following["entered_at"]
        assert one["dwell_s"] == (following["entered_at"] - one["entered_at"]) / 1e6
        assert one["stage"] == following["previous"]
    assert (rows_[-1]["left_at"], rows_[-1]["cause_event_id"]) == (None, "")
    assert rows_[-1]["cause"] == "silence"


def test_going_back_is_a_fact():
    facts = [(order(), at(0)), (delivered(), at(1))]
    facts += [(page(), at(days=n)) for n in range(100, 400, 100)]
    rows_ = history(*facts, (order(), at(days=366)))
    assert [(r["stage"], r["is_back"]) for r in rows_] == [
        ("awareness", False),
        ("purchase", False),
        ("usage", False),
        ("purchase", True),
    ]


def test_off_the_path_nothing_is_back():
    rows_ = history((order(), at(0)), (csat(1), at(1)), (csat(5), at(2)))
    assert [r["is_back"] for r in rows_] == [False] * 4
    assert [r["stage"] for r in rows_][2:] == ["at_risk", "purchase"]


# --- time -------------------------------------------------------------------------------------


def test_a_customer_lapses_after_exactly_180_days_without_an_inbound_touch():
    assert stages((page(), at(0)), until=at(days=LAPSE)) == ["awareness"]
    rows_ = history((page(), at(0)), until=at(days=LAPSE, micros=1))
    assert (rows_[1]["stage"], rows_[1]["entered_at"]) == ("lapsed", at(days=LAPSE))


def test_a_touch_at_exactly_180_days_comes_before_the_lapse():
    late = at(days=LAPSE)
    assert stages((page(), at(0)), (page(), late), until=at(days=2 * LAPSE)) == ["awareness"]
    after = at(days=LAPSE, micros=1)
    assert stages((page(), at(0)), (page(), after)) == ["awareness", "lapsed", "consideration"]


def test_what_the_brand_does_is_no_sign_of_life():
    facts = [(page(), at(0)), (replies(), at(days=100)), (delivered(), at(days=179))]
    assert stages(*facts, until=at(days=LAPSE + 1)) == ["awareness", "lapsed"]
    assert stages(*facts, (replies(), at(days=300)), (delivered(), at(days=301))) == [
        "awareness",
        "lapsed",
    ]


def test_who_came_back_can_lapse_again():
    facts = [(page(), at(0)), (page(), at(days=200))]
    assert stages(*facts, until=at(days=381))[-2:] == ["consideration", "lapsed"]


@pytest.mark.parametrize("direction", ["outbound", "internal", ""])
def test_an_order_that_somebody_else_entered_counts_and_its_customer_can_lapse_again(direction):
    facts = [(page(), at(0)), (order(direction=direction), at(days=200))]
    assert stages(*facts, until=at(days=390)) == ["awareness", "lapsed", "purchase", "lapsed"]
    assert history(*facts, until=at(days=390))[-1]["entered_at"] == at(days=380)


def test_the_second_order_counts_within_365_days_of_the_one_before():
    keep = [(page(), at(days=n)) for n in (100, 200, 300)]
    assert stages((order(), at(0)), *keep, (order(), at(days=365)))[-1] == "loyalty"
    assert stages((order(), at(0)), *keep, (order(), at(days=365, micros=1)))[-1] == "purchase"


def test_thresholds_are_configuration():
    rules = Rulebook(document(Configuration(stages=StageRules(lapse=10 * 86400))))
    rows_ = rows(told((page(), at(0))), "stages", at(days=11), rules)
    assert rows_[-1]["entered_at"] - rows_[0]["entered_at"] == 10 * DAY


# --- signs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "sign"),
    [
        (csat(2), "low"),
        (csat(3), ""),
        (csat(4), "high"),
        (csat(4, 1, 10), "low"),
        (csat(5, 1, 10), ""),
        (csat(7, 1, 10), ""),
        (csat(8, 1, 10), "high"),
        (csat(4, 0, 10), "low"),
        (csat(5, 0, 10), ""),
        (csat(8, 0, 10), "high"),
        (csat(4, higher_is_better=False), "low"),
        (csat(2, higher_is_better=False), "high"),
        (csat(1, survey="nps"), ""),
        (csat(1, survey="ces"), ""),
    ],
)
def test_a_score_counts_on_the_scale_it_was_given_on(answer, sign):
    assert stages((page(), at(0)), (answer, at(1)))[-1] == (
        "at_risk" if sign == "low" else "awareness"
    )
    risky = [(page(), at(0)), (csat(1), at(1)), (answer, at(2))]
    assert stages(*risky)[-1] == ("awareness" if sign == "high" else "at_risk")


@pytest.mark.parametrize("stage", PATH)
def test_out_of_at_risk_the_way_leads_to_the_stage_before(stage):
    facts = [(fact, at(days=n)) for n, fact in enumerate(WAY[stage])]
    for out in (csat(5), order()):
        rows_ = history(*facts, (csat(1), at(days=5)), (csat(2), at(days=6)), (out, at(days=7)))
        assert [r["stage"] for r in rows_][-2:] == ["at_risk", stage]
    assert TRANSITIONS[Stage.AT_RISK, Sign.ORDER] is BEFORE


def test_from_at_risk_over_lapsed_the_stage_before_is_forgotten():
    facts = [(order(), at(0)), (csat(1), at(1)), (page(), at(days=200)), (csat(5), at(days=201))]
    assert stages(*facts)[-3:] == ["at_risk", "lapsed", "consideration"]


def test_a_message_without_a_question_is_no_question():
    assert stages((page(), at(0)), (asks(), at(1))) == ["awareness"]


def test_what_is_internal_is_no_touch():
    assert stages((Custom(direction="internal"), at(0))) == []


def test_every_row_names_the_version_of_its_rule():
    story = Story()
    story.tell(page(), at(0))
    assert {row["rule_version"] for row in rows(story.events, "stages")} == {1}
