"""A row as one line of our own form, so that all checks of fields live in one place: ``jsonl``.

Rule 1: a text stays as it is, but where the mapping says what it means.
Rule 2: nothing is lost: a column that no field holds as it is goes, as text, into the property
    ``columns``, which nobody declares and which is therefore sealed.
Rule 3: a reason names the column and the remedy, never the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import compress
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from journey.ingest import jsonl
from journey.ingest.fields import TEXT_CHARS_MAX
from journey.ingest.mapped import times
from journey.ingest.mapped.mapping import GROUPS, KEPT_UNDER, ROW, Field, Mapping, Place, places
from schemas.errors import CannotAccept, ConfigurationError

Values = Sequence[str]  # one text for each column, empty where there is nothing
_Gather = Callable[[Values], str | None]  # a field's text of a row; None if there is nothing
_Step = Callable[[str], Any]  # what a text means; None if it means nothing

ID_BYTES = 16
BETWEEN, ESCAPE = "|", "\\"  # of the columns that make an id: a|b and c never are a and b|c

# What a spreadsheet makes of a long number, or of a whole one: 5.7E+17, 3.0.
_float = re.compile(r"\s*[+-]?[0-9]+(?:[.,]0+|(?:[.,][0-9]+)?[eE][+-][0-9]+)\s*").fullmatch
_json_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
# The refusals of texts that may stand anywhere: code -> whether it is this text.
_BAD_TEXTS: dict[str, Callable[[str], bool]] = {
    "nul-character": lambda text: "\0" in text,
    "text-too-long": lambda text: len(text) > TEXT_CHARS_MAX,
}
PROPERTIES = "properties"
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NAMED = tuple(group for group in GROUPS if group != PROPERTIES)
_PROPERTIES, _TOP = GROUPS.index(PROPERTIES), len(GROUPS)
_ALWAYS = "there"  # stands where a field has no one column without which there is nothing
_refused_field = re.compile(r"([A-Za-z0-9_.:-]+): ").match


class _Take(NamedTuple):
    """How one field is taken from a row.

    Args:
        group: the number of its group, or ``_TOP``.
        gather: what makes its text; None: it is that of ``column``.
        step: what the text means; None: it is taken as it stands.
    """

    group: int
    name: str
    gather: _Gather | None
    step: _Step | None
    column: int


class Translation:
    """A mapping bound to the columns of a table.

    Args:
        mapping: what the columns mean.
        columns: their names, in order.

    Raises:
        ConfigurationError: the mapping names a column that is not there.
    """

    def __init__(self, mapping: Mapping, columns: Sequence[str]) -> None:
        self._places = list(places(mapping))
        self._at = {name: n for n, name in enumerate(columns)}
        self._check_columns(mapping, columns)
        self._empty = frozenset(mapping.file.empty)
        constants = msgspec.structs.asdict(mapping.constants)
        self._top = {n: constants[n] for n in constants if constants[n] and n not in GROUPS}
        self._groups = [constants.get(n) or {} for n in GROUPS]
        self._takes = [self._taker(place, len(columns)) for place in self._places]
        # Ends in a text that nobody takes, so that there are always several.
        self._asked = itemgetter(*(take.column for take in self._takes), len(columns), 0)
        plain = {p.field.column for p in self._places if p.field.is_plain}
        if mapping.id != ROW and len(mapping.id) == 1:
            plain.update(mapping.id)  # the message id is its text
        known = plain.union(mapping.drop)
        self._rest = [(name, n) for name, n in self._at.items() if name not in known]
        self._id = [] if mapping.id == ROW else [(name, self._at[name]) for name in mapping.id]
        # A place as reasons call it -> the columns it came from.
        self._columns = {p.name: p.field.names for p in self._places if p.group == "properties"}
        self._columns |= {p.path: p.field.names for p in self._places if p.group != "properties"}
        self._columns["id"] = [name for name, _ in self._id]

    def line(self, values: Values, nth: int = 1, content: bytes = b"") -> bytes:
        """One row as JSON; see ``made``."""
        fields, properties = self.made(values, nth, content)
        return jsonl.written(fields, properties)

    def made(
        self, values: Values, nth: int = 1, content: bytes = b""
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fields of one row's line, and its properties.

        Args:
            values: a text for each column, empty where there is nothing.
            nth: which of the equal rows it is, where these are events of their own.
            content: the row's ``digest``, if it is at hand.

        Raises:
            CannotAccept: a value cannot be what the mapping says.
        """
        row = values
        if not self._empty.isdisjoint(row):
            values = ["" if value in self._empty else value for value in row]
        told = dict(self._top)
        groups = [dict(constant) for constant in self._groups]
        into = [*groups, told]
        texts = self._asked([*values, _ALWAYS])
        # In a wide table most columns are empty: what takes them is passed over.
        for take, text in compress(zip(self._takes, texts, strict=False), texts):
            to, name, gather, step, _ = take
            value: Any = text
            if gather is not None and (value := gather(values)) is None:
                continue
            if step is not None and (value := step(value)) is None:
                continue
            into[to][name] = value
        properties = groups.pop(_PROPERTIES)
        rest = {name: value for name, n in self._rest if (value := values[n])}
        if rest:
            properties[KEPT_UNDER] = rest
        message_id = self._message_id(values) if self._id else (content or digest(row)).hex()
        told["id"] = message_id if nth == 1 else f"{message_id}#{nth}"
        for group, filled in zip(_NAMED, groups, strict=True):
            if filled:
                told[group] = filled
        return told, properties

    def named(self, refused: CannotAccept, values: Values) -> CannotAccept:
        """The refusal of a row's line, with the columns that the field came from."""
        field = _refused_field(str(refused))
        columns = self._columns.get(field[1], []) if field else []
        if not columns and refused.code in _BAD_TEXTS:
            columns = [name for name, n in self._at.items() if _BAD_TEXTS[refused.code](values[n])]
        if not columns:
            return refused
        return CannotAccept(refused.code, f"{_called(columns)}, {refused}")

    def _check_columns(self, mapping: Mapping, columns: Sequence[str]) -> None:
        asked = [(f"fields.{p.path}", name) for p in self._places for name in p.field.names]
        asked += [("drop", name) for name in mapping.drop]
        asked += [("id", name) for name in mapping.id] if mapping.id != ROW else []
        for where, name in asked:
            if name not in self._at:
                raise ConfigurationError(
                    f"{where}: there is no column {name}: the columns are {', '.join(columns)}."
                )

    def _message_id(self, values: Values) -> str:
        if len(self._id) == 1 and (text := values[self._id[0][1]])[:1].isalpha():
            return text  # the rest is about digits
        told = [values[n] for _, n in self._id]
        if not any(told):
            columns = _called([name for name, _ in self._id])
            reason = f'{columns}, id: is empty: fill it, or write id = "{ROW}" in the mapping.'
            raise CannotAccept("missing-field", reason)
        for (name, _), text in zip(self._id, told, strict=True):
            if _float(text):
                raise _spreadsheet(name, "id")
        if len(told) == 1:
            return told[0]
        escaped = (t.replace(ESCAPE, ESCAPE * 2).replace(BETWEEN, ESCAPE + BETWEEN) for t in told)
        return BETWEEN.join(escaped)

    def _taker(self, place: Place, always: int) -> _Take:
        """How a field is taken; ``always``: where a text stands in every row."""
        field = place.field
        group = GROUPS.index(place.group) if place.group else _TOP
        if field.columns or field.default:
            return _Take(group, place.name, self._gather(field), _step(place), always)
        return _Take(group, place.name, None, _step(place), self._at[field.column])

    def _gather(self, field: Field) -> _Gather:
        at, default = [self._at[name] for name in field.names], field.default or None
        if len(at) == 1:
            only = at[0]
            return lambda values: values[only] or default
        return lambda values: field.join.join(t for n in at if (t := values[n])) or default


def digest(values: Values) -> bytes:
    """What is equal for equal rows alone."""
    return blake2b(msgspec.json.encode(values), digest_size=ID_BYTES).digest()


def _called(columns: Sequence[str]) -> str:
    return f"column {' and '.join(columns)}"


def _names_somebody(place: Place) -> bool:
    """Whether a number that lost its digits would name somebody or something else."""
    ids = place.group in ("identities", "owner") or place.path in ("conversation", "actor.id")
    return ids or (place.group == "properties" and place.name.endswith("_id"))


def _is_id(place: Place) -> bool:
    """Whether its text is looked at for digits that a spreadsheet took away."""
    return _names_somebody(place) and not place.field.floats


def _spreadsheet(column: str, place: str) -> CannotAccept:
    reason = (
        f"{_called([column])}, {place}: looks like a spreadsheet's number, which may have lost "
        "digits: export the column as text; if it is right, write floats = true in the mapping."
    )
    return CannotAccept("spreadsheet-number", reason)


def _step(place: Place) -> _Step | None:
    """What a field's text means, one thing after the other that the mapping asks."""
    meant = _meant(place, f"{_called(place.field.names)}, {place.path}")
    if not _is_id(place):
        return meant
    whole = _without_floats(place.field.names[0], place.path)
    return whole if meant is None else lambda text: meant(whole(text))


def _meant(place: Place, called: str) -> _Step | None:
    field = place.field
    if field.values:
        return _looked_up(field, called)
    if field.formats != [""]:
        return _as_time(field, called)
    if field.kind == "number" or place.path == "sequence":
        return _as_number(field, called, is_top=not place.group)
    if field.kind == "flag":
        return _as_flag(called)
    if field.kind == "list":
        return lambda text: _parts(text, field.split)
    return None


def _without_floats(column: str, place: str) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if not text[0].isalpha() and _float(text):  # most begin with a letter
            raise _spreadsheet(column, place)
        return text

    return checked


def _looked_up(field: Field, called: str) -> _Step:
    known, is_kept = field.values, field.otherwise == "keep"

    def looked_up(text: str) -> Any:
        found = known.get(text)
        if found is None:
            if is_kept or text == field.default:
                return text
            reason = (
                f"{called}: has a text that the mapping's values do not: add it there, or write "
                'otherwise = "keep".'
            )
            raise CannotAccept("unknown-value", reason)
        return None if found == "" else found

    return looked_up


def _as_time(field: Field, called: str) -> _Step:
    read = times.reader(field.formats, field.zone, field.unclear)

    def as_time(text: str) -> Any:
        try:
            return read(text)
        except CannotAccept as refused:
            raise CannotAccept(refused.code, f"{called}: {refused}.") from None

    return as_time


def _as_number(field: Field, called: str, *, is_top: bool) -> _Step:
    def as_number(text: str) -> Any:
        text = text.strip()
        if field.thousands:
            text = text.replace(field.thousands, "")
        if field.decimal != ".":
            text = text.replace(field.decimal, ".")
        if not _json_number(text):
            reason = (
                f"{called}: is no number: correct it, or say decimal and thousands in the mapping."
            )
            raise CannotAccept("bad-number", reason)
        if is_top:
            return msgspec.json.decode(text)
        return msgspec.Raw(text.encode())  # exactly: 12.50 stays 12.50

    return as_number


def _as_flag(called: str) -> _Step:
    def as_flag(text: str) -> Any:
        found = _FLAGS.get(text.strip().lower())
        if found is None:
            reason = f"{called}: is neither true nor false: list its texts under values."
            raise CannotAccept("bad-flag", reason)
        return found

    return as_flag


def _parts(text: str, split: str) -> list[str] | None:
    return [part for each in text.split(split) if (part := each.strip())] or None
