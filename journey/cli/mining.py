"""Commands that write the log in the forms of process mining."""

from __future__ import annotations

from pathlib import Path

import click

from journey.bootstrap import Workspace
from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.show import out, print_json, progress
from journey.mining.cases import Activity, By

CASE = click.option(
    "--case",
    "by",
    type=click.Choice([by.value for by in By]),
    default=By.CUSTOMER.value,
    show_default=True,
    help="What a case is.",
)
ACTIVITY = click.option(
    "--activity",
    type=click.Choice([activity.value for activity in Activity]),
    default=Activity.TYPE.value,
    show_default=True,
    help="Call events by their type, or by their name where they have one. A custom event always "
    "goes by its name.",
)


def _caught_up(workspace: Workspace) -> int:
    """How many touchpoints there are, now that all are folded."""
    workspace.engine.catch_up()
    return int(workspace.store.progress().get("touchpoints", 0))


@cli.command("export-xes")
@click.argument("file", type=click.Path(path_type=Path))
@CASE
@ACTIVITY
@WORKSPACE
@JSON
@CONTEXT
def export_xes(
    context: Context,
    file: Path,
    by: str,
    activity: str,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Write the touchpoints to FILE as XES (gzip if it ends in .gz), one trace a case.

    No personal data is in it. Read it with any tool of process mining.
    """
    from journey.mining.xes import export_xes as write

    with opened(context, workspace) as w:
        total = _caught_up(w)
        with progress(f"Exporting to {file}", total) as shown:
            exported = write(w, file, by=By(by), activity=Activity(activity), after_each=shown)
    if as_json:
        print_json(exported)
        return
    left = ""
    if exported.left_out:
        left = f" {exported.left_out:,} touchpoints belong to no conversation and are not in it."
    out.print(
        f"Wrote {exported.events:,} events of {exported.cases:,} cases to {exported.file} "
        f"({exported.bytes:,} bytes).{left}",
        markup=False,
        highlight=False,
    )


@cli.command("export-ocel")
@click.argument("file", type=click.Path(path_type=Path))
@ACTIVITY
@WORKSPACE
@JSON
@CONTEXT
def export_ocel(
    context: Context, file: Path, activity: str, workspace: Path | None, as_json: bool
) -> None:
    """Write the touchpoints to FILE as OCEL 2.0 in JSON (gzip if it ends in .gz).

    Its objects are customers, conversations, orders, agents and products. No personal data is in
    it.
    """
    from journey.mining.ocel import export_ocel as write

    with opened(context, workspace) as w:
        total = _caught_up(w)
        with progress(f"Exporting to {file}", total) as shown:
            exported = write(w, file, activity=Activity(activity), after_each=shown)
    if as_json:
        print_json(exported)
        return
    objects = ", ".join(f"{n:,} of type {name}" for name, n in exported.objects.items() if n)
    out.print(
        f"Wrote {exported.events:,} events to {exported.file} ({exported.bytes:,} bytes). "
        f"Objects: {objects or 'none'}.",
        markup=False,
        highlight=False,
    )
