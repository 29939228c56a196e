"""Intervals: against SciPy, against figures that others published, and by how often they hold."""

import math
from collections.abc import Callable
from itertools import product

import pytest
from scipy import stats

from journey.metrics.intervals import (
    Ends,
    Moments,
    median_ranks,
    newcombe,
    nps,
    student,
    t95,
    welch,
    wilson,
)


def ends(method: Callable[..., Ends | None], *given: float) -> Ends:
    """The interval where there is one."""
    found = method(*given)
    assert found is not None
    return found


@pytest.mark.parametrize("n", [1, 2, 5, 10, 100, 12_345])
def test_shares_against_scipy(n):
    for hits in {0, 1, n // 3, n // 2, n - 1, n}:
        expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
        found = ends(wilson, hits, n)
        assert found == pytest.approx((expected.low, expected.high), abs=1e-12)
        assert 0 <= found.low <= hits / n <= found.high <= 1


def test_a_share_by_hand():
    # 81 of 263: the worked example of Newcombe (1998), Statistics in Medicine 17, 857-872.
    low, high = ends(wilson, 81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_a_difference_of_shares_by_hand():
    # 56 of 70 and 48 of 80: Newcombe (1998), Statistics in Medicine 17, 873-890, table II, (a).
    low, high = ends(newcombe, 56, 70, 48, 80)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    assert newcombe(0, 10, 0, 0) is None


@pytest.mark.parametrize("freedom", [0.5, 1, 1.5, 2, 3, 5.25, 10, 29, 30, 31, 100, 1e3, 1e5, 1e7])
def test_quantiles_of_student_against_scipy(freedom):
    assert t95(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-6)


def test_means_against_scipy():
    sample = [3.0, 4.5, 5.0, 1.0, 2.5, 5.0, 4.0]
    mean, sd, n = math.fsum(sample) / 7, float(stats.tstd(sample)), 7
    expected = stats.t.interval(0.95, n - 1, loc=mean, scale=sd / math.sqrt(n))
    assert student(mean, sd, n) == pytest.approx(expected, rel=1e-9)
    assert student(4.0, 0.0, 3) == (4.0, 4.0)


def test_differences_of_means_against_scipy():
    one, other = [2.0, 3.0, 1.0, 4.0, 0.0, 7.0], [1.0, 0.0, 2.0, 1.0]
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    given = [Moments(math.fsum(x) / len(x), float(stats.tstd(x)), len(x)) for x in (one, other)]
    assert welch(*given) == pytest.approx((expected.low, expected.high), rel=1e-7)
    assert welch(Moments(2.0, 0.0, 5), Moments(1.5, 0.0, 5)) == (0.5, 0.5)


def test_what_the_data_cannot_give_is_none():
    assert wilson(0, 0) is None
    assert wilson(None, None) is None
    assert nps(0, 0, 0) is None
    assert student(3.0, None, 1) is None
    assert student(None, None, 0) is None
    assert welch(Moments(1.0, None, 1), Moments(1.0, 1.0, 9)) is None
    assert median_ranks(5) is None


def binomial(n, share):
    return [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("n", [100, 200])
def test_a_share_holds_as_often_as_it_says(n, share):
    chances = binomial(n, share)
    bounds = [ends(wilson, k, n) for k in range(n + 1)]
    held = sum(p for p, (low, high) in zip(chances, bounds, strict=True) if low <= share <= high)
    assert 0.93 <= held <= 0.97


@pytest.mark.parametrize("shares", [(0.5, 0.2), (0.7, 0.1), (0.3, 0.4), (0.2, 0.2), (0.15, 0.6)])
@pytest.mark.parametrize("n", [30, 100])
def test_an_nps_holds_as_often_as_it_says(n, shares):
    up, down = shares
    truth, held = 100 * (up - down), 0.0
    for promoters, detractors in product(range(n + 1), range(n + 1)):
        between = n - promoters - detractors
        if between < 0:
            continue
        chance = math.exp(
            math.lgamma(n + 1)
            - math.lgamma(promoters + 1)
            - math.lgamma(detractors + 1)
            - math.lgamma(between + 1)
            + promoters * math.log(up)
            + detractors * math.log(down)
            + between * math.log(1 - up - down)
        )
        low, high = ends(nps, promoters, detractors, n)
        held += chance * (low <= truth <= high)
    assert 0.93 <= held <= 0.97


def test_an_nps_by_hand():
    # 60 promoters, 15 detractors of 100: (60.75 - 15.75) / 103 = 0.4369, variance
    # (76.5 / 103 - 0.4369**2) / 103 = 0.005358, so 0.4369 -+ 1.96 * 0.07320.
    low, high = ends(nps, 60, 15, 100)
    assert (round(low, 2), round(high, 2)) == (29.34, 58.04)
    assert ends(nps, 5, 0, 5).high == 100
    assert ends(nps, 0, 3, 3).low == -100


@pytest.mark.parametrize("n", [*range(6, 400), 1000, 1001, 9_999])
def test_a_median_holds_as_often_as_it_says(n):
    low, high = median_ranks(n) or (0, 0)
    assert low + high == n + 1
    # The median lies between them unless fewer than `low` values are on one side of it.
    held = 1 - 2 * stats.binom.cdf(low - 1, n, 0.5)
    assert held >= 0.95
    # And no narrower pair would do.
    assert 1 - 2 * stats.binom.cdf(low + 1, n, 0.5) < 0.96 or low + 2 > n / 2
