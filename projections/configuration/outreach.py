"""What starts outreach, and what is too old for it."""

from __future__ import annotations

from projections.configuration.durations import Seconds
from projections.configuration.section import Section


class OutreachRules(Section, frozen=True, kw_only=True):
    """Section ``outreach``.

    Args:
        stale_after: an event that was recorded this long after it happened starts no outreach.
    """

    stale_after: Seconds = 24 * 3600
