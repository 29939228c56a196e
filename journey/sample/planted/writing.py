"""Planted stories on their way into files: touchpoints, and beside them the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from journey.files import whole_file
from journey.sample.files import PACKED, STDOUT, beside
from journey.sample.planted.story import Line, Story
from schemas.errors import UsageError

EACH_MAX = 10_000  # they are held in memory
TIMES = ("promised_at", "ends_at")  # properties in seconds of the story


class Window(NamedTuple):
    """The time in which stories lie.

    Args:
        start: what seconds count from.
    """

    start: datetime

    def time(self, seconds: float) -> str:
        """A moment of it, as files tell it."""
        return (self.start + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")

    def line(self, story: Story, at: float, line: Line) -> Line:
        """What happens in a story, with all its times as files tell them."""
        told = {"time": self.time(story.start + at)} | line
        own = line.get("properties", {})
        days = {name: self.time(story.start + own[name]) for name in TIMES if name in own}
        return told | {"properties": own | days} if days else told


def plain_file(file: str | Path, each: int, *, are: str, of: str) -> Path:
    """Where the touchpoints go.

    Args:
        each: how many are asked for.
        are: what is planted, and how many plain files it comes to.
        of: of what there are so many.

    Raises:
        UsageError: too many, or standard output.
    """
    if str(file) == STDOUT or str(file).endswith(PACKED):
        raise UsageError(f"{are} plain files: name one that ends in .jsonl.")
    if each > EACH_MAX:
        raise UsageError(f"A sample has at most {EACH_MAX:,} {of}: ask for less.")
    return Path(file)


def write(file: Path, lines: Iterable[Line], recipe: Line, entries: Iterable[Line]) -> Path:
    """Write both. Returns where the ledger is, the recipe first in it."""
    encode = msgspec.json.Encoder().encode
    ledger = beside(str(file))
    with whole_file(file) as out:
        for line in lines:
            out.write(encode(line) + b"\n")
    with whole_file(ledger) as book:
        book.write(encode({"what": "recipe"} | recipe) + b"\n")
        for entry in entries:
            book.write(encode(entry) + b"\n")
    return ledger
