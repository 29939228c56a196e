"""The emotion curve of a journey map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa


def curve(table: pa.Table, asked: Asked) -> go.Figure:
    """How customers feel, stage by stage; the line breaks where too few told."""
    words = asked.words
    told = {row["stage"]: row for row in table.to_pylist()}
    if not any(row["emotion"] is not None for row in told.values()):
        return theme.said(words("picture.nothing"))
    stages = asked.in_order(told)
    path = [stage for stage in asked.rules.stages.path if stage in told]
    names = [axes.wrapped(name) for name in asked.named("stage", stages)]
    made = theme.figure(
        height=320,
        xaxis={
            **{"type": "category", "categoryarray": names, "showgrid": False},
            "tickangle": None,  # as there is room
        },
        yaxis={
            "range": [-1.08, 1.08],
            "tickvals": [-1, 0, 1],
            "ticktext": [words("picture.bad"), words("picture.neutral"), words("picture.good")],
            "zeroline": True,
            "zerolinewidth": 2,
        },
    )
    for own, is_on_path in ((path, True), ([s for s in stages if s not in path], False)):
        if not own:
            continue
        values = [told[stage]["emotion"] for stage in own]
        made.add_scatter(
            x=asked.named("stage", own),
            y=values,
            mode="lines+markers+text" if is_on_path else "markers+text",
            line={"color": theme.BLUE, "width": 3, "shape": "spline", "smoothing": 0.6},
            marker={"size": 11, "color": theme.BLUE if is_on_path else theme.ORANGE},
            text=["" if value is None else f"{value:+.2f}" for value in values],
            textposition="top center",
            customdata=[words.number(told[stage]["n"]) for stage in own],
            hovertemplate="%{x}: %{y:+.2f} (n = %{customdata})<extra></extra>",
            connectgaps=False,
            showlegend=False,
        )
    return made
