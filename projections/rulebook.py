"""Everything that is folded, and the state of one customer that comes of it."""

from __future__ import annotations

from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, cast

import msgspec

from projections.configuration import configuration, document
from projections.conversations.projection import conversations
from projections.emotions import emotions
from projections.meaning import Meaning
from projections.outreach.unanswered import unanswered
from projections.pains.projection import pains
from projections.personas import personas
from projections.projection import NEVER, AnyProjection
from projections.resolutions import resolutions
from projections.scores import scores
from projections.stages import stages
from projections.stated import stated
from projections.tables import TABLES, Table
from projections.tenures import tenures
from schemas import zones
from schemas.events import ConfigurationPublished
from schemas.recorded import OrderKey, Recorded
from schemas.times import Instant

FORMAT = 1  # of a saved state; raise it when the fields of `Bookkeeping` change
SHOWN = 16


class Bookkeeping(msgspec.Struct, array_like=True):
    """What every customer's state carries beside the projections' own.

    Args:
        last: the order of the last event whose meaning was folded.
        fired: the last meaning timer that fired.
        until: the time up to which meaning timers have fired.
        touchpoints: how many were folded.
        is_gone: whether the customer became part of another.
    """

    last: OrderKey | None = None
    fired: Instant = -NEVER
    until: Instant = -NEVER
    touchpoints: int = 0
    is_gone: bool = False


class Rulebook:
    """The folds of today: meaning under the newest configuration, decisions under the one in force.

    Args:
        document: the newest published configuration.
        tables: what the folds publish.
    """

    def __init__(self, document: str, tables: tuple[Table, ...] = TABLES) -> None:
        self.document = document
        newest = configuration(document)
        self.meaning = Meaning(
            (
                emotions(newest),
                personas(newest),
                scores(newest),  # before stages: what moves the customer was in the one before
                stages(newest),
                conversations(newest),
                resolutions(newest),
                tenures(newest),
                pains(newest),
                stated(),
            )
        )
        self.tables = tables

    def deciders(self, document: str, number: int) -> tuple[AnyProjection, ...]:
        """The triggers under a published configuration."""
        return _deciders(document, number)

    @cached_property
    def state_type(self) -> Any:
        """The Struct of one customer's whole state: bookkeeping, then a field a projection."""
        everything = (*self.meaning, *self.deciders(self.document, 0))
        fields = [("book", Bookkeeping), *((p.name, p.state_type) for p in everything)]
        return msgspec.defstruct("CustomerState", fields, array_like=True)

    @cached_property
    def decoder(self) -> msgspec.msgpack.Decoder[Any]:
        """Reads saved states."""
        return msgspec.msgpack.Decoder(self.state_type)

    def initial(self) -> Any:
        """The state of a customer of whom nothing is known."""
        everything = (*self.meaning, *self.deciders(self.document, 0))
        return self.state_type(Bookkeeping(), *(p.initial() for p in everything))

    @property
    def versions(self) -> dict[str, int]:
        """The version of each projection; a saved state of other versions is rebuilt."""
        everything = (*self.meaning, *self.deciders(self.document, 0))
        return {"state": FORMAT} | {p.name: p.version for p in everything}

    @cached_property
    def fingerprint(self) -> str:
        """What a saved state rests on: states of another fingerprint must be made again."""
        # Tables count once one was raised: what was made before there was a second version stays.
        raised = {table.name: table.version for table in self.tables if table.version > 1}
        # With the defaults that an older document leaves out, so that other defaults are noticed.
        rules = configuration(self.document)
        made_of: list[Any] = [self.versions, document(rules), *([raised] if raised else [])]
        if rules.calendars:
            made_of.append(zones.VERSION)
        told = msgspec.json.encode(made_of, order="sorted")
        return sha256(told).hexdigest()

    @property
    def shown(self) -> str:
        """The first digits of the fingerprint, enough to tell these rules from others."""
        return self.fingerprint[:SHOWN]


class History:
    """Which configuration was in force where: each is published in all partitions at once."""

    def __init__(self) -> None:
        self._published: dict[int, list[tuple[int, int, str]]] = {}
        self._since: dict[int, tuple[Instant, str]] = {}  # by number

    def publish(self, event: Recorded) -> None:
        """Take note of a published configuration; a repeat changes nothing."""
        fact = cast(ConfigurationPublished, event.fact)
        entries = self._published.setdefault(event.partition, [])
        entry = (event.offset, fact.number, fact.document)
        if entry not in entries:
            entries.append(entry)
            entries.sort()
        self._since[fact.number] = (event.recorded_at, fact.document)

    def number(self, document: str) -> int:
        """The number under which a document was published last; 0 if it was not."""
        numbers = (n for n, (_, published) in self._since.items() if published == document)
        return max(numbers, default=0)

    def deciders(self, rules: Rulebook, event: Recorded) -> tuple[AnyProjection, ...]:
        """The triggers under the configuration in force when this event was recorded."""
        if event.partition not in self._published:  # a history that came here with a merge
            return self._at_the_time(rules, event.recorded_at)
        for offset, number, text in reversed(self._published[event.partition]):
            if offset < event.offset:
                return rules.deciders(text, number)
        return rules.deciders(rules.document, 0)

    def _at_the_time(self, rules: Rulebook, at: Instant) -> tuple[AnyProjection, ...]:
        """By time: a configuration is recorded later than all that was under another."""
        for number in sorted(self._since, reverse=True):
            since, text = self._since[number]
            if since <= at:
                return rules.deciders(text, number)
        return rules.deciders(rules.document, 0)

    def newest(self, rules: Rulebook) -> tuple[AnyProjection, ...]:
        """The triggers as they are now; enough where only timers run."""
        return rules.deciders(rules.document, 0)


@lru_cache(maxsize=64)
def _deciders(document: str, number: int) -> tuple[AnyProjection, ...]:
    return (unanswered(configuration(document), number),)
