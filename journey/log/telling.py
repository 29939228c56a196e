"""What one append is told, and whether it was told before, and the same."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journey.log.placing import Placement
from journey.ports import Draft, Receipt
from schemas.codec import Codec
from schemas.fact import BrandFact, Fact, Touchpoint
from schemas.times import Instant

NOT_COMPARABLE = ["not comparable"]  # the first telling was erased
NOBODY = (
    "names no person and no known conversation: "
    "give an identity, an owner, or the conversation's first message before it."
)


class Told:
    """Drafts of one append, and what is found out about them on the way.

    Args:
        ids: of their events.
    """

    def __init__(self, drafts: Sequence[Draft], ids: Sequence[bytes]) -> None:
        self.drafts, self.ids = drafts, ids
        self.stored: dict[bytes, bytes] = {}  # those that the log has: id -> bytes
        self.earlier: dict[bytes, Draft] = {}  # those that came before in the same append
        self.receipts: dict[int, Receipt] = {}
        self.fresh: list[tuple[int, Placement]] = []

    def in_order(self) -> list[Receipt]:
        """The receipts, as the drafts came."""
        return [self.receipts[n] for n in range(len(self.drafts))]


def difference(codec: Codec, told: Draft, kept: Fact, kept_at: Instant) -> list[str]:
    """The fields in which a draft differs from what was told under its id at first."""
    apart = told.per_delivery
    fields = codec.difference(_lasting(kept, apart), _lasting(told.fact, apart))
    if told.time_given and kept_at != told.occurred_at:
        fields = sorted([*fields, "occurred_at"])
    return fields


def _lasting(fact: Fact, per_delivery: frozenset[str]) -> Fact:
    """What every delivery of one message says alike."""
    if not (per_delivery and isinstance(fact, Touchpoint | BrandFact)):
        return fact
    extra = fact.extra or {}
    kept = {name: text for name, text in extra.items() if name not in per_delivery}
    return msgspec.structs.replace(fact, received_at=0, extra=kept)
