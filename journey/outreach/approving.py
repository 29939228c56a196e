"""``journey approvals``: messages that a trigger may not send to so many without somebody's word.

Who waits may have withdrawn meanwhile, or be erased. Such messages are told beside those that may
still go out, and no approval counts them: people approve what will be read.

An approval is an event of the log: it names the trigger and how many, and concerns what waited when
it was recorded. So replay knows what went out, and who said so.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import NamedTuple, cast

import msgspec

from journey.bootstrap import Workspace
from journey.log.batch import SOURCE
from journey.outreach.doorway import Decision, Limits, decisions
from journey.outreach.present import Hindrance, Present
from journey.outreach.rendering import rendered
from journey.ports import Draft
from projections.configuration import configuration
from projections.outreach.audience import READY, WAITING
from schemas.errors import NotFound, UsageError
from schemas.events import OutreachApproved, OutreachDecided
from schemas.times import rfc3339

RECIPIENTS_SHOWN = 20


class Waiting(msgspec.Struct, frozen=True):
    """Messages of one trigger that wait for approval.

    Args:
        waiting: how many that may still go out.
        not_going: how many more that may not, by what keeps them; see ``present.Hindrance``.
        limit: so many go out in a rolling day by themselves.
        since: since when the first of them waits.
        expires_at: when that one expires.
        last_expires_at: when the last one does.
        recipients: 20 of those it would still reach, drawn at random; the same ones each time.
    """

    trigger: str
    waiting: int
    not_going: dict[str, int]
    limit: int
    since: str
    expires_at: str
    last_expires_at: str
    recipients: list[str]


class Approval(msgspec.Struct, frozen=True):
    """What an approval did.

    Args:
        approved: so many go out by it.
        waiting: so many that may go out still wait.
        not_going: so many more waited before it, and may not go out, by what keeps them.
    """

    trigger: str
    approved: int
    waiting: int
    not_going: dict[str, int]
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
    present = Present(workspace)
    told = [
        _waiting(name, _kept(workspace, limits, present, those), limits)
        for name, those in found.items()
    ]
    return sorted(told, key=lambda one: (one.expires_at, one.trigger))


def approve(workspace: Workspace, trigger: str, by: str, number: int = 0) -> Approval:
    """Let messages out that wait, the first ones first.

    Args:
        by: who approves.
        number: how many of those that may still go out; 0: all that wait.

    Raises:
        NotFound: nothing of this trigger waits that may still go out.
        UsageError: fewer do, nobody is named, or the trigger is paused.
        WorkspaceError: workers fold this log, or states were made under other rules.
    """
    if not by.strip():
        raise UsageError("Nobody is named: say who approves, with --by NAME.")
    workspace.may_fold()
    in_force = configuration(workspace.rules.document).triggers.get(trigger)
    if in_force is not None and in_force.paused:
        raise UsageError(f"{trigger!r} is paused: 'journey trigger resume {trigger}' comes first.")
    before = _waits(workspace, trigger)
    going = [n for n, each in enumerate(before, 1) if not each.hindrance]
    if not going:
        more = f" that may still go out; {len(before):,} may not" if before else ""
        raise NotFound(f"Nothing of {trigger!r} waits for approval{more}: see 'journey approvals'.")
    if number > len(going):
        raise UsageError(
            f"Only {len(going):,} of {trigger!r} wait that may still go out: give at most so many, "
            "or leave --number out."
        )
    # The door counts all that wait: so many that the last one meant is among them.
    through = going[number - 1] if number else 0
    fact = OutreachApproved(trigger=trigger, number=through, by=by.strip())
    # Named by where the log stands: what is tried again after a failure is the same approval.
    message_id = f"outreach-approved/{trigger}/{workspace.log.last_position()}"
    draft = Draft(
        source=SOURCE, message_id=message_id, fact=fact, occurred_at=workspace.clock.now()
    )
    workspace.log.append([draft])
    workspace.catch_up()
    after = decisions(workspace, Limits(workspace), trigger)
    stand = {each.told.decision: each.standing.status for each in after}
    now = Counter(stand[each.decision.told.decision] for each in before if not each.hindrance)
    return Approval(trigger, now[READY], now[WAITING], _by_kind(before), fact.by)


class _Kept(NamedTuple):
    """A message that waits, and what keeps it besides."""

    decision: Decision
    hindrance: Hindrance


def _waits(workspace: Workspace, trigger: str) -> list[_Kept]:
    limits = Limits(workspace)
    told = decisions(workspace, limits, trigger)
    those = [each for each in told if each.standing.status == WAITING]
    return _kept(workspace, limits, Present(workspace), those)


def _kept(
    workspace: Workspace, limits: Limits, present: Present, those: list[Decision]
) -> list[_Kept]:
    found = []
    for each in those:
        (event,) = workspace.log.by_prefix(each.told.decision)
        then = limits.numbered(cast(OutreachDecided, event.fact).configuration)
        hindrance = present.hindrance(event, then, rendered(workspace, event, then))
        found.append(_Kept(each, hindrance))
    return found


def _by_kind(those: list[_Kept]) -> dict[str, int]:
    told = Counter(each.hindrance.kind for each in those if each.hindrance)
    return dict(sorted(told.items()))


def _waiting(trigger: str, kept: list[_Kept], limits: Limits) -> Waiting:
    going = [each.decision for each in kept if not each.hindrance]
    told = going or [each.decision for each in kept]
    expire = sorted(each.standing.until for each in told)
    return Waiting(
        trigger=trigger,
        waiting=len(going),
        not_going=_by_kind(kept),
        limit=limits.at(trigger, kept[-1].decision.told.recorded_at).messages,
        since=rfc3339(told[0].told.recorded_at),
        expires_at=rfc3339(expire[0]),
        last_expires_at=rfc3339(expire[-1]),
        recipients=drawn({each.told.customer for each in going}, trigger),
    )


def drawn(customers: set[str], seed: str, number: int = RECIPIENTS_SHOWN) -> list[str]:
    """Some customers at random, the same ones for the same seed, whoever comes to them."""
    return sorted(customers, key=lambda who: sha256(f"{seed}\n{who}".encode()).digest())[:number]
