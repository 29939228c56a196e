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
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import msgspec

from journey.bootstrap import Workspace
from journey.ingest.importers import Importer
from journey.ingest.mapped.forms import SQL
from journey.ingest.quarantine import Quarantine
from journey.ingest.records import BrokenRecord, Record
from journey.ingest.source import Source
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


class Begun:
    """A source that is open, behind what was in already.

    Attributes:
        skipped: how many records were passed over.
    """

    def __init__(
        self,
        reader: Importer,
        source: Source,
        marks: Marks | None,
    ) -> None:
        self.reader, self.source, self.skipped = reader, source, 0
        self._marks, self._trail = marks, Trail()
        self._records = reader.cut(source)

    def pass_over(self) -> bool:
        """Come to the place that is noted; whether the source begins with what was in."""
        place = self._marks.place() if self._marks else None
        if place is None:
            return True
        for record in islice(self._trail.over(self._records), place.records):
            if isinstance(record, BrokenRecord):
                for _ in record.data:
                    pass
            elif self.reader.pass_over is not None:
                self.reader.pass_over(record.data)
        self.skipped = place.read
        return self._trail.records == place.records and self._trail.digest() == place.digest

    def records(self) -> Iterator[Record]:
        """Those that are to be read."""
        return self._trail.over(self._records) if self._marks else self._records

    def note(self, read: int) -> Note | None:
        """The place behind the record that came last, when so many more were read."""
        return self._marks.note(self._trail, self.skipped + read) if self._marks else None

    def end(self) -> None:
        """All was read: no place is left."""
        if self._marks:
            self._marks.forget()


@contextmanager
def going_on(
    workspace: Workspace,
    opened: Callable[[], AbstractContextManager[tuple[Importer, Source]]],
    options: Mapping[str, str],
    *,
    is_steady: bool,
) -> Iterator[Begun]:
    """A source behind what an import of it had in when it was cut short.

    Args:
        opened: opens the source.
        options: what else was told of it.
        is_steady: see ``can_read_again``.
    """
    with opened() as (reader, source):
        marks = Marks(workspace, reader.name, source.name, options) if is_steady else None
        begun = Begun(reader, source, marks)
        if begun.pass_over():
            yield begun
            return
    with opened() as (reader, source):  # it is not the same: from its start
        yield Begun(reader, source, marks)


def can_read_again(form: str, path: str) -> bool:
    """Whether a source can be opened a second time, and gives the same: no pipe does."""
    named = Path(path)
    return form == SQL or named.is_file() or named.is_dir()


def _holds(quarantine: Quarantine, kept: tuple[int, bytes]) -> bool:
    number, _ = kept
    return not number or quarantine.salt_of(number) == kept[1]
