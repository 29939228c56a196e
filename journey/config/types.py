"""What may stand in ``journey.toml``, by the types of the configuration: checked, told, spelled."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from projections.configuration.durations import DURATION, seconds, spelled

INT_MAX = 2**63 - 1

_line = re.compile(r"line (\d+)").search
_bare = re.compile(r"[A-Za-z0-9_-]+").fullmatch


def line_of_error(error: tomllib.TOMLDecodeError) -> int | None:
    """The line that the reader of TOML names; none at the file's end."""
    found = _line(str(error))
    return int(found[1]) if found else None


def dotted(path: Sequence[str]) -> str:
    """A path as TOML writes it, with quotes where they are needed."""
    return ".".join(key if _bare(key) else text(key) for key in path)


def alternatives(hint: Any) -> list[Any]:
    """The types of which one is wanted, without limits; None is never written."""
    if is_limited(hint):
        return alternatives(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return [kind for each in get_args(hint) for kind in alternatives(each)]
    return [] if hint in (None, type(None)) else [hint]


def is_limited(hint: Any) -> bool:
    """Whether a type has limits or notes with it."""
    return get_origin(hint) is Annotated


def has_allowed_length(told: Sequence[Any], hint: Any) -> bool:
    """Whether a list is neither too short nor too long for a type."""
    for meta in get_args(hint)[1:] if is_limited(hint) else ():
        if isinstance(meta, msgspec.Meta):
            too_short = meta.min_length is not None and len(told) < meta.min_length
            if too_short or (meta.max_length is not None and len(told) > meta.max_length):
                return False
    return True


def is_duration(hint: Any) -> bool:
    """Whether whole seconds are wanted that people write with units; in a union, as one of them."""
    if get_origin(hint) in (Union, UnionType):
        return any(is_duration(each) for each in get_args(hint))
    metas = get_args(hint)[1:] if is_limited(hint) else ()
    return any(isinstance(m, msgspec.Meta) and (m.extra or {}).get(DURATION) for m in metas)


def is_table(kind: Any) -> bool:
    """Whether a type is written as a table."""
    is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return is_struct or get_origin(kind) is dict


def usual_value(field: Any) -> Any:
    """The default of a Struct's field; None if there is none."""
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return None if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def scalar(told: Any, hint: Any) -> Any:
    """A value that is no table and no list of other types, as the type that is wanted.

    Raises:
        ValueError: it is none.
    """
    if type(told) is str and is_duration(hint):
        found = seconds(told)
        told = told if found is None else found
    if type(told) is float and not math.isfinite(told):
        raise ValueError("JSON has no such number")
    if type(told) is int and abs(told) > INT_MAX:
        raise ValueError("too many digits")
    try:
        return msgspec.convert(told, hint)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ValueError(str(error)) from None


def in_words(hint: Any) -> str:
    """What may stand where a type is wanted."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        if is_duration(hint):
            return 'a duration, such as "90 s", "2 min", "1 h 30 min", "7 d"' + _limits(inner[1:])
        return in_words(inner[0]) + _limits(inner[1:])
    if origin is Literal:
        return "one of " + ", ".join(text(each) for each in inner)
    if origin in (Union, UnionType):
        return ", or ".join(in_words(each) for each in inner if each is not type(None))
    if origin in (list, tuple, set, frozenset):
        return f"a list, in brackets, each {in_words(inner[0])}"
    words = {
        bool: "true or false",
        str: "a text, in quotes",
        int: "a whole number",
        float: "a number",
        date: "a date, such as 2026-12-25",
        time: "a time, such as 09:30:00",
        datetime: "a time, such as 2026-12-25T09:30:00Z",
    }
    return words.get(hint, "a table")


def _limits(metas: Sequence[Any]) -> str:
    told = []
    for meta in metas:
        if not isinstance(meta, msgspec.Meta) or (meta.extra or {}).get(DURATION):
            continue
        limits: Mapping[str, Any] = {
            "from": meta.ge,
            "above": meta.gt,
            "to": meta.le,
            "below": meta.lt,
            "in steps of": meta.multiple_of,
            "of at least": meta.min_length,
            "of at most": meta.max_length,
        }
        told += [f"{word} {limit:g}" for word, limit in limits.items() if limit is not None]
        told += [f"that fits {meta.pattern}"] if meta.pattern else []
    return " " + " ".join(told) if told else ""


def text(value: Any) -> str:
    """A text in quotes, or another plain value, as TOML writes it."""
    # JSON's escapes are TOML's, but for one character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def name_of(key: str) -> str:
    """A key, quoted where it must be."""
    return dotted([key])


def written(value: Any) -> str:
    """A plain value as TOML."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name_of(key)} = {written(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return text(value)


def plain(hint: Any, value: Any) -> Any:
    """A value as a file would give it, in types of JSON: durations and dates as text."""
    if type(value) is int and is_duration(hint):
        return spelled(value)
    for kind in alternatives(hint):
        origin, inner = get_origin(kind), get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and type(value) is kind:
            return {key: plain(each_hint, each) for key, each_hint, each in fields_of(value)}
        if origin is dict and type(value) is dict:
            return {key: plain(inner[1], each) for key, each in value.items()}
        if origin in (list, tuple, set, frozenset) and isinstance(value, origin):
            return [plain(inner[0], each) for each in value]
    return msgspec.to_builtins(value)


def fields_of(value: msgspec.Struct) -> list[tuple[str, Any, Any]]:
    """Key, type and value of each field that a file could give."""
    hints = hints_of(type(value))
    fields = msgspec.structs.fields(type(value))
    return [(f.encode_name, hints[f.name], getattr(value, f.name)) for f in fields]


def hints_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Field -> type, with limits and notes."""
    return get_type_hints(kind, include_extras=True)
