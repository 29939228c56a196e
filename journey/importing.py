"""``journey import``: records of a file into the log, and their meaning into the tables.

Every record read ends as appended, as a duplicate, or in quarantine; the three add up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path

import msgspec

from journey.bootstrap import Workspace
from journey.clock import SimulatedClock, SystemClock
from journey.config.file import Config, load
from journey.folding import Folding
from journey.ingest.importers import OPTIONS, Importer, Parsed, importer
from journey.ingest.mapped import forms as mapped
from journey.ingest.quarantine import Status
from journey.ingest.records import BrokenRecord, RawRecord, Record
from journey.ingest.source import Source
from journey.ports import Draft, Note, Outcome, Receipt
from journey.resuming import can_read_again, going_on
from journey.settings import Settings
from journey.simulating import let_pass, starts_by_findings, when_due
from schemas.errors import UsageError
from schemas.times import Instant

APPEND_DRAFTS = 5_000  # of one transaction: more gains little, and a kill repeats less
APPEND_BYTES = 16 * 1024 * 1024  # of their records: 5,000 of the longest would be 5 GB
# What the log does not take goes to quarantine under these codes.
CODES = {Outcome.REFUSED: "nobody", Outcome.DIFFERS: "told-differently"}
Progress = Callable[[int], None]  # told how many records more were read
Meanwhile = Mapping[Instant, Callable[[Workspace], None]]  # what somebody does in a simulation


class Counts(msgspec.Struct):
    """What became of the records that were read: ``read`` is the sum of the next three.

    ``differing`` of the quarantined had the id of a stored event but told it differently.
    ``described`` are rows of tables that are no records: what they tell is told with others.
    ``skipped`` were not read: an import that was cut short had them in already.
    """

    read: int = 0
    appended: int = 0
    duplicates: int = 0
    quarantined: int = 0
    differing: int = 0
    reasons: dict[str, int] = {}  # code -> how many, of the quarantined
    described: dict[str, int] = {}  # what -> how many; not of those read
    skipped: int = 0


class _Item(msgspec.Struct, frozen=True, gc=False):
    """A draft with the record that it came from, and what came of that."""

    draft: Draft
    record: RawRecord
    parsed: Parsed


def import_file(
    workspace: Workspace,
    form: str,
    path: str,
    progress: Progress = lambda _: None,
    mapping: Path | None = None,
    options: Mapping[str, str] | None = None,
) -> Counts:
    """Import a file as history: it explains the past and starts no outreach.

    What an import of the same file had in when it was cut short is passed over.

    Args:
        form: the name of an importer, or of a form of tables.
        path: a file, plain or gzip, or ``-`` for standard input.
        progress: told how many records more were read.
        mapping: what the columns of a table mean.
        options: what else is told of the source, see ``importer``.

    Raises:
        UsageError: there is no such file or importer, or the file is of another form.
        ConfigurationError: the mapping is wrong, or does not fit the table.
    """

    def opened() -> AbstractContextManager[tuple[Importer, Source]]:
        return _opened(form, path, mapping, workspace.folder.path, options)

    is_steady = can_read_again(form, path)
    with (
        going_on(workspace, opened, options or {}, is_steady=is_steady) as begun,
        Folding(workspace) as folding,
    ):
        job = _Import(workspace, begun.reader, begun.source.name, progress)
        job.skip(begun.skipped)
        note = None
        for batch in _batches(job.read(begun.records())):
            here = begun.note(job.counts.read)
            job.append(batch, note=note)
            note = here  # with the next one: by then what this one refused is in quarantine
            folding.go_on()
        job.finish()
        begun.end()
    workspace.let_time_pass()
    return job.counts


def import_live(
    folder: Path,
    settings: Settings,
    form: str,
    path: str,
    progress: Progress = lambda _: None,
    mapping: Path | None = None,
    options: Mapping[str, str] | None = None,
    *,
    exactly: bool = False,
    meanwhile: Meanwhile | None = None,
) -> Counts:
    """Feed a file to an empty workspace at the times in it, as if it happened now.

    Where a stage or a pain starts a trigger time comes to each moment at which something is due, so
    such a start comes when it is due, or in dense traffic up to 15 minutes later.

    The whole file is sorted by time, so all of it is held in memory.

    Args:
        exactly: time stops wherever anything is due, so that such a start comes when it is. It
            costs several commits for each event and each timer.
        meanwhile: what is done at a moment, after all that was due before it and before what is
            told then. Nothing else happens until it is done.

    Raises:
        UsageError: the workspace has touchpoints already.
    """
    clock = SimulatedClock(0)
    clock.let_go()  # a workspace in use is refused as such, not for a clock that stands at 1970
    opened = _opened(form, path, mapping, folder, options)
    with Workspace(folder, settings, clock) as workspace, opened as (reader, source):
        if exactly and workspace.folder.has_workers:
            raise UsageError("--exactly folds event by event, and here workers fold: leave it out.")
        if workspace.log.last_position():
            raise UsageError(
                f"{folder} has a log already: simulate in a new workspace (journey init)."
            )
        job = _Import(workspace, reader, source.name, progress)
        read = chain.from_iterable(job.read(reader.cut(source)))
        items = sorted(read, key=lambda i: (i.draft.occurred_at, i.draft.sequence))
        if items:
            clock.put(items[0].draft.occurred_at)
            workspace.log.mark_simulated()
        begun = 0
        for moment, act in sorted((meanwhile or {}).items(), key=lambda told: told[0]):
            end = bisect_left(items, moment, begun, key=lambda i: i.draft.occurred_at)
            job.live(items[begun:end], clock, exactly=exactly)
            let_pass(workspace.engine, clock, moment, exactly=exactly)
            clock.put(moment)
            workspace.let_time_pass()
            act(workspace)
            begun = end
        job.live(items[begun:], clock, exactly=exactly)
        job.finish()
        if exactly:
            let_pass(workspace.engine, clock, SystemClock().now(), exactly=True)
        clock.let_go()
        workspace.let_time_pass()
        return job.counts


def redrive(
    workspace: Workspace, progress: Progress = lambda _: None, mapping: Path | None = None
) -> Counts:
    """Try everything in quarantine again; what is accepted now is marked so.

    Args:
        progress: told how many records more were read.
        mapping: a mended one, for the rows of tables that have its source.

    Raises:
        ConfigurationError: the mapping is wrong, or does not fit the columns of those tables.
    """
    workspace.may_fold()
    counts = Counts()
    after = 0
    readers: dict[str, Importer] = {}
    config = load(workspace.folder.path)
    while entries := workspace.quarantine.entries(Status.OPEN, after=after):
        for entry in entries:
            after = entry.id
            if entry.importer not in readers:
                again = _again(workspace, entry.importer, mapping, config)
                readers[entry.importer] = config.reading(again)
            job = _Import(workspace, readers[entry.importer], entry.file, progress)
            parsed = job.importer.parse(
                workspace.quarantine.bytes_of(entry.id), entry.line, workspace.clock.now()
            )
            job.count(len(parsed.drafts))
            receipts = workspace.log.append(parsed.drafts, imported=True)
            job.take_note(receipts)
            job.count(len(parsed.rejected))
            for rejected in parsed.rejected:
                job.refuse(rejected.code)
            for receipt in receipts:
                if receipt.outcome is Outcome.REFUSED and parsed.unplaced:
                    job.refuse(parsed.unplaced[0])
                elif receipt.outcome in CODES:
                    job.refuse(CODES[receipt.outcome])
            if not job.counts.quarantined:
                workspace.quarantine.mark_redriven(entry.id)
            counts = _added(counts, job.counts)
    workspace.engine.advance()
    workspace.engine.flush()
    return counts


@contextmanager
def _opened(
    form: str,
    path: str,
    mapping: Path | None,
    folder: Path,
    options: Mapping[str, str] | None,
) -> Iterator[tuple[Importer, Source]]:
    config = load(folder)
    if mapping is None:
        reader = importer(form, options)
        with reader.opened(path) as source:
            yield config.reading(reader), source
    else:
        if given := [OPTIONS[name] for name, text in (options or {}).items() if text]:
            raise UsageError(f"A table takes no {given[0]}: write it into the mapping.")
        with mapped.opened(form, path, mapping, config.events.has) as table:
            yield config.reading(table.importer), table.source


def _again(workspace: Workspace, name: str, mapping: Path | None, config: Config) -> Importer:
    if mapped.is_mapped(name):
        kept = workspace.quarantine.kept(mapped.key_of(name))
        return mapped.again(name, kept, mapping, config.events.has)
    return importer(name)


class _Import:
    def __init__(self, workspace: Workspace, form: Importer, file: str, progress: Progress) -> None:
        self._workspace, self.importer, self._file = workspace, form, file
        self._is_kept = not form.kept
        self._progress = progress
        self.counts = Counts()

    def skip(self, records: int) -> None:
        """So many were passed over."""
        self.counts.skipped = records
        self._progress(records)

    def read(self, records: Iterable[Record]) -> Iterator[list[_Item]]:
        """The drafts of each good record; bad ones go to quarantine on the way."""
        now = SystemClock().now()  # a simulation's clock says nothing about the future
        for record in records:
            if isinstance(record, BrokenRecord):
                self.count(1)
                self._quarantine(
                    record.line, record.code, record.reason, record.data, file=record.file
                )
                continue
            parsed = self.importer.parse(record.data, record.line, now)
            if parsed.described:
                self.describe(parsed.described)
            self.count(len(parsed.drafts) + len(parsed.rejected))
            for rejected in parsed.rejected:
                self._quarantine(
                    parsed.line,
                    rejected.code,
                    rejected.reason,
                    rejected.data,
                    parsed.again,
                    record.file,
                )
            if parsed.drafts:
                yield [_Item(draft, record, parsed) for draft in parsed.drafts]

    def live(self, items: Sequence[_Item], clock: SimulatedClock, *, exactly: bool) -> None:
        """Record what is told at its own times, and let come what is due in between."""
        workspace, folder = self._workspace, self._workspace.folder  # workers: no engine here
        parts: Iterable[slice] = [slice(None)]
        if exactly or (starts_by_findings(load(folder.path).rules) and not folder.has_workers):
            times = [item.draft.occurred_at for item in items]
            parts = when_due(times, clock, workspace.engine, exactly=exactly)
        for batch in chain.from_iterable(_batches([i] for i in items[part]) for part in parts):
            self.append(batch, live=True)
            clock.put(batch[-1].draft.occurred_at)
            if exactly:
                workspace.engine.catch_up(hold=True)
            elif not folder.has_workers:
                workspace.engine.advance(to=clock.now())

    def append(
        self, batch: Sequence[_Item], *, live: bool = False, note: Note | None = None
    ) -> None:
        """Record a batch; what the log does not take goes to quarantine."""
        drafts = [item.draft for item in batch]
        at = [draft.occurred_at for draft in drafts] if live else None
        receipts = self._workspace.log.append(drafts, imported=not live, at=at, note=note)
        self.take_note(receipts)
        for item, receipt in zip(batch, receipts, strict=True):
            if receipt.outcome is Outcome.REFUSED:
                nobody = CODES[receipt.outcome], receipt.reason
                self._return(item, *(item.parsed.unplaced or nobody))
            elif receipt.outcome is Outcome.DIFFERS:
                reason = (
                    f"an event with this id is stored already and differs in "
                    f"{', '.join(receipt.fields)}: the first telling stays; give a changed event "
                    "an id of its own."
                )
                self._return(item, CODES[receipt.outcome], reason)

    def take_note(self, receipts: Iterable[Receipt]) -> None:
        """Count what the log answered."""
        for receipt in receipts:
            if receipt.outcome is Outcome.APPENDED:
                self.counts.appended += 1
            elif receipt.outcome is Outcome.DUPLICATE:
                self.counts.duplicates += 1
            elif receipt.outcome is Outcome.DIFFERS:
                self.counts.differing += 1

    def count(self, records: int) -> None:
        """So many records more were read."""
        self.counts.read += records
        self._progress(records)

    def describe(self, what: str) -> None:
        """Count a row that is no record of its own."""
        self.counts.described[what] = self.counts.described.get(what, 0) + 1
        self._progress(1)

    def refuse(self, code: str) -> None:
        """Count one that is, or stays, in quarantine."""
        self.counts.quarantined += 1
        self.counts.reasons[code] = self.counts.reasons.get(code, 0) + 1

    def finish(self) -> None:
        """Nothing may be lost: hold the sum against what was read."""
        total = self.counts.appended + self.counts.duplicates + self.counts.quarantined
        if total != self.counts.read:
            raise AssertionError(f"{total} records accounted for, {self.counts.read} read")

    def _return(self, item: _Item, code: str, reason: str) -> None:
        record, again = item.record, item.parsed.again
        self._quarantine(record.line, code, reason, (record.data,), again, record.file)

    def _quarantine(
        self,
        line: int,
        code: str,
        reason: str,
        data: Iterable[bytes],
        again: str = "",
        file: str = "",
    ) -> None:
        quarantine, name = self._workspace.quarantine, self.importer.name
        if not self._is_kept:
            quarantine.keep(name, self.importer.kept)
            self._is_kept = True
        quarantine.put(again or name, file or self._file, line, code, reason, data)
        self.refuse(code)


def _batches(records: Iterable[list[_Item]]) -> Iterator[list[_Item]]:
    """Whole records, so that a place between two batches is one between two records."""
    batch: list[_Item] = []
    size = 0
    for items in records:
        batch += items
        size += len(items) * len(items[0].record.data)
        if len(batch) >= APPEND_DRAFTS or size >= APPEND_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _added(left: Counts, right: Counts) -> Counts:
    return Counts(
        left.read + right.read,
        left.appended + right.appended,
        left.duplicates + right.duplicates,
        left.quarantined + right.quarantined,
        left.differing + right.differing,
        {c: left.reasons.get(c, 0) + right.reasons.get(c, 0) for c in left.reasons | right.reasons},
        left.described,  # nothing in quarantine describes
    )
