"""A TOML file whose every complaint names the file, the line, the key and what may stand there.

``tomllib`` keeps no lines. So the line of a key is found by reading ever longer beginnings of the
file: the key is in the statement with which it first appears. That costs some dozen readings, and
only where something is wrong.

What a file says is laid over defaults: tables key by key, everything else as a whole.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from journey.config.types import (
    alternatives,
    dotted,
    has_allowed_length,
    hints_of,
    in_words,
    is_table,
    line_of_error,
    scalar,
    usual_value,
)
from schemas.errors import ConfigurationError

S = TypeVar("S", bound=msgspec.Struct)
Path = Sequence[str]  # of keys, from the top; in a list by number

COMPLAINTS_MAX = 100  # of one file; whoever has more has enough to do


class Wrong(ConfigurationError):
    """Everything that is wrong with a file.

    Args:
        complaints: line and sentence of each.
    """

    def __init__(self, complaints: Sequence[tuple[int, str]]) -> None:
        self.complaints = sorted(complaints)
        first, more = self.complaints[0][1], len(complaints) - 1
        super().__init__(f"{first.removesuffix('.')} ({more} more follow)." if more else first)


class Gathered:
    """Complaints of several steps, told together once all were gone through."""

    def __init__(self) -> None:
        self._complaints: list[tuple[int, str]] = []

    @contextmanager
    def each(self) -> Iterator[None]:
        """One step: what is wrong in it is kept for the end."""
        try:
            yield
        except Wrong as wrong:
            self._complaints += wrong.complaints
            if len(self._complaints) >= COMPLAINTS_MAX:
                self.end()

    def end(self) -> None:
        """No more steps.

        Raises:
            Wrong: something was wrong in them.
        """
        if self._complaints:
            raise Wrong(self._complaints)


class Document:
    """What a file says, and where.

    Args:
        text: TOML.
        name: what people call the file.

    Raises:
        Wrong: it is no TOML.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._lines = text.split("\n")
        try:
            self.told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = line_of_error(error) or len(self._lines)
            told = f"{name}, line {line}: is no TOML ({error}): correct it there."
            raise Wrong([(line, told)]) from None
        except RecursionError:
            raise Wrong([(1, f"{name}: is nested too deeply: write it flatter.")]) from None

    def has(self, path: Path) -> bool:
        """Whether the file gives a key."""
        return _has(self.told, path)

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

    def refuse(self, path: Path, wrong: str) -> Wrong:
        """The complaint about a key.

        Args:
            wrong: what is wrong and what may stand there, without a full stop.
        """
        line = self.line(path)
        return Wrong([(line, f"{self.name}, line {line}, {dotted(path) or 'the top'}: {wrong}.")])

    def table(self, path: Path) -> dict[str, Any]:
        """The table at a path; an empty one if there is none.

        Raises:
            Wrong: something else stands there.
        """
        found: Any = self.told
        for n, key in enumerate(path, 1):
            found = found[int(key)] if type(found) is list else found.get(key, {})
            if type(found) is not dict and not (type(found) is list and n < len(path)):
                way = (
                    "in braces, { key = value }" if key.isdecimal() else f"as [{dotted(path[:n])}]"
                )
                raise self.refuse(path[:n], f"is no table: write it {way}")
        return dict(found)

    def struct(
        self, path: Path, kind: type[S], also: Sequence[str] = (), usual: S | None = None
    ) -> S:
        """The table at a path as a Struct, whatever is in its fields.

        Args:
            also: keys that stand in the table and are read by somebody else.
            usual: has what the file does not give; left out, the defaults of the type have it.

        Raises:
            Wrong: keys are unknown, missing, or of another type.
        """
        told, hints, gathered = self.table(path), hints_of(kind), Gathered()
        known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        with gathered.each():
            self.known_keys(path, [*known, *also])
        fields: dict[str, Any] = {}
        for key, field in known.items():
            default = usual_value(field) if usual is None else getattr(usual, field.name)
            with gathered.each():
                if key in told:
                    hint = hints[field.name]
                    fields[field.name] = self.value([*path, key], hint, told[key], default)
                elif usual is None and field.required:
                    wrong = f"{key} is missing: write {in_words(hints[field.name])}"
                    raise self.refuse(path, wrong)
        gathered.end()
        try:
            return kind(**fields) if usual is None else msgspec.structs.replace(usual, **fields)
        except (TypeError, ValueError) as error:  # a type may hold its fields against each other
            raise self.refuse(path, f"is wrong: {str(error).removesuffix('.')}") from None

    def value(self, path: Path, hint: Any, told: Any, usual: Any = None) -> Any:
        """What stands at a path, as the type that is wanted there.

        Args:
            usual: over which a table is laid; a list, a text or a number takes its place.

        Raises:
            Wrong: it is of another type.
        """
        for kind in alternatives(hint):
            origin, inner = get_origin(kind), get_args(kind)
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                if type(told) is dict or not _may_be_other(hint):
                    return self.struct(path, kind, usual=usual if type(usual) is kind else None)
            elif origin is dict and (type(told) is dict or not _may_be_other(hint)):
                return self._entries(path, inner, usual if type(usual) is dict else {})
            elif origin in (list, tuple, frozenset, set) and type(told) is list:
                if not has_allowed_length(told, hint):
                    break
                return origin(self._items(path, inner, told))
        try:
            return scalar(told, hint)
        except ValueError:
            raise self.refuse(path, f"is wrong: write {in_words(hint)}") from None

    def known_keys(self, path: Path, known: Sequence[str]) -> None:
        """Refuse keys of the table at a path that mean nothing.

        Raises:
            Wrong: there is one.
        """
        gathered = Gathered()
        for name in self.table(path):
            if name not in known:
                close = get_close_matches(name, known, n=1)
                meant = f" (did you mean {close[0]}?)" if close else ""
                wrong = f"is unknown{meant}: use one of {', '.join(known)}"
                with gathered.each():
                    raise self.refuse([*path, name], wrong)
        gathered.end()

    def _entries(self, path: Path, inner: tuple[Any, ...], usual: Mapping[str, Any]) -> Any:
        entries, gathered = dict(usual), Gathered()
        for key, told in self.table(path).items():
            with gathered.each():
                try:
                    scalar(key, inner[0])
                except ValueError:
                    wrong = f"is no name for this: write {in_words(inner[0])}"
                    raise self.refuse([*path, key], wrong) from None
                entries[key] = self.value([*path, key], inner[1], told, usual.get(key))
        gathered.end()
        return entries

    def _items(self, path: Path, inner: tuple[Any, ...], told: Sequence[Any]) -> list[Any]:
        items, gathered = [], Gathered()
        is_fixed = len(inner) > 1 and inner[1] is not ...
        if is_fixed and len(told) != len(inner):
            raise self.refuse(path, f"is wrong: write {len(inner)} values, in brackets")
        for n, each in enumerate(told):
            with gathered.each():
                items.append(self.value([*path, str(n)], inner[n if is_fixed else 0], each))
        gathered.end()
        return items

    def _beginning(self, lines: int) -> tuple[int, dict[str, Any]]:
        """The longest beginning of at most so many lines that is whole, and what it says."""
        while lines:
            try:
                return lines, tomllib.loads("\n".join(self._lines[:lines]) + "\n")
            except tomllib.TOMLDecodeError:
                lines -= 1
        return 0, {}


def _may_be_other(hint: Any) -> bool:
    """Whether something that is no table may stand there as well."""
    return not all(is_table(kind) for kind in alternatives(hint))


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
