"""Relay and workers on a real broker and a ClickHouse server, beside one process for all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from benchmarks.child import Answer, Given
from benchmarks.measures.append import fresh
from benchmarks.measures.samples import sample_file
from journey.bootstrap import Workspace, opened_worker
from journey.clickhouse.address import Address
from journey.importing import import_file
from journey.settings import Settings
from journey.stream import publishing
from journey.stream.registry import OwnRegistry
from journey.stream.relay import Relay
from journey.stream.worker import Worker
from journey.workspace import make
from tests import clickhouse_server
from tests.cli.runner import JOURNEY, environment
from tests.stream.broker import Broker, prepared

PARTITIONS = 64


class Plant(NamedTuple):
    """What is there to publish to."""

    folder: Path
    broker: Broker
    clickhouse: str


def journey(given: Given) -> Answer:
    """Import, relay, one worker, two workers, and each half of the partitions by itself."""
    size, path = given.size, str(sample_file(given.folder, given.size))
    figures: dict[str, float] = {}
    with _plant(given.folder) as plant:
        own = plant.folder / "own"
        make(own, with_key=True)
        with Workspace(own, Settings()) as workspace:
            begun = perf_counter()
            import_file(workspace, "jsonl", path)
            figures["embedded"] = size.events / (perf_counter() - begun)
        shutil.rmtree(own)
        folder = plant.folder / "w"
        make(folder, with_key=True, workers=True)
        with Workspace(folder, Settings()) as workspace:
            begun = perf_counter()
            import_file(workspace, "jsonl", path)
            figures["append"] = size.events / (perf_counter() - begun)
            records = workspace.log.last_position()
        with Relay(folder / "log.db", plant.broker.address, OwnRegistry()) as relay:
            begun = perf_counter()
            assert relay.publish() == records
            figures["relay"] = records / (perf_counter() - begun)
            relay.beat()
        figures["worker"] = size.events / _workers(plant, "one", 1)
        two = _workers(plant, "two", 2)
        figures["two_by_one"] = size.events / two / figures["worker"]
        figures["by_embedded"] = figures["worker"] / figures["embedded"]
        whole = _folded(plant, "whole", range(PARTITIONS))
        halves = [
            _folded(plant, f"half-{n}", range(n * PARTITIONS // 2, (n + 1) * PARTITIONS // 2))
            for n in range(2)
        ]
        figures["halves"] = whole / max(halves)
    return Answer(figures, {"events": size.events, "records": records})


def _workers(plant: Plant, database: str, n: int) -> float:
    """How long that many workers take from their start until all is in an empty database, in s."""
    with clickhouse_server.database(plant.clickhouse) as address:
        settings = {
            "JOURNEY_KAFKA": f"kafka://{plant.broker.address}",
            "JOURNEY_CLICKHOUSE": address,
        }
        states = str(plant.folder / database)
        command = [*JOURNEY, "worker", "--once", "--states", states]
        begun = perf_counter()
        running = [subprocess.Popen(command, env=environment(settings)) for _ in range(n)]
        assert [process.wait() for process in running] == [0] * n
        return perf_counter() - begun


def _folded(plant: Plant, name: str, partitions: Sequence[int]) -> float:
    """How long some of the partitions take in this process alone, in s."""
    with clickhouse_server.database(plant.clickhouse) as address:
        settings = Settings(kafka=plant.broker.address, clickhouse=Address(address))
        with opened_worker(settings, plant.folder / name) as worker:
            begun = perf_counter()
            _fold(worker, partitions)
            return perf_counter() - begun


def _fold(worker: Worker, partitions: Sequence[int]) -> None:
    """What a worker does with partitions, without Faust and in one thread."""
    ends = worker._known_ends()
    worker._open(list(partitions))
    for partition in partitions:
        while worker._read({partition: ends[partition]}) is not None:
            pass
        waiting = worker._gather()
        publishing.insert(worker._analytics, waiting)
        worker._forget(waiting)
    worker._close()


@contextmanager
def _plant(folder: Path) -> Iterator[Plant]:
    with ExitStack() as stack:
        server = stack.enter_context(clickhouse_server.server())
        if server is None:
            sys.exit(clickhouse_server.MISSING)
        place = fresh(folder / "stream")
        broker = prepared(place / "kafka")
        stack.enter_context(broker.running())
        yield Plant(place, broker, server)
