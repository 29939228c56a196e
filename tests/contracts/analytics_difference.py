"""What every `Analytics` promises of differences: SciPy and plain counting say the same."""

import random
from collections import Counter
from itertools import pairwise
from statistics import mean

import pytest
from scipy import stats

from journey.metrics.intervals import newcombe
from projections.tables import PERSONAS, TOUCHPOINTS
from schemas.errors import NeverSeen
from schemas.times import DAY, moment
from tests.contracts.analytics_paths import Event, histories, rows
from tests.contracts.analytics_rows import T0, block, row

Paths = dict[str, list[str]]


def grouped(told, is_in) -> Paths:
    """What each customer did in a group, for those who did anything in it."""
    found = {
        customer: [e.activity for e in events if is_in(customer, e)]
        for customer, events in told.items()
    }
    return {customer: names for customer, names in found.items() if names}


def features(paths: Paths) -> dict[tuple[str, str], list[int]]:
    """For each thing that may be looked at, how often each customer did it; only those who did."""
    found: dict[tuple[str, str], list[int]] = {}
    for names in paths.values():
        for name, n in Counter(names).items():
            found.setdefault(("did", name), []).append(1)
            found.setdefault(("times", name), []).append(n)
        for a, b in set(pairwise(names)):
            found.setdefault(("then", f"{a} > {b}"), []).append(1)
        found.setdefault(("times", "(all)"), []).append(len(names))
    return found


def chance_of_shares(hits: int, n: int, other_hits: int, other_n: int) -> float:
    table = [[hits, n - hits], [other_hits, other_n - other_hits]]
    if hits + other_hits in (0, n + other_n):
        return 1.0
    if stats.contingency.expected_freq(table).min() < 1:
        return float(stats.fisher_exact(table).pvalue)
    squared = stats.chi2_contingency(table, correction=False).statistic
    whole = n + other_n
    return float(stats.chi2.sf(squared * (whole - 1) / whole, 1))


def biased(seed: int):
    """On one channel, in one month and under one persona some things are likelier."""
    draw = random.Random(seed)
    told = histories(seed, customers=150, ticks=100, unit=DAY)
    return {
        customer: sorted(
            e._replace(activity="b") if e.channel == "app" and draw.random() < 0.4 else e
            for e in events
        )
        for customer, events in told.items()
    }


class DifferenceContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize(
        ("segments", "one", "other"),
        [
            ("channel", "app", "web"),
            ("channel", "app", ""),
            ("month", "2026-01", "2026-02"),
            ("persona", "regular", "newcomer"),
            ("persona", "regular", ""),
        ],
    )
    @pytest.mark.parametrize("at_least", [1, 30])
    def test_differences_against_scipy(self, ready, segments, one, other, at_least):
        told = biased(seed=16)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        held = {
            (customer, persona): (T0 + (n % 40) * DAY, T0 + (n % 40 + 30) * DAY)
            for n, customer in enumerate(sorted(told))
            for persona in ["regular", "newcomer"][n % 2 :]
        }
        spans = [
            row(
                PERSONAS,
                customer_id=customer,
                persona=persona,
                since=since,
                until=None if int(customer, 16) % 5 == 0 else until,
            )
            for (customer, persona), (since, until) in held.items()
        ]
        ready.insert(block(PERSONAS, spans), 1)

        def is_of(value: str, customer: str, event: Event) -> bool:
            if segments == "persona":
                since, until = held.get((customer, value), (0, 0))
                endless = since > 0 and int(customer, 16) % 5 == 0
                return since <= event.at and (endless or event.at < until)
            told = event.channel if segments == "channel" else f"{moment(event.at):%Y-%m}"
            return told == value

        first = grouped(told, lambda c, e: is_of(one, c, e))
        second = grouped(told, lambda c, e: is_of(other, c, e) if other else not is_of(one, c, e))
        given = {"segments": segments, "one": one, "other": other}
        more = {"at_least": at_least, "limit": 1000}
        found = ready.query("difference", given | more).to_pylist()
        ones, others = features(first), features(second)
        expected = {
            key
            for key in ones.keys() | others.keys()
            if len(ones.get(key, [])) + len(others.get(key, [])) >= at_least
        }
        assert {(f["kind"], f["what"]) for f in found} == expected
        n, m = len(first), len(second)
        chances = []
        for f in found:
            assert (f["n_one"], f["n_other"]) == (n, m)
            assert f["both"] == len(first.keys() & second.keys())
            assert f["looked"] == len(expected)
            did, other_did = (each.get((f["kind"], f["what"]), []) for each in (ones, others))
            padded = did + [0] * (n - len(did)), other_did + [0] * (m - len(other_did))
            assert f["one"] == pytest.approx(mean(padded[0]))
            assert f["other"] == pytest.approx(mean(padded[1]))
            assert f["difference"] == pytest.approx(f["one"] - f["other"])
            if f["kind"] == "times":
                test = stats.ttest_ind(*padded, equal_var=False)
                assert f["p"] == pytest.approx(test.pvalue, abs=1e-12)
                ends = test.confidence_interval(0.95)
            else:
                chance = chance_of_shares(len(did), n, len(other_did), m)
                assert f["p"] == pytest.approx(chance, rel=1e-6, abs=1e-12)
                ends = newcombe(len(did), n, len(other_did), m)
            assert f["difference_low"] == pytest.approx(ends.low)
            assert f["difference_high"] == pytest.approx(ends.high)
            chances.append(f["p"])
        corrected = stats.false_discovery_control(chances)
        assert [f["q"] for f in found] == pytest.approx(list(corrected))
        for f in found:
            sign = "more" if f["difference"] > 0 else "less"
            assert f["differs"] == (sign if f["q"] <= 0.05 else "")
        assert chances == sorted(chances)
        if segments == "channel":
            assert any(f["differs"] == "more" and f["what"] == "b" for f in found)

    def test_a_group_that_is_none_is_refused_and_nobody_in_one_is_no_answer(self, ready):
        ready.insert(block(TOUCHPOINTS, rows(histories(seed=17))), 1)
        given = {"segments": "channel", "one": "app", "other": "nowhere"}
        with pytest.raises(NeverSeen, match="other: no channel 'nowhere' occurs here"):
            ready.query("difference", given)
        assert ready.query("difference", given, {"channel": ["nowhere"]}).num_rows == 0

    def test_what_chance_does_is_seldom_told_to_differ(self, ready):
        """Of 20 pairs of groups that differ in nothing, one in twenty may be told to differ."""
        told = histories(seed=18, customers=400)
        draw = random.Random(19)
        alarms = 0
        for n in range(20):
            whole = {
                customer: [e._replace(channel=channel) for e in events]
                for customer, events in told.items()
                for channel in [f"{n}-{draw.randrange(2)}"]
            }
            ready.insert(block(TOUCHPOINTS, rows(whole), revision=n + 1), 1)
            given = {"segments": "channel", "one": f"{n}-0", "other": f"{n}-1"}
            found = ready.query("difference", given).to_pylist()
            assert len(found) > 20
            alarms += any(f["differs"] for f in found)
        assert alarms <= 4
