"""Which named question has a picture, and which one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from journey.pictures import channels, emotion, flow, funnel, grids, pains, scores
from journey.pictures.asked import Asked, Draw
from journey.pictures.counts import Bars, Layers
from journey.pictures.metrics import metric
from journey.pictures.times import Times
from journey.pictures.trends import Trend
from journey.words import Words
from projections.configuration import DEFAULT, Configuration
from schemas.errors import UsageError

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa

PICTURES: dict[str, Draw] = {
    "agent-concurrency": Bars(["mean_open"]),
    "care-roi": metric("difference"),
    "ces": metric("mean", scale=(1, 7)),
    "channel-pains": Bars(["customers_before", "customers"], "kind"),
    "channel-retire": Bars(["customers"], "alternative"),
    "channels": channels.compared,
    "churn-rate": metric("rate"),
    "clv": metric("clv_revenue"),
    "contacts-per-resolution": metric("per_resolution"),
    "conversations": Bars(["n"]),
    "csat": metric("share"),
    "customer-scores": scores.scores,
    "customers": Layers("month", ["customers"], is_apart=True),
    "decisions": Bars(["n"]),
    "deflection": metric("share_accepted", "offered"),
    "directly-follows": grids.directly_follows,
    "effort-saved": metric("difference"),
    "engagement": Layers("period", ["engagements"], "channel"),
    "events-by-property": Bars(["n"], "value"),
    "fcr": metric("fcr"),
    "first-response": Times(is_response=True),
    "funnel": funnel.funnel,
    "handle-time": Times(),
    "journey-dwell": Times(p90="", group="stage"),
    "journey-emotion": emotion.curve,
    "journey-map": grids.by_stage("channel", "n"),
    "journey-pains": grids.by_stage("kind", "n"),
    "lifecycle": Layers(
        "period", ["new", "current", "reactivated", "resurrected", "at_risk", "dormant"]
    ),
    "listening": Layers("period", ["mentions"]),
    "mention-trend": Trend(),
    "next-response": Times("median_of_means_s", "p90_of_means_s", is_response=True),
    "nps": metric("nps", scale=(-100, 100)),
    "orders": Layers("month", ["n"], "currency"),  # revenues in several do not add up
    "pain-cost": Bars(["contacts_cost", "refunds"], "kind"),
    "pain-ranking": pains.ranking,
    "pain-trend": Trend(),
    "preferred-channel": Bars(["n"], "channel"),
    "queue-time": Times(),
    "resolution": Times(),
    "response-rate": metric("share_answered"),
    "retention": grids.retention,
    "share-of-voice": Layers("period", ["share"], "whose"),
    "stage-dwell": Times(group="stage"),
    "stage-flow": flow.stage_flow,
    "stages": Bars(["n"], "stage", has_order=True),
    "step-matrix": grids.step_matrix,
    "stickiness": Bars(["n"], "days", has_order=True),
    "surveys": Bars(["n"], "name"),
    "tag-trend": Trend("tag"),
    "top-paths": Bars(["n"], "path", has_order=True),
    "topic-trend": Trend("topic"),
    "volume": Layers("period", ["n"]),
    "volume-trend": Trend(),
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
