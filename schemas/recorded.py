"""A recorded event as folds see it: the envelope with the fact in clear, personal fields unset."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from schemas.codec import Codec
from schemas.envelope import Envelope, Flag
from schemas.fact import BrandFact, Fact, Touchpoint
from schemas.times import Instant


class OrderKey(NamedTuple):
    """The order of meaning: by when it happened, then as the source counts, then by id."""

    occurred_at: Instant
    sequence: int
    event_id: bytes


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """One event of the log. ``customer_id`` is whom it was recorded with; none: nobody."""

    partition: int
    offset: int
    recorded_at: Instant
    event_id: bytes
    type: str
    source: str
    sequence: int
    customer_id: bytes
    occurred_at: Instant
    flags: int
    fact: Fact

    @property
    def order(self) -> OrderKey:
        """Where it stands in the order of meaning."""
        return OrderKey(self.occurred_at, self.sequence, self.event_id)

    @property
    def is_touchpoint(self) -> bool:
        """Whether a source told it, as opposed to the engine."""
        return isinstance(self.fact, Touchpoint)

    @property
    def is_of_brand(self) -> bool:
        """Whether a source told it of the brand, with no customer in it."""
        return isinstance(self.fact, BrandFact)

    @property
    def is_imported(self) -> bool:
        """Whether it came as history, which starts no outreach."""
        return bool(self.flags & Flag.IMPORTED)

    @property
    def place(self) -> str:
        """``partition/offset``: how other events refer to it."""
        return f"{self.partition}/{self.offset}"


def recorded(envelope: Envelope, codec: Codec) -> Recorded:
    """The event of an envelope, without its sealed part.

    Raises:
        ContractError: the payload does not fit its contract.
    """
    return Recorded(
        envelope.partition,
        envelope.offset,
        envelope.recorded_at,
        envelope.event_id,
        envelope.type,
        envelope.source,
        envelope.sequence,
        envelope.customer_id,
        envelope.occurred_at,
        envelope.flags,
        codec.decode(envelope.type, envelope.payload),
    )
