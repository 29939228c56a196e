"""Triggers on workers: two of them decide what the engine decides in one process."""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from confluent_kafka.admin import AdminClient

from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.sample import write_jsonl
from journey.settings import Settings
from journey.stream import kafka, wire
from journey.stream.acts import Inbox
from journey.workspace import MARKER
from projections.projection import act_id
from schemas.events import OutreachDecided
from schemas.times import DAY
from tests import clickhouse_server
from tests.cli.runner import JOURNEY, init, journey, run, running
from tests.every_trigger import KINDS, decisions, doubles, kinds, rules, waited
from tests.faults.conftest import KEY
from tests.stream.broker import Broker

START = datetime(2024, 3, 2, tzinfo=UTC)
SETTINGS = Settings(master_key=bytes.fromhex(KEY["JOURNEY_MASTER_KEY"]))
CUSTOMERS, DAYS, PARTITIONS = 60, 60, 64
LIVE = (sys.executable, "-m", "tests.faults.live")
LIMIT_S = 170
FOUND = re.compile(r"(?m)^start = \{ (stage|pain) ")
Decided = dict[bytes, OutreachDecided]


class Servers(NamedTuple):
    """Where a broker and a database are."""

    broker: Broker
    env: dict[str, str]


@pytest.fixture
def servers(broker: Broker) -> Iterator[Servers]:
    with clickhouse_server.server() as root:
        if root is None:
            pytest.skip(clickhouse_server.MISSING)
        with clickhouse_server.database(root) as address:
            found = {"JOURNEY_KAFKA": f"kafka://{broker.address}", "JOURNEY_CLICKHOUSE": address}
            yield Servers(broker, KEY | found)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sample") / "sample.jsonl"
    with file.open("wb") as out:
        write_jsonl(out, customers=CUSTOMERS, days=DAYS, seed=11, start=START)
    return file


def without_found(text: str) -> str:
    """The triggers but for those that meaning starts."""
    parts = re.split(r"(?m)^(?=\[)", text)
    return "".join(part for part in parts if not FOUND.search(part))


def on_workers(folder: Path, servers: Servers) -> Decided:
    """What two workers decide of a workspace's log, first come, until they have all of it."""
    at = ("--workspace", str(folder))
    relayed = journey("relay", "--once", *at, env=servers.env)
    assert relayed.code == 0, relayed.text
    command = [*JOURNEY, "worker", "--once", "--states", str(folder.parent / "states")]
    with running(*command, env=servers.env) as one, running(*command, env=servers.env) as two:
        for worker in (one, two):
            assert worker.process.wait(timeout=LIMIT_S) == 0, worker.err
    with sqlite3.connect(f"file:{folder / 'log.db'}?mode=ro", uri=True) as log:
        (leaf,) = log.execute("SELECT leaf FROM stored_events WHERE position = 1").fetchone()
    log.close()
    kafka.make_topics(AdminClient(kafka.client(servers.broker.address)), {wire.ACTS: PARTITIONS})
    inbox, found = Inbox(servers.broker.address, leaf.hex(), PARTITIONS), Decided()
    while acts := inbox.waiting(5.0):
        for act in acts:
            found.setdefault(act_id(act.fact), act.fact)
    inbox.close()
    return found


def verified(folder: Path, servers: Servers) -> None:
    ran = journey("verify", "--workspace", folder, env=servers.env)
    assert "Everything agrees" in ran.text, ran.text[-3_000:]


def of_events(found: Decided) -> Decided:
    """Without the records that a finding began something: it is recorded once, when it is found."""
    return {key: fact for key, fact in found.items() if fact.verdict != "started"}


def test_two_workers_decide_of_a_log_what_the_engine_decided_that_wrote_it(
    sample: Path, servers: Servers, tmp_path: Path
) -> None:
    """Triggers of every kind; what meaning began is in the log, as for every replay."""
    one = init(tmp_path / "one", KEY)
    (one / "journey.toml").write_text(rules(), encoding="utf-8")
    done = run(*LIVE, str(one), str(sample), env=KEY)
    assert done.code == 0, done.err
    with Workspace(one, SETTINGS) as workspace:
        last = workspace.log.last_recorded_at
    with Workspace(one, SETTINGS, SimulatedClock(last + 30 * DAY)) as workspace:
        workspace.let_time_pass()
    expected = decisions(one, SETTINGS)
    assert kinds(expected) == set(KINDS)
    assert waited(expected) > 3
    assert doubles(expected) == []
    two = tmp_path / "two"
    shutil.copytree(one, two, ignore=shutil.ignore_patterns("state*", "tables*"))
    marker = msgspec.json.decode((two / MARKER).read_bytes())
    (two / MARKER).write_bytes(msgspec.json.encode(marker | {"workers": True}))
    found = on_workers(two, servers)
    assert of_events(found) == of_events(expected)
    assert found.keys() <= expected.keys()
    verified(two, servers)


def test_two_workers_decide_of_events_what_the_engine_decides_of_them(
    sample: Path, servers: Servers, tmp_path: Path
) -> None:
    """Each has a log of its own, and workers see nothing of what was decided before."""
    logs = {}
    for name, how in (("one", ()), ("two", ("--workers",))):
        logs[name] = folder = tmp_path / name
        env = servers.env if how else KEY
        for command in (("init", *how), ("import", "jsonl", str(sample), "--live")):
            if command[0] == "import":
                text = without_found(rules())
                (folder / "journey.toml").write_text(text, encoding="utf-8")
            ran = journey(*command, "--workspace", str(folder), env=env)
            assert ran.code == 0, (command, ran.text, ran.err)
    expected = decisions(logs["one"], SETTINGS)
    assert kinds(expected) == set(KINDS) - {"stage entered", "stage stayed", "pain"}
    assert waited(expected) > 3
    assert [f for f in decisions(logs["two"], SETTINGS).values() if f.trigger] == []
    found = on_workers(logs["two"], servers)
    assert without_places(found) == without_places(expected)


def without_places(found: Decided) -> Decided:
    """Where an event lies in a log depends on what was recorded between events."""
    return {key: msgspec.structs.replace(fact, inputs=[]) for key, fact in found.items()}
