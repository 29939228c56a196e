"""Pain points, the worst first: whom they hit, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked
from journey.pictures.counts import bars

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_MAX = 20
ROOM = 1.3  # of an axis beyond the longest bar, for a figure behind it


def ranking(table: pa.Table, asked: Asked) -> go.Figure:
    """In the order of their rank: customers hit, and beside it the cost, where there is any."""
    words, rows = asked.words, table.to_pylist()[:ROWS_MAX]
    if not rows:
        return theme.said(words("picture.nothing"))
    names = asked.named("kind", [row["kind"] for row in rows])
    if asked.by:
        groups = asked.named(asked.by, [row[asked.by] for row in rows])
        names = [f"{name}, {group}" for name, group in zip(names, groups, strict=True)]
    has_cost = any(row["cost"] for row in rows)
    made = theme.figure(
        height=axes.height(len(rows), 32, 220),
        showlegend=False,
        least_width=460 if asked.by and has_cost else 0,
        xaxis=axes.numbers(asked.label("customers"), [row["customers"] for row in rows]),
        yaxis=axes.names(names),
    )
    made.add_trace(bars(rows, "customers", names, asked, theme.RED))
    if has_cost:
        cost = bars(rows, "cost", names, asked, theme.ORANGE).update(xaxis="x2")
        made.add_trace(cost)
        made.update_layout(
            xaxis={"domain": [0, 0.52], "nticks": 3},
            xaxis2=axes.numbers(asked.label("cost"), [row["cost"] for row in rows])
            | {"domain": [0.64, 1], "gridcolor": theme.GRID, "anchor": "y"}
            | {"nticks": 3, "tickangle": 0, "linecolor": theme.MUTED}
            | {"range": [0, ROOM * max(row["cost"] or 0 for row in rows)]},
        )
    return made
