"""Care: what is said in conversations, and what becomes of them."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.fact import Derived, Personal, Touchpoint, Worded


class MessageReceived(Worded, frozen=True, kw_only=True):
    """Somebody wrote to the brand."""

    TYPE: ClassVar[str] = "message-received.v2"

    text: Personal[str] = UNSET
    is_question: Derived[bool] = False
    asks_person: Derived[bool] = False  # for a human instead of a bot
    gave: Derived[list[str]] = []  # kinds of facts that the text gives, such as order_number


class MessageSent(Worded, frozen=True, kw_only=True):
    """The brand wrote: a human agent, a bot or a system, as ``actor_kind`` says."""

    TYPE: ClassVar[str] = "message-sent.v2"

    text: Personal[str] = UNSET
    resolving: bool = False  # a bot's reply that settles the matter counts as an answer
    asked_for: Derived[list[str]] = []  # kinds of facts that the customer is asked for
    # Equal for two texts that say the same to the same person: keyed by that person's key, 16
    # bytes. Who has no key can make none, and nobody can once the person is erased.
    fingerprint: Derived[bytes] = b""


class ConversationAssigned(Touchpoint, frozen=True, kw_only=True):
    """The conversation was given to ``actor`` of ``team``."""

    TYPE: ClassVar[str] = "conversation-assigned.v1"


class ConversationResolved(Touchpoint, frozen=True, kw_only=True):
    """Somebody stated that the matter is settled."""

    TYPE: ClassVar[str] = "conversation-resolved.v1"


class ConversationReopened(Touchpoint, frozen=True, kw_only=True):
    """A settled matter is open again."""

    TYPE: ClassVar[str] = "conversation-reopened.v1"


class ConversationOpened(Touchpoint, frozen=True, kw_only=True):
    """A desk opened a ticket; the customer's words come as messages."""

    TYPE: ClassVar[str] = "conversation-opened.v1"

    subject: Personal[str] = UNSET


class ConversationHandedOff(Touchpoint, frozen=True, kw_only=True):
    """The conversation went from who had it to ``to_agent`` of ``to_team``."""

    TYPE: ClassVar[str] = "conversation-handed-off.v1"

    to_agent: str = ""
    to_team: str = ""


class ConversationMoved(Touchpoint, frozen=True, kw_only=True):
    """The conversation goes on on ``to_channel``, at the brand's invitation or by itself."""

    TYPE: ClassVar[str] = "conversation-moved.v1"

    to_channel: str = ""
    invited: bool = False


class NoteAdded(Touchpoint, frozen=True, kw_only=True):
    """Somebody of the brand wrote something that the customer does not see."""

    TYPE: ClassVar[str] = "note-added.v1"

    text: Personal[str] = UNSET


class PersonRequested(Touchpoint, frozen=True, kw_only=True):
    """The customer asked a bot for a person."""

    TYPE: ClassVar[str] = "person-requested.v1"


class BotGaveUp(Touchpoint, frozen=True, kw_only=True):
    """A bot could not help."""

    TYPE: ClassVar[str] = "bot-gave-up.v1"

    reason: str = ""


class InformationRequested(Touchpoint, frozen=True, kw_only=True):
    """The customer was asked for facts, such as an order number: ``about`` names their kind."""

    TYPE: ClassVar[str] = "information-requested.v1"

    about: str = ""


class InformationGiven(Touchpoint, frozen=True, kw_only=True):
    """The customer gave facts of the kind ``about``."""

    TYPE: ClassVar[str] = "information-given.v1"

    about: str = ""


class DeflectionOffered(Touchpoint, frozen=True, kw_only=True):
    """The customer was offered to go on on ``to_channel`` instead of waiting."""

    TYPE: ClassVar[str] = "deflection-offered.v1"

    to_channel: str = ""


class DeflectionAccepted(Touchpoint, frozen=True, kw_only=True):
    """The customer took the offer to go on on ``to_channel``."""

    TYPE: ClassVar[str] = "deflection-accepted.v1"

    to_channel: str = ""
