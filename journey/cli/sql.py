"""The command ``journey sql``: a question in the user's own words."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.show import print_json, table


@cli.command()
@click.argument("statement")
@WORKSPACE
@JSON
@CONTEXT
def sql(context: Context, statement: str, workspace: Path | None, as_json: bool) -> None:
    """Ask the tables a SELECT of your own (or - to read it from standard input).

    Read only: it reaches the published tables and nothing else, neither files nor other machines.
    What tables and columns there are stands in docs/data-model.md.
    """
    text = sys.stdin.read() if statement == "-" else statement
    with opened(context, workspace) as w:
        w.catch_up_if_possible()  # nothing to do, unless the last command was stopped half-way
        answer = w.analytics.ask(text).to_pylist()
    if as_json:
        print_json({"rows": answer})
    else:
        table("Answer", answer, "No rows.")
