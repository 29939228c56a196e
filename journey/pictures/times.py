"""How long something takes, by group: half of them, nine of ten, and when it was due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from journey.pictures import axes, metrics, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Times:
    """Which columns of an answer tell how long.

    Args:
        median: half took at most this; ``…_low`` and ``…_high`` are its interval.
        p90: nine of ten took at most this; empty: not told.
        group: the column of the groups; empty: what the question is split by.
        is_response: whether an expectation tells when it was due.
    """

    median: str = "median_s"
    p90: str = "p90_s"
    group: str = ""
    is_response: bool = False

    def __call__(self, table: pa.Table, asked: Asked) -> go.Figure:
        """The picture."""
        if asked.is_over_time:
            return metrics.metric(self.median)(table, asked)
        rows = [row for row in table.to_pylist() if row[self.median] is not None]
        if not rows:
            return theme.said(asked.words("picture.nothing"))
        return self._by_group(rows, asked)

    def _by_group(self, rows: list[dict[str, Any]], asked: Asked) -> go.Figure:
        words, group = asked.words, self.group or asked.by
        if group == "stage":
            order = asked.in_order(row[group] for row in rows)
            rows = sorted(rows, key=lambda row: order.index(row[group]))
        names = [
            axes.wrapped(name)
            for name in (
                asked.named(group, [row[group] for row in rows]) if group else [words("all")]
            )
        ]
        low, high = metrics.ends(rows, self.median)
        p90 = [row[self.p90] for row in rows] if self.p90 else []
        due = self._due(rows, group, asked)
        made = theme.figure(
            height=axes.height(len(rows), 40),
            showlegend=True,
            xaxis=axes.durations(words, [*low, *high, *p90, *due]),
            yaxis=axes.names(names),
        )
        if p90:
            made.add_scatter(
                x=[axes.placed(value, "seconds") for value in p90],
                y=names,
                mode="markers",
                name=words("picture.p90"),
                marker={"symbol": "circle-open", "size": 10, "color": theme.GREY},
                hovertemplate="%{y}: %{text}<extra></extra>",
                text=[words.number(value, "seconds") for value in p90],
            )
        made.add_trace(metrics.dots(rows, self.median, names, asked, words("picture.median")))
        if any(due):
            made.add_scatter(
                x=due,
                y=names,
                mode="markers",
                name=words("picture.due"),
                marker={"symbol": "line-ns", "size": 20, "line": {"width": 3, "color": theme.RED}},
                hovertemplate="%{y}: %{text}<extra></extra>",
                text=[words.number(value, "seconds") for value in due],
            )
        return made

    def _due(self, rows: Sequence[dict[str, Any]], group: str, asked: Asked) -> list[float | None]:
        if not self.is_response or group != "channel":
            return []
        return [asked.rules.expectation(row[group]) / 1e6 for row in rows]
