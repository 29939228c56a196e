"""Counts against the counts before: worked out by hand, by SciPy, and by simulation."""

import math
import random
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from journey.metrics.trends import FEWEST, against, corrected, incomplete_beta, scatter, trend

SIZES = st.floats(0.01, 1e5)


@given(SIZES, SIZES, st.just(0.0) | st.floats(1e-300, 1))
def test_the_incomplete_beta_function(a, b, x):
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), abs=1e-9)


def test_a_worked_example():
    """That of docs/pain-points.md: 20 in four weeks of 100 customers each, then 15 of 100."""
    before = [(4, 100.0), (6, 100.0), (5, 100.0), (5, 100.0)]
    assert scatter(before) == 1  # ((-1)² + 1² + 0 + 0) / 5 / 3 is below it
    found = against(15, 100.0, before)
    assert found is not None
    assert found.expected == pytest.approx(100 * 20.5 / 400)
    by_chance = stats.nbinom(20.5, 0.8)  # its mean 20.5 · 0.2 / 0.8 is 5.125
    assert by_chance.mean() == pytest.approx(found.expected)
    assert found.p == pytest.approx(2 * by_chance.sf(14))
    assert round(found.p, 4) == 0.0029


def test_fewer_than_expected_stand_out_too():
    before = [(50, 100.0)] * 4
    found = against(20, 100.0, before)
    assert found is not None
    assert found.p == pytest.approx(2 * stats.nbinom(200.5, 0.8).cdf(20))
    assert against(50, 100.0, before).p > 0.9  # type: ignore[union-attr]


def test_twice_the_customers_twice_the_count():
    before = [(50, 100.0)] * 4
    found = against(100, 200.0, before)
    assert found is not None
    assert found.expected == pytest.approx(100.25)


def test_what_always_jumps_has_to_jump_higher():
    calm, wild = [(20, 100.0)] * 4, [(5, 100.0), (35, 100.0), (10, 100.0), (30, 100.0)]
    assert scatter(wild) == pytest.approx((225 + 225 + 100 + 100) / 20 / 3)
    assert against(40, 100.0, calm).p < 0.01  # type: ignore[union-attr]
    assert against(40, 100.0, wild).p > 0.1  # type: ignore[union-attr]


def test_an_incident_is_told_in_each_of_its_weeks_and_then_becomes_usual():
    found = answer({"a": [1, 0] * 8 + [25] * 30}, [200] * 46)
    up = [row["trend"] for row in found if row["n"] == 25]
    assert up[:8] == ["up"] * 8
    assert up[16:] == [""] * 14


def test_too_little_to_say_anything():
    assert against(9, 100.0, [(1, 100.0)] * (FEWEST - 1)) is None
    assert against(9, 100.0, [(0, 0.0)] * FEWEST) is None
    assert against(9, 0.0, [(1, 100.0)] * FEWEST) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_correction_is_that_of_benjamini_and_hochberg(chances):
    expected = stats.false_discovery_control(chances, method="bh")
    assert corrected(chances) == pytest.approx(list(expected))


def poisson(draw: random.Random, mean: float) -> int:
    limit, n, product = math.exp(-mean), 0, draw.random()
    while product > limit:
        n, product = n + 1, product * draw.random()
    return n


MONDAY = date(2024, 1, 1)


def answer(counts: dict[str, list[int]], exposures: list[int], baseline: int = 8):
    periods = [MONDAY + timedelta(weeks=n) for n in range(len(exposures))]
    rows: list[Any] = [(p, None, 0, e) for p, e in zip(periods, exposures, strict=True)]
    rows += [
        (p, name, n, 0)
        for name, series in counts.items()
        for p, n in zip(periods, series, strict=True)
        if n
    ]
    columns = list(zip(*rows, strict=True))
    told = pa.table(dict(zip(("period", "topic", "n", "exposure"), columns, strict=True)))
    return trend({"baseline": baseline, "rate": 0.05}, told).to_pylist()


@pytest.mark.parametrize("scattered", [False, True])
def test_chance_alone_is_told_as_a_trend_in_few_answers(scattered):
    """60 answers of 10 topics over 20 weeks: one in 20 may have an alarm, over one in 10 fails."""
    draw, alarms = random.Random(5), 0
    for _ in range(60):
        exposures = [draw.randrange(80, 320) for _ in range(20)]
        means = [draw.uniform(0.02, 0.3) for _ in range(10)]

        def count(mean: float, exposed: int) -> int:
            wobble = draw.gammavariate(8, 1 / 8) if scattered else 1.0
            return poisson(draw, mean * exposed * wobble)

        counts = {str(n): [count(m, e) for e in exposures] for n, m in enumerate(means)}
        alarms += any(row["trend"] for row in answer(counts, exposures))
    assert alarms <= 6


def test_a_planted_spike_is_found_in_its_week_and_nothing_else():
    draw = random.Random(6)
    exposures = [200] * 20
    counts = {str(n): [poisson(draw, 12) for _ in range(20)] for n in range(10)}
    counts["3"][15] = 45
    found = [(row["topic"], row["period"], row["trend"]) for row in answer(counts, exposures)]
    assert [f for f in found if f[2]] == [("3", MONDAY + timedelta(weeks=15), "up")]


def test_a_week_without_any_is_held_against_the_weeks_before():
    found = answer({"a": [30] * 9 + [0, 30]}, [200] * 11)
    (drop,) = [row for row in found if row["trend"]]
    assert (drop["period"], drop["n"], drop["trend"]) == (MONDAY + timedelta(weeks=9), 0, "down")
    assert [row["expected"] is None for row in found] == [True] * 8 + [False] * 3
