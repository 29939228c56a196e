"""SIGKILL while a watch looks: its action and its alerts are recorded together, and once."""

import shutil
import signal
from pathlib import Path

import pytest

from tests.cli.runner import answer, journey
from tests.faults.conftest import KEY
from tests.test_docs_outreach import with_figure


@pytest.fixture(scope="module")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose figure lies beyond its line, and nobody looked yet."""
    return with_figure(tmp_path_factory.mktemp("crossing") / "w", 28, KEY)


@pytest.mark.parametrize(
    "point", ["before-append", "after-append", "before-state-commit", "after-insert"]
)
def test_a_look_that_is_killed_leaves_one_action_and_one_alert(
    crossing: Path, tmp_path: Path, point: str
) -> None:
    folder = shutil.copytree(crossing, tmp_path / "w", symlinks=True)
    at = ("--workspace", folder)
    killed = journey("watch", *at, env=KEY | {"JOURNEY_TEST_FAULT": f"{point}:0"})
    assert killed.code == -signal.SIGKILL, killed.err
    (told,) = answer("watch", *at, env=KEY)["watches"]
    assert told["did"] == ("opened" if point == "before-append" else "")
    (action,) = answer("query", "actions", *at, env=KEY)["rows"]
    assert action["action"] == told["action"]
    (item,) = answer("outbox", *at, env=KEY)["items"]
    assert (item["trigger"], item["status"]) == ("chat-is-slow", "ready")
    assert journey("verify", *at, env=KEY).code == 0
