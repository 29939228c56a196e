"""Which named question has a picture, and which one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from journey.pictures import flow
from journey.pictures.asked import Asked, Draw
from journey.pictures.metrics import metric
from journey.words import Words
from projections.configuration import DEFAULT, Configuration
from schemas.errors import UsageError

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa

PICTURES: dict[str, Draw] = {
    "ces": metric("mean"),
    "csat": metric("share"),
    "directly-follows": flow.directly_follows,
    "fcr": metric("fcr"),
    "nps": metric("nps"),
    "response-rate": metric("share_answered"),
    "stage-flow": flow.stage_flow,
}


def drawn_by(query: str) -> Draw:
    """What draws the answer of a question.

    Raises:
        UsageError: it has no picture.
    """
    draw = PICTURES.get(query)
    if draw is None:
        known = ", ".join(sorted(PICTURES))
        raise UsageError(f"{query} has no picture; these have one: {known}.")
    return draw


def picture(
    query: str,
    table: pa.Table,
    parameters: Mapping[str, Any],
    words: Words | None = None,
    rules: Configuration = DEFAULT,
) -> go.Figure:
    """The picture of an answer, without a title; where nothing was found it says so.

    Args:
        table: the answer, as ``answers.query_table`` gives it.
        parameters: that the question was asked with.
        words: of whoever looks; English if left out.
        rules: in force: they tell the order of stages, and how soon an answer is due.

    Raises:
        UsageError: the question has no picture.
    """
    asked = Asked(query, parameters, words or Words(), rules)
    return drawn_by(query)(table, asked)
