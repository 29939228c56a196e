"""A trigger that hits everybody within a minute: the door holds, and memory does not grow."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread

import pytest

from journey.audit.workspace import verify_workspace
from journey.outreach.approving import approve, waiting
from journey.outreach.box import outbox
from journey.outreach.doorway import Limits, decisions
from journey.ports import Draft
from projections.outreach.audience import EXPIRED, READY, WAITING
from schemas.events import OrderPlaced
from schemas.times import DAY, HOUR, MINUTE, Instant
from tests.journey.shop import NOON, Shop, shop

CROWD = {False: 3_000, True: 100_000}
BATCH = 2_000
GROWTH_MAX = 1.15  # of the memory while a large crowd is decided, last third by second third
RULES = """
[outreach]
quiet_from = 00:00:00
quiet_until = 00:00:00
audience_max = 500
audience_share = 0.01
approval_within = "6 h"

[templates.late]
purpose = "service"
text = { en = "Your order of {{ amount }} is late" }

[triggers.late]
start = { events = ["order-placed"], date = "promised_at", unless = ["order-delivered"] }
steps = [{ template = "late", channels = ["email"] }]
"""


def everybody_orders(told: Shop, crowd: int) -> None:
    """Each of them orders on the day before, and all are promised the same minute."""
    for start in range(0, crowd, BATCH):
        told.clock.put(NOON - DAY + start)
        told.workspace.log.append([order(n) for n in range(start, min(start + BATCH, crowd))])
        told.workspace.engine.catch_up()


def order(n: int) -> Draft:
    fact = OrderPlaced(
        order_id=f"o-{n}",
        order_key=n.to_bytes(16),
        amount_micros=1_000_000 + n,
        promised_at=NOON + n % 60 * (MINUTE // 60),
    )
    who = {"email": [f"p{n}@x.example"]}
    return Draft(
        source="shop", message_id=f"m-{n}", fact=fact, occurred_at=NOON - DAY, identities=who
    )


def resident() -> int:
    """Memory of this process in KiB."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in told.splitlines() if line.startswith("VmRSS")).split()[1])


@contextmanager
def watched() -> Iterator[list[int]]:
    """The memory of this process, every twentieth of a second."""
    seen, done = list[int](), Event()

    def look() -> None:
        while not done.wait(0.05):
            seen.append(resident())

    thread = Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def standing(told: Shop, at: Instant) -> Counter[str]:
    told.clock.put(at)
    workspace = told.workspace
    return Counter(each.standing.status for each in decisions(workspace, Limits(workspace)))


@pytest.mark.timeout(1_800)  # a hundred thousand
def test_a_crowd_within_a_minute_waits_at_the_door(tmp_path: Path, full_size: bool) -> None:
    crowd = CROWD[full_size]
    most = min(500, crowd // 100)
    with shop(tmp_path / "w", RULES, at=NOON - DAY) as told:
        everybody_orders(told, crowd)
        told.clock.put(NOON + 2 * MINUTE)
        began = time.monotonic()
        with watched() as memory:
            told.workspace.engine.advance()
        took, third = time.monotonic() - began, len(memory) // 3
        growth = median(memory[-third:]) / median(memory[third : 2 * third])
        print(f"{crowd} decided in {took:.1f} s, memory {growth:.3f}, {max(memory) >> 10} MiB")
        assert growth < GROWTH_MAX or not full_size, "a small crowd is decided while all is loaded"
        told.wait(NOON + 2 * MINUTE)
        now = NOON + 3 * MINUTE
        assert standing(told, now) == {READY: most, WAITING: crowd - most}
        (one,) = waiting(told.workspace)
        assert (one.waiting, one.limit) == (crowd - most, most)
        assert len(outbox(told.workspace, trigger="late")) == 50
        assert approve(told.workspace, "late", "kim", 1_000).waiting == crowd - most - 1_000
        assert standing(told, now) == {READY: most + 1_000, WAITING: crowd - most - 1_000}
        later = standing(told, NOON + 7 * HOUR)
        assert later == {READY: most + 1_000, EXPIRED: crowd - most - 1_000}
        report = verify_workspace(told.workspace)
        assert report.is_clean, report
