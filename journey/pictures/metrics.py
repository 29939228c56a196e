"""Figures with their 95 % interval: over time a line in a band, else a dot with a bar each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from journey.pictures import axes, theme
from journey.pictures.asked import Asked, Draw

if TYPE_CHECKING:
    import pyarrow as pa

NEAR = 0.4  # a share above which all of the scale is shown
LONGEST = {"day": timedelta(1), "week": timedelta(7), "month": timedelta(31)}


def metric(column: str, n: str = "n", scale: tuple[float, float] | None = None) -> Draw:
    """The picture of one figure of a question.

    Args:
        column: the figure; ``…_low`` and ``…_high`` are its interval, where it has one.
        n: of how many it is.
        scale: the least and the most that it can be; None: as the figures are.
    """

    def draw(table: pa.Table, asked: Asked) -> go.Figure:
        rows = [row for row in table.to_pylist() if row[column] is not None]
        if not rows:
            return theme.said(asked.words("picture.nothing"))
        if asked.is_over_time:
            made = _over_time(rows, column, n, asked)
        else:
            made = _by_group(rows, column, n, asked)
        axis = made.layout.yaxis if asked.is_over_time else made.layout.xaxis
        if asked.unit(column) == "share":
            highest = max(ends(rows, column)[1])
            most = 1.0 if highest > NEAR else highest * 1.1  # low rates would lie on the ground
            axis.range = [-0.02 * most, 1.02 * most]
        elif scale is not None:
            margin = (scale[1] - scale[0]) * 0.02
            axis.range = [scale[0] - margin, scale[1] + margin]
        return made

    return draw


def ends(rows: Sequence[dict[str, Any]], column: str) -> tuple[list[Any], list[Any]]:
    """The ends of the intervals; the figure itself where there is none."""
    low = [row.get(f"{column}_low") for row in rows]
    high = [row.get(f"{column}_high") for row in rows]
    return (
        [row[column] if end is None else end for row, end in zip(rows, low, strict=True)],
        [row[column] if end is None else end for row, end in zip(rows, high, strict=True)],
    )


def _told(rows: Sequence[dict[str, Any]], column: str, n: str, asked: Asked) -> list[str]:
    """What is said of each row to whoever points at it."""
    words, unit = asked.words, asked.unit(column)
    low, high = ends(rows, column)
    return [
        words(
            "picture.interval",
            value=words.number(row[column], unit),
            low=words.number(a, unit),
            high=words.number(b, unit),
            n=words.number(row.get(n)),
        )
        for row, a, b in zip(rows, low, high, strict=True)
    ]


def _over_time(rows: list[dict[str, Any]], column: str, n: str, asked: Asked) -> go.Figure:
    """A line that breaks where periods have no figure, and a bar where one stands alone."""
    unit, title = asked.unit(column), asked.title(column)
    low, high = ends(rows, column)
    at = [str(row[asked.by]) for row in rows]
    made = theme.figure(
        height=320,
        showlegend=True,
        xaxis=axes.dates(at) if len(rows) > 1 else {"type": "category"},
        yaxis=axes.by_unit(asked.words, unit, "", [*low, *high]),
    )
    band, line = asked.words("picture.band"), []
    told = _told(rows, column, n, asked)
    for run in _runs(at, asked.by):
        line += [*run, None]
        if len(run) > 1:
            made.add_scatter(
                x=[at[k] for k in (*run, *reversed(run))],
                y=[*(high[k] for k in run), *(low[k] for k in reversed(run))],
                fill="toself",
                fillcolor=theme.seen_through(theme.BLUE, theme.BAND),
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                name=band,
                legendgroup=band,
            )
        else:
            [k] = run
            made.add_scatter(
                x=[at[k], at[k]],
                y=[low[k], high[k]],
                mode="lines",
                line={"color": theme.seen_through(theme.BLUE, theme.LINK), "width": 8},
                hoverinfo="skip",
                name=band,
                legendgroup=band,
            )
    for trace in made.data[1:]:
        trace.showlegend = False
    return made.add_scatter(
        x=[None if k is None else at[k] for k in line],
        y=[None if k is None else rows[k][column] for k in line],
        mode="lines+markers",
        line={"color": theme.BLUE, "width": 2},
        marker={"size": 6},
        name=title,
        text=["" if k is None else told[k] for k in line],
        hovertemplate="%{x}<br>%{text}<extra></extra>",
        connectgaps=False,
    )


def _runs(at: Sequence[str], period: str) -> list[list[int]]:
    """The places of periods that follow on each other, run by run."""
    runs: list[list[int]] = []
    for k, day in enumerate(at):
        if k and date.fromisoformat(day) - date.fromisoformat(at[k - 1]) <= LONGEST[period]:
            runs[-1].append(k)
        else:
            runs.append([k])
    return runs


def _by_group(rows: list[dict[str, Any]], column: str, n: str, asked: Asked) -> go.Figure:
    unit, title = asked.unit(column), asked.title(column)
    names = asked.named(asked.by, [r[asked.by] for r in rows]) if asked.by else [asked.words("all")]
    places = [axes.wrapped(name) for name in names]
    low, high = ends(rows, column)
    made = theme.figure(
        height=axes.height(len(rows)),
        xaxis=axes.by_unit(asked.words, unit, title, [*low, *high]),
        yaxis=axes.names(names),
    )
    return made.add_trace(dots(rows, column, places, asked, title, n))


def dots(
    rows: Sequence[dict[str, Any]],
    column: str,
    places: Sequence[Any],
    asked: Asked,
    name: str,
    n: str = "n",
    colour: str = theme.BLUE,
) -> go.Scatter:
    """A dot for each row, in the bar of its interval.

    Args:
        places: where each row stands on the axis that goes down.
        name: of the trace, as the legend has it.
    """
    unit = asked.unit(column)
    low, high = ([axes.placed(value, unit) for value in each] for each in ends(rows, column))
    at = [axes.placed(row[column], unit) for row in rows]
    return go.Scatter(
        x=at,
        y=list(places),
        mode="markers",
        marker={"color": colour, "size": 9},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [end - value for end, value in zip(high, at, strict=True)],
            "arrayminus": [value - end for end, value in zip(low, at, strict=True)],
            "color": colour,
            "thickness": 2,
        },
        text=_told(rows, column, n, asked),
        hovertemplate="%{text}<extra></extra>",
        name=name,
    )
