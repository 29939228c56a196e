"""``[events]`` of ``journey.toml``: event types of one's own, and the check of what they tell.

Rule 1: a record is of a declared type if the name under which the source tells it is the type's, or
    one of its ``names``, but for capitals, spaces, hyphens and underscores. Of a name with dots the
    last part counts as well.
Rule 2: what is told is kept as it was told, sealed, whoever declares it. A declared property that
    is not personal stands in clear besides, in one spelling.
Rule 3: what is decided here is stored with the event. No fold asks for a declaration, so declaring
    a type changes nothing that was recorded before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from journey.config.document import Document, Gathered
from journey.config.properties import Property, Scalar, values_of
from journey.ingest.checks import checked
from journey.ingest.fields import LABEL_CHARS_MAX, missing
from journey.ingest.forms import ENGINES_OWN, FORMS
from journey.ingest.importers import Importer
from journey.ingest.jsonl import RESERVED
from journey.ingest.segment_vocabulary import plain
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.events import Custom

SECTION = "events"
TAKEN = RESERVED | {"name"}
"""Properties that mean something in every event, or name a custom one."""
REMEMBERED_MAX = 4_096  # names as sources tell them; a feed has some dozens
NAMED_MAX = 10  # allowed values in a reason

_is_name = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*").fullmatch
_is_property = re.compile(r"[^/\x00-\x1f][^\x00-\x1f]*").fullmatch


class _Table(msgspec.Struct, frozen=True, kw_only=True):
    """A type as the file has it: the keys that it may have."""

    description: str = ""
    names: list[str] = []
    properties: dict[str, object] = {}


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """One declared type.

    Args:
        name: what rows and queries call it.
        names: what else sources call it.
        properties: by name.
    """

    name: str
    description: str = ""
    names: list[str] = []
    properties: dict[str, Property] = {}

    def check(self, fact: Custom) -> Custom:
        """The fact with what its declaration makes of it.

        Raises:
            CannotAccept: it does not fit.
        """
        told, clear = fact.extra or {}, dict[str, list[str]]()
        for name, declared in self.properties.items():
            values = values_of(name, declared, told[name]) if name in told else []
            if not values:
                if declared.required:
                    raise missing(name, f"{self.name} needs it, as journey.toml says")
                continue
            if declared.allowed and not set(values) <= set(declared.allowed):
                raise not_allowed(name, declared.allowed)
            if not declared.personal:
                clear[name] = values
        return msgspec.structs.replace(fact, declared=self.name, properties=clear)


def not_allowed(name: str, allowed: Sequence[Scalar]) -> CannotAccept:
    """The refusal of a value that is not among those that a declaration allows."""
    known = ", ".join(map(str, allowed[:NAMED_MAX])) + (", …" if len(allowed) > NAMED_MAX else "")
    reason = f"{name}: is not allowed: write one of {known}, or allow it in journey.toml."
    return CannotAccept("not-allowed", reason)


class EventTypes:
    """All declared types of a workspace.

    Args:
        types: no two of which have a name in common.
    """

    def __init__(self, types: Sequence[EventType] = ()) -> None:
        self.types = tuple(types)
        self._by_name = {plain(n): type_ for type_ in types for n in (type_.name, *type_.names)}
        self._found: dict[str, EventType | None] = {}

    def of(self, told: str) -> EventType | None:
        """The declared type that a source means by a name; None if it is none of them."""
        if told not in self._found:
            if len(self._found) >= REMEMBERED_MAX:
                self._found.clear()
            last = told.removesuffix(".v1").rpartition(".")[2]
            self._found[told] = self._by_name.get(plain(told)) or self._by_name.get(plain(last))
        return self._found[told]

    def has(self, told: str) -> bool:
        """Whether a name means one of them."""
        return self.of(told) is not None

    def reading(self, importer: Importer) -> Importer:
        """The same importer, which checks what it reads against the declarations."""
        return checked(importer, [self.check] if self.types else [])

    def check(self, draft: Draft) -> Draft:
        """The draft with what the declaration of its type makes of it.

        Raises:
            CannotAccept: it does not fit.
        """
        fact = draft.fact
        if type(fact) is not Custom or (declared := self.of(fact.name)) is None:
            return draft
        return msgspec.structs.replace(draft, fact=declared.check(fact))


def read(document: Document) -> EventTypes:
    """The declared types of a file.

    Raises:
        Wrong: it is wrong somewhere; says where.
    """
    types: list[EventType] = []
    owners: dict[str, str] = {}
    gathered = Gathered()
    for name in document.table([SECTION]):
        with gathered.each():
            type_ = _type(document, name)
            for place, told in _names(type_):
                if not plain(told):
                    wrong = "has an empty name: leave it out"
                    raise document.refuse([SECTION, name, *place], wrong)
                other = owners.setdefault(plain(told), name)
                if other != name:
                    wrong = f"{told} is the type {other} already: give each name to one type"
                    raise document.refuse([SECTION, name, *place], wrong)
            types.append(type_)
    gathered.end()
    return EventTypes(types)


def _names(type_: EventType) -> Iterator[tuple[list[str], str]]:
    yield [], type_.name
    for told in type_.names:
        yield ["names"], told


def _type(document: Document, name: str) -> EventType:
    path = [SECTION, name]
    if name in FORMS or name in ENGINES_OWN:
        raise document.refuse(path, "is a type that ships: give yours another name")
    if not _is_name(name) or len(name) > LABEL_CHARS_MAX:
        wrong = "is no name: write small letters, digits and hyphens, such as loan-granted"
        raise document.refuse(path, wrong)
    gathered, table = Gathered(), _Table()
    with gathered.each():
        table = document.struct(path, _Table)
    properties = {}
    for each in document.table([*path, "properties"]):
        with gathered.each():
            properties[each] = _property(document, [*path, "properties", each], each)
    gathered.end()
    return EventType(
        name=name, description=table.description, names=table.names, properties=properties
    )


def _property(document: Document, place: list[str], name: str) -> Property:
    if name in TAKEN or not _is_property(name):
        wrong = f"cannot be declared: {', '.join(sorted(TAKEN))} mean something already"
        if name not in TAKEN:
            wrong = "is no name of a property: it begins with / or has a control character"
        raise document.refuse(place, wrong)
    found = document.struct(place, Property)
    try:
        return msgspec.structs.replace(found, allowed=allowed_of(name, found))
    except CannotAccept as refused:
        told = str(refused).removesuffix(".")
        wrong = f"a value is none of type {found.type} ({told}): correct it"
        raise document.refuse([*place, "allowed"], wrong) from None


def allowed_of(name: str, declared: Property) -> list[Scalar]:
    """The allowed values in the spelling in which values are compared.

    Raises:
        CannotAccept: one of them is none of the property's type.
    """
    found: list[Scalar] = []
    for value in declared.allowed:
        found += values_of(name, declared, msgspec.json.encode(value).decode())
    return found
