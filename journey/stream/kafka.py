"""What stands on Kafka: topics of the right shape, where they end, what their last messages say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import monotonic, sleep
from typing import Any

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    NewTopic,
    OffsetSpec,
)

from schemas.errors import StreamError

WAIT_S = 30.0  # for the broker to answer or to acknowledge
RETRY_S = 0.2
EXISTS = KafkaError.TOPIC_ALREADY_EXISTS
MESSAGE_BYTES_MAX = 4 * 1024 * 1024  # an event may have 1 MiB, and a block may end with one
TOPIC = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": str(MESSAGE_BYTES_MAX),
}
# Of a topic of which Kafka may drop what a later message of the same key replaced, after a day: who
# reads along misses nothing.
DAY_MS = 24 * 60 * 60 * 1000
REPLACING = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": str(DAY_MS),
    "segment.ms": str(DAY_MS),  # what is written to is never compacted
}
# Of every message of ours on `journey.log`, told in its headers:
LAST = "last"  # the last offset of its partition that the topic has, once it has this message
LEAF = "leaf"  # the hash of that event
THROUGH = "through"  # everything up to this position of the log was acknowledged before it
NAMED = "log"  # what tells this log from every other
BEFORE = "before"  # how many messages with events its partition had before: none of them may lack


def client(brokers: str, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What every client of ours is told."""
    return {"bootstrap.servers": brokers, "log_level": 2, **(settings or {})}


def producer(brokers: str, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What every producer of ours is told: in order and once, however often it has to try."""
    return client(brokers, settings) | {
        "enable.idempotence": True,
        # A message that is refused or waits too long ends it all: none after it may be taken.
        "enable.gapless.guarantee": True,
        "message.timeout.ms": 0,
        "delivery.report.only.error": True,
        "linger.ms": 5,
        "compression.type": "lz4",
        "message.max.bytes": MESSAGE_BYTES_MAX,
        "queue.buffering.max.messages": 200_000,
    }


def consumer(brokers: str, group: str, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a consumer is told that is assigned its partitions by us and commits by itself."""
    return client(brokers, settings) | {
        "group.id": group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
    }


def shapes(admin: AdminClient) -> dict[str, int]:
    """Every topic, and how many partitions it has.

    Raises:
        StreamError: the broker cannot be reached.
    """
    try:
        known = admin.list_topics(timeout=WAIT_S).topics
    except KafkaException as error:
        raise StreamError(
            f"Kafka cannot be reached ({error.args[0].str()}): see that the broker runs and that "
            "JOURNEY_KAFKA names it as host:port."
        ) from error
    return {topic: len(told.partitions) for topic, told in known.items()}


def make_topics(
    admin: AdminClient, wanted: Mapping[str, int], replacing: Collection[str] = ()
) -> None:
    """Make the topics that are missing, kept for ever.

    Args:
        wanted: topic -> how many partitions.
        replacing: of these topics only the last message of each key is kept for ever. One that
            exists stays as it is: Kafka would drop all of its messages that have no key.

    Raises:
        StreamError: the broker cannot be reached, or a topic has another shape.
    """
    known = shapes(admin)
    for topic, partitions in wanted.items():
        has = known.get(topic, 0)
        if not has:
            config = TOPIC | (REPLACING if topic in replacing else {})
            new = NewTopic(topic, partitions, config=config)
            try:
                admin.create_topics([new], request_timeout=WAIT_S)[topic].result()
            except KafkaException as error:
                if error.args[0].code() != EXISTS:  # another process made it just now
                    raise StreamError(
                        f"The topic {topic} could not be made ({error.args[0].str()}): make it "
                        f"with {partitions} partitions, or let this user make topics."
                    ) from error
            has = _shown(admin, topic)
        if has != partitions:
            raise StreamError(
                f"The topic {topic} has {has} partitions, the log {partitions}: delete the topic, "
                "or name another broker."
            )


def _shown(admin: AdminClient, topic: str) -> int:
    """How many partitions a topic has that was made just now; none if it never shows.

    That it exists is known before brokers tell of it, and take what is written there.
    """
    deadline = monotonic() + WAIT_S
    while not (partitions := shapes(admin).get(topic, 0)) and monotonic() < deadline:
        sleep(RETRY_S)
    return partitions


def ends(admin: AdminClient, topic: str, partitions: int) -> dict[int, int]:
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


def assigned(admin: AdminClient, group: str, topic: str) -> int:
    """How many partitions of a topic the members of a consumer group have.

    While they are being given out, all of them count as given.
    """
    try:
        told = admin.describe_consumer_groups([group], request_timeout=WAIT_S)[group].result()
    except KafkaException as error:
        raise StreamError(
            f"Kafka does not describe the group {group} ({error.args[0].str()}): try again, or let "
            "this user describe groups."
        ) from error
    if told.state != ConsumerGroupState.STABLE:
        return shapes(admin).get(topic, 0)
    places = [place for member in told.members for place in member.assignment.topic_partitions]
    return sum(place.topic == topic for place in places)


def committed(reader: Consumer, places: list[TopicPartition]) -> list[TopicPartition]:
    """How far a consumer's group has come. A broker that came back needs a while to tell.

    Raises:
        StreamError: it does not tell in time.
    """
    deadline = monotonic() + WAIT_S
    while True:
        try:
            return reader.committed(places, WAIT_S)
        except KafkaException as error:
            if monotonic() > deadline:
                raise StreamError(
                    f"Kafka does not tell how far readers came ({error.args[0].str()}): try again."
                ) from error
            sleep(RETRY_S)


def headers_of(message: Message) -> dict[str, str]:
    """The headers of a message of ours; of others, those that are texts."""
    told: Any = message.headers() or []
    return {key: (value or b"").decode(errors="replace") for key, value in told}


def last_messages(
    reader: Consumer, topic: str, ends: Mapping[int, int]
) -> dict[int, tuple[dict[str, str], bytes]]:
    """By partition, headers and value of the last message of ours, where there is one.

    Others may have written to the topic as well: their messages are passed over.
    """
    at = {partition: end - 1 for partition, end in ends.items() if end > 0}
    found: dict[int, tuple[dict[str, str], bytes]] = {}
    while at:
        reader.assign([TopicPartition(topic, p, offset) for p, offset in at.items()])
        for partition, message in _one_each(reader, topic, set(at)).items():
            headers = headers_of(message)
            if LAST in headers:
                found[partition] = (headers, message.value() or b"")
                del at[partition]
            elif at[partition] == 0:
                del at[partition]
            else:
                at[partition] -= 1
        reader.unassign()
    return found


def _one_each(reader: Consumer, topic: str, partitions: set[int]) -> dict[int, Message]:
    found: dict[int, Message] = {}
    number: Any
    while len(found) < len(partitions):
        message = reader.poll(WAIT_S)
        if message is None:
            raise StreamError(f"Kafka does not give the last messages of {topic}: try again.")
        if (refusal := message.error()) is not None:
            raise StreamError(f"Kafka does not give the last messages of {topic}: {refusal.str()}")
        number = message.partition()
        found.setdefault(number, message)
    return found
