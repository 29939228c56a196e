"""What a channel costs, and until when it is served."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from projections.configuration.section import Complaint


class ChannelRules(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tables ``channels.NAME``.

    Args:
        unit_cost: what one contact costs there, in the currency of ``pains.currency``.
        announced_at: from this day on, at 00:00 UTC, customers know that the channel ends.
        retired_at: from this day on it is no longer served.
        instead: the channel to use then.
    """

    unit_cost: Annotated[float, Meta(ge=0)] = 0.0
    announced_at: date | None = None
    retired_at: date | None = None
    instead: str = ""


Channels = dict[str, ChannelRules]


def complaints(channels: Channels) -> Iterator[Complaint]:
    """What is wrong with channels, each by itself and together."""
    for name, rules in channels.items():
        announced, retired = rules.announced_at, rules.retired_at
        if announced and retired and announced > retired:
            wrong = f"lies after retired_at {retired}: announce a channel's end before it"
            yield Complaint((name, "announced_at"), wrong)
        if rules.instead and not (announced or retired):
            wrong = f"is told, and {name} is not to end: write retired_at as well"
            yield Complaint((name, "instead"), wrong)
        if rules.instead == name:
            yield Complaint((name, "instead"), "is the channel itself: name another one")
        other = channels.get(rules.instead)
        if other is not None and other.retired_at and retired and other.retired_at <= retired:
            wrong = f"{rules.instead} is retired by then: name a channel that is still served"
            yield Complaint((name, "instead"), wrong)
