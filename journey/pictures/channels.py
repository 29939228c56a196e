"""Channels compared by three shares, each in its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from journey.pictures import axes, metrics, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa

SHARES = {"response_rate": "turns", "fcr": "judged", "csat": "csat_n"}  # share -> of how many
ROWS_MAX = 25  # those with the most contacts
APART = 0.22  # between the dots of one channel


def compared(table: pa.Table, asked: Asked) -> go.Figure:
    """For each channel how much is answered, solved at once, and liked."""
    words = asked.words
    rows = sorted(table.to_pylist(), key=lambda row: -row["contacts"])[:ROWS_MAX]
    if not any(row[column] is not None for row in rows for column in SHARES):
        return theme.said(words("picture.nothing"))
    names = asked.named("channel", [row["channel"] for row in rows])
    if asked.by:
        groups = asked.named(asked.by, [row[asked.by] for row in rows])
        names = [f"{name}, {group}" for name, group in zip(names, groups, strict=True)]
    places = list(range(len(rows)))
    made = theme.figure(
        height=axes.height(len(rows), 52, 240),
        showlegend=True,
        xaxis={"tickformat": ".0%", "range": [-0.02, 1.02]},
        yaxis={
            "tickvals": places,
            "ticktext": [axes.wrapped(name) for name in names],
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
        shapes=[
            {
                **{"type": "line", "xref": "paper", "x0": 0, "x1": 1},
                **{"y0": at - 0.5, "y1": at - 0.5, "line": {"color": theme.GRID, "width": 1}},
            }
            for at in places[1:]
        ],
        legend_traceorder="normal",
    )
    for n, (column, of) in enumerate(SHARES.items()):
        own = [(row, at) for row, at in zip(rows, places, strict=True) if row[column] is not None]
        made.add_trace(
            metrics.dots(
                [row for row, _ in own],
                column,
                [at + APART * (n - 1) for _, at in own],
                asked,
                asked.label(column),
                of,
                theme.series(n),
            )
        )
    return made
