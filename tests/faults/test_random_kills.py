"""SIGKILL at random moments of an import: nothing is lost and nothing is there twice."""

import random
import subprocess
import time

import pytest

from tests.cli.runner import JOURNEY, environment, init, journey
from tests.faults.conftest import KEY, imported, sample


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
