"""What customers say of it: scores, effort, and the tone of their texts."""

from __future__ import annotations

from typing import Any

from projections.pains.kinds import Kind
from projections.pains.now import Now, about_sign
from projections.signs import ScoreGiven, TalkResolved


def scored(now: Now, sign: ScoreGiven) -> None:
    """The customer answered a survey, or gave stars."""
    low, effort = now.rules.low_score, now.rules.high_effort
    about = about_sign(sign)  # type: ignore[arg-type]  # it has the same fields
    limits = {"csat": low.csat_share, "nps": low.nps_share, "review": low.review_share}
    if sign.share <= limits.get(sign.metric, -1.0):
        now.moment(Kind.LOW_SCORE, about, measure=round(1 - sign.share, 9))
    if sign.metric == "ces" and sign.share <= effort.ces_share:
        now.moment(Kind.HIGH_EFFORT, about)


def took_many(now: Now, sign: TalkResolved) -> None:
    """The matter is settled, after so many contacts."""
    if sign.contacts > now.rules.high_effort.contacts:
        now.moment(Kind.HIGH_EFFORT, about_sign(sign), contacts=sign.contacts - 1)


def told(now: Now, about: dict[str, Any], sentiment: float) -> None:
    """The customer wrote a text of this sentiment, -1 to 1."""
    if sentiment < now.rules.negative_sentiment.below:
        now.moment(Kind.NEGATIVE_SENTIMENT, about, measure=-sentiment)
