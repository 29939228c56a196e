"""The event log on SQLite: one writer, append-only, everything of one batch in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

from eventsourcing.persistence import Tracking

from journey.faults import reach
from journey.log.batch import Batch
from journey.log.keys import KeyStore, WorkspaceKeys
from journey.log.notes import write_note
from journey.log.placing import Placer
from journey.log.pseudonyms import Pseudonyms
from journey.log.reading import LogReader
from journey.log.recorder import LogRecorder
from journey.log.telling import NOBODY, NOT_COMPARABLE, Told, difference
from journey.ports import Clock, Draft, Note, Outcome, Receipt
from projections.projection import Act, act_id
from schemas.envelope import Flag, decode
from schemas.errors import ClockWentBack, ContractError, UsageError, WorkspaceError
from schemas.event_id import HASHED, hashed_id, is_timed, timed_id
from schemas.events import ConfigurationPublished, IdentityUnlinked
from schemas.recorded import Recorded
from schemas.times import MINUTE, Instant, rfc3339

PARTITIONS = 64  # fixed when a log is made; also the Kafka partitions and the unit of scale
CLOCK_BACK_MAX = 5 * MINUTE  # a step of the time service is absorbed; a wrong clock is refused
LATEST_EVENTS = 100  # so many are asked for the time of the last
TAIL_EVENTS_MAX = 10_000  # of the latest, as folds read them; about 20 MiB
First = Callable[[], str]


class SqliteEventLog(LogReader):
    """``EventLog`` on a SQLite file, or on ``:memory:`` as its twin.

    Args:
        path: the database file.
        keys: the workspace's keys.
        people: the keys of persons.
        clock: tells the time.
        first: tells what is in force from the first append on, which publishes it.

    Raises:
        ClockWentBack: the clock is more than five minutes behind the last event.
    """

    _people: KeyStore

    def __init__(
        self, path: str, keys: WorkspaceKeys, people: KeyStore, clock: Clock, first: First
    ) -> None:
        super().__init__(path, keys, people)
        self._clock, self._first = clock, first
        self._recorder = LogRecorder(self._datastore)
        self._recorder.create_table()
        self._placer = Placer(keys)
        self._pseudonyms = Pseudonyms(keys, people)
        self._lock = RLock()  # the committer and the engine write from threads of their own
        self._is_in_doubt = False
        self._heads: list[int] = []
        self._position = self._number = 0
        self._highest_id, self._in_force = b"", ""
        self._floor: Instant = 0
        self._promised: Instant = 0
        self.partitions = int(self._fact("partitions", PARTITIONS))
        self.is_simulated = bool(self._fact("simulated", 0))
        self._highest_timed = b""
        self.is_followed = False  # by a fold in this process: see `_keep_tail`
        self._tail: list[tuple[int, Recorded]] = []
        self._recover()
        behind = self._floor - clock.now()
        if behind > CLOCK_BACK_MAX:
            self.close()
            raise ClockWentBack(rfc3339(clock.now()), rfc3339(self._floor))

    # -- writing ----------------------------------------------------------------------------------

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        imported: bool = False,
        at: Sequence[Instant] | None = None,
        note: Note | None = None,
    ) -> list[Receipt]:
        """See ``EventLog.append``."""
        if not drafts:
            return []
        if at is not None and not self.is_simulated:
            raise UsageError("This log has real times: leave out `at`, or mark the log simulated.")
        if at is not None and len(at) != len(drafts):
            raise UsageError(f"{len(drafts)} drafts and {len(at)} times: give one time a draft.")
        flags = (Flag.IMPORTED if imported else 0) | (Flag.SIMULATED if at is not None else 0)
        with self._writing():
            if not self._number:
                self.publish(self._first(), at[0] if at else None)
            return self._append(drafts, flags, at, note)

    def record(self, acts: Sequence[Act], tracking: tuple[str, int] | None = None) -> int:
        """See ``EventLog.record``. ``tracking`` notes an application's progress beside them."""
        ids = [act_id(act.fact) for act in acts]
        with self._writing():
            found = self._stored_ids(ids)
            today = self.current_of({act.customer_id for act in acts})
            batch = self._batch(self._now())
            for event_id, act in zip(ids, acts, strict=True):
                if event_id not in found:
                    found[event_id] = b""
                    customer = today.get(act.customer_id, act.customer_id)
                    batch.add(event_id, act.fact, customer, act.occurred_at, Flag.ENGINE)
            if batch.rows or tracking:
                self._commit(batch, tracking)
            return len(batch.rows)

    def publish(self, document: str, at: Instant | None = None) -> int:
        """See ``EventLog.publish``."""
        with self._writing():
            if document != self._in_force:
                later = self._floor + bool(self._position)  # than all that was under another
                when = max(later, self._clock.now() if at is None else at)
                batch = self._batch(when)
                fact = ConfigurationPublished(number=self._number + 1, document=document)
                for partition in range(self.partitions):
                    name = f"{fact.number}/{partition}".encode()
                    event_id = hashed_id(self._keys.hash(b"configuration", name))
                    batch.add(event_id, fact, b"", when, Flag.ENGINE, partition=partition)
                self._commit(batch, None)
                self._number, self._in_force = fact.number, document
            return self._number

    def note(self, note: Note) -> None:
        """Write a note by itself."""
        with self._writing(), self._datastore.transaction(commit=True) as cursor:
            write_note(cursor, note)

    def mark_simulated(self) -> None:
        """Note that this log's times are a simulation's."""
        self._set_fact("simulated", 1)
        self.is_simulated = True

    def now(self) -> Instant:
        """See ``EventLog.now``. The promise is on disk before it is given."""
        with self._writing():
            now = self._now()
            if now > self._promised:
                self._set_fact("floor", now)
                self._floor = self._promised = now
            return now

    def read(self, after: int, limit: int) -> list[tuple[int, Recorded]]:
        """See ``EventLog.read``."""
        tail = self._tail
        if tail and tail[0][0] <= after + 1 <= tail[-1][0]:
            start = after + 1 - tail[0][0]
            return tail[start : start + limit]
        return super().read(after, limit)

    def last_position(self) -> int:
        """See ``EventLog.last_position``."""
        self._settle()
        return self._position

    @property
    def configuration_number(self) -> int:
        """The number of the configuration in force; 0 before the first append."""
        self._settle()
        return self._number

    @property
    def in_force(self) -> str:
        """The document of the configuration in force; empty before the first append."""
        self._settle()
        return self._in_force

    @property
    def last_recorded_at(self) -> Instant:
        """When the last event was recorded, or the latest time that was promised."""
        self._settle()
        return self._floor

    def close(self) -> None:
        """Close the database, when what is being written is done."""
        with self._lock:
            self._tail = []
            self._datastore.close()

    # -- inside -----------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time. After a failure nothing in memory is believed any more."""
        with self._lock:
            self._settle()
            is_done = False
            try:
                yield
                is_done = True
            finally:
                self._is_in_doubt = not is_done

    def _settle(self) -> None:
        """Find out again where the log ends, if a write failed since."""
        if self._is_in_doubt:
            with self._lock:
                if self._is_in_doubt:
                    self._placer.forget()
                    self._recover()
                    self._is_in_doubt = False

    def _append(
        self,
        drafts: Sequence[Draft],
        flags: int,
        at: Sequence[Instant] | None,
        note: Note | None,
    ) -> list[Receipt]:
        told = Told(drafts, [self._event_id(draft) for draft in drafts])
        told.stored = self._stored_ids(told.ids)
        partings = [
            n
            for n, draft in enumerate(drafts)
            if isinstance(draft.fact, IdentityUnlinked) and told.ids[n] not in told.stored
        ]
        if not partings:
            with self._datastore.transaction(commit=False) as cursor:
                self._place(cursor, told, range(len(drafts)))
            batch = self._touchpoints(told, flags, at)
            if batch.rows or note:
                reach("before-append")
                self._commit(batch, None, note)
                reach("after-append")
            return told.in_order()
        # Who is whom before and after a parting is asked of the database, still in one transaction.
        with self._datastore.transaction(commit=True) as cursor:
            start = 0
            for parting in (*partings, len(drafts)):
                self._place(cursor, told, range(start, parting))
                self._placer.write(cursor)
                self._place(cursor, told, range(parting, min(parting + 1, len(drafts))))
                self._placer.write(cursor)
                start = parting + 1
            batch = self._touchpoints(told, flags, at)
            reach("before-append")
            self._write(cursor, batch, None, note)
        self._take_note(batch)
        reach("after-append")
        return told.in_order()

    def _place(self, cursor: Any, told: Told, numbers: range) -> None:
        """Find out of some drafts whose they are, or what else is to be said of them."""
        unknown = [told.drafts[n] for n in numbers if told.ids[n] not in told.stored]
        named = iter(self._placer.read_ahead(cursor, unknown))
        for n in numbers:
            draft, event_id = told.drafts[n], told.ids[n]
            whom = None if event_id in told.stored else next(named)
            if whom is None or event_id in told.earlier:
                fields = self._difference(told, n)
                is_other = fields and fields != NOT_COMPARABLE
                outcome = Outcome.DIFFERS if is_other else Outcome.DUPLICATE
                told.receipts[n] = Receipt(outcome, event_id, fields)
                continue
            is_parting = isinstance(draft.fact, IdentityUnlinked)
            place = self._placer.place_parting if is_parting else self._placer.place
            placement = place(cursor, draft, whom, event_id)
            if placement is None:
                told.receipts[n] = Receipt(Outcome.REFUSED, event_id, reason=NOBODY)
                continue
            told.earlier[event_id] = draft
            told.fresh.append((n, placement))
            told.receipts[n] = Receipt(Outcome.APPENDED, event_id)

    def _touchpoints(self, told: Told, flags: int, at: Sequence[Instant] | None) -> Batch:
        """What is new among the drafts, ready to be written."""
        self._people.ensure(placement.subject for _, placement in told.fresh)
        batch = self._batch(self._now() if at is None else self._floor)
        for n, placement in told.fresh:
            if at is not None:
                batch.recorded_at = max(batch.recorded_at, at[n])
            batch.add_touchpoint(told.ids[n], told.drafts[n], placement, flags)
        return batch

    def _batch(self, recorded_at: Instant) -> Batch:
        return Batch(
            self._codec,
            self._people,
            self._pseudonyms,
            self._position,
            self._heads,
            recorded_at,
            keep=self.is_followed,
        )

    def _commit(
        self, batch: Batch, tracking: tuple[str, int] | None, progress: Note | None = None
    ) -> None:
        with self._datastore.transaction(commit=True) as cursor:
            self._write(cursor, batch, tracking, progress)
        self._take_note(batch)

    def _write(
        self,
        cursor: Any,
        batch: Batch,
        tracking: tuple[str, int] | None,
        progress: Note | None = None,
    ) -> None:
        if (self._recorder._max_notification_id(cursor) or 0) != self._position:
            raise WorkspaceError(
                "Another program wrote to this log meanwhile, so nothing of this was recorded: "
                "let one program write at a time, then try again."
            )
        note = None
        if tracking is not None:
            seen = self._recorder._max_tracking_id(tracking[0], cursor)
            if seen is None or seen < tracking[1]:  # a stale one would undo the whole commit
                note = Tracking(*tracking)
        self._recorder.insert(cursor, batch.rows, note)
        self._placer.write(cursor)  # the transaction holds our indexes too
        if progress is not None:
            write_note(cursor, progress)

    def _take_note(self, batch: Batch) -> None:
        """The batch is on disk."""
        if batch.rows:
            self._keep_tail(batch.recorded)
            self._heads = batch.heads
            self._position += len(batch.rows)
            self._floor = batch.recorded_at
            timed = [row[5] for row in batch.rows if row[5] is not None and is_timed(row[5])]
            self._highest_timed = max(self._highest_timed, *timed, b"")

    def _keep_tail(self, events: list[Recorded] | None) -> None:
        """Whoever follows the log need not decode what was just encoded."""
        if events is None or len(self._tail) + len(events) > TAIL_EVENTS_MAX:
            self._tail = []
        self._tail += enumerate(events or [], self._position + 1)

    def _event_id(self, draft: Draft) -> bytes:
        mac = self._keys.hash(b"event", draft.source.encode(), draft.message_id.encode())
        return hashed_id(mac) if draft.id_time is None else timed_id(draft.id_time, mac)

    def _stored_ids(self, ids: Sequence[bytes]) -> dict[bytes, bytes]:
        """The bytes of those events that the log has.

        Ids led by a time later than all times in the log are surely new.
        """
        return self.bytes_of(i for i in ids if i <= self._highest_timed or not is_timed(i))

    def _difference(self, told: Told, n: int) -> list[str]:
        """What a draft says otherwise than the first telling of its event."""
        draft, event_id = told.drafts[n], told.ids[n]
        if (stored := told.stored.get(event_id)) is not None:
            opened = self._opened(decode(stored))
            if opened.is_erased:
                return [*NOT_COMPARABLE]
            return difference(self._codec, draft, opened.recorded.fact, opened.recorded.occurred_at)
        earlier = told.earlier[event_id]
        return difference(self._codec, draft, earlier.fact, earlier.occurred_at)

    def _now(self) -> Instant:
        return max(self._floor, self._clock.now())

    def _recover(self) -> None:
        """Find out where the log ends: heads of partitions, highest timed id, last time."""
        self._tail = []  # a new list: somebody may be reading the old one
        self._heads = [self.head(partition) for partition in range(self.partitions)]
        with self._datastore.transaction(commit=False) as c:
            c.execute("SELECT MAX(position) FROM stored_events")
            position = c.fetchone()[0]
            c.execute("SELECT MAX(event_id) FROM stored_events WHERE event_id < ?", (HASHED,))
            highest = c.fetchone()[0]
        self._position, self._highest_timed = position or 0, highest or b""
        self._promised = int(self._fact("floor", 0))
        self._floor = self._promised
        for _, stored in self._rows("ORDER BY position DESC LIMIT ?", (LATEST_EVENTS,)):
            try:
                self._floor = max(self._floor, decode(stored).recorded_at)
                break
            except ContractError:
                continue  # damaged: verification tells, and the one before says nearly the same
        self._number, self._in_force = 0, ""
        for fact, _ in self.configurations()[-1:]:
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
