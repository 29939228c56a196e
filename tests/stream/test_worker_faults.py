"""Relay, workers, broker and ClickHouse die, hang and return: nothing is lost or doubled.

History comes in while they work, and a simulated present, so that there are decisions on their way.
Afterwards the tables are held against a fold of the log, decisions included.
"""

import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from confluent_kafka import Consumer, ConsumerGroupState, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from journey.log.recorder import read_only
from journey.sample import write_jsonl
from journey.stream import kafka, wire
from tests import clickhouse_server
from tests.cli.runner import JOURNEY, environment, journey
from tests.contracts.proxy import Wire
from tests.stream.broker import prepared

START = datetime(2024, 3, 2, tzinfo=UTC)
SESSION_S = 6.0  # a worker that hangs longer loses its partitions
SETTLED_MAX_S = 150
ROUNDS = 3
AWAY_S = {False: 9.0, True: 60.0}  # the driver gives up after 7.6 s, and the worker goes on
OWNED = 5  # exit code
FAULTS = ("worker", "worker", "relay", "broker", "hang", "twice", "poison", "away")


class Plant:
    """Everything that runs, each part of it stoppable."""

    def __init__(self, folder: Path, clickhouse: str, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.broker = prepared(folder / "kafka")
        self._server = ExitStack()
        stack.callback(self._server.close)
        parts = urlsplit(clickhouse)
        self.wire = Wire(parts.hostname or "", parts.port or 0)
        stack.callback(self.wire.close)
        host = f"{parts.username}:{parts.password}@127.0.0.1:{self.wire.port}"
        self.env = {
            "JOURNEY_KAFKA": f"kafka://{self.broker.address}",
            "JOURNEY_CLICKHOUSE": parts._replace(netloc=host).geturl(),
        }
        self.workspace, self.states = folder / "w", "states"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        stack.callback(self.end)

    def start_broker(self) -> None:
        self._server.enter_context(self.broker.running())

    def kill_broker(self) -> None:
        self._server.close()

    def start(self, name: str, fault: str = "") -> None:
        """Start a part that does not run; at a named point a worker may come to its end."""
        if name in self.running and self.running[name].poll() is None:
            return
        what = ["relay", "--workspace", str(self.workspace)]
        if name != "relay":
            what = ["worker", "--states", str(self.folder / self.states)]
        said = self._stack.enter_context((self.folder / f"{name}.log").open("ab"))
        self.running[name] = subprocess.Popen(
            [*JOURNEY, *what],
            env=environment(self.env | ({"JOURNEY_TEST_FAULT": fault} if fault else {})),
            stdout=said,
            stderr=said,
        )

    def kill(self, name: str) -> None:
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()

    def end(self) -> None:
        for name in self.running:
            self.kill(name)

    def run(self, *arguments: object) -> str:
        command = (*map(str, arguments), "--workspace", str(self.workspace))
        ran = journey(*command, env=self.env)
        while ran.code == OWNED:  # the relay has the workspace for a moment now and then
            ran = journey(*command, env=self.env)
        assert ran.code == 0, (arguments, ran.err[-2_000:], ran.text[-2_000:])
        return ran.text

    def settles(self) -> str:
        """What verification says once it finds nothing; else what it found last."""
        end = time.monotonic() + SETTLED_MAX_S
        while True:
            for name in ("relay", "one", "two"):
                self.start(name)  # those that gave up, as a supervisor would
            ran = journey("verify", "--workspace", self.workspace, env=self.env)
            if ran.code == 0 or time.monotonic() > end:
                return ran.text[-3_000:] + ran.err
            time.sleep(1)

    def said(self, name: str) -> str:
        """What a part wrote, as one line."""
        return " ".join((self.folder / f"{name}.log").read_text()[-5_000:].split())

    def waits_for(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + SETTLED_MAX_S
        while not is_so():
            assert time.monotonic() < end, (self.said("relay"), self.said("one"), self.said("two"))
            time.sleep(0.3)

    def has_begun(self) -> bool:
        """Whether both workers have a part; who came too early for the relay is started again."""
        for name in ("relay", "one", "two"):
            self.start(name)
        return self.members() == 2

    def members(self) -> int:
        """Workers that have partitions, while none is being handed over."""
        for folder in self.folder.glob("states/*"):
            group = f"journey-worker-{folder.name}"
            admin = AdminClient(kafka.client(self.broker.address))
            told = admin.describe_consumer_groups([group])[group].result(timeout=30)
            if told.state == ConsumerGroupState.STABLE:
                return sum(bool(one.assignment.topic_partitions) for one in told.members)
        return 0

    def unfolded(self) -> int:
        """Messages of the log that no worker has folded yet."""
        ends = kafka.ends(AdminClient(kafka.client(self.broker.address)), wire.LOG, 64)
        folded = dict.fromkeys(ends, 0)
        for path in self.folder.glob("states/*/p-*.db"):
            asked = "SELECT value FROM progress WHERE name = 'next'"
            with closing(read_only(str(path))) as db, suppress(sqlite3.OperationalError):
                partition = int(path.name[2:5])
                come = db.execute(asked).fetchone() or (0,)
                folded[partition] = max(folded[partition], come[0])
        return sum(max(0, end - folded[p]) for p, end in ends.items())


def send_twice(plant: Plant, chance: random.Random) -> None:
    """Some messages of the log come again, behind all others."""
    reader = Consumer(kafka.consumer(plant.broker.address, "twice"))
    again = Producer({"bootstrap.servers": plant.broker.address})
    reader.assign([TopicPartition(wire.LOG, p, 0) for p in range(64)])
    place: Any
    for message in reader.consume(400, 3.0):
        if message.error() is None and chance.random() < 0.5:
            place, told = message.partition(), message.headers()
            again.produce(wire.LOG, message.value(), partition=place, headers=told)
    reader.close()
    assert again.flush(30) == 0


def poison(plant: Plant, chance: random.Random) -> None:
    producer = Producer({"bootstrap.servers": plant.broker.address})
    for _ in range(20):
        producer.produce(wire.LOG, chance.randbytes(50), partition=chance.randrange(64))
    assert producer.flush(30) == 0


def suffer(plant: Plant, chance: random.Random, fault: str) -> None:
    one = chance.choice(("one", "two"))
    if fault == "worker":
        plant.kill(one)
    elif fault == "relay":
        plant.kill("relay")
    elif fault == "broker":
        plant.kill_broker()
        time.sleep(chance.uniform(0, 2))
        plant.start_broker()
    elif fault == "hang":
        plant.running[one].send_signal(signal.SIGSTOP)
        time.sleep(SESSION_S + chance.uniform(1, 4))
        plant.running[one].send_signal(signal.SIGCONT)
    elif fault == "twice":
        send_twice(plant, chance)
    elif fault == "poison":
        poison(plant, chance)
    elif fault == "away":
        plant.wire.is_away = True
        time.sleep(chance.uniform(2, 12))
        plant.wire.is_away = False
    for name in ("relay", "one", "two"):
        plant.start(name)


@contextmanager
def at_work(folder: Path, seed: int) -> Iterator[Plant]:
    """Relay and two workers with something to do, and ``later.jsonl`` for an import."""
    with ExitStack() as stack:
        root = stack.enter_context(clickhouse_server.server())
        if root is None:
            pytest.skip(clickhouse_server.MISSING)
        plant = Plant(folder, stack.enter_context(clickhouse_server.database(root)), stack)
        plant.start_broker()
        with (folder / "live.jsonl").open("wb") as out:
            write_jsonl(out, customers=60, days=20, seed=seed, start=START)
        with (folder / "later.jsonl").open("wb") as out:
            write_jsonl(out, customers=60, days=20, seed=1_000 + seed, start=START)
        plant.run("init", "--workers")
        plant.run("import", "jsonl", folder / "live.jsonl", "--live")
        plant.start("relay")
        time.sleep(3)
        for name in ("one", "two"):
            plant.start(name)
        yield plant


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_lost_or_doubled(seed, tmp_path, full_size):
    if seed >= ROUNDS and not full_size:
        pytest.skip("missing: --full-size, which runs all seeds")
    chance = random.Random(seed)
    with at_work(tmp_path, seed) as plant:
        suffered = chance.sample(FAULTS, 4)
        for n, fault in enumerate(suffered):
            time.sleep(chance.uniform(0.5, 4))
            suffer(plant, chance, fault)
            if n == 1:
                plant.run("import", "jsonl", tmp_path / "later.jsonl")
        told = plant.settles()
        assert "Everything agrees" in told, (suffered, told)
        assert "decisions, " in told, told


def test_clickhouse_is_away_while_everything_goes_on(tmp_path, full_size):
    """Who is left takes over and folds on, gives nothing up, and brings the rows when it can."""
    with at_work(tmp_path, 50) as plant:
        plant.waits_for(plant.has_begun)
        plant.wire.is_away = True
        back_at = time.monotonic() + AWAY_S[full_size]
        plant.kill("two")
        plant.run("import", "jsonl", tmp_path / "later.jsonl")
        begun = plant.running["one"]
        plant.waits_for(lambda: "Rows wait, and folding goes on" in plant.said("one"))
        plant.waits_for(lambda: not plant.unfolded())
        time.sleep(max(0.0, back_at - time.monotonic()))
        assert plant.members() == 1
        plant.wire.is_away = False
        told = plant.settles()
        assert "Everything agrees" in told, told
        assert "decisions, " in told, told
        assert plant.running["one"] is begun, plant.said("one")
        assert "ClickHouse answers again" in plant.said("one")
