"""A mapping: the TOML in which somebody says what the columns of a table mean.

Rule 1: it is checked as a whole before anything is read. Whatever is unknown in it is an error
    that names the place: a key, a type, a zone, and, once a file is there, a column.
Rule 2: what a constant or a value map gives is tried on a line of our own form, so that only
    ``jsonl`` knows what may stand there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from journey.ingest import jsonl
from journey.ingest.forms import ACTOR_KINDS, FORMS, UNKNOWN, form_of
from journey.ingest.mapped.times import check_time_format
from schemas.errors import CannotAccept, ConfigurationError, NotFound
from schemas.times import LATEST

ROW = "row"
"""As ``id``: the message id is made of the whole row."""
KEPT_UNDER = "columns"
"""The property under which all columns go that no field holds as they are. One name of our own:
under its own, a column ``name`` could be taken for a declared property, and lie in clear."""
WHITESPACE = "whitespace"

Scalar = str | bool | int | float


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How rows are written.

    Args:
        encoding: a codec; empty: UTF-8, or UTF-16 where a byte order mark says so.
        delimiter: one character of ASCII, or ``whitespace``: any run of it.
        quote: the character around values that hold delimiters; empty: there is none.
        header: the first row names the columns.
        columns: names of the columns, which win over the header's.
        widths: characters of each column, where columns have no delimiter.
        skip: lines before the header.
        empty: texts that mean that there is nothing, such as ``NULL``.
    """

    encoding: str = ""
    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    columns: list[str] = []
    widths: list[int] = []
    skip: int = 0
    empty: list[str] = []


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one field comes from, and how its text is read.

    Args:
        column: the column.
        columns: or several, whose texts are joined by ``join``.
        values: text of the column -> what it means.
        otherwise: what to do with a text that ``values`` does not have.
        default: stands for an empty column.
        kind: text, a number, true or false, or a list, separated by ``split``.
        decimal, thousands: marks in numbers.
        format: of a time, see ``times``; several are tried in order.
        zone: IANA name of the zone of times that have none.
        unclear: a local time that comes twice or never, as clocks change.
        floats: an id that looks like a spreadsheet's number is one all the same.
    """

    column: str = ""
    columns: list[str] = []
    join: str = " "
    values: dict[str, Scalar] = {}
    otherwise: Literal["refuse", "keep"] = "refuse"
    default: str = ""
    kind: Literal["text", "number", "flag", "list"] = msgspec.field(name="as", default="text")
    split: str = ","
    decimal: str = "."
    thousands: str = ""
    format: str | list[str] = ""
    zone: str = ""
    unclear: Literal["first", "refuse"] = "first"
    floats: bool = False

    @property
    def names(self) -> list[str]:
        """The columns that it takes."""
        return [self.column] if self.column else self.columns

    @property
    def formats(self) -> list[str]:
        """The formats of a time, in order."""
        return [self.format] if isinstance(self.format, str) else self.format

    @property
    def is_plain(self) -> bool:
        """Whether the field holds the column's text as it is."""
        changed = self.columns or self.values or self.default or self.formats != [""]
        return self.kind == "text" and not changed


Taken = str | Field  # a column's name alone, or more about it


class Fields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of our own form that come from columns."""

    time: Taken
    source: Taken | None = None
    type: Taken | None = None
    conversation: Taken | None = None
    channel: Taken | None = None
    direction: Taken | None = None
    brand: Taken | None = None
    sequence: Taken | None = None
    identities: dict[str, Taken] = {}
    owner: dict[str, Taken] = {}
    actor: dict[str, Taken] = {}
    properties: dict[str, Taken] = {}


class Constants(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields that are the same in every row."""

    source: str = ""
    type: str = ""
    channel: str = ""
    direction: str = ""
    brand: str = ""
    actor: dict[str, str] = {}
    properties: dict[str, Scalar | list[str]] = {}


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a mapping says.

    Args:
        id: the columns that make the message id, or ``row``.
        duplicates: whether rows that are equal are events of their own (``keep``) or the same
            event told again (``once``).
        about: for people.
        query: what to ask a database.
        drop: columns that are not kept.
    """

    id: Literal["row"] | list[str]
    duplicates: Literal["keep", "once"]
    fields: Fields
    about: str = ""
    query: str = ""
    file: File = File()
    constants: Constants = Constants()
    drop: list[str] = []


class Place(msgspec.Struct, frozen=True):
    """One field of the mapping: the group it is in (empty: at the top), its name, its column."""

    group: str
    name: str
    field: Field

    @property
    def path(self) -> str:
        """As the mapping calls it."""
        return f"{self.group}.{self.name}" if self.group else self.name


GROUPS = ("identities", "owner", "actor", "properties")


def places(mapping: Mapping) -> Iterator[Place]:
    """All fields that come from columns, in a fixed order."""
    for name in Fields.__struct_fields__:
        told = getattr(mapping.fields, name)
        if name in GROUPS:
            for inner, taken in told.items():
                yield Place(name, inner, _field(taken))
        elif told is not None:
            yield Place("", name, _field(told))


def _field(taken: Taken) -> Field:
    return Field(column=taken) if isinstance(taken, str) else taken


def nothing(_: str) -> bool:
    """No type is declared, as where there is no workspace."""
    return False


def load(path: Path, declared: Callable[[str], bool] = nothing) -> tuple[Mapping, str]:
    """A mapping from its file, and its text.

    Args:
        declared: whether a workspace declares a type.

    Raises:
        NotFound: there is no such file.
        ConfigurationError: it is wrong somewhere; says where.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(
            f"There is no mapping {path}: check the path, or begin one with 'journey mapping guess'"
            "."
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8: save it as UTF-8.") from None
    return parse(text, path.name, declared), text


def parse(
    text: str, name: str = "The mapping", declared: Callable[[str], bool] = nothing
) -> Mapping:
    """A mapping from its text.

    Raises:
        ConfigurationError: it is wrong somewhere; says where.
    """
    try:
        mapping = msgspec.convert(tomllib.loads(text), Mapping)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name} is no TOML ({error}): correct it there.") from None
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        place = where.strip("`").removeprefix("$").removeprefix(".") or "the top"
        raise ConfigurationError(f"{name}, {place}: {what}: see docs/csv.md.") from None
    for where, wrong in _complaints(mapping, declared):
        raise ConfigurationError(f"{name}, {where}: {wrong}.")
    return mapping


def _complaints(mapping: Mapping, declared: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """What is wrong with a mapping that has the right shape: the place, and what to do."""
    fields, constants = mapping.fields, mapping.constants
    if not mapping.id:
        yield "id", f'is empty: name the columns of the source\'s own id, or write "{ROW}"'
    for name in ("source", "type"):
        if not getattr(constants, name) and getattr(fields, name) is None:
            yield f"constants.{name}", "is missing: give it here, or a column in fields"
    names_somebody = fields.identities or fields.owner or fields.conversation
    if not (names_somebody or _is_of_brands(mapping)):
        yield "fields", "nobody is named: give a column for identities, owner or conversation"
    for place in places(mapping):
        where = f"fields.{place.path}"
        if place.name in _constants_of(mapping, place.group):
            yield where, "is a constant as well: leave one of them out"
        if place.group == "properties" and place.name == KEPT_UNDER:
            yield where, "is where all other columns are kept: give it another name"
        if place.group == "actor" and place.name not in ("kind", "id", "team"):
            yield where, "is unknown: write kind, id or team"
        for wrong in _field_complaints(place):
            yield where, wrong
    if KEPT_UNDER in constants.properties:
        yield "constants.properties", f"{KEPT_UNDER} is where all other columns are kept: rename it"
    yield from _file_complaints(mapping.file)
    yield from _trials(mapping, declared)


def _is_of_brands(mapping: Mapping) -> bool:
    """Whether a row may be of a type that has no customer."""
    told = mapping.fields.type
    found = {mapping.constants.type, *(told.values.values() if isinstance(told, Field) else ())}
    return any(FORMS[name].is_of_brand for name in found if isinstance(name, str) and name in FORMS)


def _constants_of(mapping: Mapping, group: str) -> Any:
    if group in ("actor", "properties"):
        return getattr(mapping.constants, group)
    told = msgspec.structs.asdict(mapping.constants)
    return () if group else [name for name, value in told.items() if value]


def _field_complaints(place: Place) -> Iterator[str]:
    field = place.field
    if bool(field.column) == bool(field.columns):
        yield "give either column, or columns to join"
    if field.formats != [""]:
        if field.kind != "text" or field.values:
            yield "has format, which goes with neither values nor as"
        wrong = next(filter(None, (check_time_format(f, field.zone) for f in field.formats)), "")
        if wrong:
            yield wrong
    elif place.path == "time":
        yield 'has no format: give one, such as format = "rfc3339"'
    elif field.zone:
        yield "has a zone and no format: give the format of the time"
    if field.kind == "list" and not field.split:
        yield "split is empty: give the text between the values of a list"
    if field.kind != "text" and place.group != "properties" and place.name != "sequence":
        yield f'as = "{field.kind}" is for properties only: leave it out'
    if field.decimal == field.thousands or not field.decimal:
        yield "decimal and thousands must be two marks"


def _file_complaints(file: File) -> Iterator[tuple[str, str]]:
    if file.delimiter != WHITESPACE and not (len(file.delimiter) == 1 and file.delimiter.isascii()):
        yield "file.delimiter", f"is not one character of ASCII: give one, or {WHITESPACE}"
    if len(file.quote) > 1 or not file.quote.isascii():
        yield "file.quote", "is not one character of ASCII: give one, or none at all"
    if file.delimiter in ("\n", "\r", file.quote):
        yield "file.delimiter", "is a line's end or the quote: give another character"
    if any(width < 1 for width in file.widths):
        yield "file.widths", "has a width below 1: count characters"
    if file.widths and file.columns and len(file.widths) != len(file.columns):
        yield "file.widths", f"has {len(file.widths)} widths for {len(file.columns)} columns"
    if not file.header and not file.columns:
        yield "file.columns", "is missing: name the columns, as there is no header"
    if file.skip < 0:
        yield "file.skip", "is below 0: count lines"
    if len(set(file.columns)) != len(file.columns):
        yield "file.columns", "has a name twice: give each column a name of its own"
    if file.encoding and not is_readable(file.encoding):
        yield "file.encoding", "is unknown: write utf-8, utf-16, or a codec of one byte a character"


def is_readable(encoding: str) -> bool:
    """Whether rows can be cut in an encoding: UTF-8, UTF-16, or one byte for each character."""
    if encoding.lower() in UTF_16:
        return True
    try:
        ascii_, all_ = bytes(range(128)), bytes(range(256))
        one_byte = len(all_.decode(encoding, "replace")) == len(all_)
        return ascii_.decode(encoding) == ascii_.decode() and (one_byte or is_utf_8(encoding))
    except (LookupError, UnicodeDecodeError):
        return False


UTF_16 = {"utf-16": "utf-16-le", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be"}
"""UTF-16 without a byte order mark is taken as Windows writes it."""


def is_utf_8(encoding: str) -> bool:
    """Whether this is a name of UTF-8."""
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")


def _trials(mapping: Mapping, declared: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Try every constant and every value of a map on a line of our own form."""
    constants = msgspec.structs.asdict(mapping.constants)
    for name in ("source", "channel", "direction", "brand", "actor", "properties"):
        if constants[name] and (wrong := _refused({name: constants[name]})):
            yield f"constants.{name}", wrong
    if constants["type"] and (wrong := _unknown_type(constants["type"], declared)):
        yield "constants.type", wrong
    for place in places(mapping):
        where, told = f"fields.{place.path}", [*place.field.values.values()]
        if place.field.default:
            told.append(place.field.default)
        is_kind = place.group in ("identities", "owner")
        if is_kind and (wrong := _refused({place.group: {place.name: "x"}})):
            yield where, wrong
        for value in told:
            if place.path in ("channel", "direction") and (wrong := _refused({place.name: value})):
                yield where, wrong
            if place.path == "actor.kind" and value not in ACTOR_KINDS:
                yield where, f"{value} is unknown: write one of {', '.join(sorted(ACTOR_KINDS))}"
            if place.path == "type" and (wrong := _unknown_type(str(value), declared)):
                yield where, wrong


def _unknown_type(name: str, declared: Callable[[str], bool]) -> str:
    try:
        form, _ = form_of(name)
    except CannotAccept as refused:
        return str(refused).removesuffix(".")
    if form is UNKNOWN and not declared(name):
        return (
            f"{name} is no event type: write one of docs/event-types.md ({len(FORMS)} of them), "
            "declare it in journey.toml, or write custom with a property name"
        )
    return ""


def _refused(told: dict[str, Any]) -> str:
    line = {"id": "1", "source": "trial", "type": "custom", "time": "2000-01-01T00:00:00Z"}
    names = {"identities": {"user_id": "x"}, "properties": {"name": "trial"}}
    if "properties" in told:
        told = {"properties": names["properties"] | told["properties"]}
    try:
        jsonl.parse(msgspec.json.encode(line | names | told), 1, LATEST)
    except CannotAccept as refused:
        return str(refused).removesuffix(".")
    return ""
