"""Stories of questions, surveys and public places: what starts a trigger, what just does not."""

from __future__ import annotations

from journey.sample.planted.story import DAY, DUE, HOUR, MINUTE, ROBO, SECOND
from journey.sample.reach.guards import LATE_EVENING, LONG_AGO, begin, goes
from journey.sample.reach.offers import OF
from journey.sample.reach.story import CALLED_OFF, NO_START, Reach
from journey.sample.reach.story import misses as near
from journey.sample.reach.story import reaches as case

# --- answers ----------------------------------------------------------------------------------


@case("unanswered", "nobody answers")
def _(s: Reach) -> None:
    channel = s.channel()
    s.due(DUE[channel] + HOUR)
    s.lives(LONG_AGO)
    s.asks(0, channel)
    s.comes("unanswered", DUE[channel], "decided", channel=channel)
    s.reached("unanswered-word", DUE[channel] + HOUR, "email")


@case("unanswered", "answered one second too late, at night")
def _(s: Reach) -> None:
    channel = s.channel()
    s.due(0, LATE_EVENING)
    s.asks(0, channel)
    s.answers(DUE[channel] + SECOND, channel)
    s.comes("unanswered", DUE[channel], "decided", channel=channel)
    s.ended("unanswered-word", DUE[channel] + SECOND, "message-sent")


@case("unanswered", "a bot that settles nothing is no answer, and a word to the customer")
def _(s: Reach) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.bot(DUE[channel] - 30, channel)
    s.comes("unanswered", DUE[channel], "decided", channel=channel)
    s.bot(DUE[channel] + 30, channel)
    s.ended("unanswered-word", DUE[channel] + 30, "message-sent")


@near("unanswered", "answered at the last moment")
def _(s: Reach) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.answers(DUE[channel], channel)
    s.nothing("unanswered", CALLED_OFF)


@near("unanswered", "a bot settles it in time")
def _(s: Reach) -> None:
    s.asks(0, "email")
    s.answers(DUE["email"] - SECOND, "email", agent=ROBO, resolving=True)
    s.nothing("unanswered", CALLED_OFF)


@near("unanswered", "resolved at the last moment")
def _(s: Reach) -> None:
    s.asks(0, "social")
    s.resolved(DUE["social"], "social")
    s.nothing("unanswered", CALLED_OFF)
    s.kept("survey-after-resolved", DUE["social"] + 2 * HOUR, "consent")


@near("unanswered", "thanks want no answer")
def _(s: Reach) -> None:
    s.thanks(0, "email")
    s.nothing("unanswered", NO_START)


@case("unanswered-word", "asked by e-mail, and out on the channel of the last day's word")
def _(s: Reach) -> None:
    s.due(DUE["email"] + HOUR)
    s.lives(LONG_AGO)
    s.tell(LONG_AGO, "spam-complained", "email", campaign="k-0")
    s.thanks(DUE["email"] + HOUR - DAY, "messaging")
    s.asks(0, "email")
    s.comes("unanswered", DUE["email"], "decided", channel="email")
    s.reached("unanswered-word", DUE["email"] + HOUR, "messaging")


@near("unanswered-word", "a second too long since the last word on the only channel left")
def _(s: Reach) -> None:
    s.due(DUE["email"] + HOUR)
    s.tell(LONG_AGO, "spam-complained", "email", campaign="k-0")
    s.thanks(DUE["email"] + HOUR - DAY - SECOND, "messaging")
    s.asks(0, "email")
    s.comes("unanswered", DUE["email"], "decided", channel="email")
    s.kept("unanswered-word", DUE["email"] + HOUR, "channel")


@near("unanswered-word", "answered at the last moment: it was never late")
def _(s: Reach) -> None:
    s.asks(0, "messaging")
    s.answers(DUE["messaging"], "messaging")
    s.nothing("unanswered-word", NO_START)


@near("unanswered-word", "resolved within the hour")
def _(s: Reach) -> None:
    s.due(DUE["messaging"] + HOUR)
    s.asks(0, "messaging")
    at = DUE["messaging"] + HOUR - SECOND
    s.resolved(at, "messaging")
    s.comes("unanswered", DUE["messaging"], "decided", channel="messaging")
    s.ended("unanswered-word", at, "conversation-resolved")
    s.kept("survey-after-resolved", at + 2 * HOUR, "consent")


# --- surveys ----------------------------------------------------------------------------------


@near("survey-after-resolved", "opened again at the last moment")
def _(s: Reach) -> None:
    begin(s, OF["survey-after-resolved"])
    s.tell(2 * HOUR, "conversation-reopened", "email", 1, direction="internal")
    s.nothing("survey-after-resolved", CALLED_OFF)


@near("survey-after-resolved", "the customer wrote again at the last moment")
def _(s: Reach) -> None:
    begin(s, OF["survey-after-resolved"])
    s.thanks(2 * HOUR, "email", talk="1")
    s.nothing("survey-after-resolved", CALLED_OFF)


@case("survey-after-resolved", "the customer wrote about another matter")
def _(s: Reach) -> None:
    begin(s, OF["survey-after-resolved"])
    s.thanks(HOUR, "email")
    goes(s, OF["survey-after-resolved"])


@near("survey-after-resolved", "opened again while it is held for the night")
def _(s: Reach) -> None:
    begin(s, OF["survey-after-resolved"], LATE_EVENING)
    s.tell(3 * HOUR, "conversation-reopened", "email", 1, direction="internal")
    s.comes("survey-after-resolved", 2 * HOUR, "held", by="quiet_hours")
    s.kept("survey-after-resolved", s.awake(2 * HOUR), "open_complaint")


@near("survey-after-resolved", "answered, and nobody said that it is resolved")
def _(s: Reach) -> None:
    s.agrees(LONG_AGO)
    s.asks(0, "email")
    s.answers(HOUR, "email")
    s.nothing("survey-after-resolved", NO_START)


@near("survey-after-purchase", "money is asked back at the last moment")
def _(s: Reach) -> None:
    begin(s, OF["survey-after-purchase"])
    s.order(3 * DAY, "refund-requested")
    s.nothing("survey-after-purchase", CALLED_OFF)


@case("survey-after-purchase", "money is asked back for another order")
def _(s: Reach) -> None:
    begin(s, OF["survey-after-purchase"])
    s.order(DAY, "refund-requested", 2)
    goes(s, OF["survey-after-purchase"])


@near("survey-after-purchase", "ordered, and not delivered")
def _(s: Reach) -> None:
    s.agrees(LONG_AGO)
    s.order(0, "order-placed")
    s.nothing("survey-after-purchase", NO_START)


# --- public channels --------------------------------------------------------------------------


@case("channel-retires", "the only other channel heard of them within the day")
def _(s: Reach) -> None:
    s.due(0)
    s.lives(LONG_AGO)
    s.tell(LONG_AGO, "spam-complained", "email", campaign="k-0")
    s.thanks(-DAY, "messaging", "before")
    s.thanks(0, "community")
    s.reached("channel-retires", 0, "messaging")


@near("channel-retires", "a second too long since the last word on the only channel left")
def _(s: Reach) -> None:
    s.due(0)
    s.tell(LONG_AGO, "spam-complained", "email", campaign="k-0")
    s.thanks(-DAY - SECOND, "messaging", "before")
    s.thanks(0, "community")
    s.kept("channel-retires", 0, "channel")


@case("channel-retires", "told once, however often they write there")
def _(s: Reach) -> None:
    begin(s, OF["channel-retires"])
    goes(s, OF["channel-retires"])
    s.thanks(30 * MINUTE, "community", "later")


@near("channel-retires", "wrote in another public place")
def _(s: Reach) -> None:
    s.thanks(0, "social")
    s.nothing("channel-retires", NO_START)


@near("channel-retires", "the brand wrote there")
def _(s: Reach) -> None:
    s.answers(0, "community")
    s.nothing("channel-retires", NO_START)


GAVE = (
    "Write to mary.major@example.com, please.",
    "Call me at +1 555 010 0199.",
    "I live at 12 Long Meadow Road.",
    "My account number is 44718821.",
)
KEPT_TO_THEMSELVES = (
    "Thank you, all is well.",
    "The parcel came in two days.",
    "Where is order 4471-8821?",
)


def _says(s: Reach, text: str, channel: str) -> None:
    s.asks(0, channel, intent="thanks", text=text)


@case("personal-data-in-public", "an address, a number or an account where all can read it")
def _(s: Reach) -> None:
    channel = s.random.choice(("social", "review"))
    _says(s, s.random.choice(GAVE), channel)
    s.comes("personal-data-in-public", 0, "decided", channel=channel)


@case("personal-data-in-public", "in the community, at night, though nothing may be sent")
def _(s: Reach) -> None:
    s.withdraws(-DAY)
    s.due(0, LATE_EVENING)
    _says(s, s.random.choice(GAVE), "community")
    s.comes("personal-data-in-public", 0, "decided", channel="community")
    s.kept("channel-retires", 0, "consent")


@near("personal-data-in-public", "an order's number, or nothing")
def _(s: Reach) -> None:
    _says(s, s.random.choice(KEPT_TO_THEMSELVES), s.random.choice(("social", "review")))
    s.nothing("personal-data-in-public", NO_START)


@near("personal-data-in-public", "the same in private")
def _(s: Reach) -> None:
    _says(s, s.random.choice(GAVE), s.random.choice(("email", "messaging", "chat")))
    s.nothing("personal-data-in-public", NO_START)
