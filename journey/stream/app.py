"""The Faust app of a worker: which group it joins, and whom it tells of messages and partitions.

Of Faust's own features it leans on the consumer group alone: no tables, no leader, no topics.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from threading import Timer
from typing import Any, NamedTuple, Protocol

import faust

from journey.stream import wire

SESSION_S = 6.0  # a worker that was killed is missed after this long
HEARTBEAT_S = 2.0
COMMIT_S = 1.0
BUFFER_MESSAGES = 64  # a block may have 1 MB
STOP_S = 20.0  # to leave the group; the broker may be gone

# Else Python prints what they warn of: rebalances and retries, which are as they should be.
for _library in ("aiokafka", "faust", "mode"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


class Feed(NamedTuple):
    """What is folded, from where.

    Args:
        brokers: ``host:port``, several with commas.
        log: what tells the log from every other.
        group: the workers that share the work: those of one database.
        document: the newest configuration.
        number: its number.
    """

    brokers: str
    log: str
    group: str
    document: str
    number: int = 0


class Folding(Protocol):
    """Whom the app tells."""

    async def take(self, stream: AsyncIterator[faust.Event]) -> None:
        """Messages as they come, for as long as they come."""

    async def assigned(self, partitions: Iterable[int]) -> None:
        """These partitions are ours, those that we have included."""

    async def revoked(self, partitions: Iterable[int]) -> None:
        """These are not ours any more."""


def build_app(worker: Folding, feed: Feed) -> faust.App:
    """The app, not started. Nothing of it is made when this file is imported."""
    brokers = [f"kafka://{broker}" for broker in feed.brokers.split(",")]
    app = faust.App(
        feed.group,
        broker=brokers,
        store="memory://",
        autodiscover=False,
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_commit_interval=COMMIT_S,
        stream_buffer_maxsize=BUFFER_MESSAGES,
        stream_wait_empty=False,  # else a rebalance would wait for ClickHouse
        consumer_auto_offset_reset="earliest",
    )
    topic = app.topic(wire.LOG, key_type=bytes, value_type=bytes, value_serializer="raw")

    @app.agent(topic)
    async def fold(stream: Any) -> None:
        await worker.take(stream.noack().events())

    async def assigned(_: Any, /, *told: Any, **__: Any) -> None:
        await worker.assigned(_of_log(told[0]))

    async def revoked(_: Any, /, *told: Any, **__: Any) -> None:
        await worker.revoked(_of_log(told[0]))

    app.on_partitions_assigned.connect(assigned)
    app.on_partitions_revoked.connect(revoked)
    return app


async def stop(app: faust.App, give_up: Callable[[], None]) -> None:
    """Stop it.

    Args:
        give_up: called by another thread if it takes too long. Faust waits for a broker that is
            gone as long as it likes, and holds the loop meanwhile.
    """
    watch = Timer(STOP_S, give_up)
    watch.daemon = True
    watch.start()
    try:
        await app.stop()
    finally:
        watch.cancel()


def _of_log(places: Iterable[Any]) -> list[int]:
    return [place.partition for place in places if place.topic == wire.LOG]
