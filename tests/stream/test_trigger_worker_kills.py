"""Workers and relay are killed while triggers of every kind decide: each step is decided once.

Half of the kills come at named points of the engine, the others at any time. Now and then the
workers' folder is lost as well, so that all is folded, and sent to be recorded, once more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journey.faults import POINTS
from journey.sample import write_jsonl
from journey.settings import Settings
from schemas.events import OutreachDecided
from tests import clickhouse_server
from tests.every_trigger import KINDS, decisions, doubles, kinds, rules, waited
from tests.faults.conftest import KEY
from tests.stream.test_worker_faults import Plant

START = datetime(2024, 3, 2, tzinfo=UTC)
SETTINGS = Settings(master_key=bytes.fromhex(KEY["JOURNEY_MASTER_KEY"]))
KILLS = {False: 8, True: 100}
CUSTOMERS = {False: 40, True: 150}
IN_A_FOLD = [point for point in POINTS if "append" not in point and "flush" not in point]
PASSES_MAX = 40  # of a point, before the kill
REACHED_MAX_S = 10.0  # for a worker to get its part, and to come to its end
TOGETHER = ("one", "two", "relay")
Decided = dict[bytes, OutreachDecided]


class Mill(Plant):
    """A plant whose parts die at named points and at any time."""

    def die(self, chance: random.Random) -> int:
        """Relay and workers, or some of them, die; how many did."""
        who = chance.sample(TOGETHER, chance.randint(1, 3))
        if chance.random() < 0.5:
            self.die_at_points([name for name in who if name != "relay"], chance)
        time.sleep(chance.uniform(0, 1))
        for name in who:
            self.kill(name)
        return len(who)

    def die_at_points(self, who: list[str], chance: random.Random) -> None:
        """Workers come to an end by themselves, where there is enough to do until then."""
        for name in who:
            self.kill(name)
            self.start(name, f"{chance.choice(IN_A_FOLD)}:{chance.randrange(PASSES_MAX)}")
        until = time.monotonic() + REACHED_MAX_S
        while time.monotonic() < until:
            if all(self.running[name].poll() is not None for name in who):
                return
            time.sleep(0.1)

    def go_on(self) -> None:
        for name in TOGETHER:
            self.start(name)


@contextmanager
def at_work(folder: Path, customers: int) -> Iterator[Mill]:
    """A present that nobody folded yet, in a log; relay and workers begin."""
    folder.mkdir()
    with ExitStack() as stack:
        root = stack.enter_context(clickhouse_server.server())
        if root is None:
            pytest.skip(clickhouse_server.MISSING)
        mill = Mill(folder, stack.enter_context(clickhouse_server.database(root)), stack)
        mill.env |= KEY
        mill.start_broker()
        with (folder / "live.jsonl").open("wb") as out:
            write_jsonl(out, customers=customers, days=60, seed=11, start=START)
        mill.run("init", "--workers")
        (mill.workspace / "journey.toml").write_text(rules(), encoding="utf-8")
        mill.run("import", "jsonl", folder / "live.jsonl", "--live")
        mill.go_on()
        yield mill


def settled(mill: Mill) -> Decided:
    """What the log has once all is folded and recorded."""
    told = mill.settles()
    assert "Everything agrees" in told, told
    mill.end()
    return decisions(mill.workspace, SETTINGS)


@pytest.mark.timeout(1_800)  # a hundred kills, and six seconds until a part is taken over
def test_each_step_about_a_cause_is_decided_once_however_often_they_died(
    tmp_path: Path, full_size: bool
) -> None:
    with at_work(tmp_path / "whole", CUSTOMERS[full_size]) as mill:
        whole = settled(mill)
    assert kinds(whole) >= set(KINDS) - {"stage stayed"}, "time stands still in an import"
    assert waited(whole) > 3
    chance, kills = random.Random(7), 0
    with at_work(tmp_path / "killed", CUSTOMERS[full_size]) as mill:
        while kills < KILLS[full_size]:
            kills += mill.die(chance)
            if chance.random() < 0.5:
                mill.states = f"states-{kills}"
            mill.go_on()
            time.sleep(chance.uniform(0, 7))  # a part is taken over after six seconds
        found = settled(mill)
    lost, more = whole.keys() - found.keys(), found.keys() - whole.keys()
    print(f"{kills} kills, {len(found)} decisions, {len(lost)} lost, {len(more)} more")
    assert (lost, more, doubles(found)) == (set(), set(), [])
    verdicts = {key: fact.verdict for key, fact in found.items()}
    assert verdicts == {key: fact.verdict for key, fact in whole.items()}
