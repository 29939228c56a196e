"""Signs: what one projection tells those after it, in the same step and about the same customer.

A sign is a finding, such as "this turn went unanswered until its expectation passed". It is made
again by every fold and is never stored. Whoever rests on it need not know how it was found.
"""

from __future__ import annotations

import msgspec

from schemas.times import Instant

NO_EVENT = b""  # time did it


class Sign(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The root of all signs.

    Args:
        at: when it became true.
        event_id: the event behind it; empty when time did it.
    """

    at: Instant
    event_id: bytes = NO_EVENT


class PersonasChanged(Sign, frozen=True, kw_only=True, gc=False):
    """The customer holds these personas from now on, sorted by name."""

    personas: tuple[str, ...]


class StageEntered(Sign, frozen=True, kw_only=True, gc=False):
    """The customer entered a stage."""

    stage: str
    previous: str
    cause: str


class TalkSign(Sign, frozen=True, kw_only=True, gc=False):
    """What is said of a conversation: the one it is, and where and about what it is now.

    Args:
        channel: of the message behind the sign, else the conversation's last.
        topic: the conversation's topic so far: told, else its first tag; empty if unknown.
    """

    conversation: bytes
    brand: str = ""
    channel: str = ""
    topic: str = ""
    agent: str = ""
    team: str = ""


class ContactBegan(TalkSign, frozen=True, kw_only=True, gc=False):
    """A call, or the first inbound message after a gap that ends a contact.

    Args:
        number: 1 for the conversation's first contact since it was last resolved.
        is_invited: the brand had asked the customer to come here.
    """

    number: int
    is_invited: bool = False


class CustomerCame(TalkSign, frozen=True, kw_only=True, gc=False):
    """The customer came with something that wants an answer: told once a contact.

    That is a call by the customer, or a contact's first message that is no praise, thanks or spam.

    Args:
        is_first: whether it is the conversation's first such contact.
        is_reply: whether the brand began that conversation, and the customer answered it.
    """

    is_first: bool
    is_reply: bool = False


class TurnOpened(TalkSign, frozen=True, kw_only=True, gc=False):
    """The customer began a turn.

    Args:
        due_at: when an answer is due; NEVER where none is (praise, thanks, spam).
    """

    due_at: Instant


class TurnOverdue(TalkSign, frozen=True, kw_only=True, gc=False):
    """The expectation passed without an answer; ``at`` is that time.

    Args:
        opened_at: when the turn began; with the conversation it says which turn.
        opened_by: the turn's first event.
    """

    opened_at: Instant
    opened_by: bytes


class TurnAnswered(TalkSign, frozen=True, kw_only=True, gc=False):
    """The turn got its answer.

    Args:
        waited_s: from the turn's first message to the answer, clock time.
        expectation_s: how long it might have taken; negative where none was due.
    """

    opened_at: Instant
    opened_by: bytes
    waited_s: float
    expectation_s: float


class TurnClosed(TalkSign, frozen=True, kw_only=True, gc=False):
    """The turn ended without an answer: the matter was resolved, or the customer withdrew it."""

    opened_at: Instant
    opened_by: bytes


class HandedOff(TalkSign, frozen=True, kw_only=True, gc=False):
    """Another agent, or a person after a bot, has the conversation from now on."""

    from_agent: str = ""


class ChannelMoved(TalkSign, frozen=True, kw_only=True, gc=False):
    """The conversation goes on on another channel.

    Args:
        from_channel: where it was before.
        is_invited: the brand had asked for it, or offered it and the customer accepted.
    """

    from_channel: str
    is_invited: bool


class TalkResolved(TalkSign, frozen=True, kw_only=True, gc=False):
    """The matter is settled.

    Args:
        is_implied: by silence after the last reply.
        contacts: how many it took since it was opened, or opened again.
    """

    is_implied: bool
    contacts: int


class TalkReopened(TalkSign, frozen=True, kw_only=True, gc=False):
    """A settled matter is open again."""


class QueueLeft(TalkSign, frozen=True, kw_only=True, gc=False):
    """A call left its queue.

    Args:
        waited_s: how long it was in the queue.
        is_abandoned: the customer hung up; else somebody took the call.
    """

    waited_s: float
    expectation_s: float
    is_abandoned: bool


class ScoreGiven(Sign, frozen=True, kw_only=True, gc=False):
    """The customer answered a survey, or gave stars.

    Args:
        metric: nps, csat, ces, review, or a survey's own name.
        share: 0 (worst) to 1 (best) of its scale, whatever direction the scale has.
        conversation: what it is about, told or assumed; none: it is not about one.
        agent: who had that conversation.
    """

    conversation: bytes = b""
    brand: str = ""
    channel: str = ""
    topic: str = ""
    agent: str = ""
    team: str = ""
    metric: str
    score: float
    scale_min: float
    scale_max: float
    share: float


class PainBegan(Sign, frozen=True, kw_only=True, gc=False):
    """A pain point of the customer began.

    Args:
        cause: the event that it is known by, also where time found it.
    """

    kind: str
    severity: int
    conversation: bytes = b""
    cause: bytes = b""


class PainEnded(Sign, frozen=True, kw_only=True, gc=False):
    """A pain point of the customer ended."""

    kind: str
    conversation: bytes = b""
