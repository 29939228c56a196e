"""Moves between stages, as a flow from what was left to what began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from journey.pictures import theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa

PAD = 0.05  # between two stages, of the height


def stage_flow(table: pa.Table, asked: Asked) -> go.Figure:
    """Moves from stage to stage: what was left at the left, what began at the right.

    Left and right are told apart because customers go back, too: a ring could not be read.
    """
    rows = table.to_pylist()
    if not rows:
        return theme.said(asked.words("picture.nothing"))
    left = asked.in_order(row["from"] for row in rows)
    right = asked.in_order(row["to"] for row in rows)
    order = asked.in_order([*asked.rules.stages.stages, *left, *right])
    colours = {stage: theme.series(n) for n, stage in enumerate(order)}
    made = theme.figure(height=max(360, 60 * max(len(left), len(right))))
    made.add_sankey(
        arrangement="fixed",
        node={
            "label": asked.named("from", left) + asked.named("to", right),
            "color": [colours[stage] for stage in (*left, *right)],
            "x": [0.001] * len(left) + [0.999] * len(right),
            "y": _places(rows, "from", left) + _places(rows, "to", right),
            "pad": 18,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value:,}<extra></extra>",
        },
        link={
            "source": [left.index(row["from"]) for row in rows],
            "target": [len(left) + right.index(row["to"]) for row in rows],
            "value": [row["n"] for row in rows],
            "color": [theme.seen_through(colours[row["from"]], theme.LINK) for row in rows],
            "customdata": [asked.words.number(row["median_dwell_s"], "seconds") for row in rows],
            "hovertemplate": asked.words("picture.flow"),
        },
        textfont={"color": theme.TEXT, "size": 13},
    )
    return made


def _places(rows: list[dict[str, Any]], side: str, stages: list[str]) -> list[float]:
    """Where the middle of each stage stands, from the top (0) to the bottom (1)."""
    n = [sum(row["n"] for row in rows if row[side] == stage) for stage in stages]
    room, at, places = 1 - PAD * (len(stages) - 1), 0.0, []
    for each in n:
        height = room * each / sum(n)
        places.append(min(max(at + height / 2, 0.001), 0.999))
        at += height + PAD
    return places
