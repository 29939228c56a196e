"""One batch on its way to the disk: facts encoded, sealed, numbered and hashed."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from journey.log.keys import KeyStore, seal
from journey.log.placing import Placement
from journey.log.pseudonyms import Pseudonyms
from journey.log.recorder import LogRow
from journey.ports import Draft
from schemas.codec import Codec
from schemas.envelope import Flag, brand_id, encode_fields, leaf_hash, partition_of
from schemas.event_id import hashed_id
from schemas.events import Absorbed, MergedOut, Restored, SplitOut
from schemas.fact import BrandFact, Fact
from schemas.recorded import Recorded
from schemas.times import Instant

SOURCE = "journey"  # the source of what the engine itself records


@cache
def stream(partition: int) -> str:
    """The library's originator id of a partition."""
    return f"p-{partition:03d}"


class Batch:
    """Events that will go into the log together. Offsets are gapless because one batch is built
    at a time, from heads that only a commit moves.

    Args:
        position: that of the last event in the log.
        heads: the next offset of every partition.
        recorded_at: what the next event is recorded at; never lowered.
        keep: whether somebody will want the same events as a fold reads them.
    """

    def __init__(
        self,
        codec: Codec,
        people: KeyStore,
        pseudonyms: Pseudonyms,
        position: int,
        heads: list[int],
        recorded_at: Instant,
        *,
        keep: bool,
    ) -> None:
        self._codec, self._people, self._position = codec, people, position
        self._pseudonyms = pseudonyms
        self.heads = list(heads)
        self.recorded_at = recorded_at
        self.rows: list[LogRow] = []
        self.recorded: list[Recorded] | None = [] if keep else None

    def add_touchpoint(
        self, event_id: bytes, draft: Draft, placement: Placement, flags: int
    ) -> None:
        """Who is of their own again by it, what a source told, then the merges that it showed.
        Without a customer it goes by brand.

        The one's ``merged-out`` names the other, the other's ``absorbed`` names the one and where
        its history ends, so that each partition tells the whole story. So do ``restored`` and the
        ``split-out`` of everybody whose part the one was.
        """
        for customer, out_of in placement.parted:
            self._add_parting(customer, out_of, event_id, draft.occurred_at)
        fact = self._pseudonyms.set(draft.fact, placement.conversation, placement.subject)
        self.add(
            event_id,
            fact,
            placement.customer_id,
            draft.occurred_at,
            flags | (Flag.SOURCE_SEQUENCE if draft.sequence_given else 0),
            source=draft.source,
            sequence=draft.sequence,
            subject=placement.subject,
            partition=self._of_brand(fact) if isinstance(fact, BrandFact) else None,
        )
        for gone in placement.merged:
            self._add_merge(gone, placement.customer_id, event_id, draft.occurred_at)

    def add(
        self,
        event_id: bytes,
        fact: Fact,
        customer_id: bytes,
        occurred_at: Instant,
        flags: int,
        *,
        source: str = SOURCE,
        sequence: int = 0,
        subject: bytes = b"",
        partition: int | None = None,
    ) -> int:
        """One event at the end of its customer's partition; its offset."""
        if partition is None:
            partition = partition_of(customer_id, len(self.heads))
        payload, plaintext = self._codec.encode(fact)
        sealed = b""
        if plaintext:
            bound_to = event_id + fact.TYPE.encode()
            sealed = seal(self._people.of(subject), subject, plaintext, bound_to)
        offset = self.heads[partition]
        self.heads[partition] = offset + 1
        type_ = fact.TYPE
        known = (
            partition,
            offset,
            self.recorded_at,
            event_id,
            type_,
            source,
            sequence,
            customer_id,
            occurred_at,
            flags,
        )
        state = encode_fields(*known, payload, sealed)
        self._position += 1
        self.rows.append(
            (
                self._position,
                stream(partition),
                offset,
                type_,
                state,
                event_id,
                leaf_hash(partition, offset, type_, state),
            )
        )
        if self.recorded is not None:
            self.recorded.append(Recorded(*known, self._codec.bare(fact)))
        return offset

    def _of_brand(self, fact: BrandFact) -> int:
        return partition_of(brand_id(fact.brand), len(self.heads))

    def _add_merge(self, gone: bytes, into: bytes, cause: bytes, at: Instant) -> None:
        out = MergedOut(into=into, cause=cause)
        last = self.add(_regroup_id(b"out", gone, cause), out, gone, at, Flag.ENGINE)
        absorbed = Absorbed(
            customer=gone,
            partition=partition_of(gone, len(self.heads)),
            last_offset=last,
            cause=cause,
        )
        self.add(_regroup_id(b"in", gone, cause), absorbed, into, at, Flag.ENGINE)

    def _add_parting(
        self, customer: bytes, out_of: tuple[bytes, ...], cause: bytes, at: Instant
    ) -> None:
        left = SplitOut(customer=customer, cause=cause)
        for one in out_of:
            self.add(_regroup_id(b"split" + one, customer, cause), left, one, at, Flag.ENGINE)
        restored = Restored(out_of=out_of[-1], cause=cause)
        event_id = _regroup_id(b"restored", customer, cause)
        self.add(event_id, restored, customer, at, Flag.ENGINE)


def _regroup_id(side: bytes, gone: bytes, cause: bytes) -> bytes:
    return hashed_id(sha256(side + gone + cause).digest())
