"""From a foreign JSON object to one line of our own form, which ``jsonl.parse`` then checks.

Rule 1: a text that is taken over whole leaves its place. What is converted, such as an amount or a
    time, also stays as it was written. So nothing of the object is lost.
Rule 2: what is left stands in ``extra`` as the JSON text that was written: 12.50 stays 12.50. Only
    spaces between values are dropped.
Rule 3: a name that means something in our own form, or is there twice, stands under its JSON
    pointer (RFC 6901), such as ``/properties/name``: nothing is read as ours by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from journey.ingest import jsonl
from journey.ingest.assess.given import NAMES as JUDGED
from journey.ingest.declared import property_names
from journey.ingest.fields import LABEL_CHARS_MAX, Told, wrong_type
from journey.ingest.forms import form_of
from journey.ingest.jsonl import RESERVED
from journey.ingest.objects import may_hold_bad_texts, read_object
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.times import Instant

Members = dict[str, msgspec.Raw]  # of a JSON object, each as the text that was written

_members = msgspec.json.Decoder(Members).decode


class _Paths(dict[str, tuple[str, ...]]):
    """Paths by their text, each cut once; all of them stand in tables."""

    def __missing__(self, path: str) -> tuple[str, ...]:
        names = self[path] = tuple(path.split("."))
        return names


_PATHS = _Paths()


class Foreign(NamedTuple):
    """A JSON object of a foreign form.

    Args:
        told: its values.
        members: the same as the text that was written. What is taken over whole is taken out.
    """

    told: Told
    members: Members

    def at(self, path: str) -> Any:
        """The value at a path of names, such as ``context.page.url``; None if there is none."""
        value: Any = self.told
        for name in _PATHS[path]:
            if type(value) is not dict:
                return None
            value = value.get(name)
        return value

    def first_label(self, paths: Iterable[str]) -> str:
        """The first label at one of these paths; empty if there is none."""
        return next(filter(None, (as_label(self.at(path)) for path in paths)), "")

    def inner(self, name: str) -> Members:
        """The members of an object inside, taken out; none if it is null or not there.

        Raises:
            CannotAccept: it is something else.
        """
        value = self.told.get(name)
        if value is None:
            return {}
        if type(value) is not dict:
            raise wrong_type(name, value, "write an object, in braces")
        return _members(self.members.pop(name))


def foreign(data: bytes) -> Foreign:
    """A record that is one JSON object.

    Raises:
        CannotAccept: it is none.
    """
    told = read_object(data)
    # One spacing for all: indented or not, it is the same telling.
    return Foreign(told, _members(msgspec.json.format(data, indent=-1)))


def as_label(value: Any) -> str:
    """A name or an id, which some write as a whole number; empty if it is neither."""
    if type(value) is int:
        return str(value)
    if type(value) is str and len(value) <= LABEL_CHARS_MAX and not value.isspace():
        return value
    return ""


def pointer(*names: str) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


def line_of(
    fields: Mapping[str, Any],
    declared: Mapping[str, Any],
    left: Iterable[tuple[str, Members]],
) -> bytes:
    """One line of our own form.

    Args:
        fields: the top-level fields but ``properties``; a value may be raw JSON, or empty.
        declared: the properties that the line's type declares.
        left: what nobody declared, by the name of the object in which it stood; empty for the
            outermost. The first who has a name keeps it.
    """
    return jsonl.written(_filled(fields), _properties(fields["type"], declared, left))


def draft_of(
    fields: Mapping[str, Any],
    declared: Mapping[str, Any],
    left: Iterable[tuple[str, Members]],
    data: bytes,
    line: int,
    now: Instant,
) -> Draft:
    """The same line, as a draft: what ``jsonl.parse`` would make of it, in half the time.

    Args:
        data: the bytes from which all of it comes.
        line, now: as for ``jsonl.parse``.

    Raises:
        CannotAccept: as ``jsonl.parse``.
    """
    if may_hold_bad_texts(data):
        return jsonl.parse(line_of(fields, declared, left), line, now)
    properties = _properties(fields["type"], declared, left)
    return jsonl.parse_made(_filled(fields), properties, line, now)


def _filled(fields: Mapping[str, Any]) -> Told:
    return {n: value for n, value in fields.items() if value or value not in (None, "", {})}


def _properties(
    type_: Any, declared: Mapping[str, Any], left: Iterable[tuple[str, Members]]
) -> dict[str, Any]:
    meant = _meant(type_) if type(type_) is str else RESERVED  # what is no text, ``jsonl`` refuses
    properties: dict[str, Any] = dict(declared)
    for where, members in left:
        if (
            meant.isdisjoint(members)
            and properties.keys().isdisjoint(members)
            and "/" not in "".join(members)
        ):  # the common case, at once
            properties.update(members)
            continue
        for name, raw in members.items():
            if name in meant or name in properties or name.startswith("/"):
                name = pointer(where, name) if where else pointer(name)
            properties[name] = raw
    return properties


@lru_cache(maxsize=256)  # a feed has some dozens
def _meant(type_: str) -> frozenset[str]:
    """The names of properties that mean something to events of this type."""
    try:
        fact = form_of(type_)[0].fact
        return RESERVED.union(property_names(fact), JUDGED.intersection(fact.__struct_fields__))
    except CannotAccept:
        return RESERVED  # ``jsonl`` refuses the type
