"""Messages on their way to Kafka: sent one by one, acknowledged together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from journey.stream import kafka
from schemas.errors import StreamError

QUEUE_FULL_WAIT_S = 1.0

Headers = Sequence[tuple[str, bytes]]


class Delivery:
    """A producer of which nothing is lost in silence.

    Args:
        brokers: ``host:port``, several with commas.
        wait_s: seconds that a broker which restarts is waited for.
        remedy: what the user can do when it stays away, as the end of a sentence.
        settings: more for the client, as librdkafka names it.
    """

    def __init__(
        self, brokers: str, wait_s: float, remedy: str, settings: Mapping[str, Any] | None = None
    ) -> None:
        self._producer = Producer(kafka.producer(brokers, settings))
        self._wait_s = wait_s
        self._remedy = remedy
        self._failures: list[KafkaError] = []

    def send(
        self,
        topic: str,
        partition: int,
        value: bytes,
        headers: Headers,
        key: bytes | None = None,
    ) -> None:
        """Put one message on its way.

        Raises:
            StreamError: the broker takes none, or not this one.
        """
        end = monotonic() + self._wait_s
        told: Any = headers
        while True:
            try:
                self._producer.produce(topic, value, key, partition, self._failed, headers=told)
                return
            except BufferError:  # it is full: wait until the broker has taken some
                self._producer.poll(QUEUE_FULL_WAIT_S)
                if monotonic() > end:
                    self.acknowledged()
            except KafkaException as error:  # it is too large, or one before it was refused
                self._failures.append(error.args[0])
                self.acknowledged()

    def acknowledged(self) -> None:
        """Wait until the broker has everything that was sent.

        Raises:
            StreamError: it has not, in time or for good.
        """
        left = self._producer.flush(self._wait_s)
        if self._failures or left:
            why = self._failures[0].str() if self._failures else f"{left} messages wait"
            raise StreamError(
                f"Kafka did not acknowledge in time ({why}): see that the broker runs, then "
                f"{self._remedy}."
            )

    def _failed(self, error: KafkaError | None, _: object) -> None:
        if error is not None:
            self._failures.append(error)
