"""``journey verify``: the log folded afresh, partition by partition, and held against everything.

Workers read the log and the states from SQLite; the rows of ClickHouse, which only this process may
ask, are handed to them. What a worker needs of customers who live elsewhere (merged ones) it
fetches by position, and the tallies of both sides are held against each other, so that none is left
out.
"""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa

from journey.audit.kin import Kin, parted
from journey.audit.published import PARTITIONS_AT_ONCE, customers_of, rows_by_partition
from journey.log.batch import stream
from journey.log.recorder import read_only
from journey.memory import collect_rarely
from journey.ports import Analytics
from projections.columns import arrow_schema
from projections.rulebook import History, Rulebook
from projections.tables import BY_NAME, Row
from replay.compare import compare_rows
from replay.crossings import compare_crossings
from replay.customer import Watermarks
from replay.findings import Finding, Kind, shown
from replay.partition import (
    SavedState,
    Stored,
    Tally,
    add_brand_rows,
    publish,
    replay_all,
    scan,
    tally,
)
from schemas.codec import Codec
from schemas.envelope import decode, partition_of
from schemas.errors import ContractError
from schemas.events import ConfigurationPublished
from schemas.recorded import Recorded, recorded

IN_PROCESS_EVENTS = 20_000  # below, starting workers takes longer than the work
FINDINGS_MAX = 100  # of one partition; the rest is counted
_ASK_AT_ONCE = 500
_SELECT_EVENTS = "SELECT CAST(state AS BLOB), CAST(leaf AS BLOB) FROM stored_events"


class Task(NamedTuple):
    """One partition to verify."""

    log: str
    states: str
    partition: int
    partitions: int
    document: str
    watermarks: Watermarks
    tables: dict[str, bytes]  # the published rows of the partition's customers that have any, Arrow
    kin: dict[bytes, Kin]  # of those of its customers who were parted from somebody


class Report(msgspec.Struct):
    """What verification looked at, and what it found."""

    events: int = 0
    customers: int = 0
    rows: dict[str, int] = {}
    findings: list[Finding] = []
    unlisted: int = 0  # findings beyond the listed ones

    @property
    def is_clean(self) -> bool:
        """Whether everything agrees."""
        return not self.findings


class Verified(NamedTuple):
    """The outcome of one partition."""

    events: int
    customers: int
    rows: dict[str, int]
    findings: list[Finding]
    unlisted: int
    scanned: dict[bytes, Tally]  # by the customer they are today
    consumed: dict[bytes, Tally]


def verify(
    log: Path,
    states: Path,
    partitions: int,
    last_position: int,
    document: str,
    watermarks: Watermarks,
    analytics: Analytics,
    after_each: Callable[[int], None] = lambda _: None,
) -> Report:
    """Verify a whole workspace whose engine has caught up.

    Args:
        after_each: told how many events each finished partition had.
    """

    is_small = last_position < IN_PROCESS_EVENTS
    at_once = partitions if is_small else PARTITIONS_AT_ONCE

    kin: dict[int, dict[bytes, Kin]] = {}
    with closing(read_only(str(log))) as db:
        for customer, one in parted(db).items():
            kin.setdefault(partition_of(customer, partitions), {})[customer] = one

    def tasks() -> Iterator[Task]:
        for partition, tables in rows_by_partition(analytics, partitions, at_once):
            packed = {name: _stream(rows) for name, rows in tables.items() if rows.num_rows}
            what = (document, watermarks, packed, kin.get(partition, {}))
            yield Task(str(log), str(states), partition, partitions, *what)

    report, scanned, consumed = Report(), dict[bytes, Tally](), dict[bytes, Tally]()
    for done in _run(tasks(), in_process=is_small):
        report.events += done.events
        report.customers += done.customers
        for table, n in done.rows.items():
            report.rows[table] = report.rows.get(table, 0) + n
        report.findings += done.findings
        report.unlisted += done.unlisted
        for total, part in ((scanned, done.scanned), (consumed, done.consumed)):
            for root, (n, leaves) in part.items():
                m, sum_ = total.get(root, (0, 0))
                total[root] = (m + n, (sum_ + leaves) % 2**64)
        after_each(done.events)
    report.findings += _lost(log, report.events)
    report.findings += _unlike(log, partitions)
    for root in sorted({*scanned, *consumed}):
        if scanned.get(root) != consumed.get(root):
            report.findings.append(
                Finding(
                    kind=Kind.HISTORY,
                    customer=root.hex(),
                    where="history",
                    expected=f"{scanned.get(root, (0, 0))[0]} events",
                    found=f"{consumed.get(root, (0, 0))[0]} events, or others",
                )
            )
    return report


def _lost(log: Path, scanned: int) -> Iterator[Finding]:
    """Positions without an event, and events in no partition of the log."""
    db = read_only(str(log))
    try:
        count, last = db.execute("SELECT COUNT(*), MAX(position) FROM stored_events").fetchone()
        if count != (last or 0):
            query = (
                "SELECT position + 1 FROM stored_events s WHERE position < ? AND NOT EXISTS "
                "(SELECT 1 FROM stored_events t WHERE t.position = s.position + 1) "
                "UNION SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE position = 1) "
                "ORDER BY 1 LIMIT ?"
            )
            for (position,) in db.execute(query, (last, FINDINGS_MAX)):
                yield Finding(kind=Kind.OFFSET, where=f"position {position}", expected="an event")
        if count != scanned:
            expected, found = f"{scanned} events", f"{count} events"
            yield Finding(kind=Kind.OFFSET, where="log", expected=expected, found=found)
    finally:
        db.close()


def _unlike(log: Path, partitions: int) -> Iterator[Finding]:
    """Configurations that are not the same in all partitions, in which they are published alike."""
    told: dict[int, dict[int, str]] = {}
    codec = Codec()
    with closing(read_only(str(log))) as db:
        query = f"{_SELECT_EVENTS} WHERE topic = ?"
        for stored, _ in db.execute(query, (ConfigurationPublished.TYPE,)):
            try:
                event = recorded(decode(stored), codec)
            except ContractError:
                continue  # the scan of its partition tells
            if isinstance(event.fact, ConfigurationPublished):
                told.setdefault(event.fact.number, {})[event.partition] = event.fact.document
    for number, documents in told.items():
        if len(documents) != partitions or len(set(documents.values())) > 1:
            yield Finding(
                kind=Kind.BYTES,
                where=f"configuration {number}",
                expected=f"one document in {partitions} partitions",
                found=f"{len(set(documents.values()))} in {len(documents)}",
            )


def _run(tasks: Iterable[Task], in_process: bool) -> Iterator[Verified]:
    if in_process:
        yield from map(verify_partition, tasks)
        return
    workers = os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")  # a fork of a process that holds chDB hangs
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=collect_rarely) as pool:
        running: set[Future[Verified]] = set()
        for task in tasks:
            running.add(pool.submit(verify_partition, task))
            if len(running) > workers + 1:  # the next rows are fetched while workers fold
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in wait(running).done)


def verify_partition(task: Task) -> Verified:
    """Verify one partition; runs in a worker."""
    log, states = read_only(task.log), read_only(task.states)
    try:
        return _Partition(task, log, states).verify()
    finally:
        log.close()
        states.close()


class _Partition:
    def __init__(self, task: Task, log: sqlite3.Connection, states: sqlite3.Connection) -> None:
        self._task, self._log, self._states = task, log, states
        self._codec, self._rules, self._history = Codec(), Rulebook(task.document), History()
        low, high = customers_of(task.partition, task.partitions)
        # SQLite sorts numbers and texts before bytes: what is no id at all is looked at as well.
        self._range = (low if task.partition else -(2**63), high or b"\xff" * 64)
        merges = log.execute(
            "SELECT m.customer_id, m.into_id, m.parent_id, COALESCE(p.into_id, m.parent_id) "
            "FROM merges m LEFT JOIN merges p ON p.customer_id = m.parent_id "
            "WHERE m.customer_id >= ? AND m.customer_id < ?",
            self._range,
        ).fetchall()
        self._merged = {customer: into for customer, into, *_ in merges}
        self._merges = {customer: told for customer, *told in merges}
        self._roots = {
            row[0]
            for row in log.execute(
                "SELECT into_id FROM merges WHERE into_id >= ? AND into_id < ?", self._range
            )
        } | (task.kin.keys() - self._merged.keys())

    def verify(self) -> Verified:
        task = self._task
        for event in self._published_elsewhere():
            publish(self._history, event)
        found = scan(
            task.partition,
            self._stored(),
            self._history,
            self._codec,
            lambda customer: customer in self._merged or customer in self._roots,
        )
        rows: dict[str, list[Row]] = {}
        add_brand_rows(found.of_brands, rows)
        findings = [*found.findings, *self._merge_findings(found.into)]
        findings += compare_crossings(self._history, found.of_brands)
        replay = (self._rules, self._history, found.customers, task.watermarks, self._saved, rows)
        findings += replay_all(*replay)
        scanned: dict[bytes, Tally] = {}
        for member, (n, leaves) in found.merged.items():
            root = self._merged.get(member, member)
            m, total = scanned.get(root, (0, 0))
            scanned[root] = (m + n, (total + leaves) % 2**64)
        consumed: dict[bytes, Tally] = {}
        for root in sorted(self._roots):
            events, consumed[root] = self._family(root)
            one, everybody = task.kin.get(root, Kin(root, ()))
            for other in everybody:
                if other != root:
                    events += self._family(other)[0]
            how = (self._rules, self._history, {one: events}, task.watermarks)
            findings += replay_all(*how, self._saved, rows, only={root})
        known = found.customers.keys() | self._roots
        findings += self._index_findings(found.customers, found.positions)
        for name, table in BY_NAME.items():
            actual, expected = arrow_schema(table).empty_table(), rows.get(name, [])
            if name in task.tables:
                actual = pa.ipc.open_stream(task.tables[name]).read_all().cast(actual.schema)
            elif not expected:
                continue  # of a small workspace most parts of most tables are empty on both sides
            findings += compare_rows(table, expected, actual)
        counts = {name: len(part) for name, part in rows.items()}
        unlisted = max(0, len(findings) - FINDINGS_MAX)
        return Verified(
            found.events, len(known), counts, findings[:FINDINGS_MAX], unlisted, scanned, consumed
        )

    def _stored(self) -> Iterator[Stored]:
        query = (
            "SELECT position, originator_version, CAST(state AS BLOB), CAST(leaf AS BLOB), "
            "event_id, topic FROM stored_events WHERE originator_id = ? ORDER BY originator_version"
        )
        for row in self._log.execute(query, (stream(self._task.partition),)):
            yield Stored(*row)

    def _published_elsewhere(self) -> Iterator[Recorded]:
        """Configurations in other partitions: members of a family live under those."""
        if self._roots:
            query = (
                "SELECT CAST(state AS BLOB) FROM stored_events "
                "WHERE topic = 'configuration-published.v1' ORDER BY position"
            )
            for (state,) in self._log.execute(query):
                event = self._event(state)
                if event is not None:
                    yield event

    def _event(self, state: bytes) -> Recorded | None:
        """The event; nothing if it is damaged, which the scan of its partition tells."""
        try:
            return recorded(decode(state), self._codec)
        except ContractError:
            return None

    def _saved(self, customer: bytes) -> SavedState | None:
        query = (
            "SELECT CAST(state AS BLOB), meaning_wakes, decisions_wake FROM states "
            "WHERE customer_id = ?"
        )
        row = self._states.execute(query, (customer,)).fetchone()
        return SavedState(*row) if row else None

    def _family(self, root: bytes) -> tuple[list[Recorded], Tally]:
        query = "SELECT position FROM history WHERE customer_id = ? ORDER BY position"
        positions = [row[0] for row in self._states.execute(query, (root,))]
        events: list[Recorded] = []
        total: Tally = (0, 0)
        for start in range(0, len(positions), _ASK_AT_ONCE):
            part = positions[start : start + _ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"{_SELECT_EVENTS} WHERE position IN ({marks})"
            for state, leaf in self._log.execute(query, part):
                event = self._event(state)
                if event is not None:
                    total = tally(total, leaf)
                    events.append(event)
        return sorted(events, key=lambda e: (e.partition, e.offset)), total

    def _merge_findings(self, into: dict[bytes, bytes]) -> Iterator[Finding]:
        """Who is part of whom by the index, against what the log says of each."""
        for customer in sorted({*into, *self._merges}, key=shown):
            today, parent, right = self._merges.get(customer, (b"", b"", b""))
            wanted = into.get(customer, b"")
            if parent != wanted or today != right:
                found, expected = (today, right) if parent == wanted else (parent, wanted)
                yield Finding(
                    kind=Kind.HISTORY,
                    customer=shown(customer),
                    where="merges",
                    expected=shown(expected) if expected else "",
                    found=shown(found) if found else "",
                )

    def _index_findings(
        self, customers: dict[bytes, list[Recorded]], positions: dict[bytes, int]
    ) -> Iterator[Finding]:
        """States without events, and histories that miss an event, double one or name another's."""
        where = "customer_id >= ? AND customer_id < ?"
        query = f"SELECT customer_id FROM states WHERE {where}"  # noqa: S608
        known = customers.keys() | self._roots
        for (customer,) in self._states.execute(query, self._range):
            if customer not in known:
                name = shown(customer)
                yield Finding(kind=Kind.STATE, customer=name, where="states", found="a state")
        query = f"SELECT customer_id, COUNT(*), SUM(position) FROM history WHERE {where} GROUP BY 1"  # noqa: S608
        counted = {row[0]: row[1:] for row in self._states.execute(query, self._range)}
        wanted = {customer: (len(e), positions[customer]) for customer, e in customers.items()}
        for customer in counted.keys() | wanted.keys():
            expected, found = wanted.get(customer), counted.get(customer)
            if expected == found or customer in self._roots or customer in self._merged:
                continue
            yield Finding(
                kind=Kind.HISTORY,
                customer=shown(customer),
                where="history",
                expected=f"{expected[0]} events" if expected else "",
                found=f"{found[0]} events, or others" if found else "",
            )


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
