"""A user's own SQL, read only in fact.

The engine's ``readonly`` forbids writing tables and no more: a statement may still read any file
(``file()``), write one (``INTO OUTFILE``) or call another machine (``url()``). So the engine is
asked how it understands the statement, and what it shows is held against what is allowed:

Rule 1: one statement, a SELECT. A semicolon stands nowhere but at the end, not even in a text.
Rule 2: no SETTINGS, no FORMAT, no INTO OUTFILE: the limits are ours.
Rule 3: tables by their plain names, and table functions that make numbers or hold values.
Rule 4: functions of those kinds that reckon with values and know nothing of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pyarrow as pa

from journey.clickhouse.parameters import Value
from schemas.errors import UsageError

ROWS_MAX = 100_000
SECONDS_MAX = 60
_LIMITS = {
    "readonly": 1,
    "max_execution_time": SECONDS_MAX,
    "limit": ROWS_MAX + 1,
}

Select = Callable[[str, Mapping[str, Value]], pa.Table]

ROOTS = ("SelectWithUnionQuery", "SelectIntersectExceptQuery")
TABLE_FUNCTIONS = frozenset({"numbers", "numbers_mt", "zeros", "values", "generateseries"})
# Of system.functions. A kind that a later engine adds is refused until it is looked at.
KINDS = frozenset(
    [
        "Arithmetic",
        "Arrays",
        "Bit",
        "Bitmap",
        "Comparison",
        "Conditional",
        "Dates and Times",
        "Distance",
        "Encoding",
        "Financial",
        "Geo",
        "Hash",
        "IP Address",
        "JSON",
        "Logical",
        "Map",
        "Mathematical",
        "Null",
        "Random Number",
        "Rounding",
        "String",
        "String Replacement",
        "String Search",
        "String Splitting",
        "Time Series",
        "Time Window",
        "Tuple",
        "Type Conversion",
        "URL",
        "UUID",
    ]
)
OTHERS = frozenset(
    [
        "bar",
        "formatreadabledecimalsize",
        "formatreadablesize",
        "formatreadabletimedelta",
        "identity",
        "materialize",
        "finalizeaggregation",
        "initializeaggregation",
        "ignore",
        "transform",
        "parsereadablesize",
        "isconstant",
        "minsamplesizeconversion",
        "minsamplesizecontinuous",
        "runningdifference",
        "rownumberinallblocks",
        "totypename",
        "visiblewidth",
        "formatreadablequantity",
        "parsetimedelta",
        "throwif",
        "lowcardinalitykeys",
    ]
)
# What a question may be made of. Not a transformer that applies a function by its bare name.
NODES = frozenset(
    [
        "SelectWithUnionQuery",
        "SelectIntersectExceptQuery",
        "SelectQuery",
        "ExpressionList",
        "Subquery",
        "WithElement",
        "TablesInSelectQuery",
        "TablesInSelectQueryElement",
        "TableExpression",
        "TableIdentifier",
        "TableJoin",
        "ArrayJoin",
        "SampleRatio",
        "Function",
        "Identifier",
        "Literal",
        "Asterisk",
        "QualifiedAsterisk",
        "ColumnsRegexpMatcher",
        "ColumnsListMatcher",
        "ColumnsTransformerList",
        "ColumnsExceptTransformer",
        "OrderByElement",
        "InterpolateElement",
        "WindowDefinition",
        "WindowListElement",
        "Set",
    ]
)
ELSEWHERE = ("system.", "information_schema.")
_NODE = re.compile(r"(?P<indent> *)(?P<kind>\w+)(?: (?P<name>.*?))?(?: \(.*\))?$")


def ask(select: Select, statement: str) -> pa.Table:
    """The answer of a user's own statement.

    Args:
        select: runs a statement of ours.

    Raises:
        UsageError: it is not a question, or asks for more than the tables.
        AnalyticsError: the engine refused it.
    """
    text = statement.strip().removesuffix(";")
    if not text.strip():
        raise UsageError("The statement is empty: write a SELECT.")
    if ";" in text:
        raise UsageError(
            "One statement at a time: take out the semicolon; inside a text write char(59)."
        )
    told = select(f"EXPLAIN AST {text}", {})
    if told.column_names != ["explain"]:  # the engine took it for something else
        raise UsageError("Only questions can be asked: write a plain SELECT.")
    called = _check([str(line) for line in told["explain"].to_pylist()])
    if called:
        _check_functions(select, called)
    limits = ", ".join(f"{name} = {value}" for name, value in _LIMITS.items())
    answer = select(f"{text}\nSETTINGS {limits}", {})
    if answer.num_rows > ROWS_MAX:
        raise UsageError(
            f"The answer has more than {ROWS_MAX:,} rows: group or limit it; 'journey "
            "export-table' gives whole tables."
        )
    return answer


def _check(tree: list[str]) -> set[str]:
    """Rules 1 to 3; the functions that are called, in small letters."""
    called: set[str] = set()
    in_table: int | None = None  # indent of the table expression whose children come
    for number, line in enumerate(tree):
        node = _NODE.match(line)
        if node is None or (number and node["kind"] not in NODES):
            raise UsageError(f"{line.split()[0]} is not allowed here: write a plain SELECT.")
        indent, kind, name = len(node["indent"]), node["kind"], node["name"] or ""
        if number == 0:
            if kind not in ROOTS:
                raise UsageError("Only questions can be asked: write a SELECT.")
        elif indent == 1 and kind != "ExpressionList" and kind not in ROOTS:
            raise UsageError("FORMAT and INTO OUTFILE are not for here: leave them out.")
        if kind == "Set":
            raise UsageError("SETTINGS are not for here: leave them out.")
        if in_table is not None and indent <= in_table:
            in_table = None  # left it
        if kind == "TableExpression":
            in_table = indent
        elif kind == "TableIdentifier":
            if "." in name.partition(" (alias")[0]:
                raise UsageError(f"Name the table plainly, without a database: {name}.")
        elif kind == "Identifier" and name.lower().startswith(ELSEWHERE):
            raise UsageError(f"{name} is no table of the workspace: ask the tables.")
        elif kind == "Function":
            function = name.partition(" (")[0].lower()
            if in_table is not None and indent == in_table + 1:
                if function not in TABLE_FUNCTIONS:
                    raise UsageError(f"{name}() is no table of the workspace: ask the tables.")
            else:
                called.add(function)
    return called


def _check_functions(select: Select, called: set[str]) -> None:
    """Rule 4."""
    known = {row["name"]: row for row in select(_FUNCTIONS, {}).to_pylist()}
    for name in sorted(called & known.keys()):  # others are aggregates with a suffix, or unknown
        row = known[name]
        of = known.get(row["alias_to"], row)
        kinds = {kind.strip() for kind in of["kinds"].split(",")}
        if not of["folds"] and of["name"] not in OTHERS and not kinds <= KINDS:
            raise UsageError(
                f"{name}() is not allowed here: it may tell of the machine, not of the tables."
            )


_FUNCTIONS = (
    "SELECT lower(name) AS name, any(lower(alias_to)) AS alias_to, any(categories) AS kinds, "
    "max(is_aggregate) AS folds FROM system.functions GROUP BY name"
)
