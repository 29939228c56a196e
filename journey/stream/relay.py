"""``journey relay``: the log published to Kafka, each event once, in the order of its partition.

How far it came stands on Kafka alone: every block tells through which position all blocks and
messages before it were acknowledged, and the last message of a partition tells its last offset. So
a relay that was killed goes on where the broker says, and a topic that was lost is filled again.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Self

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from journey.log.batch import stream
from journey.log.recorder import read_only
from journey.stream import configured, kafka, wire
from journey.stream.by_customer import ByCustomer
from journey.stream.cutting import messages
from journey.stream.delivery import Delivery
from journey.stream.kafka import BEFORE, LAST, LEAF, NAMED, THROUGH
from journey.stream.registry import Registry
from journey.stream.wire import Row
from schemas.codec import Codec
from schemas.envelope import cut, decode
from schemas.errors import IntegrityError, WorkspaceBusy, WorkspaceError
from schemas.events import ConfigurationPublished
from schemas.recorded import recorded

ROUND_EVENTS = 50_000  # published before the next note of how far everything is acknowledged
WAIT_S = 30.0  # for the broker to acknowledge
ASK_AT_ONCE = 500
# Keys on `journey.log`: the next beat replaces one, and nothing ever replaces a block with events.
BEAT = b"beat"
KEY_BYTES = 16
BY_CUSTOMER = "relay.db"


class Published(NamedTuple):
    """How far Kafka has the log.

    Args:
        through: the position up to which it has everything.
        offsets: by topic and partition, the last offset.
        blocks: by partition, how many messages with events ``journey.log`` has; nothing where an
            earlier version did not count them.
    """

    through: int
    offsets: dict[tuple[str, int], int]
    blocks: dict[int, int]


class Relay:
    """Publishes one log. One relay a log at a time.

    Args:
        log: the file ``log.db``; it may have an owner who writes it meanwhile.
        brokers: ``host:port``, several with commas.
        registry: gives the ids of schemas.
        settings: more for the clients, as librdkafka names them.

    Raises:
        WorkspaceError: the log is empty or cannot be read.
        WorkspaceBusy: another relay publishes this log.
        StreamError: the broker cannot be reached, or the topics are of another shape.
        IntegrityError: Kafka has more, or another log than this one.
    """

    def __init__(
        self, log: Path, brokers: str, registry: Registry, settings: Mapping[str, Any] | None = None
    ) -> None:
        self._registry = registry
        self._schemas: dict[str, int | None] = {}
        self._codec = Codec()
        self._beaten: tuple[int | None, int] = (None, 0)
        with ExitStack() as opened:  # closes what was opened when something else cannot be
            lock = _only_one(log.parent / "relay.lock")
            opened.callback(os.close, lock)
            self._db = read_only(str(log))
            opened.callback(self._db.close)
            self.partitions, self.name = self._identity(log)
            admin = AdminClient(kafka.client(brokers, settings))
            wanted = dict.fromkeys((wire.LOG, wire.TOUCHPOINTS), self.partitions)
            kafka.make_topics(admin, wanted | {wire.CONFIGURATION: 1}, replacing=(wire.LOG,))
            reader = Consumer(kafka.consumer(brokers, "journey-relay", settings))
            try:
                self.published = _published(admin, reader, self.partitions, self.name, self._leaf)
                self._configured = configured.look(admin, reader, self.name).number
            finally:
                reader.close()
            if self.published.through > self._last_position():
                raise IntegrityError(
                    f"Kafka has this log up to position {self.published.through}, the log ends at "
                    f"{self._last_position()}: restore the newer log, or delete the topics."
                )
            if any(map(self._lacks, (wire.LOG, wire.TOUCHPOINTS))):
                self.published = self.published._replace(through=0)
            self._by_customer = ByCustomer(log.parent / BY_CUSTOMER, self.name, self._stored)
            opened.callback(self._by_customer.close)
            self._delivery = Delivery(
                brokers,
                WAIT_S,
                "start the relay again; it goes on where the broker says",
                settings,
            )
            self._opened = opened.pop_all()

    def publish(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """All that the log has and Kafka has not, acknowledged; how many events.

        Raises:
            StreamError: the broker did not acknowledge. What it has is found out by the next relay.
        """
        total = 0
        self._configurations()
        while self._by_customer.through < self.published.through:  # the file was lost, or is behind
            self._by_customer.add(self._rows(self._by_customer.through))
        while rows := self._rows(self.published.through):
            self._by_customer.add(rows)
            if any(row.type == ConfigurationPublished.TYPE for row in rows):
                self._configurations()
            self._public(rows)
            blocks: dict[int, list[Row]] = {}
            for row in rows:
                if row.offset > self._offset(wire.LOG, row.partition):
                    blocks.setdefault(row.partition, []).append(row)
            last = {row.partition: row.offset for row in rows}
            for partition, new in blocks.items():
                self._blocks(partition, new)
            self._delivery.acknowledged()
            for partition, offset in last.items():
                for topic in (wire.LOG, wire.TOUCHPOINTS):
                    known = self._offset(topic, partition)
                    self.published.offsets[topic, partition] = max(known, offset)
            self.published = self.published._replace(through=rows[-1].position)
            total += len(rows)
            progress(len(rows))
        return total

    def beat(self) -> bool:
        """Tell every partition how far time has come, if it has; whether it had.

        That is the time that the log promised last: none during an import, which holds time still.
        Nothing is told while the log has events that are not published: they lie before that time.
        """
        watermark = self._watermark()
        told = (watermark, self.published.through)
        if watermark is None or told == self._beaten:
            return False
        for partition in range(self.partitions):
            block = wire.Block(partition, watermark, [], [])
            self._send_block(block, self._offset(wire.LOG, partition))
        self._delivery.acknowledged()
        self._beaten = told
        return True

    def close(self) -> None:
        """Let another relay have the log."""
        self._opened.close()

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    # -- the log ----------------------------------------------------------------------------------

    def _identity(self, log: Path) -> tuple[int, str]:
        """How many partitions the log has, and what tells it from every other log."""
        try:
            fact = "SELECT value FROM log_facts WHERE name = 'partitions'"
            partitions = self._db.execute(fact).fetchone()
            first = self._db.execute("SELECT leaf FROM stored_events WHERE position = 1").fetchone()
        except sqlite3.OperationalError as error:
            raise WorkspaceError(
                f"{log} cannot be read ({error}): open it once with journey status."
            ) from error
        if partitions is None or first is None:
            raise WorkspaceError(f"{log} has no events yet: import something first.")
        return int(partitions[0]), first[0].hex()

    def _rows(self, after: int) -> list[Row]:
        found = self._db.execute(
            "SELECT position, originator_id, originator_version, topic, state FROM stored_events "
            "WHERE position > ? ORDER BY position LIMIT ?",
            (after, ROUND_EVENTS),
        )
        numbers = {stream(partition): partition for partition in range(self.partitions)}
        return [
            Row(p, numbers[name], offset, type_, s, cut(s)) for p, name, offset, type_, s in found
        ]

    def _last_position(self) -> int:
        return self._db.execute("SELECT MAX(position) FROM stored_events").fetchone()[0] or 0

    def _stored(self, position: int) -> bytes | None:
        """The stored bytes of an event."""
        return next((stored for _, stored in self._at([position])), None)

    def _leaf(self, partition: int, offset: int) -> str:
        """The hash of an event; empty if the log has none there."""
        row = self._db.execute(
            "SELECT leaf FROM stored_events WHERE originator_id = ? AND originator_version = ?",
            (stream(partition), offset),
        ).fetchone()
        return row[0].hex() if row else ""

    def _lacks(self, topic: str) -> bool:
        """Whether a topic has less than was acknowledged once: it was lost, all of it or a part."""
        for partition in range(self.partitions):
            rows = self._db.execute(
                "SELECT topic FROM stored_events "
                "WHERE originator_id = ? AND originator_version > ? AND position <= ?",
                (stream(partition), self._offset(topic, partition), self.published.through),
            )
            if any(topic == wire.LOG or wire.is_public(type_) for (type_,) in rows):
                return True
        return False

    def _watermark(self) -> int | None:
        """What the log promised; None if events came since, or there are unpublished ones."""
        self._db.execute("BEGIN")  # both as of one moment: an event may come in between
        try:
            floor = self._db.execute("SELECT value FROM log_facts WHERE name = 'floor'").fetchone()
            position, last = self._db.execute(
                "SELECT position, state FROM stored_events ORDER BY position DESC LIMIT 1"
            ).fetchone()
        finally:
            self._db.execute("ROLLBACK")
        if floor is None or position != self.published.through:
            return None
        promised = int(floor[0])
        return promised if promised >= decode(last).recorded_at else None

    def _at(self, positions: list[int]) -> Iterator[tuple[int, bytes]]:
        for start in range(0, len(positions), ASK_AT_ONCE):
            part = positions[start : start + ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            yield from self._db.execute(
                "SELECT position, state FROM stored_events "  # noqa: S608
                f"WHERE position IN ({marks}) ORDER BY position",
                part,
            )

    # -- Kafka ------------------------------------------------------------------------------------

    def _offset(self, topic: str, partition: int) -> int:
        return self.published.offsets.get((topic, partition), -1)

    def _configurations(self) -> None:
        """Those that are not on their own topic, acknowledged before anything that follows."""
        found = self._db.execute(
            "SELECT state FROM stored_events WHERE topic = ? AND originator_id = ? "
            "ORDER BY position",
            (ConfigurationPublished.TYPE, stream(0)),
        )
        for (stored,) in found.fetchall():
            fact = recorded(decode(stored), self._codec).fact
            if isinstance(fact, ConfigurationPublished) and fact.number > self._configured:
                headers = [(LAST, b"%d" % fact.number), (NAMED, self.name.encode())]
                self._delivery.send(wire.CONFIGURATION, 0, fact.document.encode(), headers)
                self._delivery.acknowledged()
                self._configured = fact.number

    def _public(self, rows: list[Row]) -> None:
        """Events for everybody, those that they do not have yet."""
        known = [self._offset(wire.TOUCHPOINTS, partition) for partition in range(self.partitions)]
        schemas = self._schemas
        for _, partition, offset, type_, stored, parts in rows:
            if type_ not in schemas:
                schemas[type_] = self._schema(type_)
            schema_id = schemas[type_]
            if schema_id is not None and offset > known[partition]:
                body = wire.framed(schema_id, wire.full_record(stored, parts))
                headers = [(LAST, b"%d" % offset)]
                self._delivery.send(wire.TOUCHPOINTS, partition, body, headers, parts.customer_id)

    def _schema(self, type_: str) -> int | None:
        """The id of a type's schema; none if the type is not for everybody."""
        if not wire.is_public(type_):
            return None
        return self._registry.id_of(wire.subject(type_), wire.full_schema(type_))

    def _blocks(self, partition: int, rows: list[Row]) -> None:
        for block, last in messages(partition, rows, self.partitions, self._history):
            self._send_block(block, last)

    def _history(self, customer: bytes, before: int) -> list[tuple[int, bytes]]:
        return list(self._at(self._by_customer.of(customer, before)))

    def _send_block(self, block: wire.Block, last: int) -> None:
        headers = [
            (THROUGH, b"%d" % self.published.through),
            (LAST, b"%d" % last),
            (LEAF, self._leaf(block.partition, last).encode()),
            (NAMED, self.name.encode()),
        ]
        blocks = self.published.blocks
        if (before := blocks.get(block.partition)) is not None:
            headers.append((BEFORE, b"%d" % before))
            blocks[block.partition] = before + (not block.is_beat)
        key = BEAT if block.is_beat else os.urandom(KEY_BYTES)
        self._delivery.send(wire.LOG, block.partition, wire.pack(block), headers, key)


def _published(
    admin: AdminClient,
    reader: Consumer,
    partitions: int,
    name: str,
    leaf: Callable[[int, int], str],
) -> Published:
    """What the last message of every partition says, if it says so of this log."""
    through, offsets = 0, dict[tuple[str, int], int]()
    blocks = dict.fromkeys(range(partitions), 0)
    for topic in (wire.LOG, wire.TOUCHPOINTS):
        ends = kafka.ends(admin, topic, partitions)
        for partition, (headers, value) in kafka.last_messages(reader, topic, ends).items():
            offsets[topic, partition] = int(headers[LAST])
            through = max(through, int(headers.get(THROUGH, 0)))
            if headers.get(NAMED, name) != name:
                raise IntegrityError(
                    f"The topic {topic} has another log than this one: name another broker, "
                    "or delete the topic."
                )
            last = offsets[topic, partition]
            if LEAF in headers and headers[LEAF] != leaf(partition, last):
                raise IntegrityError(
                    f"Kafka has another event {partition}/{last} than this log, which was an older "
                    "one and went on: restore the newer log, or delete the topics."
                )
            if topic == wire.LOG:
                del blocks[partition]
                if BEFORE in headers:
                    is_beat = wire.unpack(value).is_beat
                    blocks[partition] = int(headers[BEFORE]) + (not is_beat)
    return Published(through, offsets, blocks)


def _only_one(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise WorkspaceBusy(str(path.parent), "that relays it already") from None
    return lock
