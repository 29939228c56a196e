"""The event log on SQLite: one writer, append-only, everything of one batch in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from eventsourcing.persistence import Tracking

from journey.faults import reach
from journey.log.batch import Batch, stream
from journey.log.identity import identity_hash
from journey.log.keys import KeyStore, WorkspaceKeys, key_id, unseal
from journey.log.placing import Placement, Placer
from journey.log.recorder import LogDatastore, LogRecorder
from journey.ports import Clock, Draft, Opened, Outcome, Receipt
from projections.projection import Act, act_id
from schemas.codec import Codec
from schemas.envelope import Envelope, Flag, decode
from schemas.errors import ClockWentBack, KeyGone
from schemas.events import ConfigurationPublished
from schemas.recorded import Recorded, recorded
from schemas.times import MINUTE, Instant, rfc3339

PARTITIONS = 64  # fixed when a log is made; also the Kafka partitions and the unit of scale
CLOCK_BACK_MAX = 5 * MINUTE  # a step of the time service is absorbed; a wrong clock is refused
_ASK_AT_ONCE = 500


class SqliteEventLog:
    """``EventLog`` on a SQLite file, or on ``:memory:`` as its twin.

    Args:
        path: the database file.
        keys: the workspace's keys.
        people: the keys of persons.
        clock: tells the time.
        configuration: what is to be in force; published with the next append if it is not yet.

    Raises:
        ClockWentBack: the clock is more than five minutes behind the last event.
    """

    def __init__(
        self, path: str, keys: WorkspaceKeys, people: KeyStore, clock: Clock, configuration: str
    ) -> None:
        self._keys, self._people, self._clock = keys, people, clock
        self._configuration = configuration
        self._codec = Codec()
        self._datastore = LogDatastore(path)
        self._recorder = LogRecorder(self._datastore)
        self._recorder.create_table()
        self._placer = Placer(keys)
        self.partitions = int(self._fact("partitions", PARTITIONS))
        self.is_simulated = bool(self._fact("simulated", 0))
        self._recover()
        behind = self._floor - clock.now()
        if behind > CLOCK_BACK_MAX:
            self.close()
            raise ClockWentBack(rfc3339(clock.now()), rfc3339(self._floor))

    # -- writing ----------------------------------------------------------------------------------

    def append(
        self, drafts: Sequence[Draft], *, imported: bool = False, at: Sequence[Instant] | None = None
    ) -> list[Receipt]:
        """See ``EventLog.append``."""
        if not drafts:
            return []
        flags = (Flag.IMPORTED if imported else 0) | (Flag.SIMULATED if at is not None else 0)
        try:
            self.publish(self._configuration, at[0] if at else None)
            return self._append(drafts, flags, at)
        except BaseException:
            self._placer.forget()
            self._recover()
            raise

    def record(self, acts: Sequence[Act], tracking: tuple[str, int] | None = None) -> int:
        """See ``EventLog.record``. ``tracking`` notes an application's progress beside them."""
        found = self._stored_ids([act_id(act.fact) for act in acts])
        batch = self._batch(self._now())
        for act in acts:
            event_id = act_id(act.fact)
            if event_id not in found:
                found[event_id] = b""
                customer = self.current(act.customer_id)
                batch.add(event_id, act.fact, customer, act.occurred_at, Flag.ENGINE)
        if batch.events or tracking:
            self._commit(batch, tracking)
        return len(batch.events)

    def publish(self, document: str, at: Instant | None = None) -> int:
        """See ``EventLog.publish``."""
        if document == self._in_force:
            return self._number
        when = max(self._floor, self._clock.now() if at is None else at)
        batch = self._batch(when)
        fact = ConfigurationPublished(number=self._number + 1, document=document)
        for partition in range(self.partitions):
            name = f"{fact.number}/{partition}".encode()
            event_id = self._keys.hash(b"configuration", name)
            batch.add(event_id, fact, b"", when, Flag.ENGINE, partition=partition)
        self._commit(batch, None)
        self._number, self._in_force = fact.number, document
        return self._number

    def mark_simulated(self) -> None:
        """Note that this log's times are a simulation's."""
        self._set_fact("simulated", 1)
        self.is_simulated = True

    def now(self) -> Instant:
        """See ``EventLog.now``. The promise is on disk before it is given."""
        now = self._now()
        if now > self._promised:
            self._set_fact("floor", now)
            self._floor = self._promised = now
        return now

    # -- reading ----------------------------------------------------------------------------------

    def read(self, after: int, limit: int) -> list[tuple[int, Recorded]]:
        """See ``EventLog.read``."""
        rows = self._rows("WHERE position > ? ORDER BY position LIMIT ?", (after, limit))
        return [(position, self._recorded(state)) for position, state in rows]

    def at(self, positions: Iterable[int]) -> list[Recorded]:
        """See ``EventLog.at``."""
        asked = list(positions)
        found: dict[int, Recorded] = {}
        for start in range(0, len(asked), _ASK_AT_ONCE):
            part = asked[start : start + _ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            for position, state in self._rows(f"WHERE position IN ({marks})", part):
                found[position] = self._recorded(state)
        return [found[position] for position in asked]

    def scan(self, partition: int) -> Iterator[Recorded]:
        """See ``EventLog.scan``."""
        for _, stored, _ in self.stored(partition):
            yield self._recorded(stored)

    def stored(self, partition: int, after: int = -1) -> Iterator[tuple[int, bytes, bytes]]:
        """Offset, bytes and leaf of every event of a partition, in order."""
        step = 2_000
        while True:
            with self._datastore.transaction(commit=False) as c:
                c.execute(
                    "SELECT originator_version, state, leaf FROM stored_events "
                    "WHERE originator_id = ? AND originator_version > ? "
                    "ORDER BY originator_version LIMIT ?",
                    (stream(partition), after, step),
                )
                rows = [tuple(row) for row in c.fetchall()]
            yield from rows
            if len(rows) < step:
                return
            after = rows[-1][0]

    def open(self, event: Recorded) -> Opened:
        """See ``EventLog.open``."""
        rows = self._rows(
            "WHERE originator_id = ? AND originator_version = ?",
            (stream(event.partition), event.offset),
        )
        return self._opened(decode(rows[0][1]))

    def by_id(self, event_id: bytes) -> Recorded | None:
        """The event with this id, if the log has it."""
        rows = self._rows("WHERE event_id = ?", (event_id,))
        return self._recorded(rows[0][1]) if rows else None

    def find(self, identity: str) -> list[bytes]:
        """See ``EventLog.find``."""
        with self._datastore.transaction(commit=False) as c:
            c.execute("SELECT kind FROM kinds ORDER BY kind")
            kinds = [row[0] for row in c.fetchall()]
            found: dict[bytes, None] = {}
            for kind in kinds:
                c.execute(
                    "SELECT COALESCE(m.into_id, i.customer_id) FROM identities i "
                    "LEFT JOIN merges m ON m.customer_id = i.customer_id WHERE i.hash = ?",
                    (identity_hash(self._keys, kind, identity),),
                )
                found.update((row[0], None) for row in c.fetchall())
        return list(found)

    def current(self, customer: bytes) -> bytes:
        """Who a customer is today, after merges."""
        with self._datastore.transaction(commit=False) as c:
            c.execute("SELECT into_id FROM merges WHERE customer_id = ?", (customer,))
            row = c.fetchone()
        return row[0] if row else customer

    def last_position(self) -> int:
        """See ``EventLog.last_position``."""
        return self._position

    def close(self) -> None:
        """Close the database."""
        self._datastore.close()

    # -- inside -----------------------------------------------------------------------------------

    def _append(
        self, drafts: Sequence[Draft], flags: int, at: Sequence[Instant] | None
    ) -> list[Receipt]:
        ids = [self._event_id(draft) for draft in drafts]
        stored = self._stored_ids(ids)
        earlier: dict[bytes, Draft] = {}
        receipts: list[Receipt | None] = [None] * len(drafts)
        fresh: list[tuple[int, Draft, bytes, Placement]] = []
        with self._datastore.transaction(commit=False) as cursor:
            unknown = [d for d, event_id in zip(drafts, ids, strict=True) if event_id not in stored]
            self._placer.read_ahead(cursor, unknown)
            for n, (draft, event_id) in enumerate(zip(drafts, ids, strict=True)):
                if event_id in stored or event_id in earlier:
                    fields = self._difference(draft, stored.get(event_id), earlier.get(event_id))
                    outcome = Outcome.DIFFERS if fields else Outcome.DUPLICATE
                    receipts[n] = Receipt(outcome, event_id, fields)
                    continue
                placement = self._placer.place(cursor, draft, event_id)
                if placement is None:
                    receipts[n] = Receipt(Outcome.REFUSED, event_id, reason=_NOBODY)
                    continue
                earlier[event_id] = draft
                fresh.append((n, draft, event_id, placement))
                receipts[n] = Receipt(Outcome.APPENDED, event_id)
        self._people.ensure(placement.subject for *_, placement in fresh)
        batch = self._batch(self._now() if at is None else self._floor)
        for n, draft, event_id, placement in fresh:
            if at is not None:
                batch.recorded_at = max(batch.recorded_at, at[n])
            batch.add_touchpoint(event_id, draft, placement, flags)
        if fresh:
            reach("before-append")
            self._commit(batch, None)
            reach("after-append")
        return [receipt for receipt in receipts if receipt is not None]

    def _batch(self, recorded_at: Instant) -> Batch:
        return Batch(self._codec, self._people, self._heads, recorded_at)

    def _commit(self, batch: Batch, tracking: tuple[str, int] | None) -> None:
        with self._datastore.transaction(commit=True) as cursor:
            note = None
            if tracking is not None:
                seen = self._recorder._max_tracking_id(tracking[0], cursor)  # noqa: SLF001
                if seen is None or seen < tracking[1]:  # a stale one would undo the whole commit
                    note = Tracking(*tracking)
            self._recorder._insert_events(  # noqa: SLF001 - the transaction holds our indexes too
                cursor, batch.events, tracking=note, event_ids=batch.ids, leaves=batch.leaves
            )
            self._placer.write(cursor)
        self._heads = batch.heads
        self._position += len(batch.events)
        self._floor = batch.recorded_at
        if batch.ids:
            self._highest_id = max(self._highest_id, max(batch.ids))

    def _event_id(self, draft: Draft) -> bytes:
        mac = self._keys.hash(b"event", draft.source.encode(), draft.message_id.encode())
        if draft.id_time is None:
            return mac
        return max(0, draft.id_time // 1000).to_bytes(6) + mac[:10]

    def _stored_ids(self, ids: Sequence[bytes]) -> dict[bytes, bytes]:
        """The bytes of those events that the log has; ids beyond its highest are surely new."""
        asked = [i for i in ids if i <= self._highest_id]
        found: dict[bytes, bytes] = {}
        for start in range(0, len(asked), _ASK_AT_ONCE):
            part = asked[start : start + _ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            with self._datastore.transaction(commit=False) as c:
                c.execute(
                    f"SELECT event_id, state FROM stored_events WHERE event_id IN ({marks})",  # noqa: S608
                    part,
                )
                found.update((row[0], row[1]) for row in c.fetchall())
        return found

    def _difference(self, told: Draft, stored: bytes | None, earlier: Draft | None) -> list[str]:
        if stored is None:
            assert earlier is not None
            fields = self._codec.difference(earlier.fact, told.fact)
            kept_at = earlier.occurred_at
        else:
            opened = self._opened(decode(stored))
            if opened.is_erased:
                return ["not comparable"]
            fields = self._codec.difference(opened.recorded.fact, told.fact)
            kept_at = opened.recorded.occurred_at
        return sorted([*fields, "occurred_at"]) if kept_at != told.occurred_at else fields

    def _opened(self, envelope: Envelope) -> Opened:
        event = recorded(envelope, self._codec)
        if not envelope.sealed:
            return Opened(event)
        try:
            key = self._people.of(key_id(envelope.sealed))
            bound_to = envelope.event_id + envelope.type.encode()
            plaintext = unseal(key, envelope.sealed, bound_to)
        except KeyGone:
            return Opened(event, is_erased=True)
        fact = self._codec.decode(envelope.type, envelope.payload, plaintext)
        return Opened(msgspec.structs.replace(event, fact=fact))

    def _recorded(self, stored: bytes) -> Recorded:
        return recorded(decode(stored), self._codec)

    def _rows(self, where: str, parameters: Sequence[Any]) -> list[tuple[int, bytes]]:
        with self._datastore.transaction(commit=False) as c:
            c.execute(f"SELECT position, state FROM stored_events {where}", parameters)  # noqa: S608
            return [(row[0], row[1]) for row in c.fetchall()]

    def _now(self) -> Instant:
        return max(self._floor, self._clock.now())

    def _recover(self) -> None:
        """Find out where the log ends: heads of partitions, highest id, last time."""
        with self._datastore.transaction(commit=False) as c:
            self._heads = []
            for partition in range(self.partitions):
                c.execute(
                    "SELECT MAX(originator_version) FROM stored_events WHERE originator_id = ?",
                    (stream(partition),),
                )
                last = c.fetchone()[0]
                self._heads.append(0 if last is None else last + 1)
            c.execute("SELECT MAX(position) FROM stored_events")
            position = c.fetchone()[0]
            c.execute("SELECT MAX(event_id) FROM stored_events WHERE event_id IS NOT NULL")
            highest = c.fetchone()[0]
        self._position, self._highest_id = position or 0, highest or b""
        self._promised = int(self._fact("floor", 0))
        self._floor = self._promised
        last_rows = self._rows("ORDER BY position DESC LIMIT 1", ())
        if last_rows:
            self._floor = max(self._floor, decode(last_rows[0][1]).recorded_at)
        self._number, self._in_force = 0, ""
        published = self._rows(
            "WHERE topic = ? AND originator_id = ? ORDER BY position DESC LIMIT 1",
            (ConfigurationPublished.TYPE, stream(0)),
        )
        if published:
            fact = self._recorded(published[0][1]).fact
            assert isinstance(fact, ConfigurationPublished)
            self._number, self._in_force = fact.number, fact.document

    def _fact(self, name: str, default: int) -> int:
        with self._datastore.transaction(commit=False) as c:
            c.execute("SELECT value FROM log_facts WHERE name = ?", (name,))
            row = c.fetchone()
        if row is None:
            self._set_fact(name, default)
        return default if row is None else int(row[0])

    def _set_fact(self, name: str, value: int) -> None:
        with self._datastore.transaction(commit=True) as c:
            c.execute("INSERT OR REPLACE INTO log_facts VALUES (?,?)", (name, value))


_NOBODY = (
    "names no person and no known conversation: "
    "give an identity, an owner, or the conversation's first message before it."
)
