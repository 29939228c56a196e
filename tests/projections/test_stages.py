"""Given what a customer did, then the stages they went through."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from journey.config.file import parse
from projections.configuration import DEFAULT, Configuration, document
from projections.configuration.stages import PATH, StageRules
from projections.fold import refold_meaning
from projections.rulebook import Rulebook
from projections.signs import StageEntered
from projections.stages import stages as stages_under
from projections.subscriptions import PLANS_MAX
from schemas.errors import ConfigurationError
from schemas.events import CartChanged, Custom, ReviewPosted, Searched
from schemas.times import DAY
from tests.projections.story import (
    ANN,
    RULES,
    Story,
    asks,
    asks_to_cancel,
    at,
    cancelled,
    csat,
    delivered,
    event_id,
    order,
    order_cancelled,
    page,
    product_viewed,
    referral,
    renewed,
    replies,
    rows,
    subscribed,
    told,
    unpaid,
    used,
)

QUESTION = asks(is_question=True)
LAPSE = 180
STAGED = stages_under(DEFAULT)


def history(*facts, until=0):
    return rows(told(*facts), "stages", until)


def stages(*facts, until=0):
    return [row["stage"] for row in history(*facts, until=until)]


# What brings a customer to each stage, one fact a day from day 0, and how it ends.
WAY: dict[str, list[Any]] = {
    "awareness": [page()],
    "consideration": [page(), QUESTION],
    "purchase": [page(), order()],
    "usage": [page(), order(), delivered()],
    "loyalty": [page(), order(), order()],
    "at_risk": [page(), QUESTION, csat(1)],
}
LASTING = [*WAY]  # silence ends them
STAGES = [*WAY, "lapsed"]
# What shows each sign, without orders before, and with one.
SHOWS = {
    "product": product_viewed(),
    "search": Searched(direction="inbound"),
    "cart": CartChanged(direction="inbound"),
    "question": QUESTION,
    "order": order(),
    "second_order": order(),
    "subscription": subscribed(),
    "renewal": renewed(),
    "delivered": delivered(),
    "first_use": used(),
    "referral": referral(),
    "cancellation_asked": asks_to_cancel(),
    "low_csat": csat(2),
    "high_csat": csat(4),
    "inbound": page(),
}
EARLY = ("awareness", "consideration", "purchase", "usage")
# The default table of DOMAIN.md, written down once more: what is not here changes nothing.
EXPECTED = {
    **{("awareness", sign): "consideration" for sign in ("product", "search", "cart", "question")},
    **{(stage, "order"): "purchase" for stage in ("awareness", "consideration", "usage")},
    **{(stage, "subscription"): "purchase" for stage in ("awareness", "consideration", "usage")},
    **{("purchase", sign): "usage" for sign in ("delivered", "first_use")},
    **{
        (stage, sign): "loyalty"
        for stage in EARLY
        for sign in ("second_order", "renewal", "referral")
    },
    **{
        (stage, sign): "at_risk"
        for stage in (*EARLY, "loyalty")
        for sign in ("cancellation_asked", "low_csat")
    },
    # The stage before, on the way that is gone here.
    **{
        ("at_risk", sign): "consideration"
        for sign in ("order", "subscription", "renewal", "second_order", "high_csat")
    },
    # Any touch by the customer; of the rest nobody is woken up.
    **{("lapsed", sign): "consideration" for sign in SHOWS if sign not in ("delivered",)},
    **{
        ("lapsed", sign): "purchase"
        for sign in ("order", "second_order", "subscription", "renewal")
    },
}


# Stages in which an order can be the second, although the way there has none: the customer
# ordered, lapsed, and came back.
CAME_BACK: dict[str, list[tuple[Any, int]]] = {
    "consideration": [(order(), 0), (page(), LAPSE + 1)],
    "at_risk": [(order(), 0), (page(), LAPSE + 1), (csat(1), LAPSE + 2)],
    "lapsed": [(order(), 0)],
}
# Who ordered is just aware again only out of at_risk, which this test does not walk through.
UNTESTED = ("awareness", "second_order")


def reach(stage, sign):
    """Facts up to a stage, and the day on which the sign is shown so that it is that sign."""
    if sign == "second_order" and stage in CAME_BACK:
        return [(fact, at(days=day)) for fact, day in CAME_BACK[stage]], LAPSE + 3
    if stage == "lapsed":
        return [(page(), at(days=0))], LAPSE + 1
    way = WAY[stage]
    facts = [(fact, at(days=n)) for n, fact in enumerate(way)]
    if sign == "order" and order() in way:
        # Beyond the loyalty window, and never silent for long.
        return facts + [(page(), at(days=n)) for n in range(100, 400, 100)], 400
    return facts, len(way)


PAIRS = [(stage, sign) for stage in STAGES for sign in SHOWS if (stage, sign) != UNTESTED]


@pytest.mark.parametrize(("stage", "sign"), PAIRS)
def test_each_pair_of_stage_and_sign_does_what_the_table_says(stage, sign):
    facts, day = reach(stage, sign)
    before = stages(*facts, until=at(days=day))
    assert before[-1] == stage
    after = stages(*facts, (SHOWS[sign], at(days=day)), until=at(days=day))
    expected = EXPECTED.get((stage, sign))
    assert after == ([*before, expected] if expected else before)


def test_the_table_has_no_row_that_is_not_tested():
    told = {(s, sign) for s, moves in StageRules().moves().items() for sign in moves}
    timed = {(s, sign) for s in LASTING for sign in ("silence", "subscription_ended")}
    timed |= {(s, "unpaid") for s in PATH}
    assert told - timed <= EXPECTED.keys()
    # An event that has no entry of its own for lapsed is an inbound touch; a second order an order.
    others = {(s, sign) for s, sign in EXPECTED if s in ("lapsed", "at_risk")}
    assert EXPECTED.keys() - others <= told


def test_an_order_out_of_awareness_can_be_the_second():
    facts = [(page(), at(0)), (csat(1), at(1)), (order(), at(2)), (order(), at(3))]
    assert stages(*facts) == ["awareness", "at_risk", "awareness", "loyalty"]


@pytest.mark.parametrize("stage", LASTING)
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
    told = {(row["rule_version"], row["rules"]) for row in rows(story.events, "stages")}
    assert told == {(3, StageRules().mark)}
    other = Configuration(stages=StageRules(lapse=1))
    others = rows(story.events, "stages", 0, Rulebook(document(other)))
    assert {row["rules"] for row in others} == {other.stages.mark}
    assert other.stages.mark != StageRules().mark


# --- payments and subscriptions ---------------------------------------------------------------


def test_a_payment_that_is_not_made_good_for_seven_days_puts_at_risk():
    facts = [(order(), at(0)), (unpaid(), at(1)), (unpaid(), at(days=5))]
    assert stages(*facts, until=at(1, days=7)) == ["awareness", "purchase"]
    last = history(*facts, until=at(1, days=7, micros=1))[-1]
    assert (last["stage"], last["cause"], last["entered_at"]) == (
        "at_risk",
        "unpaid",
        at(1, days=7),
    )


@pytest.mark.parametrize("paid", [order(), renewed(), subscribed(), order_cancelled()])
def test_what_makes_a_payment_good_calls_it_off_up_to_the_last_moment(paid):
    facts = [(order(), at(0)), (unpaid(), at(1))]
    assert "at_risk" not in stages(*facts, (paid, at(1, days=7)), until=at(days=30))
    late = (paid, at(1, days=7, micros=1))
    assert "at_risk" in stages(*facts, late, until=at(days=30))


def test_a_subscription_that_is_not_renewed_ends_after_the_days_of_grace():
    facts = [(subscribed(plan="a", ends_at=at(days=30)), at(0))]
    assert stages(*facts, until=at(days=31))[-1] == "purchase"
    last = history(*facts, until=at(days=31, micros=1))[-1]
    assert (last["stage"], last["cause"]) == ("lapsed", "subscription_ended")
    assert last["entered_at"] == at(days=31)
    again = (renewed(plan="a", ends_at=at(days=60)), at(days=31))
    assert stages(*facts, again, until=at(days=61))[-1] == "loyalty"


def test_a_cancelled_subscription_ends_when_the_cancellation_says():
    begun = (subscribed(plan="a", ends_at=at(days=30)), at(0))
    later = (cancelled(plan="a", ends_at=at(days=20)), at(1))
    assert history(begun, later, until=at(days=21))[-1]["entered_at"] == at(days=20)
    at_once = (cancelled(plan="a"), at(1))
    assert history(begun, at_once, until=at(days=21))[-1]["entered_at"] == at(1)


def test_only_the_end_of_the_last_subscription_counts():
    both = [(subscribed(plan="a"), at(0)), (subscribed(plan="b"), at(1))]
    assert stages(*both, (cancelled(plan="a"), at(2)))[-1] == "purchase"
    assert stages(*both, (cancelled(plan="a"), at(2)), (cancelled(plan="b"), at(3)))[-1] == "lapsed"
    assert stages(*both, (cancelled(), at(2)))[-1] == "lapsed"


def test_a_cancellation_of_an_unknown_plan_ends_the_unnamed_one_only():
    both = [(subscribed(), at(0)), (subscribed(plan="b"), at(1))]
    unknown, other = (cancelled(plan="x"), at(2)), (cancelled(plan="b"), at(3))
    assert stages(*both, unknown)[-1] == "purchase"
    assert stages(*both, unknown, other)[-1] == "lapsed"
    assert stages(*both, (cancelled(), at(2)))[-1] == "lapsed"


def test_many_subscriptions_keep_a_state_small():
    facts = [(subscribed(plan=str(n), ends_at=at(days=900)), at(n)) for n in range(40)]
    state, _ = refold_meaning(RULES, ANN, told(*facts), 0)
    assert len(state.stages.plans) == PLANS_MAX


# --- stages of one's own ----------------------------------------------------------------------


def under(text, *facts, until=0):
    rules = Rulebook(document(parse(text).rules))
    return [row["stage"] for row in rows(told(*facts), "stages", until, rules)]


TRIAL = """
[stages]
path = ["visitor", "trial", "client"]
off_path = ["gone"]
lapse = "10 d"

[stages.signs.trial]
events = ["trial-begun", "subscription-started"]
channels = ["web", "app"]

[stages.signs.good_review]
events = ["review-posted"]
share_at_least = 0.8

[[stages.transitions]]
into = "trial"
by = ["trial"]
out_of = ["visitor"]

[[stages.transitions]]
into = "client"
by = ["order", "good_review"]
out_of = ["visitor", "trial"]

[[stages.transitions]]
into = "gone"
by = ["silence"]
out_of = ["visitor", "trial"]

[[stages.transitions]]
into = "before"
by = ["inbound"]
out_of = ["gone"]
"""


def test_stages_signs_and_transitions_may_be_ones_own():
    begun = Custom(name="trial-begun", channel="app", direction="inbound")
    assert under(TRIAL, (page(), at(0)), (begun, at(1))) == ["visitor", "trial"]
    assert under(TRIAL, (page(), at(0)), (subscribed(), at(1))) == ["visitor", "trial"]
    by_phone = subscribed(channel="phone")
    assert under(TRIAL, (page(), at(0)), (by_phone, at(1))) == ["visitor"]
    gone = [(begun, at(1)), (page(), at(days=20))]
    assert under(TRIAL, *gone, until=at(days=20)) == ["visitor", "trial", "gone", "trial"]
    assert under(TRIAL, (order(), at(1)), until=at(days=99)) == ["visitor", "client"]
    reviews = [(ReviewPosted(stars=stars), at(stars)) for stars in (3, 4)]
    assert under(TRIAL, *reviews) == ["visitor", "client"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('["trial"]', '["trail"]', "line 17, .*by: trail is no sign .did you mean trial"),
        ('into = "trial"', 'into = "tril"', "line 16, .*into: tril is no stage .did you mean"),
        ('off_path = ["gone"]', 'off_path = ["gone", "lost"]', "lost is never reached"),
        ('off_path = ["gone"]', 'off_path = ["gone", "trial"]', "trial stands here twice"),
        ('out_of = ["gone"]', 'out_of = ["trial"]', "trial is on the path"),
        ('path = ["visitor", "trial", "client"]', "path = []", "is empty"),
        ('"visitor", "trial", "client"', '"before", "trial", "client"', "no name of a stage"),
        ('"order", "good_review"', '"order", "trial"', "trial leads from visitor to trial already"),
        ("share_at_least = 0.8", "share_at_least = 0.8\nshare_at_most = 0.2", "nothing would fit"),
        ("share_at_least = 0.8", 'unless = ["order-placed"]', "needs a time to wait"),
        ("[stages.signs.trial]", "[stages.signs.silence]", "cannot be redefined"),
        ('events = ["review-posted"]', "events = []", "name a type of events"),
    ],
)
def test_what_is_wrong_with_stages_is_told_with_its_place(old, new, complaint):
    assert TRIAL.count(old) >= 1
    with pytest.raises(ConfigurationError, match=complaint):
        parse(TRIAL.replace(old, new, 1))


def test_naming_other_stages_asks_for_another_table():
    with pytest.raises(ConfigurationError, match=r"transitions.*consideration is no stage"):
        parse('[stages]\npath = ["awareness", "purchase", "usage", "loyalty"]')


# --- what others are told ---------------------------------------------------------------------


def test_each_stage_that_is_entered_is_told_to_others():
    step = STAGED.evolve(STAGED.initial(), told((order(), at(0)))[0], ANN)
    assert step.signs == [
        StageEntered(
            at=at(0), event_id=event_id(1), stage="awareness", previous="", cause="first_touch"
        ),
        StageEntered(
            at=at(0), event_id=event_id(1), stage="purchase", previous="awareness", cause="order"
        ),
    ]
    silent: Any = STAGED.on_time(step.state, step.state.wake, ANN).signs
    assert [(s.stage, s.event_id, s.at) for s in silent] == [("lapsed", b"", at(days=LAPSE))]


@pytest.mark.parametrize("name", ["stages.md", "personas.md", "customer-card.md", "journey-map.md"])
def test_the_examples_in_the_docs_are_right(name):
    docs = Path(__file__).resolve().parent.parent.parent / "docs"
    examples = re.findall(
        r"```toml\n(.*?)```", (docs / name).read_text(encoding="utf-8"), re.DOTALL
    )
    assert examples
    for example in examples:
        parse(example)
