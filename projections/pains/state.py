"""What is known of one customer's pains: small, bounded, saved between events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from projections.projection import NEVER
from projections.signs import ChannelMoved
from schemas.times import Instant

# Beyond these the oldest are forgotten. Their rows stay as they are.
PAINS_MAX = 64
TALKS_MAX = 32
RESOLVED_MAX = 16
WAITS_MAX = 64
LISTED_MAX = 32  # facts, texts, channels of one conversation; invitations; messages counted
CAUSES_MAX = 8


class Pain(msgspec.Struct, array_like=True):
    """One pain, for as long as something may still change its row.

    Args:
        subject: the order or subscription it is about, by the hash that stands for it.
        causes: ids of the events behind it, the first ones.
        measure: what its severity rests on, where it is graded.
        contact_micros: what the extra contacts cost, in millionths of the currency unit.
        refund_micros: what was paid back, the same.
        currency: of both; empty: unknown.
    """

    id: bytes
    kind: str
    began_at: Instant
    severity: int
    stage: str
    personas: tuple[str, ...]
    conversation: bytes = b""
    subject: bytes = b""
    brand: str = ""
    channel: str = ""
    topic: str = ""
    team: str = ""
    agent: str = ""
    causes: list[bytes] = []
    is_assumed: bool = False
    measure: float = 0.0
    ended_at: Instant | None = None
    ended_by: str = ""
    ended_event: bytes = b""
    extra_contacts: int = 0
    contact_micros: int = 0
    refund_micros: int = 0
    refunds_elsewhere: int = 0
    currency: str = ""


class Talk(msgspec.Struct, array_like=True):
    """What pains must know of one conversation.

    Args:
        channel: where the customer wanted something last, at ``spoke_at``.
        last_at: the last that was heard of it, by which threads without an id are told apart.
        gave: kinds of facts that were given; ``known``: those given before the last hand-off.
        asked: the requests for a person since a person had a word; ``asked_by``: how, since the
            brand's last word.
        texts: fingerprint of an agent's text -> the messages that had it.
        retired: retired channels that the customer used in it.
        reopened_by: the event that opened it again, last.
        reopened_at: when that was, until the customer had a word.
    """

    brand: str = ""
    channel: str = ""
    topic: str = ""
    agent: str = ""
    team: str = ""
    last_at: Instant = -NEVER
    spoke_at: Instant = -NEVER
    is_open: bool = True
    gave: list[str] = []
    known: list[str] = []
    asked: list[bytes] = []
    asked_by: str = ""
    texts: dict[bytes, list[bytes]] = {}
    retired: list[str] = []
    reopened_by: bytes = b""
    reopened_at: Instant = -NEVER


class Resolved(msgspec.Struct, array_like=True):
    """A matter that was settled and did not come up again yet."""

    at: Instant
    conversation: bytes
    topic: str
    brand: str


class Wait(msgspec.Struct, array_like=True):
    """Something that should happen until ``due_at``, and what to say if it does not.

    Args:
        kind: of the pain that begins then.
        name: the order's key, else what stands for it.
        is_keyed: whether it was told which order it is.
    """

    kind: str
    name: bytes
    due_at: Instant
    event_id: bytes
    is_keyed: bool
    conversation: bytes = b""
    brand: str = ""
    channel: str = ""
    topic: str = ""
    team: str = ""
    agent: str = ""


class Contact(msgspec.Struct, array_like=True):
    """A contact that began with an event."""

    event_id: bytes
    conversation: bytes
    number: int
    is_invited: bool


class PainsState(msgspec.Struct, array_like=True):
    """One customer's pains, and what more may come of.

    Args:
        stage: where the customer stands since ``moved_at``, by the event ``moved_by``; ``before``:
            where they stood until then.
        threads: brand and channel -> conversation.
        contact: the last that began; ``moved``: the last move that was not invited.
        waits: in the order in which they began.
        delivered: keys and brands of orders, the last that arrived, each until it is placed.
        days: of messages under the cap, as days since year 1, the last of them.
        over_day: the last day with a pain for that.
        dismissed: invitation -> the events that dismissed it.
    """

    pains: dict[bytes, Pain] = {}
    talks: dict[bytes, Talk] = {}
    threads: dict[str, bytes] = {}
    contact: Contact | None = None
    moved: ChannelMoved | None = None
    resolved: list[Resolved] = []
    waits: list[Wait] = []
    delivered: list[tuple[bytes, str]] = []
    wake: Instant = NEVER
    stage: str = ""
    before: str = ""
    moved_at: Instant = 0
    moved_by: bytes = b""
    personas: tuple[str, ...] = ()
    zone: str = ""
    days: list[int] = []
    over_day: int = 0
    surveys: list[Instant] = []
    dismissed: dict[str, list[bytes]] = {}


def make_room(kept: dict[Any, Any], most: int) -> None:
    """Forget what was put in first, until there is room for one more."""
    while len(kept) >= most:
        del kept[next(iter(kept))]


def listed(names: list[str], more: Iterable[str]) -> None:
    """Add names that are not there yet, as long as there is room."""
    for name in more:
        if name and name not in names and len(names) < LISTED_MAX:
            names.append(name)
