"""The picture of one answer as a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journey.clickhouse import queries
from journey.pictures.catalogue import picture
from journey.pictures.files import PAGE, image
from journey.pictures.titles import titled
from journey.report.blocks import Block, Section, numbers
from journey.report.page import page
from journey.report.questions import Answer
from journey.words import Words
from projections.configuration import Configuration

if TYPE_CHECKING:
    import pyarrow as pa


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
