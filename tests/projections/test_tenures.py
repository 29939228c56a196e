"""Given orders and subscriptions, then from when to when somebody was a customer."""

import random
from itertools import pairwise
from typing import Any

import pytest

from projections.configuration import Configuration, document
from projections.configuration.stages import StageRules, Transition
from projections.rulebook import Rulebook
from projections.signs import StageEntered
from projections.tables import TENURES
from projections.tenures import PLANS_MAX, tenures
from schemas.events import SubscriptionCancelled, SubscriptionRenewed, SubscriptionStarted
from schemas.times import DAY, SECOND
from tests.projections.story import ANN, Story, at, csat, order, page, rows, told

MONTH = 30
# A renewal may be a day late; who only orders lapses after years.
A_DAY = Configuration(stages=StageRules(renewal_grace=86400, lapse=3000 * 86400))


def starts(day, days=MONTH, plan="basic", **more):
    ends = at(days=day + days) if days else 0
    return SubscriptionStarted(plan=plan, ends_at=ends, **more), at(days=day)


def renews(day, days=MONTH, plan="basic", **more):
    return SubscriptionRenewed(plan=plan, ends_at=at(days=day + days), **more), at(days=day)


def cancels(day, ends=None, plan="basic"):
    ends_at = 0 if ends is None else at(days=ends)
    return SubscriptionCancelled(plan=plan, ends_at=ends_at), at(days=day)


def spans(*facts, until=400, rules=A_DAY):
    """Each tenure as (began, ended, why), in days."""
    found = rows(told(*facts), "tenures", at(days=until), Rulebook(document(rules)))
    return [
        (
            (r["began_at"] - at()) / DAY,
            None if r["ended_at"] is None else (r["ended_at"] - at()) / DAY,
            r["ended_by"],
        )
        for r in found
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([(page(), at())], []),
        ([(order(), at(days=1))], [(1, None, "")]),
        ([(order(), at(days=1)), (order(), at(days=9))], [(1, None, "")]),
        ([starts(0)], [(0, 30, "not_renewed")]),
        ([starts(0, days=0)], [(0, None, "")]),  # nobody told when it ends
        ([starts(0), renews(30)], [(0, 60, "not_renewed")]),
        ([starts(0), renews(29)], [(0, 59, "not_renewed")]),
        ([starts(0), renews(31)], [(0, 61, "not_renewed")]),  # a day late is in time
        ([starts(0), renews(31.001)], [(0, 30, "not_renewed"), (31.001, 61.001, "not_renewed")]),
        ([starts(0), cancels(9)], [(0, 9, "cancelled")]),
        ([starts(0), cancels(9, ends=30)], [(0, 30, "cancelled")]),
        ([starts(0), cancels(9, ends=5)], [(0, 9, "cancelled")]),
        ([starts(0), cancels(9, ends=30), renews(20)], [(0, 50, "not_renewed")]),
        ([starts(0), cancels(9, plan="")], [(0, 9, "cancelled")]),
        ([starts(0), cancels(9, plan="other")], [(0, 30, "not_renewed")]),
        ([starts(0, plan=""), cancels(9, plan="other")], [(0, 9, "cancelled")]),
        ([starts(0), starts(5, plan="plus"), cancels(9, plan="")], [(0, 9, "cancelled")]),
        ([cancels(9)], []),
        ([(order(), at()), cancels(9)], [(0, 9, "cancelled")]),  # of one that nobody saw begin
        ([starts(0), starts(5, plan="plus"), cancels(9)], [(0, 35, "not_renewed")]),
        # One of which no plan was told may be of any name, but it is not all of them.
        ([starts(0, plan=""), starts(5), cancels(9, plan="other")], [(0, 35, "not_renewed")]),
        ([starts(0), starts(5, plan=""), cancels(9)], [(0, 35, "not_renewed")]),
        ([starts(0, plan=""), starts(5), cancels(9, plan="")], [(0, 9, "cancelled")]),
        ([starts(0), starts(5, plan="plus"), cancels(9, plan="other")], [(0, 35, "not_renewed")]),
        ([(order(), at()), starts(5)], [(0, 35, "not_renewed")]),
        ([starts(0), (order(), at(days=9))], [(0, 30, "not_renewed")]),
        ([starts(0), (order(), at(days=40))], [(0, 30, "not_renewed"), (40, None, "")]),
    ],
)
def test_spans(facts, expected):
    assert spans(*facts) == [pytest.approx(span) for span in expected]


def test_until_the_grace_is_over_the_customer_is_not_lost():
    assert spans(starts(0), until=31) == [(0, None, "")]
    assert spans(starts(0), until=31.001) == [(0, 30, "not_renewed")]
    strict = Configuration(stages=StageRules(renewal_grace=0))
    assert spans(starts(0), until=30.001, rules=strict) == [(0, 30, "not_renewed")]


def test_a_row_says_what_was_paid_for_last():
    first = starts(0, amount_micros=9_990_000, currency="EUR", brand="acme", channel="web")
    again = renews(30, days=60, amount_micros=18_000_000, currency="EUR")
    [row] = rows(told(first, again), "tenures", at(days=31))
    assert (row["brand"], row["channel"], row["kind"]) == ("acme", "web", "subscription")
    assert (row["plan"], row["amount"], row["currency"]) == ("basic", 18.0, "EUR")
    assert (row["renewals"], row["period_s"]) == (1, 60 * DAY / SECOND)
    assert (row["due_at"], row["is_cancelled"]) == (at(days=90), False)


def lapsed(day):
    return StageEntered(at=at(days=day), stage="lapsed", previous="usage", cause="silence")


def test_whoever_orders_once_lapses_as_the_stage_does():
    assert spans((order(), at()), rules=Configuration()) == [(0, 180, "lapsed")]


def heard(*steps):
    """How each tenure stands when signs of stages come in between."""
    projection = tenures(Configuration())
    state, found, story = projection.initial(), {}, Story()
    for step in steps:
        if isinstance(step, tuple):
            change = projection.evolve(state, story.tell(*step), ANN)
        else:
            change = projection.hears[StageEntered](state, step, ANN)
        for each in change.rows:
            row = dict(zip(TENURES.names, each.row, strict=True))
            found[row["ordinal"]] = (row["ended_by"], row["ended_at"])
    return list(found.values())


def test_who_only_orders_is_lost_by_lapsing():
    assert heard((order(), at()), lapsed(180)) == [("lapsed", at(days=180))]
    assert heard((order(), at()), lapsed(180), lapsed(400)) == [("lapsed", at(days=180))]
    assert heard(lapsed(180)) == []
    again = heard((order(), at()), lapsed(180), (order(), at(days=200)))
    assert again == [("lapsed", at(days=180)), ("", None)]


# Every stage under a name of one's own; who leaves is at first on hold.
RENAMED = StageRules(
    path=["visitor", "client"],
    off_path=["lapsed", "gone"],
    transitions=[
        Transition(into="client", by=["order", "subscription"], out_of=["visitor", "lapsed"]),
        Transition(into="lapsed", by=["low_csat"], out_of=["client"]),
        Transition(into="gone", by=["silence", "subscription_ended"], out_of=["client", "lapsed"]),
    ],
)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([(order(), at())], (0, 180, "lapsed")),
        ([(order(), at()), cancels(9)], (0, 9, "cancelled")),
        ([(order(), at()), (csat(1), at(days=9))], (0, 189, "lapsed")),  # unhappy is not lost
    ],
)
def test_a_stage_may_have_any_name(facts, expected):
    assert spans(*facts, rules=Configuration(stages=RENAMED)) == [expected]


def test_a_silent_subscriber_is_not_lost():
    assert heard(starts(0, days=365), lapsed(180)) == [("", None)]


def test_other_stages_end_nothing():
    sign = StageEntered(at=at(days=1), stage="at_risk", previous="usage", cause="low_csat")
    assert heard((order(), at()), sign) == [("", None)]


def test_memory_is_bounded():
    many = [starts(0, days=MONTH + n, plan=f"p{n}") for n in range(PLANS_MAX + 5)]
    projection, story = tenures(Configuration()), Story()
    state = projection.initial()
    for fact, when in many:
        projection.evolve(state, story.tell(fact, when), ANN)
    assert state.tenure is not None
    assert len(state.tenure.running) == PLANS_MAX
    assert spans(*many) == [(0, MONTH + PLANS_MAX + 4, "not_renewed")]


def plain(facts, until):
    """The rule once more, from whole lists: one plan, with ends that are always told."""
    found: list[Any] = []
    began, end, why = None, None, ""
    for fact, when in [*facts, (None, until)]:
        grace = 0 if why == "cancelled" else DAY
        # Events at the very end of the grace come before it is over.
        over = end if end is not None and end + grace < when else None
        if isinstance(fact, SubscriptionCancelled) and over is None:
            over = when if fact.ends_at <= when else None
            end, why = fact.ends_at, "cancelled"
        if over is not None:
            found += [] if began is None else [(began, over, why)]
            began = end = None
            if isinstance(fact, SubscriptionCancelled) and fact.ends_at > when:
                end, why = fact.ends_at, "cancelled"
        if isinstance(fact, SubscriptionStarted | SubscriptionRenewed):
            began, end, why = when if began is None else began, fact.ends_at, "not_renewed"
        elif fact is not None and began is None and not isinstance(fact, SubscriptionCancelled):
            began = when
    return found if began is None else [*found, (began, None, "")]


@pytest.mark.parametrize("seed", range(60))
def test_random_histories_against_the_rule_from_whole_lists(seed):
    draw = random.Random(seed)
    days = sorted(draw.sample(range(200), draw.randrange(1, 12)))
    facts = []
    for day in days:
        kind = draw.choice(["start", "renew", "cancel", "order"])
        if kind == "order":
            facts.append((order(), at(days=day)))
        elif kind == "cancel":
            facts.append(cancels(day, ends=draw.choice([None, day + 3])))
        else:
            make = starts if kind == "start" else renews
            facts.append(make(day, days=draw.choice([5, 14, 30])))
    until = at(days=draw.choice([210, 500]))
    found = rows(told(*facts), "tenures", until, Rulebook(document(A_DAY)))
    expected = plain(facts, until)
    assert [(r["began_at"], r["ended_at"], r["ended_by"]) for r in found] == expected
    assert [r["ordinal"] for r in found] == list(range(1, len(found) + 1))
    assert all(a["ended_at"] <= b["began_at"] for a, b in pairwise(found))
