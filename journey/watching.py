"""Watching: a figure that crosses its line opens an action; one that comes back closes it.

A fact about many customers enters the log as an event of the brand, so that what was known, and
what was done about it, can be read there. Looking twice records nothing twice.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from journey import answers
from journey.bootstrap import Workspace
from journey.config.watches import Watch, Watches
from journey.planning import Figure, figure
from journey.ports import Draft
from schemas.errors import NotFound
from schemas.events import ActionDone, ActionOpened
from schemas.times import SECOND, Instant, rfc3339

SOURCE: Final = "journey-watch"  # the feed of what is recorded
GOOD, BAD, UNSURE, TOO_FEW, UNKNOWN = "good", "bad", "unsure", "too few", "unknown"
OPENED, CLOSED, STAYS = "opened", "closed", ""


class Watched(msgspec.Struct, frozen=True):
    """A figure and its line.

    Args:
        state: ``good``; ``bad``; ``unsure``: it is beyond the line, part of its interval not;
            ``too few``: of fewer than ``n_min``; ``unknown``: there is no figure.
        did: ``opened`` or ``closed`` an action; empty: nothing was to do.
        action: the id of the action that is open, or was closed now.
        note: why there is no figure.
    """

    watch: str
    metric: str
    column: str
    parameters: dict[str, Any]
    line: float
    bad: str
    figure: Figure
    state: str
    did: str
    action: str
    note: str


def watched(workspace: Workspace, watches: Watches, name: str = "") -> list[Watched]:
    """Look at every figure once, and record what its crossing means.

    Args:
        watches: as the file has them.
        name: only this one; empty: all.

    Raises:
        NotFound: there is no such watch.
        WorkspaceError: states and tables were made under other rules.
    """
    if name and name not in watches:
        known = ", ".join(watches) or "none: write one into journey.toml"
        raise NotFound(f"Nothing is watched as {name!r}; there are {known}.")
    workspace.may_fold()  # else what is recorded would not be seen at the next look
    now = workspace.clock.now()
    still = _open(answers.query(workspace, "actions", {"status": "open"}))
    looked = [
        _look(workspace, each, watch, now, still.get(each, ""))
        for each, watch in watches.items()
        if name in ("", each)
    ]
    drafts = [_draft(one, watches[one.watch], now) for one in looked if one.did]
    if drafts:
        workspace.log.append(drafts)
        workspace.catch_up_if_possible()
    return looked


def _open(actions: list[dict[str, Any]]) -> dict[str, str]:
    """Watch -> its action that is open."""
    ids = (row["action"] for row in actions)
    return {each.rpartition("@")[0]: each for each in ids if "@" in each}


def _look(workspace: Workspace, name: str, watch: Watch, now: Instant, action: str) -> Watched:
    found, why = figure(workspace, watch, now - watch.window * SECOND, now)
    state = _state(watch, found)
    did = STAYS
    if state == BAD and not action:
        did, action = OPENED, f"{name}@{rfc3339(now)}"
    elif state == GOOD and action:
        did = CLOSED
    return Watched(
        watch=name,
        metric=watch.metric,
        column=watch.column,
        parameters=dict(watch.parameters),
        line=float(watch.line),
        bad=watch.bad,
        figure=found,
        state=state,
        did=did,
        action=action,
        note=why,
    )


def _state(watch: Watch, found: Figure) -> str:
    if found.n is not None and found.n < watch.n_min:
        return TOO_FEW
    if found.value is None:
        return UNKNOWN
    if not _is_bad(watch, found.value):
        return GOOD
    nearest = found.high if watch.bad == "below" else found.low
    if watch.only_sure and nearest is not None and not _is_bad(watch, nearest):
        return UNSURE
    return BAD


def _is_bad(watch: Watch, value: float) -> bool:
    return value < watch.line if watch.bad == "below" else value > watch.line


def _draft(one: Watched, watch: Watch, now: Instant) -> Draft:
    told = f"{one.metric} {one.column} {one.figure.value:g}, {watch.bad} {one.line:g}"
    brand = str(one.parameters.get("brand", ""))
    fact: ActionOpened | ActionDone
    if one.did == OPENED:
        fact = ActionOpened(
            action=one.action,
            brand=brand,
            actor_kind="system",
            name=f"{watch.text or one.watch}: {told}",
            metric=one.metric,
            responsible=watch.owner,
            due_at=now + watch.within * SECOND,
        )
    else:
        fact = ActionDone(action=one.action, brand=brand, actor_kind="system", outcome="recovered")
    message = f"{one.action}/{one.did}"
    return Draft(source=SOURCE, message_id=message, fact=fact, occurred_at=now, identities={})
