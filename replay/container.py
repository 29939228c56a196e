"""An Avro container as exports are, read so that not one byte of it can change unnoticed.

``fastavro`` reads the header. The blocks are taken apart here, for two reasons: a leaf is a hash
over an event's bytes as they stand, and damage anywhere must end in one sentence.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import fastavro
from fastavro.schema import SchemaParseException

from schemas.contracts import READ_ERRORS, contract
from schemas.envelope import SCHEMA, Envelope
from schemas.errors import IntegrityError, UsageError

MAGIC = b"Obj\x01"
SYNC_BYTES = 16
BLOCK_BYTES_MAX = 1 << 30  # an export's blocks have 1,000 events; a damaged length may say anything
HEADER_ERRORS = (*READ_ERRORS, StopIteration, TypeError, AttributeError)


class Header(NamedTuple):
    """What stands before the blocks."""

    metadata: dict[str, Any]
    sync: bytes
    end: int  # where the first block begins


def header(file: BinaryIO) -> Header:
    """The header of a container of envelopes.

    Args:
        file: open for reading, seekable.

    Raises:
        UsageError: it is no Avro container, or one of something else.
    """
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:  # fastavro does not look
        raise UsageError("The file is no Avro container: name an export.")
    try:
        file.seek(0)
        reader = fastavro.reader(file)
        metadata, codec, written = reader.metadata, reader.codec, reader.writer_schema
        end = file.tell()
        file.seek(end - SYNC_BYTES)
        sync = file.read(SYNC_BYTES)
    except (SchemaParseException, *HEADER_ERRORS) as error:
        raise UsageError(f"The file is no Avro container ({error}): name an export.") from None
    expected = fastavro.parse_schema(contract("envelope.v1"))
    named = "avro.codec" in metadata  # as exports do, though the standard lets it be left out
    if not named or codec != "null" or _plain(written) != _plain(expected):
        raise UsageError("The file holds no events of a journey log: name an export, undamaged.")
    return Header(metadata, sync, end)


def events(file: BinaryIO) -> Iterator[tuple[Envelope, bytes]]:
    """Every event with the bytes that it lies in.

    Raises:
        IntegrityError: the file is damaged or ends too soon; all events before that were yielded.
    """
    start = header(file)
    file.seek(start.end)
    number = 0
    while True:
        count = _long(file, number, may_end=True)
        if count is None:
            return
        size = _long(file, number)
        if size is None or not 0 < count <= size <= BLOCK_BYTES_MAX:
            raise _damaged(number, "a block's length makes no sense")
        body, sync = file.read(size), file.read(SYNC_BYTES)
        if len(body) < size or sync != start.sync:
            raise _damaged(number, "a block does not end where it should")
        yield from _records(body, count, number)
        number += count


def _records(body: bytes, count: int, number: int) -> Iterator[tuple[Envelope, bytes]]:
    stream, at = io.BytesIO(body), 0
    for n in range(count):
        try:
            record: Any = fastavro.schemaless_reader(stream, SCHEMA, None)
            envelope = Envelope(**record)
        except HEADER_ERRORS as error:
            raise _damaged(number + n, str(error)) from None
        end = stream.tell()
        yield envelope, body[at:end]
        at = end
    if at != len(body):
        raise _damaged(number + count, f"{len(body) - at} bytes follow a block's last event")


def _long(file: BinaryIO, number: int, *, may_end: bool = False) -> int | None:
    """An Avro long: seven bits a byte, the lowest first, then zigzag."""
    value = shift = 0
    while True:
        byte = file.read(1)
        if not byte and may_end and shift == 0:
            return None
        if not byte or shift > 63:
            raise _damaged(number, "the file ends within a number, or a number does not end")
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)


def _damaged(number: int, why: str) -> IntegrityError:
    return IntegrityError(f"the file is damaged after {number} events ({why}): export it again")


def _plain(schema: Any) -> Any:
    """A schema without what fastavro adds when it parses one."""
    if isinstance(schema, dict):
        return {k: _plain(v) for k, v in schema.items() if not k.startswith("__")}
    return [_plain(part) for part in schema] if isinstance(schema, list) else schema
