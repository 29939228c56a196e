"""Identities: how they are written, how much each is worth, and what the index knows of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from journey.log.keys import WorkspaceKeys
from schemas.fact import Identities

NORMAL_FORM = b"1"  # version of `normalised`; it goes into the hash, so that both can live on

# The higher, the more surely it is one person. Kinds may carry a scope: ``handle:twitter``.
RANKS = {"user_id": 90, "email": 80, "phone": 70, "handle": 60, "device": 20, "anonymous": 0}
RANK_OF_OTHERS = 40
ANONYMOUS = RANKS["anonymous"]
NAMES_MAX = 40_000  # held ready, twice: about 35 MiB

# They find a person, but never make two people one: a family shares an order.
ORDER = "order"
LOOKUP_ONLY = frozenset({ORDER, "ticket", "invoice", "tracking"})


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


class Name(NamedTuple):
    """One identity as the index sees it. Names sort by rank, the highest first, then by kind."""

    order: tuple[int, str]
    hash: bytes
    kind: str
    rank: int
    finds_only: bool


class Names(NamedTuple):
    """What a record calls somebody: names that may stand for a person, and names that only find."""

    links: list[Name]
    finds: list[Name]


NOBODY = Names([], [])


class NameBook:
    """Identities as names, each worked out once while it is in use."""

    def __init__(self, keys: WorkspaceKeys) -> None:
        self._keys = keys
        self._known: dict[tuple[str, str], Name | None] = {}
        self._alone: dict[tuple[str, str], Names] = {}

    def of(self, identities: Identities) -> Names:
        """The names among these identities, the highest rank first.

        A value of which nothing is left when normalised, such as a phone "n/a", names nobody.
        """
        if not identities:
            return NOBODY
        if len(identities) == 1:  # the common case, and the same names each time
            ((kind, values),) = identities.items()
            if len(values) == 1:
                found = self._alone.get((kind, values[0]))
                if found is None:
                    found = self._of(identities)
                    if len(self._alone) >= NAMES_MAX:
                        self._alone.clear()
                    self._alone[kind, values[0]] = found
                return found
        return self._of(identities)

    def with_order(self, names: Names, order: str) -> Names:
        """The same and an order, which finds only; told twice, it is one name."""
        name = self._name(ORDER, order)
        if name is None or any(name.hash == known.hash for known in names.finds):
            return names
        return Names(names.links, [*names.finds, name])

    def _of(self, identities: Identities) -> Names:
        links: list[Name] = []
        finds: list[Name] = []
        for kind, values in identities.items():
            for value in values:
                name = self._name(kind, value)
                if name is not None:
                    (finds if name.finds_only else links).append(name)
        if len(links) > 1:
            links.sort(key=_order)
        return Names(links, finds)

    def _name(self, kind: str, value: str) -> Name | None:
        try:
            return self._known[kind, value]
        except KeyError:
            pass
        if len(self._known) >= NAMES_MAX:
            self._known.clear()
        name = None
        if normalised(kind, value) not in _NOBODY:
            only = base_kind(kind) in LOOKUP_ONLY
            worth = ANONYMOUS if only else rank(kind)
            name = Name((-worth, kind), identity_hash(self._keys, kind, value), kind, worth, only)
        self._known[kind, value] = name
        return name


def _order(name: Name) -> tuple[int, str]:
    return name.order
