"""The worker: the same tables as a workspace that folds by itself, whatever happens on the way."""

import asyncio
import contextlib
import json
import random
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from journey.bootstrap import opened_worker
from journey.sample import write_jsonl
from journey.settings import from_environment
from journey.stream import kafka, wire
from journey.stream import worker as working
from journey.stream.app import Feed
from journey.stream.shelf import Shelf
from journey.stream.worker import Worker
from schemas.errors import AnalyticsError, StreamError
from tests import clickhouse_server
from tests.cli.runner import JOURNEY, assert_one_sentence, journey, running
from tests.contracts.proxy import Wire
from tests.properties.doubles import MemoryAnalytics
from tests.properties.world import RULES
from tests.stream.broker import prepared

START = datetime(2024, 3, 2, tzinfo=UTC)


@pytest.fixture
def database():
    with clickhouse_server.server() as root:
        if root is None:
            pytest.skip(clickhouse_server.MISSING)
        with clickhouse_server.database(root) as address:
            yield address


@pytest.fixture
def env(broker, database):
    return {"JOURNEY_KAFKA": f"kafka://{broker.address}", "JOURNEY_CLICKHOUSE": database}


@pytest.fixture
def workspace(tmp_path, env):
    with (tmp_path / "sample.jsonl").open("wb") as out:
        write_jsonl(out, customers=80, days=30, seed=3, start=START)
        for n in range(20):  # of no customer
            told = {"brand": f"brand-{n % 3}", "properties": {"sentiment": n / 20}}
            head = {"id": f"n-{n}", "source": "social", "type": "mention-observed"}
            line = head | {"time": f"2024-03-{n + 3:02}T10:00:00Z"} | told
            out.write(json.dumps(line).encode() + b"\n")
    done("init", "--workers", "--workspace", tmp_path / "w", env=env)
    done("import", "jsonl", tmp_path / "sample.jsonl", "--workspace", tmp_path / "w", env=env)
    done("relay", "--once", "--workspace", tmp_path / "w", env=env)
    return tmp_path / "w"


def done(*arguments, env):
    ran = journey(*arguments, env=env)
    assert (ran.code, ran.err) == (0, ""), (arguments, ran.text[-2000:])
    return ran


def test_workers_fill_the_tables_as_a_fold_of_the_log_says(workspace, env, tmp_path):
    done("worker", "--once", "--states", tmp_path / "states", env=env)
    assert "Everything agrees" in done("verify", "--workspace", workspace, env=env).text
    done("worker", "--once", "--states", tmp_path / "states", env=env)
    done("worker", "--once", "--states", tmp_path / "other", env=env)
    assert "Everything agrees" in done("verify", "--workspace", workspace, env=env).text


def test_status_tells_how_far_relay_and_workers_are(workspace, env, tmp_path):
    def behind(**more):
        ran = journey("status", "--json", "--workspace", workspace, env={**env, **more})
        told = json.loads(ran.text)
        return {each["who"]: each["behind"] for each in told["lags"]}, told

    found, told = behind()
    assert (found, told["lag_note"]) == ({"relay": 0, "workers": None}, "")
    assert "tables" in told["lags"][1]["note"], "no worker has made the database yet"
    done("worker", "--once", "--states", tmp_path / "states", env=env)
    assert behind()[0] == {"relay": 0, "workers": 0}
    head = {"id": "late-1", "source": "shop", "type": "page-viewed", "channel": "web"}
    told = {"name": "home", "identities": {"email": "a@x.io"}}
    line = head | {"time": "2024-05-01T00:00:00Z"} | told
    (tmp_path / "more.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    done("import", "jsonl", tmp_path / "more.jsonl", "--workspace", workspace, env=env)
    found, told = behind()
    new = found["relay"]
    assert (new >= 1, found["workers"]) == (True, 0)
    done("relay", "--once", "--workspace", workspace, env=env)
    assert behind()[0] == {"relay": 0, "workers": new}
    done("worker", "--once", "--states", tmp_path / "states", env=env)
    assert behind()[0] == {"relay": 0, "workers": 0}
    _, told = behind(JOURNEY_KAFKA="kafka://127.0.0.1:1")
    assert (told["lags"], "Kafka cannot be reached" in told["lag_note"]) == ([], True)
    _, told = behind(JOURNEY_KAFKA="")
    assert "set JOURNEY_KAFKA to see how far" in told["lag_note"]
    assert told["records"] > 0


def test_once_ends_when_clickhouse_stays_away(workspace, env, tmp_path, monkeypatch):
    """The rows wait on disk, and the next worker brings them."""
    monkeypatch.setattr(working, "AWAY_S", 3.0)
    parts = urlsplit(env["JOURNEY_CLICKHOUSE"])
    wire_ = Wire(parts.hostname or "", parts.port or 0)
    host = f"{parts.username}:{parts.password}@127.0.0.1:{wire_.port}"
    settings = from_environment(env | {"JOURNEY_CLICKHOUSE": parts._replace(netloc=host).geturl()})
    told: list[str] = []

    async def work():
        with opened_worker(settings, tmp_path / "states", say=told.append) as worker:
            wire_.is_away = True
            await worker.run(until_done=True)

    begun = time.monotonic()
    with pytest.raises(AnalyticsError, match=r"did not answer for 3 seconds .* rows wait in"):
        asyncio.run(asyncio.wait_for(work(), 100))
    assert time.monotonic() - begun > 3
    assert told[0].startswith("Rows wait, and folding goes on")
    wire_.close()
    done("worker", "--once", "--states", tmp_path / "states", env=env)
    assert "Everything agrees" in done("verify", "--workspace", workspace, env=env).text


def test_once_does_not_end_before_others_have_their_part(broker, tmp_path):
    feed = Feed(broker.address, "log", "journey-worker-test", RULES)
    admin = AdminClient(kafka.client(broker.address))
    kafka.make_topics(admin, {wire.LOG: 4})
    assert kafka.ends(admin, wire.LOG, 4) == dict.fromkeys(range(4), 0), "it has leaders now"
    other = Consumer(kafka.consumer(broker.address, feed.group))
    worker = Worker(feed, MemoryAnalytics(), tmp_path)
    worker._ends = {0: 0, 1: 2, 2: 0, 3: 1}
    assert not worker._is_done(), "it has no part yet"
    worker._open([0, 2])
    assert not worker._is_done()
    for offset, is_done in (1, False), (2, True):
        places = [TopicPartition(wire.LOG, 1, offset), TopicPartition(wire.LOG, 3, 1)]
        other.commit(offsets=places, asynchronous=False)
        assert worker._is_done() == is_done
    other.close()
    worker._close()


def test_once_ends_when_nothing_comes_any_more(broker, tmp_path, monkeypatch):
    monkeypatch.setattr(working, "WATCH_S", 0.05)
    monkeypatch.setattr(working, "STILL_S", 0.5)
    feed = Feed(broker.address, "log", "journey-worker-test", RULES)
    worker = Worker(feed, MemoryAnalytics(), tmp_path)
    worker._ends = {0: 0, 1: 2}
    worker._open([0, 1])

    def watched(seconds):
        with contextlib.suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(worker._see_that_it_moves(), seconds))
        return worker._failure

    worker._folds[1].next = 2
    assert watched(2) is None, "all came"
    worker._folds[1].next = 1
    failure = watched(10)
    assert isinstance(failure, StreamError)
    assert "1 messages are to come" in str(failure)
    worker._close()


@pytest.mark.full_size
def test_a_worker_that_is_stopped_ends_though_the_broker_is_gone(database, tmp_path):
    """Faust's threads go on waiting for it."""
    own = prepared(tmp_path / "kafka")
    env = {"JOURNEY_KAFKA": f"kafka://{own.address}", "JOURNEY_CLICKHOUSE": database}
    at = ("--workspace", tmp_path / "w")
    with (tmp_path / "sample.jsonl").open("wb") as out:
        write_jsonl(out, customers=80, days=30, seed=3, start=START)
    with own.running() as server:
        done("init", "--workers", *at, env=env)
        done("import", "jsonl", tmp_path / "sample.jsonl", *at, env=env)
        done("relay", "--once", *at, env=env)
        command = (*JOURNEY, "worker", "--states", str(tmp_path / "states"))
        with running(*command, env=env) as child:
            until = time.monotonic() + 100
            while not list((tmp_path / "states").glob("*/p-*.db")):
                assert time.monotonic() < until, child.err
                time.sleep(0.1)
            server.kill()
            server.wait()
            time.sleep(2)
            child.process.terminate()
            assert child.process.wait() == 0, child.err
            assert "Traceback" not in child.err


def test_a_damaged_file_is_made_again(tmp_path):
    for _ in range(2):
        shelf = Shelf(tmp_path)
        store = shelf.take(7)
        store.skip(next=3)
        assert store.progress()["next"] == 3
        store.close()
        shelf.put_back(7)
        (tmp_path / "p-007.db").write_bytes(b"no database at all" * 100)


def test_kills_and_a_lost_folder_change_nothing(workspace, env, tmp_path):
    chance = random.Random(5)
    for n in range(3):
        command = [*JOURNEY, "worker", "--states", str(tmp_path / f"states-{n % 2}")]
        with running(*command, env=env) as child:
            time.sleep(chance.uniform(1.5, 4.0))
            child.process.kill()
    done("worker", "--once", "--states", tmp_path / "states-0", env=env)
    assert "Everything agrees" in done("verify", "--workspace", workspace, env=env).text


def test_what_cannot_be_read_is_quarantined_and_the_partition_goes_on(
    workspace, env, tmp_path, broker
):
    producer = Producer({"bootstrap.servers": broker.address})
    for partition in range(64):
        producer.produce(wire.LOG, b"poison", partition=partition)
    assert producer.flush(30) == 0
    done("worker", "--once", "--states", tmp_path / "states", env=env)
    assert "Everything agrees" in done("verify", "--workspace", workspace, env=env).text
    done("relay", "--once", "--workspace", workspace, env=env)


def test_what_is_missing_is_named(tmp_path, broker):
    ran = journey("worker", "--states", tmp_path / "s", env={"JOURNEY_KAFKA": ""})
    assert_one_sentence(ran, 8, "JOURNEY_KAFKA")
    ran = journey("worker", "--states", tmp_path / "s", env={"JOURNEY_KAFKA": "kafka://h:9"})
    assert_one_sentence(ran, 8, "JOURNEY_CLICKHOUSE")
