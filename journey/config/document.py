"""A TOML file whose every complaint names the file, the line, the key and what may stand there.

``tomllib`` keeps no lines. So the line of a key is found by reading ever longer beginnings of the
file: the key is in the statement with which it first appears. That costs some dozen readings, and
only where something is wrong.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from projections.configuration.durations import Seconds, seconds
from schemas.errors import ConfigurationError

S = TypeVar("S", bound=msgspec.Struct)
Path = Sequence[str]  # of keys, from the top

_line = re.compile(r"line (\d+)").search
_bare = re.compile(r"[A-Za-z0-9_-]+").fullmatch


class Document:
    """What a file says, and where.

    Args:
        text: TOML.
        name: what people call the file.

    Raises:
        ConfigurationError: it is no TOML.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._lines = text.split("\n")
        try:
            self.told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = _line(str(error))
            where = f"line {found[1] if found else len(self._lines)}"
            raise ConfigurationError(
                f"{name}, {where}: is no TOML ({error}): correct it there."
            ) from None

    def line(self, path: Path) -> int:
        """The line, from 1, on which a key is given; of a key that is not there, its table's."""
        while path and not _has(self.told, path):
            path = path[:-1]
        if not path:
            return 1
        low, high = 1, len(self._lines)
        while low < high:  # the shortest beginning that has the key
            middle = (low + high) // 2
            if _has(self._beginning(middle)[1], path):
                high = middle
            else:
                low = middle + 1
        first = self._beginning(low - 1)[0]
        while not self._lines[first].strip() or self._lines[first].lstrip().startswith("#"):
            first += 1
        return first + 1

    def refuse(self, path: Path, wrong: str) -> ConfigurationError:
        """The complaint about a key.

        Args:
            wrong: what is wrong and what may stand there, without a full stop.
        """
        place = ".".join(key if _bare(key) else f'"{key}"' for key in path) or "the top"
        return ConfigurationError(f"{self.name}, line {self.line(path)}, {place}: {wrong}.")

    def table(self, path: Path) -> dict[str, Any]:
        """The table at a path; an empty one if there is none.

        Raises:
            ConfigurationError: something else stands there.
        """
        found: Any = self.told
        for key in path:
            found = found[int(key)] if type(found) is list else found.get(key, {})
        if type(found) is not dict:
            raise self.refuse(path, f"is no table: write it as [{'.'.join(path)}]")
        return found

    def struct(self, path: Path, kind: type[S], also: Sequence[str] = ()) -> S:
        """The table at a path as a Struct, whatever is in its fields.

        Args:
            also: keys that stand in the table and are read by somebody else.

        Raises:
            ConfigurationError: a key is unknown, missing, or of another type.
        """
        hints, told = get_type_hints(kind, include_extras=True), self.table(path)
        names = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
        self.known_keys(path, [*names, *also])
        fields = {
            names[key]: self.value([*path, key], hints[names[key]], value)
            for key, value in told.items()
            if key in names
        }
        for field in msgspec.structs.fields(kind):
            if field.required and field.name not in fields:
                wrong = f"{field.name} is missing: write {in_words(hints[field.name])}"
                raise self.refuse(path, wrong)
        return kind(**fields)

    def value(self, path: Path, hint: Any, told: Any) -> Any:
        """What stands at a path, as the type that is wanted there.

        Raises:
            ConfigurationError: it is of another type.
        """
        origin, inner = get_origin(hint), get_args(hint)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return self.struct(path, hint)
        if origin is dict:
            return {key: self.value([*path, key], inner[1], told[key]) for key in self.table(path)}
        if origin is list and type(told) is list:
            return [self.value([*path, str(n)], inner[0], each) for n, each in enumerate(told)]
        if hint == Seconds and type(told) is str:
            found = seconds(told)
            if found is not None:
                return found
        try:
            return msgspec.convert(told, hint)
        except msgspec.ValidationError:
            raise self.refuse(path, f"is wrong: write {in_words(hint)}") from None

    def known_keys(self, path: Path, known: Sequence[str]) -> None:
        """Refuse a key of the table at a path that means nothing.

        Raises:
            ConfigurationError: there is one.
        """
        for name in self.table(path):
            if name not in known:
                close = get_close_matches(name, known, n=1)
                meant = f" (did you mean {close[0]}?)" if close else ""
                wrong = f"is unknown{meant}: use one of {', '.join(known)}"
                raise self.refuse([*path, name], wrong)

    def _beginning(self, lines: int) -> tuple[int, dict[str, Any]]:
        """The longest beginning of at most so many lines that is whole, and what it says."""
        while lines:
            try:
                return lines, tomllib.loads("\n".join(self._lines[:lines]) + "\n")
            except tomllib.TOMLDecodeError:
                lines -= 1
        return 0, {}


def in_words(hint: Any) -> str:
    """What may stand where a type is wanted."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint == Seconds:
        return 'a duration, such as "90 s", "2 min", "1 h 30 min", "7 d"'
    if origin is Annotated:
        return in_words(inner[0])
    if origin is Literal:
        return "one of " + ", ".join(f'"{each}"' for each in inner)
    if origin in (Union, UnionType):
        return ", or ".join(in_words(each) for each in inner if each is not type(None))
    if origin is list:
        return f"a list, in brackets, each {in_words(inner[0])}"
    words = {bool: "true or false", str: "a text, in quotes", int: "a whole number"}
    words |= {date: "a date, such as 2026-12-25", float: "a number"}
    return words.get(hint, "a table")


def _has(told: dict[str, Any], path: Path) -> bool:
    found: Any = told
    for key in path:
        if type(found) is list and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        elif type(found) is dict and key in found:
            found = found[key]
        else:
            return False
    return True
