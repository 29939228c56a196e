"""What the law of a country asks of outreach beyond the rules that hold everywhere.

None is configured to begin with: what a law asks is for its readers to say, not for this engine.
Each of these rules only ever keeps back more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from projections.configuration.section import Complaint
from schemas import zones

SENT_MAX = 64  # messages of a customer that are remembered, so no limit may lie above it
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Jurisdiction(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tables ``outreach.jurisdictions.DE``, by the two letters of the country.

    Args:
        marketing_from: local time from which marketing may go out; none: as everywhere.
        marketing_until: local time from which it may not any more, on the same day.
        marketing_days: the days on which it may; none: all.
        marketing_per_day: at most so many a local day; none: as everywhere.
        marketing_per_week: so many a local week.
        opt_in: purposes that need a record of consent as marketing does.
    """

    marketing_from: time | None = None
    marketing_until: time | None = None
    marketing_days: list[Day] = msgspec.field(default_factory=list)
    marketing_per_day: Annotated[int, Meta(ge=0, le=SENT_MAX)] | None = None
    marketing_per_week: Annotated[int, Meta(ge=0, le=SENT_MAX)] | None = None
    opt_in: list[Literal["service", "survey"]] = msgspec.field(default_factory=list)


Jurisdictions = dict[str, Jurisdiction]


def complaints(jurisdictions: Jurisdictions) -> Iterator[Complaint]:
    """What is wrong with them; paths begin with the country."""
    for country, rules in jurisdictions.items():
        if country not in zones.of_countries():
            meant = zones.country(country)
            told = f"write {meant}" if meant else "write its two letters of ISO 3166, such as DE"
            yield Complaint((country,), f"is no country's code: {told}")
        begins, ends = rules.marketing_from, rules.marketing_until
        for key, other in (("marketing_from", ends), ("marketing_until", begins)):
            clock = getattr(rules, key)
            if clock is None and other is not None:
                yield Complaint((country, key), "is missing: give both ends of the hours")
            if clock is not None and clock.tzinfo is not None:
                yield Complaint((country, key), "is local to the customer: leave the zone out")
        if begins is not None and ends is not None and _naive(begins) >= _naive(ends):
            wrong = f"lies not before marketing_until {ends}: the hours are of one day"
            yield Complaint((country, "marketing_from"), wrong)


def _naive(clock: time) -> time:
    return clock.replace(tzinfo=None)
