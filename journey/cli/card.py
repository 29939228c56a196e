"""The command that shows who a customer is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.asking import opened
from journey.cli.show import out, print_json, table

if TYPE_CHECKING:
    from journey.card import Card

ERASED = "This customer was erased: names and words are gone for ever, what is counted stays."

# Of an open pain point, what fits on a screen; --json tells all.
PAIN = ("kind", "severity", "began_at", "channel", "topic", "conversation_id", "cost")


@cli.command()
@click.argument("customer")
@WORKSPACE
@JSON
@CONTEXT
def customer(context: Context, customer: str, workspace: Path | None, as_json: bool) -> None:
    """Who CUSTOMER (an id, or a handle or e-mail address) is, on one screen.

    Identities, stage, personas, preferred channel, last orders, open conversations, scores, open
    pain points, consents and notes.
    """
    from journey.card import card

    with opened(context, workspace) as w:
        found = card(w, customer)
    if as_json:
        print_json(found)
        return
    if found.is_erased:
        out.print(ERASED, style="yellow")
    table(f"Customer {found.customer_id}", [{"what": k, "is": v} for k, v in _who(found)], "")
    for name in ("conversations", "orders", "scores", "pains", "consents", "notes"):
        rows: list[dict[str, Any]] = msgspec.structs.asdict(found)[name]
        if name == "pains":
            rows = [{key: row[key] for key in PAIN} for row in rows]
        if rows:
            table(name.capitalize(), rows, "")


def _who(card: Card) -> list[tuple[str, str]]:
    """What fits into one line each."""
    known = [(kind, ", ".join(values)) for kind, values in card.identities.items()]
    stage, preferred = card.stage, card.preferred
    personas = [f"{p['persona']} (since {p['since']})" for p in card.personas]
    lines = [
        *known,
        ("stage", f"{stage['stage']} since {stage['since']}, by {stage['cause']}" if stage else ""),
        ("personas", ", ".join(personas)),
        ("reach by", f"{preferred['channel']}: {preferred['why']}"),
        ("traits", ", ".join(f"{name} {value}" for name, value in card.traits.items())),
        ("touchpoints", f"{card.touchpoints:,}, {card.first_touch_at} to {card.last_touch_at}"),
    ]
    if not card.is_whole:
        lines.append(("beware", "only the first and the last events were opened for this card"))
    return lines
