"""Commands of the auditor and the operator: verify, rebuild, export, quarantine."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from journey import answers
from journey.cli.app import CONTEXT, JSON, POSITIVE, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.exits import DIFFERENCES
from journey.cli.show import out, print_json, progress, table
from projections.tables import BY_NAME
from schemas.times import rfc3339


@cli.command()
@WORKSPACE
@JSON
@CONTEXT
def verify(context: Context, workspace: Path | None, as_json: bool) -> None:
    """Fold the log afresh and hold it against every state, row, decision and hash."""
    from journey.audit.workspace import verify_workspace

    with opened(context, workspace) as w, progress("Verifying", w.log.last_position()) as shown:
        report = verify_workspace(w, shown)
    if as_json:
        print_json(msgspec.structs.asdict(report) | {"clean": report.is_clean})
    else:
        for finding in report.findings:
            out.print(str(finding), style="red", markup=False, highlight=False, soft_wrap=True)
        rows = ", ".join(f"{n:,} {name}" for name, n in sorted(report.rows.items()))
        verdict = "Everything agrees"
        if not report.is_clean:
            verdict = f"{len(report.findings) + report.unlisted} differences"
        out.print(
            f"{verdict}: {report.events:,} events of {report.customers:,} customers folded afresh, "
            f"and held against their hashes, states, decisions and rows ({rows}).",
            highlight=False,
        )
    if not report.is_clean:
        sys.exit(DIFFERENCES)


@cli.command()
@WORKSPACE
@JSON
@CONTEXT
def rebuild(context: Context, workspace: Path | None, as_json: bool) -> None:
    """Make states and tables again from the log, beside the old ones, then switch."""
    from journey.audit.rebuild import rebuild as build

    with opened(context, workspace) as w, progress("Rebuilding", w.log.last_position()) as shown:
        rebuilt = build(w, shown)
    if as_json:
        print_json(rebuilt)
    else:
        out.print(
            f"Rebuilt from {rebuilt.events:,} events: {rebuilt.customers:,} customers, "
            f"tables of generation {rebuilt.generation}.",
            highlight=False,
        )


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@WORKSPACE
@JSON
@CONTEXT
def export(context: Context, file: Path, workspace: Path | None, as_json: bool) -> None:
    """Write the log to FILE (Avro) with what proves it: python -m replay verify FILE."""
    from journey.audit.export import export as write

    with opened(context, workspace) as w, progress("Exporting", w.log.last_position()) as shown:
        w.catch_up()
        exported = write(w, file, shown)
    if as_json:
        print_json(exported)
    else:
        out.print(
            f"Wrote {exported.events:,} events to {exported.file} ({exported.bytes:,} bytes). "
            f"Prove it anywhere: python -m replay verify {exported.file}",
            markup=False,
            highlight=False,
        )


@cli.command("export-table")
@click.argument("name", type=click.Choice(list(BY_NAME)))
@click.argument("file", type=click.Path(path_type=Path))
@WORKSPACE
@JSON
@CONTEXT
def export_table(
    context: Context, name: str, file: Path, workspace: Path | None, as_json: bool
) -> None:
    """Write a table to FILE, which ends in .csv, .jsonl (both also .gz) or .parquet.

    For the log itself, with its proof, see 'journey export'.
    """
    from journey.exporting import export_table as write

    with opened(context, workspace) as w, progress(f"Exporting {name}") as shown:
        w.catch_up_if_possible()
        exported = write(w, name, file, shown)
    if as_json:
        print_json(exported)
    else:
        out.print(
            f"Wrote {exported.rows:,} rows of {name} to {exported.file} "
            f"({exported.bytes:,} bytes).",
            markup=False,
            highlight=False,
        )


@cli.group()
def quarantine() -> None:
    """What could not be accepted: list it, look at it, try it again."""


@quarantine.command("list")
@click.option("--limit", type=POSITIVE, default=50, show_default=True, help="At most so many.")
@WORKSPACE
@JSON
@CONTEXT
def list_(context: Context, limit: int, workspace: Path | None, as_json: bool) -> None:
    """What waits in quarantine, with its reasons."""
    with opened(context, workspace) as w:
        entries = answers.quarantine(w, limit)
    rows = [
        msgspec.structs.asdict(e) | {"first_at": rfc3339(e.first_at), "last_at": rfc3339(e.last_at)}
        for e in entries
    ]
    if as_json:
        print_json({"entries": rows})
    else:
        kept = ("id", "importer", "file", "line", "code", "count", "length", "reason")
        table("Quarantine", [{k: row[k] for k in kept} for row in rows], "Quarantine is empty.")


@quarantine.command()
@click.argument("entry", type=int)
@WORKSPACE
@CONTEXT
def show(context: Context, entry: int, workspace: Path | None) -> None:
    """Write the bytes of ENTRY to standard output, as they came."""
    with opened(context, workspace) as w:
        for piece in w.quarantine.pieces_of(entry):
            sys.stdout.buffer.write(piece)


@quarantine.command()
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    default=None,
    help="A mended mapping, for rows of tables that have its source (else that of their import).",
)
@WORKSPACE
@JSON
@CONTEXT
def redrive(context: Context, mapping: Path | None, workspace: Path | None, as_json: bool) -> None:
    """Try everything in quarantine again."""
    from journey.importing import redrive as again

    with opened(context, workspace) as w, progress("Trying again") as shown:
        counts = again(w, shown, mapping)
    if as_json:
        print_json(counts)
    else:
        told = msgspec.structs.asdict(counts)
        told.pop("reasons")
        told.pop("described")
        table("Tried again", [told], "")
