"""What a survey's answer means, and which conversation or order it was about."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from projections.configuration.durations import Seconds
from projections.configuration.section import Section

Share = Annotated[float, Meta(ge=0, le=1)]


class ScoreRules(Section, frozen=True, kw_only=True):
    """Section ``scores``.

    Args:
        satisfied_share: from this share of its scale on a CSAT is satisfied.
        easy_share: from this share of its scale on a CES is easy.
        good_review_share: from this share of its stars on a review is good.
        about_conversation_within: an answer that names no conversation is about the customer's last
            one, if that was not longer ago.
        about_order_within: where there is none, about the last order, if that was not longer ago.
    """

    satisfied_share: Share = 0.75  # 4 of 5, 8 of 10, and above, whether the scale begins at 0 or 1
    easy_share: Share = 0.66  # 5 of 7 and above
    good_review_share: Share = 0.8  # 4 of 5 stars and above
    about_conversation_within: Seconds = 7 * 86400
    about_order_within: Seconds = 30 * 86400
