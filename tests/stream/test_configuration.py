"""A configuration published where workers fold: they stop, others begin anew, nothing is mixed."""

import time
from contextlib import closing

import pytest
from confluent_kafka.admin import AdminClient

from journey.log.recorder import read_only
from journey.stream import configured, wire
from schemas.errors import IntegrityError, StreamError
from tests import clickhouse_server
from tests.cli.runner import JOURNEY, assert_one_sentence, journey, running
from tests.stream.test_worker import database, done, env, workspace

__all__ = ["database", "env", "workspace"]  # fixtures

LAPSE = '[stages]\nlapse = "2 d"\n'
UNUSABLE = 4


@pytest.fixture
def another(env):
    """The same broker, and a database that is empty."""
    with (
        clickhouse_server.server() as root,
        clickhouse_server.database(root or "") as address,
    ):
        yield env | {"JOURNEY_CLICKHOUSE": address}


def publish(workspace, env, told):
    (workspace / "journey.toml").write_text(told, encoding="utf-8")
    ran = done("config", "publish", "--workspace", workspace, env=env)
    assert "empty database" in ran.text


def lapses(workspace, env):
    ran = journey(
        "sql", "SELECT count() AS n FROM stages WHERE stage = 'lapsed'", "--json",
        "--workspace", workspace, env=env,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    return ran.json["rows"][0]["n"], ran.err


def test_workers_stop_at_it_and_others_fill_an_empty_database(workspace, env, another, tmp_path):
    command = [*JOURNEY, "worker", "--states", str(tmp_path / "old")]
    done("worker", "--once", "--states", tmp_path / "old", env=env)
    was, told = lapses(workspace, env)
    assert told == ""
    with running(*command, env=env) as child:
        time.sleep(3)
        publish(workspace, env, LAPSE)
        done("relay", "--once", "--workspace", workspace, env=env)
        assert child.process.wait(timeout=60) == UNUSABLE, child.err
        assert "Configuration 2 was published" in child.err

    # What is there stays, and is never taken for the other.
    ran = journey("worker", "--once", "--states", tmp_path / "old", env=env)
    assert_one_sentence(ran, UNUSABLE, "another configuration", "empty database")
    ran = journey("verify", "--workspace", workspace, env=env)
    assert_one_sentence(ran, UNUSABLE, "another configuration")
    still, told = lapses(workspace, env)
    assert (still, "another configuration" in told) == (was, True)

    done("worker", "--once", "--states", tmp_path / "new", env=another)
    assert "Everything agrees" in done("verify", "--workspace", workspace, env=another).text
    now, told = lapses(workspace, another)
    assert (now > was, told) == (True, "")
    decided = done("config", "log", "--json", "--workspace", workspace, env=env).json
    assert [each["number"] for each in decided["configurations"]] == [1, 2]

    # Back to the first: its database is right again, and goes on where it was.
    publish(workspace, another, "")
    done("relay", "--once", "--workspace", workspace, env=env)
    done("worker", "--once", "--states", tmp_path / "old", env=env)
    assert "Everything agrees" in done("verify", "--workspace", workspace, env=env).text


def test_what_is_on_the_topic_is_found_and_filled_again(workspace, env, broker):
    admin = AdminClient({"bootstrap.servers": broker.address})
    with_log = configured.newest
    number, document = with_log(broker.address, _name(workspace))
    assert (number, document[:1]) == (1, "{")
    with pytest.raises(IntegrityError, match=r"another log's"):
        with_log(broker.address, "some other log")
    for lost in admin.delete_topics([wire.CONFIGURATION], operation_timeout=30).values():
        lost.result(timeout=60)
    until = time.monotonic() + 30
    while wire.CONFIGURATION in admin.list_topics(timeout=30).topics:
        assert time.monotonic() < until
        time.sleep(0.1)
    with pytest.raises(StreamError, match="journey relay"):
        with_log(broker.address, _name(workspace))
    done("relay", "--once", "--workspace", workspace, env=env)
    assert with_log(broker.address, _name(workspace)) == (number, document)


def _name(workspace):
    """What tells the log from others."""
    with closing(read_only(str(workspace / "log.db"))) as db:
        return db.execute("SELECT leaf FROM stored_events WHERE position = 1").fetchone()[0].hex()
