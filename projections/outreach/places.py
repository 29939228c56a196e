"""Where a customer is, and whose law holds there: as they stated, else by their country.

Rule 1: a stated zone is where they are. Else they are in all zones of their country; of whom no
    country is known either, in all of ``outreach.zones``. In several zones all must allow it.
Rule 2: the law is that of the country that is told of them, else that of the stated zone, else
    those of all of ``outreach.zones``.
"""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from projections.configuration.jurisdictions import Jurisdiction
from projections.configuration.outreach import OutreachRules
from projections.outreach.clocks import zones_of
from projections.outreach.known import KnownState
from schemas import zones


class Place(NamedTuple):
    """Where a customer may be.

    Args:
        zones: all of them must allow what goes out.
        laws: what holds besides, by country.
    """

    zones: list[ZoneInfo]
    laws: dict[str, Jurisdiction]


def place_of(known: KnownState, rules: OutreachRules) -> Place:
    """Where a customer is, as far as it is known."""
    country = zones.country(known.traits.get(rules.country_trait, ""))
    is_stated = known.timezone in zones.names()
    where = zones_of(known.timezone, zones.of_countries().get(country, rules.zones))
    if not rules.jurisdictions:
        return Place(where, {})
    own = country or (zones.country_of(known.timezone) if is_stated else "")
    countries = [own] if own else sorted({zones.country_of(zone.key) for zone in where})
    laws = {name: rules.jurisdictions[name] for name in countries if name in rules.jurisdictions}
    return Place(where, laws)
