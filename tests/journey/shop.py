"""A shop that writes to its customers: a workspace whose clock a test turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.config.file import load
from journey.ports import Draft, Outcome
from journey.settings import Settings
from journey.workspace import make
from schemas.events import ConsentGiven
from schemas.fact import Touchpoint
from schemas.times import HOUR, Instant, parse_rfc3339

SETTINGS = Settings(master_key=bytes.fromhex("5a" * 32))
NOON = parse_rfc3339("2026-03-02T12:00:00Z")  # a Monday

RULES = """
[outreach]
quiet_from = 00:00:00
quiet_until = 00:00:00
audience_max = 2
audience_share = 1.0
approval_within = "6 h"
marketing_per_day = 9
marketing_per_week = 9

[templates.sorry]
purpose = "service"
subject = { en = "Order {{ order_id }}" }
text = { en = "Dear {{ person.first_name | customer }}, {{ order_id }} failed.", de = "Hallo {{ person.first_name | Sie }}" }

[templates.offer]
purpose = "marketing"
text = { en = "Come back" }
sender = "Shop"
contact = "shop@shop.example"
opt_out = "STOP"

[triggers.sorry]
about = "A payment failed"
start = { events = ["payment-failed"] }
again = "again"
steps = [{ template = "sorry", channels = ["email"] }]

[triggers.offer]
start = { events = ["order-placed"] }
again = "again"
steps = [{ template = "offer", channels = ["email"] }]

[triggers.call]
action = "open_action"
start = { events = ["order-cancelled"] }
steps = [{ text = "Call them", team = "success" }]
"""  # noqa: E501 - texts are what they are


class Shop:
    """An open workspace, told one thing after another."""

    def __init__(self, workspace: Workspace, clock: SimulatedClock) -> None:
        self.workspace, self.clock = workspace, clock
        self._number = 0

    def tell(self, who: str, fact: Touchpoint, at: Instant, also: Sequence[str] = ()) -> bytes:
        """An event of somebody, recorded when it happened; its id.

        Args:
            also: others that it names.
        """
        self.clock.put(at)
        self._number += 1
        draft = Draft(
            source="shop",
            message_id=f"m-{self._number}",
            fact=fact,
            occurred_at=at,
            identities={"email": [f"{name}@x.example" for name in (who, *also)]},
        )
        draft = load(self.workspace.folder.path).traits.check(draft)
        (receipt,) = self.workspace.log.append([draft])
        assert receipt.outcome is Outcome.APPENDED
        self.workspace.catch_up()
        return receipt.event_id

    def agree(self, who: str, at: Instant = NOON - HOUR) -> None:
        """They want offers by e-mail."""
        self.tell(who, ConsentGiven(purpose="marketing", on_channel="email", method="form"), at)

    def wait(self, until: Instant) -> None:
        """Let time come there."""
        self.clock.put(until)
        self.workspace.let_time_pass()

    def customer(self, who: str) -> bytes:
        """Their id."""
        (found,) = self.workspace.log.find(f"{who}@x.example")
        return found


@contextmanager
def shop(folder: Path, rules: str = RULES, **more: Any) -> Iterator[Shop]:
    """A shop in a folder, new or as it was left."""
    clock = SimulatedClock(more.get("at", NOON - 2 * HOUR))
    if not folder.exists():
        make(folder, with_key=False)
        (folder / "journey.toml").write_text(rules, encoding="utf-8")
    with Workspace(folder, SETTINGS, clock) as workspace:
        yield Shop(workspace, clock)
