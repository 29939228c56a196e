"""Where nothing arrives, too much of it, complaints and the review: of every trigger that sends."""

from __future__ import annotations

from typing import Any

from journey.sample.planted.story import DAY, HOUR, SECOND
from journey.sample.reach.guards import (
    LONG_AGO,
    REVIEWED_DAY,
    begin,
    case,
    goes,
    is_bound,
    near,
    stays,
    tell,
)
from journey.sample.reach.offers import SURVEY, Offer
from journey.sample.reach.story import MONDAY, NOON, REVIEW_DAYS, THURSDAY, TOKYO, Reach

OTHERS = ("sms", "push")  # where a message may go with no word of the customer's before


def _with_another(o: Offer) -> bool:
    return o.channels[-1] in OTHERS


# --- where nothing arrives --------------------------------------------------------------------


def _told(s: Reach, o: Offer, what: str, **more: Any) -> None:
    for n, channel in enumerate(o.channels):
        s.tell(LONG_AGO + DAY + n, what, channel, campaign="k-0", **more)


@near("called spam on each channel")
def _(s: Reach, o: Offer) -> None:
    _told(s, o, "spam-complained")
    begin(s, o)
    stays(s, o, "suppressed")


@near("bounced for good on each channel")
def _(s: Reach, o: Offer) -> None:
    _told(s, o, "outreach-bounced", hard=True)
    begin(s, o)
    stays(s, o, "suppressed")


@case("bounced, and not for good")
def _(s: Reach, o: Offer) -> None:
    _told(s, o, "outreach-bounced", hard=False)
    begin(s, o)
    goes(s, o)


@case("called spam on the one channel, and out on the other", _with_another)
def _(s: Reach, o: Offer) -> None:
    s.tell(LONG_AGO + DAY, "spam-complained", o.channels[0], campaign="k-0")
    begin(s, o)
    goes(s, o, o.channels[1])


@case("the customer asked for the other channel", _with_another)
def _(s: Reach, o: Offer) -> None:
    s.tell(LONG_AGO + DAY, "preference-stated", "web", on_channel=o.channels[1])
    begin(s, o)
    goes(s, o, o.channels[1])


# --- too much ---------------------------------------------------------------------------------


@near("another system wrote in the first second of that day", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.sent(s.midnight(o.wait))
    stays(s, o, "cap")


@case("another system wrote in the last second of the day before", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.sent(s.midnight(o.wait) - SECOND)
    goes(s, o)


@case("another system sent a receipt on that day", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.sent(s.midnight(o.wait), "transactional")
    goes(s, o)


@near("three messages since the first second of Monday", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o, weekday=THURSDAY)
    monday = s.midnight(o.wait) - THURSDAY * DAY
    for at in (0, DAY + NOON, 2 * DAY + NOON):
        s.sent(monday + at)
    stays(s, o, "cap")


@case("three messages up to the last second of Sunday", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o, weekday=MONDAY)
    monday = s.midnight(o.wait)
    for days in range(3):
        s.sent(monday - days * DAY - SECOND)
    goes(s, o)


@near("a survey a second less than thirty days ago", lambda o: o.purpose == SURVEY)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.sent(o.wait - 30 * DAY + SECOND, SURVEY)
    stays(s, o, "cap")


@case("a survey thirty days ago", lambda o: o.purpose == SURVEY)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.sent(o.wait - 30 * DAY, SURVEY)
    goes(s, o)


@case("two offers of another system on that day bind no such message", lambda o: not o.is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.sent(s.midnight(o.wait))
    s.sent(s.midnight(o.wait) + HOUR)
    goes(s, o)


# --- complaints -------------------------------------------------------------------------------


def _talk(s: Reach, answered: float) -> None:
    s.asks(answered - 60, "email", "other")
    s.answers(answered, "email", "other")


@near("care answered a second less than three days ago: it is open", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    _talk(s, o.wait - 3 * DAY + SECOND)
    stays(s, o, "open_complaint")


@case("care answered three days ago: it is settled", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    _talk(s, o.wait - 3 * DAY)
    goes(s, o)


@near("a low score a second less than seven days ago", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.scores_low(o.wait - 7 * DAY + SECOND)
    stays(s, o, "open_complaint")


@case("a low score seven days ago", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.scores_low(o.wait - 7 * DAY)
    goes(s, o)


# --- review -----------------------------------------------------------------------------------


def _of_day(s: Reach, o: Offer, day: int) -> None:
    s.zone = TOKYO  # in summer New York's clocks are others
    s.start = int(day * DAY + NOON - s.zone - o.wait)
    tell(s, o)


@case("the last day of the review")
def _(s: Reach, o: Offer) -> None:
    _of_day(s, o, REVIEWED_DAY + REVIEW_DAYS)
    goes(s, o)


@near("nobody looked at it for more than ninety days")
def _(s: Reach, o: Offer) -> None:
    _of_day(s, o, REVIEWED_DAY + REVIEW_DAYS + 1)
    stays(s, o, "review")
