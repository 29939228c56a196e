"""Everything that is folded, and the state of one customer that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from typing import Any, cast

import msgspec

from projections.configuration import Configuration, configuration, document
from projections.configuration.outreach import OutreachRules
from projections.conversations.projection import conversations
from projections.emotions import emotions
from projections.meaning import Meaning
from projections.outreach.runs import conditions, outreach
from projections.outreach.starts import starts
from projections.outreach.state import Published
from projections.outreach.unanswered import unanswered
from projections.pains.projection import pains
from projections.persona_facts import key_of
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
from schemas.times import SECOND, Instant

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
                starts(newest),
            )
        )
        self.tables = tables
        self.stale_after = newest.outreach.stale_after * SECOND

    def deciders(self, document: str, number: int) -> tuple[AnyProjection, ...]:
        """The triggers under a published configuration, as if it were the only one."""
        return _deciders(document, number, _Alone(document, number))

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
        return self.state_type(*[begin() for begin in self._initials])

    @cached_property
    def _initials(self) -> list[Callable[[], Any]]:
        """What makes the fields of such a state, in their order."""
        everything = (*self.meaning, *self.deciders(self.document, 0))
        return [Bookkeeping, *(projection.initial for projection in everything)]

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
        folded = msgspec.structs.replace(rules, triggers={}, templates={}, outreach=OutreachRules())
        made_of: list[Any] = [self.versions, document(folded), *([raised] if raised else [])]
        made_of += self._needed_by_triggers(rules)
        if rules.calendars:
            made_of.append(zones.VERSION)
        told = msgspec.json.encode(made_of, order="sorted")
        return sha256(told).hexdigest()

    def _needed_by_triggers(self, rules: Configuration) -> list[Any]:
        """What states must hold for the triggers; all else of them may change without a rebuild."""
        if not rules.asks_customers:
            return []
        facts = sorted({key_of(leaf) for leaf in conditions(rules)})
        stays = sorted(
            (name, trigger.start.stage, trigger.start.after)
            for name, trigger in rules.triggers.items()
            if trigger.start.stage and trigger.start.after
        )
        return [facts, stays]

    @property
    def shown(self) -> str:
        """The first digits of the fingerprint, enough to tell these rules from others."""
        return self.fingerprint[:SHOWN]


class History:
    """Which configuration was in force where: each is published in all partitions at once."""

    def __init__(self) -> None:
        self._published: dict[int, list[tuple[int, int, str]]] = {}
        self._since: dict[int, tuple[Instant, str]] = {}  # by number
        self._made: dict[tuple[str, int], tuple[AnyProjection, ...]] = {}

    def publish(self, event: Recorded) -> None:
        """Take note of a published configuration; a repeat changes nothing."""
        fact = cast(ConfigurationPublished, event.fact)
        entries = self._published.setdefault(event.partition, [])
        entry = (event.offset, fact.number, fact.document)
        if entry not in entries:
            entries.append(entry)
            entries.sort()
        if self._since.get(fact.number) != (event.recorded_at, fact.document):
            self._since[fact.number] = (event.recorded_at, fact.document)
            self._made.clear()

    def number(self, document: str) -> int:
        """The number under which a document was published last; 0 if it was not."""
        numbers = (n for n, (_, published) in self._since.items() if published == document)
        return max(numbers, default=0)

    def deciders(self, rules: Rulebook, event: Recorded) -> tuple[AnyProjection, ...]:
        """The triggers under the configuration in force when this event was recorded."""
        if event.partition not in self._published:  # a history that came here with a merge
            return self.deciders_at(rules, event.recorded_at)
        for offset, number, text in reversed(self._published[event.partition]):
            if offset < event.offset:
                return self._deciders(text, number)
        return self._deciders(rules.document, 0)

    def in_force(self, event: Recorded) -> tuple[int, str]:
        """Number and text of the configuration in force when this event was recorded; or 0."""
        for offset, number, text in reversed(self._published.get(event.partition, [])):
            if offset < event.offset:
                return number, text
        return 0, ""

    def document_at(self, at: Instant) -> str | None:
        """The configuration in force at a time of recording; None before the first."""
        for number in sorted(self._since, reverse=True):
            since, text = self._since[number]
            if since <= at:
                return text
        return None

    def numbered(self, number: int) -> Configuration | None:
        """A published configuration; None if there is none of that number."""
        found = self._since.get(number)
        return None if found is None else configuration(found[1])

    def documents(self) -> tuple[str, ...]:
        """The text of each published configuration, in their order."""
        return tuple(text for _, (_, text) in sorted(self._since.items()))

    def _deciders(self, document: str, number: int) -> tuple[AnyProjection, ...]:
        made = self._made.get((document, number))
        if made is None:
            made = self._made[document, number] = _deciders(document, number, self)
        return made

    def deciders_at(self, rules: Rulebook, at: Instant) -> tuple[AnyProjection, ...]:
        """The triggers that were in force at a time of recording."""
        for number in sorted(self._since, reverse=True):
            since, text = self._since[number]
            if since <= at:
                return self._deciders(text, number)
        return self._deciders(rules.document, 0)

    def newest(self, rules: Rulebook) -> tuple[AnyProjection, ...]:
        """The triggers as they are now; enough where only timers run."""
        return self._deciders(rules.document, 0)


class _Alone:
    """One configuration, as if it were the only one that was published."""

    def __init__(self, document: str, number: int) -> None:
        self._document, self._number = document, number

    def numbered(self, number: int) -> Configuration | None:
        return configuration(self._document) if number == self._number else None

    def documents(self) -> tuple[str, ...]:
        return (self._document,)


def _deciders(document: str, number: int, published: Published) -> tuple[AnyProjection, ...]:
    rules = configuration(document)
    return (unanswered(rules, number), outreach(rules, number, published))
