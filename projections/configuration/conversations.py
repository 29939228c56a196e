"""How conversations are told apart, and how soon an answer is due."""

from __future__ import annotations

import msgspec

from projections.configuration.durations import Seconds
from projections.configuration.section import Section


class ConversationRules(Section, frozen=True, kw_only=True):
    """Section ``conversations``.

    Args:
        thread_gap: messages without a conversation id belong together up to this gap.
        implied_resolution: silence after the last reply that settles a matter with no open turn.
        expectation: how soon an answer is due, by channel.
        expectation_otherwise: the same on every other channel.
    """

    thread_gap: Seconds = 72 * 3600
    implied_resolution: Seconds = 72 * 3600
    # Half of all consumers expect an answer within the hour.
    expectation: dict[str, Seconds] = msgspec.field(
        default_factory=lambda: {
            "chat": 2 * 60,
            "phone": 3 * 60,
            "messaging": 3600,
            "social": 3600,
            "email": 6 * 3600,
            "review": 24 * 3600,
            "community": 24 * 3600,
        }
    )
    expectation_otherwise: Seconds = 24 * 3600
