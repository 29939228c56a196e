"""The questions of a report: the named ones that everybody may ask, narrowed as the report is."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from journey import answers
from journey.bootstrap import Workspace
from journey.clickhouse import queries
from journey.clickhouse.queries import NamedQuery
from journey.words import Words
from projections.configuration import Configuration, configuration
from schemas.times import instant, rfc3339

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa


class Scope(NamedTuple):
    """What a report is narrowed to; empty where it is not.

    Args:
        since, until: times with their zone; ``earliest`` and ``latest`` narrow nothing.
    """

    since: str = ""
    until: str = ""
    persona: str = ""
    brand: str = ""

    @property
    def narrowing(self) -> dict[str, str]:
        """What is given, by the name of its parameter."""
        everything = {"since": "earliest", "until": "latest"}
        given = self._asdict().items()
        return {name: value for name, value in given if value and value != everything.get(name)}


class Answer(NamedTuple):
    """What a question was answered with.

    Args:
        parameters: as they were given.
        ignored: of what the report is narrowed to, what the question cannot be narrowed to.
    """

    query: NamedQuery
    parameters: dict[str, Any]
    table: pa.Table
    ignored: tuple[str, ...]

    @property
    def title(self) -> str:
        """What it answers, in a line."""
        return self.query.about

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as dicts."""
        rows: list[dict[str, Any]] = self.table.to_pylist()
        return rows

    @property
    def row(self) -> dict[str, Any]:
        """The one row; empty if there is none."""
        return next(iter(self.rows), {})

    @property
    def command(self) -> str:
        """How the same is asked on the command line."""
        given = [f"{name}={_written(value)}" for name, value in self.parameters.items()]
        return shlex.join(["journey", "query", self.query.name, *given])

    def unit(self, column: str) -> str:
        """What a column holds."""
        return next((str(c.unit) for c in self.query.columns if c.name == column), "word")


def _written(value: Any) -> str:
    return rfc3339(instant(value)) if isinstance(value, datetime) else str(value)


class Questions:
    """Asks a workspace; the same question twice is asked once.

    Args:
        words: of the reader.
        scope: that every question is narrowed to, as far as it takes that.
    """

    def __init__(self, workspace: Workspace, words: Words, scope: Scope) -> None:
        self.workspace, self.words, self.scope = workspace, words, scope
        self.rules: Configuration = configuration(workspace.rules.document)
        self._known: dict[tuple[str, str], Answer] = {}

    def ask(self, name: str, scope: Scope | None = None, /, **parameters: Any) -> Answer:
        """The answer of a named question.

        Args:
            scope: another one than the report's.
            parameters: they go before what the scope narrows to.

        Raises:
            UsageError: one is unknown or does not fit.
        """
        query = queries.named(name)
        taken = {parameter.name for parameter in query.parameters}
        narrowing = (scope or self.scope).narrowing
        given = {k: v for k, v in narrowing.items() if k in taken} | parameters
        key = (name, repr(sorted(given.items())))
        if key not in self._known:
            table = answers.query_table(self.workspace, name, given)
            ignored = tuple(k for k in narrowing if k not in taken)
            self._known[key] = Answer(query, given, table, ignored)
        return self._known[key]

    def picture(self, answer: Answer) -> go.Figure:
        """The picture of an answer."""
        from journey.pictures.catalogue import picture

        return picture(answer.query.name, answer.table, answer.parameters, self.words, self.rules)

    def notes(self, *asked: Answer) -> list[str]:
        """What the answers could not be narrowed to, a sentence each."""
        ignored = dict.fromkeys(one for answer in asked for one in answer.ignored)
        spans = [one for one in ignored if one in ("since", "until")]
        others = [one for one in ignored if one not in spans]
        return [self.words(f"note.{one}") for one in [*spans[:1], *others]]
