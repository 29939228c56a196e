"""When a customer's stage changes."""

from __future__ import annotations

from projections.configuration.durations import Seconds
from projections.configuration.section import Section


class StageRules(Section, frozen=True, kw_only=True):
    """Section ``stages``.

    Args:
        lapse: silence of the customer after which they are lapsed.
        loyalty_window: an order this soon after the one before makes them loyal.
        low_csat_share: at or below this share of its scale a CSAT puts them at risk.
        high_csat_share: at or above it, it takes them out of it.
    """

    lapse: Seconds = 180 * 86400
    loyalty_window: Seconds = 365 * 86400
    low_csat_share: float = 0.4  # 2 of 5, 4 of 10, and below, whether the scale begins at 0 or 1
    high_csat_share: float = 0.75  # 4 of 5, 8 of 10, and above
