"""The types that a declared property may have: each checks a value and gives it one spelling.

What stands in clear is text, the same for the same value, so that a query can count it: 12.50 and
12.5 are one decimal, 09:00Z and 10:00+01:00 one time. What the source wrote is kept beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, get_args

import msgspec

from journey.ingest import fields as take
from journey.ingest.fields import LABEL_CHARS_MAX, TEXT_CHARS_MAX, wrong_type
from schemas.errors import CannotAccept
from schemas.times import LATEST, rfc3339

Type = Literal["string", "integer", "number", "decimal", "boolean", "time", "string list"]
Scalar = str | bool | int | float

_DECIMAL = re.compile(r"-?[0-9]{1,32}(?:\.[0-9]{1,32})?(?:[eE][+-]?[0-9]{1,2})?").fullmatch
_decode = msgspec.json.decode


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """One declared property.

    Args:
        type: what it holds.
        required: a record without it is refused.
        personal: it is sealed, and no query sees it.
        allowed: the only values; empty: any. Of a list each value is one of them.
        description: for people.
    """

    type: Type
    required: bool = False
    personal: bool = False
    allowed: list[Scalar] = []
    description: str = ""


def values_of(name: str, declared: Property, written: str) -> list[str]:
    """The values of a property as text, in one spelling; none where nothing is told.

    Args:
        written: the JSON text that the source wrote.

    Raises:
        CannotAccept: it is of another type; the reason holds nothing of it.
    """
    value = _decode(written)
    if value is None or value == "" or value == []:
        return []
    return _READERS[declared.type](name, value, written, declared.personal)


def _string(name: str, value: Any, written: str, is_personal: bool) -> list[str]:
    chars_max = TEXT_CHARS_MAX if is_personal else LABEL_CHARS_MAX
    return [take.take_text({name: value}, name, chars_max)]


def _integer(name: str, value: Any, written: str, is_personal: bool) -> list[str]:
    whole = take.take_whole({name: value}, name)
    return [str(whole)]


def _number(name: str, value: Any, written: str, is_personal: bool) -> list[str]:
    number = take.take_number({name: value}, name)
    if number is None or not math.isfinite(number):
        raise CannotAccept("bad-number", f"{name}: is too large: check it.")
    return [repr(number + 0.0).removesuffix(".0")]  # -0.0 and 0.0 are one


def _decimal(name: str, value: Any, written: str, is_personal: bool) -> list[str]:
    remedy = 'write a decimal number, such as "19.90"'
    if type(value) not in (str, int, float):
        raise wrong_type(name, value, remedy)
    text = value if type(value) is str else written
    if not _DECIMAL(text):
        raise CannotAccept("bad-number", f"{name}: is no decimal number: {remedy}.")
    plain = format(Decimal(text), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return ["0" if plain == "-0" else plain]


def _boolean(name: str, value: Any, written: str, is_personal: bool) -> list[str]:
    return ["true" if take.take_flag({name: value}, name, False) else "false"]


def _time(name: str, value: Any, written: str, is_personal: bool) -> list[str]:
    return [rfc3339(take.take_time({name: value}, name, LATEST))]


def _strings(name: str, value: Any, written: str, is_personal: bool) -> list[str]:
    return take.take_texts({name: value}, name)


_READERS: dict[str, Callable[[str, Any, str, bool], list[str]]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "decimal": _decimal,
    "boolean": _boolean,
    "time": _time,
    "string list": _strings,
}
TYPES: tuple[str, ...] = get_args(Type)
