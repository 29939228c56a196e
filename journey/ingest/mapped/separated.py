"""The rows of a CSV file: its bytes cut into rows, and a row's bytes into texts.

Rule 1: a row keeps the bytes in which it came. UTF-16 is cut as UTF-8 and turned back.
Rule 2: a quote that is never closed costs its own line, not the file: where what follows a closing
    quote is neither delimiter nor end, or nothing closes it within a record's length, the first
    line is refused and the cutting begins again behind it.
Rule 3: memory is flat: no more is held than one row, of at most ``RECORD_BYTES_MAX``.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from typing import Literal

from journey.ingest.fields import TEXT_CHARS_MAX
from journey.ingest.mapped.mapping import UTF_16, WHITESPACE, File, is_utf_8
from journey.ingest.records import RECORD_BYTES_MAX, BrokenRecord, RawRecord, Record, read_lines
from journey.ingest.source import Damaged, Source
from schemas.errors import CannotAccept

BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
OPEN_QUOTE = (
    "A quote opens here and is not closed where a value ends: double quotes inside a value, or "
    'write quote = "" in the mapping if quotes mean nothing in this file.'
)
EITHER = "surrogatepass"  # halves of a pair, which UTF-8 has none of, come through and back


def encoding_of(file: File, source: Source) -> str:
    """The codec of a source: what its byte order mark says, else the mapping, else UTF-8."""
    start = b""
    while len(start) < 2 and (chunk := next(source, b"")):
        start += chunk
    source.put_back(start)
    found = BOMS.get(start[:2])
    if found:
        return found
    named = file.encoding.lower()
    return UTF_16.get(named, "utf-8" if not named or is_utf_8(named) else named)


class Rows:
    """How the rows of a file are cut and read.

    Args:
        file: what the mapping says.
        encoding: the codec, see ``encoding_of``.
    """

    def __init__(self, file: File, encoding: str) -> None:
        self._file, self._encoding = file, encoding
        self._is_wide = encoding in UTF_16.values()
        self._split = self._splitter(file)
        self._has_quotes = bool(file.quote) and file.delimiter != WHITESPACE and not file.widths
        quote, delimiter = (re.escape(t.encode()) for t in (file.quote or '"', file.delimiter[:1]))
        self._quote = file.quote.encode()
        self._opens = re.compile(delimiter + quote).search
        # Up to a quote that is not doubled, in a line that begins inside quotes.
        self._closes = re.compile(
            b"[^%b]*(?:%b%b[^%b]*)*%b(?!%b)" % (quote, quote, quote, quote, quote, quote)
        ).match
        value = b"%b[^%b]*(?:%b%b[^%b]*)*%b|[^%b%b]*" % (*[quote] * 7, delimiter)
        self._whole = re.compile(rb"(?:%b)(?:%b(?:%b))*\r?\Z" % (value, delimiter, value)).match
        self._follows = re.compile(rb"(?:%b|\r?\Z)" % delimiter).match

    def cut(self, source: Source) -> Iterator[Record]:
        """The rows of a source, of which blank ones are left out; the header is one of them."""
        if self._is_wide:
            source = Source(_as_utf8(source, self._encoding), source.name)
        lines = read_lines(source, blank=self._has_quotes)
        for record in self._joined(lines) if self._has_quotes else lines:
            if self._is_wide and isinstance(record, RawRecord):
                yield RawRecord(record.line, self._back(record.data))
            else:
                yield record

    def values(self, data: bytes) -> list[str]:
        """The texts of a row.

        Raises:
            CannotAccept: it is of another encoding, or no row.
        """
        try:
            text = data.decode(self._encoding)
        except UnicodeDecodeError:
            reason = (
                f"The row is not {self._encoding}: name the file's encoding in the mapping, such "
                'as encoding = "cp1252".'
            )
            raise CannotAccept("wrong-encoding", reason) from None
        return self._split(text)

    def _joined(self, lines: Iterator[Record]) -> Iterator[Record]:
        """Lines joined where quotes span them."""
        ahead: deque[tuple[Record, bool]] = deque()  # lines to look at again; each alone?

        def following() -> tuple[Record | None, bool]:
            return ahead.popleft() if ahead else (next(lines, None), False)

        while True:
            record, is_alone = following()
            if record is None:
                return
            if isinstance(record, BrokenRecord):
                yield record
                continue
            data = record.data
            if self._quote not in data:
                if data and not data.isspace():
                    yield record
                continue
            held = [record]
            size, state = len(data), self._state(data, is_open=False)
            after: Record | None = None
            while state is None and not is_alone:  # inside quotes
                line, _ = following()
                if not isinstance(line, RawRecord) or size + len(line.data) > RECORD_BYTES_MAX:
                    after = line
                    break
                held.append(line)
                size += len(line.data) + 1
                state = self._state(line.data, is_open=True)
            if state or (len(held) == 1 and state is not None):
                yield RawRecord(record.line, b"\n".join(each.data for each in held))
                continue
            yield BrokenRecord(record.line, "open-quote", OPEN_QUOTE, (data,))
            # Each of the lines in between is looked at once more and never joined, so that no file
            # takes more than twice its time. The last one, where quotes went wrong, may go on.
            again: list[tuple[Record, bool]] = [(each, True) for each in held[1:]]
            if state is False:
                again[-1] = (held[-1], False)
            if after is not None:
                again.append((after, False))
            ahead.extendleft(reversed(again))

    def _state(self, line: bytes, *, is_open: bool) -> bool | None:
        """After a line: True outside quotes, None inside, False where a closing quote is wrong."""
        at, length = 0, len(line)
        if not is_open:
            if self._whole(line):  # nearly all; what follows is for the others
                return True
            if line.startswith(self._quote):
                at = 1
            else:
                found = self._opens(line)
                if not found:
                    return True
                at = found.end()
        while True:
            closed = self._closes(line, at)
            if not closed:
                return None
            at = closed.end()
            if not self._follows(line, at):
                return False
            found = self._opens(line, at)
            if not found or at >= length:
                return True
            at = found.end()

    def _back(self, data: bytes) -> bytes:
        return data.decode("utf-8", EITHER).encode(self._encoding, EITHER)

    def _splitter(self, file: File) -> Callable[[str], list[str]]:
        if file.widths:
            return _width_splitter(file.widths)
        if file.delimiter == WHITESPACE:
            return str.split
        return _csv_splitter(file.delimiter, file.quote)


def _width_splitter(widths: list[int]) -> Callable[[str], list[str]]:
    bounds, width = list(pairwise((0, *accumulate(widths)))), sum(widths)

    def split(text: str) -> list[str]:
        if len(text) > width and text[width:].strip():
            raise CannotAccept("bad-row", f"The row is wider than {width} characters: mend widths.")
        return [text[start:end].strip() for start, end in bounds]

    return split


def _csv_splitter(delimiter: str, quote: str) -> Callable[[str], list[str]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE

    def split(text: str) -> list[str]:
        if not (quote and quote in text) and len(text) <= TEXT_CHARS_MAX:
            plain = text.removesuffix("\r")
            if plain and "\r" not in plain:
                return plain.split(delimiter)  # the reader would do no more
        try:
            reader = csv.reader(
                (text,), delimiter=delimiter, quotechar=quote or None, quoting=quoting, strict=True
            )
            return next(reader)
        except csv.Error as error:
            reason = f"The row cannot be split ({_told(error)})."
            raise CannotAccept("bad-row", reason) from None

    return split


def _told(error: csv.Error) -> str:
    """The reason in our words: the library's speak of Python."""
    text = str(error)
    if "new-line" in text:
        return "a carriage return stands outside quotes: end lines with \\n or \\r\\n"
    if "field limit" in text:
        return "a value is too long: shorten it"
    return "a quote stands inside a value: double it, and put quotes around the value"


def _as_utf8(source: Source, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(EITHER)
    for chunk in source:
        yield decoder.decode(chunk).encode("utf-8", EITHER)
    if source.damage is not None:
        raise Damaged(source.damage.code, str(source.damage))
    try:
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        reason = "The file ends within a character: fetch it again and import it."
        raise Damaged("truncated-character", reason) from None
