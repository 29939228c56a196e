"""Effort saved by outreach: from counts of contacts to means and their difference.

Who was assigned to be written to is treated, whatever became of it: leaving out those whom a
guardrail held back would compare people of different kinds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

# Of the answer, without the ends of intervals.
SCHEMA = pa.schema(
    {
        "grouped": pa.string(),
        "n": pa.int64(),
        "treated": pa.int64(),
        "holdout": pa.int64(),
        "pending": pa.int64(),
        "contacts_treated": pa.float64(),
        "contacts_holdout": pa.float64(),
        "difference": pa.float64(),
        "saved": pa.float64(),
        "sd_treated": pa.float64(),
        "sd_holdout": pa.float64(),
        "first_at": pa.timestamp("us", tz="UTC"),
        "last_at": pa.timestamp("us", tz="UTC"),
    }
)


def effort_saved(bound: Mapping[str, Any], rows: pa.Table) -> pa.Table:
    """The answer of the query ``effort-saved``, without ends of intervals.

    Args:
        bound: the query's parameters.
        rows: one a group, in the columns of the query's statement.
    """
    return pa.Table.from_pylist([_answer(row) for row in rows.to_pylist()], schema=SCHEMA)


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    treated, holdout = row["treated"], row["holdout"]
    mean_treated = row["sum_treated"] / treated if treated else None
    mean_holdout = row["sum_holdout"] / holdout if holdout else None
    difference = None
    if mean_treated is not None and mean_holdout is not None:
        difference = mean_holdout - mean_treated
    return {
        "grouped": row["grouped"],
        "n": treated + holdout,
        "treated": treated,
        "holdout": holdout,
        "pending": row["pending"],
        "contacts_treated": mean_treated,
        "contacts_holdout": mean_holdout,
        "difference": difference,
        "saved": None if difference is None else difference * treated,
        "sd_treated": _spread(row["sum_treated"], row["squares_treated"], treated),
        "sd_holdout": _spread(row["sum_holdout"], row["squares_holdout"], holdout),
        "first_at": row["first_at"],
        "last_at": row["last_at"],
    }


def _spread(total: int, squares: int, n: int) -> float | None:
    """The standard deviation of a sample of whole numbers."""
    return math.sqrt((n * squares - total**2) / (n * (n - 1))) if n > 1 else None
