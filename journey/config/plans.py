"""``[plans]`` of ``journey.toml``: figures that are to change, until when, and by whose actions.

No fold asks for them, so they are no part of the rules and changing them makes nothing anew.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

import msgspec

from journey.config.document import Document
from projections.configuration.durations import Seconds
from schemas.errors import NotFound, UsageError

if TYPE_CHECKING:
    from journey.clickhouse.queries import NamedQuery

SECTION = "plans"
SPAN = ("since", "until")  # the parameters that the engine gives
NOT_GIVEN = (*SPAN, "by")
FIRST_YEAR, LAST_YEAR = 1970, 2099  # so that as long before lies in what questions take
FIGURES = ("count", "seconds", "share", "number")


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tables ``plans.NAME.actions``.

    Args:
        owner: who does it.
        due: its last day, in UTC.
        done: on which day it was done; left out while it is open.
        action: its id in the events action-opened and action-done; these may tell that it is done.
    """

    name: str
    owner: str
    due: date
    done: date | None = None
    action: str = ""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is looked at over one span after the other.

    Args:
        metric: a named question that takes ``since`` and ``until``.
        column: the figure of its answer.
        parameters: of the question, so that it answers with one row.
    """

    metric: str
    column: str
    parameters: dict[str, str | int | float] = {}


class Plan(Question, frozen=True, kw_only=True):
    """One of the tables ``plans.NAME``: a question, and what is to become of its figure.

    Args:
        goal: what the figure is to reach; of seconds also with units.
        direction: ``up`` if more is better, else ``down``.
        since: the first day, in UTC; what lies before is compared with.
        by: the last day.
    """

    goal: Seconds | float
    direction: Literal["up", "down"]
    since: date
    by: date
    actions: list[Action] = []


Plans = dict[str, Plan]


def read(document: Document) -> Plans:
    """The plans of a file, by name.

    Raises:
        ConfigurationError: something is wrong with one; says where.
    """
    return {name: _plan(document, [SECTION, name]) for name in document.table([SECTION])}


def _plan(document: Document, path: list[str]) -> Plan:
    plan = document.struct(path, Plan)
    check_question(document, path, plan)
    days = [("since", plan.since), ("by", plan.by)]
    days += [(f"actions.{n}.due", action.due) for n, action in enumerate(plan.actions)]
    for place, day in days:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            wrong = f"is too far away: give a day from {FIRST_YEAR} to {LAST_YEAR}"
            raise document.refuse([*path, *place.split(".")], wrong)
    if plan.by < plan.since:
        wrong = f"lies before since {plan.since}: give a day after it"
        raise document.refuse([*path, "by"], wrong)
    return plan


def check_question(document: Document, path: list[str], asked: Question) -> None:
    """Hold a figure that is looked at again and again against the questions there are.

    Raises:
        ConfigurationError: there is no such question or figure, or a parameter does not fit.
    """
    # Questions load much that is not needed where nothing is planned.
    from journey.clickhouse import queries

    try:
        query = queries.named(asked.metric)
    except NotFound as error:
        raise document.refuse([*path, "metric"], _clause(error)) from None
    taken = [parameter.name for parameter in query.parameters]
    if not set(SPAN) <= set(taken):
        wrong = f"{asked.metric} takes no since and until: name a question that does"
        raise document.refuse([*path, "metric"], wrong)
    figures = _figures(query)
    if asked.column not in figures:
        wrong = f"is no figure of {asked.metric}: use one of {', '.join(figures)}"
        raise document.refuse([*path, "column"], wrong)
    for name in NOT_GIVEN:
        if name in asked.parameters:
            wrong = "is not to be given: this is about one row, over a span that the engine knows"
            raise document.refuse([*path, "parameters", name], wrong)
    try:
        query.bind(asked.parameters)
    except UsageError as error:
        raise document.refuse([*path, "parameters"], _clause(error)) from None


def _figures(query: NamedQuery) -> list[str]:
    return [column.name for column in query.columns if column.unit in FIGURES]


def _clause(error: Exception) -> str:
    return f"is wrong: {str(error).removesuffix('.')}"
