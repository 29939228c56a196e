"""Planted pains in files: the touchpoints as they arrive, the ledger, the settings they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from journey.files import whole_file
from journey.sample.planted import business, calls, care
from journey.sample.planted.story import (
    ANNOUNCED_DAY,
    DAY,
    HOUR,
    PLOTS,
    RETIRED_DAY,
    Line,
    Plot,
    Story,
)
from journey.sample.planted.writing import Window, plain_file, write

MODULES = (business, calls, care)  # they fill PLOTS
START = datetime(2025, 1, 1, tzinfo=UTC)  # a Wednesday, on which stories of weeks rest
WINDOW = Window(START)
BEGINNING = 50 * DAY  # in which stories begin
LATE = 50  # one event in so many
LATE_BY = 10 * DAY  # at most
CASE, NEAR_MISS = "pain", "near-miss"


class PlantedPains(msgspec.Struct, frozen=True):
    """What was written.

    Args:
        settings: a journey.toml with which the sample is to be read.
        late: events that arrive after what happened later.
        cases, near_misses: stories by kind.
    """

    file: str
    ledger: str
    settings: str
    events: int
    late: int
    cases: dict[str, int]
    near_misses: dict[str, int]


def stories(each: int, seed: int) -> Iterator[tuple[Plot, Story]]:
    """So many cases and so many near misses of every kind, their plots in turn.

    Args:
        seed: the same seed gives the same stories.
    """
    random, number = Random(seed), 0
    for kind in sorted({plot.kind for plot in PLOTS}):
        for is_case in (True, False):
            plots = [p for p in PLOTS if (p.kind, p.is_case) == (kind, is_case)]
            for n in range(each):
                number += 1
                story = Story(number, random.randrange(BEGINNING), random)
                plot = plots[n % len(plots)]
                plot.tells(story)
                yield plot, story


def plant(file: str | Path, each: int, seed: int) -> PlantedPains:
    """Write touchpoints with planted pains, a ledger of them, and settings.

    Args:
        file: JSON lines; ledger and settings go beside it.
        each: cases of each kind, and near misses.
        seed: the same arguments give the same bytes.

    Raises:
        UsageError: too many, or standard output.
    """
    file = plain_file(file, each, are="Planted pains are three", of="cases of each kind")
    random = Random(f"late {seed}")
    arriving: list[tuple[float, int, Line]] = []
    entries: list[Line] = []
    cases: Counter[str] = Counter()
    near: Counter[str] = Counter()
    late = 0
    for plot, story in stories(each, seed):
        (cases if plot.is_case else near)[plot.kind] += 1
        for at, line in story.lines:
            # Not by less than it takes others to arrive in between.
            delay = random.uniform(HOUR, LATE_BY) if random.randrange(LATE) == 0 else 0.0
            late += delay > 0
            arriving.append((story.start + at + delay, len(arriving), WINDOW.line(story, at, line)))
        entries += _entries(plot, story)
    arriving.sort(key=lambda arrival: arrival[:2])
    lines = (
        {"id": f"p-{seed:x}-{made:06x}", "source": "planted", "sequence": made + 1} | line
        for _, made, line in arriving
    )
    ledger = write(file, lines, {"pains": each, "seed": seed}, entries)
    settings = file.with_suffix(".toml")
    with whole_file(settings) as toml:
        toml.write(_settings().encode())
    names = {"file": str(file), "ledger": str(ledger), "settings": str(settings)}
    return PlantedPains(
        **names, events=len(arriving), late=late, cases=dict(cases), near_misses=dict(near)
    )


def _entries(plot: Plot, story: Story) -> Iterator[Line]:
    """What the ledger tells: each pain, and the kind that was just missed."""
    about = {"customer": story.user, "story": plot.why}
    for kind, at in story.suffered:
        yield {"what": CASE, "kind": kind, "time": WINDOW.time(story.start + at), **about}
    if not plot.is_case:
        yield {"what": NEAR_MISS, "kind": plot.kind, **about}


def _settings() -> str:
    announced, retired = (START + timedelta(days=day) for day in (ANNOUNCED_DAY, RETIRED_DAY))
    return (
        "[channels.sms]\n"
        f"announced_at = {announced.date()}\n"
        f"retired_at = {retired.date()}\n"
        'instead = "messaging"\n'
    )
