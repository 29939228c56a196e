"""Whether a count stands out from the periods before, or is what chance would have.

Each count is held against the same group's counts in the ``baseline`` periods before, given how
much happened in all: with X0 so far out of E0, a period of E1 is expected to have
``m = E1 (X0 + 1/2) / E0``. What chance would have around that is the negative binomial that comes
of a Poisson count whose rate is known from X0 only (the predictive distribution under Jeffreys'
prior; Gelman et al., Bayesian Data Analysis, 3rd edition, 2.6). Where counts scatter more than
Poisson counts do, its variance is so much larger (Farrington et al., J. R. Statist. Soc. A 159
(1996) 547-563). Few periods tell little of that, so the factor that Pearson's statistic gives for
the periods before is drawn towards what the other groups give: the median of their squared
coefficients of variation beyond Poisson, which a few groups that jump do not move.

A period that stands out is left out of the baselines of later ones, so that an incident of several
periods is told in each; what goes on for longer than twice the baseline is the new normal.

``p`` is two-sided: twice the smaller tail, at most 1. ``q`` corrects it for all counts that were
looked at, so that of the alarms at ``q <= rate`` at most that share is false (Benjamini and
Hochberg, J. R. Statist. Soc. B 57 (1995) 289-300).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

import pyarrow as pa

FEWEST = 4  # periods before; with fewer nothing can be said of their scatter
USUAL_WEIGHT = 16  # of what is usual, in periods
TELLING = 20  # a group of fewer says little of what is usual
MANY = 20
OUTSTANDING = 0.01  # a chance below which a period is no part of later baselines
SMALLEST = 1e-300  # in place of 0 where a fraction is divided by
STEPS_MAX = 10_000
ENOUGH = 1e-14

UP, DOWN = "up", "down"


class Tested(NamedTuple):
    """A count held against what was before.

    Args:
        expected: how many there would be; the mean of what chance would have.
        p: how likely a count at least so far off is by chance, either way.
    """

    expected: float
    p: float


def against(
    n: int, exposure: float, before: Sequence[tuple[int, float]], usual: float | None = None
) -> Tested | None:
    """A count held against the counts before.

    Args:
        n: the count.
        exposure: how much happened in all, in its period.
        before: count and exposure of each period before.
        usual: the squared coefficient of variation beyond Poisson that is usual; None: unknown.

    Returns:
        None where there are too few periods, or nothing happened in them.
    """
    total, exposed = sum(x for x, _ in before), sum(e for _, e in before)
    if len(before) < FEWEST or exposed <= 0 or exposure <= 0:
        return None
    known = total + 0.5
    mean = exposure * known / exposed
    factor = scatter(before)
    if usual is not None:
        expected, weight = 1 + usual * mean, len(before) - 1
        drawn = (weight * factor + USUAL_WEIGHT * expected) / (weight + USUAL_WEIGHT)
        factor = max(1.0, expected, drawn)
    variance = factor * (mean + mean * mean / known)
    size = mean * mean / (variance - mean)
    share = size / (size + mean)
    below = incomplete_beta(size, n + 1, share)  # P(X <= n)
    above = 1.0 if n == 0 else incomplete_beta(n, size, 1 - share)  # P(X >= n)
    return Tested(mean, min(1.0, 2 * min(below, above)))


def scatter(before: Sequence[tuple[int, float]], least: float = 1.0) -> float:
    """How much more the counts scatter than Poisson counts do.

    Args:
        before: count and exposure of each period.
        least: what is told at the least.
    """
    rate = sum(x for x, _ in before) / sum(e for _, e in before)
    if not rate:
        return 1.0
    off = sum((x - rate * e) ** 2 / (rate * e) for x, e in before if e > 0)
    return max(least, off / (len(before) - 1))


def usual_variation(series: Sequence[Sequence[tuple[int, float]]]) -> list[float | None]:
    """How much counts vary beyond Poisson in most other groups: a squared coefficient of variation.

    Args:
        series: of each group, count and exposure of each period.

    Returns:
        One for each group; None where no other group tells anything.
    """
    own: list[float | None] = []
    for counts in series:
        total, exposed = sum(x for x, _ in counts), sum(e > 0 for _, e in counts)
        is_telling = total >= TELLING and exposed > FEWEST
        beyond = scatter(counts, least=-math.inf) - 1 if is_telling else 0.0
        own.append(beyond * exposed / total if is_telling else None)
    known = [value for value in own if value is not None]
    if len(known) > MANY:  # one more or less does not move the median
        return [max(0.0, median(known))] * len(own)
    found: list[float | None] = []
    for place in range(len(own)):
        others = [v for n, v in enumerate(own) if n != place and v is not None]
        found.append(max(0.0, median(others)) if others else None)
    return found


def corrected(chances: Sequence[float]) -> list[float]:
    """For each chance the smallest false discovery rate at which it is an alarm, by BH."""
    order = sorted(range(len(chances)), key=lambda n: chances[n], reverse=True)
    smallest, found = 1.0, [1.0] * len(chances)
    for behind, place in enumerate(order):
        smallest = min(smallest, chances[place] * len(chances) / (len(chances) - behind))
        found[place] = smallest
    return found


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (DLMF 8.17.22).

    Args:
        a: above 0; ``b`` too.
        x: 0 to 1.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # there the other side's fraction is the quick one
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x)) / a
    # Lentz's way to work out the fraction from its beginning (DLMF 3.10(iii)).
    numerator, denominator = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    found = denominator
    for m in range(1, STEPS_MAX):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            denominator = 1 / _not_zero(1 + term * denominator)
            numerator = _not_zero(1 + term / numerator)
            change = numerator * denominator
            found *= change
        if abs(change - 1) < ENOUGH:
            break
    return front * found


def _not_zero(value: float) -> float:
    return value if abs(value) > SMALLEST else SMALLEST


class _Line(NamedTuple):
    period: Any
    group: str
    n: int
    tested: Tested | None


def trend(bound: Mapping[str, Any], rows: pa.Table) -> pa.Table:
    """The answer of a query for trends.

    Args:
        bound: the query's parameters; ``baseline`` and ``rate`` are read here.
        rows: period, group, count and exposure. The rows without a group give the exposure of each
            period, also where nothing was counted; the others have none.

    Returns:
        The same periods and groups with expectation, ratio, p, q and trend, by period and group.
    """
    lines = _lines(rows.to_pylist(), rows.column_names[1], int(bound["baseline"]))
    tested = [line for line in lines if line.tested is not None]
    rates = iter(corrected([line.tested.p for line in tested if line.tested is not None]))
    told: dict[str, list[Any]] = defaultdict(list)
    for line in lines:
        expected, p = line.tested or (None, None)
        q = None if p is None else next(rates)
        is_alarm = q is not None and q <= float(bound["rate"])
        told["period"].append(line.period)
        told["group"].append(line.group)
        told["n"].append(line.n)
        told["expected"].append(expected)
        told["ratio"].append(None if expected is None else line.n / expected)
        told["p"].append(p)
        told["q"].append(q)
        told["trend"].append("" if not is_alarm else UP if line.n > (expected or 0) else DOWN)
    types = [pa.date32(), pa.string(), pa.int64(), *[pa.float64()] * 4, pa.string()]
    names = ["period", "group", "n", "expected", "ratio", "p", "q", "trend"]
    arrays = [pa.array(told[name], kind) for name, kind in zip(names, types, strict=True)]
    names[1] = rows.column_names[1]
    return pa.Table.from_arrays(arrays, names=names)


def _lines(rows: Iterable[Mapping[str, Any]], group: str, baseline: int) -> list[_Line]:
    exposures: dict[Any, int] = {}
    counts: dict[str, dict[Any, int]] = defaultdict(dict)
    for row in rows:
        if row[group] is None:
            exposures[row["period"]] = row["exposure"]
        else:
            counts[row[group]][row["period"]] = row["n"]
    # A period in which only that was counted tells nothing; its row is shown.
    periods = sorted({*exposures, *(period for counted in counts.values() for period in counted)})
    found = []
    all_series = {
        name: [(counted.get(period, 0), float(exposures.get(period, 0))) for period in periods]
        for name, counted in counts.items()
    }
    usual = usual_variation(list(all_series.values()))
    for (name, series), variation in zip(all_series.items(), usual, strict=True):
        stood_out: set[int] = set()
        for place, period in enumerate(periods):
            before = _before(series, place, baseline, stood_out)
            n, exposure = series[place]
            tested = against(n, exposure, before, variation)
            if tested is not None and tested.p < OUTSTANDING:
                stood_out.add(place)
            if n or tested is not None:
                found.append(_Line(period, name, n, tested))
    return sorted(found, key=lambda line: (line.period, line.group))


def _before(
    series: Sequence[tuple[int, float]], place: int, baseline: int, stood_out: set[int]
) -> Sequence[tuple[int, float]]:
    """The periods that one is held against; none where there are not enough yet."""
    if place < baseline:
        return []
    calm = [n for n in range(max(0, place - 2 * baseline), place) if n not in stood_out]
    return (
        [series[n] for n in calm[-baseline:]] if len(calm) >= FEWEST else series[:place][-baseline:]
    )
