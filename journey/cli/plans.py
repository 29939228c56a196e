"""The command that tells how action plans stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.show import cell, out, print_json, table
from schemas.errors import NotFound

if TYPE_CHECKING:
    from journey.planning import Figure, Standing
    from journey.watching import Told, Watched


@cli.command()
@click.argument("name", default="")
@WORKSPACE
@JSON
@CONTEXT
def plans(context: Context, name: str, workspace: Path | None, as_json: bool) -> None:
    """Action plans: what is overdue, a metric before and since, and whether its goal is met.

    All plans of journey.toml, or the plan NAME. Days are in UTC.
    """
    from journey.config import file
    from journey.planning import planned

    configured = file.load(context.folder(workspace)).plans
    with opened(context, workspace) as w:
        found = planned(w, configured, name)
    if as_json:
        print_json(found)
        return
    if found.overdue:
        table("Overdue", [_task(task) for task in found.overdue], "")
    rows = [_plan(one) for one in found.plans]
    table("Plans", rows, "Nothing is planned: write [plans.NAME] into journey.toml.")
    for one in found.plans:
        if one.note:
            out.print(f"{one.plan}: {one.note}.", markup=False)
    tasks = [*(task for one in found.plans for task in one.actions), *found.others]
    rows = [_task(task) for task in tasks if not task.is_overdue]
    if rows:
        table("Other actions", rows, "")


@cli.command()
@click.argument("name", default="")
@WORKSPACE
@JSON
@CONTEXT
def watch(context: Context, name: str, workspace: Path | None, as_json: bool) -> None:
    """Look at the figures of [watches]: one that crossed its line opens an action.

    All of journey.toml, or NAME. One that came back closes its action. A crossing starts the
    triggers with start = { watch = … }. Run it as often as somebody is to be told; what was told is
    not told again. 'journey plans' lists the actions, 'journey outbox' the alerts.
    """
    from journey.config import file
    from journey.watching import not_in_force, watched

    configured = file.load(context.folder(workspace))
    with opened(context, workspace) as w:
        found = watched(w, configured.watches, name)
        idle = not_in_force(w, configured)
    if as_json:
        print_json({"watches": found})
        return
    rows = [_watched(one) for one in found]
    table("Watched", rows, "Nothing is watched: write [watches.NAME] into journey.toml.")
    told = [_verdict(each) for one in found for each in one.told]
    if told:
        table("Triggers", told, "")
        out.print("Why: journey explain DECISION_ID")
    for one in found:
        if one.note:
            out.print(f"{one.watch}: {one.note}.", markup=False)
    for each in idle:
        out.print(f"The trigger {each} is not in force yet: journey config publish.", markup=False)


def _watched(one: Watched) -> dict[str, Any]:
    return {
        "watch": one.watch,
        "metric": _metric(one),
        "figure": _told(one, one.figure),
        "line": f"bad {one.bad} {cell(one.column, one.line, _unit(one))}",
        "state": one.state,
        "action": f"{one.did} {one.action}".strip(),
    }


def _verdict(told: Told) -> dict[str, Any]:
    return {
        "decision_id": told.decision_id,
        "trigger": told.trigger,
        "verdict": told.verdict + (" (dry run)" if told.is_dry else ""),
        "why": told.reason,
    }


def _metric(one: Standing | Watched) -> str:
    """A question with its figure and its parameters."""
    given = (f"{name}={value}" for name, value in one.parameters.items())
    return " ".join((one.metric, one.column, *given))


def _task(task: Any) -> dict[str, Any]:
    told = msgspec.structs.asdict(task)
    del told["is_overdue"]
    return told


def _plan(one: Standing) -> dict[str, Any]:
    sign = "at least" if one.direction == "up" else "at most"
    sure = {True: ", surely", False: ", by chance perhaps", None: ""}[one.is_sure]
    return {
        "plan": one.plan,
        "metric": _metric(one),
        "since": one.since,
        "by": one.by,
        "before": _told(one, one.before),
        "after": _told(one, one.after),
        "goal": f"{sign} {cell(one.column, one.goal, _unit(one))}",
        "state": one.state + (sure if one.state in ("met", "missed") else ""),
    }


def _told(one: Standing | Watched, figure: Figure) -> str:
    if figure.value is None:
        return ""
    return told_figure(one.column, _unit(one), figure.value, figure.low, figure.high, figure.n)


def told_figure(
    name: str, unit: str, value: float, low: float | None, high: float | None, n: int | None
) -> str:
    """A figure with its interval and of how many it is.

    Args:
        name: its column.
    """
    more = []
    if low is not None and high is not None:
        more.append(f"{cell(name, low, unit)} to {cell(name, high, unit)}")
    if n is not None:
        more.append(f"n = {n:,}")
    return f"{cell(name, value, unit)}" + (f" ({', '.join(more)})" if more else "")


def _unit(one: Standing | Watched) -> str:
    return unit_of(one.metric, one.column)


def unit_of(metric: str, column: str) -> str:
    """The unit of a question's figure; empty where the question is no more, or has no such one."""
    from journey.clickhouse import queries

    try:
        columns = queries.named(metric).columns
    except NotFound:  # as it may be of a decision of long ago
        return ""
    return next((c.unit for c in columns if c.name == column), "")
