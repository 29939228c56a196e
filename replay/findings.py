"""What verification finds: one value a difference, and one sentence for a person."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """What is wrong."""

    BYTES = "bytes"  # a stored event is not what its leaf hash says
    OFFSET = "offset"  # a gap, or an event out of place
    STATE = "state"  # a saved state is not what its events amount to
    ROW = "row"  # a published row is not what its events amount to
    DECISION = "decision"  # a decision would not be made again, or was not recorded
    HISTORY = "history"  # the index of a customer's events misses some
    DIGEST = "digest"  # a digest of published rows is not what the events amount to


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between what is stored and what the log amounts to.

    Args:
        where: a table, a projection or ``partition/offset``.
        field: the first field that differs; empty if the whole thing is missing or too much.
    """

    kind: Kind
    customer: str = ""
    where: str = ""
    key: str = ""
    field: str = ""
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        """One sentence."""
        who = f" of customer {self.customer}" if self.customer else ""
        which = f" {self.key}" if self.key else ""
        what = f", field {self.field}" if self.field else ""
        return (
            f"{self.kind}: {self.where}{which}{who}{what}: "
            f"expected {self.expected or 'nothing'}, found {self.found or 'nothing'}"
        )


LONG = 120


def shown(value: Any) -> str:
    """A value for a finding, cut when it is long."""
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= LONG else text[:LONG] + "…"
