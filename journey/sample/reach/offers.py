"""The triggers that send messages, as their page describes them: how each begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from journey.sample.planted.story import DAY, DUE, HOUR, MINUTE
from journey.sample.reach.story import Reach

MARKETING, SURVEY, SERVICE, TRANSACTIONAL = "marketing", "survey", "service", "transactional"
PROMISED = 3 * DAY
TERM = 30 * DAY  # of a subscription


class Offer(NamedTuple):
    """A trigger that sends messages.

    Args:
        wait: from what starts it to the moment at which the first message is due.
        begins: tells what starts it, at 0.
        leaves: tells what ends it, at a time; none: nothing does.
        exit: what that is called.
        is_recorded: whether an exit before the first message is recorded: a stage or pain began it.
        stale_after: what is due longer than this is dropped.
        second: how long after the first message there is another; 0: there is none.
        settles: tells what keeps other triggers from beginning later, after a time.
    """

    trigger: str
    purpose: str
    channels: tuple[str, ...]
    wait: float
    begins: Callable[[Reach], None]
    leaves: Callable[[Reach, float], None] | None = None
    exit: str = ""
    is_recorded: bool = False
    stale_after: float = DAY
    second: float = 0
    settles: Callable[[Reach, float], None] | None = None

    @property
    def is_bound(self) -> bool:
        """Whether what binds marketing binds it."""
        return self.purpose in (MARKETING, SURVEY)

    def ends(self, s: Reach, at: float) -> None:
        """Tell what ends it, where anything does."""
        if self.leaves is not None:
            self.leaves(s, at)


def _asks(s: Reach) -> None:
    s.asks(0, "messaging")
    s.comes("unanswered", DUE["messaging"], "decided", channel="messaging")


def _answers(s: Reach, at: float) -> None:
    s.answers(at, "messaging")


def _resolved(s: Reach) -> None:
    s.asks(-2 * HOUR, "email")
    s.answers(-HOUR, "email")
    s.resolved(0, "email")


def _refund(s: Reach, at: float) -> None:
    s.order(at, "refund-requested")


def _reopened(s: Reach, at: float) -> None:
    s.tell(at, "conversation-reopened", "email", 1, direction="internal")


def _promised(s: Reach) -> None:
    s.order(0, "order-placed", promised_at=PROMISED)


def _cancelled(s: Reach, at: float) -> None:
    s.order(at, "order-cancelled")


def _failed(s: Reach) -> None:
    s.order(0, "payment-failed", reason="declined")


def _ordered(s: Reach, at: float) -> None:
    s.order(at, "order-placed")


def _checkout(s: Reach) -> None:
    s.order(0, "checkout-started")


def _subscribed(s: Reach) -> None:
    s.plan(0, "subscription-started")


def _used(s: Reach, at: float) -> None:
    s.tell(at, "first-use", "app", direction="inbound")


def _due_for_renewal(s: Reach) -> None:
    s.plan(0, "subscription-started", ends_at=TERM)
    s.tell(DAY, "first-use", "app", direction="inbound")
    s.nothing("onboarding-stuck", "called off")


def _ends(s: Reach, at: float) -> None:
    s.plan(at, "subscription-cancelled")


def _praises(s: Reach) -> None:
    s.tell(0, "review-posted", "review", stars=4, stars_max=5, product_id="p-1")


def _writes_in_public(s: Reach) -> None:
    s.thanks(0, "community")


def _at_risk(s: Reach) -> None:
    s.order(-3 * DAY, "order-placed")
    s.plan(0, "cancellation-asked")


OFFERS = (
    Offer(
        "unanswered-word", SERVICE, ("email", "messaging"), DUE["messaging"] + HOUR, _asks,
        _answers, "message-sent", is_recorded=True, stale_after=12 * HOUR,
    ),
    Offer("survey-after-resolved", SURVEY, ("email",), 2 * HOUR, _resolved),
    Offer("survey-after-purchase", SURVEY, ("email",), 3 * DAY,
          lambda s: s.order(0, "order-delivered")),
    Offer(
        "delivery-late", TRANSACTIONAL, ("email", "sms"), PROMISED, _promised, _cancelled,
        "order-cancelled", second=3 * DAY,
    ),
    Offer(
        "payment-failed", TRANSACTIONAL, ("email", "sms"), 30 * MINUTE, _failed, _ordered,
        "order-placed", settles=_ordered,
    ),
    Offer("checkout-abandoned", MARKETING, ("email",), 4 * HOUR, _checkout, _ordered,
          "order-placed"),
    Offer(
        "onboarding-stuck", SERVICE, ("email", "push"), 7 * DAY, _subscribed, _used, "first-use",
        second=7 * DAY,
    ),
    Offer("thank-review", SERVICE, ("email",), HOUR, _praises),
    Offer(
        "renewal-due", TRANSACTIONAL, ("email",), TERM - 14 * DAY, _due_for_renewal, _ends,
        "subscription-cancelled",
    ),
    Offer("channel-retires", SERVICE, ("email", "messaging"), 0, _writes_in_public),
    Offer("rescue", MARKETING, ("email",), 8 * DAY, _at_risk, _ordered, "order-placed",
          is_recorded=True),
)  # fmt: skip

OF = {offer.trigger: offer for offer in OFFERS}
SHARES = {"checkout-abandoned": 0.1, "rescue": 0.2}  # of customers who get nothing
