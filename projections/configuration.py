"""The configuration in force: every threshold the rules use, as one document in the log.

Decisions use the version that was in force when they were made; meaning is rebuilt under the
newest.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from schemas.times import DAY, HOUR, MINUTE, SECOND, Instant


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """All thresholds, with their defaults. Times in seconds."""

    # How soon an answer is due, by channel. Half of all consumers expect one within the hour.
    expectation_s: dict[str, int] = msgspec.field(
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
    expectation_otherwise_s: int = 24 * 3600
    # Messages without a conversation id belong together up to this gap.
    thread_gap_s: int = 72 * 3600
    # A conversation counts as resolved this long after the last reply, if no turn is open.
    implied_resolution_s: int = 72 * 3600
    # An event that was recorded this long after it happened starts no outreach.
    stale_after_s: int = 24 * 3600
    # Stages.
    lapse_s: int = 180 * 86400
    loyalty_window_s: int = 365 * 86400
    low_csat_share: float = 0.4  # 2 of 5, 4 of 10, and below, whether the scale begins at 0 or 1
    high_csat_share: float = 0.75  # 4 of 5, 8 of 10, and above

    def expectation(self, channel: str) -> Instant:
        """How soon an answer is due on a channel, in microseconds."""
        return self.expectation_s.get(channel, self.expectation_otherwise_s) * SECOND


DEFAULT = Configuration()


def document(configuration: Configuration) -> str:
    """The configuration as canonical JSON: the same text for the same values."""
    return msgspec.json.encode(configuration, order="sorted").decode()


@lru_cache(maxsize=64)
def configuration(text: str) -> Configuration:
    """The configuration of a published document; what it does not name has its default."""
    return msgspec.json.decode(text, type=Configuration)


def in_words(duration: Instant) -> str:
    """A duration for a sentence: ``2 h``, ``90 min``, ``3 d``."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if duration >= unit and duration % unit == 0:
            return f"{duration // unit} {name}"
    return f"{duration / SECOND:g} s"
