"""In what two groups of customers differ: shares and means side by side, and whether by chance.

Rule 1: shares are held against each other by the chi-squared test with N - 1 in place of N where
    every expected count is at least 1, else by Fisher's exact test in Irwin's two-sided way, as
    Campbell, I. (2007), Statistics in Medicine 26, 3661-3675 recommends.
Rule 2: means are held against each other by Welch's t (1947), Biometrika 34, 28-35. Where nobody of
    either group differs from the others of it, there is no such test.
Rule 3: ``q`` corrects for all that was looked at, not only for what is shown. What too few did is
    not looked at; how many did it in both groups together says nothing of a difference.
Rule 4: the groups are taken as independent. Who is in both counts in each; where people are alike
    in both, intervals are then wider and chances higher than they need be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from journey.metrics.intervals import Moments, newcombe, welch
from journey.metrics.trends import corrected, incomplete_beta

DID, THEN, TIMES = "did", "then", "times"
ONE_DID, FOLLOWED, IN_ALL = 1, 2, 3  # kinds of rows of the statement
ALIKE = 1 + 1e-7  # two chances that differ by rounding only

# Of the answer.
SCHEMA = pa.schema(
    {
        "kind": pa.string(),
        "what": pa.string(),
        "n_one": pa.int64(),
        "n_other": pa.int64(),
        "both": pa.int64(),
        "one": pa.float64(),
        "other": pa.float64(),
        "difference": pa.float64(),
        "difference_low": pa.float64(),
        "difference_high": pa.float64(),
        "p": pa.float64(),
        "q": pa.float64(),
        "looked": pa.int64(),
        "differs": pa.string(),
    }
)


class Counted(NamedTuple):
    """What the statement counted of one thing in one group.

    Args:
        hits: customers.
        total: how often, over all of them.
        squares: the sum of squares of how often.
    """

    hits: int = 0
    total: int = 0
    squares: int = 0


def difference(bound: Mapping[str, Any], rows: pa.Table) -> pa.Table:
    """The answer of the query ``difference``.

    Args:
        bound: the query's parameters; ``at_least``, ``rate`` and ``limit`` are read here.
        rows: segment (1 or 2), kind, what, hits, both, total, squares. One row of the third kind
            for each segment gives its customers.

    Returns:
        One row for each thing that was looked at, the surest differences first; none if a group
        has nobody.
    """
    counted: dict[tuple[int, str], dict[int, Counted]] = {}
    sizes: dict[int, int] = {}
    both = 0
    for row in rows.to_pylist():
        told = Counted(row["hits"], row["total"], row["squares"])
        counted.setdefault((row["kind"], row["what"]), {})[row["segment"]] = told
        if row["kind"] == IN_ALL:
            sizes[row["segment"]], both = row["hits"], row["both"]
    if len(sizes) < 2:
        return SCHEMA.empty_table()
    found = []
    for (kind, what), each in counted.items():
        one, other = each.get(1, Counted()), each.get(2, Counted())
        if one.hits + other.hits < int(bound["at_least"]):
            continue
        if kind != IN_ALL:
            found.append(
                {"kind": DID if kind == ONE_DID else THEN, "what": what}
                | _shares(one.hits, sizes[1], other.hits, sizes[2])
            )
        if kind != FOLLOWED:
            found.append({"kind": TIMES, "what": what} | _means(one, sizes[1], other, sizes[2]))
    tested = [row for row in found if row["p"] is not None]
    for row, q in zip(tested, corrected([row["p"] for row in tested]), strict=True):
        row["q"] = q
        if q <= float(bound["rate"]):
            row["differs"] = "more" if row["difference"] > 0 else "less"
    common = {"n_one": sizes[1], "n_other": sizes[2], "both": both, "looked": len(found)}
    found.sort(
        key=lambda row: (
            2.0 if row["p"] is None else row["p"],
            -abs(row["difference"]),
            row["kind"],
            row["what"],
        )
    )
    shown = [{"q": None, "differs": ""} | row | common for row in found[: int(bound["limit"])]]
    return pa.Table.from_pylist(shown, schema=SCHEMA)


def _shares(hits: int, n: int, other_hits: int, other_n: int) -> dict[str, Any]:
    ends = newcombe(hits, n, other_hits, other_n)
    return {
        "one": hits / n,
        "other": other_hits / other_n,
        "difference": hits / n - other_hits / other_n,
        "difference_low": ends and ends.low,
        "difference_high": ends and ends.high,
        "p": shares_differ(hits, n, other_hits, other_n),
    }


def _means(told: Counted, n: int, other_told: Counted, other_n: int) -> dict[str, Any]:
    one, other = _moments(told, n), _moments(other_told, other_n)
    ends = welch(one, other)
    return {
        "one": one.mean,
        "other": other.mean,
        "difference": told.total / n - other_told.total / other_n,
        "difference_low": ends and ends.low,
        "difference_high": ends and ends.high,
        "p": means_differ(one, other),
    }


def _moments(told: Counted, n: int) -> Moments:
    """Of how often a customer did it, those who never did included."""
    if n < 2:
        return Moments(told.total / n, None, n)
    spread = (n * told.squares - told.total**2) / (n * (n - 1))
    return Moments(told.total / n, math.sqrt(spread), n)


def shares_differ(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """How likely two shares so different are by chance, two-sided (rule 1).

    Args:
        hits: of ``n``; ``other_hits`` of ``other_n``.
    """
    whole, did = n + other_n, hits + other_hits
    did_not = whole - did
    if not did or not did_not:
        return 1.0
    if min(n, other_n) * min(did, did_not) < whole:
        return _fisher(hits, n, other_n, did)
    across = hits * (other_n - other_hits) - other_hits * (n - hits)
    squared = across**2 / (n * other_n) * (whole - 1) / (did * did_not)
    return math.erfc(math.sqrt(squared / 2))


def _fisher(hits: int, n: int, other_n: int, did: int) -> float:
    """The chance of all tables that are no likelier than this one, the margins given."""

    def log_choose(of: int, k: int) -> float:
        return math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)

    whole = log_choose(n + other_n, did)
    chances = {
        k: math.exp(log_choose(n, k) + log_choose(other_n, did - k) - whole)
        for k in range(max(0, did - other_n), min(n, did) + 1)
    }
    return min(1.0, sum(p for p in chances.values() if p <= chances[hits] * ALIKE))


def means_differ(one: Moments, other: Moments) -> float | None:
    """How likely two means so different are by chance, two-sided; None: rule 2."""
    if one.mean is None or other.mean is None or one.sd is None or other.sd is None:
        return None
    a, b = one.sd**2 / one.n, other.sd**2 / other.n
    if a + b == 0:
        return None
    freedom = (a + b) ** 2 / (a**2 / (one.n - 1) + b**2 / (other.n - 1))
    t2 = (one.mean - other.mean) ** 2 / (a + b)
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t2))
