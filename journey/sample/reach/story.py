"""A story: what happens to one person, and which triggers reach them, when, and what stops others.

Seconds of a story count from the event that starts the trigger it is about.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from journey.sample.planted.story import DAY, HOUR, MAILER, SHOP, Line, Story

NOON = 12 * HOUR
NIGHT, MORNING = 20 * HOUR, 9 * HOUR  # local: messages wait from the one to the other
TOKYO, NEW_YORK = 9 * HOUR, -5 * HOUR  # ahead of UTC; the window lies in New York's winter
DAYS = 35  # of the window
MONDAY, THURSDAY = 0, 3
REVIEW_DAYS = 90  # after the day of review a trigger stops

# What stands in the way of a trigger that does not even begin.
CALLED_OFF = "called off"  # while it waited
AGAIN = "again"  # it took place before
NO_START = "no start"  # the event is none that starts it, or tells no day


class Verdict(NamedTuple):
    """What becomes of a step.

    Args:
        at: when, in seconds of the story.
        what: decided, held, suppressed or ended.
        step: from 1.
        by: the guardrail, or the event that ended it; empty of what is decided.
        channel: of a message that goes out, or of an alert's cause.
    """

    at: float
    what: str
    step: int
    by: str = ""
    channel: str = ""


class Reach(Story):
    """One person, and what each trigger comes to.

    Args:
        zone: how far the person's clock is ahead of UTC; in New York nobody told.
    """

    def __init__(self, number: int, random: Random) -> None:
        super().__init__(number, 0, random)
        self.zone = random.choice((TOKYO, NEW_YORK))
        self.verdicts: dict[str, list[Verdict]] = {}
        self.silent: dict[str, str] = {}
        self.due(0)

    @property
    def user(self) -> str:
        """Who the person is."""
        return f"reach-{self.number:05d}"

    # --- when -----------------------------------------------------------------------------------

    def due(self, after: float, clock: float | None = None, weekday: int | None = None) -> None:
        """Place the story so that something is due at a local time of day.

        Args:
            after: seconds of the story at which it is due.
            clock: seconds of the local day; else some time when people are awake.
            weekday: from Monday; else any.
        """
        if clock is None:
            clock = self.between(10 * HOUR, 18 * HOUR)
        day = self.between(0, DAYS - 1)
        if weekday is not None:
            day += weekday - day % 7  # the window begins on a Monday
        self.start = int(day * DAY + clock - self.zone - after)

    def clock(self, at: float) -> float:
        """The local time of day, in seconds."""
        return (self.start + at + self.zone) % DAY

    def midnight(self, at: float) -> float:
        """When that local day began."""
        return at - self.clock(at)

    def awake(self, at: float) -> float:
        """The moment itself, or the morning after the night that it lies in."""
        clock = self.clock(at)
        if clock >= NIGHT:
            return at - clock + DAY + MORNING
        return at - clock + MORNING if clock < MORNING else at

    # --- what comes of it -----------------------------------------------------------------------

    def comes(self, trigger: str, at: float, what: str, step: int = 1, **more: str) -> None:
        """Write down a verdict."""
        self.verdicts.setdefault(trigger, []).append(Verdict(at, what, step, **more))

    def reached(self, trigger: str, at: float, channel: str, step: int = 1) -> float:
        """A message is due. Returns when it goes out: at once, or in the morning."""
        morning = self.awake(at)
        if morning > at:
            self.comes(trigger, at, "held", step, by="quiet_hours")
        self.comes(trigger, morning, "decided", step, channel=channel)
        return morning

    def kept(self, trigger: str, at: float, by: str, step: int = 1) -> None:
        """A guardrail keeps a message back for good."""
        self.comes(trigger, at, "suppressed", step, by=by)

    def ended(self, trigger: str, at: float, by: str, step: int = 1) -> None:
        """An exit ends what was held, or was still to follow."""
        self.comes(trigger, at, "ended", step, by=by)

    def nothing(self, trigger: str, why: str) -> None:
        """A trigger comes to nothing, and nothing is recorded of it."""
        self.silent[trigger] = why

    # --- what is told ---------------------------------------------------------------------------

    def lives(self, at: float) -> None:
        """Say where the person lives, where that is not New York."""
        if self.zone == TOKYO:
            self.tell(at, "preference-stated", "web", timezone="Asia/Tokyo")

    def agrees(self, at: float, purpose: str = "marketing", **more: Any) -> None:
        """The person allows messages."""
        self.tell(at, "consent-given", "web", purpose=purpose, method="form", **more)

    def withdraws(self, at: float, purpose: str = "", **more: Any) -> None:
        """The person forbids messages; without a purpose all of them."""
        self.tell(at, "consent-withdrawn", "web", purpose=purpose, method="form", **more)

    def sent(self, at: float, purpose: str = "marketing") -> None:
        """Another system sends something."""
        told: Line = {"campaign": "k-1", "purpose": purpose, "system": "other"}
        self.tell(at, "outreach-sent", "email", actor=MAILER, direction="outbound", **told)

    def scores_low(self, at: float) -> None:
        """Two stars of five, which opens an action for the team."""
        self.tell(at, "review-posted", "review", stars=2, stars_max=5, product_id="p-1")
        self.comes("low-score", at, "decided", channel="review")

    def order(self, at: float, what: str, number: int = 1, **more: Any) -> None:
        """Something of an order: ``order-placed``, ``payment-failed`` and the like."""
        is_own = what in ("order-placed", "checkout-started", "refund-requested")
        told: Line = {"order_id": f"{self.order_key()}-{number}"}
        if what not in ("order-delivered", "checkout-started"):
            told |= {"amount": "25.00", "currency": "EUR"}
        told = {name: value for name, value in (told | more).items() if value is not None}
        actor, direction = (None, "inbound") if is_own else (SHOP, "outbound")
        self.tell(at, what, "web", actor=actor, direction=direction, **told)

    def plan(self, at: float, what: str, **more: Any) -> None:
        """Something of a subscription."""
        told: Line = {"subscription_id": f"s-{self.number:05d}", "plan": "basic"} | more
        told = {name: value for name, value in told.items() if value is not None}
        self.tell(at, what, "web", direction="inbound", **told)

    def thanks(self, at: float, channel: str, talk: str = "thanks") -> None:
        """The person writes something that wants no answer."""
        self.asks(at, channel, talk, intent="thanks", text="Thank you!")


class Plot(NamedTuple):
    """How stories about a trigger go.

    Args:
        is_case: whether it reaches the person; else it must not.
        why: in words.
    """

    trigger: str
    is_case: bool
    why: str
    tells: Callable[[Reach], None]


PLOTS: list[Plot] = []
Add = Callable[[Callable[[Reach], None]], Callable[[Reach], None]]


def reaches(trigger: str, why: str) -> Add:
    """A story in which a trigger reaches somebody."""
    return _plot(trigger, True, why)


def misses(trigger: str, why: str) -> Add:
    """A story in which it must not."""
    return _plot(trigger, False, why)


def _plot(trigger: str, is_case: bool, why: str) -> Add:
    def add(tells: Callable[[Reach], None]) -> Callable[[Reach], None]:
        PLOTS.append(Plot(trigger, is_case, why, tells))
        return tells

    return add
