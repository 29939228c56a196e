"""The picture of one answer as a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from journey.clickhouse import queries
from journey.pictures.catalogue import picture
from journey.pictures.files import PAGE, image
from journey.report.blocks import Block, Section, numbers
from journey.report.page import page
from journey.report.questions import Answer
from journey.words import Words
from projections.configuration import Configuration

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa

TITLE_CHARS = 100  # of a line


def draw(
    path: Path,
    query: str,
    parameters: Mapping[str, Any],
    table: pa.Table,
    rules: Configuration,
    title: str = "",
) -> None:
    """Draw an answer: into a page with its numbers and its command, or as an image.

    Args:
        title: above it; empty: what the question says of itself.

    Raises:
        UsageError: the question has no picture.
        JourneyError: there is no browser for an image.
    """
    words, asked = Words(), queries.named(query)
    figure = picture(query, table, parameters, words, rules)
    if path.suffix.lower() != PAGE:
        image(titled(figure, title or asked.about), path)
        return
    answer = Answer(asked, dict(parameters), table, ())
    block = Block(
        "picture", "", [asked.about], figure, numbers(answer, words), commands=[answer.command]
    )
    section = Section("answer", title or query, "", [block])
    path.write_text(page(title or query, [], [section], words), encoding="utf-8")


def titled(figure: go.Figure, title: str) -> go.Figure:
    """A figure with a title of its own, for where nothing else tells what it is."""
    lines = wrap(title, TITLE_CHARS)
    room = 30 + 22 * len(lines) + (50 if figure.layout.xaxis.side == "top" else 0)
    room += 30 if figure.layout.showlegend else 0
    return figure.update_layout(
        title={
            **{"text": "<br>".join(lines), "font": {"size": 16}},
            **{"x": 0.01, "xanchor": "left", "y": 1, "yanchor": "top", "pad": {"t": 12}},
            "yref": "container",
        },
        margin_t=room,
        height=figure.layout.height + room,
    )
