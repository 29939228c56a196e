"""What a picture knows of the question that it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from journey.clickhouse import queries
from journey.words import Words
from projections.configuration import DEFAULT, Configuration

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa

PERIODS = ("day", "week", "month")
KINDS = {  # column or parameter -> the kind of names that its values have, in journey/words
    "stage": "stage",
    "from": "stage",
    "to": "stage",
    "channel": "channel",
    "alternative": "channel",
    "kind": "pain",
}


class Asked(NamedTuple):
    """A question as it was asked.

    Args:
        query: its name.
        parameters: as given.
        words: of whoever looks.
        rules: in force: the order of stages, and how soon an answer is due.
    """

    query: str
    parameters: Mapping[str, Any]
    words: Words
    rules: Configuration = DEFAULT

    @property
    def by(self) -> str:
        """By what the answer is split: the name of its column; empty where by nothing."""
        known = next((p for p in queries.named(self.query).parameters if p.name == "by"), None)
        by = str(self.parameters.get("by") or (known.default if known else "") or "none")
        return "" if by == "none" else by

    @property
    def is_over_time(self) -> bool:
        """Whether the groups are days, weeks or months."""
        return self.by in PERIODS

    def in_order(self, stages: Iterable[str]) -> list[str]:
        """Stages, each once, in their order; at the end those that the rules no longer have."""
        told = list(dict.fromkeys(stages))
        known = [stage for stage in self.rules.stages.stages if stage in told]
        return known + [stage for stage in told if stage not in known]

    def unit(self, column: str) -> str:
        """What a column of the answer holds."""
        return next(
            (str(c.unit) for c in queries.named(self.query).columns if c.name == column), "word"
        )

    def label(self, column: str) -> str:
        """What people call a column."""
        return self.words.column(self.query, column)

    def title(self, column: str) -> str:
        """What people call the figure that the question is about."""
        return self.words.either(f"metric.{self.query}") or self.label(column)

    def named(self, column: str, values: list[Any]) -> list[str]:
        """The values of a column, as people call them."""
        kind = KINDS.get(column, "value")
        return [self.words.name(kind, value) for value in values]


Draw = Callable[["pa.Table", Asked], "go.Figure"]
