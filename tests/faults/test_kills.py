"""SIGKILL anywhere in an import: after a repeat every event is there once, and all else follows."""

import signal

import pytest

from journey.faults import POINTS
from tests.cli.runner import init, journey
from tests.faults.conftest import KEY, imported

IN_AN_IMPORT = [point for point in POINTS if "record" not in point]  # history decides nothing
PASSES = (0, 1)


@pytest.mark.parametrize("passes", PASSES)
@pytest.mark.parametrize("point", IN_AN_IMPORT)
def test_a_kill_at_a_named_point_loses_and_doubles_nothing(small, tmp_path, point, passes):
    file, rows, reference = small
    workspace = init(tmp_path / "killed", KEY)
    fault = KEY | {"JOURNEY_TEST_FAULT": f"{point}:{passes}"}
    killed = journey("import", "jsonl", file, "--workspace", workspace, env=fault)
    assert killed.code == -signal.SIGKILL, "the point was not reached"
    assert imported(file, workspace, rows) == reference


@pytest.mark.parametrize("point", ["before-record", "after-record"])
def test_a_kill_around_the_recording_of_decisions_decides_each_once(small, tmp_path, point):
    file, _, _ = small
    workspace = init(tmp_path / "killed", KEY)
    fault = KEY | {"JOURNEY_TEST_FAULT": f"{point}:1"}
    killed = journey("import", "jsonl", file, "--live", "--workspace", workspace, env=fault)
    assert killed.code == -signal.SIGKILL, "the point was not reached"
    verified = journey("verify", "--workspace", workspace, env=KEY)
    assert verified.code == 0, verified.text
    assert journey("import", "jsonl", file, "--live", "--workspace", workspace, env=KEY).code == 2
