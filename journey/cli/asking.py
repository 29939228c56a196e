"""Commands that answer a question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from journey import answers
from journey.bootstrap import Workspace
from journey.cli.app import CONTEXT, JSON, POSITIVE, WORKSPACE, Context, cli
from journey.cli.show import SHORT_ID, err, out, print_json, table
from journey.clickhouse import queries
from journey.config.file import load
from journey.config.questions import MARK, saved
from projections.configuration import configuration
from schemas.errors import UsageError
from schemas.times import rfc3339

if TYPE_CHECKING:
    from journey.tail import Arrival

OUTDATED = (
    "States and tables were made by an older version or under other rules, and stay as they are "
    "until you make them again: journey rebuild."
)
OUTDATED_OF_WORKERS = (
    "Workers made these tables under another configuration or other rules: start workers on an "
    "empty database, and name that one in JOURNEY_CLICKHOUSE once it is filled."
)
FILE = {
    "same": "as in force",
    "differs": "differs: see 'journey config diff'",
    "wrong": "is wrong: see 'journey config check'",
}
GIST_CHARS = 100  # of an event on a line of its own


@contextmanager
def opened(context: Context, folder: Path | None) -> Iterator[Workspace]:
    """The workspace that is meant, open."""
    with Workspace(context.folder(folder), context.settings) as workspace:
        if is_told := workspace.is_outdated:
            err.print(OUTDATED, style="yellow")
        yield workspace
        if not is_told and workspace.folder.has_workers and workspace.is_outdated:
            err.print(OUTDATED_OF_WORKERS, style="yellow")


@cli.command()
@WORKSPACE
@JSON
@CONTEXT
def status(context: Context, workspace: Path | None, as_json: bool) -> None:
    """How the workspace stands: events, customers, projections and how far they are."""
    with opened(context, workspace) as w:
        answer = answers.status(w)
    if as_json:
        print_json(answer)
        return
    told = msgspec.structs.asdict(answer)
    projections, lags = told.pop("projections"), told.pop("lags")
    if not answer.lag_note:
        del told["lag_note"]
    told["journey_toml"] = FILE[answer.journey_toml]
    table("Workspace", [{"what": k, "value": v} for k, v in told.items()], "")
    table("Projections", [msgspec.structs.asdict(p) for p in projections], "")
    if lags:
        table("Behind on Kafka, in records", [msgspec.structs.asdict(each) for each in lags], "")


@cli.command()
@click.argument("identity")
@WORKSPACE
@JSON
@CONTEXT
def find(context: Context, identity: str, workspace: Path | None, as_json: bool) -> None:
    """From a handle, e-mail address, order number or other identity to the customer's id."""
    with opened(context, workspace) as w:
        found = answers.find(w, identity)
    if as_json:
        print_json({"customers": found})
    else:
        table("Customers", [{"customer_id": c} for c in found], "Nobody is known by that.")


@cli.command()
@click.argument("customer")
@click.option(
    "--limit", type=POSITIVE, default=1000, show_default=True, help="At most so many, the latest."
)
@WORKSPACE
@JSON
@CONTEXT
def timeline(
    context: Context, customer: str, limit: int, workspace: Path | None, as_json: bool
) -> None:
    """What happened to CUSTOMER (an id, or a handle or e-mail address), by when it happened."""
    with opened(context, workspace) as w:
        moments = answers.timeline(w, customer, limit)
    if as_json:
        print_json({"moments": moments})
        return
    rows = [
        {
            "at": m.at,
            "type": m.type,
            "channel": m.channel,
            "who": m.fact.get("actor") or m.fact.get("actor_kind", ""),
            "what": "(erased)" if m.is_erased else answers.gist(m.fact),
        }
        for m in moments
    ]
    table("Timeline", rows, "Nothing is known of this customer.")


@cli.command()
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option(
    "--latest", type=POSITIVE, default=10, show_default=True, help="At most so many to begin with."
)
@WORKSPACE
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON lines with stable keys.")
@CONTEXT
def tail(
    context: Context, follow: bool, latest: int, workspace: Path | None, as_json: bool
) -> None:
    """The latest events of the log, one line each, as they were recorded.

    It also answers beside a process that owns the workspace.
    """
    from journey.tail import tail as read

    encode = msgspec.json.Encoder().encode
    events = read(context.folder(workspace), context.settings, latest=latest, follow=follow)
    with suppress(KeyboardInterrupt):  # how following ends
        for event in events:
            click.echo(encode(event) if as_json else _line(event))


def _line(event: Arrival) -> str:
    told = "(erased)" if event.is_erased else " ".join(answers.gist(event.fact).split())
    if len(told) > GIST_CHARS:
        told = told[: GIST_CHARS - 1] + "…"
    whose = event.customer_id[:SHORT_ID]
    return f"{event.at:27} {whose:12} {event.type:23} {event.channel:10} {told}".rstrip()


@cli.command()
@click.argument("name", required=False)
@click.argument("parameters", nargs=-1)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Draw the answer into this file too: .html, .png or .svg.",
)
@WORKSPACE
@JSON
@CONTEXT
def query(
    context: Context,
    name: str | None,
    parameters: tuple[str, ...],
    plot: Path | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Ask a named question.

    For example: journey query first-response by=brand since=2024-01-01T00:00:00Z. Without a name:
    which questions there are, and their parameters. @NAME asks what [questions.NAME] in
    journey.toml says; parameters that are given go before those that are saved.
    """
    if name is None:
        if plot is not None:
            raise UsageError("There is nothing to draw: name a query before --plot.")
        _list_queries(as_json)
        return
    asked, title = given(parameters), ""
    if name.startswith(MARK):
        question = saved(load(context.folder(workspace)).questions, name.removeprefix(MARK))
        asked, title = question.parameters | asked, question.title
        name = question.query
    if plot is not None:
        from journey.pictures.files import drawable

        drawable(name, plot)  # refused before anything is asked
    with opened(context, workspace) as w:
        answer = answers.query_table(w, name, asked)
        rules = configuration(w.rules.document)
    rows = answer.to_pylist()
    if as_json:
        print_json({"rows": rows})
    else:
        units = {column.name: column.unit for column in queries.named(name).columns}
        table(title or name, rows, "No rows.", units)
    if plot is not None:
        from journey.report.drawing import draw

        draw(plot, name, asked, answer, rules, title)
        if not as_json:
            out.print(f"Drew it into {plot}.", markup=False, soft_wrap=True)


def given(parameters: tuple[str, ...]) -> dict[str, Any]:
    """Parameters as people write them, ``name=value``.

    Raises:
        UsageError: one is not, or is given twice.
    """
    found: dict[str, Any] = {}
    for text in parameters:
        name, is_one, value = text.partition("=")
        if not is_one:
            raise UsageError(f"{text!r} is no parameter: write it as name=value.")
        if name in found:
            raise UsageError(f"The parameter {name!r} is given twice: give it once.")
        found[name] = value
    return found


def _list_queries(as_json: bool) -> None:
    known = [queries.named(name) for name in queries.names()]
    rows = [
        {
            "name": q.name,
            "about": q.about,
            "parameters": [p.name for p in q.parameters],
            "columns": [c.name for c in q.columns],
        }
        for q in known
    ]
    if as_json:
        print_json({"queries": rows})
    else:
        table(
            "Named queries", [{k: r[k] for k in ("name", "about", "parameters")} for r in rows], ""
        )


@cli.command()
@click.argument("parameters", nargs=-1)
@WORKSPACE
@JSON
@CONTEXT
def decisions(
    context: Context, parameters: tuple[str, ...], workspace: Path | None, as_json: bool
) -> None:
    """What the triggers decided, the latest first.

    For example: journey decisions trigger=unanswered verdict=suppressed customer=ann@example.com
    since=2026-01-01T00:00:00Z limit=10. The parameters are those of the named query decision-list;
    a customer is named as for journey timeline. 50 decisions unless a limit is given.
    """
    asked = given(parameters)
    with opened(context, workspace) as w:
        if who := asked.get("customer"):
            asked["customer"] = answers.customer_of(w, who).hex()
        rows = answers.query(w, "decision-list", asked)
    if as_json:
        print_json({"decisions": rows})
        return
    table("Decisions", rows, "Nothing was decided.")
    if rows:
        out.print("Why: journey explain DECISION_ID")


@cli.command()
@click.option(
    "--limit", type=POSITIVE, default=50, show_default=True, help="At most so many, the latest."
)
@WORKSPACE
@JSON
@CONTEXT
def corrections(context: Context, limit: int, workspace: Path | None, as_json: bool) -> None:
    """Published rows that a late event or a merge changed, the latest first."""
    with opened(context, workspace) as w:
        found = answers.corrections(w, limit)
    if as_json:
        told = [
            msgspec.structs.asdict(c) | {"corrected_at": rfc3339(c.corrected_at)} for c in found
        ]
        print_json({"corrections": told})
        return
    rows = [
        {
            "table": c.table,
            "customer_id": c.customer_id,
            "why": c.why,
            "cause": c.cause,
            "changed": "; ".join(f"{f}: {was} → {now}" for f, (was, now) in c.fields.items()),
        }
        for c in found
    ]
    table("Corrections", rows, "Nothing had to be corrected.")
