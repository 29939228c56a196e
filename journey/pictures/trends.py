"""More or fewer than chance would have: the counts, what was expected, and marks where it is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa

LINES_MAX = 6


@dataclass(frozen=True)
class Trend:
    """Lines over time, one a group.

    Args:
        group: the column of the groups; empty: what the question is split by.
    """

    group: str = ""

    def __call__(self, table: pa.Table, asked: Asked) -> go.Figure:
        """The picture."""
        rows = table.to_pylist()
        if not rows:
            return theme.said(asked.words("picture.nothing"))
        group = self.group or (asked.by if asked.by in table.column_names else "")
        sums: dict[str, int] = {}
        for row in rows:
            sums[row.get(group, "")] = sums.get(row.get(group, ""), 0) + row["n"]
        kept = sorted(sums, key=lambda name: -sums[name])[:LINES_MAX]
        made = theme.figure(
            height=380,
            showlegend=True,
            xaxis=axes.dates(),
            yaxis=axes.numbers(asked.label("n")) | {"rangemode": "tozero"},
        )
        for n, (value, name) in enumerate(zip(kept, asked.named(group, kept), strict=True)):
            own = [row for row in rows if row.get(group, "") == value]
            made.add_scatter(
                x=[row["period"] for row in own],
                y=[row["n"] for row in own],
                mode="lines",
                line={"color": theme.series(n)},
                name=axes.plain(name) if group else asked.label("n"),
                hovertemplate="%{x|%Y-%m-%d}: %{y:,}<extra></extra>",
            )
            if len(kept) == 1:
                _expected(made, own, asked)
        found = [row for row in rows if row["trend"] and row.get(group, "") in kept]
        if found:
            made.add_scatter(
                x=[row["period"] for row in found],
                y=[row["n"] for row in found],
                mode="markers",
                marker={"symbol": "diamond", "size": 11, "color": theme.RED},
                name=asked.words("picture.trend"),
                text=[asked.words.name("trend", row["trend"]) for row in found],
                hovertemplate="%{x|%Y-%m-%d}: %{y:,} (%{text})<extra></extra>",
            )
        return made


def _expected(made: go.Figure, rows: list[dict[str, object]], asked: Asked) -> None:
    known = [row for row in rows if row["expected"] is not None]
    if known:
        made.add_scatter(
            x=[row["period"] for row in known],
            y=[row["expected"] for row in known],
            mode="lines",
            line={"color": theme.GREY, "dash": "dot"},
            name=asked.label("expected"),
            hovertemplate="%{x|%Y-%m-%d}: %{y:,.1f}<extra></extra>",
        )
