"""Reading the log: the half of it that needs no writer's state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from journey.ids import id_range
from journey.log.batch import stream
from journey.log.identity import identity_hash
from journey.log.keys import KeyReader, WorkspaceKeys, key_id, unseal
from journey.log.notes import note_name, read_note
from journey.log.recorder import CACHE_KIB, WATCHED, LogDatastore
from journey.ports import Opened
from schemas.codec import Codec
from schemas.envelope import Envelope, decode
from schemas.errors import KeyGone, NotFound
from schemas.events import ConfigurationPublished, OutreachApproved
from schemas.recorded import Recorded, recorded
from schemas.times import Instant

_ASK_AT_ONCE = 500


class ClearReader:
    """What was recorded, as who has no key reads it. Every call sees all commits."""

    def __init__(self, path: str, cache_kib: int = CACHE_KIB) -> None:
        self._codec = Codec()
        self._datastore = LogDatastore(path, cache_kib)

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
        if missing := [position for position in asked if position not in found]:
            raise NotFound(
                f"The log has no position {missing[0]}: ask only for those that it gave."
            )
        return [found[position] for position in asked]

    def of_types(self, names: Iterable[str]) -> Iterator[int]:
        """The positions of all events of these types, named without their version, in order.

        Nothing of them is decoded: far cheaper than reading them.
        """
        asked = sorted(names)
        marks, step, after = ",".join("?" * len(asked)), 50_000, 0
        query = (
            "SELECT position FROM stored_events WHERE position > ? "  # noqa: S608
            f"AND substr(topic, 1, instr(topic, '.v') - 1) IN ({marks}) ORDER BY position LIMIT ?"
        )
        while True:
            with self._datastore.transaction(commit=False) as c:
                c.execute(query, (after, *asked, step))
                rows = [row[0] for row in c.fetchall()]
            yield from rows
            if len(rows) < step:
                return
            after = rows[-1]

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

    def head(self, partition: int) -> int:
        """The next offset of a partition."""
        with self._datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT MAX(originator_version) FROM stored_events WHERE originator_id = ?",
                (stream(partition),),
            )
            last = c.fetchone()[0]
        return 0 if last is None else int(last) + 1

    def bytes_of(self, ids: Iterable[bytes]) -> dict[bytes, bytes]:
        """The stored bytes of the events with these ids, as far as the log has them."""
        asked = list(ids)
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

    def by_prefix(self, digits: str) -> list[Recorded]:
        """The events whose ids begin with these hexadecimal digits; two at most."""
        rows = self._rows("WHERE event_id BETWEEN ? AND ? LIMIT 2", id_range(digits))
        return [self._recorded(state) for _, state in rows]

    def by_place(self, place: str) -> Recorded:
        """The event at ``partition/offset``."""
        partition, offset = place.split("/")
        rows = self._rows(
            "WHERE originator_id = ? AND originator_version = ?",
            (stream(int(partition)), int(offset)),
        )
        return self._recorded(rows[0][1])

    def published(self) -> list[Recorded]:
        """Every published configuration, once a partition, in order."""
        where = f"WHERE topic = '{ConfigurationPublished.TYPE}' ORDER BY position"
        return [self._recorded(state) for _, state in self._rows(where, ())]

    def approved(self) -> list[Recorded]:
        """Every approval of outreach, in order."""
        where = f"WHERE topic = '{OutreachApproved.TYPE}' ORDER BY position"
        return [self._recorded(state) for _, state in self._rows(where, ())]

    def watched(self) -> list[Recorded]:
        """Every action that was opened or done, and every verdict about a figure, in order."""
        rows = self._rows(f"WHERE {WATCHED} ORDER BY position", ())
        return [self._recorded(state) for _, state in rows]

    def configurations(self) -> list[tuple[ConfigurationPublished, Instant]]:
        """Each published configuration once, by number, and when it was.

        As most partitions have it: one that was tampered with changes nothing but its own leaf.
        """
        told: dict[int, Counter[tuple[str, Instant]]] = {}
        for event in self.published():
            if isinstance(fact := event.fact, ConfigurationPublished):
                counts = told.setdefault(fact.number, Counter())
                counts[fact.document, event.recorded_at] += 1
        most = [(number, *told[number].most_common(1)[0][0]) for number in sorted(told)]
        return [(ConfigurationPublished(number=n, document=text), at) for n, text, at in most]

    def current(self, customer: bytes) -> bytes:
        """Who a customer is today, after merges."""
        return self.current_of([customer]).get(customer, customer)

    def current_of(self, customers: Iterable[bytes]) -> dict[bytes, bytes]:
        """Who those of these customers are today who became part of another."""
        asked, found = list(customers), dict[bytes, bytes]()
        with self._datastore.transaction(commit=False) as c:
            for start in range(0, len(asked), _ASK_AT_ONCE):
                part = asked[start : start + _ASK_AT_ONCE]
                marks = ",".join("?" * len(part))
                query = f"SELECT customer_id, into_id FROM merges WHERE customer_id IN ({marks})"  # noqa: S608
                c.execute(query, part)
                found.update((row[0], row[1]) for row in c.fetchall())
        return found

    def name(self) -> str:
        """What tells this log from every other: the leaf of its first event.

        Raises:
            NotFound: nothing was recorded yet.
        """
        with self._datastore.transaction(commit=False) as c:
            c.execute("SELECT leaf FROM stored_events WHERE position = 1")
            row = c.fetchone()
        if row is None:
            raise NotFound("The log has no events yet: import something first.")
        return bytes(row[0]).hex()

    def last_position(self) -> int:
        """See ``EventLog.last_position``."""
        with self._datastore.transaction(commit=False) as c:
            c.execute("SELECT MAX(position) FROM stored_events")
            return c.fetchone()[0] or 0

    def close(self) -> None:
        """Let go of the database."""
        self._datastore.close()

    def _recorded(self, stored: bytes) -> Recorded:
        return recorded(decode(stored), self._codec)

    def _rows(self, where: str, parameters: Sequence[Any]) -> list[tuple[int, bytes]]:
        with self._datastore.transaction(commit=False) as c:
            c.execute(f"SELECT position, state FROM stored_events {where}", parameters)  # noqa: S608
            return [(row[0], row[1]) for row in c.fetchall()]


class LogReader(ClearReader):
    """The same with keys: personal fields, and who has an identity."""

    def __init__(self, path: str, keys: WorkspaceKeys, people: KeyReader) -> None:
        super().__init__(path)
        self._keys, self._people = keys, people

    def open(self, event: Recorded) -> Opened:
        """See ``EventLog.open``."""
        rows = self._rows(
            "WHERE originator_id = ? AND originator_version = ?",
            (stream(event.partition), event.offset),
        )
        if not rows:
            raise NotFound(
                f"The log has no event at {event.place}: open an event that it returned."
            )
        return self._opened(decode(rows[0][1]))

    def read_opened(self, after: int, limit: int) -> list[tuple[int, Opened]]:
        """As ``read``, with personal fields as far as their key still exists."""
        rows = self._rows("WHERE position > ? ORDER BY position LIMIT ?", (after, limit))
        return [(position, self._opened(decode(state))) for position, state in rows]

    def noted(self, name: str) -> str:
        """What the note of a name says; empty if there is none."""
        with self._datastore.transaction(commit=False) as c:
            return read_note(c, name)

    def note_name(self, *parts: str) -> str:
        """A name for notes that tells nothing of what it is made of."""
        return note_name(self._keys, parts)

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
