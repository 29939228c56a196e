"""``journey relay``: the log published to Kafka, each event once, in the order of its partition.

How far it came stands on Kafka alone: every block tells through which position all blocks and
messages before it were acknowledged, and the last message of a partition tells its last offset. So
a relay that was killed goes on where the broker says, and a topic that was lost is filled again.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple, Self

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]

from journey.log.batch import stream
from journey.log.recorder import read_only
from journey.stream import wire
from journey.stream.registry import Registry
from schemas.envelope import decode
from schemas.errors import IntegrityError, StreamError, WorkspaceBusy, WorkspaceError

ROUND_EVENTS = 50_000  # published before the next note of how far everything is acknowledged
WAIT_S = 30.0  # for the broker to answer or to acknowledge
QUEUE_FULL_WAIT_S = 1.0
RETRY_S = 0.2
MESSAGE_BYTES_MAX = 4 * 1024 * 1024  # an event may have 1 MiB, and a block may end with one
TOPIC = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": str(MESSAGE_BYTES_MAX),
}
Headers = list[tuple[str, str | bytes | None]]
THROUGH, LAST, NAMED = "through", "last", "log"


class Row(NamedTuple):
    """One event as it lies in the log."""

    position: int
    partition: int
    offset: int
    type: str
    stored: bytes


class Published(NamedTuple):
    """How far Kafka has the log: a position, and by topic and partition the last offset."""

    through: int
    offsets: dict[tuple[str, int], int]


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
        self._schemas: dict[str, int] = {}
        self._failures: list[KafkaError] = []
        self._beaten: tuple[int | None, int] = (None, 0)
        common = {"bootstrap.servers": brokers, "log_level": 2, **(settings or {})}
        with ExitStack() as opened:  # closes what was opened when something else cannot be
            lock = _only_one(log.parent / "relay.lock")
            opened.callback(os.close, lock)
            self._db = read_only(str(log))
            opened.callback(self._db.close)
            self._partitions, self._name = self._identity(log)
            admin = AdminClient(common)
            _make_topics(admin, self._partitions)
            self.published = _published(admin, common, self._partitions, self._name)
            if self.published.through > self._last_position():
                raise IntegrityError(
                    f"Kafka has this log up to position {self.published.through}, the log ends at "
                    f"{self._last_position()}: restore the newer log, or delete the topics."
                )
            self._producer = Producer(
                {
                    **common,
                    "enable.idempotence": True,
                    "delivery.report.only.error": True,
                    "linger.ms": 5,
                    "compression.type": "lz4",
                    "message.max.bytes": MESSAGE_BYTES_MAX,
                    "queue.buffering.max.messages": 200_000,
                }
            )
            self._opened = opened.pop_all()

    def publish(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """All that the log has and Kafka has not, acknowledged; how many events.

        Raises:
            StreamError: the broker did not acknowledge. What it has is found out by the next relay.
        """
        total = 0
        while rows := self._rows(self.published.through):
            blocks: dict[int, list[tuple[int, bytes]]] = {}
            for row in rows:
                self._public(row)
                if row.offset > self._offset(wire.LOG, row.partition):
                    blocks.setdefault(row.partition, []).append((row.position, row.stored))
            last = {row.partition: row.offset for row in rows}
            for partition, events in blocks.items():
                self._blocks(partition, events, last[partition])
            self._acknowledged()
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

        Nothing is told while the log has events that are not published: they lie before that time.
        """
        watermark = self._watermark()
        told = (watermark, self.published.through)
        if watermark is None or told == self._beaten:
            return False
        for partition in range(self._partitions):
            block = wire.Block(partition, watermark, [], [])
            self._send_block(block, self._offset(wire.LOG, partition))
        self._acknowledged()
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
        numbers = {stream(partition): partition for partition in range(self._partitions)}
        return [Row(p, numbers[name], offset, type_, s) for p, name, offset, type_, s in found]

    def _last_position(self) -> int:
        return self._db.execute("SELECT MAX(position) FROM stored_events").fetchone()[0] or 0

    def _watermark(self) -> int | None:
        """What the log promised, or the time of its last event; None if it has unpublished ones."""
        self._db.execute("BEGIN")  # both as of one moment: an event may come in between
        try:
            floor = self._db.execute("SELECT value FROM log_facts WHERE name = 'floor'").fetchone()
            position, last = self._db.execute(
                "SELECT position, state FROM stored_events ORDER BY position DESC LIMIT 1"
            ).fetchone()
        finally:
            self._db.execute("ROLLBACK")
        if position != self.published.through:
            return None
        return max(int(floor[0]) if floor else 0, decode(last).recorded_at)

    # -- Kafka ------------------------------------------------------------------------------------

    def _offset(self, topic: str, partition: int) -> int:
        return self.published.offsets.get((topic, partition), -1)

    def _public(self, row: Row) -> None:
        """One event for everybody."""
        if row.offset <= self._offset(wire.TOUCHPOINTS, row.partition):
            return
        if not wire.is_public(row.type):
            return
        envelope = decode(row.stored)
        schema_id = self._schemas.get(row.type)
        if schema_id is None:
            schema_id = self._registry.id_of(wire.subject(row.type), wire.full_schema(row.type))
            self._schemas[row.type] = schema_id
        self._send(
            wire.TOUCHPOINTS,
            row.partition,
            wire.framed(schema_id, wire.full_record(row.stored, envelope)),
            envelope.customer_id,
            [(LAST, b"%d" % row.offset)],
        )

    def _blocks(self, partition: int, events: list[tuple[int, bytes]], last: int) -> None:
        offset = last - len(events)
        for block in wire.cut(partition, events):
            offset += len(block.events)
            self._send_block(block, offset)

    def _send_block(self, block: wire.Block, last: int) -> None:
        headers: Headers = [
            (THROUGH, b"%d" % self.published.through),
            (LAST, b"%d" % last),
            (NAMED, self._name.encode()),
        ]
        self._send(wire.LOG, block.partition, wire.pack(block), None, headers)

    def _send(
        self,
        topic: str,
        partition: int,
        body: bytes,
        key: bytes | None,
        headers: Headers,
    ) -> None:
        while True:
            try:
                self._producer.produce(
                    topic,
                    body,
                    key,
                    partition,
                    self._failed,
                    headers=headers,
                )
                return
            except BufferError:  # it is full: wait until the broker has taken some
                self._producer.poll(QUEUE_FULL_WAIT_S)

    def _failed(self, error: KafkaError | None, _: object) -> None:
        if error is not None:
            self._failures.append(error)

    def _acknowledged(self) -> None:
        left = self._producer.flush(WAIT_S)
        if self._failures or left:
            why = self._failures[0].str() if self._failures else f"{left} messages wait"
            raise StreamError(
                f"Kafka did not acknowledge in time ({why}): see that the broker runs, then start "
                "the relay again; it goes on where the broker says."
            )


def _only_one(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise WorkspaceBusy(str(path.parent), "that relays it already") from None
    return lock


def _make_topics(admin: AdminClient, partitions: int) -> None:
    try:
        known = admin.list_topics(timeout=WAIT_S).topics
    except KafkaException as error:
        raise StreamError(
            f"Kafka cannot be reached ({error.args[0].str()}): see that the broker runs and that "
            "JOURNEY_KAFKA names it as host:port."
        ) from error
    for topic in (wire.LOG, wire.TOUCHPOINTS):
        found = known.get(topic)
        if found is None:
            wanted = NewTopic(topic, partitions, config=TOPIC)
            try:
                admin.create_topics([wanted], request_timeout=WAIT_S)[topic].result()
            except KafkaException as error:
                raise StreamError(
                    f"The topic {topic} could not be made ({error.args[0].str()}): make it with "
                    f"{partitions} partitions, or let this user make topics."
                ) from error
        elif len(found.partitions) != partitions:
            raise StreamError(
                f"The topic {topic} has {len(found.partitions)} partitions, the log "
                f"{partitions}: delete the topic, or name another broker."
            )


def _published(
    admin: AdminClient, common: Mapping[str, Any], partitions: int, name: str
) -> Published:
    """What the last message of every partition says."""
    consumer = Consumer({**common, "group.id": "journey-relay", "enable.auto.commit": False})
    try:
        through, offsets = 0, dict[tuple[str, int], int]()
        for topic in (wire.LOG, wire.TOUCHPOINTS):
            ends = _ends(admin, topic, partitions)
            for partition, headers in _last_headers(consumer, topic, ends).items():
                offsets[topic, partition] = int(headers[LAST])
                through = max(through, int(headers.get(THROUGH, 0)))
                if headers.get(NAMED, name) != name:
                    raise IntegrityError(
                        f"The topic {topic} has another log than this one: name another broker, "
                        "or delete the topic."
                    )
        return Published(through, offsets)
    finally:
        consumer.close()


def _ends(admin: AdminClient, topic: str, partitions: int) -> dict[int, int]:
    """How many messages each partition has had. A topic made just now has no leaders yet."""
    asked = {
        TopicPartition(topic, p): OffsetSpec.latest()  # type: ignore[no-untyped-call]
        for p in range(partitions)
    }
    deadline = monotonic() + WAIT_S
    while True:
        try:
            told = admin.list_offsets(asked, request_timeout=WAIT_S)
            return {place.partition: answer.result().offset for place, answer in told.items()}
        except KafkaException as error:
            if monotonic() > deadline:
                raise StreamError(
                    f"Kafka does not tell where {topic} ends ({error.args[0].str()}): try again."
                ) from error
            sleep(RETRY_S)
            admin.list_topics(topic, timeout=WAIT_S)  # else it goes on with what it knew before


def _last_headers(
    consumer: Consumer, topic: str, ends: Mapping[int, int]
) -> dict[int, dict[str, str]]:
    """By partition, the headers of the last message of each that has one."""
    wanted = [TopicPartition(topic, p, end - 1) for p, end in ends.items() if end > 0]
    if not wanted:
        return {}
    consumer.assign(wanted)
    found: dict[int, dict[str, str]] = {}
    told: Any
    number: Any
    while len(found) < len(wanted):
        message = consumer.poll(WAIT_S)
        if message is None:
            raise StreamError(f"Kafka does not give the last messages of {topic}: try again.")
        if (refusal := message.error()) is not None:
            raise StreamError(f"Kafka does not give the last messages of {topic}: {refusal.str()}")
        told, number = message.headers() or [], message.partition()
        found[number] = {key: value.decode() for key, value in told}
    consumer.unassign()
    return found
