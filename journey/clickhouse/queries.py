"""Named queries: one ``.sql`` file each in ``queries/``, which declares what it takes and gives.

A file opens with comment lines::

    -- What it answers, in one line.
    -- param by: word = none (none, brand, channel) — splits the answer
    -- param since: time = earliest — only conversations opened then or later
    -- column grouped: word — the value of by
    -- column n: count — conversations

``-- include paths`` puts the parameters and the WITH parts of ``queries/parts/paths.sql`` there; a
part may include another.

The column ``grouped`` is named after the parameter ``by`` in the answer, and left out for none.
``-- always: one row`` says that an empty answer without groups is a row of zero counts and nulls.

A figure may have a 95 % interval, worked out from other columns of the same row::

    -- column satisfied: count — answers of 4 or 5 of 5
    -- column share: share — the same of all answers
    -- interval share: wilson(satisfied, n)

The answer then has ``share_low`` and ``share_high`` behind ``share``.

``-- step: clv`` says that the answer is worked out by that step from what the statement gives.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import Any, NamedTuple

import pyarrow as pa

from journey.clickhouse.parameters import TYPES, Parameter, Sort, Value
from journey.metrics import intervals
from journey.metrics.clv import clv
from journey.metrics.difference import difference
from journey.metrics.effect import effect
from journey.metrics.effort import effort_saved
from journey.metrics.trends import trend
from schemas.errors import AnalyticsError, ConfigurationError, NotFound, UsageError

GROUPED = "grouped"
BY = "by"
NONE = "none"

_PARAM = re.compile(
    r"-- param (?P<name>\w+): (?P<sort>\w+)"
    r"(?: =(?: (?P<default>\d+ (?:s|min|h|d|w)|[^ (—]+))?(?P<has> ?))?"
    r" ?(?:\((?P<choices>[^)]+)\) ?)?— (?P<about>.+)"
)
_COLUMN = re.compile(r"-- column (?P<name>\w+): (?P<unit>\w+) — (?P<about>.+)")
_INTERVAL = re.compile(r"-- interval (?P<name>\w+): (?P<method>\w+)\((?P<of>[\w, ]+)\)")
_STEP = re.compile(r"-- step: (?P<name>\w+)")
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


class Method(NamedTuple):
    """A way to an interval.

    Args:
        name: as people call it.
        ends: from the values of some columns of a row.
        takes: how many.
    """

    name: str
    ends: Callable[..., intervals.Ends | None]
    takes: int


def _of(told: tuple[Any, ...]) -> intervals.Moments:
    return intervals.Moments(*told)


METHODS: dict[str, Method] = {
    "wilson": Method("Wilson score", intervals.wilson, 2),
    "nps": Method("adjusted Wald", intervals.nps, 3),
    "newcombe": Method("Newcombe's hybrid score", intervals.newcombe, 4),
    "student": Method("Student's t", intervals.student, 3),
    "welch": Method("Welch's t", lambda *told: intervals.welch(_of(told[:3]), _of(told[3:])), 6),
}


Step = Callable[[Mapping[str, Value], pa.Table], pa.Table]

STEPS: dict[str, Step] = {
    "clv": clv,
    "difference": difference,
    "effect": effect,
    "effort_saved": effort_saved,
    "trend": trend,
}


class Interval(NamedTuple):
    """The 95 % interval of a figure.

    Args:
        column: the figure, and how the two columns of its ends begin.
        of: the columns that the method takes.
    """

    column: str
    method: Method
    of: tuple[str, ...]

    @property
    def names(self) -> tuple[str, str]:
        """What the columns of its ends are called."""
        return f"{self.column}_low", f"{self.column}_high"

    def ends(self, answer: pa.Table) -> tuple[list[float | None], list[float | None]]:
        """The lower and the upper end for each row; None where there is no interval."""
        given = zip(*(answer[name].to_pylist() for name in self.of), strict=True)
        found = [self.method.ends(*values) for values in given]
        # A time is never below nothing; the method does not know that it is one.
        least = 0.0 if self.column.endswith("_s") else -math.inf
        return [f and max(f.low, least) for f in found], [f and f.high for f in found]


class NamedQuery(NamedTuple):
    """A question with a name.

    Args:
        columns: of the answer, the ends of intervals included.
        sql: one SELECT with server-side parameters ``{name:Type}``, of all other columns.
        is_one_row: an answer without groups has one row even if there is nothing to count.
        step: what makes the answer of the statement's, but for ends of intervals.
    """

    name: str
    about: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Answered, ...]
    sql: str
    is_one_row: bool = False
    intervals: tuple[Interval, ...] = ()
    step: Step | None = None

    def bind(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """All parameters with their values, defaults filled in.

        Raises:
            UsageError: one is unknown, missing or does not fit, or the span of time is empty.
        """
        allowed = [parameter.name for parameter in self.parameters]
        for name in given:
            if name not in allowed:
                what = f"The query {self.name} has no parameter {name!r}"
                raise UsageError(f"{what}{_nearest(str(name), allowed)}: {_choice(allowed)}.")
        bound = {p.name: p.read(given.get(p.name)) for p in self.parameters}
        since, until = bound.get("since"), bound.get("until")
        if isinstance(since, datetime) and isinstance(until, datetime) and since >= until:
            raise UsageError(
                "Nothing lies between since and until: give an until that comes after since."
            )
        return bound

    def shape(self, bound: Mapping[str, Value], answer: pa.Table) -> pa.Table:
        """The engine's answer with the declared types, its groups named by what they are.

        Args:
            bound: what ``bind`` returned.
            answer: of the statement, in the types that the engine chose.

        Raises:
            AnalyticsError: the answer has other columns than declared.
        """
        answer = _known(answer)
        if self.step is not None:
            answer = self.step(bound, answer)
        ends = {name for interval in self.intervals for name in interval.names}
        if answer.column_names != [c.name for c in self.columns if c.name not in ends]:
            raise AnalyticsError(
                f"The query {self.name} answered with {', '.join(answer.column_names)}: "
                "make its column lines agree with its SELECT."
            )
        for interval in self.intervals:
            place = answer.column_names.index(interval.column) + 1
            for name, values in zip(interval.names, interval.ends(answer), strict=True):
                answer = answer.add_column(place, name, pa.array(values, pa.float64()))
                place += 1
        schema = pa.schema([(column.name, ARROW[column.unit]) for column in self.columns])
        table = answer.cast(schema)
        by = str(bound.get(BY, NONE))
        if GROUPED in table.column_names:
            if by != NONE:
                return table.rename_columns([by if n == GROUPED else n for n in table.column_names])
            table = table.drop_columns([GROUPED])
        if table.num_rows == 0 and self.is_one_row:
            units = {column.name: column.unit for column in self.columns}
            row = {n: 0 if units[n] is Unit.COUNT else None for n in table.column_names}
            return pa.Table.from_pylist([row], schema=table.schema)
        return table


def _known(answer: pa.Table) -> pa.Table:
    """The answer with nulls where the engine has no figure: of nothing it says NaN."""
    import pyarrow.compute as pc  # as in analytics.py: only where it computes

    for n, field in enumerate(answer.schema):
        if pa.types.is_floating(field.type):
            values = answer.column(n)
            known = pc.if_else(pc.is_finite(values), values, pa.scalar(None, field.type))
            answer = answer.set_column(n, field.name, known)
    return answer


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
    bounded: list[Interval] = []
    is_one_row, step = False, None
    parts: list[str] = []
    end = 1
    for end, line in enumerate(lines[1:], start=1):
        if not line.startswith("--"):
            break
        if found := _PARAM.fullmatch(line):
            parameters.append(_parameter(found))
        elif found := _COLUMN.fullmatch(line):
            columns.append(Answered(found["name"], Unit(found["unit"]), found["about"]))
        elif found := _INTERVAL.fullmatch(line):
            bounded.append(_interval(name, found, columns))
        elif (found := _STEP.fullmatch(line)) and found["name"] in STEPS:
            step = STEPS[found["name"]]
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
    query = NamedQuery(
        name, about, tuple(parameters), tuple(columns), sql, is_one_row, tuple(bounded), step
    )
    _check(query)
    return query


@cache
def _part(name: str) -> tuple[list[Parameter], str]:
    """What several queries begin with: its parameters, and its WITH parts."""
    text = (files("journey.clickhouse") / "queries" / "parts" / f"{name}.sql").read_text("utf-8")
    parameters: list[Parameter] = []
    parts: list[str] = []
    lines = text.splitlines()[1:]
    heads = list(takewhile(lambda line: line.startswith("--"), lines))
    for line in heads:
        if found := _PARAM.fullmatch(line):
            parameters.append(_parameter(found))
        elif found := _INCLUDE.fullmatch(line):
            more, part = _part(found["name"])
            parameters += more
            parts.append(part)
        else:
            raise _unclear(f"parts/{name}", f"{line!r} is neither parameter nor include")
    return parameters, ",\n".join([*parts, "\n".join(lines[len(heads) :]).rstrip()])


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


def _interval(query: str, found: re.Match[str], columns: list[Answered]) -> Interval:
    """The interval of a line, its two columns put behind the figure's own."""
    method = METHODS.get(found["method"])
    of = tuple(name.strip() for name in found["of"].split(","))
    known = {column.name: place for place, column in enumerate(columns)}
    if method is None or len(of) != method.takes or not {found["name"], *of} <= known.keys():
        raise _unclear(query, f"the interval of {found['name']} has no such method or columns")
    interval = Interval(found["name"], method, of)
    place, low, high = known[interval.column], *interval.names
    unit = columns[place].unit
    about = f"end of its 95 % interval, {method.name}"
    columns[place + 1 : place + 1] = [
        Answered(low, unit, f"lower {about}"),
        Answered(high, unit, f"upper {about}"),
    ]
    return interval


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
    missing = sorted(set(declared) - set(used))
    if missing and query.step is None:  # a step takes parameters as well
        raise _unclear(query.name, f"{', '.join(missing)} is declared and not used")


def _unclear(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"queries/{name}.sql: {why}: correct the file.")


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def _choice(known: list[str]) -> str:
    return f"use one of {', '.join(known)}" if known else "give none"
