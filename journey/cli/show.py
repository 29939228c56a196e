"""Printing: JSON for programs, tables for people, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from time import monotonic
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table as RichTable
from rich.text import Text

from schemas.times import instant, rfc3339

WIDE = 1_000  # columns where nobody set a width: a pipe or a file does not wrap
SHORT_ID = 12  # digits of an id that a person needs; commands take them too


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=WIDE)


out = _console(stderr=False)
err = _console(stderr=True)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    text = msgspec.json.encode(value, enc_hook=_plain)
    sys.stdout.write(msgspec.json.format(text, indent=2).decode() + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(instant(value))
    raise TypeError(f"cannot print {type(value)}")


def table(
    title: str,
    rows: Sequence[Mapping[str, Any]],
    empty: str,
    units: Mapping[str, str] | None = None,
) -> None:
    """Rows as a table; a sentence where there are none.

    Args:
        units: what columns hold, seconds or share, where the name does not tell.
    """
    units = units or {}
    if not rows:
        out.print(empty, markup=False)  # it may name a [section]
        return
    drawn = RichTable(title=title, title_justify="left", header_style="bold")
    for name, value in rows[0].items():
        right = isinstance(value, int | float) and not isinstance(value, bool)
        drawn.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(cell(name, value, units.get(name, "")) for name, value in row.items()))
    out.print(drawn)


def cell(name: str, value: Any, unit: str = "") -> Text:
    """A value for a person: durations in words, shares in percent, nothing as a dash."""
    unit = unit or _unit(name)
    if value is None or value == "":
        return Text("–")  # noqa: RUF001 - the dash that tables use
    if isinstance(value, float):
        if unit == "seconds":
            return Text(duration(value))
        if unit == "share":
            return Text(f"{value:.1%}")
        return Text(f"{value:,.2f}".rstrip("0").rstrip("."))
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M:%S}")
    if isinstance(value, date):
        return Text(value.isoformat())
    if name.endswith("_id") or name == "cause":
        return Text(str(value)[:SHORT_ID])
    if isinstance(value, list):
        return Text(", ".join(str(v) for v in value))
    return Text(str(value))


def _unit(name: str) -> str:
    return "seconds" if name.endswith("_s") else "share" if name.startswith("share") else ""


def duration(seconds: float) -> str:
    """A duration in its two largest units: ``2 h 4 min``."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    left = round(seconds)
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        n, left = divmod(left, size)
        if n:
            parts.append(f"{n} {unit}")
    return " ".join(parts[:2])


SHOWN_EVERY_S = 0.1  # to be told of each record costs more than some take to be read


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show how far long work is, on standard error if that is a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as shown:
        task = shown.add_task(what, total=total)
        count, told_at = 0, 0.0

        def advance(n: int) -> None:
            nonlocal count, told_at
            count += n
            now = monotonic()
            if now - told_at >= SHOWN_EVERY_S:
                shown.advance(task, count)
                count, told_at = 0, now

        yield advance
