"""Commands that make something: a workspace, history in it, a sample to look at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from journey.cli.app import CONTEXT, JSON, POSITIVE, WORKSPACE, Context, cli
from journey.cli.mapping import MAPPING
from journey.cli.show import out, print_json, progress, table
from journey.ingest.importers import IMPORTERS
from journey.ingest.mapped.forms import FORMS, SQL
from schemas.errors import UsageError

CUSTOMERS = click.option(
    "--customers", type=POSITIVE, default=2_000, show_default=True, help="How many people."
)
DAYS = click.option("--days", type=POSITIVE, default=90, show_default=True, help="How many days.")
SEED = click.option("--seed", default=7, show_default=True, help="The same seed, the same sample.")


@cli.command()
@click.option(
    "--workers",
    is_flag=True,
    help="Workers on Kafka fold its log ('journey relay' and 'journey worker'), not imports.",
)
@WORKSPACE
@JSON
@CONTEXT
def init(context: Context, workers: bool, workspace: Path | None, as_json: bool) -> None:
    """Make a workspace folder."""
    from journey.workspace import make

    folder = context.folder(workspace)
    made = make(folder, with_key=context.settings.master_key is None, workers=workers)
    if as_json:
        print_json({"workspace": str(folder), "made": made})
    elif made:
        out.print(
            f"Made {folder}. Next: journey import jsonl FILE --workspace {folder}", markup=False
        )
    else:
        out.print(f"{folder} is a workspace already; nothing was changed.", markup=False)


@cli.command("import")
@click.argument("form", type=click.Choice(sorted([*IMPORTERS, *FORMS])), is_eager=True)
@click.argument("file")
@click.option(
    "--live",
    is_flag=True,
    help="Feed an empty workspace at the times in the file, as if it happened now.",
)
@click.option(
    "--exactly",
    is_flag=True,
    help="With --live: time stops wherever anything is due, so that what a stage or a pain starts "
    "comes to the second. For small files: an event takes several commits.",
)
@MAPPING
@click.option(
    "--customer-type",
    default="",
    help="Of ocel: the type of the objects that are customers (else customer).",
)
@click.option(
    "--source",
    default="",
    help="Of ocel and zendesk: what to call the feed (else ocel, zendesk). Two systems need two "
    "names, and keep them for ever.",
)
@WORKSPACE
@JSON
@CONTEXT
def import_(
    context: Context,
    form: str,
    file: str,
    live: bool,
    exactly: bool,
    mapping: Path | None,
    customer_type: str,
    source: str,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Import FILE (or - for standard input), plain or gzip; of zendesk a folder. Safe to repeat.

    What cannot be accepted goes to quarantine with its reason; see 'journey quarantine'.
    """
    from journey.bootstrap import Workspace
    from journey.importing import import_file, import_live

    if exactly and not live:
        raise UsageError("--exactly is about --live: history is imported exactly as it is.")
    folder = context.folder(workspace)
    called = "the database" if form == SQL else file  # its URL may have a password in it
    options = {"customer": customer_type, "called": source}
    with progress(f"Importing {called}") as shown:
        if live:
            counts = import_live(
                folder, context.settings, form, file, shown, mapping, options, exactly=exactly
            )
        else:
            with Workspace(folder, context.settings) as opened:
                counts = import_file(opened, form, file, shown, mapping, options)
    if as_json:
        print_json(counts)
        return
    told = msgspec.structs.asdict(counts)
    reasons, described = told.pop("reasons"), told.pop("described")
    if skipped := told.pop("skipped"):
        out.print(
            f"Passed over {skipped:,} records: an import that was cut short had them in already."
        )
    table(f"Imported {called}", [told], "")
    if described:
        rows = [{"rows": what, "n": n} for what, n in sorted(described.items())]
        table("Told with others", rows, "")
    if reasons:
        rows = [{"reason": code, "records": n} for code, n in sorted(reasons.items())]
        table("In quarantine", rows, "")
        out.print("See them with 'journey quarantine list'.")


@cli.command()
@click.argument("file")
@CUSTOMERS
@DAYS
@SEED
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2025-01-01",
    show_default=True,
    help="The first day.",
)
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    default=None,
    help="Where to tell what was planted, as JSON lines (else beside FILE).",
)
@click.option(
    "--pains",
    type=POSITIVE,
    default=None,
    help="Instead of people's lives: so many cases of each kind of pain point, and so many near "
    "misses.",
)
@click.option(
    "--outreach",
    type=POSITIVE,
    default=None,
    help="Instead of people's lives: so many people whom each trigger that ships must reach, and "
    "as many whom it must not.",
)
@JSON
def generate(
    file: str,
    customers: int,
    days: int,
    seed: int,
    start: datetime,
    ledger: Path | None,
    pains: int | None,
    outreach: int | None,
    as_json: bool,
) -> None:
    """Write lifelike made-up touchpoints to FILE (JSON lines; gzip if it ends in .gz; - for
    standard output), for 'journey import jsonl'.

    The ledger beside it names every line in which something was planted: what waits in vain, came
    late, failed or merged. The same options give the same bytes. With --pains the settings that the
    sample needs are written beside it too.
    """
    if pains is not None and outreach is not None:
        raise UsageError("--pains and --outreach are two samples: ask for one of them.")
    if pains is not None:
        _generate_pains(file, pains, seed, as_json)
        return
    if outreach is not None:
        _generate_outreach(file, outreach, seed, as_json)
        return
    from journey.sample.files import STDOUT, generate_files

    if as_json and file == STDOUT:
        raise UsageError(
            "Standard output cannot hold sample and answer: name a file, or no --json."
        )
    with progress(f"Writing {file}") as shown:
        generated = generate_files(
            file,
            ledger,
            customers=customers,
            days=days,
            seed=seed,
            start=start.replace(tzinfo=UTC),
            after_each=shown,
        )
    if file == STDOUT:
        return
    _planted(
        generated,
        [{"planted": what, "times": n} for what, n in generated.planted.items()],
        f"Wrote {generated.events:,} touchpoints of {generated.customers:,} customers to "
        f"{file}, and where what was planted to {generated.ledger}.\n"
        f"Next: journey import jsonl {file}",
        as_json,
    )


def _generate_pains(file: str, each: int, seed: int, as_json: bool) -> None:
    from journey.sample.planted.files import plant

    planted = plant(file, each, seed)
    _planted(
        planted,
        [
            {"pain": kind, "cases": n, "near misses": planted.near_misses[kind]}
            for kind, n in planted.cases.items()
        ],
        f"Wrote {planted.events:,} touchpoints to {file}, {planted.late:,} of them late, and what "
        f"was planted to {planted.ledger}.\n"
        f"Next: journey import jsonl {file}, in a workspace with {planted.settings} as its "
        "journey.toml",
        as_json,
    )


def _generate_outreach(file: str, each: int, seed: int, as_json: bool) -> None:
    from journey.sample.reach.files import plant_outreach

    planted = plant_outreach(file, each, seed)
    _planted(
        planted,
        [
            {"trigger": trigger, "reached": n, "not reached": planted.not_reached[trigger]}
            for trigger, n in planted.reached.items()
        ],
        f"Wrote {planted.events:,} touchpoints to {file}, and who must be reached to "
        f"{planted.ledger}.\n"
        f"Next: journey import jsonl {file} --live --exactly, in a workspace with the triggers "
        f"that ship as its journey.toml, all of them reviewed_on = {planted.reviewed_on}",
        as_json,
    )


def _planted(made: msgspec.Struct, rows: list[dict[str, Any]], told: str, as_json: bool) -> None:
    """What was written: as it is, or as a table and in words."""
    if as_json:
        print_json(made)
        return
    table("Planted", rows, "Nothing was planted.")
    out.print(told, markup=False, highlight=False)


@cli.command()
@CUSTOMERS
@DAYS
@SEED
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    default=Path("journey-demo"),
    show_default=True,
    help="A folder of its own: the sample is never mixed with your data.",
)
@JSON
@CONTEXT
def demo(
    context: Context, customers: int, days: int, seed: int, workspace: Path, as_json: bool
) -> None:
    """Show everything on a generated sample: journeys, response times, decisions, and the proof."""
    from journey.cli.demo import run

    run(workspace, context.settings, customers=customers, days=days, seed=seed, as_json=as_json)
