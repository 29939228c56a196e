"""Commands about mappings: check one, begin one."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from journey.cli.app import CONTEXT, JSON, POSITIVE, WORKSPACE, Context, cli
from journey.cli.show import out, print_json
from journey.ingest.mapped.forms import CSV, FORMS
from journey.ingest.source import open_source


def need_mapping(
    context: click.Context, parameter: click.Parameter, value: Path | None
) -> Path | None:
    """A mapping for the forms that need one, and for no others."""
    form = context.params.get("form")
    if form in FORMS and value is None:
        raise click.UsageError(f"'import {form}' needs --mapping MAPPING.toml")
    if form is not None and form not in FORMS and value is not None:
        raise click.UsageError(f"'import {form}' takes no --mapping")
    return value


MAPPING = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    default=None,
    callback=need_mapping,
    help=f"What the columns mean, as TOML; needed for {', '.join(FORMS)}.",
)


@cli.group()
def mapping() -> None:
    """What the columns of a table mean: check a mapping, begin one."""


@mapping.command()
@click.argument("mapping", type=click.Path(path_type=Path))
@click.argument("file", required=False)
@click.option(
    "--form", type=click.Choice(FORMS), default=CSV, show_default=True, help="What FILE is."
)
@click.option("--rows", type=POSITIVE, default=5, show_default=True, help="How many to show.")
@WORKSPACE
@JSON
@CONTEXT
def check(
    context: Context,
    mapping: Path,
    file: str | None,
    form: str,
    rows: int,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Say whether MAPPING is right, and show how the first rows of FILE are read by it.

    Nothing is imported, and no workspace is needed; but if there is one, the types that it declares
    are known. What is shown is data of people: mind who looks on.
    """
    from journey.config.file import load
    from journey.trying import check as try_it

    config = load(context.folder(workspace))
    checked = try_it(mapping, form, file, rows, config)
    if as_json:
        print_json(checked)
        return
    for row in checked.rows:
        told = msgspec.json.encode(row.read).decode() if row.read else "–"  # noqa: RUF001
        out.print(f"line {row.line}: {told}", markup=False, highlight=False, soft_wrap=True)
        if row.code:
            why = f"  refused, {row.code}: {row.reason}"
            out.print(why, style="red", markup=False, highlight=False, soft_wrap=True)
    refused = sum(bool(row.code) for row in checked.rows)
    out.print(f"{mapping} is right.", markup=False, highlight=False)
    if file is not None:
        out.print(f"{len(checked.rows)} rows tried, {refused} refused.", highlight=False)


@mapping.command()
@click.argument("file")
def guess(file: str) -> None:
    """Print a mapping to start from, guessed from the first rows of FILE (CSV; - for standard
    input).
    """
    from journey.ingest.mapped.guess import guess as guess_it

    with open_source(file) as source:
        click.echo(guess_it(source), nl=False)
