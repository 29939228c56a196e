"""SIGKILL anywhere in an import: after a repeat every event is there once, and all else follows."""

import random
import signal
import subprocess
import time

import pytest

from journey.faults import POINTS
from tests.cli.runner import JOURNEY, environment, init, journey
from tests.faults.conftest import KEY, imported, sample

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


@pytest.mark.parametrize("seed", range(4))
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path, full_size, seed):
    file, rows = sample(tmp_path, 100_000 if full_size else 2_000)
    whole = init(tmp_path / "whole", KEY)
    start = time.monotonic()
    assert journey("import", "jsonl", file, "--workspace", whole, env=KEY).code == 0
    whole_s = time.monotonic() - start
    reference = imported(file, whole, rows)
    workspace = init(tmp_path / "killed", KEY)
    command = [*JOURNEY, "import", "jsonl", str(file), "--workspace", str(workspace)]
    chance, kills = random.Random(seed), 0
    while kills < 5:
        running = subprocess.Popen(
            command,
            env=environment(KEY),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            running.wait(whole_s * chance.uniform(0.05, 0.95))
            break  # it was done already: the rest of the kills would hit a finished import
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            kills += 1
    assert kills, "no kill fell into the import"
    assert imported(file, workspace, rows) == reference
