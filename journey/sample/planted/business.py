"""Stories of scores, orders, money and messages."""

from __future__ import annotations

from journey.sample.planted.story import (
    DAY,
    HOUR,
    MAILER,
    MINUTE,
    SECOND,
    SHOP,
    Line,
    Story,
    case,
    near,
)

Scale = tuple[float, float, float]  # score, lowest, highest


def _survey(s: Story, at: float, name: str, scale: Scale, up: bool = True) -> None:
    score, low, high = scale
    told: Line = {"score": score, "scale_min": low, "scale_max": high, "higher_is_better": up}
    s.tell(at, "survey-answered", "survey", survey=name, **told)


# --- scores -----------------------------------------------------------------------------------

LOW: list[tuple[str, Scale]] = [
    ("csat", (2, 1, 5)),
    ("csat", (4, 1, 10)),
    ("nps", (6, 0, 10)),
]
NOT_LOW: list[tuple[str, Scale]] = [
    ("csat", (3, 1, 5)),
    ("csat", (5, 1, 10)),
    ("nps", (7, 0, 10)),
]


@case("low_score", "a score at the limit")
def _(s: Story) -> None:
    name, scale = s.random.choice(LOW)
    _survey(s, 0, name, scale)
    s.suffers("low_score", 0)


@case("low_score", "two stars of five")
def _(s: Story) -> None:
    s.tell(0, "review-posted", "review", stars=2, stars_max=5, product_id="p-1")
    s.suffers("low_score", 0)


@near("low_score", "one point better")
def _(s: Story) -> None:
    name, scale = s.random.choice(NOT_LOW)
    _survey(s, 0, name, scale)


@near("low_score", "three stars of five")
def _(s: Story) -> None:
    s.tell(0, "review-posted", "review", stars=3, stars_max=5, product_id="p-1")


@near("low_score", "a survey of one's own")
def _(s: Story) -> None:
    _survey(s, 0, "shop visit", (1, 1, 5))


@case("high_effort", "a CES of three of seven")
def _(s: Story) -> None:
    if s.random.random() < 0.5:
        _survey(s, 0, "ces", (3, 1, 7))
    else:
        _survey(s, 0, "ces", (5, 1, 7), up=False)
    s.suffers("high_effort", 0)


@near("high_effort", "a CES of four of seven")
def _(s: Story) -> None:
    _survey(s, 0, "ces", (4, 1, 7), up=s.random.random() < 0.5)


def _contacts(s: Story, number: int) -> float:
    for n in range(number):
        s.asks(n * 30 * HOUR, "email", 1, topic="bill")
        s.answers(n * 30 * HOUR + HOUR, "email", 1)
    s.resolved(number * 30 * HOUR, "email", 1)
    return number * 30 * HOUR


@case("high_effort", "four contacts to one resolution")
def _(s: Story) -> None:
    s.suffers("high_effort", _contacts(s, 4))


@near("high_effort", "three contacts to one resolution")
def _(s: Story) -> None:
    _contacts(s, 3)


@near("high_effort", "four contacts, the last two within a day of each other")
def _(s: Story) -> None:
    for at in (0, 30 * HOUR, 60 * HOUR, 84 * HOUR - SECOND):
        s.asks(at, "email", 1, topic="bill")
        s.answers(at + SECOND if at > 60 * HOUR else at + HOUR, "email", 1)
    s.resolved(90 * HOUR, "email", 1)


@case("negative_sentiment", "a text just below -0.5")
def _(s: Story) -> None:
    s.asks(0, "email", sentiment=-0.51, intent="complaint")
    s.answers(HOUR, "email")
    s.suffers("negative_sentiment", 0)


@case("negative_sentiment", "a bad word in public")
def _(s: Story) -> None:
    s.tell(0, "mentioned", "social", text="Never again.", sentiment=-0.9, intent="complaint")
    s.suffers("negative_sentiment", 0)


@near("negative_sentiment", "exactly -0.5")
def _(s: Story) -> None:
    s.asks(0, "email", sentiment=-0.5, intent="complaint")
    s.answers(HOUR, "email")


# --- commerce ---------------------------------------------------------------------------------


def _order(s: Story, at: float, what: str, **more: object) -> None:
    inbound = what not in ("payment-failed", "refunded", "order-delivered")
    told: Line = {"order_id": s.order_key()} | more
    if what != "order-delivered":
        told |= {"amount": "25.00", "currency": "EUR"}
    s.tell(
        at,
        what,
        "web",
        actor=None if inbound else SHOP,
        direction="inbound" if inbound else "outbound",
        **told,
    )


@case("payment_failed", "two failures for one order are one pain")
def _(s: Story) -> None:
    _order(s, 0, "payment-failed", reason="declined")
    _order(s, MINUTE, "payment-failed", reason="declined")
    _order(s, 2 * MINUTE, "order-placed")
    s.suffers("payment_failed", 0)


@case("payment_failed", "it never went through")
def _(s: Story) -> None:
    _order(s, 0, "payment-failed", reason="expired")
    s.suffers("payment_failed", 0)


@near("payment_failed", "the order was cancelled, and no payment failed")
def _(s: Story) -> None:
    _order(s, 0, "order-placed")
    _order(s, MINUTE, "order-cancelled")


@case("checkout_abandoned", "ordered a second after the hour")
def _(s: Story) -> None:
    _order(s, 0, "checkout-started")
    _order(s, HOUR + SECOND, "order-placed")
    s.suffers("checkout_abandoned", HOUR)


@case("checkout_abandoned", "begun again after half an hour, and never ordered")
def _(s: Story) -> None:
    _order(s, 0, "checkout-started")
    _order(s, 30 * MINUTE, "checkout-started")
    s.suffers("checkout_abandoned", 90 * MINUTE)


@near("checkout_abandoned", "ordered at the last moment")
def _(s: Story) -> None:
    _order(s, 0, "checkout-started")
    _order(s, HOUR, "order-placed")


@near("checkout_abandoned", "begun again, and ordered within the hour from then")
def _(s: Story) -> None:
    _order(s, 0, "checkout-started")
    _order(s, 50 * MINUTE, "checkout-started")
    _order(s, 100 * MINUTE, "order-placed")


@case("search_no_result", "nothing was found")
def _(s: Story) -> None:
    s.tell(0, "searched", "web", query=s.word(), results=0)
    s.suffers("search_no_result", 0)


@near("search_no_result", "one thing was found")
def _(s: Story) -> None:
    s.tell(0, "searched", "web", query=s.word(), results=1)


@near("search_no_result", "nobody told how many")
def _(s: Story) -> None:
    s.tell(0, "searched", "web", query=s.word())


PROMISED = 3 * DAY


@case("delivery_late", "delivered one second after the promise")
def _(s: Story) -> None:
    _order(s, 0, "order-placed", promised_at=PROMISED)
    _order(s, PROMISED + SECOND, "order-delivered")
    s.suffers("delivery_late", PROMISED)


@case("delivery_late", "never delivered")
def _(s: Story) -> None:
    _order(s, 0, "order-placed", promised_at=PROMISED)
    s.suffers("delivery_late", PROMISED)


@near("delivery_late", "delivered at the last moment")
def _(s: Story) -> None:
    _order(s, 0, "order-placed", promised_at=PROMISED)
    _order(s, PROMISED, "order-delivered")


@near("delivery_late", "cancelled before the promise")
def _(s: Story) -> None:
    _order(s, 0, "order-placed", promised_at=PROMISED)
    _order(s, PROMISED - SECOND, "order-cancelled")


@case("refund_wait", "refunded one second after seven days")
def _(s: Story) -> None:
    _order(s, 0, "refund-requested")
    _order(s, 7 * DAY + SECOND, "refunded")
    s.suffers("refund_wait", 7 * DAY)


@case("refund_wait", "asked for twice, never refunded")
def _(s: Story) -> None:
    _order(s, 0, "refund-requested")
    _order(s, 3 * DAY, "refund-requested")
    s.suffers("refund_wait", 7 * DAY)


@near("refund_wait", "refunded at the last moment")
def _(s: Story) -> None:
    _order(s, 0, "refund-requested")
    _order(s, 7 * DAY, "refunded")


# --- too much ---------------------------------------------------------------------------------

MONDAY = 5 * DAY  # the window begins on a Wednesday


def _sent(s: Story, at: float, purpose: str = "marketing") -> None:
    told: Line = {
        "campaign": "k-1",
        "purpose": purpose,
        "system": s.random.choice(["ours", "other"]),
    }
    channel = s.random.choice(["email", "sms", "push"])
    s.tell(at, "outreach-sent", channel, actor=MAILER, direction="outbound", **told)


@case("over_contacted", "two messages on one day of the customer, who lives in Tokyo")
def _(s: Story) -> None:
    s.start = s.between(1, 40) * DAY
    s.tell(0, "preference-stated", "web", timezone="Asia/Tokyo")
    _sent(s, 15 * HOUR)  # midnight in Tokyo
    _sent(s, 39 * HOUR - SECOND)
    s.suffers("over_contacted", 39 * HOUR - SECOND)


@case("over_contacted", "a fourth message in one week")
def _(s: Story) -> None:
    s.start = MONDAY + 7 * DAY * s.between(0, 8)
    for day in (0, 1, 3):
        _sent(s, day * DAY)
    _sent(s, 7 * DAY - SECOND)
    s.suffers("over_contacted", 7 * DAY - SECOND)


@case("over_contacted", "a second survey, a second before thirty days are over")
def _(s: Story) -> None:
    _sent(s, 0, "survey")
    _sent(s, 30 * DAY - SECOND, "survey")
    s.suffers("over_contacted", 30 * DAY - SECOND)


@case("over_contacted", "one invitation dismissed three times")
def _(s: Story) -> None:
    for n in range(3):
        s.tell(n * DAY, "invitation-dismissed", "web", name="app")
    s.suffers("over_contacted", 2 * DAY)


@near("over_contacted", "two messages on two days of the customer, who lives in Tokyo")
def _(s: Story) -> None:
    s.start = s.between(1, 40) * DAY
    s.tell(0, "preference-stated", "web", timezone="Asia/Tokyo")
    _sent(s, 15 * HOUR - SECOND)
    _sent(s, 15 * HOUR)


@near("over_contacted", "the fourth message comes with the new week")
def _(s: Story) -> None:
    s.start = MONDAY + 7 * DAY * s.between(0, 8)
    for day in (0, 1, 3, 7):
        _sent(s, day * DAY)


@near("over_contacted", "a second survey after thirty days")
def _(s: Story) -> None:
    _sent(s, 0, "survey")
    _sent(s, 30 * DAY, "survey")


@near("over_contacted", "a marketing message and a receipt")
def _(s: Story) -> None:
    _sent(s, 0)
    _sent(s, 60, "transactional")


@near("over_contacted", "two invitations, dismissed twice each")
def _(s: Story) -> None:
    for n in range(4):
        s.tell(n * HOUR, "invitation-dismissed", "web", name=f"app {n % 2}")
