"""Commands about ``journey.toml``, what a workspace's people say of their own business."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.exits import exit_code
from journey.cli.show import err, out, print_json, progress, table
from journey.config.document import Wrong
from journey.config.events import EventType
from journey.config.file import NAME, load
from journey.config.keys import Change, changes
from schemas.errors import NotFound, UsageError

NUMBERS_MAX = 2
RESUMED = (
    "The trigger {0} was paused, and journey.toml lets it run: it runs again. To stop it, run "
    "'journey trigger pause {0}'; to keep it so, write paused = true into journey.toml."
)


@cli.group()
def config() -> None:
    """The workspace's journey.toml: check it, compare it, put it in force."""


@config.command()
@WORKSPACE
@JSON
@CONTEXT
def check(context: Context, workspace: Path | None, as_json: bool) -> None:
    """Say whether journey.toml is right; if not, all that is wrong, and what may stand there.

    Also says what is hardly meant, such as the name of an event that nobody declared, and whether
    what is in force is something else.
    """
    from journey.config.names import doubts_about_names
    from journey.config.published import differs, published_in

    folder = context.folder(workspace)
    try:
        found = load(folder)
    except Wrong as wrong:
        for _, sentence in wrong.complaints:
            err.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(exit_code(wrong))
    if not found.file:
        raise NotFound(f"There is no {folder / NAME}: write one, as docs/configuration.md shows.")
    versions = published_in(folder)
    number = versions[-1].number if versions else 0
    is_other = bool(versions) and differs(versions[-1].rules, found.rules)
    doubts = doubts_about_names(found)
    if as_json:
        told = {"file": found.file, "events": len(found.events.types)}
        print_json(told | {"in_force": number, "differs": is_other, "doubts": doubts})
        return
    for each in doubts:
        err.print(f"{each.key}: {each.doubt}.", style="yellow", markup=False, soft_wrap=True)
    _say(f"{found.file} is right: {len(found.events.types)} event types.")
    if is_other:
        _say(
            f"Configuration {number} is in force, which is another: see 'journey config diff', put "
            "the file in force with 'journey config publish'."
        )


@config.command()
@WORKSPACE
@JSON
@CONTEXT
def show(context: Context, workspace: Path | None, as_json: bool) -> None:
    """Show journey.toml key by key, with the defaults of what it leaves out, and what is in force.

    Without such a file all are defaults.
    """
    from journey.config.published import differs, published_in, shown

    folder = context.folder(workspace)
    found, versions = load(folder), published_in(folder)
    number = versions[-1].number if versions else 0
    rows = shown(found, versions)
    is_other = bool(versions) and differs(versions[-1].rules, found.rules)
    if as_json:
        told = {"file": found.file, "in_force": number, "differs": is_other}
        print_json(told | {"values": rows, "events": found.events.types})
        return
    lines = []
    for each in rows:
        same = {"key": each.key, "value": each.value, "source": each.source}
        is_mine = not versions or each.in_force == each.value
        lines.append(same | {"in force": "" if is_mine else each.in_force or "nothing"})
    table(f"{NAME}; configuration {number} is in force" if number else NAME, lines, "")
    show_declared(found.events.types)


@config.command()
@click.argument("numbers", nargs=-1, type=click.IntRange(min=1))
@WORKSPACE
@JSON
@CONTEXT
def diff(context: Context, numbers: tuple[int, ...], workspace: Path | None, as_json: bool) -> None:
    """Compare journey.toml with what is in force, key by key; with NUMBERS, published ones.

    With one number the file is compared with that one; with two, the first with the second.
    """
    from journey.config.published import named, published_in

    if len(numbers) > NUMBERS_MAX:
        raise UsageError("Two configurations are compared at most: give one number or two.")
    folder = context.folder(workspace)
    versions = published_in(folder)
    if not versions:
        raise NotFound("Nothing was published yet: the first import publishes journey.toml.")
    was = named(versions, numbers[0]) if numbers else versions[-1]
    if len(numbers) == NUMBERS_MAX:
        other = named(versions, numbers[1])
        now, called = other.rules, f"configuration {other.number}"
    else:
        now, called = load(folder).rules, NAME
    found = changes(was.rules, now)
    if as_json:
        print_json({"was": f"configuration {was.number}", "now": called, "changes": found})
        return
    title = f"From configuration {was.number} to {called}"
    _show_changes(title, found, f"Configuration {was.number} and {called} say the same.")


@config.command()
@click.option(
    "--no-rebuild",
    "is_later",
    is_flag=True,
    help="Leave states and tables as they are, for 'journey rebuild'; nothing can be imported "
    "until then.",
)
@WORKSPACE
@JSON
@CONTEXT
def publish(context: Context, is_later: bool, workspace: Path | None, as_json: bool) -> None:
    """Put journey.toml in force, and make states and tables again if they rest on what changed.

    A trigger that was paused runs again if the file does not say paused = true. Decisions that were
    made stay. Where workers fold, they stop if their states rest on what changed, and others begin
    on an empty database.
    """
    from journey.bootstrap import Workspace
    from journey.enforcing import enforce

    with (
        Workspace(context.folder(workspace), context.settings) as w,
        progress("Rebuilding", w.log.last_position()) as shown_,
    ):
        done = enforce(w, rebuilds=not is_later, after_each=shown_)
        has_workers, is_outdated = w.folder.has_workers, w.is_outdated
    if as_json:
        print_json(done)
        return
    if not done.number:
        _say("Nothing is recorded yet: the first import publishes what journey.toml says then.")
        return
    if not done.published:
        _say(f"Nothing changed: configuration {done.number} is in force and says the same.")
    else:
        _show_changes(f"Configuration {done.number} is in force", done.changes, "")
    if done.rebuilt is not None:
        _say(
            f"States and tables were made again under it: {done.rebuilt.events:,} events, "
            f"{done.rebuilt.customers:,} customers, generation {done.rebuilt.generation}."
        )
    elif is_outdated:
        _say("States and tables are still those of before: make them again (journey rebuild).")
    elif done.published and has_workers:
        _say(
            "The relay brings it to the workers. If more changed than what triggers do and say, "
            "they stop there: start others on an empty database (JOURNEY_CLICKHOUSE), and ask that "
            "one once it is filled."
        )
    elif done.published:
        _say("States and tables stay: nothing in them rests on what changed.")
    for name in done.resumed:
        err.print(RESUMED.format(name), style="yellow", markup=False, soft_wrap=True)


@config.command("log")
@WORKSPACE
@JSON
@CONTEXT
def log_(context: Context, workspace: Path | None, as_json: bool) -> None:
    """All published configurations: number, when, and what each changed."""
    from journey.config.published import history, published_in

    found = history(published_in(context.folder(workspace)))
    if as_json:
        print_json({"configurations": found})
        return
    rows = []
    for each in found:
        head = {"number": str(each.number), "published_at": each.published_at}
        for change in each.changes or [Change("", None, None)]:
            rows.append(head | _row(change))
            head = {"number": "", "published_at": ""}
    table("Published configurations", rows, "Nothing was published yet.")


@config.command()
def example() -> None:
    """Write a journey.toml with every key at its default, explained."""
    from journey.config.example import example as text

    sys.stdout.write(text())


def show_declared(types: tuple[EventType, ...]) -> None:
    """The declared types, a line for each property."""
    rows = []
    for type_ in types:
        head = {"type": type_.name, "about": type_.description}
        for name, told in type_.properties.items() or [("", None)]:
            rows.append(head | _told(name, msgspec.structs.asdict(told) if told else {}))
            head = {"type": "", "about": ""}
    table("Declared in journey.toml", rows, "No event type is declared in journey.toml.")


def _told(name: str, told: dict[str, object]) -> dict[str, object]:
    allowed = told.get("allowed")
    return {
        "property": name,
        "is": told.get("type", ""),
        "required": "yes" if told.get("required") else "",
        "stored": {True: "sealed", False: "in clear"}.get(bool(told["personal"])) if told else "",
        "allowed": ", ".join(map(str, allowed)) if isinstance(allowed, list) else "",
    }


def _show_changes(title: str, found: Sequence[Change], none: str) -> None:
    table(title, [_row(change) for change in found], none)


def _row(change: Change) -> dict[str, str]:
    return {"key": change.key, "was": change.was or "", "now": change.now or ""}


def _say(sentence: str) -> None:
    out.print(sentence, markup=False, highlight=False, soft_wrap=True)
