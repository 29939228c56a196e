"""``journey worker``: a Faust app that folds the partitions it is given into ClickHouse.

Faust shares the partitions out among the workers of one database and hands each block on. How far
a partition was folded is told by its own file alone (see ``partition``); what Faust hands over
beyond that is read from Kafka first, what it hands over again is passed by. The offsets that it
commits say what is in ClickHouse: the lag of the group is the lag of the tables.

Two threads beside Faust's loop: one folds, one inserts. So a slow database delays no fold, and
neither delays the heartbeat.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import faust
from aiokafka.errors import KafkaError
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from journey.ports import Analytics
from journey.stream import kafka, publishing, wire
from journey.stream.acts import Sender
from journey.stream.app import Feed, build_app, stop
from journey.stream.partition import Message, PartitionFold
from journey.stream.shelf import Shelf
from schemas.errors import AnalyticsError, StreamError, WorkspaceError

FLUSH_S = 0.25
FLUSH_ROWS = 100_000
WATCH_S = 5.0  # twice without partitions that are nobody's either: something is wrong
STILL_S = 120.0  # with --once: nothing that is awaited came for so long, so nothing will
AWAY_S = 120.0  # with --once: ClickHouse did not answer for so long
RETRY_S = 1.0  # when ClickHouse does not answer
SLICE_S = 0.5  # of reading what others folded, before messages that wait have their turn


class Worker:
    """Folds partitions and publishes their rows.

    Args:
        folder: for the partitions' files; workers of one machine may share it.
        progress: told how many events were folded.
        say: told what an operator should know, one sentence at a time.
        give_up: told why the worker ends, or none if it was stopped, when Faust does not stop in
            time. It may end the process, as a kill would: nothing is lost.
    """

    def __init__(
        self,
        feed: Feed,
        analytics: Analytics,
        folder: Path,
        progress: Callable[[int], None] = lambda _: None,
        say: Callable[[str], None] = lambda _: None,
        give_up: Callable[[Exception | None], None] = lambda _: None,
    ) -> None:
        self._feed, self._analytics = feed, analytics
        self._progress, self._say, self._give_up = progress, say, give_up
        self._folder, self._shelf = folder, Shelf(folder)
        self._sender = Sender(feed.brokers, feed.log)
        self._reader = Consumer(kafka.consumer(feed.brokers, feed.group))
        self._folding = ThreadPoolExecutor(1, "fold")
        self._inserting = ThreadPoolExecutor(1, "insert")
        self._folds: dict[int, PartitionFold] = {}
        self._handled: list[faust.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()
        self._failure: Exception | None = None
        self._ends: dict[int, int] = {}
        self._away_max_s = math.inf

    async def run(self, *, until_done: bool = False) -> None:
        """Work until ``stop``, or until something cannot go on.

        Args:
            until_done: or until everything that Kafka has now is in ClickHouse.

        Raises:
            JourneyError: why it cannot.
        """
        if until_done:
            self._ends, self._away_max_s = self._known_ends(), AWAY_S
        app = build_app(self, self._feed)
        self._start(self._flush_on())
        self._start(self._watch())
        if until_done:
            self._start(self._see_that_it_moves())
        try:
            await self._begin(app)
            await app.wait(self._stopped.wait())  # or until Faust itself fails
            if app.crashed:
                self._fail(StreamError(f"Faust gave up ({app.crash_reason!r}): start it again."))
        finally:
            await stop(app, lambda: self._give_up(self._failure))
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._failure is None:
                await self._flush()
            await self._in(self._folding, self._close)
            self._folding.shutdown()
            self._inserting.shutdown()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End after what is being done."""
        self._stopped.set()

    async def take(self, stream: AsyncIterator[faust.Event]) -> None:
        """Blocks as Faust hands them on; the whole life of its agent."""
        try:
            async for event in stream:
                told = event.message
                message = Message(told.offset, _texts(told.headers), told.value or b"")
                new = await self._in(self._folding, self._fold, told.partition, message)
                if new is not None:
                    event.value = told.value = None  # many may wait for ClickHouse
                    self._handled.append(event)
                    self._progress(new)
        except Exception as error:
            self._fail(error)

    async def assigned(self, partitions: Iterable[int]) -> None:
        """These partitions are ours, those that we have included."""
        await self._guarded(self._open, sorted(partitions))
        self._start(self._catch_up(sorted(partitions)))

    async def revoked(self, partitions: Iterable[int]) -> None:
        """These are not ours any more."""
        await self._guarded(self._close, sorted(partitions))

    async def _begin(self, app: faust.App) -> None:
        """Start Faust, or be stopped: it begins as late as a broker that goes away lets it."""
        beginning = asyncio.ensure_future(app.start())
        stopped = asyncio.ensure_future(self._stopped.wait())
        await asyncio.wait({beginning, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not beginning.done():
            beginning.cancel()
            return
        try:
            beginning.result()
        except KafkaError as error:
            raise StreamError(
                f"Kafka could not be reached ({error}): see that the broker runs, then start the "
                "worker again; it goes on where it was."
            ) from error

    async def _watch(self) -> None:
        """End where Kafka takes us for a worker, and gives the partitions to nobody.

        A group whose leader joined while the broker came back knows no topics, and stays so.
        """
        while True:
            await asyncio.sleep(WATCH_S)
            if not self._folds and await self._guarded(self._is_forgotten):
                await asyncio.sleep(WATCH_S)
                if not self._folds and await self._guarded(self._is_forgotten):
                    self._fail(
                        StreamError(
                            "Kafka gave this group no partitions, though nobody else has them: "
                            "start the worker again; it goes on where it was."
                        )
                    )

    async def _see_that_it_moves(self) -> None:
        """End where the rest is awaited and nothing comes, as when the broker is gone for good."""
        missing, since = 0, monotonic()
        while True:
            await asyncio.sleep(WATCH_S)
            now = await self._guarded(self._missing)
            if not now or now != missing:
                missing, since = now, monotonic()
            elif monotonic() > since + STILL_S:
                self._fail(
                    StreamError(
                        f"Kafka gave nothing for {STILL_S:.0f} seconds, though {missing} messages "
                        "are to come: see that the broker runs, then start the worker again; it "
                        "goes on where it was."
                    )
                )

    # -- in the loop ------------------------------------------------------------------------------

    async def _in(self, thread: ThreadPoolExecutor, act: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(thread, act, *given)

    async def _guarded(self, act: Callable[..., Any], *given: Any) -> Any:
        """In the thread that folds; what goes wrong there ends the worker."""
        try:
            return await self._in(self._folding, act, *given)
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, sqlite3.DatabaseError):
            error = WorkspaceError(
                f"A file in {self._folder} cannot be used ({error}): see that the disk is not "
                "full; if it is damaged, delete it, and it is made again from Kafka."
            )
        if self._failure is None:
            self._failure = error
        self._stopped.set()

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _catch_up(self, partitions: list[int]) -> None:
        """Read what other workers folded and this one's files do not have."""
        known = await self._guarded(self._committed, partitions)
        new = await self._guarded(self._read, known or {})
        while new is not None:
            self._progress(new)
            new = await self._guarded(self._read, known or {})

    async def _flush_on(self) -> None:
        try:
            while True:
                await asyncio.sleep(FLUSH_S)
                await self._flush()
        except Exception as error:
            self._fail(error)

    async def _flush(self) -> None:
        """Bring all that waits to ClickHouse, then tell Kafka."""
        handled, self._handled = self._handled, []
        away_since = 0.0
        while True:
            waiting = await self._in(self._folding, self._gather)
            while waiting.blocks:
                try:
                    await self._in(self._inserting, publishing.insert, self._analytics, waiting)
                    break
                except AnalyticsError as error:
                    if self._stopped.is_set():
                        raise
                    if not away_since:
                        self._say(f"Rows wait, and folding goes on: {error}")
                        away_since = monotonic()
                    if monotonic() > away_since + self._away_max_s:
                        raise AnalyticsError(
                            f"ClickHouse did not answer for {self._away_max_s:.0f} seconds "
                            f"({str(error).rstrip('.')}): start the worker again when it does; the "
                            f"rows wait in {self._folder}, and it goes on where it was."
                        ) from error
                    await asyncio.sleep(RETRY_S)
            await self._in(self._folding, self._forget, waiting)
            if waiting.rows < FLUSH_ROWS:
                break
        if away_since:
            self._say("ClickHouse answers again.")
        for event in handled:
            event.ack()
        if self._ends and await self._in(self._folding, self._is_done):
            self.stop()

    # -- in the thread that folds -----------------------------------------------------------------

    def _open(self, partitions: list[int]) -> None:
        for partition in partitions:
            if partition not in self._folds:
                feed = self._feed
                store, newest = self._shelf.take(partition), (feed.document, feed.number)
                self._folds[partition] = PartitionFold(
                    partition, feed.log, store, self._sender, *newest
                )

    def _close(self, partitions: list[int] | None = None) -> None:
        for partition in list(self._folds) if partitions is None else partitions:
            if (fold := self._folds.pop(partition, None)) is not None:
                fold.close()
                self._shelf.put_back(partition)
        if partitions is None:
            self._reader.close()

    def _fold(self, partition: int, message: Message) -> int | None:
        """How many events were new; none if the partition is not ours."""
        fold = self._folds.get(partition)
        if fold is None:
            return None
        new = 0
        while message.offset > fold.next:
            new += self._read_on({partition: message.offset})
        return new + fold.take(message)

    def _known_ends(self) -> dict[int, int]:
        admin = AdminClient(kafka.client(self._feed.brokers))
        return kafka.ends(admin, wire.LOG, kafka.shapes(admin)[wire.LOG])

    def _is_forgotten(self) -> bool:
        """Whether the group is settled, and some partitions are nobody's."""
        try:
            admin = AdminClient(kafka.client(self._feed.brokers))
            wanted = kafka.shapes(admin).get(wire.LOG, 0)
            return kafka.assigned(admin, self._feed.group, wire.LOG) < wanted
        except StreamError:
            return False  # the broker is away: whoever is told that knows what to do

    def _missing(self) -> int:
        """Messages that are still to be folded here; all of them as long as we have no part."""
        if not self._folds:
            return sum(self._ends.values())
        return sum(max(0, self._ends[p] - fold.next) for p, fold in self._folds.items())

    def _is_done(self) -> bool:
        """Whether each partition came to where its topic ended, ours and those of others."""
        if not self._folds or any(fold.store.waiting() for fold in self._folds.values()):
            return False
        if any(fold.next < self._ends[p] for p, fold in self._folds.items()):
            return False
        others = [p for p, end in self._ends.items() if end and p not in self._folds]
        known = self._committed(others) if others else {}
        return all(known.get(p, 0) >= self._ends[p] for p in others)

    def _committed(self, partitions: list[int]) -> dict[int, int]:
        """Of each partition, the message that the group has come to."""
        asked = [TopicPartition(wire.LOG, partition) for partition in partitions]
        told = kafka.committed(self._reader, asked)
        return {place.partition: place.offset for place in told if place.offset > 0}

    def _read(self, known: Mapping[int, int]) -> int | None:
        """A slice of what our files lack up to these messages; none if they lack nothing."""
        behind = {
            partition: until
            for partition, until in known.items()
            if (fold := self._folds.get(partition)) is not None and fold.next < until
        }
        return self._read_on(behind) if behind else None

    def _read_on(self, behind: Mapping[int, int]) -> int:
        """Fold messages read by ourselves, for a while; how many events were new.

        Args:
            behind: up to which message of each partition. All are asked for at once, as it takes
                the broker a second to begin.
        """
        new, end, left = 0, None, set(behind)
        self._reader.assign([TopicPartition(wire.LOG, p, self._folds[p].next) for p in behind])
        try:
            while left and (end is None or monotonic() < end):
                message = self._reader.poll(kafka.WAIT_S)
                if message is None or message.error() is not None:
                    why = "no answer" if message is None else message.error()
                    raise StreamError(f"Kafka does not give what was folded before ({why}).")
                end = end or monotonic() + SLICE_S
                partition: Any = message.partition()
                offset: Any = message.offset()
                if partition not in left:
                    continue
                fold = self._folds[partition]
                new += fold.take(Message(offset, kafka.headers_of(message), message.value() or b""))
                if fold.next >= behind[partition]:
                    left.discard(partition)
                    self._reader.pause([TopicPartition(wire.LOG, partition)])
        finally:
            self._reader.unassign()
        return new

    def _gather(self) -> publishing.Waiting:
        return publishing.gather([fold.store for fold in self._folds.values()], FLUSH_ROWS)

    def _forget(self, waiting: publishing.Waiting) -> None:
        """Whoever has a partition now whose file was closed meanwhile inserts its rows again."""
        ours = {id(fold.store) for fold in self._folds.values()}
        kept = [source for source in waiting.sources if id(source[0]) in ours]
        publishing.forget(waiting._replace(sources=kept))


def _texts(headers: Any) -> dict[str, str]:
    told = headers.items() if isinstance(headers, dict) else headers or []
    return {key: (value or b"").decode(errors="replace") for key, value in told}
