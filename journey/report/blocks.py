"""What a report is made of: sections of blocks, each with words, a picture, numbers, commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from journey.pictures.asked import KINDS
from journey.words import Words

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from journey.report.questions import Answer

NUMERIC = ("count", "seconds", "share", "number")


class Head(NamedTuple):
    """The head of a column."""

    text: str
    is_number: bool = False


class Grid(NamedTuple):
    """Numbers as a table.

    Args:
        cut: how many more rows there are than are shown.
    """

    heads: Sequence[Head]
    rows: Sequence[Sequence[str]]
    cut: int = 0


class Card(NamedTuple):
    """A figure that is read at a glance."""

    title: str
    value: str
    about: str = ""


class Block(NamedTuple):
    """One thing that a section shows.

    Args:
        name: of its anchor, once in a page.
        said: sentences: what is to be seen. Never empty where there is no picture.
        picture: drawn, or None.
        grid: its numbers, or None.
        is_open: whether the numbers are shown at once, as they are the point.
        commands: that make it.
        notes: what has to be known to read it rightly.
        cards: figures that stand above everything.
    """

    name: str
    title: str
    said: Sequence[str]
    picture: go.Figure | None = None
    grid: Grid | None = None
    is_open: bool = False
    commands: Sequence[str] = ()
    notes: Sequence[str] = ()
    cards: Sequence[Card] = ()


class Section(NamedTuple):
    """A chapter of the page."""

    name: str
    title: str
    about: str
    blocks: Sequence[Block]


ROWS_MAX = 200  # of one table on the page; the command gives all


def numbers(answer: Answer, words: Words, columns: Sequence[str] = ()) -> Grid:
    """The rows of an answer as a table.

    Args:
        columns: only these, in this order; empty: all.
    """
    shown = columns or answer.table.column_names
    heads = [
        Head(words.column(answer.query.name, name), answer.unit(name) in NUMERIC) for name in shown
    ]
    rows = answer.table.select(list(shown)).to_pylist()
    told = [[cell(words, name, row[name], answer.unit(name)) for name in shown] for row in rows]
    return Grid(heads, told[:ROWS_MAX], max(0, len(told) - ROWS_MAX))


def cell(words: Words, column: str, value: Any, unit: str) -> str:
    """A value of a column in writing."""
    if unit == "word" and isinstance(value, str):
        return words.name(KINDS.get(column, "value"), value) if value else words("none")
    return words.number(value, unit)
