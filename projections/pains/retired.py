"""A channel that ends, and customers who still use it."""

from __future__ import annotations

from typing import Any

from projections.pains.kinds import Kind
from projections.pains.now import Now
from projections.pains.state import Talk, listed


def used(now: Now, about: dict[str, Any], talk: Talk) -> None:
    """The customer wrote or called on a channel."""
    channel = about["channel"]
    ending = now.laid.endings.get(channel)
    if ending is None or channel in talk.retired or now.at < ending[0]:
        return
    listed(talk.retired, [channel])
    rule = now.rules.retired_channel
    is_over = now.at >= ending[1]
    now.moment(
        Kind.RETIRED_CHANNEL, about, severity=rule.severity_retired if is_over else rule.severity
    )
