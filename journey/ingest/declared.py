"""The properties that an event type declares, read as its class says.

A field of the class is a property of the same name, but money: ``amount_micros`` is told as the
decimal number ``amount``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, cast

import msgspec
import msgspec.inspect as shape

from journey.ingest.fields import (
    Told,
    amount_micros,
    take_flag,
    take_label,
    take_number,
    take_object,
    take_text,
    take_time,
    take_whole,
    wrong_type,
)
from schemas.errors import CannotAccept
from schemas.fact import DERIVED, BrandFact, Touchpoint

Fields = dict[str, Any]  # of the fact

MONEY = "_micros"
LONG_TEXTS = frozenset({"text", "comment", "query", "url", "referrer", "subject"})

_objects = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_currency = re.compile(r"[A-Z]{3}").fullmatch


class Exact:
    """The JSON text of single values as the source wrote it: 12.50 stays 12.50.

    Decoded only when somebody asks, because most records have nothing that needs it.
    """

    __slots__ = ("_data", "_inner", "_outer")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._outer: Mapping[str, msgspec.Raw] | None = None
        self._inner: Mapping[str, msgspec.Raw] | None = None

    def top(self, name: str) -> str:
        """The text of a top-level field."""
        if self._outer is None:
            self._outer = _objects(self._data)
        return bytes(self._outer[name]).decode()

    def property(self, name: str) -> str:
        """The text of a property."""
        if self._inner is None:
            self._inner = _objects(self.top("properties"))
        return bytes(self._inner[name]).decode()

    def properties(self, names: Iterable[str]) -> dict[str, str]:
        """The texts of properties, by their names."""
        return {name: self.property(name) for name in names}


Read = Callable[[Told, Fields, Exact], None]  # takes its properties, sets the fact's fields
_SHARED = frozenset(Touchpoint.__struct_fields__) | frozenset(BrandFact.__struct_fields__)


def property_names(fact: type[Touchpoint] | type[BrandFact]) -> list[str]:
    """The properties that a type declares, in order."""
    return [field.name.removesuffix(MONEY) for field in _own(fact)]


def declared(fact: type[Touchpoint] | type[BrandFact]) -> Read:
    """What reads the declared properties of a type. What is not told keeps its default.

    The class is looked at when the first event of its type comes: there are sixty, most processes
    read a few of them or none, and looking at all of them takes as long as a tenth of a command.

    Returns:
        A reader, which raises ``TypeError`` if a field has a type that no property has.
    """

    @cache
    def takers() -> list[tuple[str, str, Callable[[Told, Exact], Any]]]:
        return [(field.name.removesuffix(MONEY), field.name, _taker(field)) for field in _own(fact)]

    def read(properties: Told, fields: Fields, exact: Exact) -> None:
        if properties:
            for told, name, take in takers():
                if told in properties and (value := take(properties, exact)) is not None:
                    fields[name] = value

    return read


def _own(fact: type[Touchpoint] | type[BrandFact]) -> Iterator[shape.Field]:
    described = cast(shape.StructType, shape.type_info(fact))
    return (f for f in described.fields if f.name not in _SHARED and not _is_derived(f.type))


def _is_derived(kind: shape.Type) -> bool:
    """Whether a field is computed here, so that no property tells it."""
    while isinstance(kind, shape.Metadata):
        if (kind.extra or {}).get(DERIVED):
            return True
        kind = kind.type
    return False


def _taker(field: shape.Field) -> Callable[[Told, Exact], Any]:
    """What takes a field's property, or says None."""
    name, kind = field.name, field.type
    while isinstance(kind, shape.Metadata):
        kind = kind.type
    match kind:
        case shape.IntType() if name.endswith(MONEY):
            told = name.removesuffix(MONEY)
            return lambda properties, exact: _money(properties, told, exact)
        case shape.IntType() if name.endswith("_at"):
            return lambda properties, _: take_time(properties, name) or None
        case shape.IntType():
            return lambda properties, _: take_whole(properties, name)
        case shape.FloatType():
            return lambda properties, _: take_number(properties, name)
        case shape.BoolType():
            return lambda properties, _: take_flag(properties, name, False) or None
        case shape.StrType() if name == "currency":
            return lambda properties, _: _currency_of(properties)
        case shape.StrType():
            take = take_text if name in LONG_TEXTS else take_label
            return lambda properties, _: take(properties, name) or None
        case shape.DictType():
            return lambda properties, exact: _texts(properties, name, exact)
    raise TypeError(f"{name}: no property is of this type")


def _money(properties: Told, name: str, exact: Exact) -> int | None:
    amount = properties.get(name)
    if amount is None:
        properties.pop(name, None)
        return None
    if type(amount) is float or type(amount) is int:
        amount = exact.property(name)
    elif type(amount) is not str:
        raise wrong_type(name, amount, 'write a decimal number, such as "19.90"')
    del properties[name]
    return amount_micros(name, amount)


def _currency_of(properties: Told) -> str | None:
    currency = take_label(properties, "currency")
    if currency and not _currency(currency):
        reason = "currency: is no code of ISO 4217: write three capital letters, such as EUR."
        raise CannotAccept("bad-currency", reason)
    return currency or None


def _texts(properties: Told, name: str, exact: Exact) -> dict[str, str] | None:
    """An object, each value as the JSON text that the source wrote."""
    if not properties.get(name):
        properties.pop(name, None)
        return None
    whole = exact.property(name)
    take_object(properties, name)
    return {key: bytes(value).decode() for key, value in _objects(whole).items()}
