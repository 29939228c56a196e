"""The worker: the same tables as a workspace that folds by itself, whatever happens on the way."""

import json
import random
import time
from datetime import UTC, datetime

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from journey.sample import write_jsonl
from journey.stream import kafka, wire
from journey.stream.shelf import Shelf
from journey.stream.worker import Feed, Worker
from tests import clickhouse_server
from tests.cli.runner import JOURNEY, assert_one_sentence, journey, running
from tests.properties.doubles import MemoryAnalytics
from tests.properties.world import RULES

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


def test_once_does_not_end_before_others_have_their_part(broker, tmp_path):
    feed = Feed(broker.address, "log", "journey-worker-test", RULES)
    kafka.make_topics(AdminClient(kafka.client(broker.address)), {wire.LOG: 4})
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
