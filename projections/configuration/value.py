"""What a customer is worth, and when one is lost."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from projections.configuration.durations import Seconds
from projections.configuration.section import Section


class ValueRules(Section, frozen=True, kw_only=True):
    """Section ``value``.

    Args:
        renewal_grace: so long after it was due a renewal still goes on with a subscription.
        margin: what remains of a unit of revenue, from 0 to 1; without it no margin is told.
    """

    renewal_grace: Seconds = 86400
    margin: Annotated[float, Meta(ge=0, le=1)] | None = None
