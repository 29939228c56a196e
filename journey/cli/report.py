"""The command that writes the report, and what writes pictures to files."""

from __future__ import annotations

from pathlib import Path

import click

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.show import out, print_json


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", default="", help="Only what happened then or later.")
@click.option("--until", default="", help="Only what happened before.")
@click.option("--persona", default="", help="Only who held this persona, where a question can.")
@click.option("--brand", default="", help="Only this brand, where a question can.")
@click.option(
    "--language",
    type=click.Choice(["en", "ja"]),
    default="en",
    show_default=True,
    help="Of the page's words.",
)
@WORKSPACE
@JSON
@CONTEXT
def report(
    context: Context,
    file: Path,
    since: str,
    until: str,
    persona: str,
    brand: str,
    language: str,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Write the report to FILE: one page of HTML, complete in itself, that fetches nothing.

    Times are written with their zone, such as 2026-01-31T00:00:00Z.
    """
    from journey.config.file import load
    from journey.report.building import report as built
    from journey.report.questions import Scope
    from journey.words import Words

    config = load(context.folder(workspace))
    with opened(context, workspace) as w:
        made = built(w, config, Scope(since, until, persona, brand), Words(language))
    written = file.write_bytes(made.page.encode())
    if as_json:
        told = {"file": str(file), "bytes": written}
        print_json(told | {"sections": made.sections, "pictures": made.pictures})
        return
    pictures = "1 picture" if made.pictures == 1 else f"{made.pictures} pictures"
    said = f"Wrote the report to {file}: {pictures}, {written:,} bytes."
    out.print(said, markup=False, highlight=False, soft_wrap=True)
