"""Commands about triggers: check them, preview one, and ask why somebody got nothing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.exits import exit_code
from journey.cli.plans import told_figure, unit_of
from journey.cli.show import err, out, print_json, progress, table
from projections.configuration.durations import seconds, spelled
from schemas.errors import UsageError
from schemas.times import SECOND, Instant, parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from journey.bootstrap import Workspace
    from journey.config.file import Config
    from journey.previewing import Preview
    from journey.rewatching import Turn


@cli.group()
def trigger() -> None:
    """Triggers: check them, see what they would do, list, pause and resume them."""


@trigger.command()
@WORKSPACE
@JSON
@CONTEXT
def check(context: Context, workspace: Path | None, as_json: bool) -> None:
    """Say what is wrong with the triggers of journey.toml, and what is hardly meant.

    Names of events and traits that nobody declared, triggers that start each other, those that
    would reach everybody, texts longer than their channel takes, zones that are never awake
    together, triggers that nobody reviewed.
    """
    from journey.clock import SystemClock
    from journey.config.document import Wrong
    from journey.config.doubts import doubts
    from journey.config.file import load
    from schemas.times import moment

    try:
        found = load(context.folder(workspace))
    except Wrong as wrong:
        for _, sentence in wrong.complaints:
            err.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(exit_code(wrong))
    now = SystemClock().now()
    told = doubts(found, moment(now).date(), now)
    if as_json:
        print_json({"triggers": len(found.rules.triggers), "doubts": told})
        return
    rows = [msgspec.structs.asdict(each) for each in told]
    number = len(found.rules.triggers)
    table(f"Doubts about {number} triggers", rows, f"{number} triggers, and no doubt about any.")


@trigger.command()
@click.argument("name")
@click.option("--since", default="", help="The time from which on it would have been in force.")
@click.option("--until", default="", help="Until when; left out, until the log ends.")
@click.option("--every", default="", help="Of a watch: from look to look; left out, 1 d.")
@click.option("--seed", type=int, default=1, show_default=True, help="Draws the recipients shown.")
@WORKSPACE
@JSON
@CONTEXT
def preview(
    context: Context,
    name: str,
    since: str,
    until: str,
    every: str,
    seed: int,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Whom NAME, as journey.toml has it, would have reached, and what held back the others.

    History is folded as if it had been live, imports too. Nothing is recorded or sent. Of a trigger
    that starts by a watch: when its figure would have crossed the line, and what had been told.
    """
    from journey.config.file import load
    from journey.previewing import preview as previewed

    config = load(context.folder(workspace))
    rules = config.rules
    with opened(context, workspace) as w:
        if not w.log.last_position():
            raise UsageError("Nothing is recorded yet: import something, then preview.")
        begins, ends = _span(since, until, w.log.last_recorded_at + 1)
        if name in rules.triggers and rules.triggers[name].start.watch:
            if not since:
                raise UsageError(f"{name} starts by a watch: say from when on, with --since TIME.")
            _rewatch(w, config, name, begins, ends, every, as_json=as_json)
            return
        if every:
            raise UsageError(f"--every is for triggers that start by a watch; {name} does not.")
        with progress("Previewing", w.log.last_position()) as shown:
            found = previewed(w, rules, name, begins, ends, seed=seed, after_each=shown)
    if as_json:
        print_json(found)
        return
    _show(found)


def _rewatch(
    workspace: Workspace,
    config: Config,
    name: str,
    since: Instant,
    until: Instant,
    every: str,
    *,
    as_json: bool,
) -> None:
    from journey.rewatching import EVERY, rewatched

    apart = seconds(every) if every else EVERY
    if not apart:
        raise UsageError(f"{every!r} is no duration: write it such as 6 h or 1 d.")
    number = max(0, -(-(until - since) // (apart * SECOND)))
    with progress("Looking", number) as shown:
        found = rewatched(workspace, config, name, since, until, apart, shown)
    if as_json:
        print_json(found)
        return
    rows = [
        {"what": "looks", "n": found.looks},
        *({"what": f"of them {state}", "n": n} for state, n in found.states.items()),
        {"what": "times that it crossed its line", "n": found.crossings},
        {"what": "times that it would have been told", "n": found.decided},
    ]
    title = f"{name}, a look every {spelled(apart)} from {found.since} until {found.until}"
    table(title, rows, "")
    watch = config.watches[found.watch]
    unit = unit_of(watch.metric, watch.column)
    turns = [_turn(turn, watch.column, unit) for turn in found.turns]
    table("What came of it", turns, "Nothing would have come of it.")


def _turn(turn: Turn, column: str, unit: str) -> dict[str, str]:
    figure = ""
    if turn.figure is not None:
        figure = told_figure(column, unit, turn.figure, turn.low, turn.high, turn.n)
    what = {"opened": "crossed", "closed": "came back"}.get(turn.did, "")
    return {
        "at": turn.at,
        "figure": figure,
        "line": what,
        "verdict": turn.verdict,
        "why": turn.reason,
    }


def _span(since: str, until: str, log_ends: Instant) -> tuple[Instant, Instant]:
    """From when until when; refused where nothing can lie in between."""
    begins = _time("--since", since) if since else 0
    ends = _time("--until", until) if until else log_ends
    if begins >= ends:
        what = "--until is" if until else "the log ends at"
        raise UsageError(
            f"Nothing lies between: --since is {rfc3339(begins)}, {what} {rfc3339(ends)}: give an "
            "earlier --since."
        )
    return begins, ends


def _time(option: str, told: str) -> Instant:
    try:
        return parse_rfc3339(told)
    except ValueError:
        raise UsageError(
            f"{told!r} does not fit {option}: give a time with its zone, such as "
            "2026-01-31T00:00:00Z."
        ) from None


# What of a preview is told first, in the order of what happens to a run.
TOLD = {
    "customers": "customers known",
    "began": "for whom it would have begun",
    "ended": "ended by an exit before it went out",
    "decided": "times it would have gone out",
    "reached": "customers reached",
    "busiest": "customers reached on the busiest day",
    "audience": "in a day that go out without approval",
}
ROWS_MAX = 31  # of the table of days: beyond, it is of weeks, then of months
BAR = 40  # characters
SPANS: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}


def _show(found: Preview) -> None:
    since = "the beginning" if found.since == rfc3339(0) else found.since
    counts = {name: getattr(found, key) for key, name in TOLD.items()}
    rows = [{"what": name, "n": n} for name, n in counts.items() if n is not None]
    table(f"{found.trigger}, from {since} until {found.until}", rows, "")
    back = [{"guardrail": k, "held back": v} for k, v in found.held_back.items()]
    table("Held back by", back, "Nothing was held back.")
    held = [{"guardrail": k, "held": v} for k, v in found.held.items()]
    if held:
        table("Held for a while by", held, "")
    span, counts = _by_span(found.days)
    most = max(counts.values(), default=1)
    days = [{span: at, "n": n, "": "█" * ceil(BAR * n / most)} for at, n in counts.items()]
    table(f"Gone out, by {span}", days, "Nobody would have been reached.")
    recipients = [msgspec.structs.asdict(each) for each in found.recipients]
    if recipients:
        table("Some of them", recipients, "")
    if found.audience is not None and found.busiest > found.audience:
        out.print(
            f"On its busiest day it would have reached {found.busiest:,} customers: more than "
            f"{found.audience:,} wait for approval."
        )


def _by_span(days: Mapping[str, int]) -> tuple[str, dict[str, int]]:
    """How often it went out, by the shortest span of which a screen shows all."""
    spans = {span: _by_start(days, start) for span, start in SPANS.items()}
    span = next((name for name, counts in spans.items() if len(counts) <= ROWS_MAX), "month")
    return span, spans[span]


def _by_start(days: Mapping[str, int], start: Callable[[date], date]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for day, n in days.items():
        counts[start(date.fromisoformat(day)).isoformat()] += n
    return dict(sorted(counts.items()))


@cli.command("why-not")
@click.argument("customer")
@click.argument("name", metavar="TRIGGER")
@WORKSPACE
@JSON
@CONTEXT
def why_not(
    context: Context, customer: str, name: str, workspace: Path | None, as_json: bool
) -> None:
    """Why CUSTOMER (an id or an identity) got nothing of TRIGGER, or that they did.

    What is recorded of it, and what stood in the way where history is folded as if it had been
    live: an event that did not fit, a condition, an exit, a guardrail.
    """
    from journey.config.file import load
    from journey.previewing import why_not as asked

    rules = load(context.folder(workspace)).rules
    with opened(context, workspace) as w:
        found = asked(w, rules, customer, name)
    if as_json:
        print_json(found)
        return
    recorded = [msgspec.structs.asdict(each) for each in found.decided]
    table("Recorded", recorded, "Nothing is recorded of it.")
    table("As if live", [msgspec.structs.asdict(each) for each in found.considered], "Nothing.")
    out.print(found.answer, markup=False, soft_wrap=True)
