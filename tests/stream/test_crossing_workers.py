"""A watch where workers fold: its look decides beside them, once, however far they lag behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests import clickhouse_server
from tests.cli.runner import JOURNEY, answer, journey, running
from tests.faults.conftest import KEY
from tests.stream.broker import Broker
from tests.test_docs_outreach import FIGURE, chats

LIMIT_S = 170


@pytest.fixture
def env(broker: Broker) -> Iterator[Mapping[str, str]]:
    with clickhouse_server.server() as root:
        if root is None:
            pytest.skip(clickhouse_server.MISSING)
        with clickhouse_server.database(root) as address:
            where = {"JOURNEY_KAFKA": f"kafka://{broker.address}", "JOURNEY_CLICKHOUSE": address}
            yield KEY | where


def folded(folder: Path, env: Mapping[str, str]) -> None:
    """The log relayed, and a worker that has all of it."""
    assert journey("relay", "--once", "--workspace", folder, env=env).code == 0
    states = str(folder.parent / "states")
    with running(*JOURNEY, "worker", "--once", "--states", states, env=env) as worker:
        assert worker.process.wait(timeout=LIMIT_S) == 0, worker.err


def test_a_look_beside_workers_tells_a_crossing_once(
    env: Mapping[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "w"
    at = ("--workspace", folder)
    assert journey("init", "--workers", *at, env=env).code == 0
    (folder / "journey.toml").write_text(FIGURE, encoding="utf-8")
    chats(folder, 28, env)
    folded(folder, env)
    (told,) = answer("watch", *at, env=env)["watches"]
    assert [each["verdict"] for each in told["told"]] == ["decided"]
    assert answer("query", "decision-list", *at, env=env)["rows"] == []  # workers lag behind
    (again,) = answer("watch", *at, env=env)["watches"]
    assert (again["did"], again["action"], again["told"]) == ("", told["action"], [])
    folded(folder, env)
    (row,) = answer("query", "decision-list", *at, env=env)["rows"]
    assert row["decision_id"] == told["told"][0]["decision_id"]
    assert len(answer("query", "actions", *at, env=env)["rows"]) == 1
    assert "Everything agrees" in journey("verify", *at, env=env).text
    page = journey("explain", row["decision_id"], *at, env=env)
    assert "70.0%" in page.text, page.err
