"""What outreach changes: shares of the treated and of the holdout, and how many more are needed.

Who was assigned to be written to is treated, whatever became of it: leaving out those for whom the
night was too long would compare people of different kinds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from journey.metrics.intervals import Z95

Z80 = 0.8416212335729143  # 80 % of a normal distribution lies below: the power

# Of the answer, without the ends of intervals.
SCHEMA = pa.schema(
    {
        "grouped": pa.string(),
        "measure": pa.string(),
        "treated": pa.int64(),
        "holdout": pa.int64(),
        "pending": pa.int64(),
        "hits_treated": pa.int64(),
        "hits_holdout": pa.int64(),
        "share_treated": pa.float64(),
        "share_holdout": pa.float64(),
        "difference": pa.float64(),
        "needed": pa.int64(),
    }
)


def effect(bound: Mapping[str, Any], rows: pa.Table) -> pa.Table:
    """The answer of the query ``outreach-effect``, without ends of intervals.

    Args:
        bound: the query's parameters.
        rows: one a group and measure, in the columns of the query's statement.
    """
    return pa.Table.from_pylist([_answer(row) for row in rows.to_pylist()], schema=SCHEMA)


def needed(hits: int, n: int, other_hits: int, other_n: int) -> int | None:
    """How many people more until a difference like this one would be found, in both together.

    Two-sided at 95 %, found in 80 of 100 trials, the two groups growing as they are split now:
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, 3rd edition,
    section 4.2, with the variance of each group its own and no correction for continuity.

    Returns:
        None where there is no difference, or nobody in one of the groups.
    """
    if not n or not other_n:
        return None
    share, other_share = hits / n, other_hits / other_n
    if share == other_share:
        return None
    ratio = n / other_n
    spread = share * (1 - share) / ratio + other_share * (1 - other_share)
    wanted = (Z95 + Z80) ** 2 * spread / (share - other_share) ** 2
    return max(0, math.ceil(wanted * (1 + ratio)) - n - other_n)


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    told = (row["hits_treated"], row["treated"], row["hits_holdout"], row["holdout"])
    treated = row["hits_treated"] / row["treated"] if row["treated"] else None
    holdout = row["hits_holdout"] / row["holdout"] if row["holdout"] else None
    return row | {
        "share_treated": treated,
        "share_holdout": holdout,
        "difference": None if treated is None or holdout is None else treated - holdout,
        "needed": needed(*told),
    }
