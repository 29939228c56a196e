"""What workers decide, on its way to the one writer of the log: the topic ``journey.acts``.

A worker waits until its acts are acknowledged before it commits the state that made them. The
writer records each once by its id, however often it comes, and only then moves on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from journey.stream import kafka, wire
from journey.stream.delivery import Delivery
from projections.projection import Act
from schemas.codec import Codec
from schemas.errors import ContractError, StreamError
from schemas.events import OutreachDecided

GROUP = "journey-recorder"
AT_ONCE = 1_000  # acts recorded in one transaction
ACKNOWLEDGED_MAX_S = 120.0  # a broker that restarts is waited for


class _Told(msgspec.Struct, array_like=True, frozen=True):
    """One act as a message."""

    customer_id: bytes
    occurred_at: int
    type: str
    payload: bytes


class Outgoing(Protocol):
    """Takes what leaves a partition; on its way for good when a call returns."""

    def acts(self, partition: int, acts: Sequence[Act]) -> None:
        """What was decided in a partition."""

    def unreadable(self, value: bytes, headers: Mapping[str, str]) -> None:
        """What cannot be read, as it came; ``headers`` tell where it came from and why."""


class Sender:
    """``Outgoing`` on Kafka.

    Args:
        brokers: ``host:port``, several with commas.
        log: what tells the log from every other.
        settings: more for the client, as librdkafka names it.
    """

    def __init__(self, brokers: str, log: str, settings: Mapping[str, Any] | None = None) -> None:
        self._log = log
        self._delivery = Delivery(
            brokers,
            ACKNOWLEDGED_MAX_S,
            "start the worker again; it goes on where it was",
            settings,
        )
        self._codec = Codec()

    def acts(self, partition: int, acts: Sequence[Act]) -> None:
        """Send what was decided in a partition; acknowledged when this returns."""
        for act in acts:
            payload, _ = self._codec.encode(act.fact)
            told = _Told(act.customer_id, act.occurred_at, act.fact.TYPE, payload)
            headers = [(kafka.NAMED, self._log.encode())]
            self._delivery.send(wire.ACTS, partition, msgspec.msgpack.encode(told), headers)
        self._delivery.acknowledged()

    def unreadable(self, value: bytes, headers: Mapping[str, str]) -> None:
        """Keep what cannot be read, as it came; acknowledged when this returns.

        Args:
            headers: where it came from and why it was refused.
        """
        told = [(name, text.encode()) for name, text in headers.items()]
        self._delivery.send(wire.QUARANTINE, 0, value, told)
        self._delivery.acknowledged()


class Inbox:
    """Acts that wait to be recorded.

    Those of another log are passed over: its topics are gone, else the relay of this one would not
    have begun. Who folds that log again decides them again.

    Args:
        brokers: ``host:port``, several with commas.
        log: what tells the log from every other.
        partitions: of the topic, which is there.
        settings: more for the client, as librdkafka names it.
    """

    def __init__(
        self, brokers: str, log: str, partitions: int, settings: Mapping[str, Any] | None = None
    ) -> None:
        self._log = log
        self._reader = Consumer(kafka.consumer(brokers, GROUP, settings))
        self._codec = Codec()
        self._read: dict[int, int] = {}
        asked = [TopicPartition(wire.ACTS, partition) for partition in range(partitions)]
        self._reader.assign(kafka.committed(self._reader, asked))

    def waiting(self, wait_s: float) -> list[Act]:
        """The next acts; none if none come in time.

        Raises:
            StreamError: the broker refuses, or a message is none of ours.
        """
        acts: list[Act] = []
        for message in self._reader.consume(AT_ONCE, wait_s):
            if (refusal := message.error()) is not None:
                raise StreamError(f"Kafka does not give what was decided: {refusal.str()}")
            place: Any = (message.partition(), message.offset())
            self._read[place[0]] = place[1] + 1
            if kafka.headers_of(message).get(kafka.NAMED, self._log) == self._log:
                acts.append(self._act(message.value() or b"", place))
        return acts

    def recorded(self) -> None:
        """All that was given is in the log.

        Raises:
            StreamError: the broker does not take note. It will come again, and change nothing.
        """
        if self._read:
            told = [TopicPartition(wire.ACTS, p, offset) for p, offset in self._read.items()]
            try:
                self._reader.commit(offsets=told, asynchronous=False)
            except KafkaException as error:
                raise StreamError(
                    f"Kafka does not note what was recorded ({error.args[0].str()}): see that the "
                    "broker runs, then start the relay again."
                ) from error
            self._read.clear()

    def close(self) -> None:
        """Let go of the connection."""
        self._reader.close()

    def _act(self, message: bytes, place: tuple[int, int]) -> Act:
        try:
            told = msgspec.msgpack.decode(message, type=_Told)
            fact = self._codec.decode(told.type, told.payload)
            if not isinstance(fact, OutreachDecided):
                raise ContractError(f"{told.type} is no decision")
        except (msgspec.DecodeError, ContractError) as error:
            raise StreamError(
                f"Message {place[1]} of partition {place[0]} of {wire.ACTS} is no decision "
                f"({error}): somebody else writes to the topic; see to it, then move the offset of "
                f"the group {GROUP} past it."
            ) from None
        return Act(told.customer_id, told.occurred_at, fact)
