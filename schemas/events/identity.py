"""Identity: which names belong to one customer."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.fact import Fact, Identities, Personal, Touchpoint


class IdentityLinked(Touchpoint, frozen=True, kw_only=True):
    """A source stated that all its ``identities`` are one customer."""

    TYPE: ClassVar[str] = "identity-linked.v1"


class IdentityUnlinked(Touchpoint, frozen=True, kw_only=True):
    """A source stated that ``removed`` belongs to somebody else than the rest."""

    TYPE: ClassVar[str] = "identity-unlinked.v1"

    removed: Personal[Identities] = UNSET


class MergedOut(Fact, frozen=True, kw_only=True):
    """This customer became part of another; the last event of its history here."""

    TYPE: ClassVar[str] = "merged-out.v1"

    into: bytes = b""  # customer id, 16 bytes
    cause: bytes = b""  # event id of the touchpoint that showed it


class Absorbed(Fact, frozen=True, kw_only=True):
    """This customer took over another's history, up to and including ``last_offset``."""

    TYPE: ClassVar[str] = "absorbed.v1"

    customer: bytes = b""
    partition: int = 0
    last_offset: int = -1
    cause: bytes = b""


class SplitOut(Fact, frozen=True, kw_only=True):
    """Another, and whoever became part of them, is no part of this customer any more."""

    TYPE: ClassVar[str] = "split-out.v1"

    customer: bytes = b""  # who is one of its own again
    cause: bytes = b""  # event id of the touchpoint that stated it


class Restored(Fact, frozen=True, kw_only=True):
    """This customer, who had become part of another, is one of its own from here on."""

    TYPE: ClassVar[str] = "restored.v1"

    out_of: bytes = b""  # whose part it was, after all merges
    cause: bytes = b""
