"""95 % confidence intervals, each with a name and its source: counts and moments in, ends out.

Rule 1: an interval that the data cannot give is None: of no answers, of a mean of one.
Rule 2: ends stay inside what the figure can be: a share in 0 to 1, an NPS in -100 to 100.
Rule 3: they take observations as independent. Where a few customers give most of them, the truth is
    less sure than they say.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

Z95 = 1.959963984540054  # 97.5 % of a normal distribution lies below
MEDIAN_N_MIN = 6  # of 5 values even the lowest and the highest hold the median 94 % of the time


class Ends(NamedTuple):
    """The lower and the upper end of an interval."""

    low: float
    high: float


class Moments(NamedTuple):
    """What a sample tells of its mean.

    Args:
        sd: of the sample, with n - 1; None of fewer than two.
    """

    mean: float | None
    sd: float | None
    n: int


def wilson(hits: float | None, n: int | None) -> Ends | None:
    """The score interval of a share.

    Wilson, E. B. (1927), J. Am. Stat. Assoc. 22, 209-212; recommended for any n by Brown, Cai and
    DasGupta (2001), Statistical Science 16, 101-133.

    Args:
        hits: those of ``n`` that count.
    """
    if not n or hits is None:
        return None
    share, z2 = hits / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # Of none or all, rounding would leave a trace of the end that is 0 or 1.
    return Ends(
        0.0 if hits == 0 else max(0.0, middle - half),
        1.0 if hits == n else min(1.0, middle + half),
    )


def nps(promoters: int | None, detractors: int | None, n: int | None) -> Ends | None:
    """The adjusted Wald interval of a Net Promoter Score, in points from -100 to 100.

    Three made-up answers are added: 3/4 promoters, 3/4 detractors and 3/2 between; then the normal
    interval of a difference of two shares of one sample. Rocks, B. (2016), The American
    Statistician 70, 365-372.
    """
    if not n or promoters is None or detractors is None:
        return None
    total = n + 3
    high, low = (promoters + 0.75) / total, (detractors + 0.75) / total
    score = high - low
    half = Z95 * math.sqrt((high + low - score**2) / total)
    seen = 100 * (promoters - detractors) / n  # of few and all alike it lies outside: reach it
    return Ends(
        max(-100.0, min(seen, 100 * (score - half))), min(100.0, max(seen, 100 * (score + half)))
    )


def student(mean: float | None, sd: float | None, n: int | None) -> Ends | None:
    """Student's t interval of a mean. "Student" (1908), Biometrika 6, 1-25."""
    if mean is None or sd is None or n is None or n < 2:
        return None
    half = t95(n - 1) * sd / math.sqrt(n)
    return Ends(mean - half, mean + half)


def welch(one: Moments, other: Moments) -> Ends | None:
    """The interval of the difference of two means, ``one`` minus ``other``.

    Their spreads need not be equal: Welch, B. L. (1947), Biometrika 34, 28-35.
    """
    if one.mean is None or other.mean is None or one.sd is None or other.sd is None:
        return None
    if one.n < 2 or other.n < 2:
        return None
    a, b = one.sd**2 / one.n, other.sd**2 / other.n
    middle = one.mean - other.mean
    if a + b == 0:
        return Ends(middle, middle)
    freedom = (a + b) ** 2 / (a**2 / (one.n - 1) + b**2 / (other.n - 1))
    half = t95(freedom) * math.sqrt(a + b)
    return Ends(middle - half, middle + half)


def newcombe(hits: int, n: int, other_hits: int, other_n: int) -> Ends | None:
    """The interval of the difference of two shares, the first minus the other.

    Hybrid of two Wilson intervals: Newcombe, R. G. (1998), Statistics in Medicine 17, 873-890,
    method 10.
    """
    one, other = wilson(hits, n), wilson(other_hits, other_n)
    if one is None or other is None:
        return None
    share, other_share = hits / n, other_hits / other_n
    middle = share - other_share
    low = middle - math.hypot(share - one.low, other.high - other_share)
    high = middle + math.hypot(one.high - share, other_share - other.low)
    return Ends(max(-1.0, low), min(1.0, high))


def median_ranks(n: int) -> tuple[int, int] | None:
    """Which values, from 1 in their order, hold the median between them.

    The ends are order statistics, whatever the distribution: Conover, W. J. (1999), Practical
    Nonparametric Statistics, section 3.2, rounded outwards. Queries count in the same way.
    """
    if n < MEDIAN_N_MIN:
        return None
    low = max(1, math.floor((n - Z95 * math.sqrt(n)) / 2))
    return low, n + 1 - low


def t95(freedom: float) -> float:
    """Below which 97.5 % of Student's t distribution lies.

    Args:
        freedom: degrees of freedom, above 0; whole or not.
    """
    return _t95(round(freedom, 6))


@lru_cache(maxsize=4096)
def _t95(freedom: float) -> float:
    low, high = 1.9, 13.0
    while _upper_tail(high, freedom) > 0.025:  # far out, of less than one degree
        high *= 4
    for _ in range(80):
        middle = (low + high) / 2
        if _upper_tail(middle, freedom) > 0.025:
            low = middle
        else:
            high = middle
        if high - low < 1e-12 * high:
            break
    return (low + high) / 2


def _upper_tail(t: float, freedom: float) -> float:
    """The chance of more than t: half a regularized incomplete beta function.

    Abramowitz and Stegun (1964), 26.7.1 and 26.5.8, the continued fraction by Lentz's method.
    """
    x = freedom / (freedom + t * t)
    a, b = freedom / 2, 0.5
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a / 2
    return (1 - front * _fraction(b, a, 1 - x) / b) / 2


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function."""
    tiny = 1e-300
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1), tiny)
    value = d
    for m in range(1, 500):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + numerator * d, tiny)
            c = _away(1 + numerator / c, tiny)
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value


def _away(value: float, tiny: float) -> float:
    """The value, kept from zero."""
    return value if abs(value) > tiny else tiny
