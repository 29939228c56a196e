"""Events as they travel on Kafka.

As many partitions each as the log has, an event in the partition that it has there:

- ``journey.touchpoints``: one event a message, for everybody. The body is one full Avro record of
  the event's own type, in the Confluent wire format: 0, the schema's id as four bytes big-endian,
  the body. What is personal stays sealed: erasure reaches what nobody can delete.
- ``journey.log``: blocks of up to ``BLOCK_EVENTS`` stored events, for workers of this engine.
  Before a merge comes the history that it takes over, where that lies in another partition.
- ``journey.configuration``: every published configuration, so that workers begin under the newest.
- ``journey.acts``: what workers decided, on its way to the one writer of the log.

What a worker cannot read goes to ``journey.quarantine``, as it came.

A full record is the envelope's fields, then the type's clear fields, then the sealed part. An Avro
record is its fields one after the other, so its bytes are cut from what is stored, not made anew.

Source: docs.confluent.io, Schema Registry, *Wire format*.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from schemas import contracts
from schemas.contracts import Schema
from schemas.encoder import encoder
from schemas.envelope import Cut, decode
from schemas.errors import ContractError
from schemas.events import SHIPPED
from schemas.fact import PERSONAL, BrandFact, Touchpoint

TOUCHPOINTS = "journey.touchpoints"
LOG = "journey.log"
CONFIGURATION = "journey.configuration"
ACTS = "journey.acts"
QUARANTINE = "journey.quarantine"
BLOCK_EVENTS = 500
BLOCK_BYTES_MAX = 900_000  # a broker's default limit on a message is 1 MiB

# What everybody may see: what sources told, and what was decided about it.
PUBLIC = frozenset(
    t.TYPE.rpartition(".")[0] for t in SHIPPED if issubclass(t, Touchpoint | BrandFact)
) | {"outreach-decided"}

_HEAD = struct.Struct(">BI")
_INSIDE = ("payload", "sealed")  # of the envelope: the rest comes before them


def is_public(type_: str) -> bool:
    """Whether events of this type, of whatever version, go to ``journey.touchpoints``."""
    return type_.rpartition(".")[0] in PUBLIC


@cache
def full_schema(type_: str) -> Schema:
    """The Avro schema of a type's full record: ``journey.<Name>``, times as timestamps.

    Raises:
        ContractError: no such contract was released.
    """
    envelope = contracts.contract("envelope.v1")["fields"]
    contract = contracts.contract(type_)
    clear = [field for field in contract["fields"] if not field.get(PERSONAL)]
    sealed = [field for field in envelope if field["name"] == "sealed"]
    outer = [field for field in envelope if field["name"] not in _INSIDE]
    if taken := {f["name"] for f in outer} & {f["name"] for f in clear}:
        raise ContractError(f"{type_}: {', '.join(sorted(taken))} is a field of the envelope, too.")
    return contract | {"fields": [*outer, *clear, *sealed]}


def subject(type_: str) -> str:
    """Under which name a registry keeps the schemas of a type: those of all its versions."""
    name, _, version = type_.rpartition(".")
    return f"{TOUCHPOINTS}-{name}" if version == "v1" else f"{TOUCHPOINTS}-{name}-{version}"


def full_record(stored: bytes, cut: Cut) -> bytes:
    """The body of an event's full record: what is stored, less the length of the payload.

    Args:
        stored: the event as it lies in the log.
        cut: where its parts are.
    """
    return stored[: cut.before_payload] + stored[cut.payload :]


def framed(schema_id: int, body: bytes) -> bytes:
    """A body in the Confluent wire format."""
    return _HEAD.pack(0, schema_id) + body


def unframed(message: bytes) -> tuple[int, bytes]:
    """Schema id and body of a message in the Confluent wire format.

    Raises:
        ContractError: it is none.
    """
    if len(message) < _HEAD.size or message[0]:
        raise ContractError("The message is not in the Confluent wire format: check the topic.")
    return _HEAD.unpack_from(message)[1], message[_HEAD.size :]


class Row(NamedTuple):
    """One event as it lies in the log.

    Args:
        cut: where the parts of ``stored`` are.
    """

    position: int
    partition: int
    offset: int
    type: str
    stored: bytes
    cut: Cut


class Block(NamedTuple):
    """Neighbours in one partition of the log; without any, a beat: time has come this far.

    Args:
        positions: of each event in the whole log.
        events: the stored bytes of each.
        watermark: nothing that follows in this partition was recorded before this time.
        of: a customer of another partition whose history this is, sent before the merge that takes
            it over; empty: the partition's own events.
    """

    partition: int
    watermark: int
    positions: list[int]
    events: list[bytes]
    of: bytes = b""

    @property
    def is_beat(self) -> bool:
        """Whether it says nothing but how far time has come."""
        return not self.events


_BLOCK: Schema = contracts.prepared(
    {
        "type": "record",
        "name": "Block",
        "namespace": "journey",
        "fields": [
            {"name": "partition", "type": "int"},
            {"name": "watermark", "type": "long"},
            {"name": "positions", "type": {"type": "array", "items": "long"}},
            {"name": "events", "type": {"type": "array", "items": "bytes"}},
            {"name": "of", "type": "bytes"},
        ],
    }
)
_encode_block = encoder(_BLOCK, remember=False)


def pack(block: Block) -> bytes:
    """A block as one message."""
    return _encode_block(block._asdict())


def unpack(message: bytes) -> Block:
    """The block of a message.

    Raises:
        ContractError: it is none.
    """
    return Block(**contracts.read(_BLOCK, message))


def blocks(partition: int, rows: Sequence[tuple[int, bytes]], of: bytes = b"") -> list[Block]:
    """Events in order, as blocks that a broker takes.

    Each has its own last event's time as watermark: those after it may be little later.

    Args:
        partition: where they go.
        rows: position and stored bytes of each event.
        of: whose history they are, if not the partition's own.
    """
    parts: list[list[tuple[int, bytes]]] = []
    size = 0
    for row in rows:
        if not parts or len(parts[-1]) >= BLOCK_EVENTS or size > BLOCK_BYTES_MAX:
            parts.append([])
            size = 0
        parts[-1].append(row)
        size += len(row[1])
    return [
        Block(
            partition,
            decode(part[-1][1]).recorded_at,
            [p for p, _ in part],
            [e for _, e in part],
            of,
        )
        for part in parts
    ]
