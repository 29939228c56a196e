"""What stands at the door: all messages that were decided, and whether they may go out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import NamedTuple, cast

import pyarrow as pa

from journey import answers
from journey.bootstrap import Workspace
from projections.configuration import Configuration, configuration
from projections.configuration.triggers import MESSAGE
from projections.outreach.audience import (
    DRY_RUN,
    READY,
    Approved,
    Decided,
    Limit,
    Standing,
    at_the_door,
    limit,
)
from schemas.events import OutreachApproved
from schemas.times import HOUR, SECOND, Instant, instant


class Row(NamedTuple):
    """Something that was decided to be done, in the columns of the query ``outbox``."""

    decision: str
    recorded_at: Instant
    decided_at: Instant
    customer: str
    trigger: str
    action: str
    channel: str
    is_dry: bool


class Decision(NamedTuple):
    """The same, and how it stands."""

    told: Row
    standing: Standing


class Limits:
    """How many messages may go out, at any time: configurations in force, and customers known.

    Customers are counted by who they are today, up to the full hour before.
    """

    def __init__(self, workspace: Workspace) -> None:
        told = workspace.log.configurations()
        self._since = [at for _, at in told]
        self._rules = [configuration(fact.document) for fact, _ in told]
        self._numbers = [fact.number for fact, _ in told]
        self._numbered = {fact.number: n for n, (fact, _) in enumerate(told)}
        self._workspace = workspace

    @cached_property
    def _growth(self) -> tuple[list[Instant], list[int]]:
        """From when on how many customers were known."""
        rows = answers.query(self._workspace, "known-customers", {})
        return [instant(row["hour"]) + HOUR for row in rows], [int(row["known"]) for row in rows]

    def at(self, trigger: str, when: Instant) -> Limit:
        """What held for a trigger."""
        rules = self.rules_at(when)
        own = rules.triggers.get(trigger)
        most = own.audience_max if own is not None else None
        since, known = self._growth
        n = bisect_right(since, when)
        customers = known[n - 1] if n else 0
        told = rules.outreach
        return Limit(
            limit(most or told.audience_max, told.audience_share, customers),
            told.approval_within * SECOND,
        )

    def rules_at(self, when: Instant) -> Configuration:
        """The configuration in force when something was recorded."""
        return self._rules[max(bisect_right(self._since, when) - 1, 0)]

    def number_at(self, when: Instant) -> int:
        """Its number; what meaning started names none."""
        return self._numbers[max(bisect_right(self._since, when) - 1, 0)] if self._numbers else 0

    def rules_of(self, number: int, when: Instant) -> Configuration:
        """A published configuration; of no number, the one in force at a time."""
        return self.numbered(number) if number else self.rules_at(when)

    def numbered(self, number: int) -> Configuration:
        """A published configuration by its number."""
        return self._rules[self._numbered[number]]


def decisions(workspace: Workspace, limits: Limits, trigger: str = "") -> list[Decision]:
    """All that was decided to be done, in the order in which it was recorded.

    Args:
        trigger: only of this one; empty: of all.
    """
    rows = list(_rows(answers.query_table(workspace, "outbox", {"trigger": trigger})))
    messages: dict[str, list[Decided]] = {}
    for row in rows:
        if row.action == MESSAGE:
            told = Decided(row.recorded_at, row.decision, row.is_dry)
            messages.setdefault(row.trigger, []).append(told)
    stand = _standing(workspace, limits, messages)
    return [
        Decision(row, stand.get(row.decision) or Standing(DRY_RUN if row.is_dry else READY))
        for row in rows
    ]


def _rows(table: pa.Table) -> Iterator[Row]:
    """The answer of the query ``outbox``, times as instants."""
    columns = [
        column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
        for column in table.columns
    ]
    for *told, is_dry in zip(*(column.to_pylist() for column in columns), strict=True):
        yield Row._make((*told, bool(is_dry)))


def _standing(
    workspace: Workspace, limits: Limits, messages: dict[str, list[Decided]]
) -> dict[str, Standing]:
    approved: dict[str, list[Approved]] = {}
    for event in workspace.log.approved() if messages else ():
        fact = cast(OutreachApproved, event.fact)
        told = Approved(event.recorded_at, fact.number, fact.by)
        approved.setdefault(fact.trigger, []).append(told)
    now, found = workspace.clock.now(), dict[str, Standing]()
    for name, decided in messages.items():
        allowed: Sequence[Approved] = approved.get(name, ())
        found |= at_the_door(decided, allowed, partial(limits.at, name), now)
    return found
