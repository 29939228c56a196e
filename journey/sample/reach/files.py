"""Planted outreach in files: the touchpoints, and the ledger of who must be reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import msgspec

from journey.sample.planted.story import Line
from journey.sample.planted.writing import Window, plain_file, write
from journey.sample.reach import business, care, guards, limits
from journey.sample.reach.crowd import APPROVAL, bystanders, crowd
from journey.sample.reach.door import MICRO, Key, doors, micros
from journey.sample.reach.offers import SHARES
from journey.sample.reach.story import PLOTS, Plot, Reach, Verdict

MODULES = (guards, limits, care, business)  # they fill PLOTS
START = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday in winter, on which stories rest
WINDOW = Window(START)
REVIEWED_ON = date(2025, 1, 6) + timedelta(days=guards.REVIEWED_DAY)
DRAWN = 2  # so many times as many where a holdout takes some
REACHED, NOT_REACHED = "reached", "not-reached"


class Approved(msgspec.Struct, frozen=True):
    """An approval that the ledger rests on.

    Args:
        time: when it is recorded; the ledger's ``between`` is just before it.
        number: how many messages of those that wait.
    """

    trigger: str
    time: str
    number: int
    by: str


class PlantedOutreach(msgspec.Struct, frozen=True):
    """What was written.

    Args:
        reviewed_on: the day of review that triggers must have, for what was planted to hold.
        approved: by somebody, in the middle of it.
        reached, not_reached: stories by trigger.
    """

    file: str
    ledger: str
    reviewed_on: date
    approved: Approved
    events: int
    reached: dict[str, int]
    not_reached: dict[str, int]


def triggers() -> list[str]:
    """The triggers that stories are about."""
    return sorted({plot.trigger for plot in PLOTS})


def stories(each: int, seed: int) -> Iterator[tuple[Plot, Reach]]:
    """So many who must be reached by every trigger and so many who must not, plots in turn.

    Args:
        seed: the same seed gives the same stories.
    """
    random, number = Random(seed), 0
    for trigger in triggers():
        for is_case in (True, False):
            plots = [p for p in PLOTS if (p.trigger, p.is_case) == (trigger, is_case)]
            for n in range(each * (DRAWN if is_case and trigger in SHARES else 1)):
                number += 1
                story = Reach(number, random)
                plot = plots[n % len(plots)]
                plot.tells(story)
                yield plot, story


def plant_outreach(file: str | Path, each: int, seed: int) -> PlantedOutreach:
    """Write touchpoints of people whom triggers must and must not reach, and the ledger.

    Args:
        file: JSON lines; the ledger goes beside it.
        each: people whom each trigger must reach, and as many whom it must not.
        seed: the same arguments give the same bytes.

    Raises:
        UsageError: too many, or standard output.
    """
    file = plain_file(file, each, are="Planted outreach is two", of="of each trigger")
    plotted = list(stories(each, seed))
    random, numbers = Random(f"crowd {seed}"), count(len(plotted) + 1)
    plotted += crowd(numbers, random)
    people = [*(story for _, story in plotted), *bystanders(numbers, random)]
    told: list[tuple[float, int, Line]] = []
    for story in people:
        for at, line in story.lines:
            told.append((story.start + at, len(told), WINDOW.line(story, at, line)))
    reached = Counter(plot.trigger for plot, _ in plotted if plot.is_case)
    others = Counter(plot.trigger for plot, _ in plotted if not plot.is_case)
    stand = doors(people)
    told.sort(key=lambda each: each[:2])
    lines = (
        {"id": f"r-{seed:x}-{n:06x}", "source": "reach", "sequence": n} | line
        for n, (_, _, line) in enumerate(told, 1)
    )
    approved = Approved(
        trigger=APPROVAL.trigger,
        time=WINDOW.time(micros(APPROVAL.at) / MICRO),
        number=APPROVAL.number,
        by=APPROVAL.by,
    )
    recipe = {"outreach": each, "seed": seed, "reviewed_on": REVIEWED_ON, "approved": approved}
    entries = (entry for plot, story in plotted for entry in _entries(plot, story, stand))
    ledger = write(file, lines, recipe, entries)
    return PlantedOutreach(
        file=str(file),
        ledger=str(ledger),
        reviewed_on=REVIEWED_ON,
        approved=approved,
        events=len(told),
        reached=dict(reached),
        not_reached=dict(others),
    )


def _entries(plot: Plot, story: Reach, stand: dict[Key, Line]) -> Iterator[Line]:
    """What the ledger tells of a person: each trigger that the story touches."""
    for trigger in story.verdicts | story.silent:
        verdicts = story.verdicts.get(trigger, [])
        is_reached = any(verdict.what == "decided" for verdict in verdicts)
        entry: Line = {
            "what": REACHED if is_reached else NOT_REACHED,
            "trigger": trigger,
            "customer": story.user,
            "story": plot.why,
            "is_about_it": trigger == plot.trigger,
            "verdicts": [
                _verdict(story, verdict, stand.get((story.number, trigger, verdict.at)))
                for verdict in verdicts
            ],
        }
        if trigger in story.silent:
            entry["silent"] = story.silent[trigger]
        held_out = list(_held_out(verdicts))
        if trigger in SHARES and held_out != verdicts:
            entry["share"] = SHARES[trigger]
            entry["held_out"] = [_verdict(story, verdict) for verdict in held_out]
        yield entry


def _held_out(verdicts: list[Verdict]) -> Iterator[Verdict]:
    """What comes instead, of a person whom the draw puts into the holdout.

    All guardrails before it passed where something goes out, or waits for the morning.
    """
    is_over = False
    for verdict in verdicts:
        if verdict.what in ("held", "decided") and not is_over:
            yield Verdict(verdict.at, "suppressed", verdict.step, by="holdout")
            is_over = verdict.what == "held"
        elif is_over:  # how the wait for the morning would have ended
            is_over = False
        else:
            yield verdict


def _verdict(story: Reach, verdict: Verdict, door: Line | None = None) -> Line:
    told: Line = {"time": WINDOW.time(story.start + verdict.at), "what": verdict.what}
    told |= {"step": verdict.step, "by": verdict.by, "channel": verdict.channel}
    if verdict.what == "decided" and door is not None:
        told["door"] = door
    return {name: value for name, value in told.items() if value != ""}
