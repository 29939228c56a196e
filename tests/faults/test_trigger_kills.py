"""SIGKILL while triggers of every kind decide: one decision a customer, cause and step, no more."""

from __future__ import annotations

import random
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from journey.faults import POINTS
from journey.settings import Settings
from schemas.events import OutreachDecided
from tests.cli.runner import init, journey, run, running
from tests.every_trigger import KINDS, decisions, doubles, kinds, rules, waited
from tests.faults.conftest import KEY, Held, held, sample

LIVE = (sys.executable, "-m", "tests.faults.live")
SETTINGS = Settings(master_key=bytes.fromhex(KEY["JOURNEY_MASTER_KEY"]))
KILLS = {False: 4, True: 100}
CUSTOMERS = {False: 40, True: 220}
PASSES_MAX = 4  # of a point, before the kill


class Lived(NamedTuple):
    """What a life ended in."""

    decided: dict[bytes, OutreachDecided]
    held: Held


def made(folder: Path) -> Path:
    workspace = init(folder, KEY)
    (workspace / "journey.toml").write_text(rules(), encoding="utf-8")
    return workspace


def to_the_end(workspace: Path, file: Path) -> Lived:
    done = run(*LIVE, str(workspace), str(file), env=KEY)
    assert done.code == 0, done.err
    verified = journey("verify", "--workspace", workspace, env=KEY)
    assert verified.code == 0, verified.text
    return Lived(decisions(workspace, SETTINGS), held(workspace))


def come(workspace: Path) -> int:
    """How many events the log has."""
    try:
        log = sqlite3.connect(f"file:{workspace / 'log.db'}?mode=ro", uri=True, timeout=30)
        found = log.execute("SELECT MAX(position) FROM stored_events").fetchone()
        log.close()
    except sqlite3.OperationalError:
        return 0
    return int(found[0] or 0)


def killed_at_a_point(workspace: Path, file: Path, chance: random.Random) -> bool:
    """Whether it died: the point may lie behind the end."""
    fault = f"{chance.choice(POINTS)}:{chance.randrange(PASSES_MAX)}"
    ran = run(*LIVE, str(workspace), str(file), env=KEY | {"JOURNEY_TEST_FAULT": fault})
    assert ran.code in (0, -signal.SIGKILL), ran.err
    return ran.code != 0


def killed_anywhere(workspace: Path, file: Path, chance: random.Random) -> bool:
    """The same, a little after it went on."""
    before, until = come(workspace), time.monotonic() + 60
    with running(*LIVE, str(workspace), str(file), env=KEY) as child:
        while come(workspace) <= before and time.monotonic() < until:
            if child.process.poll() is not None:
                return False
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.1))
        if child.process.poll() is not None:
            return False
        child.process.kill()
    return True


@pytest.mark.timeout(1_800)  # a hundred lives
def test_each_step_about_a_cause_is_decided_once_however_often_it_died(
    tmp_path: Path, full_size: bool
) -> None:
    file, _ = sample(tmp_path, CUSTOMERS[full_size])
    whole = to_the_end(made(tmp_path / "whole"), file)
    assert kinds(whole.decided) == set(KINDS)
    assert waited(whole.decided) > 3
    chance, workspace, kills = random.Random(7), made(tmp_path / "killed"), 0
    for n in range(2 * KILLS[full_size]):
        way = killed_at_a_point if n % 2 else killed_anywhere
        kills += way(workspace, file, chance)
        if kills == KILLS[full_size]:
            break
    assert kills == KILLS[full_size], "it came to its end before: take a larger sample"
    lived = to_the_end(workspace, file)
    lost = whole.decided.keys() - lived.decided.keys()
    more = lived.decided.keys() - whole.decided.keys()
    print(f"{kills} kills, {len(lived.decided)} decisions, {len(lost)} lost, {len(more)} more")
    assert (lost, more, doubles(lived.decided)) == (set(), set(), [])
    assert lived == whole
