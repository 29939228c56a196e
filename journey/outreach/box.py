"""``journey outbox``: what would be sent, as it would be read, and whether it may go out."""

from __future__ import annotations

from typing import cast

import msgspec

from journey.answers import customer_of
from journey.bootstrap import Workspace
from journey.outreach.doorway import Decision, Limits, decisions
from journey.outreach.present import Present
from journey.outreach.rendering import Message, rendered
from projections.configuration.triggers import MESSAGE
from projections.outreach.audience import STATUSES
from schemas.errors import UsageError
from schemas.events import CrossingDecided, OutreachDecided
from schemas.times import rfc3339


class Item(msgspec.Struct, frozen=True):
    """One thing that was decided to be done.

    Args:
        status: ``ready``, ``waiting_for_approval``, ``expired`` or ``dry_run``.
        expires_at: of what waits, or expired; else empty.
        approved_by: empty where nobody had to.
        action: ``message_customer``, ``alert_team`` or ``open_action``.
        customer_id: whom it is about; empty of a figure of many that crossed its line.
        channel: where it goes; of an alert or an action, where the matter is.
        language: of a message.
        subject: of an e-mail.
        text: a message's text (an e-mail's is HTML), or what an alert or an action says.
        is_erased: the person's key is gone: there is no text any more.
        missing: facts without which there is no text.
        unsafe: facts that lead a link of it to a script or the like; then there is no text.
        note: why it may no longer go out, by what is known today; empty if it may.
    """

    decision_id: str
    status: str
    expires_at: str
    approved_by: str
    decided_at: str
    recorded_at: str
    trigger: str
    action: str
    customer_id: str
    purpose: str
    channel: str
    language: str
    subject: str
    text: str
    is_erased: bool
    missing: list[str]
    unsafe: list[str]
    note: str


def outbox(
    workspace: Workspace, trigger: str = "", customer: str = "", status: str = "", most: int = 50
) -> list[Item]:
    """What would be sent, the newest first.

    Args:
        trigger: only of this one; empty: of all.
        customer: only to this one, by an id or an identity; empty: to all.
        status: only what stands so; empty: all.
        most: at most so many.

    Raises:
        NotFound: nobody is known by that id or identity.
        UsageError: there is no such status.
        WorkspaceError: workers fold this log, and have its states.
    """
    workspace.needs_states()
    if status and status not in STATUSES:
        raise UsageError(f"{status!r} is no status: give one of {', '.join(STATUSES)}.")
    whose = customer_of(workspace, customer).hex() if customer else ""
    limits, present = Limits(workspace), Present(workspace)
    found = [
        each
        for each in reversed(decisions(workspace, limits, trigger))
        if whose in ("", each.told.customer) and status in ("", each.standing.status)
    ]
    return [_item(workspace, limits, present, each) for each in found[:most]]


def _item(workspace: Workspace, limits: Limits, present: Present, decision: Decision) -> Item:
    told, standing = decision
    (event,) = workspace.log.by_prefix(told.decision)
    fact = cast(OutreachDecided | CrossingDecided, event.fact)
    said, purpose, note = Message(fact.channel, text=fact.reason), "", ""
    if isinstance(fact, OutreachDecided) and fact.action == MESSAGE:
        then, purpose = limits.numbered(fact.configuration), fact.purpose
        said = rendered(workspace, event, then)
        note = present.hindrance(event, then, said).told
    return Item(
        decision_id=told.decision,
        status=standing.status,
        expires_at=rfc3339(standing.until) if standing.until else "",
        approved_by=standing.by,
        decided_at=rfc3339(told.decided_at),
        recorded_at=rfc3339(told.recorded_at),
        trigger=told.trigger,
        action=told.action,
        customer_id=told.customer,
        purpose=purpose,
        channel=said.channel,
        language=said.language,
        subject=said.subject,
        text=said.text,
        is_erased=said.is_erased,
        missing=said.missing,
        unsafe=said.unsafe,
        note=note,
    )
