"""Watching: a figure that crosses its line opens an action; one that comes back closes it.

A fact about many customers enters the log as an event of the brand, so that what was known, and
what was done about it, can be read there. Looking twice records nothing twice. What a crossing
starts is decided here as well, by ``projections.outreach.crossings``: see docs/decisions/0054.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from journey.bootstrap import Workspace
from journey.config.file import Config
from journey.config.watches import Watch, Watches
from journey.planning import Figure, figure
from journey.ports import Draft
from projections.configuration import configuration
from projections.outreach.crossings import Past, Rules, begun, gone_on, held
from projections.outreach.figures import BAD, GOOD
from schemas.errors import NotFound
from schemas.events import ActionDone, ActionOpened, CrossingDecided
from schemas.fact import BrandFact
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant, rfc3339

SOURCE: Final = "journey-watch"  # the feed of what is recorded
OPENED, CLOSED, STAYS = "opened", "closed", ""


class Told(msgspec.Struct, frozen=True):
    """What a look came to about one trigger.

    Args:
        verdict: ``decided``, ``held`` or ``ended``.
    """

    decision_id: str
    trigger: str
    verdict: str
    reason: str
    is_dry: bool


class Watched(msgspec.Struct, frozen=True):
    """A figure and its line.

    Args:
        state: ``good``; ``bad``; ``unsure``: it is beyond the line, part of its interval not;
            ``too few``: of fewer than ``n_min``; ``unknown``: there is no figure.
        did: ``opened`` or ``closed`` an action; empty: nothing was to do.
        action: the id of the action that is open, or was closed now.
        note: why there is no figure.
        told: what came of it for the triggers that start by it.
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
    told: list[Told] = []


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
    ledger = _Ledger(workspace.log.watched())
    rules = rules_in_force(workspace)
    found = []
    for each, watch in watches.items():
        if name in ("", each):
            past, action = ledger.pasts[brand_of(watch)], ledger.open.get(each, "")
            found.append(look(workspace, each, watch, now, action, rules, past))
    drafts = [
        draft
        for one, verdicts in found
        for draft in (
            *([_draft(one, watches[one.watch], now)] if one.did else []),
            *(_verdict_draft(verdict) for verdict in verdicts),
        )
    ]
    ids = iter(workspace.log.append(drafts))  # with the crossing or not at all
    looks = []
    for one, verdicts in found:
        if one.did:
            next(ids)
        told = [_told(next(ids).event_id, verdict) for verdict in verdicts]
        looks.append(msgspec.structs.replace(one, told=told))
    if drafts:
        workspace.catch_up_if_possible()
    return looks


def rules_in_force(workspace: Workspace) -> Rules:
    """The rules that verdicts of now are made under."""
    _ = workspace.rules  # refuses what this version cannot read
    number = workspace.log.configuration_number or 1  # which the first append publishes
    return Rules(configuration(workspace.configuration), number)


def not_in_force(workspace: Workspace, config: Config) -> list[str]:
    """The triggers of the file that start by a watch, and of which no look knows yet."""
    running = rules_in_force(workspace).configuration.triggers
    return sorted(
        name
        for name, trigger in config.rules.triggers.items()
        if trigger.start.watch
        and (name not in running or running[name].start.watch != trigger.start.watch)
    )


class _Ledger:
    """What the log has of watches. Read there: tables may lag behind where workers fold.

    Args:
        events: see ``ClearReader.watched``.
    """

    def __init__(self, events: Iterable[Recorded]) -> None:
        self.open: dict[str, str] = {}  # watch -> its action that is open
        self.pasts: dict[str, Past] = defaultdict(lambda: Past([], set()))  # by brand
        opened: dict[tuple[str, str], None] = {}
        for event in events:
            fact = event.fact
            if isinstance(fact, ActionOpened):
                opened[fact.action, fact.brand] = None
            elif isinstance(fact, ActionDone):
                self.pasts[fact.brand].closed.add(fact.action)
            elif isinstance(fact, CrossingDecided):
                self.pasts[fact.brand].verdicts.append(fact)
        for action, brand in opened:
            if "@" in action and action not in self.pasts[brand].closed:
                self.open[action.rpartition("@")[0]] = action


def look(
    workspace: Workspace,
    name: str,
    watch: Watch,
    now: Instant,
    action: str,
    rules: Rules,
    past: Past,
) -> tuple[Watched, list[CrossingDecided]]:
    """One look at a figure: how it stands, and what that comes to. Nothing is recorded.

    Args:
        action: the one that is open; empty: none.
        past: what was before; gets to know of this look.

    Returns:
        The look, and its verdicts in the order in which they are to be recorded.
    """
    found, why = figure(workspace, watch, now - watch.window * SECOND, now)
    state = watch.rule.state(found.value, found.low, found.high, found.n)
    did = STAYS
    if state == BAD and not action:
        did, action = OPENED, f"{name}@{rfc3339(now)}"
    elif state == GOOD and action:
        did = CLOSED
        past.closed.add(action)
    looked = Watched(
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
    seen = looked_at(name, watch, found, now, action)
    return looked, [] if seen is None else _verdicts(seen, did, rules, past)


# --- what triggers make of it -----------------------------------------------------------------


def _verdicts(found: CrossingDecided, did: str, rules: Rules, past: Past) -> list[CrossingDecided]:
    """What a look comes to: first what was held, then what begins."""
    going_on = (gone_on(before, found, rules, past) for before in held(past, found.watch))
    made = [after for after in going_on if after is not None]
    if did == OPENED:
        made += begun(found, rules, past)
    past.verdicts.extend(made)
    return made


def looked_at(
    name: str, watch: Watch, seen: Figure, now: Instant, crossing: str
) -> CrossingDecided | None:
    """A look at a figure, as verdicts about it tell it; None: there is no figure."""
    if seen.value is None:
        return None
    has_interval = seen.low is not None and seen.high is not None
    return CrossingDecided(
        channel=str(watch.parameters.get("channel", "")),
        brand=brand_of(watch),
        actor_kind="system",
        team=watch.owner,
        decided_at=now,
        watch=name,
        crossing=crossing,
        metric=watch.metric,
        column=watch.column,
        parameters={key: str(value) for key, value in watch.parameters.items()},
        figure=float(seen.value),
        has_interval=has_interval,
        low=float(seen.low or 0) if has_interval else 0.0,
        high=float(seen.high or 0) if has_interval else 0.0,
        n=-1 if seen.n is None else seen.n,
        since_at=now - watch.window * SECOND,
        until_at=now,
        line=float(watch.line),
        bad=watch.bad,
        n_min=watch.n_min,
        only_sure=watch.only_sure,
    )


def brand_of(watch: Watch) -> str:
    """The brand that a figure is of; empty: of all."""
    return str(watch.parameters.get("brand", ""))


def _told(event_id: bytes, fact: CrossingDecided) -> Told:
    return Told(event_id.hex(), fact.trigger, fact.verdict, fact.reason, fact.is_dry)


# --- what is recorded -------------------------------------------------------------------------


def _verdict_draft(fact: CrossingDecided) -> Draft:
    return _of(f"{fact.crossing}/{fact.trigger}/{fact.attempt}", fact, fact.decided_at)


def _draft(one: Watched, watch: Watch, now: Instant) -> Draft:
    told = f"{one.metric} {one.column} {one.figure.value:g}, {watch.bad} {one.line:g}"
    brand = brand_of(watch)
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
    return _of(f"{one.action}/{one.did}", fact, now)


def _of(message: str, fact: BrandFact, now: Instant) -> Draft:
    return Draft(source=SOURCE, message_id=message, fact=fact, occurred_at=now, identities={})
