"""Identities: how they are written, how much each is worth, and what the index knows of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from journey.log.keys import WorkspaceKeys
from schemas.fact import Identities

NORMAL_FORM = b"1"  # version of `normalised`; it goes into the hash, so that both can live on

# The higher, the more surely it is one person. Kinds may carry a scope: ``handle:twitter``.
RANKS = {"user_id": 90, "email": 80, "phone": 70, "handle": 60, "device": 20, "anonymous": 0}
RANK_OF_OTHERS = 40
ANONYMOUS = RANKS["anonymous"]

# They find a person, but never make two people one: a family shares an order.
LOOKUP_ONLY = frozenset({"order", "ticket", "invoice", "tracking"})


_NOBODY = ("", "+")


def _folded(value: str) -> str:
    return value.casefold()


def _handle(value: str) -> str:
    return value.removeprefix("@").casefold()


def _phone(value: str) -> str:
    value = value.casefold().removeprefix("tel:")
    digits = "".join(str(int(c)) for c in value if c.isdecimal())
    if digits and any(c.isalpha() for c in value):
        return value  # no number, so its digits alone would name a stranger
    if not value.lstrip("( ").startswith(("+", "00")):
        return digits
    if "(0)" in value:  # +49 (0) 171: not dialled from abroad
        return _phone(value.replace("(0)", ""))
    return "+" + digits.removeprefix("00")


_BY_KIND: dict[str, Callable[[str], str]] = {"email": _folded, "handle": _handle, "phone": _phone}


def base_kind(kind: str) -> str:
    """The kind without its scope: ``handle`` of ``handle:twitter``."""
    return kind.partition(":")[0]


def rank(kind: str) -> int:
    """How surely this kind of identity is one person."""
    return RANKS.get(base_kind(kind), RANK_OF_OTHERS)


def normalised(kind: str, value: str) -> str:
    """One spelling of an identity for all: NFC, no space around, case and sign by kind."""
    text = unicodedata.normalize("NFC", value).strip()
    change = _BY_KIND.get(base_kind(kind))
    return unicodedata.normalize("NFC", change(text)) if change else text


def identity_hash(keys: WorkspaceKeys, kind: str, value: str) -> bytes:
    """Where the index keeps an identity."""
    return keys.hash(b"identity", NORMAL_FORM, kind.encode(), normalised(kind, value).encode())


def linking(identities: Identities) -> Iterator[tuple[str, str]]:
    """Every (kind, value) that may stand for a person, the highest rank first.

    A value of which nothing is left when normalised, such as a phone "n/a", stands for nobody.
    """
    for kind in sorted(identities, key=lambda k: (-rank(k), k)):
        if base_kind(kind) not in LOOKUP_ONLY:
            yield from _meant(kind, identities[kind])


def lookups(identities: Identities) -> Iterator[tuple[str, str]]:
    """Every (kind, value) that only finds a person."""
    for kind, values in identities.items():
        if base_kind(kind) in LOOKUP_ONLY:
            yield from _meant(kind, values)


def _meant(kind: str, values: list[str]) -> Iterator[tuple[str, str]]:
    return ((kind, value) for value in values if normalised(kind, value) not in _NOBODY)
