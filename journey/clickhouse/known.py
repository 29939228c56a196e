"""Filters that name nothing: a typo is refused instead of answered with nothing.

A parameter says in its query's file what it names, as ``-- param channel: channel = …``. Only an
answer that found nothing is looked into, since a filter that names nothing finds nothing; lists of
names always, since one of several may be wrong, and a currency and a property, which are no
filters. Where there are no rows to know any name by, nothing is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple, get_args

import msgspec
import pyarrow as pa

from journey.clickhouse import ddl
from journey.clickhouse.parameters import Parameter, Sort, Value, bare
from journey.clickhouse.queries import NamedQuery, Unit
from projections.configuration.templates import Purpose
from projections.outreach.guardrails import NOT_ASKED, PASSED
from projections.outreach.state import DECIDED, ENDED, HELD, STARTED, SUPPRESSED
from projections.pains.kinds import Kind as Pain
from projections.stage_signs import BY_NAME as EVENTS
from projections.tables import BY_NAME
from projections.tables.table import Kind
from schemas.errors import NeverSeen
from schemas.fact import Touchpoint

# Of steps, and of guardrails.
VERDICTS = frozenset((STARTED, DECIDED, SUPPRESSED, HELD, ENDED, PASSED, NOT_ASKED))
EVENT_TYPES = frozenset(n for n, fact in EVENTS.items() if issubclass(fact, Touchpoint))
NEAREST_MAX = 100  # names that the nearest is chosen from, by what the engine finds alike
SHOWN_MAX = 8
CHARS_MAX = 60  # of a name in a message

Select = Callable[[str, Mapping[str, Value]], pa.Table]


class Home(NamedTuple):
    """Where names of a sort are sure to be: the column, its table, and what needs no row.

    Args:
        elsewhere: whether tables that a query reads tell more of them, in a column of that name.
        told: what gives them, where it is more than the column.
    """

    column: str
    table: str
    elsewhere: bool = True
    shipped: frozenset[str] = frozenset()
    told: str = ""


HOMES: dict[Sort, Home] = {
    Sort.ACTIVITY: Home("activity", "touchpoints"),
    Sort.ACTIVITIES: Home("activity", "touchpoints"),
    Sort.STEPS: Home("activity", "touchpoints"),
    Sort.BRAND: Home("brand", "touchpoints"),
    Sort.CHANNEL: Home("channel", "touchpoints"),
    Sort.COSTS: Home("channel", "touchpoints"),
    Sort.CURRENCY: Home("currency", "touchpoints"),
    Sort.CUSTOMER: Home("customer_id", "touchpoints", elsewhere=False),
    Sort.DESIGN: Home("activity", "touchpoints"),
    Sort.METRIC: Home("metric", "scores", elsewhere=False),
    Sort.PAIN: Home("kind", "pains", elsewhere=False, shipped=frozenset(Pain)),
    Sort.PERSONA: Home("persona", "personas"),
    Sort.PROPERTY: Home("property", "touchpoints", told="arrayJoin(property_names)"),
    Sort.PURPOSE: Home(
        "purpose", "decisions", elsewhere=False, shipped=frozenset(get_args(Purpose))
    ),
    Sort.STAGE: Home("stage", "stages"),
    Sort.STEP: Home("activity", "touchpoints"),
    Sort.TOPIC: Home("topic", "touchpoints"),
    Sort.TRIGGER: Home("trigger", "decisions"),
    Sort.TYPE: Home("type", "touchpoints", shipped=EVENT_TYPES),
    Sort.VERDICT: Home("verdict", "decisions", elsewhere=False, shipped=VERDICTS),
}
# What steps are named after where a query's parameter ``of`` says so.
OF: dict[str, Home] = {
    "type": Home("type", "touchpoints", shipped=EVENT_TYPES),
    "channel": Home("channel", "touchpoints"),
    "stage": Home("stage", "stages"),
    "conversation": Home("channel", "conversations"),
}
# What groups are named after where a query's parameter ``segments`` says so.
SEGMENTS: dict[str, Home] = {
    "channel": Home("channel", "touchpoints"),
    "brand": Home("brand", "touchpoints"),
    "persona": Home("persona", "personas"),
    "month": Home("month", "touchpoints", told="formatDateTime(toDate32(occurred_at), '%Y-%m')"),
}
ALWAYS = (
    *(Sort.ACTIVITIES, Sort.COSTS, Sort.CURRENCY, Sort.DESIGN, Sort.PROPERTY, Sort.STEP),
    Sort.STEPS,
)
_READ = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)")


def check(
    query: NamedQuery,
    bound: Mapping[str, Value],
    answer: pa.Table,
    select: Select,
    declared: Mapping[str, Collection[str]],
) -> None:
    """Refuse filters that name what does not occur.

    Args:
        bound: the parameters that the answer was asked with.
        select: asks the tables.
        declared: names that count as known though nothing has them yet, by their column.

    Raises:
        NeverSeen: a filter's value is unknown; it names the parameter and the nearest known one.
    """
    is_blank = _is_blank(query, answer)
    for parameter in query.parameters:
        home = _home(parameter, bound)
        is_given = bound[parameter.name] != parameter.default
        names = _names(parameter, bound) if is_given else []
        if home and names and (is_blank or parameter.sort in ALWAYS):
            shipped = home.shipped | frozenset(declared.get(home.column, ()))
            _check(parameter, names, home._replace(shipped=shipped), query, select)


def _home(parameter: Parameter, bound: Mapping[str, Value]) -> Home | None:
    """Where what a parameter names is to be found; None if it names nothing."""
    home = HOMES.get(parameter.sort)
    match parameter.sort:
        case Sort.ACTIVITIES | Sort.DESIGN | Sort.STEP:
            return OF.get(str(bound.get("of")), home)
        case Sort.SEGMENT:
            return SEGMENTS[str(bound["segments"])]
    return home


def _is_blank(query: NamedQuery, answer: pa.Table) -> bool:
    """Whether nothing was found: no row, or none that counts anything."""
    import pyarrow.compute as pc  # as in analytics.py: only where it computes

    counts = [
        answer[c.name]
        for c in query.columns
        if c.unit is Unit.COUNT and c.name in answer.column_names
    ]
    return answer.num_rows == 0 or (bool(counts) and not any(pc.sum(c).as_py() for c in counts))


def _names(parameter: Parameter, bound: Mapping[str, Value]) -> list[str]:
    """What a parameter names: nothing if it is empty, several if it is a list."""
    told = str(bound[parameter.name])
    each: Iterable[str]
    match parameter.sort:
        case Sort.STEPS:
            each = [n for step in told.split(",") for n in step.strip().rstrip("?").split("|")]
        case Sort.ACTIVITIES:
            each = told.split(",")
        case Sort.DESIGN:
            each = [name for step in told.split(",") for name in bare(step).split("|")]
        case Sort.STEP:
            each = told.split("|")
        case Sort.COSTS:
            each = msgspec.json.decode(told or "{}")
        case _:
            return [told] if told else []
    return list(dict.fromkeys(name.strip() for name in each if name.strip()))


def _check(
    parameter: Parameter, names: list[str], home: Home, query: NamedQuery, select: Select
) -> None:
    asked = [name for name in names if name not in home.shipped]
    if not asked:
        return
    source = _source(home, query.sql)
    each = "known = {asked:String}", "has(splitByChar(',', {asked:String}), known)"
    # It ends as soon as all are found.
    statement = _distinct(source, each[len(asked) > 1], len(asked))
    found = select(statement, {"asked": ",".join(asked)})["name"].to_pylist()
    for name in asked:
        if name not in found:
            _refuse(parameter, name, home, source, select)


def _refuse(parameter: Parameter, name: str, home: Home, source: str, select: Select) -> None:
    """Tell of an unknown name, unless there is no name at all to know it by."""
    if parameter.sort is Sort.CUSTOMER:  # whose ids look like nothing
        raise NeverSeen(
            f"The parameter {parameter.name}: no customer with the id '{_shown(name)}' occurs "
            "here: find it with 'journey find IDENTITY'."
        )
    known = select(_likest(source), {"asked": name})["name"].to_pylist()
    if not known:
        return
    told = [*dict.fromkeys(n for n in (*known, *sorted(home.shipped)) if n)]
    close = get_close_matches(name, told, n=1, cutoff=0.5)
    meant = f" (did you mean {_shown(close[0])}?)" if close else ""
    some = ", ".join(map(_shown, told[:SHOWN_MAX])) + (", …" if len(told) > SHOWN_MAX else "")
    use = f"use one such as {some}" if told else "leave it out, as none does"
    column = home.told or home.column
    every = f"SELECT DISTINCT {column} FROM {home.table}"  # noqa: S608 - for people to read
    raise NeverSeen(
        f"The parameter {parameter.name}: no {home.column} '{_shown(name)}' occurs here{meant}: "
        f'{use}; journey sql "{every}" lists them.'
    )


def _shown(name: str) -> str:
    """A name on one line, whatever a source put into it."""
    short = name if len(name) <= CHARS_MAX else name[:CHARS_MAX] + "…"
    return short if short.isprintable() and short.strip() else repr(short)[1:-1]


# Below are only names of ours, quoted; what users gave goes as parameters.


def _distinct(source: str, some: str, limit: int) -> str:
    return f"SELECT DISTINCT toString(known) AS name FROM ({source}) WHERE {some} LIMIT {limit}"  # noqa: S608


def _likest(source: str) -> str:
    """The names most like the one asked for; of equals the more frequent."""
    return (
        f"SELECT toString(known) AS name FROM (SELECT known, count() AS n FROM ({source}) "  # noqa: S608
        "GROUP BY known) ORDER BY ngramDistance(name, {asked:String}), n DESC, name "
        f"LIMIT {NEAREST_MAX}"
    )


def _source(home: Home, sql: str) -> str:
    """A statement with every known name, from its home and from the tables that a query reads."""
    read = set(_READ.findall(sql)) & set(BY_NAME) if home.elsewhere else set()
    if home.told:
        return f"SELECT {home.told} AS known FROM {ddl.quoted(home.table)}"  # noqa: S608
    parts = []
    for table in sorted({home.table, *read}):
        for column in BY_NAME[table].columns:
            name, source = ddl.quoted(column.name), ddl.quoted(table)
            if column.name == home.column:
                parts.append(f"SELECT {name} AS known FROM {source}")  # noqa: S608
            elif column.name == f"{home.column}s" and column.kind is Kind.WORDS:
                parts.append(f"SELECT arrayJoin({name}) AS known FROM {source}")  # noqa: S608
    return " UNION ALL ".join(parts)
