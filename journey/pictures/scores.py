"""One customer's scores over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa


def scores(table: pa.Table, asked: Asked) -> go.Figure:
    """A line for each metric, each on a scale of its own."""
    rows = [row for row in table.to_pylist() if row["value"] is not None]
    if not rows:
        return theme.said(asked.words("picture.nothing"))
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    made = theme.figure(height=120 + 160 * len(metrics), showlegend=True, xaxis=axes.dates())
    for n, metric in enumerate(metrics):
        own = [row for row in rows if row["metric"] == metric]
        axis = "y" if n == 0 else f"y{n + 1}"
        made.add_scatter(
            x=[row["answered_at"] for row in own],
            y=[row["value"] for row in own],
            yaxis=axis,
            mode="lines+markers",
            line={"color": theme.series(n)},
            name=asked.words.either(f"metric.{metric}") or metric,
            text=[f"{row['score']:g} / {row['scale_max']:g}" for row in own],
            hovertemplate="%{x|%Y-%m-%d}: %{text}<extra></extra>",
        )
        domain = [n / len(metrics) + 0.04, (n + 1) / len(metrics)]
        made.update_layout(
            {
                axis.replace("y", "yaxis"): axes.numbers("")
                | {"domain": domain, "gridcolor": theme.GRID, "automargin": True}
            }
        )
    return made
