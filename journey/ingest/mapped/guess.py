"""A mapping to start from, guessed of the first rows of a file.

Rule 1: it is a draft for a person to finish: every guess stands beside a comment that says so.
Rule 2: it holds names of columns, and no values: a mapping is kept in clear, beside code.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from journey.ingest.mapped import times
from journey.ingest.mapped.forms import header
from journey.ingest.mapped.mapping import WHITESPACE, File
from journey.ingest.mapped.separated import encoding_of
from journey.ingest.source import Source
from schemas.errors import CannotAccept, UsageError

START_BYTES = 256 * 1024
ROWS_MAX = 500
_DELIMITERS = (",", ";", "\t", "|")
_FORMATS = (
    "%Y%m%d",
    times.RFC3339,
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "unix-ms",
    "unix",
)
_NUMBERS = ("%Y%m%d", *times.UNIX)
_when = re.compile(r"time|date|created|(?:^|_)(?:at|on|ts)$|when", re.IGNORECASE).search
_email = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch
_number = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?").fullmatch
_WHO = (
    "customer_id",
    "user_id",
    "userid",
    "customerid",
    "client_id",
    "customer",
    "user",
    "visitor",
)
_WHAT = ("event", "event_name", "event_type", "type", "action")
_MONEY = ("amount", "total", "revenue", "price", "value")


class Looked(NamedTuple):
    """What the start of a file looks like."""

    file: File
    columns: list[str]
    rows: list[list[str]]


def guess(source: Source) -> str:
    """The TOML of a mapping for a file.

    Raises:
        UsageError: there are no rows in it.
    """
    looked = look(source)
    samples = {c: [r[n] for r in looked.rows if r[n]] for n, c in enumerate(looked.columns)}
    return "\n".join(_lines(looked, samples))


def look(source: Source) -> Looked:
    """How the rows of a file are written, by its first ones."""
    encoding = encoding_of(File(), source)
    start = b""
    while len(start) < START_BYTES and (chunk := next(source, b"")):
        start += chunk
    start = start[:START_BYTES].removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if len(start) == START_BYTES:
        start = start[: start.rfind(b"\n") + 1] if encoding == "utf-8" else start
    try:
        text = start.decode(encoding, "strict" if encoding == "utf-8" else "ignore")
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = start.decode(encoding, "replace")
    delimiter, rows = _delimited(text)
    if not rows:
        raise UsageError(f"{source.name} has no rows: give a file with some.")
    has_header = not any(_number(cell) or _times(cell) for cell in rows[0]) and len(rows) > 1
    names = rows[0] if has_header else [f"column-{n}" for n in range(1, len(rows[0]) + 1)]
    columns = header(names, source.name)
    file = File(
        encoding="" if encoding.startswith("utf") else encoding,
        delimiter=delimiter,
        header=has_header,
        columns=[] if has_header else columns,
    )
    kept = [row for row in rows[has_header:] if len(row) == len(columns)]
    return Looked(file, columns, kept)


def _delimited(text: str) -> tuple[str, list[list[str]]]:
    """The delimiter that gives most columns to rows that have equally many, and the rows."""
    best, best_rows, most = ",", [], 0
    for delimiter in _DELIMITERS:
        try:
            rows = [r for r in csv.reader(io.StringIO(text), delimiter=delimiter) if any(r)]
        except csv.Error:
            continue
        rows = rows[:ROWS_MAX]
        alike = sum(len(r) == len(rows[0]) for r in rows) if rows else 0
        if rows and alike > 0.9 * len(rows) and len(rows[0]) > most:
            best, best_rows, most = delimiter, rows, len(rows[0])
    if most < 2:
        spaced = [line.split() for line in text.splitlines() if line.strip()][:ROWS_MAX]
        if spaced and len(spaced[0]) > 1 and all(len(r) == len(spaced[0]) for r in spaced):
            return WHITESPACE, spaced
    return best, best_rows


def _times(*texts: str) -> str:
    """The format of texts that are all times; empty if there is none."""
    return next((f for f in _FORMATS if all(_fits(f, t) for t in texts)), "")


def _fits(format_: str, text: str) -> bool:
    try:
        times.reader([format_], "UTC", "first")(text)
    except CannotAccept:
        return False
    return True


def _named(columns: Sequence[str], names: Sequence[str]) -> str:
    plain = {re.sub(r"[^a-z]+", "_", column.lower()).strip("_"): column for column in columns}
    exact = next((plain[name] for name in names if name in plain), "")
    return exact or next((plain[p] for name in names for p in plain if name in p), "")


def _lines(looked: Looked, samples: dict[str, list[str]]) -> list[str]:
    columns = looked.columns
    formats = {c: found for c, told in samples.items() if told and (found := _times(*told[:50]))}
    for column in [c for c in formats if formats[c] in _NUMBERS and not _when(c)]:
        del formats[column]  # a number is a time only where its name says so
    when = next(iter(sorted(formats, key=lambda c: (c.startswith("_"), not _when(c)))), "")
    others = [column for column in columns if column != when]
    email = next((c for c in others if samples[c] and all(map(_email, samples[c]))), "")
    who = email or _named(others, _WHO) or (others or columns)[0]
    what = _named([column for column in others if column != who], _WHAT)
    money = [c for c in others if c != who and samples[c] and all(map(_number, samples[c]))]
    amount = _named(money, _MONEY)
    zoned = formats.get(when) in times.UNIX or (
        formats.get(when) == times.RFC3339 and all(_has_zone(t) for t in samples[when][:50])
    )
    zone = "" if zoned else ', zone = "UTC"'
    lines = [
        "# A draft, guessed from the first rows. Finish it, then see how rows are read:",
        "#   journey mapping check THIS.toml FILE",
        "# Every word is explained in docs/csv.md.",
        "",
        "# What makes the id of a message: the columns of the source's own id, or the whole row.",
        '# id = ["order_no"]',
        'id = "row"',
        "# Rows that are equal: keep (each is an event), or once (the same event, told again).",
        'duplicates = "keep"',
        *_file_lines(looked.file),
        "",
        "[constants]",
        'source = "my-source"  # name the feed, and keep the name for ever',
        'type = "custom"  # one of docs/event-types.md; or map a column below',
    ]
    if not what:
        lines.append('properties.name = "my-event"  # what a custom event is called')
    lines += ["", "[fields]"]
    if when:
        why = "  # name the zone that the times are in" if zone else ""
        if "/" in formats[when]:
            why += "; or the day comes first: %d/%m/%Y" if "%m/%d" in formats[when] else ""
        lines.append(
            f"time = {{ column = {_quoted(when)}, format = {_quoted(formats[when])}{zone} }}{why}"
        )
    else:
        lines += [
            "# No column looks like a time: name it, and its format.",
            f'time = {{ column = {_quoted(columns[0])}, format = "%Y-%m-%d", zone = "UTC" }}',
        ]
    kind = "email" if email else "user_id"
    lines.append(f"identities.{kind} = {_quoted(who)}  # who the customer is")
    if what:
        lines.append(f"properties.name = {_quoted(what)}  # what a custom event is called")
        lines.append(
            f'# type = {{ column = {_quoted(what)}, values = {{ purchase = "order-placed" }} }}'
        )
    if amount:
        lines.append(f"# properties.amount = {_quoted(amount)}  # of an order-placed")
    used = {when, who, what}
    rest = ", ".join(column for column in columns if column not in used)
    if rest:
        lines += ["", f"# All other columns are kept, sealed, under columns: {_comment(rest)}"]
    return [*lines, ""]


def _file_lines(file: File) -> list[str]:
    lines = ["", "[file]"]
    if file.encoding:
        lines.append(f"encoding = {_quoted(file.encoding)}  # it is not UTF-8")
    lines.append(f"delimiter = {_quoted(file.delimiter)}")
    if not file.header:
        lines.append("header = false  # the first row looks like data")
        lines.append(f"columns = [{', '.join(map(_quoted, file.columns))}]  # name them")
    return lines


def _has_zone(text: str) -> bool:
    return bool(re.search(r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})$", text))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _comment(text: str) -> str:
    return "".join(c if c >= " " else " " for c in text)
