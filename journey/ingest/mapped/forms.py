"""The forms of tables, and the importer of one table under one mapping.

Rule 1: an importer is bound to the columns and the encoding that were found, and these are kept
    with the mapping's text: whatever is in quarantine can be read again without the file.
Rule 2: its name, as quarantine keeps it, is ``csv@`` and a digest of these; for the second of
    equal rows that count each, ``#2`` follows, so that they stay two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from journey.ingest import jsonl
from journey.ingest.fields import TEXT_CHARS_MAX
from journey.ingest.importers import Importer, Parsed, Rejected
from journey.ingest.mapped import mapping as mappings
from journey.ingest.mapped.columnar import open_parquet, open_sql
from journey.ingest.mapped.equals import Equals
from journey.ingest.mapped.mapping import Mapping
from journey.ingest.mapped.separated import Rows, encoding_of
from journey.ingest.mapped.translate import Translation, digest
from journey.ingest.objects import may_hold_bad_texts
from journey.ingest.records import RawRecord, Record
from journey.ingest.source import Source, open_source
from schemas.errors import CannotAccept, ConfigurationError, NotFound, UsageError
from schemas.times import Instant

CSV, PARQUET, SQL = "csv", "parquet", "sql"
FORMS = (CSV, PARQUET, SQL)
UTF_8 = "utf-8"
_AT, _NTH = "@", "#"
_DIGEST_DIGITS = 12  # of a handful of mappings


class Bound(msgspec.Struct, frozen=True):
    """All that it takes to read a row again.

    Args:
        form: of the table.
        mapping: its TOML.
        columns: the names that were found, in order.
        encoding: the codec of a row's bytes.
    """

    form: str
    mapping: str
    columns: list[str]
    encoding: str


class Table:
    """Rows under a mapping: bytes in, lines of our own form out.

    Args:
        bound: all there is to know of it.
        mapping: the same mapping, read.
        equals: numbers equal rows, where each is an event.

    Raises:
        ConfigurationError: the mapping names a column that is not there.
    """

    def __init__(self, bound: Bound, mapping: Mapping, equals: Equals | None = None) -> None:
        self.kept = msgspec.json.encode(bound)
        self.name = f"{bound.form}{_AT}{sha256(self.kept).hexdigest()[:_DIGEST_DIGITS]}"
        self.columns = bound.columns
        self._translation = Translation(mapping, bound.columns)
        self._split: Callable[[bytes], Sequence[str]] = _json_row
        if bound.form == CSV:
            self._split = Rows(mapping.file, bound.encoding).values
        self._equals = equals
        told = bound.mapping.encode()  # its constants and defaults go into every line
        self._short_bytes = -1 if may_hold_bad_texts(told) else TEXT_CHARS_MAX - len(told)

    def importer(self, cut: Callable[[Source], Iterator[Record]], nth: int = 0) -> Importer:
        """The importer of these rows.

        Args:
            cut: cuts a source into rows.
            nth: which of its equals every row is; 0 to count them.
        """

        def understand(data: bytes, line: int, now: Instant) -> Parsed:
            return self._understand(data, line, now, nth)

        name = self.name if nth < 2 else f"{self.name}{_NTH}{nth}"
        counted = self._count if self._equals is not None else None
        return Importer(
            name, "a table, by a mapping", cut, understand, self.kept, pass_over=counted
        )

    def line(self, data: bytes) -> bytes:
        """A row as a line of our own form, for people to look at.

        Raises:
            CannotAccept: as ever.
        """
        return self._translation.line(self._row(data))

    def _understand(self, data: bytes, line: int, now: Instant, nth: int) -> Parsed:
        try:
            values = self._row(data)
        except CannotAccept as refused:
            return self._refused(refused, data, line, nth or self._number(data))
        content = digest(values) if self._equals is not None else b""
        nth = nth or self._number(content)
        try:
            fields, properties = self._translation.made(values, nth, content)
        except CannotAccept as refused:
            return self._refused(refused, data, line, nth)
        try:
            if self._may_hold_bad_texts(data):
                draft = jsonl.parse(jsonl.written(fields, properties), line, now)
            else:
                draft = jsonl.parse_made(fields, properties, line, now)
        except CannotAccept as refused:
            return self._refused(self._translation.named(refused, values), data, line, nth)
        return Parsed(line, [draft], [], self._again(nth))

    def _count(self, data: bytes) -> None:
        """Number a row that is not read again, as it was when it was read."""
        try:
            content = digest(self._row(data))
        except CannotAccept:
            content = data
        self._number(content)

    def _may_hold_bad_texts(self, data: bytes) -> bool:
        """As ``objects.may_hold_bad_texts``, of a row and what the mapping adds to it. UTF-16 is
        full of NUL bytes, and so always looked at.
        """
        return len(data) > self._short_bytes or b"\0" in data or b"\\u0000" in data

    def _row(self, data: bytes) -> Sequence[str]:
        values = self._split(data)
        if len(values) != len(self.columns):
            reason = (
                f"The row has {len(values)} columns, not {len(self.columns)}: put quotes around "
                "values that hold the delimiter, or mend the row."
            )
            raise CannotAccept("column-count", reason)
        return values

    def _number(self, content: bytes) -> int:
        return 1 if self._equals is None else self._equals.nth(content)

    def _again(self, nth: int) -> str:
        return "" if nth == 1 else f"{self.name}{_NTH}{nth}"

    def _refused(self, refused: CannotAccept, data: bytes, line: int, nth: int) -> Parsed:
        rejected = Rejected(refused.code, str(refused), (data,))
        return Parsed(line, [], [rejected], self._again(nth))


@dataclass(frozen=True, slots=True)
class Opened:
    """A table that is open: what reads it, and where its rows come from."""

    table: Table
    importer: Importer
    source: Source


@contextmanager
def opened(
    form: str, path: str, mapping: Path, declared: Callable[[str], bool] = mappings.nothing
) -> Iterator[Opened]:
    """Open a table, and bind a mapping to its columns.

    Args:
        form: one of ``FORMS``.
        path: a file, ``-`` for standard input, or the URL of a database.
        mapping: the mapping's file.
        declared: whether a workspace declares a type.

    Raises:
        NotFound: there is no such file, or no such form.
        ConfigurationError: the mapping is wrong, or does not fit the table.
        UsageError: the table cannot be read at all.
    """
    if form not in FORMS:
        raise NotFound(f"There is no form {form}: use one of {', '.join(FORMS)}.")
    told, text = mappings.load(mapping, declared)
    with ExitStack() as stack:
        equals = Equals() if told.duplicates == "keep" else None
        if equals is not None:
            stack.callback(equals.close)
        if form == CSV:
            source = stack.enter_context(open_source(path))
            bound, records = _csv(told, text, source)
        else:
            if form == SQL and not told.query:
                raise ConfigurationError(f"{mapping.name}, query: is missing: write what to ask.")
            found = open_parquet(path) if form == PARQUET else open_sql(path, told.query)
            name, columns, records = stack.enter_context(found)
            source = Source((), name)
            bound = Bound(form, text, header(columns, name), UTF_8)
        table = Table(bound, told, equals)
        yield Opened(table, table.importer(lambda _: records), source)


def again(
    name: str,
    kept: bytes,
    mended: Path | None = None,
    declared: Callable[[str], bool] = mappings.nothing,
) -> Importer:
    """The importer of a name in quarantine.

    Args:
        name: the entry's.
        kept: what was kept with it.
        mended: a mapping to use instead, for rows of its source.
        declared: whether the workspace declares a type.

    Raises:
        NotFound: there is no such mapping.
        ConfigurationError: the mapping is wrong, or does not fit the columns that were kept.
    """
    bound = msgspec.json.decode(kept, type=Bound)
    mapping = mappings.parse(bound.mapping, declared=declared)
    if mended is not None:
        other, text = mappings.load(mended, declared)
        if other.constants.source == mapping.constants.source:
            mapping, bound = other, _bound_anew(bound, other, text)
    cut = Rows(mapping.file, bound.encoding).cut if bound.form == CSV else _nothing
    _, _, nth = name.partition(_NTH)
    return Table(bound, mapping).importer(cut, int(nth or 1))


def _bound_anew(bound: Bound, mapping: Mapping, text: str) -> Bound:
    """The same rows under another mapping, which may know better what they are written in."""
    encoding, named = bound.encoding, mapping.file.encoding.lower()
    if named and encoding not in mappings.UTF_16:
        encoding = mappings.UTF_16.get(named, named)
    return Bound(bound.form, text, mapping.file.columns or bound.columns, encoding)


def _nothing(_: Source) -> Iterator[Record]:
    return iter(())  # one row of a table cannot be a source


def is_mapped(name: str) -> bool:
    """Whether a name in quarantine is of an importer that needs its mapping."""
    return _AT in name


def key_of(name: str) -> str:
    """The name under which a mapping is kept, of one of its importers."""
    return name.partition(_NTH)[0]


def _csv(mapping: Mapping, text: str, source: Source) -> tuple[Bound, Iterator[Record]]:
    encoding = encoding_of(mapping.file, source)
    rows = Rows(mapping.file, encoding)
    records = (r for r in rows.cut(source) if r.line > mapping.file.skip)
    columns = mapping.file.columns
    if mapping.file.header:
        first = next(records, None)
        if not isinstance(first, RawRecord):
            reason = str(source.damage or (first and first.reason) or "it is empty")
            raise UsageError(f"{source.name} has no header: {reason.rstrip('.')}.")
        try:
            found = rows.values(first.data)
        except CannotAccept as refused:
            raise UsageError(f"{source.name}, line {first.line}, the header: {refused}") from None
        if columns and len(columns) != len(found):
            raise UsageError(
                f"{source.name} has {len(found)} columns, the mapping names {len(columns)}: name "
                "each of them under file.columns."
            )
        columns = columns or header(found, source.name)
    return Bound(CSV, text, columns, encoding), records


def header(found: Sequence[str], name: str) -> list[str]:
    """The names of columns, as a header gives them.

    Raises:
        UsageError: two columns have one name.
    """
    columns = [told.strip() or f"column-{n}" for n, told in enumerate(found, 1)]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise UsageError(
            f"{name} has more than one column {', '.join(twice)}: name all columns under "
            "file.columns."
        )
    return columns


def _json_row(data: bytes) -> Sequence[str]:
    return msgspec.json.decode(data, type=list[str])
