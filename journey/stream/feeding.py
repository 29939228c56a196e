"""Which log the topics hold: what a worker must know before it may begin."""

from __future__ import annotations

from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from journey.stream import configured, kafka, wire
from schemas.errors import StreamError

SHOWN = 16  # digits of a log's name that tell it from others


class Told(NamedTuple):
    """What the topics say.

    Args:
        log: what tells the log from every other.
        topic: which of the topics that ever had the name this is.
        partitions: how many each has.
        number: of the newest published configuration.
        document: what it says.
    """

    log: str
    topic: str
    partitions: int
    number: int
    document: str

    def mark(self, rules: str) -> str:
        """Whose a database is that has this log's rows under these rules.

        Args:
            rules: what stands for them.
        """
        return f"{log_mark(self.log)} {self.topic} {rules}"


def log_mark(log: str) -> str:
    """How the mark of every database begins that workers fill from this log."""
    return f"log {log[:SHOWN]}"


def group_of(place: str) -> str:
    """The consumer group of the workers that fill a database.

    Args:
        place: which database; see ``DriverAnalytics.place``.
    """
    return f"journey-worker-{place.rpartition(' ')[2]}"


def told(brokers: str) -> Told:
    """What stands on Kafka; the topics that workers write to are made.

    Raises:
        StreamError: the broker cannot be reached, or no relay has published yet.
    """
    admin = AdminClient(kafka.client(brokers))
    partitions = kafka.shapes(admin).get(wire.LOG)
    if not partitions:  # or it is being made
        raise StreamError(
            f"There is no topic {wire.LOG} yet: start 'journey relay' first, which makes it."
        )
    kafka.make_topics(admin, {wire.ACTS: partitions, wire.QUARANTINE: 1})
    reader = Consumer(kafka.consumer(brokers, "journey-look"))
    try:
        ends = kafka.ends(admin, wire.LOG, partitions)
        logs = {h[kafka.NAMED] for h, _ in kafka.last_messages(reader, wire.LOG, ends).values()}
    finally:
        reader.close()
    if not logs:
        raise StreamError(
            f"The topic {wire.LOG} is empty: let 'journey relay' publish a log first."
        )
    log = logs.pop()
    newest = configured.newest(brokers, log)
    return Told(log, _topic_id(admin), partitions, newest.number, newest.document)


def _topic_id(admin: AdminClient) -> str:
    try:
        found = admin.describe_topics(TopicCollection([wire.LOG]))[wire.LOG].result()
    except KafkaException as error:
        raise StreamError(
            f"Kafka does not describe {wire.LOG} ({error.args[0].str()}): try again, or let this "
            "user describe topics."
        ) from error
    return str(found.topic_id)
