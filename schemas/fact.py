"""A fact: what one event says, apart from its envelope. Frozen; an invalid one does not get in.

Fields marked ``Personal`` are erasable: they are stored sealed, and whoever reads without the key
sees ``UNSET`` in their place. No fold reads them. Fields marked ``DERIVED`` were computed at
ingest, not told by the source; they take no part in comparing two tellings of one event.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.times import Instant

T = TypeVar("T")

PERSONAL = "personal"
DERIVED = "derived"

Personal = Annotated[T | UnsetType, Meta(extra={PERSONAL: True})]
Derived = Annotated[T, Meta(extra={DERIVED: True})]

Identities = dict[str, list[str]]  # kind -> values, such as {"email": ["ann@example.com"]}


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The root of all event types. Every field has a default, so that contracts can grow.

    ``gc=False`` here and below: such objects never form circles, so none is looked for.
    """

    TYPE: ClassVar[str] = ""  # Stored for ever. Not the Python path.


class Touchpoint(Fact, frozen=True, kw_only=True):
    """One contact between one customer and the brand: the fields that every type shares."""

    channel: str = ""
    direction: str = ""  # inbound, outbound, internal
    brand: str = ""  # which of the business's names was meant; empty where there is one
    conversation: Derived[bytes] = b""  # keyed hash, 16 bytes, or none
    actor_kind: str = ""  # customer, human, bot, system
    actor: str = ""  # the id of an agent or bot; never of a customer
    team: str = ""
    topic: str = ""
    tags: list[str] = []
    urgency: str = ""
    intent: str = ""
    intent_method: Derived[str] = ""  # what derived the intent; empty when the source gave it
    received_at: Instant = 0  # when the source's collector had it; 0: not told

    message_id: Personal[str] = UNSET  # the source's own id: a tweet's id finds its author
    conversation_id: Personal[str] = UNSET
    identities: Personal[Identities] = UNSET
    correlation_id: Personal[str] = UNSET
    causation_id: Personal[str] = UNSET
    author: Personal[Identities] = UNSET  # where the words are of somebody else than the customer
    extra: Personal[dict[str, str]] = UNSET  # undeclared properties, each as JSON text


class Worded(Touchpoint, frozen=True, kw_only=True):
    """A touchpoint in words, and what its text tells, so that no fold has to read it.

    All of it was judged at ingest by the method ``assessed_by``, but for what ``given`` names. It
    is empty where there is no text, or where it was recorded before texts were judged.
    """

    language: Derived[str] = ""  # BCP 47, without a region; empty: unknown
    is_rated: Derived[bool] = False  # whether a sentiment is known
    sentiment: Derived[float] = 0.0  # -1 (bad) to 1 (good)
    topic_method: Derived[str] = ""  # what derived the topic; empty when the source gave it
    given: Derived[list[str]] = []  # the judgements that the source gave itself
    assessed_by: Derived[str] = ""  # method and version that judged the text


class BrandFact(Fact, frozen=True, kw_only=True):
    """What concerns the brand and no one customer: the fields that every such type shares.

    Its personal fields are sealed under a key of the workspace.
    """

    channel: str = ""
    brand: str = ""  # which of the business's names; empty where there is one
    actor_kind: str = ""  # customer (of whomever), human, bot, system
    actor: str = ""  # the id of an agent or bot
    team: str = ""
    topic: str = ""
    tags: list[str] = []
    received_at: Instant = 0

    message_id: Personal[str] = UNSET
    correlation_id: Personal[str] = UNSET
    causation_id: Personal[str] = UNSET
    author: Personal[Identities] = UNSET  # whose words these are
    extra: Personal[dict[str, str]] = UNSET
