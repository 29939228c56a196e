"""What a contract may become: every version must read every other, older and newer.

That is FULL_TRANSITIVE in the terms of the Confluent Schema Registry, and one rule more: what was
sealed stays sealed. A change that this forbids is a new type, or a new version with an upcasting
step, whose name then differs (``.v2``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from schemas import contracts
from schemas.contracts import Schema
from schemas.derive import schema_of
from schemas.events import SHIPPED
from schemas.fact import DERIVED, PERSONAL, Fact
from schemas.upcast import STEPS, Upcast, newest

ENVELOPE = "envelope.v1"


class Break(NamedTuple):
    """Why two versions cannot read each other."""

    field: str
    reason: str


def breaks(one: Schema, other: Schema) -> list[Break]:
    """What keeps readers of the one from the bytes of the other, in either direction.

    The order does not matter, but in the words: ``one`` is the older.
    """
    older, newer = _fields(one), _fields(other)
    found: list[Break] = []
    for name in [*older, *(n for n in newer if n not in older)]:
        left, right = older.get(name), newer.get(name)
        if left is None or right is None:
            only = left or right or {}
            if "default" not in only:
                which = "new" if left is None else "gone"
                found.append(Break(name, f"is {which} and has no default"))
            continue
        if left["type"] != right["type"]:
            found.append(Break(name, "has another type"))
        for mark in (PERSONAL, DERIVED):
            if bool(left.get(mark)) != bool(right.get(mark)):
                word = "is no longer" if left.get(mark) else "became"
                found.append(Break(name, f"{word} {mark}"))
    return found


def _fields(schema: Schema) -> Mapping[str, dict[str, Any]]:
    return {field["name"]: field for field in schema["fields"]}


class Checked(NamedTuple):
    """What a check looked at, and what it found."""

    types: int
    contracts: int
    breaks: list[dict[str, str]]  # type, field, reason


def check_types(
    types: Sequence[type[Fact]] = SHIPPED,
    released: Mapping[str, Schema] | None = None,
    steps: Mapping[str, Upcast] = STEPS,
) -> Checked:
    """Hold the classes of today against every released contract.

    A contract that is a type of today must be exactly what its class says. An older version must
    lead to a type of today, by a step or because the two read each other. A contract of neither is
    a type that would be lost.
    """
    if released is None:
        names = [name for name in contracts.released() if name != ENVELOPE]
        released = {name: contracts.contract(name) for name in names}
    today = {fact.TYPE: schema_of(fact) for fact in types}
    found = [
        {"type": name, "field": "", "reason": "has no released contract"}
        for name in today.keys() - released.keys()
    ]
    for name, contract in released.items():
        if name in today:
            other = today[name]
            broken = breaks(contract, other) or (
                [] if contract == other else [Break("", "differs from its class")]
            )
        elif name in steps:
            led = newest(name, steps)
            broken = [] if led in today else [Break("", f"leads to {led}, which is no type")]
        else:
            broken = [Break("", "nothing reads it: no class, and no upcasting step")]
        found += [{"type": name, "field": b.field, "reason": b.reason} for b in broken]
    found.sort(key=lambda each: (each["type"], each["field"]))
    return Checked(len(today), len(released), found)
