"""Care: what is said in conversations, and what becomes of them."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.fact import Derived, Personal, Touchpoint


class MessageReceived(Touchpoint, frozen=True, kw_only=True):
    """Somebody wrote to the brand."""

    TYPE: ClassVar[str] = "message-received.v1"

    text: Personal[str] = UNSET
    is_question: Derived[bool] = False
    assessed_by: Derived[str] = ""  # method and version that judged the text


class MessageSent(Touchpoint, frozen=True, kw_only=True):
    """The brand wrote: a human agent, a bot or a system, as ``actor_kind`` says."""

    TYPE: ClassVar[str] = "message-sent.v1"

    text: Personal[str] = UNSET
    resolving: bool = False  # a bot's reply that settles the matter counts as an answer


class ConversationAssigned(Touchpoint, frozen=True, kw_only=True):
    """The conversation was given to ``actor`` of ``team``."""

    TYPE: ClassVar[str] = "conversation-assigned.v1"


class ConversationResolved(Touchpoint, frozen=True, kw_only=True):
    """Somebody stated that the matter is settled."""

    TYPE: ClassVar[str] = "conversation-resolved.v1"


class ConversationReopened(Touchpoint, frozen=True, kw_only=True):
    """A settled matter is open again."""

    TYPE: ClassVar[str] = "conversation-reopened.v1"
