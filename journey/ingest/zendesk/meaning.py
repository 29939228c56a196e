"""What a row of Zendesk's means: one line of our own form, which ``jsonl`` parses.

Rule 1: nothing is lost. Columns that no field holds go, as text, into the property ``columns``,
    which is sealed.
Rule 2: what changes in a row from one export to the next stands there alone, and takes no part in
    comparing two tellings: a second export of the same tickets is no news.
Rule 3: whom a row is about is told by ids of Zendesk alone, for addresses change. They come with
    the users, as events of their own.
Rule 4: a row whose ticket the folder does not have belongs to whoever the log knows by that ticket.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from journey.ingest import jsonl
from journey.ingest.fields import missing
from journey.ingest.mapped.mapping import KEPT_UNDER
from journey.ingest.zendesk.chats import chat_event
from journey.ingest.zendesk.history import change
from journey.ingest.zendesk.joined import Joined
from journey.ingest.zendesk.people import Teller
from journey.ingest.zendesk.tables import RANKS, Table
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.times import Instant

RANK_BITS = 40
"""Above the line's number: a trillion lines, and eight tables stay below ``SEQUENCE_MAX``."""
APART = frozenset({KEPT_UNDER})
SYNCED = "_fivetran_synced"
_IDS = ("id", "ticket_id", "user_id", "requester_id", "submitter_id", "assignee_id")
_float = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)|[+-]?[0-9]+[.,]0+").fullmatch
_record = msgspec.json.Decoder(Joined).decode


class Meant(NamedTuple):
    """What a record is; see ``Parsed``."""

    drafts: list[Draft]
    described: str = ""
    unplaced: tuple[str, str] | None = None


def parse(data: bytes, line: int, now: Instant) -> Meant:
    """One record as a draft.

    Args:
        data: a record that ``read_tables`` made.
        line: the line in its file, which orders events of one time.
        now: the time, against which far futures are measured.

    Raises:
        CannotAccept: with a code for counting, and a reason that names the column and the remedy.
    """
    try:
        record = _record(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        reason = (
            "This is no row with what it refers to: mend the table and import the folder again."
        )
        raise CannotAccept("bad-row", reason) from None
    if record.described:
        return Meant([], record.described)
    for name in _IDS:
        if _float(record.row.get(name, "")):
            reason = (
                f"{name}: looks like a spreadsheet's number, which may have lost digits: export "
                "the column as text."
            )
            raise CannotAccept("spreadsheet-number", reason)
    teller = Teller(record)
    fields, properties = _MEANING[record.table](teller)
    fields |= {"source": record.source}
    if received := _received(teller):
        properties["received_at"] = received
    rest = teller.left | {f"chat.{n}": text for n, text in record.chat.items()}
    if rest:
        properties[KEPT_UNDER] = {column: text for column, text in rest.items() if text}
    told = {name: value for name, value in fields.items() if value not in ("", None, {}, [])}
    text = msgspec.json.encode(told | {"properties": properties})
    draft = jsonl.parse(text, RANKS[record.table] << RANK_BITS | line, now)
    unplaced = None if record.ticket or not draft.conversation else UNKNOWN_TICKET
    return Meant([msgspec.structs.replace(draft, per_delivery=APART)], "", unplaced)


def _received(teller: Teller) -> str:
    """When the loader had the row, if it says so; it is no reason to refuse what it loaded."""
    if SYNCED not in teller.left:
        return ""
    try:
        return teller.time(SYNCED)
    except CannotAccept:
        return ""


UNKNOWN_TICKET = (
    "unknown-ticket",
    "ticket_id: names no ticket of the folder, nor one that was imported before: add its row to "
    "the table of tickets and import the folder again, or try again when it was imported.",
)

Told = tuple[dict[str, Any], dict[str, Any]]  # fields of a line, and its properties


def _user(teller: Teller) -> Told:
    """What is known of an end user by now; a changed row is another event."""
    user = teller.take("id", "give each user the id of Zendesk")
    updated = teller.left.get("updated_at", "")
    at = teller.take_time("updated_at") if updated else teller.take_time("created_at")
    identities = {teller.user_kind: user}
    for kind, column in (("email", "email"), ("phone", "phone"), ("user_id", "external_id")):
        if value := teller.left.pop(column, "").strip():
            identities[kind] = value
    fields = {"id": f"user/{user}/{at}", "type": "traits-stated", "time": at}
    traits = {
        name: teller.left.pop(name)
        for name in ("name", "locale", "time_zone", "organization_id")
        if name in teller.left
    }
    teller.left.pop("role", None)
    return fields | {"identities": identities}, {"traits": traits}


def _ticket(teller: Teller) -> Told:
    ticket = teller.take("id", "give each ticket its id")
    requester = teller.take("requester_id", "name the user who asked: the ticket is theirs")
    fields = {
        "id": f"ticket/{ticket}",
        "type": "conversation-opened",
        "time": teller.take_time("created_at"),
        "identities": {teller.user_kind: requester},
        "conversation": ticket,
        "channel": teller.channel,
        "brand": teller.left.pop("brand_id", ""),
    }
    properties: dict[str, Any] = {"tags": teller.record.tags} if teller.record.tags else {}
    if subject := teller.left.pop("subject", ""):
        properties["subject"] = subject
    return fields, properties


def _comment(teller: Teller) -> Told:
    comment = teller.take("id", "give each comment its id")
    ticket = teller.take("ticket_id", "name the ticket of the comment")
    author = teller.take("user_id", "name the user who wrote the comment")
    is_public = teller.take_flag("public", default=True)
    fields: dict[str, Any] = {"id": f"comment/{comment}", "time": teller.take_time("created")}
    fields |= {"conversation": ticket, "channel": _channel_of(teller)}
    is_customer = teller.is_customer(author)
    properties = {"text": teller.left.pop("body", "")}
    if not is_public:
        kind = "customer" if is_customer else "human"
        fields |= {"type": "note-added", "actor": {"kind": kind, "id": author}}
        return fields | teller.owner(), properties
    if is_customer:
        return fields | {"type": "message-received"} | teller.speaker(author), properties
    fields |= {"type": "message-sent", "actor": {"kind": "human", "id": author}}
    return fields | teller.owner(), properties


def _channel_of(teller: Teller) -> str:
    """Where a comment was made, if not on the ticket's own channel."""
    for column, channel in (
        ("voice_comment", "phone"),
        ("tweet", "social"),
        ("facebook_comment", "social"),
    ):
        if teller.take_flag(column, default=False):
            return channel
    return teller.channel


def _chat(teller: Teller) -> Told:
    chat = teller.take("chat_id", "give each chat its id")
    kept = teller.record.chat
    if chat and all(kept.get(n) == teller.record.row.get(n) for n in ("ticket_id", "user_id")):
        reason = "chat_id: the folder has no event of this chat: add its events, or take it out."
        raise CannotAccept("chat-without-events", reason)
    raise CannotAccept(
        "chat-twice",
        "chat_id: another row has this chat under another ticket or user, and counts: keep one.",
    )


def _tag(teller: Teller) -> Told:
    teller.take("tag", "write the tag")
    teller.take("ticket_id", "name the ticket that has the tag")
    raise CannotAccept(*UNKNOWN_TICKET)


def _policy(teller: Teller) -> Told:
    raise missing("sla_policy_id", "a policy tells nothing of a customer")


_MEANING: dict[Table, Callable[[Teller], Told]] = {
    Table.USER: _user,
    Table.TICKET: _ticket,
    Table.CHAT: _chat,
    Table.COMMENT: _comment,
    Table.CHAT_EVENT: chat_event,
    Table.HISTORY: change,
    Table.TAG: _tag,
    Table.SLA: _policy,
}
