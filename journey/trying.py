"""``journey mapping check``: how a mapping reads the first rows of a table, without importing."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import msgspec

from journey.clock import SystemClock
from journey.config.events import EventTypes
from journey.config.file import Config
from journey.ingest.importers import Importer
from journey.ingest.mapped import forms
from journey.ingest.mapped import mapping as mappings
from journey.ingest.records import BrokenRecord, RawRecord
from schemas.errors import CannotAccept

NOTHING = Config("", EventTypes())
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Tried(msgspec.Struct, frozen=True):
    """One row.

    Args:
        line: where it begins.
        read: the line of our own form that it becomes, exactly; nothing if it never became one.
        code: why it is refused; empty if it is not.
        reason: the same as a sentence.
    """

    line: int
    read: dict[str, msgspec.Raw]
    code: str
    reason: str


class Checked(msgspec.Struct, frozen=True):
    """A mapping that is right.

    Args:
        mapping: its file.
        columns: those of the table, if one was given.
        rows: its first rows.
    """

    mapping: str
    columns: list[str]
    rows: list[Tried]


def check(
    mapping: Path, form: str, path: str | None, rows: int, config: Config = NOTHING
) -> Checked:
    """Check a mapping, and try it on the first rows of a table.

    Args:
        mapping: its file.
        form: of the table.
        path: the table; none to check the mapping alone.
        rows: how many.
        config: what a workspace says of its business.

    Raises:
        NotFound: one of the files is not there.
        ConfigurationError: the mapping is wrong, or does not fit the table.
    """
    if path is None:
        mappings.load(mapping, config.events.has)
        return Checked(str(mapping), [], [])
    with forms.opened(form, path, mapping, config.events.has) as opened:
        records = islice(opened.importer.cut(opened.source), rows)
        importer = config.reading(opened.importer)
        tried = [_tried(opened, importer, record) for record in records]
        return Checked(str(mapping), opened.table.columns, tried)


def _tried(opened: forms.Opened, importer: Importer, record: RawRecord | BrokenRecord) -> Tried:
    if isinstance(record, BrokenRecord):
        for _ in record.data:
            pass  # a long record must be read before the next
        return Tried(record.line, {}, record.code, record.reason)
    parsed = importer.parse(record.data, record.line, SystemClock().now())
    try:
        read = _members(opened.table.line(record.data))
    except CannotAccept:
        read = {}
    for refused in parsed.rejected:
        return Tried(record.line, read, refused.code, refused.reason)
    return Tried(record.line, read, "", "")
