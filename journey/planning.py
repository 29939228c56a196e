"""Action plans: a figure before and since one began, whether its goal is met, what is overdue."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from journey import answers
from journey.bootstrap import Workspace
from journey.clickhouse import queries
from journey.config import plans as configured
from schemas.errors import NeverSeen, NotFound
from schemas.times import Instant, instant, rfc3339

MET, MISSED, RUNNING, NOT_BEGUN, UNKNOWN = "met", "missed", "running", "not begun", "unknown"
FILE, EVENTS = "journey.toml", "events"


class Figure(msgspec.Struct, frozen=True):
    """A metric over a span of time.

    Args:
        value: None where there is nothing to tell it by.
        low, high: the ends of its 95 % interval; None where it has none.
        n: of how many; None where the question has no such column.
        since, until: the span.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int | None
    since: str
    until: str


class Task(msgspec.Struct, frozen=True):
    """An action of a plan, or one that events tell of.

    Args:
        plan: whose; empty where events name none of those there are.
        due: its last day, or the moment that was told; empty if nobody told.
        done: when it was done; empty while it is open.
        is_overdue: whether it is open and its time is over.
        source: ``journey.toml`` or ``events``.
    """

    plan: str
    name: str
    owner: str
    due: str
    done: str
    is_overdue: bool
    source: str


class Standing(msgspec.Struct, frozen=True):
    """How a plan stands.

    Args:
        before: over as long a time before its first day.
        after: since its first day, at most until the end of its last one.
        state: ``met``; ``missed``: its last day is over; ``running``: not met yet; ``not begun``;
            ``unknown``: there is no figure.
        is_sure: whether the whole interval lies on the goal's side, or none of it does; None
            without an interval.
        note: why there is no figure; empty if there is one.
    """

    plan: str
    metric: str
    column: str
    parameters: dict[str, Any]
    goal: float
    direction: str
    since: str
    by: str
    before: Figure
    after: Figure
    state: str
    is_sure: bool | None
    note: str
    actions: list[Task]


class Planned(msgspec.Struct, frozen=True):
    """All plans.

    Args:
        overdue: actions whose time is over, of all plans and of none, the longest first.
        others: actions that events tell of and that belong to no plan.
    """

    overdue: list[Task]
    plans: list[Standing]
    others: list[Task]


def planned(workspace: Workspace, plans: configured.Plans, name: str = "") -> Planned:
    """How plans stand, by the clock of the workspace.

    Args:
        plans: as the file has them.
        name: only this one, without actions of no plan; empty: all.

    Raises:
        NotFound: there is no such plan.
    """
    if name and name not in plans:
        known = ", ".join(plans) or "none: write one into journey.toml"
        raise NotFound(f"No plan is called {name!r}; there are {known}.")
    now = workspace.clock.now()
    told = answers.query(workspace, "actions", {})
    tasks = {plan: _tasks(plan, of, told, now) for plan, of in plans.items()}
    standing = [
        _standing(workspace, plan, of, tasks[plan], now)
        for plan, of in plans.items()
        if name in ("", plan)
    ]
    mine = {one for plan, of in plans.items() for one in _ids(plan, of, told)}
    others = [] if name else [_heard("", r, now) for r in told if r["action"] not in mine]
    everything = [*(task for one in standing for task in one.actions), *others]
    overdue = sorted((t for t in everything if t.is_overdue), key=lambda t: (t.due, t.plan, t.name))
    return Planned(overdue, standing, others)


def _standing(
    workspace: Workspace, name: str, plan: configured.Plan, tasks: list[Task], now: Instant
) -> Standing:
    since, end = _midnight(plan.since), _midnight(plan.by + timedelta(days=1))
    is_begun = since < now
    until = min(now, end) if is_begun else end
    before, why_before = _figure(workspace, plan, since - (until - since), min(since, now))
    after, why = _figure(workspace, plan, since, until if is_begun else since)
    return Standing(
        plan=name,
        metric=plan.metric,
        column=plan.column,
        parameters=dict(plan.parameters),
        goal=float(plan.goal),
        direction=plan.direction,
        since=plan.since.isoformat(),
        by=plan.by.isoformat(),
        before=before,
        after=after,
        state=_state(plan, after.value, is_begun=is_begun, is_over=now >= end),
        is_sure=_is_sure(plan, after),
        note=why or why_before,
        actions=tasks,
    )


def _figure(
    workspace: Workspace, plan: configured.Plan, since: Instant, until: Instant
) -> tuple[Figure, str]:
    """The figure of a span, and why there is none."""
    span = {"since": rfc3339(since), "until": rfc3339(until)}
    if since >= until:  # of a plan that lies ahead
        return Figure(None, None, None, None, **span), ""
    try:
        rows = answers.query(workspace, plan.metric, {**plan.parameters, **span})
    except NeverSeen as unknown:  # yet, perhaps: the other plans are told all the same
        return Figure(None, None, None, None, **span), str(unknown)
    row, why = rows[0] if len(rows) == 1 else {}, ""
    if len(rows) > 1:
        free = [
            p.name
            for p in queries.named(plan.metric).parameters
            if p.name not in (*configured.NOT_GIVEN, *plan.parameters)
        ]
        why = f"{plan.metric} has {len(rows)} rows: narrow it by parameters, of {', '.join(free)}"
    value, low, high = (row.get(plan.column + end) for end in ("", "_low", "_high"))
    return Figure(value, low, high, row.get("n"), **span), why


def _is_good(plan: configured.Plan, value: float) -> bool:
    return value >= plan.goal if plan.direction == "up" else value <= plan.goal


def _state(plan: configured.Plan, value: float | None, *, is_begun: bool, is_over: bool) -> str:
    if not is_begun:
        return NOT_BEGUN
    if value is None:
        return UNKNOWN
    if _is_good(plan, value):
        return MET
    return MISSED if is_over else RUNNING


def _is_sure(plan: configured.Plan, figure: Figure) -> bool | None:
    if figure.low is None or figure.high is None:
        return None
    return _is_good(plan, figure.low) == _is_good(plan, figure.high)


# --- actions ---------------------------------------------------------------------------------


def _ids(name: str, plan: configured.Plan, told: list[dict[str, Any]]) -> set[str]:
    """Which actions of events belong to a plan: by their id, else by what they are to change."""
    own = {action.action for action in plan.actions if action.action}
    about = (name, plan.metric)
    return own | {
        r["action"] for r in told if r["metric"] in about or r["metric"].replace("_", "-") in about
    }


def _tasks(
    name: str, plan: configured.Plan, told: list[dict[str, Any]], now: Instant
) -> list[Task]:
    ids, own = _ids(name, plan, told), {a.action for a in plan.actions if a.action}
    done = {r["action"]: r["done_at"] for r in told if r["done_at"] is not None}
    tasks = [_written(name, action, done.get(action.action), now) for action in plan.actions]
    heard = [r for r in told if r["action"] in ids and r["action"] not in own]
    tasks += [_heard(name, row, now) for row in heard]
    return sorted(tasks, key=lambda t: (not t.is_overdue, bool(t.done), t.due or "9", t.name))


def _written(plan: str, action: configured.Action, heard: datetime | None, now: Instant) -> Task:
    done = action.done.isoformat() if action.done else ""
    if heard is not None and not done:
        done = rfc3339(instant(heard))
    is_over = _midnight(action.due + timedelta(days=1)) <= now
    due = action.due.isoformat()
    return Task(plan, action.name, action.owner, due, done, is_over and not done, FILE)


def _heard(plan: str, row: dict[str, Any], now: Instant) -> Task:
    due, done = (row[n] and instant(row[n]) for n in ("due_at", "done_at"))
    is_overdue = done is None and due is not None and due < now
    return Task(
        plan=plan,
        name=row["name"] or row["action"],
        owner=row["responsible"],
        due=rfc3339(due) if due is not None else "",
        done=rfc3339(done) if done is not None else "",
        is_overdue=is_overdue,
        source=EVENTS,
    )


def _midnight(day: date) -> Instant:
    return instant(datetime.combine(day, time(), UTC))
