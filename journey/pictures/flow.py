"""What leads to what: moves between stages as a flow, and what follows what as a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa

ACTIVITIES_MAX = 15  # of a grid; those with the most steps


def stage_flow(table: pa.Table, asked: Asked) -> go.Figure:
    """Moves from stage to stage: what was left at the left, what began at the right.

    Left and right are told apart because customers go back, too: a ring could not be read.
    """
    rows = table.to_pylist()
    if not rows:
        return theme.said(asked.words("picture.nothing"))
    left = _in_order([row["from"] for row in rows], rows, "from")
    right = _in_order([row["to"] for row in rows], rows, "to")
    colours = {stage: theme.series(n) for n, stage in enumerate(dict.fromkeys([*left, *right]))}
    made = theme.figure(height=max(360, 60 * max(len(left), len(right))))
    made.add_sankey(
        arrangement="fixed",
        node={
            "label": asked.named("from", left) + asked.named("to", right),
            "color": [colours[stage] for stage in (*left, *right)],
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


def _in_order(stages: list[str], rows: list[dict[str, Any]], side: str) -> list[str]:
    """The stages of a side, those with the most moves first."""
    n = {stage: sum(row["n"] for row in rows if row[side] == stage) for stage in stages}
    return sorted(n, key=lambda stage: (-n[stage], stage))


def directly_follows(table: pa.Table, asked: Asked) -> go.Figure:
    """How often one activity directly follows another: from the left, to what is above."""
    rows = table.to_pylist()
    if not rows:
        return theme.said(asked.words("picture.nothing"))
    n: dict[str, int] = {}
    for row in rows:
        for side in ("from", "to"):
            n[row[side]] = n.get(row[side], 0) + row["n"]
    names = sorted(n, key=lambda name: (-n[name], name))[:ACTIVITIES_MAX]
    told = {(row["from"], row["to"]): row for row in rows}
    cells = [[told.get((a, b), {}).get("n") for b in names] for a in names]
    return grid(names, names, cells, cells, height=axes.height(len(names), 28, 320))


def grid(
    down: list[str],
    along: list[str],
    values: list[list[Any]],
    said: list[list[Any]],
    *,
    height: int,
    highest: float | None = None,
    **layout: Any,
) -> go.Figure:
    """Cells that are the darker the more they hold, each with what it holds in writing.

    Args:
        down, along: names of rows and columns.
        said: what stands in each cell; None: nothing.
        highest: what the darkest colour stands for; None: the highest value.
    """
    made = theme.figure(
        height=height,
        xaxis={"type": "category", "side": "top", "showgrid": False, "tickangle": "auto"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    made.update_layout(**layout)
    made.add_heatmap(
        x=[axes.wrapped(name) for name in along],
        y=[axes.wrapped(name) for name in down],
        z=values,
        zmin=0,
        zmax=highest,
        text=[["" if cell is None else f"{cell}" for cell in line] for line in said],
        texttemplate="%{text}",
        colorscale=theme.scale(),
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="%{y} → %{x}: %{text}<extra></extra>",
        hoverongaps=False,
    )
    return made
