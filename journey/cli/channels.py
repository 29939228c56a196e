"""Commands about channels: how they compare, and what retiring one would do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from journey import answers
from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.show import cell, out, print_json, table

SINCE = click.option("--since", default=None, help="Only what began then or later.")
UNTIL = click.option("--until", default=None, help="Only what began before.")
COUNTED = {"response_rate": "turns", "fcr": "judged", "csat": "csat_n"}  # share -> of how many
FOLLOWED = (
    "Beside it customers who never used the channel: a pain that rose for them as much did not "
    "come of its end."
)


@cli.group(invoke_without_command=True)
@click.option(
    "--by",
    type=click.Choice(["none", "topic", "brand", "month"]),
    default="none",
    show_default=True,
    help="Splits each channel's row.",
)
@click.option("--channel", default="", help="Only this channel.")
@click.option("--brand", default="", help="Only this brand.")
@SINCE
@UNTIL
@WORKSPACE
@JSON
@CONTEXT
@click.pass_context
def channels(
    click_context: click.Context,
    context: Context,
    by: str,
    channel: str,
    brand: str,
    since: str | None,
    until: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Channels compared: what comes in, how it is answered, solved and liked, what it costs.

    The answer of the named question channels. Times are written with their zone, such as
    2026-01-31T00:00:00Z.
    """
    if click_context.invoked_subcommand:
        return
    with opened(context, workspace) as w:
        asked = {"by": by, "channel": channel, "brand": brand, **_span(since, until)}
        rows = answers.query(w, "channels", asked)
    if as_json:
        print_json({"rows": rows})
    else:
        table("Channels", [_compared(row, by) for row in rows], "No channel was used.")


@channels.command()
@click.argument("name")
@click.option("--what-if", is_flag=True, help="Ask about a channel that is not to end.")
@SINCE
@UNTIL
@WORKSPACE
@JSON
@CONTEXT
def retire(
    context: Context,
    name: str,
    what_if: bool,
    since: str | None,
    until: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """What retiring the channel NAME would do; and did, once its end is announced.

    Who would be hit (they began a contact on it in the span) and what they use instead; its phases,
    and the pain that followed. Nothing is changed: a channel ends by announced_at and retired_at
    in journey.toml.
    """
    from journey.retiring import retirement

    with opened(context, workspace) as w:
        found = retirement(w, name, is_what_if=what_if, span=_span(since, until))
    if as_json:
        print_json(found)
        return
    told = f"{found.channel}: {found.phase}" + (f", instead: {found.instead}" * bool(found.instead))
    out.print(f"{told}. Customers hit: {found.hit:,}.", markup=False)
    rows = [{k: v for k, v in row.items() if k != "hit"} for row in found.alternatives]
    table("What they use instead", rows, "Nobody used it in this span.")
    if found.phases:
        table("Phases", [msgspec.structs.asdict(one) for one in found.phases], "")
    if found.followed:
        table("The pain that followed", found.followed, "")
        out.print(FOLLOWED)


def _span(since: str | None, until: str | None) -> dict[str, str]:
    return {name: at for name, at in (("since", since), ("until", until)) if at}


def _compared(row: dict[str, Any], by: str) -> dict[str, Any]:
    """A channel's row for a person: shares with their interval and of how many, in one cell."""
    told: dict[str, Any] = {"channel": row["channel"]}
    if by != "none":
        told[by] = row[by]
    told |= {name: row[name] for name in ("contacts", "customers", "median_wait_s")}
    for name, n in COUNTED.items():
        told[name] = "" if row[name] is None else _share(row, name, row[n])
    return told | {name: row[name] for name in ("unit_cost", "cost", "cost_per_resolution")}


def _share(row: dict[str, Any], name: str, n: int) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{cell('share', row[name])} ({low:.0%} to {high:.0%}, n = {n:,})"
