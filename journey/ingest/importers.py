"""The importers: which reader and which parser belong to a name.

Rule 1: every importer is used alike: ``read`` a source item by item, or ``parse`` the bytes of one
    record again, as re-driving a quarantined one does. Both run the same parser.
Rule 2: every record read ends in a draft or in a refusal; the two add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from journey.ingest import cloudevents, jsonl, ocel, segment, twitter_care, xes
from journey.ingest.array import read_array
from journey.ingest.json_text import read_json
from journey.ingest.objects import too_deep
from journey.ingest.records import BrokenRecord, Record, read_lines
from journey.ingest.source import Source, open_source
from journey.ingest.zendesk import meaning
from journey.ingest.zendesk.joined import read_tables
from journey.ingest.zendesk.tables import open_folder
from journey.ports import Draft
from schemas.errors import CannotAccept, NotFound, UsageError
from schemas.times import Instant


class Rejected(msgspec.Struct, frozen=True):
    """What cannot be accepted, for quarantine.

    Args:
        code: a short stable name of the reason.
        reason: one sentence with the remedy; holds nothing of the data.
        data: the record's bytes in pieces. Read them once, before the next item is asked for.
    """

    code: str
    reason: str
    data: Iterable[bytes]


class Parsed(msgspec.Struct, frozen=True):
    """What came of one record: a line may hold several messages, of which some may be refused.

    Args:
        line: the line, or in an array the element, from 1.
        again: the name of the importer that would read it again, if not that which read it.
        described: why the record is no message of its own, but tells of others, with which it is
            recorded; empty if it is one.
        unplaced: code and reason to give where the log knows nobody whom a draft could belong to.
    """

    line: int
    drafts: list[Draft]
    rejected: list[Rejected]
    again: str = ""
    described: str = ""
    unplaced: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Importer:
    """One form of input.

    Args:
        name: how the operator calls it; also kept in quarantine.
        about: one line for help texts.
        cut: cuts a source into records.
        understand: makes drafts of one record's bytes, line number and the time now.
        kept: what it takes to make it again; empty for an importer that is always there.
        opened: opens what the operator names.
        options: what else may be told of a source: names of arguments that ``cut`` takes.
        pass_over: told the bytes of a record that is not read, where records are counted.
    """

    name: str
    about: str
    cut: Callable[[Source], Iterator[Record]]
    understand: Callable[[bytes, int, Instant], Parsed]
    kept: bytes = b""
    opened: Callable[[str], AbstractContextManager[Source]] = open_source
    options: tuple[str, ...] = ()
    pass_over: Callable[[bytes], None] | None = None

    def read(self, source: Source, now: Instant) -> Iterator[Parsed]:
        """All records of a source, good and bad, in order.

        Args:
            source: an open source, see ``open_source``.
            now: the time, against which far futures are measured.

        Raises:
            UsageError: the source is of another form altogether.
        """
        for record in self.cut(source):
            if isinstance(record, BrokenRecord):
                refused = Rejected(record.code, record.reason, record.data)
                yield Parsed(record.line, [], [refused])
            else:
                yield self.parse(record.data, record.line, now)

    def parse(self, data: bytes, line: int, now: Instant) -> Parsed:
        """One record by its bytes, read just now or kept in quarantine."""
        try:
            return self.understand(data, line, now)
        except RecursionError:
            refused = too_deep()
            return Parsed(line, [], [Rejected(refused.code, str(refused), (data,))])
        except CannotAccept as refused:
            return Parsed(line, [], [Rejected(refused.code, str(refused), (data,))])


def _line(data: bytes, line: int, now: Instant) -> Parsed:
    return Parsed(line, [jsonl.parse(data, line, now)], [])


def _conversation(data: bytes, line: int, now: Instant) -> Parsed:
    drafts, refusals = twitter_care.parse(data, now)
    # The whole conversation is kept: alone, a message could not be re-driven. Its good messages
    # are duplicates then, which the log answers as such.
    return Parsed(line, drafts, [Rejected(r.code, r.reason, (data,)) for r in refusals])


def _event(data: bytes, line: int, now: Instant) -> Parsed:
    return Parsed(line, [cloudevents.parse(data, line, now)], [])


def _step(data: bytes, line: int, now: Instant) -> Parsed:
    return Parsed(line, [xes.parse(data, line, now)], [])


def _of_objects(data: bytes, line: int, now: Instant) -> Parsed:
    return Parsed(line, [ocel.parse(data, line, now)], [])


def _row(data: bytes, line: int, now: Instant) -> Parsed:
    meant = meaning.parse(data, line, now)
    return Parsed(line, meant.drafts, [], described=meant.described, unplaced=meant.unplaced)


def _payloads(data: bytes, line: int, now: Instant) -> Parsed:
    drafts, refusals = segment.parse(data, line, now)
    return Parsed(line, drafts, [Rejected(r.code, r.reason, (r.data,)) for r in refusals])


IMPORTERS: dict[str, Importer] = {
    importer.name: importer
    for importer in (
        Importer("jsonl", "our own form, one JSON object a line", read_lines, _line),
        Importer(
            "twitter-care",
            "customer care on Twitter, a JSON array of conversations",
            read_array,
            _conversation,
        ),
        Importer("segment", "calls of Segment, as JSON", read_json, _payloads),
        Importer("cloudevents", "CloudEvents 1.0, as JSON", read_json, _event),
        Importer("xes", "XES, the XML of process mining", xes.read_traces, _step),
        Importer(
            "ocel",
            "OCEL 2.0, the object-centric logs of process mining, as JSON",
            ocel.read_events,
            _of_objects,
            options=("customer", "called"),
        ),
        Importer(
            "zendesk",
            "a folder of Zendesk's tables as CSV",
            read_tables,
            _row,
            opened=open_folder,
            options=("called",),
        ),
    )
}


OPTIONS = {"customer": "--customer-type", "called": "--source"}
"""Options by the names of the arguments that they become."""


def importer(name: str, options: Mapping[str, str] | None = None) -> Importer:
    """The importer of a name.

    Args:
        options: what else is told of the source; an empty text counts as left out.

    Raises:
        NotFound: there is none.
        UsageError: it has no such option.
    """
    found = IMPORTERS.get(name)
    if found is None:
        known = ", ".join(IMPORTERS)
        raise NotFound(f"There is no importer {name}: use one of {known}.")
    given = {option: text for option, text in (options or {}).items() if text}
    for option in given:
        if option not in found.options:
            taking = ", ".join(i.name for i in IMPORTERS.values() if option in i.options)
            raise UsageError(
                f"{name} takes no {OPTIONS[option]}: leave it out; it is for {taking}."
            )
    return replace(found, cut=partial(found.cut, **given)) if given else found
