"""Going on where an import was cut short: records that it had in are passed over, not parsed again.

Rule 1: a place is believed only if every record before it is the same as then, byte for byte, by a
    hash of all of them. Name, size and dates of a file say nothing. Else, and whenever in doubt,
    the file is read from its start: what is known is a duplicate then.
Rule 2: a place is written in the transaction of the append *after* it. By then what was refused
    before it is in quarantine, and so all before it is somewhere. The last batch comes twice, then.
Rule 3: an import that ended leaves no place: the next one of the same file reads all of it.
Rule 4: a place counts only while quarantine still holds what it held then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import msgspec

from journey.bootstrap import Workspace
from journey.ingest.mapped.forms import SQL
from journey.ingest.quarantine import Quarantine
from journey.ingest.records import BrokenRecord, Record
from journey.ports import Note

_DIGEST_BYTES = 32
_NUMBER_BYTES = 8


class Place(msgspec.Struct, frozen=True):
    """How far an import had come.

    Args:
        records: how many had been cut from the source.
        read: how many the counts told by then; one record may hold several.
        digest: of all these records.
        kept: what was in quarantine then, see ``Quarantine.latest``.
    """

    records: int
    read: int
    digest: bytes
    kept: tuple[int, bytes]


class Trail:
    """Records on their way through, counted and hashed.

    Attributes:
        records: how many passed.
    """

    def __init__(self) -> None:
        self.records = 0
        self._hash = blake2b(digest_size=_DIGEST_BYTES)

    def over(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records."""
        add = self._hash.update
        for record in records:
            self.records += 1
            if record.file:
                add(record.file.encode() + b"\0")
            if isinstance(record, BrokenRecord):
                add(b"broken" + record.line.to_bytes(_NUMBER_BYTES) + record.code.encode())
                yield msgspec.structs.replace(record, data=self._heard(record.data))
            else:
                data = record.data
                add(record.line.to_bytes(_NUMBER_BYTES) + len(data).to_bytes(_NUMBER_BYTES))
                add(data)
                yield record

    def digest(self) -> bytes:
        """Of all that passed."""
        return self._hash.copy().digest()

    def _heard(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        length = 0
        for piece in pieces:
            self._hash.update(piece)
            length += len(piece)
            yield piece
        self._hash.update(length.to_bytes(_NUMBER_BYTES))


class Marks:
    """Where the place of one import of one source is written.

    Args:
        importer: its name, which tells a mapping from another.
        source: what people call the source.
        options: what else was told of it.
    """

    def __init__(
        self, workspace: Workspace, importer: str, source: str, options: Mapping[str, str]
    ) -> None:
        self._log, self._quarantine = workspace.log, workspace.quarantine
        told = (part for name in sorted(options) for part in (name, options[name]))
        self._name = self._log.note_name(importer, source, *told)

    def place(self) -> Place | None:
        """How far an import came that did not end, if that may be believed."""
        text = self._log.noted(self._name)
        if not text:
            return None
        try:
            place = msgspec.json.decode(text, type=Place)
        except msgspec.MsgspecError:
            return None  # of another version, or damaged: read again
        return place if _holds(self._quarantine, place.kept) else None

    def note(self, trail: Trail, read: int) -> Note:
        """The place that a trail has come to, to be written with the next append."""
        place = Place(trail.records, read, trail.digest(), self._quarantine.latest())
        return Note(self._name, msgspec.json.encode(place).decode())

    def forget(self) -> None:
        """The import ended."""
        if self._log.noted(self._name):
            self._log.note(Note(self._name, ""))


def can_read_again(form: str, path: str) -> bool:
    """Whether a source can be opened a second time, and gives the same: no pipe does."""
    named = Path(path)
    return form == SQL or named.is_file() or named.is_dir()


def passed_over(
    trail: Trail, records: Iterator[Record], place: Place, seen: Callable[[bytes], None] | None
) -> bool:
    """Whether a source begins with what an import had in; its records are used up to there.

    Args:
        trail: a new one.
        records: all of the source.
        seen: told the bytes of each record, by an importer that counts them.
    """
    for record in islice(trail.over(records), place.records):
        if isinstance(record, BrokenRecord):
            for _ in record.data:
                pass
        elif seen is not None:
            seen(record.data)
    return trail.records == place.records and trail.digest() == place.digest


def _holds(quarantine: Quarantine, kept: tuple[int, bytes]) -> bool:
    number, _ = kept
    return not number or quarantine.salt_of(number) == kept[1]
