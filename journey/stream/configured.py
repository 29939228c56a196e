"""Published configurations on Kafka: what a worker must know before it folds anything.

They are in every partition of ``journey.log`` as well, where they stand in order with the events.
But meaning is folded under the newest from the first event on, and that one comes last. So each is
also on a topic of its own, in one partition, before any event of ``journey.log`` that follows it.
"""

from __future__ import annotations

from typing import NamedTuple

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from journey.stream import kafka, wire
from schemas.errors import IntegrityError, StreamError


class Newest(NamedTuple):
    """The newest configuration on Kafka; its number is 0 if there is none yet."""

    number: int
    document: str


def look(admin: AdminClient, reader: Consumer, log: str) -> Newest:
    """The newest configuration on the topic, which is there.

    Args:
        log: what tells the log from every other.

    Raises:
        IntegrityError: those of another log are there.
    """
    ends = kafka.ends(admin, wire.CONFIGURATION, 1)
    for headers, value in kafka.last_messages(reader, wire.CONFIGURATION, ends).values():
        if headers.get(kafka.NAMED) != log:
            raise IntegrityError(
                f"The topic {wire.CONFIGURATION} has another log's than {wire.LOG}: name another "
                "broker, or delete the topic and start 'journey relay' again."
            )
        return Newest(int(headers[kafka.LAST]), value.decode())
    return Newest(0, "")


def newest(brokers: str, log: str) -> Newest:
    """The same, for a worker.

    Raises:
        StreamError: no relay has published it yet.
    """
    admin = AdminClient(kafka.client(brokers))
    found = Newest(0, "")
    if wire.CONFIGURATION in kafka.shapes(admin):
        reader = Consumer(kafka.consumer(brokers, "journey-look"))
        try:
            found = look(admin, reader, log)
        finally:
            reader.close()
    if not found.number:
        raise StreamError(
            f"There is no configuration on the topic {wire.CONFIGURATION} yet: start 'journey "
            "relay' first, which publishes it."
        )
    return found
