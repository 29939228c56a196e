"""The members of an OCEL 2.0 file in JSON, cut while it is read: one object of four arrays.

Why not ``ijson``: see decision 9; the same splitter walks the arrays here.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from journey.ingest.array import Elements, after, records_of
from journey.ingest.records import BrokenRecord, Record, too_long
from journey.ingest.source import Source
from schemas.errors import UsageError

ARRAYS = ("objectTypes", "eventTypes", "objects", "events")
NEEDED = frozenset({"objects", "events"})
NAME_BYTES_MAX = 1_024

Member = tuple[str, Record]  # the array's name, or empty, and an element of it


def read_members(source: Source) -> Iterator[Member]:
    """The elements of the arrays of a source, each with the array's name; and what is broken.

    Line numbers count the elements of each array. The types at the head tell nothing that events
    and objects do not, so their elements can be left alone; other members are read over.

    Raises:
        UsageError: the source holds no object, or one without ``events`` and ``objects``.
    """
    elements = Elements(source)
    if elements.next_visible() != b"{":
        raise _no_ocel(source)
    elements.at += 1
    met: set[str] = set()
    if elements.next_visible() == b"}":
        raise _no_ocel(source)
    while True:
        name = _name(elements)
        met.add(name or "")
        if name is None:
            yield from _broken(elements, source, met)
            return
        if name in ARRAYS and elements.next_visible() == b"[":
            elements.at += 1
            cut_off = False
            for record in records_of(elements, source):
                yield name, record
            cut_off = not elements.ended_by
            if cut_off:
                return
        elif name in NEEDED:
            yield from _broken(elements, source, met)
            return
        else:
            for _ in elements.pieces(b"}"):
                pass
            elements.at -= 1 if elements.ended_by else 0  # the mark is looked at below
        mark = elements.next_visible()
        if mark == b"}":
            break
        if mark != b",":
            yield from _broken(elements, source, met)
            return
        elements.at += 1
    if not NEEDED & met:
        raise _no_ocel(source)
    for name in sorted(NEEDED - met):
        reason = f"{name}: is missing: write a list, even if it is empty."
        yield "", BrokenRecord(0, "missing-field", reason, ())
    elements.at += 1
    for record in after(elements, source, 1):
        yield "", record


def _name(elements: Elements) -> str | None:
    """The name of the next member, with its colon taken; None if there is no name here."""
    if elements.next_visible() != b'"':
        return None
    name = bytearray()
    while len(name) < NAME_BYTES_MAX:
        byte = elements.next_byte()
        name += byte
        if not byte:
            return None
        if byte == b'"' and len(name) > 1 and not _is_escaped(name):
            break
    else:
        return None
    if elements.next_visible() != b":":
        return None
    elements.at += 1
    try:
        return str(msgspec.json.decode(bytes(name)))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_escaped(name: bytearray) -> bool:
    """Whether the quote that ends these bytes belongs to the name."""
    before = name[:-1]
    return bool((len(before) - len(before.rstrip(b"\\"))) % 2)


def _broken(elements: Elements, source: Source, met: set[str]) -> Iterator[Member]:
    """What follows something that is no JSON."""
    if not NEEDED & met:
        raise _no_ocel(source)
    if source.damage is not None:
        rest = b"".join(elements.remainder())
        yield "", BrokenRecord(0, source.damage.code, str(source.damage), (rest,))
        return
    broken, pieces = too_long(0, elements.remainder())
    reason = "The JSON is broken or cut off here: mend the file and import it again."
    yield "", BrokenRecord(0, "bad-json", reason, broken.data)
    pieces.require_read()


def _no_ocel(source: Source) -> UsageError:
    return UsageError(
        f"{source.name} is no OCEL 2.0 in JSON: this importer reads one object with the lists "
        "objects and events; for other forms see 'journey import -h'."
    )
