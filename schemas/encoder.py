"""Avro bodies of flat records, written fast: the hot half of the codec.

fastavro needs half a microsecond a field, half of what an append may cost; this a third of that. It
knows only what contracts may hold (see ``schemas.derive``) and writes the very bytes that fastavro
writes: a property test holds the two together. Source: Apache Avro 1.12, *Binary Encoding*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from struct import Struct, error
from typing import Any

from schemas.errors import ContractError

Encoder = Callable[[Mapping[str, Any]], bytes]
Part = Callable[[Any], bytes]

REMEMBERED_CHARACTERS_MAX = 24  # of a string worth remembering: channels, brands, types
REMEMBERED_MAX = 4_096  # strings; then no more are, and the memory stays where it is

REFUSED = (KeyError, TypeError, AttributeError, OverflowError, UnicodeEncodeError, error)

_DOUBLE = Struct("<d").pack
_LONG_MIN, _LONG_MAX = -(1 << 63), (1 << 63) - 1
_SMALL = [bytes([n]) for n in range(1 << 7)]
# Fourteen bits at once: as two bytes with more to follow, and as the last two.
_PAIR = [bytes([n & 127 | 128, n >> 7 | 128]) for n in range(1 << 14)]
_LAST = [bytes([n & 127 | 128, n >> 7]) for n in range(1 << 14)]


def long(value: int) -> bytes:
    """An Avro long: zigzag, then seven bits a byte, the lowest first.

    Raises:
        TypeError: not a whole number.
        OverflowError: beyond 64 bits.
    """
    left = value << 1 if value >= 0 else ~(value << 1)
    if left < 128:
        return _SMALL[left]
    if not _LONG_MIN <= value <= _LONG_MAX:
        raise OverflowError(f"{value} does not fit in 64 bits")
    out = b""
    while left >= 1 << 14:
        out += _PAIR[left & 16383]
        left >>= 14
    return out + (_LAST[left] if left > 127 else _SMALL[left])


class _Remembered(dict[Any, bytes]):
    """Bytes of values that come again. Looking one up runs no Python of ours."""

    def __init__(self, part: Part, worth: Callable[[Any], bool]) -> None:
        self._part, self._worth = part, worth

    def __missing__(self, value: Any) -> bytes:
        whole = self._part(value)
        if len(self) < REMEMBERED_MAX and self._worth(value):
            self[value] = whole
        return whole


def _is_short(value: str) -> bool:
    return len(value) <= REMEMBERED_CHARACTERS_MAX


def _string(value: str) -> bytes:
    data = value.encode()
    return long(len(data)) + data


def _is_small(value: int) -> bool:
    return type(value) is int and 0 <= value < 1_000


def _bytes(value: bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"expected bytes, not {type(value).__name__}")
    return long(len(value)) + value


def _boolean(value: bool) -> bytes:
    if value is True:
        return b"\x01"
    if value is False:
        return b"\x00"
    raise TypeError(f"expected true or false, not {value!r}")


def _array(item: Part) -> Part:
    def encode(values: list[Any]) -> bytes:
        if not values:
            return b"\x00"
        return b"".join([long(len(values)), *map(item, values), b"\x00"])

    return encode


def _map(item: Part) -> Part:
    def encode(values: dict[str, Any]) -> bytes:
        if not values:
            return b"\x00"
        parts = [long(len(values))]
        for key, value in values.items():
            parts += (_string(key), item(value))
        return b"".join([*parts, b"\x00"])

    return encode


def _part(schema: Any, remember: bool) -> Part:
    if isinstance(schema, dict):
        if schema["type"] == "array":
            return _array(_part(schema["items"], remember))
        if schema["type"] == "map":
            return _map(_part(schema["values"], remember))
        return _part(schema["type"], remember)
    if schema == "string":
        return _Remembered(_string, _is_short).__getitem__ if remember else _string
    simple: dict[str, Part] = {
        "int": _Remembered(long, _is_small).__getitem__,
        "long": _Remembered(long, _is_small).__getitem__,
        "bytes": _bytes,
        "boolean": _boolean,
        "double": _DOUBLE,
    }
    try:
        return simple[schema]
    except KeyError:
        raise ContractError(f"Contracts have no Avro type {schema}: use a plain one.") from None


def encoder(schema: Mapping[str, Any], *, remember: bool) -> Encoder:
    """The writer of one record schema. A field that a record lacks is written as its default.

    What it returns raises ``ContractError`` for a record that does not fit.

    Args:
        remember: keep the bytes of short strings that come again; not for what people wrote.

    Raises:
        ContractError: the schema has a type that contracts do not have.
    """
    names: list[str] = []
    parts: list[Part] = []
    defaults: list[bytes | None] = []
    for field in schema["fields"]:
        part = _part(field["type"], remember)
        default = field.get("default")
        if default is not None and field["type"] == "bytes":
            default = default.encode("iso-8859-1")
        names.append(field["name"])
        parts.append(part)
        defaults.append(None if default is None else part(default))
    values_of = itemgetter(*names, names[0])  # of one name alone it would return no tuple

    def encode(record: Mapping[str, Any]) -> bytes:
        try:
            return b"".join([part(v) for part, v in zip(parts, values_of(record), strict=False)])
        except REFUSED:
            return careful(record)  # a field is missing, or one does not fit: which?

    def careful(record: Mapping[str, Any]) -> bytes:
        out: list[bytes] = []
        for name, part, default in zip(names, parts, defaults, strict=True):
            try:
                if name in record:
                    out.append(part(record[name]))
                elif default is not None:
                    out.append(default)
                else:
                    raise TypeError("it is missing and has no default")
            except REFUSED as wrong:
                raise ContractError(f"{schema['name']}, field {name}: {wrong}.") from wrong
        return b"".join(out)

    return encode
