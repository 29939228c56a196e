"""Commands about event types and their contracts."""

from __future__ import annotations

from pathlib import Path

import click

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.config import show_declared
from journey.cli.exits import DIFFERENCES, OK
from journey.cli.show import out, print_json, table
from journey.config.file import load
from schemas import contracts
from schemas.errors import NotFound
from schemas.evolution import check_types


@cli.group()
def schema() -> None:
    """Event types and their contracts."""


@schema.command("list")
@WORKSPACE
@JSON
@CONTEXT
def list_(context: Context, workspace: Path | None, as_json: bool) -> None:
    """List every released contract, and the types that the workspace declares, if there is one."""
    declared = load(context.folder(workspace)).events.types
    rows = [
        {"type": name, "about": contracts.contract(name).get("doc", "")}
        for name in contracts.released()
    ]
    if as_json:
        print_json({"contracts": rows, "declared": declared})
    else:
        table("Contracts", rows, "")
        if declared:
            show_declared(declared)


@schema.command()
@click.argument("type_", metavar="TYPE")
@CONTEXT
def show(context: Context, type_: str) -> None:
    """Print the Avro contract of TYPE as JSON, such as message-received.v2."""
    if type_ not in contracts.released():
        raise NotFound(f"There is no contract {type_!r}: 'journey schema list' has all.")
    print_json(contracts.contract(type_))


@schema.command()
@JSON
@CONTEXT
def check(context: Context, as_json: bool) -> int:
    """Hold the event types of this version against every released contract.

    Exit code 1 if an event of an older or a newer version could not be read.
    """
    found = check_types()
    if as_json:
        print_json(found._asdict())
    else:
        out.print(f"{found.types} types against {found.contracts} released contracts.")
        table("They cannot read each other", found.breaks, "Every version reads every other.")
    return DIFFERENCES if found.breaks else OK
