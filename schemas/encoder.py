"""Avro bodies of flat records, written fast: the hot half of the codec.

fastavro needs half a microsecond a field, half of what an append may cost; this a third of that. It
knows only what contracts may hold (see ``schemas.derive``) and writes the very bytes that fastavro
writes: a property test holds the two together. Source: Apache Avro 1.12, *Binary Encoding*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from struct import Struct, error
from typing import Any

from schemas.errors import ContractError

Encoder = Callable[[Any], bytes]
Part = Callable[[Any], bytes]

REMEMBERED_CHARACTERS_MAX = 24  # of a string worth remembering: channels, brands, types
REMEMBERED_MAX = 4_096  # strings; then no more are, and the memory stays where it is

REFUSED = (KeyError, TypeError, AttributeError, OverflowError, UnicodeEncodeError, error)

_DOUBLE = Struct("<d").pack
# Fourteen bits at once: as two bytes with more to follow, and as the end of a number.
_MORE = [bytes([n & 127 | 128, n >> 7 | 128]) for n in range(1 << 14)]
_END = [bytes([n]) if n < 128 else bytes([n & 127 | 128, n >> 7]) for n in range(1 << 14)]


_SHORT = 1 << 13  # lengths below are one look into a table


def long(value: int) -> bytes:
    """An Avro long: zigzag, then seven bits a byte, the lowest first.

    Raises:
        TypeError: not a whole number.
        OverflowError: beyond 64 bits.
    """
    left = value << 1 if value >= 0 else ~(value << 1)
    if left < 1 << 14:
        return _END[left]
    if left >> 64:
        raise OverflowError(f"{value} does not fit in 64 bits")
    out = _MORE[left & 16383]
    left >>= 14
    while left >= 1 << 14:
        out += _MORE[left & 16383]
        left >>= 14
    return out + _END[left]


class _Remembered(dict[Any, bytes]):
    """Bytes of values that come again. Looking one up runs no Python of ours."""

    def __init__(self, part: Part, worth: Callable[[Any], bool]) -> None:
        self._part, self._worth = part, worth

    def __missing__(self, value: Any) -> bytes:
        whole = self._part(value)
        if len(self) < REMEMBERED_MAX and self._worth(value):
            self[value] = whole
        return whole

    def is_of(self, part: Part) -> bool:
        """Whether these are the bytes of that writer's values."""
        return self._part is part


def remembered(part: Part, worth: Callable[[Any], bool]) -> Part:
    """The same writer, with a memory for values that are worth one."""
    return _Remembered(part, worth).__getitem__


def _is_remembered_text(part: Part) -> bool:
    memory = getattr(part, "__self__", None)
    return isinstance(memory, _Remembered) and memory.is_of(string)


def is_short(value: str) -> bool:
    """Whether a string is short enough to be remembered."""
    return len(value) <= REMEMBERED_CHARACTERS_MAX


def string(value: str) -> bytes:
    """An Avro string: its length in bytes, then UTF-8."""
    data = value.encode()
    return length(data) + data


def length(data: bytes) -> bytes:
    """How many bytes follow, as a long."""
    n = len(data)
    return _END[n << 1] if n < _SHORT else long(n)


def _strings(values: tuple[str, ...]) -> bytes:
    return b"".join([string(value) for value in values])


def _are_short(values: tuple[str, ...]) -> bool:
    return all(map(is_short, values))


def _is_small(value: int) -> bool:
    return type(value) is int and 0 <= value < 1_000


def _bytes(value: bytes) -> bytes:
    return length(value) + value  # which a str or a list is not added to


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


key_of = remembered(string, is_short)
"""Writes a key of a map: names of properties, which come again."""


def _map(item: Part) -> Part:
    def encode(values: dict[str, Any]) -> bytes:
        if not values:
            return b"\x00"
        parts = [long(len(values))]
        for key, value in values.items():
            parts += (key_of(key), item(value))
        parts.append(b"\x00")
        return b"".join(parts)

    def encode_texts(values: dict[str, str]) -> bytes:
        if not values:
            return b"\x00"
        parts = [long(len(values))]
        for key, value in values.items():
            data = value.encode()
            n = len(data)
            parts += (key_of(key), _END[n << 1] if n < _SHORT else long(n), data)
        parts.append(b"\x00")
        return b"".join(parts)

    return encode_texts if item is string else encode


def _part(schema: Any, remember: bool) -> Part:
    if isinstance(schema, dict):
        if schema["type"] == "array":
            return _array(_part(schema["items"], remember))
        if schema["type"] == "map":
            return _map(_part(schema["values"], remember))
        return _part(schema["type"], remember)
    if schema == "string":
        return remembered(string, is_short) if remember else string
    simple: dict[str, Part] = {
        "int": remembered(long, _is_small),
        "long": long,
        "bytes": _bytes,
        "boolean": _boolean,
        "double": _DOUBLE,
    }
    try:
        return simple[schema]
    except KeyError:
        raise ContractError(f"Contracts have no Avro type {schema}: use a plain one.") from None


def encoder(
    schema: Mapping[str, Any],
    *,
    remember: bool,
    fetch: Callable[..., Callable[[Any], Any]] = itemgetter,
    empty_is_default: bool = False,
) -> Encoder:
    """The writer of one record schema. A field that a record lacks is written as its default.

    What it returns raises ``ContractError`` for a record that does not fit.

    Args:
        remember: keep the bytes of short strings that come again; not for what people wrote.
        fetch: how fields are taken from a record: ``itemgetter`` for mappings, ``attrgetter`` for
            objects.
        empty_is_default: write the default for any value that counts as false.

    Raises:
        ContractError: the schema has a type that contracts do not have.
    """
    fields: list[tuple[str, Part, bytes | None]] = []
    for field in schema["fields"]:
        part = _part(field["type"], remember)
        default = field.get("default")
        if default is not None and field["type"] == "bytes":
            default = default.encode("iso-8859-1")
        written = None if default is None else part(default)
        fields.append((field["name"], part, written))
    runs = [] if empty_is_default else _runs(fields, fetch)
    values_of = _all_of([name for name, _, _ in fields], fetch)
    parts = [(part, written) for _, part, written in fields]

    def encode(record: Any) -> bytes:
        try:
            return b"".join([part(values_of(record)) for values_of, part in runs])
        except REFUSED:
            return careful(record)  # a field is missing, or one does not fit: which?

    def encode_filled(record: Any) -> bytes:
        """Where most fields are empty."""
        try:
            return b"".join(
                [
                    part(value) if value or written is None else written
                    for value, (part, written) in zip(values_of(record), parts, strict=True)
                ]
            )
        except REFUSED:
            return careful(record)

    def careful(record: Any) -> bytes:
        out: list[bytes] = []
        for name, part, default in fields:
            try:
                value = fetch(name)(record)
            except (KeyError, AttributeError):
                if default is None:
                    raise ContractError(
                        f"{schema['name']}, field {name}: it is missing and has no default."
                    ) from None
                out.append(default)
                continue
            try:
                is_empty = empty_is_default and not value
                out.append(part(value) if default is None or not is_empty else default)
            except REFUSED as wrong:
                raise ContractError(f"{schema['name']}, field {name}: {wrong}.") from wrong
        return b"".join(out)

    return encode_filled if empty_is_default else encode


def _all_of(
    names: Sequence[str], fetch: Callable[..., Callable[[Any], Any]]
) -> Callable[[Any], tuple[Any, ...]]:
    """What fetches all these fields, as a tuple."""
    if len(names) > 1:
        return fetch(*names)
    only = [fetch(name) for name in names]
    return lambda record: tuple(get(record) for get in only)


def _runs(
    fields: list[tuple[str, Part, bytes | None]], fetch: Callable[..., Callable[[Any], Any]]
) -> list[tuple[Callable[[Any], Any], Part]]:
    """Fields with what fetches and writes them; neighbours of remembered strings as one."""
    runs: list[tuple[Callable[[Any], Any], Part]] = []
    for is_text, group in groupby(fields, lambda field: _is_remembered_text(field[1])):
        names, parts, _ = zip(*group, strict=True)
        if is_text and len(names) > 1:
            runs.append((fetch(*names), remembered(_strings, _are_short)))
        else:
            runs += [(fetch(n), part) for n, part in zip(names, parts, strict=True)]
    return runs
