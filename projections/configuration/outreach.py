"""What holds for all outreach: how much, when, and to how many at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from projections.configuration import jurisdictions as by_country
from projections.configuration.durations import Seconds
from projections.configuration.jurisdictions import SENT_MAX, Jurisdictions
from projections.configuration.section import Complaint, Section
from schemas import zones

__all__ = ["SENT_MAX", "OutreachRules"]


class OutreachRules(Section, frozen=True, kw_only=True):
    """Section ``outreach``.

    Args:
        stale_after: an event that was recorded this long after it happened starts no outreach.
        marketing_per_day: so many messages a customer's local day, over all channels and systems.
        marketing_per_week: so many a local week, from Monday.
        survey_every: at most one survey in this time.
        surveys_are_marketing: whether surveys are bound by what binds marketing.
        complaint_window: no marketing within this time of a low score.
        low_score: at or below this share of its scale a score is low.
        quiet_from: local time from which messages wait; the same as ``quiet_until``: never.
        quiet_until: local time at which they go out.
        zones: those of the customers of whom neither zone nor country is known: a message goes out
            when it is quiet in none of them.
        country_trait: the declared trait, none that is personal, that tells a customer's country,
            by its two letters of ISO 3166 or its English name. Who stated no zone is taken to be in
            all zones of the country. Empty: no country is known by a trait.
        messaging_window: so long after the customer's last message there a message needs no
            approved template.
        audience_share: this share of all customers, or ``audience_max``, in a rolling day stops for
            approval.
        audience_max: so many, whatever share they are; the lesser of both counts.
        approval_within: what is not approved by then expires.
        review_every: a trigger that nobody reviewed for so long stops.
        holdout_salt: another text draws another holdout.
        jurisdictions: what a country asks beyond all this, by its two letters of ISO 3166.
    """

    stale_after: Seconds = 24 * 3600
    marketing_per_day: Annotated[int, Meta(ge=0, le=SENT_MAX)] = 1
    marketing_per_week: Annotated[int, Meta(ge=0, le=SENT_MAX)] = 3
    survey_every: Seconds = 30 * 86400
    surveys_are_marketing: bool = True
    complaint_window: Seconds = 7 * 86400
    low_score: Annotated[float, Meta(ge=0, le=1)] = 0.4
    quiet_from: time = time(20)
    quiet_until: time = time(9)
    zones: list[str] = msgspec.field(default_factory=lambda: ["UTC"])
    country_trait: str = ""
    messaging_window: Seconds = 24 * 3600
    audience_share: Annotated[float, Meta(gt=0, le=1)] = 0.01
    audience_max: Annotated[int, Meta(ge=1)] = 500
    approval_within: Seconds = 24 * 3600
    review_every: Seconds = 90 * 86400
    holdout_salt: str = "1"
    jurisdictions: Jurisdictions = msgspec.field(default_factory=dict)

    def complaints(self, whole: Any) -> Iterator[Complaint]:
        """Hold zones and times of day against what there is."""
        for n, name in enumerate(self.zones):
            if name not in zones.names():
                yield Complaint(("zones", str(n)), f"{name} is no zone of the IANA database")
        for path, wrong in by_country.complaints(self.jurisdictions):
            yield Complaint(("jurisdictions", *path), wrong)
        for key in ("quiet_from", "quiet_until"):
            if getattr(self, key).tzinfo is not None:
                yield Complaint((key,), "is local to the customer: leave the zone out")
