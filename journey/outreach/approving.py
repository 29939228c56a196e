"""``journey approvals``: messages that a trigger may not send to so many without somebody's word.

An approval is an event of the log: it names the trigger and how many, and concerns what waited when
it was recorded. So replay knows what went out, and who said so.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from journey.bootstrap import Workspace
from journey.log.batch import SOURCE
from journey.outreach.doorway import Decision, Limits, decisions
from journey.ports import Draft
from projections.configuration import configuration
from projections.outreach.audience import WAITING
from schemas.errors import NotFound, UsageError
from schemas.events import OutreachApproved
from schemas.times import rfc3339

RECIPIENTS_SHOWN = 20


class Waiting(msgspec.Struct, frozen=True):
    """Messages of one trigger that wait for approval.

    Args:
        waiting: how many.
        limit: so many go out in a rolling day by themselves.
        since: since when the first of them waits.
        expires_at: when that one expires.
        last_expires_at: when the last one does.
        recipients: 20 of those it would reach, drawn at random; the same ones each time.
    """

    trigger: str
    waiting: int
    limit: int
    since: str
    expires_at: str
    last_expires_at: str
    recipients: list[str]


class Approval(msgspec.Struct, frozen=True):
    """What an approval did.

    Args:
        approved: so many go out by it.
        waiting: so many still wait.
    """

    trigger: str
    approved: int
    waiting: int
    by: str


def waiting(workspace: Workspace) -> list[Waiting]:
    """What waits for approval, by trigger; the one that expires first leads.

    Raises:
        WorkspaceError: workers fold this log, and have its states.
    """
    workspace.needs_states()
    limits = Limits(workspace)
    found: dict[str, list[Decision]] = {}
    for each in decisions(workspace, limits):
        if each.standing.status == WAITING:
            found.setdefault(each.told.trigger, []).append(each)
    told = [_waiting(name, those, limits) for name, those in found.items()]
    return sorted(told, key=lambda one: (one.expires_at, one.trigger))


def approve(workspace: Workspace, trigger: str, by: str, number: int = 0) -> Approval:
    """Let messages out that wait, the first ones first.

    Args:
        by: who approves.
        number: how many; 0: all that wait.

    Raises:
        NotFound: nothing of this trigger waits.
        UsageError: fewer wait, nobody is named, or the trigger is paused.
        WorkspaceError: workers fold this log, or states were made under other rules.
    """
    if not by.strip():
        raise UsageError("Nobody is named: say who approves, with --by NAME.")
    workspace.may_fold()
    in_force = configuration(workspace.rules.document).triggers.get(trigger)
    if in_force is not None and in_force.paused:
        raise UsageError(f"{trigger!r} is paused: 'journey trigger resume {trigger}' comes first.")
    before = _number_waiting(workspace, trigger)
    if not before:
        raise NotFound(f"Nothing of {trigger!r} waits for approval: see 'journey approvals'.")
    if number > before:
        raise UsageError(
            f"Only {before:,} of {trigger!r} wait: give at most so many, or leave --number out."
        )
    fact = OutreachApproved(trigger=trigger, number=number, by=by.strip())
    # Named by where the log stands: what is tried again after a failure is the same approval.
    message_id = f"outreach-approved/{trigger}/{workspace.log.last_position()}"
    draft = Draft(
        source=SOURCE, message_id=message_id, fact=fact, occurred_at=workspace.clock.now()
    )
    workspace.log.append([draft])
    workspace.catch_up()
    left = _number_waiting(workspace, trigger)
    return Approval(trigger, before - left, left, fact.by)


def _number_waiting(workspace: Workspace, trigger: str) -> int:
    told = decisions(workspace, Limits(workspace), trigger)
    return sum(each.standing.status == WAITING for each in told)


def _waiting(trigger: str, told: list[Decision], limits: Limits) -> Waiting:
    expire = sorted(each.standing.until for each in told)
    return Waiting(
        trigger=trigger,
        waiting=len(told),
        limit=limits.at(trigger, told[-1].told.recorded_at).messages,
        since=rfc3339(told[0].told.recorded_at),
        expires_at=rfc3339(expire[0]),
        last_expires_at=rfc3339(expire[-1]),
        recipients=drawn({each.told.customer for each in told}, trigger),
    )


def drawn(customers: set[str], seed: str, number: int = RECIPIENTS_SHOWN) -> list[str]:
    """Some customers at random, the same ones for the same seed, whoever comes to them."""
    return sorted(customers, key=lambda who: sha256(f"{seed}\n{who}".encode()).digest())[:number]
