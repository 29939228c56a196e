"""When a matter counts as resolved in one contact."""

from __future__ import annotations

from projections.configuration.durations import Seconds
from projections.configuration.section import Section


class ResolutionRules(Section, frozen=True, kw_only=True):
    """Section ``resolution``.

    Args:
        repeat_within: a contact about the same topic this soon after a matter was resolved says
            that it was not.
        unresolved_after: a matter that is open for so long was not resolved in one contact.
    """

    repeat_within: Seconds = 7 * 86400
    unresolved_after: Seconds = 7 * 86400
