"""How far behind the relay and the workers are, counted in records of the log.

The last message of a partition says which record it ends with; so does the message before the one
that the workers' group comes to next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from journey.ports import Lag
from journey.stream import kafka, wire
from journey.stream.kafka import LAST, NAMED
from schemas.errors import JourneyError, StreamError

ANSWER_S = 5.0  # whoever asks how things stand does not wait long for a broker that is away


def lags(brokers: str, log: str, heads: Mapping[int, int], group: Callable[[], str]) -> list[Lag]:
    """How far relay and workers are.

    Args:
        log: its name.
        heads: of each partition of the log, how many records it has.
        group: tells the workers' consumer group; it may raise why it cannot.

    Raises:
        StreamError: the broker cannot be reached, or has another log.
    """
    admin = AdminClient(kafka.client(brokers))
    _is_there(admin)
    partitions = kafka.shapes(admin).get(wire.LOG, 0)
    if not partitions:
        return [Lag(wire.LOG, "relay", sum(heads.values()), "the topic is not made yet")]
    ends = kafka.ends(admin, wire.LOG, partitions)
    with closing(Consumer(kafka.consumer(brokers, "journey-look"))) as reader:
        published = _records(reader, ends, log)
    behind = sum(max(0, head - published.get(p, 0)) for p, head in heads.items())
    return [Lag(wire.LOG, "relay", behind), _of_workers(brokers, log, ends, published, group)]


def _of_workers(
    brokers: str,
    log: str,
    ends: Mapping[int, int],
    published: Mapping[int, int],
    group: Callable[[], str],
) -> Lag:
    try:
        name = group()
    except JourneyError as error:
        return Lag(wire.LOG, "workers", None, str(error))
    with closing(Consumer(kafka.consumer(brokers, name))) as reader:
        told = kafka.committed(reader, [TopicPartition(wire.LOG, p) for p in ends])
        come = {place.partition: place.offset for place in told if place.offset > 0}
        folded = _records(reader, come, log)
    behind = sum(head - folded.get(p, 0) for p, head in published.items())
    return Lag(wire.LOG, "workers", behind, "" if come else "no worker has begun")


def _records(reader: Consumer, ends: Mapping[int, int], log: str) -> dict[int, int]:
    """How many records of each partition there are up to these messages."""
    found = {}
    for partition, (headers, _) in kafka.last_messages(reader, wire.LOG, ends).items():
        if headers.get(NAMED, log) != log:
            raise StreamError(
                f"The topic {wire.LOG} has another log than this one: name another broker in "
                "JOURNEY_KAFKA."
            )
        found[partition] = int(headers[LAST]) + 1
    return found


def _is_there(admin: AdminClient) -> None:
    try:
        admin.list_topics(timeout=ANSWER_S)
    except KafkaException as error:
        raise StreamError(
            f"Kafka cannot be reached ({error.args[0].str()}): see that the broker runs and that "
            "JOURNEY_KAFKA names it as host:port."
        ) from error
