"""One partition of the log, folded from Kafka by the same engine as everywhere.

Everything that a partition needs is in one file: its events, the histories that merges brought,
states, timers and rows on their way. It is a cache: fed from the topic's beginning, it is the same
again, row by row and stamp by stamp, because one message is always one step. So it does not matter
who folds, from where on, or whether two do.

A message is whole or absent in the file: the offset of the next one is in the same commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from journey.engine.customer import Placed
from journey.engine.engine import Engine
from journey.engine.store import Commit, StateStore
from journey.stream import wire
from journey.stream.acts import Outgoing
from journey.stream.kafka import BEFORE, LAST, NAMED
from projections.projection import Act
from projections.rulebook import Rulebook
from schemas.codec import Codec
from schemas.envelope import decode
from schemas.errors import ContractError, IntegrityError, StreamError, WorkspaceError
from schemas.events import ConfigurationPublished
from schemas.recorded import Recorded, recorded
from schemas.times import Instant

CACHE_KIB = 2 * 1024  # of each partition, and a worker may have all of them
CHECKPOINT_PAGES = 2_000
STEP_BITS: Final = 16  # one message gives its rows stamps from its offset shifted by so many bits
ASK_AT_ONCE = 500
# So the progress names the next message, and offset and position of the last event.
NEXT, OFFSET, POSITION, BLOCKS = "next", "offset", "position", "blocks"
EVENTS = (
    "CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, is_configuration INTEGER, "
    "stored BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS configurations ON events (position) WHERE is_configuration",
)


class Message(NamedTuple):
    """What the topic ``journey.log`` has at one offset of a partition."""

    offset: int
    headers: dict[str, str]
    value: bytes


class PartitionStore(StateStore):
    """The file of one partition; ``:memory:`` is its twin."""

    SYNCHRONOUS = "NORMAL"  # what a power cut takes comes from Kafka again, with the same stamps

    def __init__(self, path: str) -> None:
        super().__init__(path, CACHE_KIB, CHECKPOINT_PAGES)
        for statement in EVENTS:
            self._db.execute(statement)
        self._arrived: list[tuple[int, bool, bytes]] = []
        self._note: dict[str, Any] = {}

    def expect(self, events: Iterable[tuple[int, bool, bytes]], **note: int) -> None:
        """What the next commit brings with it: new events, and how far the topic was read."""
        self._arrived, self._note = list(events), note

    def adopt(self, customer: bytes, events: Sequence[tuple[int, bytes]], **note: int) -> None:
        """A history of another partition, which a merge will ask for."""
        self.expect(((position, False, stored) for position, stored in events), **note)
        history = [(customer, position) for position, _ in events]
        self.commit(Commit([], [], history, [], [], [], {}))

    def skip(self, **note: int) -> None:
        """Nothing but how far the topic was read."""
        self.expect((), **note)
        self.commit(Commit([], [], [], [], [], [], {}))

    def events(self, positions: Sequence[int]) -> dict[int, bytes]:
        """The stored events at these positions, as far as they are here."""
        found: dict[int, bytes] = {}
        for start in range(0, len(positions), ASK_AT_ONCE):
            part = positions[start : start + ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            found.update(
                self._db.execute(
                    f"SELECT position, stored FROM events WHERE position IN ({marks})",  # noqa: S608
                    part,
                )
            )
        return found

    def configurations(self) -> list[bytes]:
        """Every published configuration."""
        rows = self._db.execute(
            "SELECT stored FROM events WHERE is_configuration ORDER BY position"
        )
        return [row[0] for row in rows]

    def _write(self, change: Commit) -> None:
        super()._write(change)
        self._db.executemany("INSERT OR IGNORE INTO events VALUES (?,?,?)", self._arrived)
        self._db.executemany(
            "INSERT OR REPLACE INTO progress VALUES (?,?)", list(self._note.items())
        )
        self._arrived, self._note = [], {}


class _Piece:
    """What the engine asks of a log, answered from one partition's file."""

    def __init__(self, partition: int, store: PartitionStore, sender: Outgoing) -> None:
        self._partition, self._store, self._sender = partition, store, sender
        self._codec = Codec()
        self.last_recorded_at: Instant = 0

    def read(self, after: int, limit: int) -> list[tuple[int, Recorded]]:
        """Nothing: messages bring what is new."""
        return []

    def at(self, positions: Iterable[int]) -> list[Recorded]:
        """See ``EventLog.at``."""
        asked = list(positions)
        found = self._store.events(asked)
        if missing := [position for position in asked if position not in found]:
            raise IntegrityError(
                f"The event at position {missing[0]} is missing in the file of partition "
                f"{self._partition}: delete the file, and it is made again from Kafka."
            )
        return [self.event(found[position]) for position in asked]

    def record(self, acts: Sequence[Act], tracking: tuple[str, int] | None = None) -> int:
        """See ``EventLog.record``: sent to the one writer, who knows which are new."""
        self._sender.acts(self._partition, acts)
        return len(acts)

    def published(self) -> list[Recorded]:
        """See ``Source.published``."""
        return [self.event(stored) for stored in self._store.configurations()]

    def last_position(self) -> int:
        """As far as it was folded: messages bring what is new."""
        return int(self._store.progress().get("checkpoint", 0))

    def now(self) -> Instant:
        """See ``EventLog.now``: messages say how far time is."""
        return self.last_recorded_at

    def event(self, stored: bytes) -> Recorded:
        """A stored event as folds see it."""
        return recorded(decode(stored), self._codec)


class PartitionFold:
    """Folds one partition, message by message.

    Args:
        partition: which one.
        log: what tells the log from every other.
        store: its file; closed with this.
        document: the newest configuration when the worker began.
        number: its number. One that comes with a higher number ends the worker, unless its states
            rest on nothing that changed.

    Raises:
        WorkspaceError: the file was made under other rules.
    """

    def __init__(
        self,
        partition: int,
        log: str,
        store: PartitionStore,
        sender: Outgoing,
        document: str,
        number: int = 0,
    ) -> None:
        self.partition, self.store = partition, store
        self._log, self._sender = log, sender
        self._document, self._number = document, number
        self._piece = _Piece(partition, store, sender)
        self._engine = Engine(self._piece, store, None, document)
        self._is_in_doubt = False
        self.next, self._blocks, self._last, self._position = 0, 0, -1, 0
        self._recover()

    @property
    def watermark(self) -> Instant:
        """How far time has come here."""
        return self._engine.decisions

    def take(self, message: Message) -> int:
        """One message, the next of its partition; how many events were new.

        What cannot be read is sent to quarantine, and the partition goes on. A message that was
        folded already changes nothing.

        Raises:
            StreamError: messages before it are missing, or are of another log.
            WorkspaceError: a newer configuration was published, under which nothing here was made.
        """
        if self._is_in_doubt:
            self._engine.resume()
            self._recover()
        if message.offset < self.next:
            self._see_that_it_was_folded(message)
            return 0
        told = message.headers.get(BEFORE, "")
        before = int(told) if told.isdecimal() else None
        # Of beats only the last is kept. Who counts none has a topic in which none is replaced.
        if message.offset > self.next and before != self._blocks:
            raise StreamError(
                f"Message {self.next} of partition {self.partition} of {wire.LOG} is missing: "
                "delete the topics, and let the relay fill them again."
            )
        self._is_in_doubt = True  # until it is whole: after a failure memory is not believed
        new = self._step(message, before)
        self.next = message.offset + 1
        self._is_in_doubt = False
        return new

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    # -- inside -----------------------------------------------------------------------------------

    def _recover(self) -> None:
        """Find out from the file how far it was folded."""
        self.store.expect(())
        progress = self.store.progress()
        self.next = int(progress.get(NEXT, 0))
        self._blocks = int(progress.get(BLOCKS, 0))
        self._last = int(progress.get(OFFSET, -1))
        self._position = int(progress.get(POSITION, 0))

    def _see_that_it_was_folded(self, message: Message) -> None:
        """A message that comes again brings nothing new; in a topic made anew it would."""
        told = message.headers.get(LAST, "")
        if message.headers.get(NAMED) == self._log and told.isdecimal() and int(told) > self._last:
            raise StreamError(
                f"The topic {wire.LOG} was made again: start the worker again, on an empty "
                "database."
            )

    def _step(self, message: Message, before: int | None) -> int:
        note = {NEXT: message.offset + 1}
        revision = (message.offset + 1) << STEP_BITS
        block = self._block(message)
        if before is not None:
            self._blocks = before + (block is None or not block.is_beat)
            note[BLOCKS] = self._blocks
        if block is None:
            self.store.skip(**note)
        elif block.of:
            events = list(zip(block.positions, block.events, strict=True))
            self.store.adopt(block.of, events, **note)
        elif block.is_beat:
            self._piece.last_recorded_at = block.watermark
            self._engine.pass_time(block.watermark, revision)
            self.store.skip(**note)
        else:
            return self._fold(block, message, note, revision)
        return 0

    def _block(self, message: Message) -> wire.Block | None:
        """The block, unless it cannot be read."""
        named = message.headers.get(NAMED)
        try:
            if named is None:
                raise ContractError("It does not say whose log it is: no relay wrote it.")
            block = wire.unpack(message.value)
        except ContractError as error:
            self._refuse(message, str(message.offset), message.value, error)
            return None
        if named != self._log:
            raise StreamError(
                f"The topic {wire.LOG} has another log than before: name another database, or "
                "another broker."
            )
        return block

    def _fold(
        self, block: wire.Block, message: Message, note: dict[str, int], revision: int
    ) -> int:
        placed: list[Placed] = []
        arrived: list[tuple[int, bool, bytes]] = []
        for position, stored in zip(block.positions, block.events, strict=True):
            if position <= self._position:
                continue  # the relay sent it twice
            self._position = position
            try:
                event = self._piece.event(stored)
            except ContractError as error:
                self._refuse(message, f"{message.offset}, position {position}", stored, error)
                self._last += 1
                continue
            if event.offset != self._last + 1:
                raise StreamError(
                    f"Event {self.partition}/{self._last + 1} did not come before {event.place}: "
                    f"what had it is in {wire.QUARANTINE}; delete the topics, and let the relay "
                    "fill them again."
                )
            self._last = event.offset
            placed.append((position, event))
            is_configuration = isinstance(event.fact, ConfigurationPublished)
            if isinstance(event.fact, ConfigurationPublished):
                self._see_that_it_is_known(event.fact)
            arrived.append((position, is_configuration, stored))
        note |= {OFFSET: self._last, POSITION: self._position}
        if not placed:
            self.store.skip(**note)
            return 0
        self._piece.last_recorded_at = placed[-1][1].recorded_at
        self.store.expect(arrived, **note)
        self._engine.take(placed, revision)
        return len(placed)

    def _see_that_it_is_known(self, published: ConfigurationPublished) -> None:
        """Nothing is folded under other rules than all that is in the tables.

        What triggers do and say may change: states rest on none of it.
        """
        if published.number <= self._number or published.document == self._document:
            return
        if Rulebook(published.document).fingerprint != self._engine.rules.fingerprint:
            raise WorkspaceError(
                f"Configuration {published.number} was published, and these tables were made under "
                "one before it: start workers on an empty database, which they fill from the "
                "beginning; this one answers until then."
            )

    def _refuse(self, message: Message, where: str, value: bytes, error: ContractError) -> None:
        self._sender.unreadable(
            value,
            {
                "topic": wire.LOG,
                "partition": str(self.partition),
                "offset": where,
                "reason": str(error),
            },
        )
