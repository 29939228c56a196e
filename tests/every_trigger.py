"""Triggers of every kind at once, and what a log says about what they decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from journey.bootstrap import Workspace
from journey.settings import Settings
from schemas.events import OutreachDecided

SHIPPED = Path("docs/triggers.toml")

# Kinds of start -> the triggers of that kind below and among those that ship.
KINDS = {
    "event": ("thank-review", "each-order"),
    "score": ("low-score",),
    "absence": ("survey-after-purchase", "survey-after-resolved", "no-word"),
    "date": ("delivery-late", "renewal-due"),
    "stage entered": ("bought", "a-buyer"),
    "stage stayed": ("still-new",),
    "pain": ("unanswered-word", "a-low-score"),
}

MORE = """
[templates.word]
purpose = "service"
text = { en = "A word" }

[triggers.each-order]
start = { events = ["order-placed"] }
exits = ["refund-requested"]
steps = [
  { template = "word", channels = ["email"] },
  { template = "word", channels = ["email"], after = "1 d" },
  { template = "word", channels = ["email", "sms"], after = "5 d" },
]

[triggers.no-word]
start = { events = ["message-received"], after = "1 d", unless = ["inbound"] }
again = "again"
steps = [{ template = "word", channels = ["email"] }]

[triggers.bought]
start = { stage = "purchase" }
exits = ["refund-requested"]
steps = [
  { template = "word", channels = ["email"], after = "1 h" },
  { template = "word", channels = ["email"], after = "2 d" },
]

[triggers.still-new]
action = "open_action"
start = { stage = "purchase", after = "2 d" }
steps = [{ text = "Look" }, { text = "Look again", after = "3 d" }]

[triggers.a-buyer]
action = "alert_team"
start = { stage = "purchase" }
steps = [{ text = "Look" }, { text = "Look again", after = "1 d" }]

[triggers.a-low-score]
action = "alert_team"
start = { pain = "low_score" }
steps = [{ text = "Look" }]
"""


def rules() -> str:
    """A configuration with triggers of every kind, several of them with steps that wait."""
    return SHIPPED.read_text(encoding="utf-8") + MORE


def decisions(folder: Path, settings: Settings) -> dict[bytes, OutreachDecided]:
    """All that a workspace's log has of outreach, by its ids, in the order of the log."""
    with Workspace(folder, settings) as workspace:
        found = workspace.log.read(0, 10_000_000)
    return {e.event_id: e.fact for _, e in found if isinstance(e.fact, OutreachDecided)}


def doubles(found: Mapping[bytes, OutreachDecided]) -> list[tuple[object, ...]]:
    """Steps about one cause of one customer that were told for good more than once."""
    told = Counter(
        (f.trigger, f.cause_customer, f.cause, f.matter, f.step)
        for f in found.values()
        if f.verdict in ("decided", "suppressed")
    )
    return [step for step, times in told.items() if times > 1]


def kinds(found: Mapping[bytes, OutreachDecided]) -> set[str]:
    """The kinds of start of which something was decided."""
    names = {fact.trigger for fact in found.values() if fact.verdict == "decided"}
    return {kind for kind, triggers in KINDS.items() if names.intersection(triggers)}


def waited(found: Mapping[bytes, OutreachDecided]) -> int:
    """How many steps behind the first one were decided."""
    return sum(fact.step > 0 and fact.verdict == "decided" for fact in found.values())
