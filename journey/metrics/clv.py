"""Customer lifetime value, from one row a customer of what they bought.

``clv_revenue`` is revenue to date and what is expected in the horizon. Orders are expected by
BG/NBD and Gamma-Gamma, fitted on everybody; renewals by the rate at which subscriptions that came
to their end were renewed, each if all before it happen. Nothing is discounted.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from schemas.errors import UsageError

if TYPE_CHECKING:
    from journey.metrics.lifetime import Array

DAYS_A_WEEK = 7
SECONDS_A_DAY = 86_400
# Of the answer, without the ends of intervals.
SCHEMA = pa.schema(
    {
        "grouped": pa.string(),
        "n": pa.int64(),
        "currency": pa.string(),
        "revenue": pa.float64(),
        "alive": pa.float64(),
        "expected_orders": pa.float64(),
        "expected": pa.float64(),
        "clv_revenue": pa.float64(),
        "sd": pa.float64(),
        "clv_margin": pa.float64(),
        "renewal_rate": pa.float64(),
        "first_at": pa.timestamp("us", tz="UTC"),
        "last_at": pa.timestamp("us", tz="UTC"),
    }
)


class Ahead(NamedTuple):
    """What is expected of each customer: chances, numbers of orders, amounts; NaN where unknown."""

    alive: Array
    orders: Array
    amount: Array


def clv(bound: Mapping[str, Any], rows: pa.Table) -> pa.Table:
    """The answer of the query ``clv``, without ends of intervals.

    Args:
        bound: the query's parameters.
        rows: one a customer, in the columns of the query's statement.

    Raises:
        UsageError: SciPy is not installed.
    """
    if rows.num_rows == 0:
        return SCHEMA.empty_table()
    if find_spec("scipy") is None:
        raise UsageError(
            "What customers are worth is estimated with SciPy, which is not installed here: "
            "pip install 'journey-engine[clv]'."
        )
    import numpy as np

    horizon = int(bound["horizon_days"])
    ahead, rate = _orders_ahead(rows, horizon), _renewal_rate(rows)
    expected = ahead.amount + _renewals_ahead(rows, horizon, rate)
    asked = rows["is_asked"].to_numpy(zero_copy_only=False).astype(bool)
    if not asked.any():
        return SCHEMA.empty_table()
    revenue = _numbers(rows, "revenue_micros") / 1e6
    worth = revenue + expected
    told = rows["grouped"].filter(pa.array(asked)).combine_chunks()
    # A customer counts in each group that they are of.
    who = np.repeat(np.flatnonzero(asked), np.diff(told.offsets.to_numpy()))
    names = told.flatten().to_numpy(zero_copy_only=False).astype(str)
    groups, place = np.unique(names, return_inverse=True)
    n = np.bincount(place)

    def total(values: Array) -> Array:
        return np.asarray(np.bincount(place, weights=values[who]))

    mean = total(worth) / n
    off = np.bincount(place, weights=(worth[who] - mean[place]) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.where(n > 1, np.sqrt(off / (n - 1)), np.nan)
    margin = float(bound["margin"])
    first = rows["first_at"].cast(pa.int64()).to_numpy()[who]
    started = np.full(len(groups), np.iinfo(np.int64).max)
    np.minimum.at(started, place, first)
    columns: dict[str, Any] = {
        "grouped": groups,
        "n": n,
        "currency": [rows["currency"][0].as_py()] * len(groups),
        "revenue": total(revenue),
        "alive": total(ahead.alive),
        "expected_orders": total(ahead.orders),
        "expected": total(expected),
        "clv_revenue": mean,
        "sd": sd,
        "clv_margin": mean * margin if margin >= 0 else np.full(len(groups), np.nan),
        "renewal_rate": [rate] * len(groups),
        "first_at": started,
        "last_at": [rows["last_at"].cast(pa.int64())[0].as_py()] * len(groups),
    }
    order = np.argsort(-np.nan_to_num(mean), kind="stable") if bound["by"] == "customer" else ...
    table = pa.table(
        [
            pa.array(np.asarray(columns[f.name])[order], from_pandas=True).cast(f.type)
            if f.name != "renewal_rate"
            else pa.array(columns[f.name], f.type)
            for f in SCHEMA
        ],
        schema=SCHEMA,
    )
    return table.slice(0, int(bound["limit"]))


def _orders_ahead(rows: pa.Table, horizon_days: int) -> Ahead:
    """Of those who ordered; nothing of the others."""
    import numpy as np

    from journey.metrics.lifetime import Buying, Spending, fit_amounts, fit_rates

    has = rows["has_orders"].to_numpy(zero_copy_only=False).astype(bool)
    buying = Buying(
        _numbers(rows, "again")[has],
        _numbers(rows, "last_days")[has] / DAYS_A_WEEK,
        _numbers(rows, "known_days")[has] / DAYS_A_WEEK,
    )
    purchases = _numbers(rows, "purchases")[has]
    spent = _numbers(rows, "spent_micros")[has] / 1e6
    spending = Spending(purchases, spent / np.maximum(purchases, 1))
    ahead = Ahead(*(np.zeros(rows.num_rows) for _ in Ahead._fields))
    rates, amounts = fit_rates(buying), fit_amounts(spending)
    if rates is None:
        for values in ahead:
            values[has] = np.nan
        return ahead
    orders = rates.expected(buying, horizon_days / DAYS_A_WEEK)
    ahead.alive[has], ahead.orders[has] = rates.alive(buying), orders
    ahead.amount[has] = np.nan if amounts is None else orders * amounts.expected(spending)
    return ahead


def _renewal_rate(rows: pa.Table) -> float | None:
    """Renewals of all subscriptions that came to their end; None where none did."""
    renewed, lost = _numbers(rows, "renewed").sum(), _numbers(rows, "lost").sum()
    return float(renewed / (renewed + lost)) if renewed + lost else None


def _renewals_ahead(rows: pa.Table, horizon_days: int, rate: float | None) -> Array:
    """What is expected of the subscriptions that run."""
    import numpy as np

    amount, period = _numbers(rows, "amount"), _numbers(rows, "period_s") / SECONDS_A_DAY
    runs = (amount > 0) & (period > 0)
    left = horizon_days - np.maximum(_numbers(rows, "due_days"), 0)
    times = np.where(runs & (left >= 0), np.floor(left / np.where(runs, period, 1)) + 1, 0)
    if rate is None:
        return np.asarray(np.where(times > 0, np.nan, 0.0))
    sums = times if rate == 1 else rate * (1 - rate**times) / (1 - rate)
    return np.asarray(np.where(times > 0, amount * sums, 0.0))


def _numbers(rows: pa.Table, name: str) -> Array:
    """A column as floats, nothing as 0."""
    import pyarrow.compute as pc

    column = pc.fill_null(rows[name].cast(pa.float64()), 0.0)
    return column.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
