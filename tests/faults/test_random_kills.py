"""SIGKILL at random moments of an import: nothing is lost and nothing is there twice."""

import random
import sqlite3
import time

import pytest

from tests.cli.runner import JOURNEY, init, running
from tests.faults.conftest import KEY, imported, sample


def recorded(workspace):
    """How many events the log holds at this moment."""
    log = sqlite3.connect(f"file:{workspace / 'log.db'}?mode=ro", uri=True, timeout=30)
    try:
        return log.execute("SELECT MAX(position) FROM stored_events").fetchone()[0] or 0
    except sqlite3.OperationalError:  # the table is being made
        return 0
    finally:
        log.close()


@pytest.mark.parametrize("seed", range(4))
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path, full_size, seed):
    """Moments between 5 and 95 % of the rows, each a little after the one before."""
    file, rows = sample(tmp_path, 100_000 if full_size else 2_000)
    reference = imported(file, init(tmp_path / "whole", KEY), rows)
    workspace = init(tmp_path / "killed", KEY)
    (workspace / "log.db").touch()
    command = [*JOURNEY, "import", "jsonl", str(file), "--workspace", str(workspace)]
    chance = random.Random(seed)
    for share in sorted(chance.uniform(0.05, 0.95) for _ in range(5)):
        with running(*command, env=KEY) as child:
            while recorded(workspace) < share * rows:
                assert child.process.poll() is None, f"it ended before its time: {child.err}"
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.3))  # in an append, a fold or a commit
            child.process.kill()
    assert imported(file, workspace, rows) == reference
