"""What an exported event tells: those of its fields that lie in clear, and no other.

Rule 1: a personal field never leaves. They are sealed in the log, and are not opened here.
Rule 2: what nobody told is not there: no empty text, no time 0, no amount without a currency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, cast

import msgspec.inspect as shape

from schemas.fact import PERSONAL, Fact
from schemas.recorded import Recorded
from schemas.times import moment

Value = str | int | float | bool | Decimal | datetime
MONEY = "_micros"
_PER_UNIT = Decimal(1_000_000)
UNTOLD = {"results": -1}
"""Numbers that say that nobody told any."""
ELSEWHERE = frozenset({"conversation", "actor", "team"})
"""Fields that each form has a place of its own for."""


class Attribute(NamedTuple):
    """One field of a type.

    Args:
        name: as it is exported: money without ``_micros``.
        kind: ``string``, ``time``, ``integer``, ``float`` or ``boolean``, as OCEL 2.0 calls them.
        read: its value of a fact; None if there is nothing to tell.
    """

    name: str
    kind: str
    read: Callable[[Fact], Value | None]


@lru_cache(maxsize=256)
def attributes(fact: type[Fact]) -> tuple[Attribute, ...]:
    """The fields of a type that may leave, in the order of its class."""
    described = cast(shape.StructType, shape.type_info(fact))
    return tuple(_readers(fact, described.fields))


def told(event: Recorded) -> Iterator[tuple[Attribute, Value]]:
    """What one event tells."""
    for attribute in attributes(type(event.fact)):
        value = attribute.read(event.fact)
        if value is not None:
            yield attribute, value


def _readers(fact: type[Fact], fields: tuple[shape.Field, ...]) -> Iterator[Attribute]:
    for field in fields:
        kind, is_personal = field.type, False
        while isinstance(kind, shape.Metadata):
            is_personal = is_personal or bool((kind.extra or {}).get(PERSONAL))
            kind = kind.type
        if is_personal or field.name in ELSEWHERE:
            continue
        reader = _reader(field.name, kind)
        if reader is not None:
            yield reader


def _reader(name: str, kind: shape.Type) -> Attribute | None:
    match kind:
        case shape.StrType():
            return Attribute(name, "string", lambda fact: _field(fact, name) or None)
        case shape.ListType(item_type=shape.StrType()):
            return Attribute(name, "string", lambda fact: ", ".join(_field(fact, name)) or None)
        case shape.BoolType():
            return Attribute(name, "boolean", lambda fact: bool(_field(fact, name)))
        case shape.IntType() if name.endswith("_at"):
            return Attribute(name, "time", lambda fact: _time(_field(fact, name)))
        case shape.IntType() if name.endswith(MONEY):
            return Attribute(name.removesuffix(MONEY), "float", lambda fact: _money(fact, name))
        case shape.IntType():
            absent = UNTOLD.get(name)
            return Attribute(name, "integer", lambda fact: _but(_field(fact, name), absent))
        case shape.FloatType():
            return Attribute(name, "float", lambda fact: float(_field(fact, name)))
    return None  # bytes, and whatever else may hold more than it seems to: not told


def _field(fact: Fact, name: str) -> Any:
    return getattr(fact, name)


def _but(value: int, absent: int | None) -> int | None:
    return None if value == absent else value


def _time(at: int) -> datetime | None:
    return moment(at) if at else None


def _money(fact: Fact, name: str) -> Decimal | None:
    micros = _field(fact, name)
    if not micros and not getattr(fact, "currency", ""):
        return None
    return Decimal(micros) / _PER_UNIT
