"""Commands about outreach: what would be sent, what waits for approval, and stopping triggers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from journey.cli.app import CONTEXT, JSON, POSITIVE, WORKSPACE, Context, cli
from journey.cli.asking import given, opened
from journey.cli.show import SHORT_ID, out, print_json, table
from schemas.errors import UsageError

if TYPE_CHECKING:
    from journey.outreach.box import Item
    from journey.outreach.pausing import Paused

ASKED = ("trigger", "customer", "status", "limit")
LIMIT = 50
ERASED = "(erased)"


@cli.command()
@click.argument("parameters", nargs=-1)
@WORKSPACE
@JSON
@CONTEXT
def outbox(
    context: Context, parameters: tuple[str, ...], workspace: Path | None, as_json: bool
) -> None:
    """What would be sent, as it would be read, the newest first; nothing is sent.

    For example: journey outbox trigger=offer customer=ann@example.com status=ready limit=10. A
    status is ready, waiting_for_approval, expired or dry_run; 50 are shown unless a limit is given.
    Alerts and actions are in it too.
    """
    from journey.outreach.box import outbox as read

    asked = given(parameters)
    for name in asked:
        if name not in ASKED:
            raise UsageError(
                f"The outbox has no parameter {name!r}: use one of {', '.join(ASKED)}."
            )
    limit = asked.pop("limit", str(LIMIT))
    if not limit.isdecimal() or not int(limit):
        raise UsageError(f"{limit!r} is no limit: give a whole number from 1.")
    with opened(context, workspace) as w:
        items = read(w, **asked, most=int(limit))
    if as_json:
        print_json({"items": items})
        return
    table("Outbox", [_item(item) for item in items], "Nothing is to be sent.")
    if items:
        out.print("Why: journey explain DECISION_ID")


@cli.group(invoke_without_command=True)
@WORKSPACE
@JSON
@CONTEXT
@click.pass_context
def approvals(
    click_context: click.Context, context: Context, workspace: Path | None, as_json: bool
) -> None:
    """What waits for approval, by trigger: how many, until when, and 20 of whom it would reach."""
    from journey.outreach.approving import waiting

    if click_context.invoked_subcommand:
        return
    with opened(context, workspace) as w:
        found = waiting(w)
    if as_json:
        print_json({"approvals": found})
        return
    rows = [
        msgspec.structs.asdict(each) | {"recipients": [who[:SHORT_ID] for who in each.recipients]}
        for each in found
    ]
    table("Waiting for approval", rows, "Nothing waits for approval.")
    if found:
        out.print("Let them out: journey approvals approve TRIGGER --by NAME")


@approvals.command("approve")
@click.argument("trigger")
@click.option("--number", type=POSITIVE, default=None, help="So many, the first ones; else all.")
@click.option("--by", required=True, help="Who approves; it is recorded.")
@WORKSPACE
@JSON
@CONTEXT
def approve_(
    context: Context,
    trigger: str,
    number: int | None,
    by: str,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Let messages of TRIGGER out that wait now. It is recorded, and cannot be taken back."""
    from journey.outreach.approving import approve

    with opened(context, workspace) as w:
        done = approve(w, trigger, by, number or 0)
    if as_json:
        print_json(done)
        return
    _say(f"{done.approved:,} of {trigger} go out, approved by {done.by}; {done.waiting:,} wait.")


@cli.group()
def trigger() -> None:
    """The triggers in force: list them, pause and resume them."""


@trigger.command("list")
@WORKSPACE
@JSON
@CONTEXT
def list_(context: Context, workspace: Path | None, as_json: bool) -> None:
    """The triggers in force, whether they run, and whether journey.toml says the same."""
    from journey.outreach.pausing import triggers

    with opened(context, workspace) as w:
        found = triggers(w)
    if as_json:
        print_json({"triggers": found})
        return
    rows = [msgspec.structs.asdict(each) for each in found]
    table("Triggers", rows, "No trigger is in force: write [triggers.NAME] into journey.toml.")


NAMES = click.argument("names", nargs=-1)
EVERY = click.option("--all", "is_every", is_flag=True, help="All triggers.")


@trigger.command()
@NAMES
@EVERY
@WORKSPACE
@JSON
@CONTEXT
def pause(
    context: Context,
    names: tuple[str, ...],
    is_every: bool,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Stop the triggers NAMES at once: nothing of them is decided until they are resumed.

    What was on its way ends when it falls due. Nothing is made again; journey.toml stays as it is.
    """
    _set(context, names, is_every, workspace, as_json, paused=True)


@trigger.command()
@NAMES
@EVERY
@WORKSPACE
@JSON
@CONTEXT
def resume(
    context: Context,
    names: tuple[str, ...],
    is_every: bool,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Let the triggers NAMES run again. What happened meanwhile starts nothing."""
    _set(context, names, is_every, workspace, as_json, paused=False)


def _set(
    context: Context,
    names: tuple[str, ...],
    is_every: bool,
    workspace: Path | None,
    as_json: bool,
    *,
    paused: bool,
) -> None:
    from journey.outreach.pausing import pause as set_paused

    if bool(names) == is_every:
        raise UsageError("Which triggers? Give their names, or --all.")
    with opened(context, workspace) as w:
        done = set_paused(w, names, paused=paused)
    if as_json:
        print_json(done)
    else:
        _say(_told(done))


def _told(done: Paused) -> str:
    if not done.changed:
        is_so = "paused" if done.paused else "running"
        return f"Nothing changed: they are {is_so} already."
    what = "Paused" if done.paused else "Resumed"
    return f"{what}: {', '.join(done.changed)}. Configuration {done.number} is in force."


def _item(item: Item) -> dict[str, Any]:
    said = ERASED if item.is_erased else item.text
    if item.missing:
        said = f"(missing: {', '.join(item.missing)})"
    return {
        "decision_id": item.decision_id,
        "status": item.status.replace("_", " "),
        "decided_at": item.decided_at,
        "trigger": item.trigger,
        "action": item.action,
        "customer_id": item.customer_id,
        "channel": item.channel,
        "subject": item.subject,
        "text": said,
    }


def _say(sentence: str) -> None:
    out.print(sentence, markup=False, highlight=False, soft_wrap=True)
