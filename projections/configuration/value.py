"""What a customer is worth."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from projections.configuration.section import Section


class ValueRules(Section, frozen=True, kw_only=True):
    """Section ``value``.

    Args:
        margin: what remains of a unit of revenue, from 0 to 1; without it no margin is told.
    """

    margin: Annotated[float, Meta(ge=0, le=1)] | None = None
