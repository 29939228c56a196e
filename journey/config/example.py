"""``journey.toml`` with every key at its default, each explained by the docstring of its section.

What is named by its user, as one of the tables ``calendars.NAME``, has no default: it is shown as
a pattern: its keys stand behind ``#`` without a space.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from textwrap import wrap
from typing import Any, get_args, get_origin

import msgspec

from journey.config.types import (
    alternatives,
    dotted,
    fields_of,
    hints_of,
    in_words,
    name_of,
    plain,
    usual_value,
    written,
)
from projections.configuration import DEFAULT
from projections.configuration.section import Section

WIDTH = 100
NAME = "NAME"
HEAD = """\
# journey.toml with every key at its default. Made by: journey config example
#
# Leave out what is right as it is: a table is laid over its defaults key by key, so that one
# entry may be given alone. A list takes the place of the whole list.
# What is named by you, or only shown, stands behind # without a space.
# Durations: "90 s", "2 min", "1 h 30 min", "7 d", "2 w".
# Event types of one's own are explained in docs/configuration.md.
"""

_argument = re.compile(r"^    (\w+): (.*)$")


def example() -> str:
    """The whole text."""
    lines = [*HEAD.rstrip("\n").split("\n")]
    for key, hint, value in fields_of(DEFAULT):
        lines += ["", *_table((key,), hint, value)]
    return "\n".join(lines).rstrip() + "\n"


def _table(path: Sequence[str], hint: Any, value: Any) -> Iterator[str]:
    """A table with its defaults: first its own keys, then the tables in it."""
    kind = _kind(hint)
    if get_origin(kind) is dict:
        yield from _entries(path, hint, value)
        return
    yield from _comment(_about(kind))
    yield f"[{dotted(path)}]"
    explained, later = _arguments(kind), []
    for key, inner, each in fields_of(value):
        if _is_apart(inner):
            later.append((key, inner, each))
        else:
            yield from _comment(explained.get(key, ""))
            yield from _lines(key, inner, each)
    for key, inner, each in later:
        yield ""
        yield from _comment(explained.get(key, ""))
        if isinstance(each, list | tuple):
            yield from _items([*path, key], inner, each)
        else:
            yield from _table([*path, key], inner, each)


def _entries(path: Sequence[str], hint: Any, value: dict[str, Any]) -> Iterator[str]:
    """A table whose keys are names."""
    inner = get_args(_kind(hint))[1]
    if not _is_apart(inner):
        yield f"[{dotted(path)}]"
        for name, each in value.items():
            yield from _lines(name, inner, each)
        if not value:
            yield f"#{NAME} = … ({in_words(inner)})"
        return
    for name, each in value.items():
        yield from _table([*path, name], inner, each)
        yield ""
    yield from _pattern([*path, NAME], inner)


def _items(path: Sequence[str], hint: Any, value: Sequence[Any]) -> Iterator[str]:
    """A list of tables."""
    inner = get_args(_kind(hint))[0]
    if not value:
        yield from _pattern(path, inner, "[[{}]]")
        return
    explained = _arguments(_kind(inner))
    for n, each in enumerate(value):
        yield f"[[{dotted(path)}]]"
        for key, kind, one in fields_of(each):
            if one is not None and one != _usual(type(each), key):
                about = explained.get(key, "") if n == 0 else ""
                yield from _comment(about)
                yield from _lines(key, kind, one)
        yield ""


def _pattern(path: Sequence[str], hint: Any, head: str = "[{}]") -> Iterator[str]:
    """What a table of one's own may have in it, all behind ``#``."""
    kind = _kind(hint)
    yield from _comment(_about(kind))
    yield f"#{head.format(dotted(path))}"
    explained, hints, later = _arguments(kind), hints_of(kind), []
    for field in msgspec.structs.fields(kind):
        inner, key, value = hints[field.name], field.encode_name, usual_value(field)
        about = explained.get(key) or explained.get(field.name) or ""
        if _is_apart(inner):
            if not issubclass(kind, _item(inner)):  # else it may have its like in it: seen above
                later.append((key, about, inner))
                continue
            about, value = f"{about} Each is a table with these keys", []
        about += "" if value or value in (False, 0, "") else f" ({in_words(inner)})"
        about += " Must be given." if field.required else ""
        yield from _comment(about.strip())
        shown = "…" if value is None else written(plain(inner, value))
        yield f"#{name_of(key)} = {shown}"
    for key, about, inner in later:
        yield "#"
        yield from _comment(about)
        is_one = _kind(inner) is _item(inner)
        yield from _pattern([*path, key], _item(inner), "[{}]" if is_one else "[[{}]]")


def _kind(hint: Any) -> Any:
    """The type that is written out: of several the first."""
    return alternatives(hint)[0]


def _item(hint: Any) -> Any:
    """What is in a list or a table of names; a Struct itself."""
    kind = _kind(hint)
    return get_args(kind)[-1] if get_args(kind) else kind


def _is_apart(hint: Any) -> bool:
    """Whether it stands in a table, or tables, of its own."""
    kind = _kind(hint)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return True
    inner = {dict: get_args(kind)[1:], list: get_args(kind), tuple: get_args(kind)[:1]}
    return any(_is_apart(each) for each in inner.get(get_origin(kind), ()) if each is not ...)


def _lines(key: str, hint: Any, value: Any) -> Iterator[str]:
    """A key in its table; one whose keys are names is written with a dot."""
    name, kind = name_of(key), _kind(hint)
    if value is None:
        yield f"#{name} = … ({in_words(hint)})"
    elif get_origin(kind) is dict and isinstance(value, dict):
        inner = get_args(kind)[1]
        for each, one in value.items():
            yield f"{name}.{name_of(each)} = {written(plain(inner, one))}"
        if not value:
            yield f"#{name}.{NAME} = … ({in_words(inner)})"
    else:
        yield f"{name} = {written(plain(hint, value))}"


def _usual(kind: type[msgspec.Struct], key: str) -> Any:
    field = next(f for f in msgspec.structs.fields(kind) if f.encode_name == key)
    return usual_value(field)


def _about(kind: Any) -> str:
    """What a table is: of a section its module says it, of others their own docstring."""
    told = cleandoc(kind.__doc__ or "") if isinstance(kind, type) else ""
    told = told.partition("\nArgs:")[0].strip()
    first, _, rest = told.partition("\n\n")
    if isinstance(kind, type) and issubclass(kind, Section) and first.startswith("Section ``"):
        module = cleandoc(sys.modules[kind.__module__].__doc__ or "").partition("\n\n")[0]
        named = first.partition(":")[2].strip()
        first = named[:1].upper() + named[1:] if named else module
    return "\n\n".join(filter(None, (first, rest.strip()))).replace("``", "")


def _arguments(kind: Any) -> dict[str, str]:
    """Field -> what the docstring says of it, those of the types that it is made of included."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__ if isinstance(kind, type) else ()):
        name = ""
        _, _, told = cleandoc(each.__doc__ or "").partition("\nArgs:")
        for line in told.split("\n"):
            if argument := _argument.match(line):
                name = argument[1]
                found[name] = argument[2].strip()
            elif name and line.startswith("        "):
                found[name] += " " + line.strip()
            elif line.strip():
                name = ""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            if field.name in found:
                found.setdefault(field.encode_name, found[field.name])
    return {key: about.replace("``", "") for key, about in found.items()}


def _comment(told: str) -> Iterator[str]:
    for n, paragraph in enumerate((told[0].upper() + told[1:]).split("\n\n") if told else ()):
        if n:
            yield "#"
        yield from (f"# {line}" for line in wrap(" ".join(paragraph.split()), WIDTH - 2))
