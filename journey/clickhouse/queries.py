"""Named queries: one ``.sql`` file each in ``queries/``, which declares what it takes and gives.

A file opens with comment lines::

    -- What it answers, in one line.
    -- param by: word = none (none, brand, channel) — splits the answer
    -- param since: time = earliest — only conversations opened then or later
    -- column grouped: word — the value of by
    -- column n: count — conversations

``-- include paths`` puts the parameters and the WITH parts of ``queries/parts/paths.sql`` there.

The column ``grouped`` is named after the parameter ``by`` in the answer, and left out for none.
``-- always: one row`` says that an empty answer without groups is a row of zero counts and nulls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import pyarrow as pa

from journey.clickhouse.parameters import TYPES, Parameter, Sort, Value
from schemas.errors import AnalyticsError, ConfigurationError, NotFound, UsageError

GROUPED = "grouped"
BY = "by"
NONE = "none"

_PARAM = re.compile(
    r"-- param (?P<name>\w+): (?P<sort>\w+)(?: =(?: (?P<default>[^ (—]+))?(?P<has> ?))?"
    r" ?(?:\((?P<choices>[^)]+)\) ?)?— (?P<about>.+)"
)
_COLUMN = re.compile(r"-- column (?P<name>\w+): (?P<unit>\w+) — (?P<about>.+)")
_ALWAYS = "-- always: one row"
_INCLUDE = re.compile(r"-- include (?P<name>[\w-]+)")
_HOLE = re.compile(r"\{(?P<name>\w+):(?P<type>[^{}]+)\}")


class Unit(StrEnum):
    """What a column of an answer holds."""

    WORD = "word"
    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"  # 0 to 1
    NUMBER = "number"
    DATE = "date"
    TIME = "time"


ARROW: dict[Unit, pa.DataType] = {
    Unit.WORD: pa.string(),
    Unit.COUNT: pa.int64(),
    Unit.SECONDS: pa.float64(),
    Unit.SHARE: pa.float64(),
    Unit.NUMBER: pa.float64(),
    Unit.DATE: pa.date32(),
    Unit.TIME: pa.timestamp("us", tz="UTC"),
}


class Answered(NamedTuple):
    """A column of a query's answer."""

    name: str
    unit: Unit
    about: str


class NamedQuery(NamedTuple):
    """A question with a name.

    Args:
        sql: one SELECT with server-side parameters ``{name:Type}``.
        is_one_row: an answer without groups has one row even if there is nothing to count.
    """

    name: str
    about: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Answered, ...]
    sql: str
    is_one_row: bool = False

    def bind(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """All parameters with their values, defaults filled in.

        Raises:
            UsageError: one is unknown, missing or does not fit.
        """
        allowed = [parameter.name for parameter in self.parameters]
        for name in given:
            if name not in allowed:
                what = f"The query {self.name} has no parameter {name!r}"
                raise UsageError(f"{what}{_nearest(str(name), allowed)}: {_choice(allowed)}.")
        return {p.name: p.read(given.get(p.name)) for p in self.parameters}

    def shape(self, bound: Mapping[str, Value], answer: pa.Table) -> pa.Table:
        """The engine's answer with the declared types, its groups named by what they are.

        Args:
            bound: what ``bind`` returned.
            answer: with the declared columns, in the types that the engine chose.

        Raises:
            AnalyticsError: the answer has other columns than declared.
        """
        if answer.column_names != [column.name for column in self.columns]:
            raise AnalyticsError(
                f"The query {self.name} answered with {', '.join(answer.column_names)}: "
                "make its column lines agree with its SELECT."
            )
        schema = pa.schema([(column.name, ARROW[column.unit]) for column in self.columns])
        table = answer.cast(schema)
        by = str(bound.get(BY, NONE))
        if GROUPED not in table.column_names:
            return table
        if by != NONE:
            return table.rename_columns([by if n == GROUPED else n for n in table.column_names])
        table = table.drop_columns([GROUPED])
        if table.num_rows == 0 and self.is_one_row:
            units = {column.name: column.unit for column in self.columns}
            row = {n: 0 if units[n] is Unit.COUNT else None for n in table.column_names}
            return pa.Table.from_pylist([row], schema=table.schema)
        return table


def names() -> tuple[str, ...]:
    """The names of all queries, sorted."""
    return tuple(_all())


def named(name: str) -> NamedQuery:
    """The query of that name.

    Raises:
        NotFound: there is none.
    """
    found = _all().get(name)
    if found is None:
        known = list(_all())
        raise NotFound(f"There is no query {name!r}{_nearest(name, known)}: {_choice(known)}.")
    return found


def parse(name: str, text: str) -> NamedQuery:
    """A query from its file.

    Raises:
        ConfigurationError: the header is unclear, or does not fit the statement.
    """
    lines = text.splitlines()
    about = lines[0].removeprefix("-- ") if lines and lines[0].startswith("-- ") else ""
    parameters: list[Parameter] = []
    columns: list[Answered] = []
    is_one_row = False
    parts: list[str] = []
    end = 1
    for end, line in enumerate(lines[1:], start=1):
        if not line.startswith("--"):
            break
        if found := _PARAM.fullmatch(line):
            parameters.append(_parameter(found))
        elif found := _COLUMN.fullmatch(line):
            columns.append(Answered(found["name"], Unit(found["unit"]), found["about"]))
        elif line == _ALWAYS:
            is_one_row = True
        elif found := _INCLUDE.fullmatch(line):
            more, part = _part(found["name"])
            parameters += more
            parts.append(part)
        else:
            raise _unclear(name, f"line {end + 1} is neither parameter nor column")
    sql = "\n".join(lines[end:]).strip()
    if parts:
        own = sql.removeprefix("WITH\n")
        joint = "," if own != sql else ""
        sql = "WITH\n" + ",\n".join(parts) + f"{joint}\n{own}"
    query = NamedQuery(name, about, tuple(parameters), tuple(columns), sql, is_one_row)
    _check(query)
    return query


@cache
def _part(name: str) -> tuple[list[Parameter], str]:
    """What several queries begin with: its parameters, and its WITH parts."""
    lines = (files("journey.clickhouse") / "queries" / "parts" / f"{name}.sql").read_text("utf-8")
    told = lines.splitlines()
    heads = [found for line in told if (found := _PARAM.fullmatch(line))]
    body = [line for n, line in enumerate(told) if n and not _PARAM.fullmatch(line)]
    return [_parameter(head) for head in heads], "\n".join(body).rstrip()


@cache
def _all() -> dict[str, NamedQuery]:
    folder = files("journey.clickhouse") / "queries"
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    texts = {name.removesuffix(".sql"): (folder / name).read_text("utf-8") for name in found}
    return {name: parse(name, text) for name, text in texts.items()}


def _parameter(found: re.Match[str]) -> Parameter:
    choices = tuple(c.strip() for c in (found["choices"] or "").split(",") if c.strip())
    default = None if found["has"] is None else found["default"] or ""
    return Parameter(found["name"], Sort(found["sort"]), default, choices, found["about"])


def _check(query: NamedQuery) -> None:
    """Hold the header against the statement."""
    if not query.about or not query.columns:
        raise _unclear(query.name, "it lacks its first line or its columns")
    declared = {parameter.name: TYPES[parameter.sort] for parameter in query.parameters}
    used: dict[str, str] = {}
    for hole in _HOLE.finditer(query.sql):
        used[hole["name"]] = hole["type"]
        name, want = hole["name"], declared.get(hole["name"])
        if want is None:
            raise _unclear(query.name, f"{hole.group()} has no parameter line")
        if want != hole["type"]:
            raise _unclear(query.name, f"{hole.group()} should be {{{name}:{want}}}, as declared")
    if missing := sorted(set(declared) - set(used)):
        raise _unclear(query.name, f"{', '.join(missing)} is declared and not used")


def _unclear(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"queries/{name}.sql: {why}: correct the file.")


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def _choice(known: list[str]) -> str:
    return f"use one of {', '.join(known)}" if known else "give none"
