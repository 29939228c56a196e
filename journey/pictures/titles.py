"""Titles, for where nothing else tells what a picture is of."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

TITLE_CHARS = 100  # of a line
LINE_PX, LEGEND_PX, AXIS_PX = 22, 30, 50


def titled(figure: go.Figure, title: str) -> go.Figure:
    """A figure with a title of its own, for where nothing else tells what it is."""
    lines = wrap(title, TITLE_CHARS)
    room = 30 + LINE_PX * len(lines)
    room += AXIS_PX if figure.layout.xaxis.side == "top" else 0
    room += LEGEND_PX if figure.layout.showlegend else 0
    return figure.update_layout(
        title={
            **{"text": "<br>".join(lines), "font": {"size": 16}},
            **{"x": 0.01, "xanchor": "left", "y": 1, "yanchor": "top", "pad": {"t": 12}},
            "yref": "container",
        },
        margin_t=room,
        height=figure.layout.height + room,
    )
