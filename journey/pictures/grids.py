"""Cells that are the darker the more they hold, each with its figure in writing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa

NAMES_MAX = 15  # of activities; those with the most steps
COHORTS_MAX, AFTER_MAX = 24, 12
STEPS_MAX = 10
NAMES_PX, CELL_PX = 130, 42  # so wide that what stands in a cell can be read
STAGE_PX = 88  # and the name of a stage above it


def grid(
    down: Sequence[str],
    along: Sequence[str],
    values: Sequence[Sequence[Any]],
    said: Sequence[Sequence[str]],
    *,
    height: int,
    cell: int = CELL_PX,
    highest: float | None = None,
    **layout: Any,
) -> go.Figure:
    """A grid.

    Args:
        down, along: names of rows and columns.
        values: row by row; None: nothing.
        said: what stands in each cell.
        cell: how wide one is at least, in pixels.
        highest: what the darkest colour stands for; None: the highest value.
    """
    axis = {"type": "category", "showgrid": False, "ticks": ""}
    made = theme.figure(
        height=height,
        least_width=NAMES_PX + cell * len(along),
        xaxis=axis | {"side": "top"},
        yaxis=axis | {"autorange": "reversed"},
    )
    made.update_layout(**layout)
    return made.add_heatmap(
        x=[axes.wrapped(name) for name in along],
        y=[axes.wrapped(name) for name in down],
        z=values,
        zmin=0,
        zmax=highest,
        text=said,
        texttemplate="%{text}",
        colorscale=theme.scale(),
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
        hoverongaps=False,
    )


def retention(table: pa.Table, asked: Asked) -> go.Figure:
    """Who comes back: a row for each period in which customers began."""
    words = asked.words
    rows = table.to_pylist()
    if not rows:
        return theme.said(words("picture.nothing"))
    sizes = {row["cohort"]: row["size"] for row in rows}
    cohorts = sorted(sizes)[-COHORTS_MAX:]
    last = max(row["after"] for row in rows if row["cohort"] in cohorts)
    afters = range(min(last, AFTER_MAX) + 1)
    told = {(row["cohort"], row["after"]): row["share"] for row in rows}
    values = [[told.get((cohort, after)) for after in afters] for cohort in cohorts]
    made = grid(
        [f"{cohort} ({words.number(sizes[cohort])})" for cohort in cohorts],
        [str(after) for after in afters],
        values,
        [["" if v is None else f"{v:.0%}" for v in line] for line in values],
        height=axes.height(len(cohorts), 30, 240),
        highest=1.0,
    )
    period = asked.parameters.get("period") or "week"
    return made.update_xaxes(title={"text": words(f"picture.after_{period}")})


def directly_follows(table: pa.Table, asked: Asked) -> go.Figure:
    """How often what stands at the left is directly followed by what stands above."""
    rows = table.to_pylist()
    if not rows:
        return theme.said(asked.words("picture.nothing"))
    n: dict[str, int] = {}
    for row in rows:
        for side in ("from", "to"):
            n[row[side]] = n.get(row[side], 0) + row["n"]
    names = sorted(n, key=lambda name: (-n[name], name))[:NAMES_MAX]
    told = {(row["from"], row["to"]): row["n"] for row in rows}
    values = [[told.get((a, b)) for b in names] for a in names]
    return grid(
        names,
        names,
        values,
        [["" if v is None else f"{v:,}" for v in line] for line in values],
        height=axes.height(len(names), 28, 320),
        xaxis_tickangle=-60,
    )


def step_matrix(table: pa.Table, asked: Asked) -> go.Figure:
    """Where cases are at each step."""
    rows = [row for row in table.to_pylist() if row["step"] <= STEPS_MAX]
    if not rows:
        return theme.said(asked.words("picture.nothing"))
    n: dict[str, int] = {}
    for row in rows:
        n[row["activity"]] = n.get(row["activity"], 0) + row["n"]
    names = sorted(n, key=lambda name: (-n[name], name))[:NAMES_MAX]
    steps = sorted({row["step"] for row in rows})
    told = {(row["activity"], row["step"]): row["share"] for row in rows}
    values = [[told.get((name, step)) for step in steps] for name in names]
    return grid(
        names,
        [str(step) for step in steps],
        values,
        [["" if v is None else f"{v:.0%}" for v in line] for line in values],
        height=axes.height(len(names), 28, 240),
    ).update_xaxes(title={"text": asked.label("step")})


def by_stage(down: str, column: str) -> Any:
    """A grid with the stages above.

    Args:
        down: the column of its rows.
        column: whose sums stand in it.
    """

    def draw(table: pa.Table, asked: Asked) -> go.Figure:
        rows = table.to_pylist()
        if not rows:
            return theme.said(asked.words("picture.nothing"))
        sums: dict[tuple[str, str], int] = {}
        whole: dict[str, int] = {}
        for row in rows:
            key = (row[down], row["stage"])
            sums[key] = sums.get(key, 0) + row[column]
            whole[row[down]] = whole.get(row[down], 0) + row[column]
        stages = asked.in_order(row["stage"] for row in rows)
        names = sorted(whole, key=lambda name: -whole[name])[:NAMES_MAX]
        values = [[sums.get((name, stage)) for stage in stages] for name in names]
        return grid(
            asked.named(down, names),
            asked.named("stage", stages),
            values,
            [["" if v is None else asked.words.number(v) for v in line] for line in values],
            height=axes.height(len(names), 30, 240),
            cell=STAGE_PX,
        )

    return draw
