"""What each part of an append costs by itself, on the same drafts, batch after batch.

The parts are the log's own functions in the order in which the log calls them, each over a whole
batch before the next begins; files and indexes grow as the log's do.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import msgspec

from benchmarks.cases import PARTS_OF_APPEND
from benchmarks.child import Answer, Given
from benchmarks.measures.append import MASTER, fresh
from benchmarks.measures.samples import batches
from journey.clock import SystemClock
from journey.log.batch import stream
from journey.log.keys import KeyStore, WorkspaceKeys, seal
from journey.log.placing import Placement, Placer
from journey.log.recorder import LogDatastore, LogRecorder, LogRow
from journey.log.sqlite_log import PARTITIONS
from journey.ports import Draft
from schemas.codec import Codec
from schemas.envelope import Envelope, encode, leaf_hash, partition_of
from schemas.event_id import hashed_id, is_timed, timed_id
from schemas.fact import BrandFact, Touchpoint

_ASK_AT_ONCE = 500


class _TimedKeys(WorkspaceKeys):
    """Keys that know how long they hashed."""

    seconds = 0.0

    def hash(self, *parts: bytes) -> bytes:
        """As ever, timed."""
        begun = perf_counter()
        found = super().hash(*parts)
        self.seconds += perf_counter() - begun
        return found


class _Parts:
    def __init__(self, given: Given) -> None:
        folder = fresh(given.folder / "append-parts")
        self.seconds = dict.fromkeys(PARTS_OF_APPEND, 0.0)
        self._timed, self._plain = _TimedKeys(MASTER), WorkspaceKeys(MASTER)
        self._people = KeyStore(str(folder / "keys.db"), self._plain.wrap)
        self._datastore = LogDatastore(str(folder / "log.db"))
        self._recorder = LogRecorder(self._datastore)
        self._recorder.create_table()
        self._placer = Placer(self._timed)
        self._codec, self._clock = Codec(), SystemClock()
        self._heads = [0] * PARTITIONS
        self._highest_timed = b""
        self._position = 0

    def append(self, drafts: Sequence[Draft]) -> None:
        """One batch, part by part."""
        with self._part("hash"):
            ids = [self._event_id(draft) for draft in drafts]
        places = self._place(drafts, ids)
        with self._part("keys"):
            self._people.ensure(place.subject for place in places)
        with self._part("encode"):
            facts = [_placed(draft, place) for draft, place in zip(drafts, places, strict=True)]
            halves = [self._codec.encode(fact) for fact in facts]
        with self._part("seal"):
            sealed = [
                seal(
                    self._people.of(place.subject),
                    place.subject,
                    plaintext,
                    event_id + fact.TYPE.encode(),
                )
                for place, (_, plaintext), event_id, fact in zip(
                    places, halves, ids, facts, strict=True
                )
            ]
        with self._part("encode"):
            envelopes = self._envelopes(drafts, ids, places, [p for p, _ in halves], sealed)
            states = [encode(envelope) for envelope in envelopes]
        with self._part("hash"):
            leaves = [
                leaf_hash(e.partition, e.offset, e.type, state)
                for e, state in zip(envelopes, states, strict=True)
            ]
        self._write(envelopes, states, ids, leaves)

    def close(self) -> None:
        """Close the databases."""
        self._people.close()
        self._datastore.close()

    def _place(self, drafts: Sequence[Draft], ids: Sequence[bytes]) -> list[Placement]:
        """Dedupe and placing; the hashes made on the way count as hashes."""
        hashed = self._timed.seconds
        with self._datastore.transaction(commit=False) as cursor, self._part("index"):
            self._known(cursor, ids)
            named = self._placer.read_ahead(cursor, drafts)
            found = [
                self._placer.place(cursor, draft, whom, event_id)
                for draft, whom, event_id in zip(drafts, named, ids, strict=True)
            ]
        self.seconds["index"] -= self._timed.seconds - hashed
        self.seconds["hash"] += self._timed.seconds - hashed
        places = [place for place in found if place is not None]
        assert len(places) == len(drafts), "every draft names somebody"
        return places

    def _known(self, cursor: Any, ids: Sequence[bytes]) -> None:
        """Which ids the log has: asked as the log asks."""
        asked = [i for i in ids if i <= self._highest_timed or not is_timed(i)]
        for start in range(0, len(asked), _ASK_AT_ONCE):
            part = asked[start : start + _ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT event_id, state FROM stored_events WHERE event_id IN ({marks})"  # noqa: S608
            cursor.execute(query, part)
            assert not cursor.fetchall(), "every draft is new"
        self._highest_timed = max([self._highest_timed, *filter(is_timed, ids)])

    def _envelopes(
        self,
        drafts: Sequence[Draft],
        ids: Sequence[bytes],
        places: Sequence[Placement],
        payloads: Sequence[bytes],
        sealed: Sequence[bytes],
    ) -> list[Envelope]:
        now, made = self._clock.now(), []
        for draft, event_id, place, payload, secret in zip(
            drafts, ids, places, payloads, sealed, strict=True
        ):
            partition = partition_of(place.customer_id, PARTITIONS)
            offset = self._heads[partition]
            self._heads[partition] = offset + 1
            made.append(
                Envelope(
                    partition,
                    offset,
                    now,
                    event_id,
                    draft.fact.TYPE,
                    draft.source,
                    draft.sequence,
                    place.customer_id,
                    draft.occurred_at,
                    0,
                    payload,
                    secret,
                )
            )
        return made

    def _write(
        self,
        envelopes: Sequence[Envelope],
        states: Sequence[bytes],
        ids: Sequence[bytes],
        leaves: Sequence[bytes],
    ) -> None:
        """The events with their indexes, and who is whom, in one durable transaction."""
        begun, elsewhere = perf_counter(), self.seconds["index"]
        with self._datastore.transaction(commit=True) as cursor:
            rows: list[LogRow] = [
                (position, stream(e.partition), e.offset, e.type, state, event_id, leaf)
                for position, (e, state, event_id, leaf) in enumerate(
                    zip(envelopes, states, ids, leaves, strict=True), self._position + 1
                )
            ]
            self._position += len(rows)
            self._recorder.insert(cursor, rows)
            with self._part("index"):
                self._placer.write(cursor)
        elsewhere = self.seconds["index"] - elsewhere
        self.seconds["insert"] += perf_counter() - begun - elsewhere

    def _event_id(self, draft: Draft) -> bytes:
        mac = self._plain.hash(b"event", draft.source.encode(), draft.message_id.encode())
        return hashed_id(mac) if draft.id_time is None else timed_id(draft.id_time, mac)

    @contextmanager
    def _part(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        yield
        self.seconds[name] += perf_counter() - begun


def _placed(draft: Draft, place: Placement) -> Touchpoint | BrandFact:
    if not place.conversation:
        return draft.fact
    return msgspec.structs.replace(draft.fact, conversation=place.conversation)


def parts(given: Given) -> Answer:
    """Microseconds an event of each part."""
    measured = _Parts(given)
    for batch in batches(given.size, given.given["ids"]):
        measured.append(batch)
    measured.close()
    shutil.rmtree(given.folder / "append-parts")
    events = given.size.events
    return Answer({part: s / events * 1e6 for part, s in measured.seconds.items()}, {})
