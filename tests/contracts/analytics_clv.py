"""What every `Analytics` promises about what customers are worth: the same as plain Python."""

import math
import random
import statistics
from datetime import date
from typing import Any

import numpy as np
import pytest

from journey.metrics.lifetime import Buying, Spending, fit_amounts, fit_rates
from projections.tables import TENURES, TOUCHPOINTS
from schemas.times import DAY, HOUR, SECOND, moment
from tests.contracts.analytics_metrics import Told, named
from tests.contracts.analytics_rows import T0, block, row

END = T0 + 300 * DAY


def shop(draw, n):
    """Orders of ``n`` customers, some twice a day, some for nothing, some of them refunded."""
    made, k = [], 0

    def add(who, at, **values):
        nonlocal k
        k += 1
        told = {"currency": "EUR", "amount": 0.0, "brand": "a", "channel": "web"} | values
        told |= {"customer_id": f"{who:032x}", "event_id": f"{k:032x}", "occurred_at": at}
        made.append(row(TOUCHPOINTS, **told))

    for who in range(n):
        brand, channel = draw.choice("ab"), draw.choice(["web", "store"])
        at, mean = T0 + draw.randrange(100 * 24) * HOUR, draw.lognormvariate(3, 0.5)
        while at < END:
            amount = draw.choice([0.0, round(draw.lognormvariate(math.log(mean), 0.3), 2)])
            told = {"type": "order-placed", "brand": brand, "channel": channel}
            add(who, at, amount=amount, **told)
            if draw.random() < 0.2:
                add(who, at + 60 * SECOND, amount=5.25, **told)
            if draw.random() < 0.1:
                add(who, at + HOUR, amount=amount, type="refunded")
            if draw.random() < 0.35:
                break
            at += draw.randrange(1, 60) * DAY
    add(0, END, type="page-viewed")
    add(1, T0, type="order-placed", currency="USD", amount=1e6)  # another currency is left out
    add(n, T0, type="refunded", amount=1.0)  # who never paid is no customer
    return made


def by_hand(touches, horizon=365):
    """Customer -> (revenue, orders ahead, value ahead), with the models' own parameters."""
    money: dict[str, dict[str, float]] = {}
    days: dict[str, dict[date, float]] = {}
    firsts: dict[str, Told] = {}
    for t in sorted(touches, key=lambda t: t["occurred_at"]):
        if t["currency"] != "EUR" or t["type"] not in ("order-placed", "refunded"):
            continue
        who = t["customer_id"]
        sign = -1 if t["type"] == "refunded" else 1
        money.setdefault(who, {"revenue": 0.0})["revenue"] += sign * t["amount"]
        if sign == 1:
            firsts.setdefault(who, t)
            day = moment(t["occurred_at"]).date()
            each = days.setdefault(who, {})
            each[day] = each.get(day, 0) + t["amount"]
    known = sorted(days)
    end = moment(END).date()
    buying = Buying(
        np.array([len(days[w]) - 1.0 for w in known]),
        np.array([(max(days[w]) - min(days[w])).days / 7 for w in known]),
        np.array([(end - min(days[w])).days / 7 for w in known]),
    )
    repeats = [[v for d, v in days[w].items() if d != min(days[w]) and v > 0] for w in known]
    spending = Spending(
        np.array([float(len(r)) for r in repeats]),
        np.array([math.fsum(r) / len(r) if r else 0.0 for r in repeats]),
    )
    rates, amounts = fit_rates(buying), fit_amounts(spending)
    assert rates is not None
    assert amounts is not None
    orders = dict(zip(known, rates.expected(buying, horizon / 7), strict=True))
    means = dict(zip(known, amounts.expected(spending), strict=True))
    return {w: (money[w]["revenue"], orders[w], orders[w] * means[w], firsts[w]) for w in known}


class ClvContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize("by", ["none", "customer", "brand", "channel", "month"])
    def test_orders_in_the_past_and_ahead(self, ready, by):
        made = shop(random.Random(2), 150)
        ready.insert(block(TOUCHPOINTS, made), 1)
        expected: dict[str, list[Any]] = {}
        for who, told in by_hand(named(TOUCHPOINTS, made)).items():
            first = told[3]
            groups = first | {"none": "", "customer": who}
            groups["month"] = str(moment(first["occurred_at"]).date().replace(day=1))
            expected.setdefault(groups[by], []).append(told)
        found = ready.query("clv", {"by": by, "margin": 0.25}).to_pylist()
        assert sorted(each.get(by, "") for each in found) == sorted(expected)
        for each in found:
            people = expected[each.get(by, "")]
            worth = [revenue + ahead for revenue, _, ahead, _ in people]
            mean = math.fsum(worth) / len(worth)
            assert each["n"] == len(people)
            assert each["revenue"] == pytest.approx(math.fsum(p[0] for p in people), abs=1e-6)
            assert each["expected_orders"] == pytest.approx(sum(p[1] for p in people), rel=1e-3)
            assert each["expected"] == pytest.approx(sum(p[2] for p in people), rel=1e-3)
            assert each["clv_revenue"] == pytest.approx(mean, rel=1e-3)
            assert each["clv_margin"] == pytest.approx(mean / 4, rel=1e-3)
            assert 0 <= each["alive"] <= each["n"]
            assert each["last_at"] == moment(END)
            assert each["first_at"] == moment(min(p[3]["occurred_at"] for p in people))
            if len(people) > 1:
                assert each["sd"] == pytest.approx(statistics.stdev(worth), rel=1e-3)
                assert each["clv_revenue_low"] < mean < each["clv_revenue_high"]
            else:
                assert each["sd"] is each["clv_revenue_low"] is None
        if by == "customer":
            worth = [each["clv_revenue"] for each in found]
            assert worth == sorted(worth, reverse=True)
            [one] = ready.query("clv", {"by": by, "customer": found[3]["customer"]}).to_pylist()
            assert one["clv_revenue"] == pytest.approx(worth[3])
            assert one["clv_margin"] is None
            assert ready.query("clv", {"by": by, "limit": 7}).num_rows == 7

    def test_too_few_to_tell_what_is_ahead(self, ready):
        told = {"type": "order-placed", "currency": "EUR", "occurred_at": T0}
        made = [
            row(TOUCHPOINTS, customer_id=f"{n:032x}", event_id=f"{n:032x}", amount=10.0, **told)
            for n in range(9)
        ]
        ready.insert(block(TOUCHPOINTS, made), 1)
        [found] = ready.query("clv", {}).to_pylist()
        assert (found["n"], found["revenue"], found["currency"]) == (9, 90.0, "EUR")
        assert found["alive"] is found["expected"] is found["clv_revenue"] is None

    def test_renewals_ahead_by_the_renewal_rate(self, ready):
        # Three renewals, one end: each comes with 3/4 of the chance of the one before. Due in 10
        # days and then each 30: twelve in 365 days.
        paid = {"amount": 10.0, "currency": "EUR", "kind": "subscription", "period_s": 30 * 86400.0}
        spans = [
            row(TENURES, customer_id="a", began_at=T0, ordinal=1, renewals=2, plan="basic",
                due_at=T0 + 110 * DAY, **paid),
            row(TENURES, customer_id="b", began_at=T0, ordinal=1, renewals=1,
                ended_at=T0 + 60 * DAY, ended_by="not_renewed", **paid),
            row(TENURES, customer_id="c", began_at=T0, ordinal=1, is_cancelled=True,
                due_at=T0 + 110 * DAY, **paid),
        ]  # fmt: skip
        pays = [("a", 0), ("a", 30), ("a", 60), ("b", 0), ("b", 30), ("c", 80)]
        touches = [
            row(TOUCHPOINTS, customer_id=who, event_id=f"{k:032x}", amount=10.0, currency="EUR",
                occurred_at=T0 + day * DAY, type="subscription-renewed")
            for k, (who, day) in enumerate(pays)
        ]  # fmt: skip
        last = row(TOUCHPOINTS, customer_id="d", occurred_at=T0 + 100 * DAY, type="page-viewed")
        ready.insert(block(TENURES, spans), 1)
        ready.insert(block(TOUCHPOINTS, [*touches, last]), 1)
        found = {e["customer"]: e for e in ready.query("clv", {"by": "customer"}).to_pylist()}
        ahead = sum(10 * 0.75**k for k in range(1, 13))
        assert {who: e["expected"] for who, e in found.items()} == {
            "a": pytest.approx(ahead),
            "b": 0,
            "c": 0,
        }
        assert found["a"]["clv_revenue"] == pytest.approx(30 + ahead)
        assert found["c"]["clv_revenue"] == 10
        assert found["a"]["renewal_rate"] == 0.75
        assert found["a"]["alive"] == found["a"]["expected_orders"] == 0
