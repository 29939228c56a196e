"""What a projection is: a value with pure steps. No time, no chance, no other table.

Steps own the state they are given: they may change it in place and return it. Whoever calls them
hands over a state that nobody else holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from projections.signs import Sign
from projections.tables import Row, Table
from schemas.event_id import hashed_id
from schemas.events import OutreachDecided
from schemas.fact import Fact
from schemas.recorded import Recorded
from schemas.times import Instant

S = TypeVar("S")

NEVER: Instant = 2**62  # no timer waits
_APART = ("started", "ended")  # they come beside the verdict about a step


class Act(NamedTuple):
    """A consequence to record: made once, whoever decides it and however often.

    Args:
        customer_id: in whose history it goes, before merges that came later.
        fact: what was decided; with trigger, cause and step it says which act this is.
    """

    customer_id: bytes
    occurred_at: Instant
    fact: OutreachDecided


class Change(msgspec.Struct, frozen=True, gc=False):
    """A row as it is from now on, published under the key in it."""

    table: str
    row: Row


class Step(msgspec.Struct, Generic[S], frozen=True, gc=False):
    """The outcome of one step.

    Args:
        rows: to publish.
        acts: to record.
        signs: for other projections of meaning, heard at once and in this order.
    """

    state: S
    rows: list[Change]
    acts: list[Act]
    signs: Sequence[Sign] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Generic[S]):
    """A fold over one customer's events.

    Args:
        name: stable; states and progress are kept under it.
        version: raise it and everything of it is rebuilt from the log.
        tables: what it publishes.
        state_type: a msgspec Struct; states are saved as its msgpack.
        initial: the state of a customer of whom nothing is known.
        evolve: one event, given the customer's id of today.
        wake_at: when the state wants to be woken, or NEVER.
        on_time: a timer that has come due, given the customer's id of today.
        reads: the types of events that change anything; None: all.
        hears: what the signs of other projections change, by their type.
    """

    name: str
    version: int
    tables: tuple[Table, ...]
    state_type: type[S]
    initial: Callable[[], S]
    evolve: Callable[[S, Recorded, bytes], Step[S]]
    wake_at: Callable[[S], Instant]
    on_time: Callable[[S, Instant, bytes], Step[S]]
    reads: Collection[type[Fact]] | None = None
    hears: Mapping[type[Sign], Callable[[S, Any, bytes], Step[S]]] = field(default_factory=dict)


AnyProjection = Projection[Any]


def by_wake(state: Any) -> Instant:
    """``wake_at`` of states that keep the time in a field ``wake``: looked at together, in C."""
    at: Instant = state.wake
    return at


def never(_: Any) -> Instant:
    """``wake_at`` of those that have no timers."""
    return NEVER


def act_id(fact: OutreachDecided) -> bytes:
    """The event id of a consequence: the same for the same trigger, cause and step.

    It rests on the customer whom the cause was recorded with, so a later merge changes nothing, and
    not on the rule's version, so a changed rule does not act a second time on an old cause. A step
    that is looked at again after it was held is another act; so is the end of a run.
    """
    parts = [fact.trigger, fact.cause_customer.hex(), fact.cause.hex(), str(fact.step)]
    # What older versions never said is left out, so that their acts keep their ids.
    told = (fact.matter, fact.attempt, fact.verdict if fact.verdict in _APART else "")
    if any(told):
        parts += [str(each) for each in told]
    return hashed_id(sha256(b"act\x00" + "\x00".join(parts).encode()).digest())
