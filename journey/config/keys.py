"""A configuration key by key: what each is, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

import msgspec

from journey.config.types import alternatives, dotted, fields_of, is_table, plain, written
from projections.configuration import Configuration


class Key(NamedTuple):
    """One key with what it holds.

    Args:
        path: from the top; in a list by number.
        value: as a file would write it.
    """

    path: tuple[str, ...]
    value: str

    @property
    def name(self) -> str:
        """The path as TOML writes it."""
        return dotted(self.path)


class Change(msgspec.Struct, frozen=True):
    """A key that two configurations have otherwise.

    Args:
        key: its path.
        was: what it held, as a file would write it; None if it was not there.
        now: what it holds; None if it is not there.
    """

    key: str
    was: str | None
    now: str | None


def keys(configuration: Configuration) -> list[Key]:
    """Every key that holds no table, in the order of the sections."""
    return list(_inner((), Configuration, configuration))


def changes(was: Configuration, now: Configuration) -> list[Change]:
    """The keys that differ."""
    before = {key.name: key.value for key in keys(was)}
    after = {key.name: key.value for key in keys(now)}
    sections = [field.encode_name for field in msgspec.structs.fields(Configuration)]
    both = {key.name: sections.index(key.path[0]) for key in (*keys(was), *keys(now))}
    named = sorted(both, key=lambda name: both[name])
    found = [Change(name, before.get(name), after.get(name)) for name in named]
    return [each for each in found if each.was != each.now and not _is_nothing(each)]


def _is_nothing(change: Change) -> bool:
    """Whether an empty table or list stands against none: then its entries tell what changed."""
    return {change.was, change.now} <= {None, "{}", "[]"}


def _inner(path: tuple[str, ...], hint: Any, value: Any) -> Iterator[Key]:
    if isinstance(value, msgspec.Struct):
        for key, kind, each in fields_of(value):
            yield from _inner((*path, key), kind, each)
    elif isinstance(value, dict) and value:
        kind = next((get_args(k)[1] for k in alternatives(hint) if len(get_args(k)) > 1), Any)
        for key, each in value.items():
            yield from _inner((*path, key), kind, each)
    elif isinstance(value, list | tuple) and value and _are_tables(hint):
        kind = next(get_args(k)[0] for k in alternatives(hint) if get_args(k))
        for n, each in enumerate(value):
            yield from _inner((*path, str(n)), kind, each)
    else:
        yield Key(path, "none" if value is None else written(plain(hint, value)))


def _are_tables(hint: Any) -> bool:
    """Whether a list of this type has tables in it."""
    inner = [kind for each in alternatives(hint) for kind in get_args(each)[:1]]
    return any(is_table(kind) for each in inner for kind in alternatives(each))
