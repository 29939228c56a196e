"""What an event of a chat means: a message, or something about who takes part."""

from __future__ import annotations

from typing import Any

import msgspec

from journey.ingest.zendesk.people import CHANNELS, SYSTEMS, Teller
from schemas.errors import CannotAccept

MESSAGES = frozenset({"ChatMessage", "ChatFileAttachment"})
JOINED, TRANSFERRED = "ChatJoin", "ChatDepartmentTransfer"
AGENT = "agent:"
VISITOR = "anonymous:"
BOT_SOURCE = "zd:answerBot"


class _Source(msgspec.Struct):
    type: str = ""


class _Text(msgspec.Struct):
    text: str = ""


class _Content(msgspec.Struct):
    text: _Text | None = None


class _Original(msgspec.Struct):
    """As much of the message that the chat's system sent as means something here."""

    source: _Source | None = None
    content: _Content | None = None


_original = msgspec.json.Decoder(_Original).decode


def chat_event(teller: Teller) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields and properties of a chat event's line."""
    chat = teller.take("chat_id", "name the chat")
    type_ = teller.take("type", "name the type of the event")
    written = teller.left.get("created_at", "").strip()
    at = teller.take_time("created_at")
    index = teller.left.pop("chat_index", "")
    told = teller.record.chat
    if not told:
        reason = "chat_id: names a chat of which the table of chats has no row: add it."
        raise CannotAccept("unknown-chat", reason)
    actor = _actor(teller)
    fields: dict[str, Any] = {
        "id": f"chat/{chat}/{written}/{index}/{type_}",
        "time": at,
        "conversation": told.get("ticket_id") or f"chat/{chat}",
        "channel": CHANNELS.get(told.get("channel", "").lower(), "chat"),
    }
    is_customer = actor["kind"] == "customer"
    if is_customer:
        fields |= _visitor(teller, actor["id"])
    else:
        fields |= {"actor": actor} | _whose(teller)
    properties: dict[str, Any] = {}
    if type_ in MESSAGES:
        fields["type"] = "message-received" if is_customer else "message-sent"
        if text := _text(teller):
            properties["text"] = text
        return fields, properties
    fields["direction"] = "inbound" if is_customer else "internal"
    if type_ == JOINED and actor["kind"] == "human":
        properties["agent"] = actor["id"]
        return fields | {"type": "conversation-assigned"}, properties
    if type_ == TRANSFERRED:
        return fields | {"type": "conversation-handed-off"}, properties
    return fields | {"type": "custom"}, {"name": type_}


def _actor(teller: Teller) -> dict[str, str]:
    """Who did it, by the id before all else."""
    told = teller.left.pop("actor_id", "").strip()
    actor = told.removeprefix(AGENT).strip()
    if not actor:
        reason = "actor_id: is missing: name the agent, the visitor or the system."
        raise CannotAccept("missing-field", reason)
    by_brand = told.startswith(AGENT) or told in SYSTEMS
    if not by_brand and teller.is_customer(actor):
        return {"kind": "customer", "id": actor}
    original = _read(teller)
    if original is not None and original.source and original.source.type == BOT_SOURCE:
        return {"kind": "bot", "id": actor}
    return {"kind": "system" if told in SYSTEMS else "human", "id": actor}


def _whose(teller: Teller) -> dict[str, Any]:
    """Whose chat it is: the ticket's requester's, else the visitor's."""
    if teller.owner():
        return teller.owner()
    visitor = teller.record.chat.get("visitor_id", "")
    return {"owner": {VISITOR + teller.user_kind.partition(":")[2]: visitor}} if visitor else {}


def _visitor(teller: Teller, user: str) -> dict[str, Any]:
    """The customer who acted."""
    return {"identities": {teller.user_kind: user}} | _whose(teller)


def _read(teller: Teller) -> _Original | None:
    try:
        return _original(teller.left.get("original_message", "").encode())
    except (msgspec.MsgspecError, RecursionError):
        return None  # kept as it is with the other columns


def _text(teller: Teller) -> str:
    """What was written: the message, else the text of the original one."""
    if text := teller.left.pop("message", ""):
        return text
    original = _read(teller)
    if original is None or original.content is None or original.content.text is None:
        return ""
    return original.content.text.text
