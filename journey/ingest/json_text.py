"""Records out of a file of JSON, however it holds its objects: in one array, one a line, or spread
over several lines.

Rule 1: the first bytes decide for the whole file. ``[`` begins an array. Else, if the first line
    leaves braces or brackets open and does not end in ``}``, objects are spread over lines. Else
    each line is an object, and a bad one costs nothing but itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from journey.ingest.array import WHITESPACE, read_array
from journey.ingest.records import RECORD_BYTES_MAX, RawRecord, Record, read_lines, too_long
from journey.ingest.source import Source

# No string of JSON holds a line's end, so each line can be looked at by itself. A string that is
# not closed matches to the line's end: the pattern never goes back, whatever it is fed.
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.?)*"?|[\[\]{}]')


def read_json(source: Source) -> Iterator[Record]:
    """The objects of a source, in order, each with the number of its line or element."""
    if _first_visible(source) == b"[":
        yield from read_array(source)
        return
    records = read_lines(source)
    first = next(records, None)
    if first is None:
        return
    every = chain((first,), records)
    if isinstance(first, RawRecord) and _opened(first.data) > 0 and not _is_closed(first.data):
        yield from _spread(every)
    else:
        yield from every


def _first_visible(source: Source) -> bytes:
    """The first byte that is not white space, without taking it."""
    held = b""
    for chunk in source:
        # What is cut off here is white space, by which only line numbers would change.
        held = (held + chunk)[-RECORD_BYTES_MAX:]
        if visible := chunk.lstrip(WHITESPACE):
            source.put_back(held)
            return visible[:1]
    return b""


def _opened(line: bytes) -> int:
    """How many braces and brackets more a line opens than it closes."""
    marks = _STRUCTURE.findall(line)
    return sum((m in b"[{") - (m in b"]}") for m in marks if m[:1] != b'"')


def _is_closed(line: bytes) -> bool:
    return line.rstrip().endswith(b"}")


def _spread(lines: Iterator[Record]) -> Iterator[Record]:
    """Lines put together until each brace is closed; one that never is takes the rest with it."""
    held: list[bytes] = []
    begun = depth = size = 0
    for record in lines:
        if not isinstance(record, RawRecord):
            if held:
                yield RawRecord(begun, b"\n".join(held))
                held, depth, size = [], 0, 0
            yield record
            continue
        begun = begun if held else record.line
        held.append(record.data)
        size += len(record.data) + 1
        depth += _opened(record.data)
        if size > RECORD_BYTES_MAX:
            broken, pieces = too_long(begun, chain((d + b"\n" for d in held), _rest(lines)))
            held = []
            yield broken
            pieces.require_read()
        elif depth <= 0:
            yield RawRecord(begun, b"\n".join(held))
            held, depth, size = [], 0, 0
    if held:
        yield RawRecord(begun, b"\n".join(held))


def _rest(lines: Iterator[Record]) -> Iterator[bytes]:
    for record in lines:
        if isinstance(record, RawRecord):
            yield record.data + b"\n"
        else:
            yield from record.data
