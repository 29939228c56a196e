"""The refold of a customer with a long history, beside reading that history."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from itertools import islice
from statistics import median
from time import perf_counter, time_ns

import msgspec

from benchmarks.child import Answer, Given
from benchmarks.measures.whole_path import workspace_folder
from journey.bootstrap import Workspace
from journey.importing import import_file
from journey.ports import Draft, Outcome
from journey.sample import generate
from journey.settings import Settings
from projections.fold import refold_meaning
from schemas.events import PageViewed
from schemas.times import SECOND

EVENTS = 1_000
TIMES = 15
SEED = 0  # a lively customer, who stays for a thousand touchpoints
START = datetime(2001, 1, 1, tzinfo=UTC)
DAYS = 8_700
LINKS = "identity-linked"  # left out: it would name one identity only
USER = "regular"  # the identity that all touchpoints share
_ROW = "SELECT position, state FROM stored_events WHERE position = ?"


def make_regular(given: Given) -> Answer:
    """Add the customer to the workspace; again adds nothing."""
    path = given.folder / "regular.jsonl"
    lines = generate(customers=1, days=DAYS, seed=SEED, start=START)
    with path.open("wb") as file:
        for line in islice((ln for ln in lines if ln["type"] != LINKS), EVENTS):
            line |= {"source": "regular", "identities": {"user_id": [USER]}}
            if "owner" in line:
                line["owner"] = {"user_id": [USER]}
            file.write(msgspec.json.encode(line) + b"\n")
    with _open(given) as workspace:
        counts = import_file(workspace, "jsonl", str(path))
        assert counts.appended + counts.duplicates == EVENTS, f"{counts}"
    return Answer({}, {})


def journey(given: Given) -> Answer:
    """Refold, and let the engine refold for late events; each of those is one event more."""
    with _open(given) as workspace:
        workspace.engine.catch_up()
        customer = _customer(workspace)
        refolds = [_refold(workspace, customer) for _ in range(TIMES)]
        events = workspace.log.at(workspace.store.positions(customer))
        middle = sorted(event.occurred_at for event in events)[len(events) // 2]
        before = _corrections(workspace)
        run = time_ns()  # a workspace that is used again has the events of earlier runs
        lates = [_after(workspace, _late(f"late-{run}-{n}", middle - SECOND)) for n in range(TIMES)]
        facts = {"events": len(events), "corrections": _corrections(workspace) - before}
    return Answer({"refold_ms": median(refolds) * 1e3, "late_ms": median(lates) * 1e3}, facts)


def _refold(workspace: Workspace, customer: bytes) -> float:
    engine = workspace.engine
    begun = perf_counter()
    events = workspace.log.at(workspace.store.positions(customer))
    refold_meaning(engine.rules, customer, events, engine.meaning)
    return perf_counter() - begun


def _after(workspace: Workspace, late: Draft) -> float:
    (receipt,) = workspace.log.append([late])
    assert receipt.outcome is Outcome.APPENDED, f"{receipt}"
    begun = perf_counter()
    workspace.engine.catch_up()
    return perf_counter() - begun


def _corrections(workspace: Workspace) -> int:
    return sum(1 for _ in workspace.store.corrections(10**9))


def reference(given: Given) -> Answer:
    """Read the customer's rows, one position after the other."""
    with _open(given) as workspace:
        positions = workspace.store.positions(_customer(workspace))
        path = workspace.folder.log
    taken = []
    db = sqlite3.connect(path)
    for _ in range(TIMES):
        begun = perf_counter()
        for position in positions:
            db.execute(_ROW, (position,)).fetchone()
        taken.append(perf_counter() - begun)
    db.close()
    return Answer({"read_ms": median(taken) * 1e3}, {"events": len(positions)})


def _open(given: Given) -> Workspace:
    return Workspace(workspace_folder(given.folder, given.size), Settings())


def _customer(workspace: Workspace) -> bytes:
    (found,) = workspace.log.find(USER)
    return found


def _late(message_id: str, at: int) -> Draft:
    identities = {"user_id": [USER]}
    fact = PageViewed(
        channel="web",
        direction="inbound",
        actor_kind="customer",
        message_id=message_id,
        identities=identities,
        name="product",
        url="https://shop.example/product/late",
    )
    return Draft(
        source="late", message_id=message_id, fact=fact, occurred_at=at, identities=identities
    )
