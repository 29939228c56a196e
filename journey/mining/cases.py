"""Cases: which events of the log belong together, and in which order.

Rule 1: the log tells, not the tables: only there stands the order of equal times.
Rule 2: memory holds one customer's history, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple, cast

from journey.bootstrap import Workspace
from journey.engine.store import StateReader
from journey.log.reading import ClearReader
from schemas.events import Custom
from schemas.fact import Touchpoint
from schemas.recorded import Recorded

READ_AT_ONCE = 2_000


class By(StrEnum):
    """What a case is."""

    CUSTOMER = "customer"
    CONVERSATION = "conversation"


class Activity(StrEnum):
    """What an event is called."""

    TYPE = "type"
    NAME = "name"


class Case(NamedTuple):
    """Events in the order of meaning.

    Args:
        id: of the customer or of the conversation.
        customer: whose it is, today.
    """

    id: str
    customer: str
    events: list[Recorded]


def cases(
    workspace: Workspace, by: By, after_each: Callable[[int], None] = lambda _: None
) -> Iterator[Case]:
    """All cases, ordered by customer; the engine has caught up.

    Touchpoints alone are events of a case: what the engine itself records is left out. With
    conversations as cases, so is what belongs to none that a source named.

    Args:
        after_each: told how many touchpoints more were looked at.
    """
    for customer, events in histories(workspace.log, workspace.store):
        after_each(len(events))
        whose = customer.hex()
        if by is By.CUSTOMER:
            yield Case(whose, whose, events)
            continue
        apart: dict[bytes, list[Recorded]] = {}
        for event in events:
            apart.setdefault(cast(Touchpoint, event.fact).conversation, []).append(event)
        apart.pop(b"", None)
        for conversation, part in apart.items():
            yield Case(conversation.hex(), whose, part)


def histories(log: ClearReader, store: StateReader) -> Iterator[tuple[bytes, list[Recorded]]]:
    """Every customer's touchpoints in the order of meaning, those of merged ones included."""
    for customer, found in groupby(_events(log, store), key=lambda pair: pair[0]):
        events = [event for _, event in found if event.is_touchpoint]
        if events:
            yield customer, sorted(events, key=lambda event: event.order)


def _events(log: ClearReader, store: StateReader) -> Iterator[tuple[bytes, Recorded]]:
    batch: list[tuple[bytes, int]] = []
    for place in store.histories():
        batch.append(place)
        if len(batch) == READ_AT_ONCE:
            yield from _read(log, batch)
            batch = []
    yield from _read(log, batch)


def _read(log: ClearReader, batch: list[tuple[bytes, int]]) -> Iterator[tuple[bytes, Recorded]]:
    events = log.at([position for _, position in batch])
    return zip((customer for customer, _ in batch), events, strict=True)


def activity_of(event: Recorded, activity: Activity) -> str:
    """What an event is called: a custom one by its name; others by type, or by name if asked."""
    fact = event.fact
    if activity is Activity.NAME or isinstance(fact, Custom):
        name: str = getattr(fact, "name", "")
        if name:
            return name
    return event.type.partition(".")[0]
