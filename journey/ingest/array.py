"""Records out of one JSON array: the exact bytes of each top-level element, while it is read.

Why not ``ijson``: it gives parsed values, not the bytes that quarantine has to keep, and one bad
element ends the whole reading. This splitter knows only strings, escapes and nesting; whether an
element is good JSON is the parser's business, so a bad one costs nothing but itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from journey.ingest.records import RECORD_BYTES_MAX, BrokenRecord, RawRecord, Record, too_long
from journey.ingest.source import Source
from schemas.errors import UsageError

WHITESPACE = b" \t\r\n"
_STRUCTURE = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'["\\]')
_VISIBLE = re.compile(rb"[^ \t\r\n]")


def read_array(source: Source) -> Iterator[Record]:
    """The elements of the array that a source holds.

    A source that ends too early gives its whole elements, then one broken record with the bytes of
    the element in which it broke off, if it did.

    Raises:
        UsageError: the source does not begin with an array.
    """
    elements = Elements(source)
    if elements.next_visible() != b"[":
        raise UsageError(
            f"{source.name} is not a JSON array: this importer reads one array of objects; "
            "for one object a line use the importer jsonl."
        )
    elements.at += 1
    number = 0
    for record in records_of(elements, source):
        number = record.line
        yield record
    if elements.ended_by:
        yield from after(elements, source, number + 1)


def records_of(elements: Elements, source: Source) -> Iterator[Record]:
    """The elements of an array whose opening bracket is taken, and the bracket that closes it.

    An array that is cut off leaves ``elements.ended_by`` empty.
    """
    if elements.next_visible() == b"]":
        elements.close()
        return
    number, elements.ended_by = 0, b""
    while elements.ended_by != b"]":
        number += 1
        held, size = [], 0
        pieces = elements.pieces()
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size > RECORD_BYTES_MAX:
                broken, rest = too_long(number, chain(held, pieces))
                held = []
                yield broken
                rest.require_read()
        data = b"".join(held).rstrip(WHITESPACE)
        if not elements.ended_by:
            yield _cut_off(source, number, data)
            return
        if data:
            yield RawRecord(number, data)
        elif size <= RECORD_BYTES_MAX:
            reason = "There is no element before or behind a comma: take the comma out."
            yield BrokenRecord(number, "empty-element", reason, ())


def _cut_off(source: Source, number: int, data: bytes) -> BrokenRecord:
    if source.damage is not None:
        return BrokenRecord(number, source.damage.code, str(source.damage), (data,))
    reason = "The array ends too early: fetch the file again and import it, nothing is doubled."
    return BrokenRecord(number, "truncated-array", reason, (data,))


def after(elements: Elements, source: Source, number: int) -> Iterator[Record]:
    """What stands behind the whole, where nothing should."""
    if elements.next_visible():
        broken, rest = too_long(number, elements.remainder())
        reason = "Something follows the end: give each array or log a file of its own."
        yield BrokenRecord(number, "after-array", reason, broken.data)
        rest.require_read()
    if source.damage is not None:
        yield BrokenRecord(number, source.damage.code, str(source.damage), ())


class Elements:
    """A place in the source.

    Attributes:
        chunk, at: the chunk in hand, and how far it is read.
        ended_by: the comma or bracket that ended the last element; empty if the source did.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.chunk = b""
        self.at = 0
        self.ended_by = b""
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._ends = b",]"

    def next_visible(self) -> bytes:
        """The next byte that is not white space, without taking it; empty at the end."""
        while True:
            found = _VISIBLE.search(self.chunk, self.at)
            if found:
                self.at = found.start()
                return found.group()
            if not self._more():
                return b""

    def next_byte(self) -> bytes:
        """The next byte, taken; empty at the end."""
        if self.at >= len(self.chunk) and not self._more():
            return b""
        self.at += 1
        return self.chunk[self.at - 1 : self.at]

    def pieces(self, closing: bytes = b"]") -> Iterator[bytes]:
        """The bytes from here to the comma or bracket that ends the element, which is taken too.

        Args:
            closing: the bracket that ends what the element is in.
        """
        self.next_visible()
        self._ends = b"," + closing
        self.ended_by = b""
        self._depth, self._in_string, self._escaped = 0, False, False
        while self.at < len(self.chunk) or self._more():
            start, end = self.at, self._end()
            if end < len(self.chunk):
                self.ended_by = self.chunk[end : end + 1]
            self.at = end + 1
            yield self.chunk[start:end]
            if self.ended_by:
                return

    def close(self) -> None:
        """Take the bracket that closes an array without elements."""
        self.ended_by, self.at = b"]", self.at + 1

    def remainder(self) -> Iterator[bytes]:
        """All that is left."""
        yield self.chunk[self.at :]
        yield from self._source
        self.chunk, self.at = b"", 0

    def _more(self) -> bool:
        self.chunk, self.at = next(self._source, b""), 0
        return bool(self.chunk)

    def _end(self) -> int:
        """Where in the chunk the element ends; the chunk's length if it goes on."""
        chunk, at, length = self.chunk, self.at, len(self.chunk)
        if self._escaped and at < length:
            self._escaped, at = False, at + 1
        while at < length:
            found = (_IN_STRING if self._in_string else _STRUCTURE).search(chunk, at)
            if not found:
                break
            at = found.end()
            mark = found.group()
            if mark == b'"':
                self._in_string = not self._in_string
            elif mark == b"\\":
                self._escaped = at == length  # what is escaped comes with the next chunk
                at += 1
            elif mark in b"[{":
                self._depth += 1
            elif self._depth == 0 and mark in self._ends:
                return found.start()
            elif self._depth and mark in b"]}":
                self._depth -= 1
        return length
