"""How many: bars by group, and layers over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa

GROUPS_MAX = 8  # of layers over time; the smaller ones are one
BARS_MAX = 25


@dataclass(frozen=True)
class Bars:
    """A bar for each row.

    Args:
        columns: what the bars tell, one colour each.
        group: the column with their names; empty: what the question is split by.
        has_order: whether the rows' own order tells something; else the longest bar is first.
    """

    columns: Sequence[str]
    group: str = ""
    has_order: bool = False

    def __call__(self, table: pa.Table, asked: Asked) -> go.Figure:
        """The picture."""
        words, group, columns = asked.words, self.group or asked.by, self.columns
        rows = table.to_pylist()
        if asked.is_over_time:
            return Layers(asked.by, self.columns)(table, asked)
        if not self.has_order:
            rows = sorted(rows, key=lambda row: -(row[self.columns[0]] or 0))
        rows = rows[:BARS_MAX]
        if not any(row[column] for row in rows for column in self.columns):
            return theme.said(words("picture.nothing"))
        if group == "stage":
            order = asked.in_order(row[group] for row in rows)
            rows = sorted(rows, key=lambda row: order.index(row[group]))
        names = asked.named(group, [row[group] for row in rows]) if group else [words("all")]
        unit = asked.unit(self.columns[0])
        made = theme.figure(
            height=axes.height_of(names, 24 + 10 * len(columns)),
            barmode="group",
            showlegend=len(self.columns) > 1,
            xaxis=axes.by_unit(
                words, unit, asked.label(self.columns[0]), [row[c] for row in rows for c in columns]
            ),
            yaxis=axes.names(names),
        )
        if len(self.columns) > 1:
            made.update_xaxes(title={"text": ""})
        for n, column in enumerate(self.columns):
            made.add_trace(bars(rows, column, names, asked, theme.series(n)))
        return made


def bars(
    rows: Sequence[dict[str, Any]], column: str, names: Sequence[str], asked: Asked, colour: str
) -> go.Bar:
    """A bar for each row, with its figure in writing.

    Args:
        names: where each row stands on the axis that goes down.
    """
    unit = asked.unit(column)
    return go.Bar(
        orientation="h",
        x=[row[column] or 0 for row in rows],
        y=[axes.wrapped(name) for name in names],
        name=asked.label(column),
        marker={"color": colour},
        text=[asked.words.number(row[column], unit) for row in rows],
        textposition="auto",
        textangle=0,
        insidetextfont={"color": theme.GROUND},
        hovertemplate="%{y}: %{text}<extra></extra>",
        cliponaxis=False,
    )


@dataclass(frozen=True)
class Layers:
    """What adds up to a whole, period by period.

    Args:
        time: the column of the periods.
        columns: the layers; with groups the one column whose groups are the layers.
        group: the column of the groups; empty: what the question is split by, if by anything.
        is_apart: whether the groups do not add up, and are lines beside each other.
    """

    time: str
    columns: Sequence[str]
    group: str = ""
    is_apart: bool = False

    def __call__(self, table: pa.Table, asked: Asked) -> go.Figure:
        """The picture."""
        rows = table.to_pylist()
        if not any(row[column] for row in rows for column in self.columns):
            return theme.said(asked.words("picture.nothing"))
        periods = sorted({row[self.time] for row in rows if row[self.time] is not None})
        layers = self._layers(rows, asked)
        unit, title = asked.unit(self.columns[0]), asked.label(self.columns[0])
        title = title if len(self.columns) == 1 else ""
        highest = [row[column] for row in rows for column in self.columns]
        made = theme.figure(
            height=360,
            barmode="relative",
            showlegend=len(layers) > 1,
            xaxis=axes.dates(periods),
            yaxis=axes.by_unit(asked.words, unit, title, highest) | {"rangemode": "tozero"},
        )
        for n, (name, told) in enumerate(layers.items()):
            values = [told.get(period, None if self.is_apart else 0) for period in periods]
            name = axes.plain(name)
            shown: dict[str, Any] = {"name": name, "x": periods, "y": values}
            shown["hovertemplate"] = f"%{{x|%Y-%m-%d}}<br>{name}: %{{y}}<extra></extra>"
            if self.is_apart:
                made.add_scatter(mode="lines+markers", line={"color": theme.series(n)}, **shown)
            else:
                made.add_bar(marker={"color": theme.series(n)}, **shown)
        return made

    def _layers(self, rows: Sequence[dict[str, Any]], asked: Asked) -> dict[str, dict[Any, Any]]:
        """By name of a layer: its figures by period."""
        group = self.group or ("" if asked.by == self.time else asked.by)
        if not group:
            return {
                asked.label(column): {row[self.time]: row[column] for row in rows}
                for column in self.columns
            }
        [column] = self.columns
        sums: dict[Any, float] = {}
        for row in rows:
            sums[row[group]] = sums.get(row[group], 0) + (row[column] or 0)
        ranked = sorted(sums, key=lambda name: -sums[name])
        kept = ranked if len(ranked) <= GROUPS_MAX else ranked[: GROUPS_MAX - 1]
        names = dict(zip(kept, asked.named(group, kept), strict=True))
        found: dict[str, dict[Any, Any]] = {name: {} for name in names.values()}
        for row in rows:
            name = names.get(row[group])
            if name is None:
                if self.is_apart:
                    continue
                name = asked.words("picture.others")
            layer = found.setdefault(name, {})
            layer[row[self.time]] = layer.get(row[self.time], 0) + (row[column] or 0)
        return found
