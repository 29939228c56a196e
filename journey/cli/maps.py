"""Commands about stages: the journey map, and what other rules would make of history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.table import Table as RichTable
from rich.text import Text

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.show import cell, out, print_json, progress, table

if TYPE_CHECKING:
    from journey.journey_map import Column

SHOWN = 5  # channels, touchpoints and kinds of pains of one stage


@cli.command("map")
@click.option("--persona", default="", help="Only who held this persona, while they held it.")
@click.option("--brand", default="", help="Only this brand.")
@click.option("--channel", default="", help="Only this channel.")
@click.option("--since", default=None, help="Only what happened then or later.")
@click.option("--until", default=None, help="Only what happened before.")
@WORKSPACE
@JSON
@CONTEXT
def map_(
    context: Context,
    persona: str,
    brand: str,
    channel: str,
    since: str | None,
    until: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """The journey map: what customers do, want, feel and suffer, stage by stage.

    Held against the designed map in journey.toml, where there is one. Times are written with their
    zone, such as 2026-01-31T00:00:00Z.
    """
    from journey.config import file
    from journey.journey_map import journey_map

    folder = context.folder(workspace)
    maps = file.load(folder).maps
    span = {name: at for name, at in (("since", since), ("until", until)) if at}
    with opened(context, workspace) as w:
        where = {"brand": brand, "channel": channel}
        found = journey_map(w, maps, persona=persona, span=span, where=where)
    if as_json:
        print_json(found)
        return
    title = f"Journey map of {persona or 'everybody'}"
    drawn = RichTable(title=title, title_justify="left", header_style="bold")
    drawn.add_column("")
    for column in found.columns:
        drawn.add_column(column.stage, overflow="fold")
    for name, told in ROWS.items():
        cells = [told(column) for column in found.columns]
        if any(cells):
            drawn.add_row(name, *(Text(text or "–") for text in cells))  # noqa: RUF001
    out.print(drawn)


def _busiest(column: Column) -> str:
    return "\n".join(f"{c['channel'] or 'none'} {c['n']:,}" for c in column.channels[:SHOWN])


def _touchpoints(column: Column) -> str:
    found: dict[str, int] = {}
    for one in column.touchpoints:
        found[one["type"]] = found.get(one["type"], 0) + one["n"]
    ranked = sorted(found.items(), key=lambda one: -one[1])
    return "\n".join(f"{type_} {n:,}" for type_, n in ranked[:SHOWN])


def _emotion(column: Column) -> str:
    if column.emotion is None:
        return f"hidden (n = {column.emotion_n})" if column.emotion_n else ""
    return f"{column.emotion:+.2f} (n = {column.emotion_n:,})"


def _pains(column: Column) -> str:
    return "\n".join(
        f"{p['kind']} {p['n']:,} of {p['customers']:,}"
        + (f", cost {p['cost']:,.2f}" if p["cost"] else "")
        for p in column.pains[:SHOWN]
    )


ROWS: dict[str, Any] = {
    "goal": lambda column: column.goal,
    "customers": lambda column: f"{column.customers:,}",
    "median stay": lambda column: (
        "" if column.median_dwell_s is None else str(cell("median_s", column.median_dwell_s))
    ),
    "channels": _busiest,
    "touchpoints": _touchpoints,
    "emotion": _emotion,
    "pain points": _pains,
    "where to improve": lambda column: "\n".join(column.improve),
}


@cli.command()
@click.option("--persona", default="", help="Only who ever held this persona, by its own map.")
@click.option(
    "--of",
    type=click.Choice(["type", "stage"]),
    default="type",
    show_default=True,
    help="What a step is: the touchpoints of the designed stages, or the stages themselves.",
)
@click.option("--brand", default="", help="Only this brand.")
@click.option("--channel", default="", help="Only this channel.")
@click.option("--since", default=None, help="Only what happened then or later.")
@click.option("--until", default=None, help="Only what happened before.")
@WORKSPACE
@JSON
@CONTEXT
def conformance(
    context: Context,
    persona: str,
    of: str,
    brand: str,
    channel: str,
    since: str | None,
    until: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Whether journeys go as the map in journey.toml designs them, and where they leave it.

    For any other row of steps ask 'journey query conformance steps=…'.
    """
    from journey.config import file
    from journey.conforming import Of
    from journey.conforming import conformance as conform

    maps = file.load(context.folder(workspace)).maps
    given = {"brand": brand, "channel": channel, "since": since, "until": until}
    with opened(context, workspace) as w:
        found = conform(w, maps, persona=persona, of=Of(of), given=given)
    if as_json:
        print_json(found)
        return
    title = f"Designed journey of {persona or 'everybody'}: {' > '.join(found.steps)}"
    rows = [{"what": name.replace("_", " "), "value": value} for name, value in _told(found.answer)]
    table(title, rows, "")
    table("Where they leave it", found.leaves, "Nobody leaves it.")


def _told(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures of one row, each as its own column would show it."""
    return [(name, str(cell(name, value))) for name, value in answer.items()]


@cli.group()
def stages() -> None:
    """Rules of stages: try others on the same history."""


@stages.command()
@click.argument("other", type=click.Path(path_type=Path))
@WORKSPACE
@JSON
@CONTEXT
def compare(context: Context, other: Path, workspace: Path | None, as_json: bool) -> None:
    """What the section [stages] of OTHER (a file like journey.toml) would make of history.

    Nothing is published and nothing is changed.
    """
    from journey.comparing import compare_stage_rules
    from journey.config import file

    rules = file.read(other).rules
    with (
        opened(context, workspace) as w,
        progress("Customers", w.store.customers()) as done,
    ):
        found = compare_stage_rules(w, rules, done)
    if as_json:
        print_json(found)
        return
    table("Stages", [msgspec.structs.asdict(one) for one in found.figures], "")
    out.print(
        f"{found.differing:,} of {found.customers:,} customers go another way; "
        f"{found.differing_now:,} would be in another stage now."
    )
    rows = [
        {"customer_id": e.customer_id, "old": " → ".join(e.old), "new": " → ".join(e.new)}
        for e in found.examples
    ]
    if rows:
        table("The first of them", rows, "")
