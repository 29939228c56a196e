"""A sample in files: the touchpoints, and beside them the ledger of what was planted in them."""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from journey.files import whole_file
from journey.sample.book import Line, Planted
from journey.sample.people import CUSTOMERS_MAX
from journey.sample.stream import DAYS_MAX, write_jsonl
from schemas.errors import UsageError

STDOUT = "-"
PACKED = ".gz"
LEVEL = 6  # of gzip: beyond it, twice the time for one percent


class Generated(msgspec.Struct, frozen=True):
    """What was written. ``planted``: entries of the ledger by what they tell of."""

    file: str
    ledger: str
    events: int
    customers: int
    conversations: int
    types: dict[str, int]
    planted: dict[str, int]


def generate_files(
    file: str,
    ledger: Path | None,
    *,
    customers: int,
    days: int,
    seed: int,
    start: datetime,
    after_each: Callable[[int], None] = lambda _: None,
) -> Generated:
    """Write a sample and its ledger. The same arguments give the same bytes.

    Args:
        file: packed with gzip if it ends in ``.gz``; ``-`` for standard output.
        ledger: JSON lines; without it the ledger goes beside the file, and nowhere for ``-``.
        customers: how many people may appear.
        days: how many days.
        seed: the seed.
        start: an aware moment on the first day.
        after_each: told how many lines more were written.

    Raises:
        UsageError: an argument is out of its range, or a file cannot be written.
    """
    if customers > CUSTOMERS_MAX or days > DAYS_MAX:
        raise UsageError(
            f"A sample has at most {CUSTOMERS_MAX:,} customers and {DAYS_MAX:,} days: ask for less."
        )
    if ledger is None and file != STDOUT:
        ledger = beside(file)
    if ledger is not None and ledger.absolute() == Path(file).absolute():
        raise UsageError(f"{ledger} would hold both sample and ledger: name two files.")
    counts: Counter[str] = Counter()
    encode = msgspec.json.Encoder().encode
    planted = Planted()
    with _out(file) as out, _ledger(ledger) as book:

        def tell(entry: Line) -> None:
            counts[entry["what"]] += 1
            if book is not None:
                book.write(encode(entry) + b"\n")

        planted.tell = tell
        recipe = {"customers": customers, "days": days, "seed": seed, "start": start}
        if book is not None:
            book.write(encode({"what": "recipe", **recipe}) + b"\n")
        events = write_jsonl(
            out,
            customers=customers,
            days=days,
            seed=seed,
            start=start,
            planted=planted,
            after_each=after_each,
        )
    return Generated(
        file=file,
        ledger=str(ledger or ""),
        events=events,
        customers=planted.customers,
        conversations=planted.conversations,
        types=dict(sorted(planted.events.items())),
        planted=dict(sorted(counts.items())),
    )


def beside(file: str) -> Path:
    """Where the ledger of a file goes: ``sample.jsonl.gz`` has ``sample.ledger.jsonl``."""
    name = Path(file).name.removesuffix(PACKED).removesuffix(".jsonl")
    return Path(file).with_name(f"{name}.ledger.jsonl")


@contextmanager
def _out(file: str) -> Iterator[BinaryIO]:
    if file == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole_file(Path(file)) as out:
        if not file.endswith(PACKED):
            yield out
            return
        # Without the name and the time that gzip would note, the bytes are the same each time.
        with gzip.GzipFile("", "wb", LEVEL, out, mtime=0) as packed:
            yield cast(BinaryIO, packed)


@contextmanager
def _ledger(file: Path | None) -> Iterator[BinaryIO | None]:
    if file is None:
        yield None
        return
    with whole_file(file) as out:
        yield out
