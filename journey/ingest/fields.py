"""Checks of single fields. Each takes its field out of a record: what is left is undeclared.

Reasons name the field and the remedy, never the value: it may be somebody's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from schemas.errors import CannotAccept
from schemas.fact import Identities
from schemas.times import DAY, EARLIEST, LATEST, Instant, instant

Told = dict[str, Any]  # one JSON object

TEXT_CHARS_MAX = 100_000
"""Longer than any letter; what is longer is an attachment, which belongs elsewhere."""
LABEL_CHARS_MAX = 512
"""Names, ids and identities: the longest e-mail address has 254 characters, an id seldom more."""
VALUES_MAX = 100
"""Tags of a message, values of an identity kind: more is a mistake of the export."""
AHEAD_MAX = DAY
"""Clocks and zones go wrong by hours; what lies further ahead is a wrong date."""

RFC3339 = "such as 2024-05-01T12:30:00Z or 2024-05-01T14:30:00+02:00"

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?"
).fullmatch
_KIND = re.compile(r"[a-z][a-z0-9_.:-]{0,63}").fullmatch
_AMOUNT = re.compile(r"([0-9]{1,32})(?:\.([0-9]{1,32}))?(?:[eE]([+-]?[0-9]{1,2}))?").fullmatch

WHOLE_MAX = 2**62
AMOUNT_MICROS_MAX = 10**18  # 10^12 units of a currency; an Avro long ends at 9.2 * 10^18


def kind_of(value: Any) -> str:
    """What a JSON value is, without telling it."""
    if isinstance(value, bool):
        return "true or false"
    kinds = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), "null")


def wrong_type(name: str, value: Any, remedy: str) -> CannotAccept:
    """The refusal of a value of another JSON type than the field's."""
    return CannotAccept("wrong-type", f"{name}: is {kind_of(value)}: {remedy}.")


def missing(name: str, remedy: str) -> CannotAccept:
    """The refusal of a record that lacks a field."""
    return CannotAccept("missing-field", f"{name}: is missing: {remedy}.")


def take_text(told: Told, name: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """A text, empty if it is not there."""
    value = told.pop(name, None)
    if type(value) is str and len(value) <= chars_max:
        return value
    if value is None:
        return ""
    if type(value) is not str:
        raise wrong_type(name, value, "write it as text, in quotes")
    reason = f"{name}: is longer than {chars_max:,} characters: shorten it."
    raise CannotAccept("text-too-long", reason)


def take_label(told: Told, name: str) -> str:
    """A short text: a name or an id, empty if it is not there."""
    return take_text(told, name, LABEL_CHARS_MAX)


def need_label(told: Told, name: str, remedy: str) -> str:
    """A short text that must be there."""
    value = take_text(told, name, LABEL_CHARS_MAX)
    if not value or value.isspace():
        raise missing(name, remedy)
    return value


def take_flag(told: Told, name: str, default: bool) -> bool:
    """True or false."""
    value = told.pop(name, None)
    if value is None:
        return default
    if type(value) is not bool:
        raise wrong_type(name, value, "write true or false, without quotes")
    return value


def take_number(told: Told, name: str) -> float | None:
    """A number, None if it is not there."""
    value = told.pop(name, None)
    if value is None:
        return None
    if type(value) is not int and type(value) is not float:
        raise wrong_type(name, value, "write it as a number, without quotes")
    try:
        return float(value)
    except OverflowError:
        raise CannotAccept("bad-number", f"{name}: is too large: check it.") from None


def take_whole(told: Told, name: str) -> int | None:
    """A whole number of 64 bits, None if it is not there."""
    value = told.pop(name, None)
    if value is None:
        return None
    if type(value) is not int:
        raise wrong_type(name, value, "write it as a whole number, without quotes")
    if not -WHOLE_MAX <= value <= WHOLE_MAX:
        raise CannotAccept("bad-number", f"{name}: is too large: check it.")
    return value


def take_object(told: Told, name: str) -> Told:
    """An object, empty if it is not there."""
    value = told.pop(name, None)
    if value is None:
        return {}
    if type(value) is not dict:
        raise wrong_type(name, value, "write an object, in braces")
    return value


def take_texts(told: Told, name: str) -> list[str]:
    """A list of short texts; one text counts as a list of it."""
    value = told.pop(name, None)
    if value is None:
        return []
    return _values(name, value)


def _values(name: str, value: Any) -> list[str]:
    """Texts without repetition, none of them empty."""
    given = value if type(value) is list else [value]
    if len(given) > VALUES_MAX:
        reason = f"{name}: has more than {VALUES_MAX} values: keep those that count."
        raise CannotAccept("too-many-values", reason)
    for each in given:
        if type(each) is not str:
            raise wrong_type(name, each, "write it as text, in quotes")
        if not each or each.isspace():
            raise CannotAccept("empty-value", f"{name}: is empty: leave it out.")
        if len(each) > LABEL_CHARS_MAX:
            reason = f"{name}: is longer than {LABEL_CHARS_MAX} characters: shorten it."
            raise CannotAccept("text-too-long", reason)
    return given if len(given) == 1 else list(dict.fromkeys(given))


def take_identities(told: Told, name: str) -> Identities:
    """Identity values by kind: an object of kind and value, or of kind and list of values."""
    given = told.pop(name, None)
    if given is None:
        return {}
    if type(given) is not dict:
        raise wrong_type(name, given, 'write an object such as {"email": "ann@example.com"}')
    return identities_of(name, given)


def identities_of(name: str, given: Mapping[str, Any]) -> Identities:
    """The same of an object in hand."""
    found: Identities = {}
    for kind, value in given.items():
        if not _is_kind(kind):
            reason = (
                f"{name}: a kind is not of the form [a-z][a-z0-9_.:-]{{0,63}}: "
                "write the kind first, such as email, then the value."
            )
            raise CannotAccept("bad-identity-kind", reason)
        if type(value) is str and 0 < len(value) <= LABEL_CHARS_MAX and not value.isspace():
            found[kind] = [value]
        elif value is not None and value != []:  # exports write null for "has none"
            found[kind] = _values(f"{name}.{kind}", value)
    return found


@lru_cache(maxsize=256)  # a feed has a handful
def _is_kind(kind: str) -> bool:
    return _KIND(kind) is not None


def take_time(told: Told, name: str, latest: Instant = LATEST) -> Instant:
    """A time of RFC 3339 with a zone; 0 if it is not there."""
    value = told.pop(name, None)
    if value is None:
        return 0
    if type(value) is not str:
        raise wrong_type(name, value, f"write it as text, {RFC3339}")
    return time_of(name, value, latest)


def time_of(name: str, text: str, latest: Instant) -> Instant:
    """The instant of a text of RFC 3339 with a zone, not later than ``latest``."""
    shape = _TIME(text)
    if not shape:
        raise CannotAccept("bad-time", f"{name}: is no time of RFC 3339: write it {RFC3339}.")
    if shape[1] is None:
        raise CannotAccept("no-time-zone", f"{name}: has no time zone: write it {RFC3339}.")
    try:
        at = instant(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        reason = f"{name}: there is no such day or time of day: write it {RFC3339}."
        raise CannotAccept("bad-time", reason) from None
    check_time(name, at, latest)
    return at


def check_time(name: str, at: Instant, latest: Instant) -> None:
    """Refuse what lies before 1900 or after ``latest``."""
    if at < EARLIEST:
        raise CannotAccept("too-early", f"{name}: lies before 1900: check the date.")
    if at > latest:
        reason = f"{name}: lies too far in the future: check the date and the source's clock."
        raise CannotAccept("far-future", reason)


def amount_micros(name: str, text: str) -> int:
    """A decimal number as millionths, exactly.

    Raises:
        CannotAccept: not a decimal number, below zero, over 10^12, or finer than millionths.
    """
    form = _AMOUNT(text)
    if not form:
        reason = f'{name}: is no amount: write a decimal number of at least 0, such as "19.90".'
        raise CannotAccept("bad-amount", reason)
    whole, decimals, exponent = form.groups("")
    digits, shift = int(whole + decimals), 6 - len(decimals) + int(exponent or 0)
    up: int = 10 ** max(shift, 0)
    down: int = 10 ** max(-shift, 0)
    micros, rest = divmod(digits * up, down)
    if rest:
        reason = f"{name}: has more than 6 decimals: round it."
        raise CannotAccept("bad-amount", reason)
    if micros > AMOUNT_MICROS_MAX:
        reason = f"{name}: is over 1,000,000,000,000: check its unit."
        raise CannotAccept("bad-amount", reason)
    return micros
