"""What is known of one customer's conversations: small, bounded, saved between events."""

from __future__ import annotations

import msgspec

from projections.projection import NEVER
from schemas.times import Instant

# A state stays small: beyond, the longest silent conversation that no timer waits for is forgotten.
# Its row stays as it stands.
REMEMBERED_MAX = 256
LISTED_MAX = 32  # agents and channels of one conversation, and invitations

HUMAN, BOT = "human", "bot"
QUEUED, TALKING, ENDED, ABANDONED = "queued", "talking", "ended", "abandoned"


class Turn(msgspec.Struct, array_like=True):
    """What the customer said and nobody has answered.

    Args:
        asks: whether it wants an answer; praise, thanks and spam do not.
        due_at: when that is due; NEVER where none is.
        within: how long it may take, in seconds; negative where none is due.
        team: who had the conversation when it asked; with channel and brand it names the calendar.
    """

    since: Instant
    opened_by: bytes
    channel: str
    topic: str
    urgency: str
    intent: str
    personas: list[str]
    team: str
    is_first: bool
    asks: bool = False
    due_at: Instant = NEVER
    within: int = -1
    is_overdue: bool = False
    response: str = ""  # once a person replied: first or next


class Contact(msgspec.Struct, array_like=True):
    """One call, or messages without a long gap. Times of a call are in microseconds.

    Args:
        phase: of a call; empty: messages.
        is_handled: whether talk, hold or wrap-up is known.
        is_reply: whether the brand began the conversation, and this answers it.
        has_come: whether the customer said in it what wants an answer.
    """

    began_at: Instant
    id: bytes
    number: int
    channel: str
    topic: str
    is_invited: bool
    heard_at: Instant
    personas: list[str]
    is_counted: bool = True  # among the contacts since the last resolution
    phase: str = ""
    queue: str = ""
    queued_at: Instant | None = None
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    waited: Instant | None = None
    expectation: int = -1
    is_handled: bool = False
    talked: Instant = 0
    held: Instant = 0
    wrapped_up: Instant = 0
    agent: str = ""
    team: str = ""
    is_reply: bool = False
    has_come: bool = False


class Conversation(msgspec.Struct, array_like=True):
    """One conversation as it stands. Durations are in microseconds, ``open_`` those of open time.

    Args:
        last_at: the last message or call, by which threads are told apart.
        messaged_at: the last message, by which contacts are.
        topic_told: the last topic that was told; ``topic_tag``: the first tag.
        channel_in: where the customer speaks now.
        invited: channels that the brand asked the customer to.
        offer: the channel of an offer that was not taken yet.
        handler: human or bot, who has it; empty: nobody yet.
        contacts_since: how many there were since it was resolved, or opened.
        contacts_resolved: how many the last resolution took.
        has_come: whether the customer ever said in it what wants an answer.
        span_at: since when the conversation counts as open and assigned to ``span_agent``.
        due_at: when the open turn's answer is due, until that has passed.
        implied_at: when silence will settle it.
    """

    id: bytes
    opened_at: Instant
    brand: str
    channel: str
    last_at: Instant
    personas: list[str] = []
    channels: list[str] = []
    agents: list[str] = []
    resolved_at: Instant | None = None
    resolved_by: str = ""
    open_resolution: Instant = 0
    reopened: int = 0
    messages_in: int = 0
    messages_out: int = 0
    messages_bot: int = 0
    messaged_at: Instant | None = None
    topic_told: str = ""
    topic_tag: str = ""
    urgency: str = ""
    turn: Turn | None = None
    turns: int = 0
    turns_answered: int = 0
    turns_due: int = 0
    turns_overdue: int = 0
    first_inbound_at: Instant | None = None
    first_response: Instant | None = None
    open_first_response: Instant = 0
    first_agent: str = ""
    first_team: str = ""
    next_responses: int = 0
    next_response_sum: Instant = 0
    open_next_response_sum: Instant = 0
    channel_in: str = ""
    invited: list[str] = []
    moves: int = 0
    moves_invited: int = 0
    offer: str = ""
    offered: int = 0
    accepted: int = 0
    handler: str = ""
    agent: str = ""
    team: str = ""
    bot: str = ""
    handoffs: int = 0
    handoffs_to_human: int = 0
    persons_requested: int = 0
    bot_gave_up: int = 0
    bot_resolved: int = 0
    contact: Contact | None = None
    is_contact_over: bool = False
    contacts: int = 0
    contacts_since: int = 0
    contacts_resolved: int = 0
    call: Contact | None = None
    calls: int = 0
    calls_abandoned: int = 0
    queued: int = 0
    handled: int = 0
    waited: Instant = 0
    talked: Instant = 0
    held: Instant = 0
    wrapped_up: Instant = 0
    span_at: Instant | None = None
    span_agent: str = ""
    span_team: str = ""
    spans: int = 0
    has_come: bool = False
    due_at: Instant = NEVER
    implied_at: Instant = NEVER

    @property
    def topic(self) -> str:
        """What it is about, as far as is known."""
        return self.topic_told or self.topic_tag


class ConversationsState(msgspec.Struct, array_like=True):
    """One customer's conversations, and which of them threads without an id belong to.

    Args:
        threads: brand and channel -> conversation.
        invites: brand and channel -> when the brand last asked the customer there.
        personas: what the customer holds now.
    """

    known: dict[bytes, Conversation] = {}
    threads: dict[str, bytes] = {}
    invites: dict[str, Instant] = {}
    personas: list[str] = []
    wake: Instant = NEVER


def listed(names: list[str], name: str) -> None:
    """Add a name that is not there yet, as long as there is room."""
    if name and name not in names and len(names) < LISTED_MAX:
        names.append(name)


def wakes_at(talk: Conversation) -> Instant:
    """The next timer of a conversation, or NEVER."""
    due_at, implied_at = talk.due_at, talk.implied_at
    return due_at if due_at < implied_at else implied_at
