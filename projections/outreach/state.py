"""What the triggers know of one customer, and what each step of their fold is given."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import msgspec

from projections.configuration import Configuration
from projections.configuration.triggers import Trigger
from projections.outreach.known import KnownState
from projections.projection import NEVER, Act
from schemas.times import Instant

VERSION: Final = 1  # of the rule, as decisions name it
STATES: Final = 3  # of the states that it folds into
RUNS_MAX = 64  # of one customer at a time; beyond, nothing more is begun, and that is told
ENTERED_MAX = 256  # matters that are remembered; beyond, the oldest is forgotten
SEEN_MAX = 64  # exits that are remembered, for starts that are told after them

STARTED: Final = "started"
DECIDED: Final = "decided"
SUPPRESSED: Final = "suppressed"
HELD: Final = "held"
ENDED: Final = "ended"


class Run(msgspec.Struct, array_like=True):
    """One trigger about one matter, on its way."""

    trigger: str
    matter: str
    cause: bytes
    cause_customer: bytes
    began_at: Instant
    configuration: int
    due_at: Instant
    since: Instant  # when the step was first due
    place: str
    step: int = 0
    attempt: int = 0
    channel: str = ""
    brand: str = ""
    conversation: bytes = b""
    waits_for: str = ""  # the guardrail that holds it
    is_waiting: bool = True  # for an absence or a date: nothing was decided yet
    facts: dict[str, str] = {}


class Seen(msgspec.Struct, array_like=True, frozen=True):
    """An event that is an exit of some trigger."""

    at: Instant
    event_id: bytes


class OutreachState(msgspec.Struct, array_like=True):
    """What the triggers know of one customer."""

    known: KnownState = msgspec.field(default_factory=KnownState)
    runs: list[Run] = []
    # Trigger, line feed, matter -> when it last started; without a matter, whatever it was about.
    entered: dict[str, Instant] = {}
    drawn: dict[str, bytes] = {}  # trigger -> whom its holdout was first drawn by
    seen: dict[str, Seen] = {}  # exit, line feed, matter -> the last one
    wake: Instant = NEVER


class Published(Protocol):
    """All configurations that were published."""

    def numbered(self, number: int) -> Configuration | None:
        """One of them; None if there is none of that number."""

    def documents(self) -> tuple[str, ...]:
        """The text of each, in their order."""


class Silence(NamedTuple):
    """A trigger that did not begin, or was called off: nothing is recorded of it.

    Args:
        cause: the id of the event that began it, or might have.
        why: what stood in the way, in words.
    """

    at: Instant
    trigger: str
    cause: bytes
    why: str


class Now(NamedTuple):
    """What every step of the fold needs."""

    state: OutreachState
    rules: Configuration
    number: int
    published: Published
    at: Instant
    customer: bytes
    acts: list[Act]
    silences: list[Silence] | None = None  # where somebody asks why nothing came of it

    def silent(self, run: Run, why: str) -> None:
        """Take note of a silence, where somebody asks."""
        if self.silences is not None:
            self.silences.append(Silence(self.at, run.trigger, run.cause, why))


def rules_of(now: Now, run: Run) -> Configuration:
    """The configuration that a run began under."""
    if run.configuration == now.number:
        return now.rules
    return now.published.numbered(run.configuration) or now.rules


def trigger_of(now: Now, run: Run) -> Trigger | None:
    """The trigger of a run as it was when the run began."""
    return rules_of(now, run).triggers.get(run.trigger)
