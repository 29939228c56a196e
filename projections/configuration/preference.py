"""Which channel a customer is best reached on, where they do not say."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from projections.configuration.durations import Seconds
from projections.configuration.section import Section


class PreferenceRules(Section, frozen=True, kw_only=True):
    """Section ``preference``.

    Args:
        within: contacts that the customer began this long ago or later are looked at.
        contacts_min: so many on a channel show that the customer prefers it.
        otherwise: the order in which channels are tried for everybody else.
        older: the same for those from ``older_from`` years on, as far as they told their age.
        older_from: in years.
    """

    within: Seconds = 180 * 86400
    contacts_min: Annotated[int, Meta(ge=1)] = 3
    otherwise: list[str] = msgspec.field(
        default_factory=lambda: ["email", "phone", "sms", "push", "messaging"]
    )
    older: list[str] = msgspec.field(
        default_factory=lambda: ["phone", "email", "sms", "push", "messaging"]
    )
    older_from: Annotated[int, Meta(ge=0)] = 55
