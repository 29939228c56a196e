"""What lets any message out, and what keeps any message back: told of every trigger that sends."""

from __future__ import annotations

from collections.abc import Callable

from journey.sample.planted.story import DAY, HOUR, SECOND
from journey.sample.reach.offers import OFFERS, SURVEY, Offer
from journey.sample.reach.story import (
    CALLED_OFF,
    MORNING,
    NIGHT,
    Reach,
    misses,
    reaches,
)

LONG_AGO = -50 * DAY
REVIEWED_DAY = 54  # of the window: when somebody last looked at the triggers, 1 March
LATE_EVENING = 21 * HOUR  # twelve hours before the morning

Tells = Callable[[Reach, Offer], None]
Fits = Callable[[Offer], bool]


def begin(
    s: Reach,
    o: Offer,
    clock: float | None = None,
    weekday: int | None = None,
    *,
    agrees: bool = True,
) -> None:
    """What starts a trigger, so that its message is due at a time of day."""
    s.due(o.wait, clock, weekday)
    tell(s, o, agrees=agrees)


def tell(s: Reach, o: Offer, *, agrees: bool = True) -> None:
    """What starts a trigger, wherever the story has been placed."""
    s.lives(LONG_AGO)
    if o.is_bound and agrees:
        s.agrees(LONG_AGO + HOUR)
    o.begins(s)


def goes(s: Reach, o: Offer, channel: str = "") -> float:
    """The first message goes out; what would follow is called off."""
    out = s.reached(o.trigger, o.wait, channel or o.channels[0])
    end(s, o, out)
    return out


def stays(s: Reach, o: Offer, by: str) -> None:
    """The first message is kept back; what would follow is called off."""
    s.kept(o.trigger, o.wait, by)
    end(s, o, o.wait)


def end(s: Reach, o: Offer, at: float) -> None:
    """Nothing more is to come of it after a first step."""
    if o.second:
        o.ends(s, at + HOUR)
        s.ended(o.trigger, at + HOUR, o.exit, 2)
    if o.settles is not None:
        o.settles(s, at + DAY)


def _all(o: Offer) -> bool:
    return True


def is_bound(o: Offer) -> bool:
    """Whether what binds marketing binds it."""
    return o.is_bound


def _left(o: Offer) -> bool:
    return o.leaves is not None


def case(why: str, fits: Fits = _all) -> Callable[[Tells], Tells]:
    """A story of every such trigger in which it reaches somebody."""
    return _of_each(reaches, why, fits)


def near(why: str, fits: Fits = _all) -> Callable[[Tells], Tells]:
    """A story of every such trigger in which it must not."""
    return _of_each(misses, why, fits)


def _of_each(
    plot: Callable[[str, str], Callable[[Callable[[Reach], None]], object]], why: str, fits: Fits
) -> Callable[[Tells], Tells]:
    def add(tells: Tells) -> Tells:
        for offer in OFFERS:
            if fits(offer):
                plot(offer.trigger, why)(lambda s, o=offer: tells(s, o))  # type: ignore[misc]
        return tells

    return add


# --- hours ------------------------------------------------------------------------------------


@case("nothing stands in the way")
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    goes(s, o)


@case("due one second before the night")
def _(s: Reach, o: Offer) -> None:
    begin(s, o, NIGHT - SECOND)
    goes(s, o)


@case("due late in the evening, and out in the morning")
def _(s: Reach, o: Offer) -> None:
    begin(s, o, LATE_EVENING)
    goes(s, o)


@case("due as the night begins, and out thirteen hours later", lambda o: o.stale_after >= DAY)
def _(s: Reach, o: Offer) -> None:
    begin(s, o, NIGHT)
    goes(s, o)


@near("due as the night begins, and stale in the morning", lambda o: o.stale_after < DAY)
def _(s: Reach, o: Offer) -> None:
    begin(s, o, NIGHT)
    s.comes(o.trigger, o.wait, "held", by="quiet_hours")
    s.kept(o.trigger, s.awake(o.wait), "fresh")


@case("due one second before the morning")
def _(s: Reach, o: Offer) -> None:
    begin(s, o, MORNING - SECOND)
    goes(s, o)


@case("due as the morning begins")
def _(s: Reach, o: Offer) -> None:
    begin(s, o, MORNING)
    goes(s, o)


@near("forbidden while it is held for the night")
def _(s: Reach, o: Offer) -> None:
    begin(s, o, LATE_EVENING)
    s.withdraws(o.wait + 2 * HOUR)
    s.comes(o.trigger, o.wait, "held", by="quiet_hours")
    s.kept(o.trigger, s.awake(o.wait), "consent")
    end(s, o, s.awake(o.wait))


@near("over while it is held for the night", _left)
def _(s: Reach, o: Offer) -> None:
    begin(s, o, LATE_EVENING)
    o.ends(s, o.wait + HOUR)
    s.comes(o.trigger, o.wait, "held", by="quiet_hours")
    s.ended(o.trigger, o.wait + HOUR, o.exit)


# --- exits ------------------------------------------------------------------------------------


@near("over at the last moment", _left)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    o.ends(s, o.wait)
    if o.is_recorded:
        s.ended(o.trigger, o.wait, o.exit)
    else:
        s.nothing(o.trigger, CALLED_OFF)


@case("over one second too late", _left)
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    o.ends(s, o.wait + SECOND)
    s.reached(o.trigger, o.wait, o.channels[0])
    if o.second:
        s.ended(o.trigger, o.wait + SECOND, o.exit, 2)


# --- consent ----------------------------------------------------------------------------------


@near("forbidden one second before")
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.withdraws(o.wait - SECOND, o.purpose)
    stays(s, o, "consent")


@case("forbidden one second after")
def _(s: Reach, o: Offer) -> None:
    begin(s, o)
    s.withdraws(o.wait + SECOND, o.purpose)
    goes(s, o)


@near("all messages are forbidden")
def _(s: Reach, o: Offer) -> None:
    s.withdraws(LONG_AGO + DAY)
    begin(s, o)
    stays(s, o, "consent")


@case("forbidden, and allowed again")
def _(s: Reach, o: Offer) -> None:
    s.withdraws(LONG_AGO + DAY, o.purpose)
    s.agrees(LONG_AGO + 2 * DAY, o.purpose)
    begin(s, o)
    goes(s, o)


@near("never allowed", is_bound)
def _(s: Reach, o: Offer) -> None:
    begin(s, o, agrees=False)
    stays(s, o, "consent")


@near("allowed on another channel alone", is_bound)
def _(s: Reach, o: Offer) -> None:
    s.agrees(LONG_AGO + HOUR, on_channel="sms")
    begin(s, o, agrees=False)
    stays(s, o, "consent")


@near("offers are allowed, surveys are not", lambda o: o.purpose == SURVEY)
def _(s: Reach, o: Offer) -> None:
    s.withdraws(LONG_AGO + DAY, SURVEY)
    begin(s, o)
    stays(s, o, "consent")


@case("surveys are allowed, and nothing else", lambda o: o.purpose == SURVEY)
def _(s: Reach, o: Offer) -> None:
    s.agrees(LONG_AGO + HOUR, SURVEY)
    begin(s, o, agrees=False)
    goes(s, o)
