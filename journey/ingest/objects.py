"""JSON objects out of a record's bytes, and what no text in them may hold."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from journey.ingest.fields import TEXT_CHARS_MAX, Told, kind_of
from journey.ingest.records import RECORD_BYTES_MAX
from schemas.errors import CannotAccept

_decode = msgspec.json.Decoder().decode


def read_object(data: bytes) -> Told:
    """The JSON object that a record holds.

    Args:
        data: the record.

    Raises:
        CannotAccept: not UTF-8, not JSON, not an object, or too long.
    """
    if len(data) > RECORD_BYTES_MAX:
        reason = f"The record is longer than {RECORD_BYTES_MAX:,} bytes: split it."
        raise CannotAccept("record-too-long", reason)
    try:
        told = _decode(data)
    except UnicodeDecodeError:
        raise CannotAccept("not-utf8", "The record is not UTF-8: export it as UTF-8.") from None
    except msgspec.MsgspecError as error:
        if not _is_utf8(data):
            raise CannotAccept("not-utf8", "The record is not UTF-8: export it as UTF-8.") from None
        reason = f"The record is not JSON ({error}): write one whole object."
        raise CannotAccept("bad-json", reason) from None
    except RecursionError:
        raise too_deep() from None
    if type(told) is not dict:
        reason = f"The record is {kind_of(told)}: write an object, in braces."
        raise CannotAccept("not-an-object", reason)
    return told


def too_deep() -> CannotAccept:
    """The refusal of a record that nests deeper than Python follows."""
    return CannotAccept("too-deep", "The record nests too deeply: flatten it.")


def may_hold_bad_texts(data: bytes) -> bool:
    """Whether ``check_texts`` could find anything; most records need not be looked through.

    The decoder refuses lone surrogates and bare NUL characters, but not escaped ones.
    """
    return len(data) > TEXT_CHARS_MAX or b"\\u0000" in data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def check_texts(value: Any, known: Collection[str], place: str = "") -> None:
    """Refuse NUL characters and endless texts, however deep inside a value.

    Args:
        value: any JSON value.
        known: the names of declared fields, which alone may be named in a reason.
        place: the declared field that this is the value of.
    """
    if type(value) is str:
        where = place or "an undeclared field"
        if "\0" in value:
            reason = f"{where}: has a NUL character: take it out."
            raise CannotAccept("nul-character", reason)
        if len(value) > TEXT_CHARS_MAX:
            reason = f"{where}: is longer than {TEXT_CHARS_MAX:,} characters: shorten it."
            raise CannotAccept("text-too-long", reason)
    elif type(value) is dict:
        for name, inner in value.items():
            check_texts(name, known, "a field's name")
            check_texts(inner, known, name if name in known else place)
    elif type(value) is list:
        for inner in value:
            check_texts(inner, known, place)
