"""Records: the bytes of each, before anybody asks what they mean. Here: lines.

Rule 1: no byte of a record is lost; it comes out in a ``RawRecord`` or in a ``BrokenRecord``.
Rule 2: memory is flat. What is too long to hold is handed on in pieces as it is read, so nothing
    is spilled, and nothing lies on disk in clear.
Rule 3: one bad record does not stop the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from journey.ingest.source import Source

RECORD_BYTES_MAX = 1024 * 1024
"""Over ten times the longest text (100,000 characters, most scripts 1 to 3 bytes each), and 32
times what Segment takes as one event; a longer record is almost surely two that ran together."""


class RawRecord(msgspec.Struct, frozen=True, gc=False):
    """One record as it stands in its file, without the line's end.

    Args:
        line: the line from 1; of an array, the element's number from 1.
        data: the bytes, at most ``RECORD_BYTES_MAX``.
        file: its file, where an input has several.
    """

    line: int
    data: bytes
    file: str = ""


class BrokenRecord(msgspec.Struct, frozen=True):
    """What cannot be taken as a record at all.

    Args:
        line: as for ``RawRecord``.
        code: a short stable name of the reason.
        reason: one sentence with the remedy; holds nothing of the data.
        data: the bytes in pieces, to be read once, before the next record is asked for. May be
            empty where a file ends too early between two records.
        file: as for ``RawRecord``.
    """

    line: int
    code: str
    reason: str
    data: Iterable[bytes]
    file: str = ""


Record = RawRecord | BrokenRecord


class Pieces(Iterator[bytes]):
    """The bytes of one long record, as they are read from the source.

    Raises:
        RuntimeError: the next record was asked for before these were read; they would be lost.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._is_read = False

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            self._is_read = True
            raise

    def discard(self) -> None:
        """Read what is left and forget it, on purpose."""
        for _ in self:
            pass

    def require_read(self) -> None:
        """Make sure that nobody lost the pieces by accident."""
        if not self._is_read:
            raise RuntimeError("a long record was left unread: read its pieces or discard() them")


def too_long(line: int, pieces: Iterator[bytes]) -> tuple[BrokenRecord, Pieces]:
    """A broken record whose bytes are still being read, and those bytes."""
    data = Pieces(pieces)
    reason = (
        f"The record is longer than {RECORD_BYTES_MAX:,} bytes: split it, or send a link to what "
        "is long in it."
    )
    return BrokenRecord(line, "record-too-long", reason, data), data


def read_lines(source: Source, *, blank: bool = False) -> Iterator[Record]:
    """The lines of a source, of which blank ones are left out, unless ``blank``, but counted.

    A damaged source gives its good lines, then one broken record with the reason and with the
    bytes of the line in which it broke off.
    """
    line, carry = 0, b""
    for chunk in source:
        rows = chunk.split(b"\n")
        if carry:
            rows[0] = carry + rows[0]
        carry = rows.pop()
        for row in rows:
            line += 1
            if not blank and (not row or row.isspace()):
                continue
            if len(row) <= RECORD_BYTES_MAX:
                yield RawRecord(line, row)
            else:
                broken, pieces = too_long(line, iter((row,)))
                yield broken
                pieces.require_read()
        if len(carry) > RECORD_BYTES_MAX:
            line += 1
            broken, pieces = too_long(line, _rest_of_line(carry, source))
            carry = b""
            yield broken
            pieces.require_read()
    if source.damage is not None:
        yield BrokenRecord(line + 1, source.damage.code, str(source.damage), (carry,))
    elif carry and not carry.isspace():
        yield RawRecord(line + 1, carry)


def _rest_of_line(start: bytes, source: Source) -> Iterator[bytes]:
    yield start
    for chunk in source:
        rest, newline, following = chunk.partition(b"\n")
        yield rest
        if newline:
            source.put_back(following)
            return
