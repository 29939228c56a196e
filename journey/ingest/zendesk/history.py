"""What a row of the tickets' field history means: a change of one field of one ticket."""

from __future__ import annotations

from typing import Any

from journey.ingest.zendesk.people import Teller
from schemas.errors import CannotAccept

SETTLED = frozenset({"solved", "closed", "deleted"})
STATUSES = frozenset({"new", "open", "pending", "hold", "on-hold", "solved", "closed", "deleted"})
SATISFACTION = {"good": 1, "goodwithcomment": 1, "bad": 0, "badwithcomment": 0}
RESOLVED, REOPENED = "conversation-resolved", "conversation-reopened"
ASSIGNED, HANDED_OFF = "conversation-assigned", "conversation-handed-off"


def change(teller: Teller) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields and properties of a change's line."""
    ticket = teller.take("ticket_id", "name the ticket that changed")
    field = teller.take("field_name", "name the field that changed")
    written = teller.left.get("updated", "")
    at = teller.take_time("updated")
    value, user = teller.left.pop("value", "").strip(), teller.left.pop("user_id", "").strip()
    fields: dict[str, Any] = {
        # As Zendesk's tables are keyed: a field of a ticket changes once at a time.
        "id": f"change/{ticket}/{field}/{written.strip()}",
        "time": at,
        "conversation": ticket,
        "channel": teller.channel,
        "direction": "internal",
    }
    fields |= teller.owner() | teller.actor(user)
    meant, properties = _meant(teller, field, value, user)
    if meant["type"] == "survey-answered":
        fields["direction"], fields["actor"] = "inbound", {"kind": "customer"}
    return fields | meant, properties


def _meant(
    teller: Teller, field: str, value: str, user: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    before = teller.record.before
    kept = {"field": field, "value": value} | ({"by": user} if user else {})
    match field:
        case "status":
            return _status(value, before, kept)
        case "assignee_id" if value:
            if value not in teller.record.users:
                reason = (
                    "value: names an assignee of whom the table of users has no row: add the user "
                    "and import the folder again."
                )
                raise CannotAccept("unknown-user", reason)
            if not before:
                return {"type": ASSIGNED}, kept | {"agent": value}
            told = {"type": HANDED_OFF, "actor": {"kind": "human", "id": before}}
            return told, kept | {"to_agent": value}
        case "priority":
            return {"type": "custom"}, kept | {"name": "ticket-priority-changed", "urgency": value}
        case "satisfaction_score" if value in SATISFACTION:
            answer = {"survey": "csat", "score": SATISFACTION[value]}
            return {"type": "survey-answered"}, kept | answer | {"scale_min": 0, "scale_max": 1}
    known = {"assignee_id": "ticket-unassigned", "group_id": "ticket-group-changed"}
    return {"type": "custom"}, kept | {"name": known.get(field, "ticket-field-changed")}


def _status(
    status: str, before: str, kept: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Resolved when it is first settled, opened again when it is so no more; else a custom event.

    A ticket that was solved is closed days later by itself: that settles nothing new.
    """
    if status in ("solved", "closed") and before not in SETTLED:
        return {"type": RESOLVED}, kept
    if status in STATUSES - SETTLED and before in SETTLED:
        return {"type": REOPENED}, kept
    name = f"ticket-{status}" if status in STATUSES else "ticket-status-changed"
    return {"type": "custom"}, kept | {"name": name}
