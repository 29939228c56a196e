"""Stories of orders, plans and scores: what starts a trigger, and what just does not."""

from __future__ import annotations

from journey.sample.planted.story import DAY, HOUR, MINUTE, SECOND, Line
from journey.sample.reach.guards import LATE_EVENING, LONG_AGO, begin, end, goes, stays
from journey.sample.reach.offers import OF, PROMISED, TERM
from journey.sample.reach.story import AGAIN, CALLED_OFF, NO_START, Reach
from journey.sample.reach.story import misses as near
from journey.sample.reach.story import reaches as case

# --- orders -----------------------------------------------------------------------------------


@case("delivery-late", "still not there three days after the first message")
def _(s: Reach) -> None:
    offer = OF["delivery-late"]
    begin(s, offer)
    out = s.reached("delivery-late", offer.wait, "email")
    s.reached("delivery-late", out + offer.second, "email", 2)


@case("delivery-late", "delivered within the three days")
def _(s: Reach) -> None:
    begin(s, OF["delivery-late"])
    out = s.reached("delivery-late", PROMISED, "email")
    s.order(out + 3 * DAY, "order-delivered")
    s.ended("delivery-late", out + 3 * DAY, "order-delivered", 2)
    s.kept("survey-after-purchase", out + 6 * DAY, "consent")


@case("delivery-late", "another order was delivered")
def _(s: Reach) -> None:
    begin(s, OF["delivery-late"])
    s.order(PROMISED - HOUR, "order-delivered", 2)
    s.kept("survey-after-purchase", PROMISED - HOUR + 3 * DAY, "consent")
    goes(s, OF["delivery-late"])


@near("delivery-late", "delivered at the last moment")
def _(s: Reach) -> None:
    begin(s, OF["delivery-late"])
    s.order(PROMISED, "order-delivered")
    s.nothing("delivery-late", CALLED_OFF)
    s.kept("survey-after-purchase", PROMISED + 3 * DAY, "consent")


@near("delivery-late", "no day was promised")
def _(s: Reach) -> None:
    s.order(0, "order-placed")
    s.nothing("delivery-late", NO_START)


@near("delivery-late", "nobody told the amount that the message names")
def _(s: Reach) -> None:
    s.due(PROMISED)
    s.order(0, "order-placed", promised_at=PROMISED, amount=None, currency=None)
    s.comes("delivery-late", PROMISED, "held", by="facts")
    stale = PROMISED + DAY + 1e-6
    s.kept("delivery-late", stale, "fresh")
    end(s, OF["delivery-late"], stale)


@near("payment-failed", "the order is cancelled at the last moment")
def _(s: Reach) -> None:
    begin(s, OF["payment-failed"])
    s.order(30 * MINUTE, "order-cancelled")
    s.nothing("payment-failed", CALLED_OFF)


@near("payment-failed", "nobody told the amount that the message names")
def _(s: Reach) -> None:
    offer = OF["payment-failed"]
    s.due(offer.wait)
    s.order(0, "payment-failed", amount=None, currency=None)
    s.comes("payment-failed", offer.wait, "held", by="facts")
    stale = offer.wait + DAY + 1e-6
    s.kept("payment-failed", stale, "fresh")
    end(s, offer, stale)


@case("payment-failed", "another order is paid")
def _(s: Reach) -> None:
    begin(s, OF["payment-failed"])
    s.order(MINUTE, "order-placed", 2)
    goes(s, OF["payment-failed"])


@near("checkout-abandoned", "the payment failed at the last moment: that is another message's")
def _(s: Reach) -> None:
    begin(s, OF["checkout-abandoned"])
    s.order(4 * HOUR, "payment-failed", reason="declined")
    s.nothing("checkout-abandoned", CALLED_OFF)
    out = s.reached("payment-failed", 4 * HOUR + 30 * MINUTE, "email")
    s.order(out + DAY, "order-placed")


@near("checkout-abandoned", "abandoned again, a second less than seven days later")
def _(s: Reach) -> None:
    _twice(s, 7 * DAY - SECOND)
    s.nothing("checkout-abandoned", AGAIN)
    s.kept("checkout-abandoned", 4 * HOUR, "consent")


@case("checkout-abandoned", "abandoned again seven days later, by when it is allowed")
def _(s: Reach) -> None:
    _twice(s, 7 * DAY)
    s.agrees(6 * DAY)
    s.kept("checkout-abandoned", 4 * HOUR, "consent")
    s.reached("checkout-abandoned", 7 * DAY + 4 * HOUR, "email")


def _twice(s: Reach, again: float) -> None:
    s.due(4 * HOUR)
    s.lives(LONG_AGO)
    s.order(0, "checkout-started")
    s.order(again, "checkout-started", 2)


# --- subscriptions ----------------------------------------------------------------------------


@case("onboarding-stuck", "still not used a week after the first message")
def _(s: Reach) -> None:
    offer = OF["onboarding-stuck"]
    begin(s, offer)
    out = s.reached("onboarding-stuck", offer.wait, "email")
    s.reached("onboarding-stuck", out + offer.second, "email", 2)


@near("onboarding-stuck", "cancelled at the last moment")
def _(s: Reach) -> None:
    begin(s, OF["onboarding-stuck"])
    s.plan(7 * DAY, "subscription-cancelled")
    s.nothing("onboarding-stuck", CALLED_OFF)


@near("onboarding-stuck", "nobody told the plan that the message names")
def _(s: Reach) -> None:
    offer = OF["onboarding-stuck"]
    s.due(offer.wait)
    s.plan(0, "subscription-started", plan=None)
    s.comes("onboarding-stuck", offer.wait, "held", by="facts")
    stale = offer.wait + DAY + 1e-6
    s.kept("onboarding-stuck", stale, "fresh")
    end(s, offer, stale)


@case("renewal-due", "renewed for another term, and due again before its end")
def _(s: Reach) -> None:
    _renewed(s, TERM - 15 * DAY)
    s.reached("renewal-due", 2 * TERM - 14 * DAY, "email")


@near("renewal-due", "renewed at the last moment for good")
def _(s: Reach) -> None:
    begin(s, OF["renewal-due"])
    s.plan(TERM - 14 * DAY, "subscription-renewed")
    s.nothing("renewal-due", CALLED_OFF)


@near("renewal-due", "it ends a second sooner than in fourteen days: too late to tell")
def _(s: Reach) -> None:
    s.plan(0, "subscription-started", ends_at=14 * DAY - SECOND)
    s.tell(DAY, "first-use", "app", direction="inbound")
    s.nothing("renewal-due", NO_START)


@near("renewal-due", "nobody told when it ends")
def _(s: Reach) -> None:
    s.plan(0, "subscription-started")
    s.tell(DAY, "first-use", "app", direction="inbound")
    s.nothing("renewal-due", NO_START)


def _renewed(s: Reach, at: float) -> None:
    s.due(2 * TERM - 14 * DAY)
    s.start -= 14 * DAY  # so that all of it lies in winter
    s.lives(LONG_AGO)
    s.plan(0, "subscription-started", ends_at=TERM)
    s.tell(DAY, "first-use", "app", direction="inbound")
    s.plan(at, "subscription-renewed", ends_at=2 * TERM)


# --- scores -----------------------------------------------------------------------------------

LOW = (("csat", 2, 1, 5, True), ("nps", 4, 0, 10, True), ("ces", 6, 1, 7, False))
BETTER = (("csat", 3, 1, 5, True), ("nps", 5, 0, 10, True), ("ces", 4, 1, 7, False))


def _scores(s: Reach, at: float, scale: tuple[str, int, int, int, bool]) -> None:
    name, score, low, high, up = scale
    told: Line = {"score": score, "scale_min": low, "scale_max": high, "higher_is_better": up}
    s.tell(at, "survey-answered", "survey", survey=name, **told)


@case("low-score", "a low answer, at whatever hour")
def _(s: Reach) -> None:
    scale = s.random.choice(LOW[1:])
    _scores(s, 0, scale)
    s.comes("low-score", 0, "decided", channel="survey")


@case("low-score", "a low CSAT, which puts the customer at risk besides")
def _(s: Reach) -> None:
    _scores(s, 0, LOW[0])
    s.comes("low-score", 0, "decided", channel="survey")
    s.kept("rescue", 8 * DAY, "consent")


@case("low-score", "two stars of five, at night")
def _(s: Reach) -> None:
    s.due(0, LATE_EVENING)
    s.scores_low(0)


@case("low-score", "a second one a day later")
def _(s: Reach) -> None:
    s.scores_low(0)
    s.scores_low(DAY)


@case("low-score", "one who forbade all messages: the team is none")
def _(s: Reach) -> None:
    s.withdraws(-DAY)
    s.scores_low(0)


@near("low-score", "one point better")
def _(s: Reach) -> None:
    _scores(s, 0, s.random.choice(BETTER))
    s.nothing("low-score", NO_START)


@near("low-score", "three stars of five")
def _(s: Reach) -> None:
    s.tell(0, "review-posted", "review", stars=3, stars_max=5, product_id="p-1")
    s.nothing("low-score", NO_START)


@near("low-score", "bad words, and no score")
def _(s: Reach) -> None:
    s.tell(0, "mentioned", "social", text="Never again.", sentiment=-0.9, intent="complaint")
    s.nothing("low-score", NO_START)


@near("thank-review", "three stars of five")
def _(s: Reach) -> None:
    s.tell(0, "review-posted", "review", stars=3, stars_max=5, product_id="p-1")
    s.nothing("thank-review", NO_START)


@near("thank-review", "a full score in a survey, which is no review")
def _(s: Reach) -> None:
    _scores(s, 0, ("csat", 5, 1, 5, True))
    s.nothing("thank-review", NO_START)


# --- at risk ----------------------------------------------------------------------------------


@case("rescue", "a low CSAT eight days ago")
def _(s: Reach) -> None:
    s.due(8 * DAY)
    s.lives(LONG_AGO)
    s.agrees(LONG_AGO)
    _scores(s, 0, LOW[0])
    s.comes("low-score", 0, "decided", channel="survey")
    s.reached("rescue", 8 * DAY, "email")


@near("rescue", "renewed within the eight days")
def _(s: Reach) -> None:
    begin(s, OF["rescue"])
    s.plan(8 * DAY - SECOND, "subscription-renewed")
    s.ended("rescue", 8 * DAY - SECOND, "subscription-renewed")


@near("rescue", "a CSAT of three is none of a customer at risk")
def _(s: Reach) -> None:
    s.agrees(LONG_AGO)
    _scores(s, 0, BETTER[0])
    s.nothing("rescue", NO_START)


@near("rescue", "at risk again within ninety days")
def _(s: Reach) -> None:
    begin(s, OF["rescue"], agrees=False)
    stays(s, OF["rescue"], "consent")
    s.agrees(9 * DAY)
    s.order(10 * DAY, "order-placed", 2)
    s.plan(11 * DAY, "cancellation-asked")
    s.nothing("rescue", AGAIN)
