"""Commands about outreach: what would be sent, why, what waits for approval, and the triggers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from journey import answers
from journey.cli.app import CONTEXT, JSON, POSITIVE, WORKSPACE, Context, cli
from journey.cli.asking import given, opened
from journey.cli.plans import told_figure, unit_of
from journey.cli.show import SHORT_ID, cell, duration, out, print_json, table
from journey.cli.triggers import trigger
from projections.configuration.triggers import MESSAGE
from schemas.errors import UsageError

if TYPE_CHECKING:
    from journey.outreach.box import Item
    from journey.outreach.explaining import Crossed, Explained
    from journey.outreach.pausing import Paused
    from journey.outreach.rendering import Message

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
    rows = [_item(item) for item in items]
    if any(item.note for item in items):
        rows = [row | {"may not go out": item.note} for row, item in zip(rows, items, strict=True)]
    table("Outbox", rows, "Nothing is to be sent.")
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
    """What waits for approval, by trigger: how many, until when, and 20 of whom it would reach.

    What may no longer go out, as consent was withdrawn or the person erased, is told beside it.
    """
    from journey.outreach.approving import waiting

    if click_context.invoked_subcommand:
        return
    with opened(context, workspace) as w:
        found = waiting(w)
    if as_json:
        print_json({"approvals": found})
        return
    rows = [
        msgspec.structs.asdict(each)
        | {
            "not_going": _kinds(each.not_going),
            "recipients": [who[:SHORT_ID] for who in each.recipients],
        }
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
    if done.not_going:
        more = sum(done.not_going.values())
        _say(f"Beside these, {more:,} may no longer go out: {_kinds(done.not_going)}.")


@trigger.command("list")
@WORKSPACE
@JSON
@CONTEXT
def list_(context: Context, workspace: Path | None, as_json: bool) -> None:
    """The triggers in force, whether they run, and whether journey.toml says the same.

    Not the engine's own, unanswered, which needs no configuration and always runs.
    """
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


def _kinds(counted: dict[str, int]) -> str:
    return ", ".join(f"{kind} {number:,}" for kind, number in counted.items())


def _told(done: Paused) -> str:
    if not done.changed:
        is_so = "paused" if done.paused else "running"
        return f"Nothing changed: they are {is_so} already."
    what = "Paused" if done.paused else "Resumed"
    return f"{what}: {', '.join(done.changed)}. Configuration {done.number} is in force."


@cli.command()
@click.argument("decision")
@WORKSPACE
@JSON
@CONTEXT
def explain(context: Context, decision: str, workspace: Path | None, as_json: bool) -> None:
    """Why DECISION (an id) was made: the rule and its text as they were, every guardrail, every
    event it rests on, and what came of it.
    """
    from journey.outreach.explaining import explain as read

    with opened(context, workspace) as w:
        told = read(w, decision)
    if as_json:
        print_json(told)
        return
    rows = [{"what": name, "value": value} for name, value in _head(told) if value]
    table(f"Decision {told.decision_id}", rows, "")
    if told.guardrails:
        table(
            "Guardrails, in their order", [msgspec.structs.asdict(g) for g in told.guardrails], ""
        )
    if told.origin is not None and told.origin.events:
        table(f"Behind the {told.origin.what}", _moments(told.origin.events), "")
    table("It rests on", _moments(told.inputs), "")
    if told.followed:
        came = [{"at": f.at, "type": f.what, "what": f.told} for f in told.followed]
        table("What came of it", came, "")


def _moments(told: list[answers.Moment]) -> list[dict[str, str]]:
    return [
        {
            "at": m.at,
            "place": m.place,
            "type": m.type,
            "what": ERASED if m.is_erased else answers.gist(m.fact),
        }
        for m in told
    ]


def _head(told: Explained) -> Iterator[tuple[str, str]]:
    """What a person wants to know first, in that order; what is empty is left out."""
    status = f", {told.status.replace('_', ' ')}" if told.status else ""
    yield "what", f"{told.action} {told.verdict}{status}{' (dry run)' if told.is_dry else ''}"
    yield "to" if told.action == MESSAGE else "about", told.customer_id
    yield "when", told.decided_at
    yield "where", ": ".join(filter(None, (told.channel, told.channel_reason)))
    yield "why", told.reason
    yield "cause", told.cause_told
    about = f"{told.about}: " if told.about else ""
    step = f", step {told.step} of {told.steps}" if told.steps > 1 else ""
    again = f", looked at {told.attempt + 1} times" if told.attempt else ""
    rule = f"configuration {told.configuration}, rule version {told.rule_version}"
    yield "trigger", f"{about}{told.trigger}{step}{again} ({rule})"
    if told.expectation_s is not None:
        yield "answer due", f"within {duration(told.expectation_s)}"
    if told.crossed is not None:
        yield from _of_figure(told.crossed)
    yield "held until", told.release_at
    yield "holdout", told.group
    yield "facts", ", ".join(f"{name}: {value}" for name, value in told.facts.items() if value)
    if told.message is not None:
        yield "subject", told.message.subject
        yield "text", _said(told.message)
    else:
        for language, text in told.texts.items():
            yield f"text ({language})", text


def _of_figure(crossed: Crossed) -> Iterator[tuple[str, str]]:
    """A figure and its line, in the units of its question."""
    name, unit = crossed.column, unit_of(crossed.metric, crossed.column)
    figure = told_figure(name, unit, crossed.value, crossed.low, crossed.high, crossed.n)
    given = (f"{key}={value}" for key, value in crossed.parameters.items())
    yield "figure", " ".join((crossed.metric, name, *given)) + f": {figure}"
    yield "window", f"{crossed.since} to {crossed.until}"
    sure = ", and only if its whole interval is" if crossed.only_sure else ""
    line = f"bad {crossed.bad} {cell(name, crossed.line, unit)}"
    yield "watch", f"{crossed.watch}: {line}{sure}; of at least {crossed.n_min:,}"
    yield "crossing", crossed.crossing
    yield "team", crossed.team


def _said(message: Item | Message) -> str:
    if message.is_erased:
        return ERASED
    if message.unsafe:
        return f"(unsafe link: {', '.join(message.unsafe)})"
    return f"(missing: {', '.join(message.missing)})" if message.missing else message.text


def _item(item: Item) -> dict[str, Any]:
    return {
        "decision_id": item.decision_id,
        "status": item.status.replace("_", " "),
        "decided_at": item.decided_at,
        "trigger": item.trigger,
        "action": item.action,
        "customer_id": item.customer_id,
        "channel": item.channel,
        "subject": item.subject,
        "text": _said(item),
    }


def _say(sentence: str) -> None:
    out.print(sentence, markup=False, highlight=False, soft_wrap=True)
