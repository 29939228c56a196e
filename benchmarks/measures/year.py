"""A year of the sample, lived through with triggers on: what folds cost, and one more trigger."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from time import process_time
from typing import Any

import msgspec

from benchmarks.child import Answer, Given
from benchmarks.measures.append import fresh
from benchmarks.measures.memory import families
from benchmarks.measures.outreach import SHIPPED
from benchmarks.measures.samples import SEED, START
from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.engine.engine import FLUSH_ROWS, Engine
from journey.engine.outbox import flush
from journey.ingest.importers import importer
from journey.ports import Draft
from journey.sample import generate
from journey.settings import Settings
from journey.workspace import make
from projections.projection import NEVER
from schemas.events import OutreachDecided
from schemas.times import HOUR

DAYS, DAYS_QUICK = 365, 20
SLICE = 6 * HOUR  # of simulated time, as where a stage or a pain starts a trigger
DRAFTS_MAX = 5_000
TENTHS = 10
THIRD = 2  # the tenth from which memory should stay: caches are full by then
# Where one more trigger is measured: fewer people, but a slice is no handful of events yet.
SHARE, SOME_DAYS = 5, 60
TURNS = 3  # of each
LINES = 64
ALL, NONE, TWICE = "all", "none", "twice"


class Lived(msgspec.Struct):
    """What a year came to.

    Args:
        cpu: seconds of each part of the path, by this process's own clock.
        tenths: how it stood at the end of each.
        decided: verdict -> how often.
        state_b: the bytes of a customer's state, on average.
    """

    events: int = 0
    cpu: Counter[str] = msgspec.field(default_factory=Counter)
    tenths: list[dict[str, int]] = []
    decided: Counter[str] = msgspec.field(default_factory=Counter)
    customers: int = 0
    state_b: float = 0

    @property
    def whole_us(self) -> float:
        """CPU of the whole path, microseconds an event."""
        return 1e6 * sum(self.cpu.values()) / self.events

    @property
    def fold_us(self) -> float:
        """CPU of folding: states read and written, decisions recorded, rows packed."""
        return 1e6 * self.cpu["fold"] / self.events


def make_year(given: Given) -> Answer:
    """Generate the year, once, for all customers and for some."""
    for customers, days in (everybody(given), some(given)):
        path = year_file(given.folder, customers, days)
        if path.exists():
            continue
        lines = generate(customers=customers, days=days, seed=SEED, start=START)
        encoder, beside = msgspec.json.Encoder(), path.with_suffix(".part")
        with beside.open("wb") as file:
            while batch := list(islice(lines, LINES)):
                file.write(encoder.encode_lines(batch))
        beside.rename(path)
    return Answer({}, {})


def everybody(given: Given) -> tuple[int, int]:
    """How many people and days."""
    return given.size.customers, DAYS_QUICK if given.size.is_quick else DAYS


def some(given: Given) -> tuple[int, int]:
    """How many people and days, where one more trigger is measured."""
    return given.size.customers // SHARE, DAYS_QUICK if given.size.is_quick else SOME_DAYS


def year_file(folder: Path, customers: int, days: int) -> Path:
    """Where so many days of so many people are."""
    return folder / f"year-{customers}-{days}.jsonl"


def journey(given: Given) -> Answer:
    """Live through a year with all triggers that ship, or with none."""
    made = live(given.folder, *everybody(given), given.given["triggers"])
    third, last = made.tenths[THIRD], made.tenths[-1]
    figures = {
        "events_per_s": 1e6 / made.fold_us,
        "fold_us": made.fold_us,
        "whole_us": made.whole_us,
        "all_mib": float(max(tenth["rss_mib"] for tenth in made.tenths)),
        "memory_growth": last["rss_mib"] / third["rss_mib"],
    }
    return Answer(figures, msgspec.to_builtins(made))


def one_more(given: Given) -> Answer:
    """What one more trigger costs: none, all that ship, and all of them twice, taking turns."""
    turns: dict[str, list[Lived]] = {NONE: [], ALL: [], TWICE: []}
    for _ in range(TURNS):
        for triggers, lives in turns.items():
            lives.append(live(given.folder, *some(given), triggers))
    us = {name: min(lived.whole_us for lived in lives) for name, lives in turns.items()}
    number = len(re.findall(r"^\[triggers\.", shipped(ALL), re.MULTILINE))
    figures = {
        "one_more": 100 * (us[TWICE] - us[ALL]) / number / us[ALL],
        "each_of_all": 100 * (us[ALL] - us[NONE]) / number / us[NONE],
        "all": 100 * (us[ALL] - us[NONE]) / us[NONE],
    }
    facts: dict[str, Any] = {"events": turns[ALL][0].events, "triggers": number}
    for name, lives in turns.items():
        facts[f"{name}, whole us"] = [round(lived.whole_us, 1) for lived in lives]
        facts[f"{name}, fold us"] = [round(lived.fold_us, 1) for lived in lives]
    return Answer(figures, facts)


def shipped(triggers: str) -> str:
    """The triggers that ship as a configuration: none of them, all, or each of them twice."""
    text = SHIPPED.read_text(encoding="utf-8")
    tables = re.findall(r"^\[triggers\..*?(?=^\[|^#|\Z)", text, re.MULTILINE | re.DOTALL)
    if triggers == NONE:
        for table in tables:
            text = text.replace(table, "")
    elif triggers == TWICE:
        text += "".join(re.sub(r"^\[triggers\.([\w-]+)", r"[triggers.\1-too", t) for t in tables)
    return text


# --- one year ---------------------------------------------------------------------------------


class _Watch:
    """The process's CPU, given to one part of the path after the other."""

    def __init__(self, cpu: Counter[str]) -> None:
        self._cpu, self._since = cpu, process_time()

    def __call__(self, part: str) -> None:
        now = process_time()
        self._cpu[part] += now - self._since  # type: ignore[assignment]
        self._since = now


def live(folder: Path, customers: int, days: int, triggers: str) -> Lived:
    """Live through some time in a workspace of its own, which goes afterwards."""
    path, made, clock = year_file(folder, customers, days), Lived(), SimulatedClock(0)
    with path.open("rb") as file:
        total = sum(1 for _ in file)
    workspace_folder = fresh(folder / "year")
    make(workspace_folder, with_key=True)
    (workspace_folder / "journey.toml").write_text(shipped(triggers), encoding="utf-8")
    clock.let_go()
    with Workspace(workspace_folder, Settings(), clock) as workspace, path.open("rb") as file:
        workspace.log.is_followed = True
        engine = Engine(workspace.log, workspace.store, None, workspace.configuration)
        watch = _Watch(made.cpu)
        for drafts in _slices(_parsed(file)):
            watch("parse")
            if not made.events:
                clock.put(drafts[0].occurred_at)
                workspace.log.mark_simulated()
            workspace.log.append(drafts, at=[draft.occurred_at for draft in drafts])
            clock.put(drafts[-1].occurred_at)
            watch("append")
            engine.advance(to=clock.now())
            watch("fold")
            flush(workspace.store, workspace.analytics, engine.generation, FLUSH_ROWS)
            watch("flush")
            made.events += len(drafts)
            if made.events * TENTHS >= (len(made.tenths) + 1) * total:
                made.tenths.append(_standing(workspace))
                watch("bookkeeping")
        flush(workspace.store, workspace.analytics, engine.generation, 1)
        watch("flush")
        del made.cpu["bookkeeping"]
        _sum_up(workspace, made)
    shutil.rmtree(workspace_folder)
    return made


def _parsed(file: Iterable[bytes]) -> Iterator[Draft]:
    form, now = importer("jsonl"), SimulatedClock(0)
    now.let_go()
    for number, line in enumerate(file, 1):
        yield from form.parse(line, number, now.now()).drafts


def _slices(drafts: Iterable[Draft]) -> Iterator[list[Draft]]:
    """What happened within six hours, as a simulation has it."""
    for _, together in groupby(drafts, key=lambda draft: draft.occurred_at // SLICE):
        while some := list(islice(together, DRAFTS_MAX)):
            yield some


def _standing(workspace: Workspace) -> dict[str, int]:
    """How much memory this process has, and how many customers wait for a trigger."""
    ((_, mib, _),) = families()
    waiting = sum(saved.decisions_wake < NEVER for saved in workspace.store.saved(b"", None))
    return {"rss_mib": round(mib), "waiting": waiting}


def _sum_up(workspace: Workspace, made: Lived) -> None:
    sizes = [len(saved.state) for saved in workspace.store.saved(b"", None)]
    made.customers, made.state_b = len(sizes), round(sum(sizes) / len(sizes))
    after = 0
    while events := workspace.log.read(after, DRAFTS_MAX):
        after = events[-1][0]
        for _, event in events:
            if isinstance(event.fact, OutreachDecided):
                made.decided[event.fact.verdict] += 1
