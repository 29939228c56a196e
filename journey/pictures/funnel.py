"""A funnel: how many came to each step, of those who took the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa

GROUPS_MAX = 6


def funnel(table: pa.Table, asked: Asked) -> go.Figure:
    """A bar for each step; of several groups, a colour each, and shares in place of numbers."""
    words, rows = asked.words, table.to_pylist()
    if not rows:
        return theme.said(words("picture.nothing"))
    by = asked.by
    sizes = {row[by]: row["customers"] for row in rows if row["step"] == 1} if by else {"": 0}
    groups = sorted(sizes, key=lambda group: -sizes[group])[:GROUPS_MAX]
    steps = [f"{row['step']}. {row['activity']}" for row in rows if not by or row[by] == groups[0]]
    column = "share" if by else "customers"
    made = theme.figure(
        height=axes.height(len(steps) * len(groups), 44 if not by else 26, 220),
        barmode="group",
        showlegend=bool(by),
        xaxis=axes.by_unit(
            words, asked.unit(column), asked.label(column), [row[column] for row in rows]
        ),
        yaxis=axes.names(steps),
        legend_traceorder="normal",
    )
    for n, (group, name) in enumerate(zip(groups, asked.named(by, groups), strict=True)):
        own = [row for row in rows if not by or row[by] == group]
        made.add_bar(
            orientation="h",
            x=[row[column] for row in own],
            y=[axes.wrapped(f"{row['step']}. {row['activity']}") for row in own],
            name=axes.plain(name),
            marker={"color": theme.series(n)},
            text=[_told(row, asked) for row in own],
            textposition="auto",
            textangle=0,
            insidetextfont={"color": theme.GROUND},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    return made


def _told(row: dict[str, object], asked: Asked) -> str:
    n, share = (asked.words.number(row[name], asked.unit(name)) for name in ("customers", "share"))
    return f"{n} ({share})"
