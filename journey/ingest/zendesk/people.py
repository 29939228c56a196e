"""What the rows of all tables share: whose they are, who acted, when, on which channel."""

from __future__ import annotations

import re
from typing import Any

from journey.ingest.fields import missing
from journey.ingest.zendesk.joined import CALLED, END_USER, Joined
from schemas.errors import CannotAccept

CHANNELS = {
    "web": "web",
    "web_form": "web",
    "help_center": "web",
    "web_widget": "web",
    "email": "email",
    "mail": "email",
    "chat": "chat",
    "chat_transcript": "chat",
    "native_messaging": "messaging",
    "messaging": "messaging",
    "whatsapp": "messaging",
    "facebook": "social",
    "facebook_post": "social",
    "facebook_message": "messaging",
    "twitter": "social",
    "twitter_dm": "messaging",
    "twitter_favorite": "social",
    "instagram_dm": "messaging",
    "line": "messaging",
    "sms": "sms",
    "voice": "phone",
    "phone": "phone",
    "mobile": "app",
    "mobile_sdk": "app",
    "any_channel": "messaging",
}
"""Zendesk's ``via_channel``, and ``channel`` of chats, by what we call them. Others tell none."""
SYSTEMS = frozenset({"-1", "__system", "__trigger"})
USER_KIND = "user_id:"
_is_scope = re.compile(r"[a-z0-9_.:-]{1,50}").fullmatch
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?)"
    r" ?(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?"
).fullmatch
_FLAGS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


class Teller:
    """One row, of which columns are taken until the rest is only kept.

    Attributes:
        record: the row with what it refers to.
        left: the columns that nobody took.
        channel: of the ticket; empty if nobody knows it.
    """

    def __init__(self, record: Joined) -> None:
        self.record = record
        self.left = dict(record.row)
        self.channel = CHANNELS.get(record.ticket.get("via_channel", "").lower(), "")

    @property
    def user_kind(self) -> str:
        """The kind of identity that ids of users are: of this Zendesk, and no other."""
        called = self.record.source.lower()
        return USER_KIND + (called if _is_scope(called) else CALLED)

    def take(self, column: str, remedy: str) -> str:
        """A text that must be there.

        Raises:
            CannotAccept: it is not.
        """
        text = self.left.pop(column, "").strip()
        if not text:
            raise missing(column, remedy)
        return text

    def take_time(self, column: str) -> str:
        """A time that must be there, as RFC 3339. What has no zone is in UTC, as Zendesk's are."""
        self.left[column] = self.take(column, "give the time at which it happened")
        at = self.time(column)
        del self.left[column]
        return at

    def time(self, column: str) -> str:
        """The same of a column that is known to be there and stays.

        Raises:
            CannotAccept: it is no time.
        """
        shape = _TIME(self.left[column].strip())
        if not shape:
            reason = f"{column}: is no time: write it such as 2024-05-01 12:30:00, in UTC."
            raise CannotAccept("bad-time", reason)
        day, time, zone = shape.groups()
        if zone in (None, "Z", "UTC"):
            return f"{day}T{time}Z"
        digits = zone[1:].replace(":", "").ljust(4, "0")
        return f"{day}T{time}{zone[0]}{digits[:2]}:{digits[2:]}"

    def take_flag(self, column: str, *, default: bool) -> bool:
        """True or false.

        Raises:
            CannotAccept: it is neither.
        """
        text = self.left.pop(column, "").strip().lower()
        if not text:
            return default
        if text not in _FLAGS:
            raise CannotAccept("bad-flag", f"{column}: is neither true nor false: correct it.")
        return _FLAGS[text]

    def is_customer(self, user: str) -> bool:
        """Whether a user is a customer, and no agent.

        Raises:
            CannotAccept: nobody knows.
        """
        known = self.record.users.get(user)
        if known is not None:
            return known.get("role", END_USER) == END_USER
        if user in (self.record.ticket.get("requester_id"), self.record.chat.get("user_id")):
            return True
        reason = (
            "It is by a user of whom the table of users has no row, and who is not the requester: "
            "add the user and import the folder again."
        )
        raise CannotAccept("unknown-user", reason)

    def owner(self) -> dict[str, Any]:
        """Whose conversation it is, where the folder tells."""
        requester = self.record.ticket.get("requester_id") or self.record.chat.get("user_id")
        return {"owner": {self.user_kind: requester}} if requester else {}

    def speaker(self, user: str) -> dict[str, Any]:
        """The customer who wrote, who may be another than the conversation's."""
        if not self.owner():  # nobody knows whose conversation it is; the log may
            return {"actor": {"kind": "customer", "id": user}}
        return {"identities": {self.user_kind: user}} | self.owner()

    def actor(self, user: str) -> dict[str, Any]:
        """Who did something within the desk."""
        if not user or user in SYSTEMS:
            return {"actor": {"kind": "system"}}
        if self.is_customer(user):
            own = user == self.record.ticket.get("requester_id")
            return {"actor": {"kind": "customer"} if own else {"kind": "customer", "id": user}}
        return {"actor": {"kind": "human", "id": user}}
