"""Each guardrail at its border: the microsecond before, at it, and after it, worked out by hand.

Local times of 2024. Oslo is one hour ahead of UTC, two from 31 March 01:00 UTC to 27 October 01:00
UTC: these Sundays have 23 and 25 hours. New York is five behind, four from 10 March 07:00 UTC to
3 November 06:00 UTC. Each table is worth something: a guardrail that is broken by one word fails
one of its rows.
"""

from __future__ import annotations
import __future__

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec
import pytest

from journey.config.file import parse
from projections.outreach import choice, clocks, guardrails, known, places
from projections.outreach.guardrails import (
    GUARDRAILS,
    HELD,
    PASSED,
    SUPPRESSED,
    Case,
    Verdict,
    is_held_out,
    ruling,
)
from projections.outreach.known import KnownState, note
from schemas.envelope import Flag
from schemas.events import (
    ConsentGiven,
    ConsentWithdrawn,
    OutreachBounced,
    OutreachSent,
    PreferenceStated,
    ReviewPosted,
    SpamComplained,
    SurveyAnswered,
    TraitsStated,
    Unsubscribed,
)
from schemas.fact import Fact
from schemas.recorded import Recorded
from schemas.times import DAY, HOUR, Instant, parse_rfc3339
from tests.projections.story import ANN, asks, csat, reopened, replies, resolved

OSLO, NEW_YORK = "Europe/Oslo", "America/New_York"
TEXT = """
[templates.t]
purpose = "{purpose}"
text = {{ en = "Hello" }}
sender = "Shop"
contact = "shop@shop.example"
opt_out = "https://shop.example/no"
{template}

[triggers.t]
start = {{ events = ["page-viewed"] }}
steps = [{{ template = "t", channels = {channels} }}]
{trigger}

[outreach]
zones = {zones}
{outreach}
"""
Told = tuple[Fact, Instant] | tuple[Fact, Instant, str]  # the third: imported


def utc(text: str) -> Instant:
    """An instant of 2024, as ``03-31 01:00`` or finer."""
    day, _, clock = text.partition(" ")
    return parse_rfc3339(f"2024-{day}T{clock}{':00' if clock.count(':') == 1 else ''}Z")


class Row(NamedTuple):
    """One message about to be decided, and what one guardrail says to it.

    Args:
        at: the time of the decision.
        since: when it was due; left out: now.
        told: what is known, in the order of the log.
        says: the configuration's lines by table.
    """

    what: str
    outcome: str
    at: Instant
    told: Sequence[Told] = ()
    until: Instant = 0
    since: Instant | None = None
    purpose: str = "marketing"
    channels: Sequence[str] = ("email",)
    zones: Sequence[str] = ("UTC",)
    says: Mapping[str, str] = MappingProxyType({})
    missing: Sequence[str] = ()
    customer: bytes = ANN


def case(row: Row) -> Case:
    """The case that a row describes."""
    text = TEXT.format(
        purpose=row.purpose,
        channels=str(list(row.channels)).replace("'", '"'),
        zones=str(list(row.zones)).replace("'", '"'),
        **({"template": "", "trigger": "", "outreach": "", **row.says}),
    )
    rules, state = parse(text).rules, KnownState()
    for n, (fact, at, *imported) in enumerate(row.told):
        flags = int(Flag.IMPORTED) if imported else 0
        place = (7, n, at, n.to_bytes(16), fact.TYPE, "test", 0, ANN, at)
        note(state, Recorded(*place, flags, fact), rules.outreach)
    trigger = rules.triggers["t"]
    return Case(
        at=row.at,
        since=row.at if row.since is None else row.since,
        customer=row.customer,
        rules=rules,
        name="t",
        trigger=trigger,
        template=rules.templates["t"],
        known=state,
        channels=choice.candidates(rules, state, trigger.steps[0], row.at),
        missing=row.missing,
    )


def sent(
    at: Instant, purpose: str = "marketing", system: str = "braze", channel: str = "push"
) -> Told:
    return OutreachSent(purpose=purpose, system=system, channel=channel), at


def given(purpose: str = "marketing", channel: str = "email") -> ConsentGiven:
    return ConsentGiven(purpose=purpose, on_channel=channel, method="form")


def withdrawn(purpose: str = "marketing", channel: str = "email") -> ConsentWithdrawn:
    return ConsentWithdrawn(purpose=purpose, on_channel=channel)


def in_zone(name: str) -> Told:
    return PreferenceStated(timezone=name), utc("01-01 00:00")


NOON = utc("06-05 12:00")  # a Wednesday
WORD = utc("06-01 12:00")

# --- fresh, suppressed, facts, stated ---------------------------------------------------------

HOUR_OLD = {"trigger": 'stale_after = "1 h"'}
FRESH = [
    Row("on time", PASSED, NOON),
    Row("a microsecond before", PASSED, NOON, since=NOON - HOUR + 1, says=HOUR_OLD),
    Row("at the border", PASSED, NOON, since=NOON - HOUR, says=HOUR_OLD),
    Row("a microsecond after", SUPPRESSED, NOON, since=NOON - HOUR - 1, says=HOUR_OLD),
    Row("a day as nothing is said", PASSED, NOON, since=NOON - DAY),
    Row("more than a day", SUPPRESSED, NOON, since=NOON - DAY - 1),
]
SPAM, HARD = SpamComplained(channel="email"), OutreachBounced(channel="email", hard=True)
SUPPRESS = [
    Row("nothing known", PASSED, NOON),
    Row("called spam", SUPPRESSED, NOON, [(SPAM, WORD)]),
    Row("called spam, says an import", SUPPRESSED, NOON, [(SPAM, WORD, "imported")]),
    Row("called spam on no named channel", SUPPRESSED, NOON, [(SpamComplained(), WORD)]),
    Row("bounced for good", SUPPRESSED, NOON, [(HARD, WORD)]),
    Row("bounced for now", PASSED, NOON, [(OutreachBounced(channel="email"), WORD)]),
    Row("transactional too", SUPPRESSED, NOON, [(HARD, WORD)], purpose="transactional"),
    Row("another is left", PASSED, NOON, [(HARD, WORD)], channels=["email", "sms"]),
    Row(
        "agreed to since",
        SUPPRESSED,
        NOON,
        [(SPAM, WORD), (given(), WORD + 1)],
    ),
]
FACTS = [
    Row("nothing missing", PASSED, NOON),
    Row(
        "held until it is stale",
        HELD,
        NOON,
        since=NOON - HOUR,
        until=NOON - HOUR + DAY + 1,
        missing=["amount"],
    ),
    Row("transactional too", HELD, NOON, until=NOON + DAY + 1, purpose="transactional",
        missing=["amount"]),
]  # fmt: skip
NEEDS = {"trigger": 'needs = ["due"]'}
STATED = [
    Row("nothing needed", PASSED, NOON),
    Row("never stated", SUPPRESSED, NOON, says=NEEDS),
    Row("stated", PASSED, NOON, [(TraitsStated(facts={"due": "May"}), WORD)], says=NEEDS),
    Row("another stated", SUPPRESSED, NOON, [(TraitsStated(facts={"x": "1"}), WORD)], says=NEEDS),
    Row(
        "taken back",
        SUPPRESSED,
        NOON,
        [(TraitsStated(facts={"due": "May"}), WORD), (TraitsStated(facts={"due": ""}), WORD)],
        says=NEEDS,
    ),
]

# --- consent and channel ----------------------------------------------------------------------

AS_SERVICE = {"outreach": "surveys_are_marketing = false"}
CONSENT = [
    Row("no record", SUPPRESSED, NOON),
    Row("no record, and none is needed", PASSED, NOON, purpose="service"),
    Row("no record, transactional", PASSED, NOON, purpose="transactional"),
    Row("no record of a survey", SUPPRESSED, NOON, purpose="survey"),
    Row("surveys are no marketing", PASSED, NOON, purpose="survey", says=AS_SERVICE),
    Row("given", PASSED, NOON, [(given(), WORD)]),
    Row("given for any purpose", PASSED, NOON, [(given(""), WORD)]),
    Row("given on any channel", PASSED, NOON, [(given(channel=""), WORD)]),
    Row("given for anything", PASSED, NOON, [(given("", ""), WORD)]),
    Row("given for another purpose", SUPPRESSED, NOON, [(given("service"), WORD)]),
    Row("given on another channel", SUPPRESSED, NOON, [(given(channel="sms"), WORD)]),
    Row("given for marketing, asked as a survey", PASSED, NOON, [(given(), WORD)],
        purpose="survey"),
    Row("given for surveys alone", SUPPRESSED, NOON, [(given("survey"), WORD)]),
    Row("surveys agreed to, marketing withdrawn", PASSED, NOON,
        [(given("survey"), WORD), (withdrawn(), WORD + 1)], purpose="survey"),
    Row("agreed to anything, marketing withdrawn since", SUPPRESSED, NOON,
        [(given("", ""), WORD), (withdrawn(), WORD + 1)], purpose="survey"),
    Row("surveys agreed to, all withdrawn since", SUPPRESSED, NOON,
        [(given("survey"), WORD), (withdrawn("", ""), WORD + 1)], purpose="survey"),
    Row("withdrawn a microsecond later", SUPPRESSED, NOON,
        [(given(), WORD), (withdrawn(), WORD + 1)]),
    Row("withdrawn at that time", SUPPRESSED, NOON, [(given(), WORD), (withdrawn(), WORD)]),
    Row("withdrawn at that time, told first", SUPPRESSED, NOON,
        [(withdrawn(), WORD), (given(), WORD)]),
    Row("withdrawn for all at that time", SUPPRESSED, NOON,
        [(withdrawn("", ""), WORD), (given(), WORD)]),
    Row("withdrawn a microsecond before", PASSED, NOON,
        [(given(), WORD), (withdrawn(), WORD - 1)]),
    Row("withdrawn for any purpose", SUPPRESSED, NOON,
        [(given(), WORD), (withdrawn(""), WORD + 1)]),
    Row("withdrawn on any channel", SUPPRESSED, NOON,
        [(given(), WORD), (withdrawn(channel=""), WORD + 1)]),
    Row("withdrawn for all, given for this since", PASSED, NOON,
        [(withdrawn("", ""), WORD), (given(), WORD + 1)]),
    Row("withdrawn for all, so for service", SUPPRESSED, NOON,
        [(withdrawn("", ""), WORD)], purpose="service"),
    Row("imported", PASSED, NOON, [(given(), WORD, "imported")]),
    Row("withdrawn, given by an import since", SUPPRESSED, NOON,
        [(withdrawn(), WORD), (given(), WORD + HOUR, "imported")]),
    Row("withdrawn, given by an import told first", SUPPRESSED, NOON,
        [(given(), WORD + HOUR, "imported"), (withdrawn(), WORD)]),
    Row("withdrawn on any channel, an import of this", SUPPRESSED, NOON,
        [(withdrawn(channel=""), WORD), (given(), WORD + HOUR, "imported")]),
    Row("withdrawn on this, an import of any", SUPPRESSED, NOON,
        [(withdrawn(), WORD), (given("", ""), WORD + HOUR, "imported")]),
    Row("an import does not stand for the word before it", PASSED, NOON,
        [(given(), WORD), (given(), WORD + HOUR, "imported"), (withdrawn(), WORD - 1)]),
    Row("a word counts more than an import", PASSED, NOON,
        [(given(), WORD + HOUR, "imported"), (given(), WORD), (withdrawn(), WORD - 1)]),
    Row("unsubscribed", SUPPRESSED, NOON,
        [(given(), WORD), (Unsubscribed(channel="email"), WORD + 1)]),
    Row("unsubscribed from surveys", PASSED, NOON,
        [(given(), WORD), (Unsubscribed(channel="email", purpose="survey"), WORD + 1)]),
    Row("unsubscribed from all channels", SUPPRESSED, NOON,
        [(given(), WORD), (Unsubscribed(), WORD + 1)]),
    Row("the fallback was agreed to", PASSED, NOON, [(given(), WORD)], channels=["sms", "email"]),
    Row("what was agreed to bounces", SUPPRESSED, NOON,
        [(given(channel="sms"), WORD), (OutreachBounced(channel="sms", hard=True), WORD)],
        channels=["sms", "email"]),
]  # fmt: skip
OWN_TEMPLATE = {"template": 'messaging_template = "hello_1"'}
RETIRED = {
    "trigger": "[channels.email]\nretired_at = 2024-06-05",
    "outreach": '[preference]\notherwise = ["email"]',
}
MESSAGING: dict[str, Any] = {"purpose": "service", "channels": ["messaging"]}


def heard(at: Instant) -> list[Told]:
    return [(asks(channel="messaging"), at)]


CHANNEL = [
    Row("free", PASSED, NOON, purpose="service"),
    Row("24 h after their word", PASSED, NOON, heard(NOON - DAY), **MESSAGING),
    Row("a microsecond before that", PASSED, NOON, heard(NOON - DAY + 1), **MESSAGING),
    Row("a microsecond after it", SUPPRESSED, NOON, heard(NOON - DAY - 1), **MESSAGING),
    Row("no word of theirs", SUPPRESSED, NOON, **MESSAGING),
    Row("a word elsewhere", SUPPRESSED, NOON, [(asks(channel="chat"), NOON - HOUR)], **MESSAGING),
    Row("an older word told later", PASSED, NOON,
        [*heard(NOON - DAY), *heard(NOON - 3 * DAY)], **MESSAGING),
    Row("a template of the service", PASSED, NOON, says=OWN_TEMPLATE, **MESSAGING),
    Row("a fallback", PASSED, NOON, purpose="service", channels=["messaging", "email"]),
    Row("the day before it is retired", PASSED, utc("06-04 23:59:59.999999"), says=RETIRED,
        channels=[], purpose="service"),
    Row("the day it is retired", SUPPRESSED, utc("06-05 00:00"), says=RETIRED,
        channels=[], purpose="service"),
]  # fmt: skip

# --- the cap ----------------------------------------------------------------------------------


def days(zone: str, start: str, end: str) -> Iterator[Row]:
    """A message at the first and the last moment of a day, and beside it, asked about within it."""
    first, last = utc(start), utc(end) - 1
    told = [in_zone(zone)]
    yield Row(f"{zone} {start}: at its start", SUPPRESSED, last, [*told, sent(first)])
    yield Row(f"{zone} {start}: the day before", PASSED, last, [*told, sent(first - 1)])
    yield Row(f"{zone} {start}: at its end", SUPPRESSED, first, [*told, sent(last)])
    yield Row(f"{zone} {start}: the next day", PASSED, last + 1, [*told, sent(last)])


def week(zone: str, start: str, end: str) -> Iterator[Row]:
    """Two a week, of ten a day: the last and one more, and the week's own borders."""
    first, last = utc(start), utc(end) - 1
    told, says = [in_zone(zone)], {"outreach": "marketing_per_day = 10\nmarketing_per_week = 2"}
    yield Row(f"{zone} {start}: the second", PASSED, last, [*told, sent(first)], says=says)
    yield Row(f"{zone} {start}: the third", SUPPRESSED, last, [*told, sent(first), sent(first)],
              says=says)  # fmt: skip
    yield Row(f"{zone} {start}: one of last week", PASSED, last,
              [*told, sent(first - 1), sent(first)], says=says)  # fmt: skip
    yield Row(f"{zone} {start}: next week", PASSED, last + 1, [*told, sent(last), sent(last)],
              says=says)  # fmt: skip


LAST_SURVEY = NOON - 30 * DAY
CAP = [
    Row("nothing before", PASSED, NOON),
    Row("one today", SUPPRESSED, NOON, [sent(NOON - HOUR)]),
    Row("by an import", SUPPRESSED, NOON, [(*sent(NOON - HOUR), "imported")]),
    Row("a purpose that nobody told", SUPPRESSED, NOON, [sent(NOON - HOUR, "")]),
    Row("a survey counts", SUPPRESSED, NOON, [sent(NOON - HOUR, "survey")]),
    Row("a survey counts as none", PASSED, NOON, [sent(NOON - HOUR, "survey")], says=AS_SERVICE),
    Row("service does not count", PASSED, NOON, [sent(NOON - HOUR, "service")]),
    Row("nor do hundreds of them", SUPPRESSED, NOON,
        [sent(NOON - HOUR), *[sent(NOON - HOUR + n, "service") for n in range(200)]]),
    Row("nor old ones that an import tells now", SUPPRESSED, NOON,
        [sent(NOON - HOUR), *[sent(NOON - 90 * DAY + n) for n in range(200)]]),
    Row("service is not bound", PASSED, NOON, [sent(NOON - HOUR)], purpose="service"),
    Row("transactional is not bound", PASSED, NOON, [sent(NOON - HOUR)], purpose="transactional"),
    Row("the second of two a day", PASSED, NOON, [sent(NOON - HOUR)],
        says={"outreach": "marketing_per_day = 2"}),
    Row("the third of two a day", SUPPRESSED, NOON, [sent(NOON - HOUR), sent(NOON)],
        says={"outreach": "marketing_per_day = 2"}),
    Row("none a day", SUPPRESSED, NOON, says={"outreach": "marketing_per_day = 0"}),
    Row("a survey 30 days ago", PASSED, NOON, [sent(LAST_SURVEY, "survey")], purpose="survey"),
    Row("a microsecond less", SUPPRESSED, NOON, [sent(LAST_SURVEY + 1, "survey")],
        purpose="survey"),
    Row("that holds where surveys are no marketing", SUPPRESSED, NOON,
        [sent(LAST_SURVEY + 1, "survey")], purpose="survey", says=AS_SERVICE),
    Row("marketing then is no matter", PASSED, NOON, [sent(NOON)], purpose="survey",
        says=AS_SERVICE),
    *days(OSLO, "06-04 22:00", "06-05 22:00"),
    *days(OSLO, "03-30 23:00", "03-31 22:00"),  # 23 hours
    *days(OSLO, "10-26 22:00", "10-27 23:00"),  # 25 hours
    *days(NEW_YORK, "03-10 05:00", "03-11 04:00"),
    *days(NEW_YORK, "11-03 04:00", "11-04 05:00"),
    *days("UTC", "02-29 00:00", "03-01 00:00"),
    *week(OSLO, "03-24 23:00", "03-31 22:00"),  # its Sunday has 23 hours
    *week(OSLO, "10-20 22:00", "10-27 23:00"),
    *week(NEW_YORK, "03-04 05:00", "03-11 04:00"),
    *week(NEW_YORK, "10-28 04:00", "11-04 05:00"),
    # 06-04 21:30 UTC is the 4th in New York and in Oslo, 22:30 the 5th in Oslo.
    Row("of two zones, the same day in the first", SUPPRESSED, utc("06-05 21:00"),
        [sent(utc("06-04 22:30"))], zones=[OSLO, NEW_YORK]),
    Row("of two zones, the same day in the second", SUPPRESSED, utc("06-04 22:30"),
        [sent(utc("06-04 21:30"))], zones=[OSLO, NEW_YORK]),
    Row("of two zones, the same day in none", PASSED, utc("06-05 22:30"),
        [sent(utc("06-04 21:30"))], zones=[OSLO, NEW_YORK]),
    Row("a zone that is none counts as unknown", SUPPRESSED, utc("06-04 22:30"),
        [in_zone("Mars/Olympus"), sent(utc("06-04 21:30"))], zones=[OSLO, NEW_YORK]),
    Row("a zone that is known counts alone", PASSED, utc("06-04 22:30"),
        [in_zone(OSLO), sent(utc("06-04 21:30"))], zones=[OSLO, NEW_YORK]),
]  # fmt: skip

# --- open complaint ---------------------------------------------------------------------------

ASKED = NOON - 10 * DAY
IMPLIED = 72 * HOUR
ANSWERED = NOON - IMPLIED
LOW = NOON - 7 * DAY


def score(share: float, at: Instant) -> list[Told]:
    return [(csat(share * 10, 0, 10), at)]


COMPLAINT = [
    Row("nobody complains", PASSED, NOON),
    Row("waits for an answer", SUPPRESSED, NOON, [(asks(), ASKED)]),
    Row("service may go", PASSED, NOON, [(asks(), ASKED)], purpose="service"),
    Row("transactional may go", PASSED, NOON, [(asks(), ASKED)], purpose="transactional"),
    Row("a survey waits too", SUPPRESSED, NOON, [(asks(), ASKED)], purpose="survey"),
    Row("it wants no answer", PASSED, NOON, [(asks(intent="thanks"), ASKED)]),
    Row("only judged to be thanks", SUPPRESSED, NOON,
        [(asks(intent="thanks", intent_method="m"), ASKED)]),
    Row("answered 72 h ago", PASSED, NOON, [(asks(), ASKED), (replies(), ANSWERED)]),
    Row("answered a microsecond less ago", SUPPRESSED, NOON,
        [(asks(), ASKED), (replies(), ANSWERED + 1)]),
    Row("answered by a bot that settles nothing", SUPPRESSED, NOON,
        [(asks(), ASKED), (replies(actor_kind="bot"), ANSWERED)]),
    Row("the answer is told before the question", PASSED, NOON,
        [(replies(), ANSWERED), (asks(), ASKED)]),
    Row("the brand spoke first", PASSED, NOON, [(replies(), NOON - HOUR)]),
    Row("asked again at the time of the answer", PASSED, NOON,
        [(replies(), ANSWERED), (asks(), ANSWERED)]),
    Row("asked again after it", SUPPRESSED, NOON, [(replies(), ANSWERED), (asks(), ANSWERED + 1)]),
    Row("resolved", PASSED, NOON, [(asks(), ASKED), (resolved(), NOON)]),
    Row("resolved at that time", PASSED, NOON, [(asks(), NOON), (resolved(), NOON)]),
    Row("resolved, asked again", SUPPRESSED, NOON, [(resolved(), ASKED), (asks(), ASKED + 1)]),
    Row("the resolution is told first", PASSED, NOON, [(resolved(), ASKED + 1), (asks(), ASKED)]),
    Row("reopened", SUPPRESSED, NOON,
        [(asks(), ASKED), (resolved(), ASKED + 1), (reopened(), ASKED + 2)]),
    Row("another one is open", SUPPRESSED, NOON,
        [(asks(b"o" * 16), ASKED), (asks(), ASKED), (resolved(), NOON)]),
    Row("after many that were settled", SUPPRESSED, NOON,
        [(asks(), ASKED), *[(fact(bytes([n]) * 16), ASKED + n) for n in range(60)
                            for fact in (asks, resolved)]]),
    Row("a low score 7 days ago", PASSED, NOON, score(0.4, LOW)),
    Row("a microsecond less", SUPPRESSED, NOON, score(0.4, LOW + 1)),
    Row("a score that is not low", PASSED, NOON, score(0.41, LOW + 1)),
    Row("the low score is older than a good one", SUPPRESSED, NOON,
        [*score(0.2, LOW + 1), *score(1, NOON)]),
    Row("a low one of long ago is told now", SUPPRESSED, NOON,
        [*score(0.2, NOON - HOUR), *score(0.2, NOON - 90 * DAY)]),
    Row("effort, where less is better", SUPPRESSED, NOON,
        [(SurveyAnswered(survey="ces", score=6, scale_min=1, scale_max=7, higher_is_better=False),
          NOON - HOUR)]),
    Row("two stars of five", SUPPRESSED, NOON, [(ReviewPosted(stars=2), NOON - HOUR)]),
    Row("three stars of five", PASSED, NOON, [(ReviewPosted(stars=3), NOON - HOUR)]),
    Row("service after a low score", PASSED, NOON, score(0, NOON), purpose="service"),
]  # fmt: skip

# --- review -----------------------------------------------------------------------------------


def reviewed(day: str) -> dict[str, str]:
    return {"trigger": f"reviewed_on = {day}"}


REVIEW = [
    Row("no day told", PASSED, NOON),
    # 1 December and 90 days is 29 February: 30 days of December, 31 of January, 29.
    Row("the 90th day", PASSED, utc("02-29 23:59:59.999999"), says=reviewed("2023-12-01")),
    Row("after it", SUPPRESSED, utc("03-01 00:00"), says=reviewed("2023-12-01")),
    # From 29 February it is 29 May: 31 days to 31 March, 61 to 30 April, 90.
    Row("from 29 February", PASSED, utc("05-29 23:59:59.999999"), says=reviewed("2024-02-29")),
    Row("after that", SUPPRESSED, utc("05-30 00:00"), says=reviewed("2024-02-29")),
    Row("of another setting", SUPPRESSED, utc("03-03 00:00"),
        says=reviewed("2024-03-01") | {"outreach": 'review_every = "1 d"'}),
    Row("transactional stops as well", SUPPRESSED, utc("03-01 00:00"),
        says=reviewed("2023-12-01"), purpose="transactional"),
]  # fmt: skip

# --- holdout ----------------------------------------------------------------------------------

NUMBERS = [n.to_bytes(16) for n in range(100_000)]


def half(customer: bytes) -> dict[str, Any]:
    return {"customer": customer, "says": {"trigger": "holdout = 0.5"}}


# SHA-256 of "1", NUL, "t", NUL and the id begins with 0x26 and 0x93: below 0x80 is out.
# `printf '1\0t\00000000000000000' | sha256sum` tells.
OUT, IN = b"0" * 16, b"4" * 16
HOLDOUT = [
    Row("no holdout", PASSED, NOON, customer=OUT),
    Row("in it", SUPPRESSED, NOON, **half(OUT)),
    Row("not in it", PASSED, NOON, **half(IN)),
    Row("transactional has none", PASSED, NOON, purpose="transactional", **half(OUT)),
]

# --- quiet hours ------------------------------------------------------------------------------


def night(
    where: Sequence[str] | str, begins: str, ends: str, outreach: str = "", **more: Any
) -> Iterator[Row]:
    """A night: the microsecond before it, its first and last, and its end."""
    first, last = utc(begins), utc(ends)
    told = [in_zone(where)] if isinstance(where, str) else []
    zones = ["UTC"] if isinstance(where, str) else where
    more |= {"told": told, "zones": zones, "says": {"outreach": outreach}}
    name = f"{where} {begins}"
    yield Row(f"{name}: before", PASSED, first - 1, **more)
    yield Row(f"{name}: first", HELD, first, until=last, **more)
    yield Row(f"{name}: last", HELD, last - 1, until=last, **more)
    yield Row(f"{name}: after", PASSED, last, **more)


QUIET = [
    *night(OSLO, "06-05 18:00", "06-06 07:00"),
    *night(OSLO, "03-30 19:00", "03-31 07:00"),  # 12 hours of 20:00 to 09:00
    *night(OSLO, "10-26 18:00", "10-27 08:00"),  # 14 hours
    *night(NEW_YORK, "03-10 01:00", "03-10 13:00"),
    *night(NEW_YORK, "11-03 00:00", "11-03 14:00"),
    *night("Australia/Lord_Howe", "10-05 09:30", "10-05 22:00"),  # by half an hour
    *night(OSLO, "06-05 18:00", "06-06 07:00", purpose="service"),
    *night(OSLO, "06-05 18:00", "06-06 07:00", purpose="transactional"),
    # 02:30 does not come on 31 March: it is 01:00 UTC, when clocks jump over it.
    *night(OSLO, "03-30 21:00", "03-31 01:00", "quiet_from = 22:00:00\nquiet_until = 02:30:00"),
    *night(OSLO, "03-31 01:00", "03-31 03:00", "quiet_from = 02:30:00\nquiet_until = 05:00:00"),
    # 02:30 comes twice on 27 October: the first, at 00:30 UTC, is meant.
    *night(OSLO, "10-26 20:00", "10-27 00:30", "quiet_from = 22:00:00\nquiet_until = 02:30:00"),
    *night(OSLO, "10-27 00:30", "10-27 04:00", "quiet_from = 02:30:00\nquiet_until = 05:00:00"),
    *night("UTC", "02-29 13:00", "02-29 15:00", "quiet_from = 13:00:00\nquiet_until = 15:00:00"),
    # Oslo is awake from 07:00 to 18:00 UTC, New York from 13:00 to midnight.
    *night([OSLO, NEW_YORK], "06-05 18:00", "06-06 13:00"),
    *night([NEW_YORK, OSLO], "06-05 18:00", "06-06 13:00"),
    Row("a zone that is none is unknown", HELD, utc("06-06 12:00"), [in_zone("Mars/Olympus")],
        until=utc("06-06 13:00"), zones=[OSLO, NEW_YORK]),
    Row("urgent", PASSED, utc("06-05 23:00"), [in_zone(OSLO)], purpose="transactional",
        says={"template": "urgent = true"}),
    Row("never quiet", PASSED, utc("06-05 23:00"), [in_zone(OSLO)],
        says={"outreach": "quiet_from = 09:00:00\nquiet_until = 09:00:00"}),
]  # fmt: skip

TABLE = {
    "fresh": FRESH,
    "suppressed": SUPPRESS,
    "consent": CONSENT,
    "channel": CHANNEL,
    "stated": STATED,
    "facts": FACTS,
    "cap": CAP,
    "open_complaint": COMPLAINT,
    "review": REVIEW,
    "holdout": HOLDOUT,
    "quiet_hours": QUIET,
}
ROWS = [(name, row) for name, rows in TABLE.items() for row in rows]


def said(name: str, row: Row) -> tuple[str, Instant]:
    told: Verdict = GUARDRAILS[name](case(row))
    assert told.ground, "every verdict has its ground"
    return told.outcome, told.until


def test_every_guardrail_has_its_table():
    assert list(TABLE) == list(GUARDRAILS)


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{n}: {r.what}" for n, r in ROWS])
def test_a_border(name, row):
    assert said(name, row) == (row.outcome, row.until)


def test_the_first_that_does_not_let_it_pass_decides_and_the_others_are_not_asked():
    row = Row("", SUPPRESSED, utc("06-05 23:00"), [(given(), WORD), sent(utc("06-05 01:00"))])
    told = ruling(case(row))
    assert (told.outcome, told.by, told.until) == (SUPPRESSED, "cap", 0)
    place = list(GUARDRAILS).index("cap")
    assert told.verdicts == ["passed"] * place + ["suppressed"] + ["not_asked"] * 4
    free = ruling(case(row._replace(told=[(given(), WORD)])))
    assert (free.outcome, free.by, free.until) == (HELD, "quiet_hours", utc("06-06 09:00"))


def test_what_everybody_reads_gets_no_facts():
    """No configuration can name such a step; it is refused all the same."""
    told = case(Row("", SUPPRESSED, NOON, purpose="service", channels=["social"]))
    assert GUARDRAILS["channel"](told).outcome == PASSED
    template = msgspec.structs.replace(told.template, text={"en": "{{ amount }}"})
    refused = GUARDRAILS["channel"](told._replace(template=template))
    assert refused == (SUPPRESSED, "social: everybody reads it, and the template has facts", 0)


def test_zones_that_are_never_awake_together_hold_and_never_let_through_at_night():
    """Auckland is awake from 21:00 to 08:00 UTC, London from 08:00 to 19:00: never both."""
    row = Row("", HELD, utc("06-05 07:00"), zones=["Pacific/Auckland", "Europe/London"])
    told = GUARDRAILS["quiet_hours"](case(row))
    assert told.outcome == HELD
    assert told.until > row.at


def test_the_holdout_has_its_share_of_all_customers_and_stays_as_it_grows():
    """Of n draws by p the count lies within 5 sd of n p but for one time in 1.7 million."""
    drawn = {share: {c for c in NUMBERS if is_held_out("1", "t", c, share)}
             for share in (0.01, 0.1, 0.5)}  # fmt: skip
    for share, out in drawn.items():
        sd = (len(NUMBERS) * share * (1 - share)) ** 0.5
        assert abs(len(out) - len(NUMBERS) * share) <= 5 * sd
    assert drawn[0.01] < drawn[0.1] < drawn[0.5]
    assert drawn[0.1] == {c for c in NUMBERS if is_held_out("1", "t", c, 0.1)}
    for salt, name in (("2", "t"), ("1", "u")):  # another draw: it shares one in ten with this
        both = sum(is_held_out(salt, name, c, 0.1) for c in drawn[0.1])
        sd = (len(drawn[0.1]) * 0.1 * 0.9) ** 0.5
        assert abs(both - len(drawn[0.1]) * 0.1) <= 5 * sd


# --- the tables are worth something -----------------------------------------------------------

Owner = Any
MUTANTS = [
    ("fresh", guardrails, "fresh", "> case.trigger", ">= case.trigger"),
    ("fresh", guardrails, "fresh", "if late >", "if False and late >"),
    ("suppressed", guardrails, "suppressed", "all(told", "any(told"),
    ("suppressed", known, "blocked", ' or known.suppressed.get("", "")', ' or ""'),
    ("suppressed", known, "_bounced", "if fact.hard", "if True"),
    ("suppressed", known, "_complained", "known.suppressed", "dict()"),
    ("consent", choice, "consent", "if is_marketing:", "if False:"),
    ("consent", choice, "consent", "purpose == SURVEY", "False"),
    ("consent", choice, "consent", "Consented(told.is_given", "Consented(True"),
    ("consent", guardrails, "consent", "if not blocked(case.known, c.channel)", "if True"),
    ("consent", known, "survey_consent", 'f"{SURVEY}\\n{on}" in known.consents', "False"),
    ("consent", known, "_counts", "and each.is_imported", "and False"),
    ("consent", known, "_when", ", not told.is_given", ", told.is_given"),
    ("consent", known, "consent", 'f"{purpose}\\n", ', ""),
    ("consent", known, "consent", ', "\\n"]', "]"),
    ("consent", known, "_consent", "if told.is_imported and not is_hearsay", "if False"),
    ("consent", known, "_consent", "or not is_hearsay", "or True"),
    ("consent", known, "_consent", "and not (before.is_given and before.is_imported)", ""),
    ("consent", known, "_unsubscribed", "fact.purpose or MARKETING", "MARKETING"),
    ("consent", known, "_unsubscribed", "False, event", "True, event"),
    ("channel", choice, "refusals", "> window", ">= window"),
    ("channel", choice, "refusals", "heard is None or ", "heard is not None and "),
    ("channel", choice, "refusals", "<= today", "< today"),
    ("channel", choice, "refusals", "not case.template.messaging_template", "True"),
    ("channel", known, "_asked", "or at > before", "or True"),
    ("stated", guardrails, "stated", ".get(name)", ".get(name, True)"),
    ("facts", guardrails, "facts", "SECOND + 1", "SECOND"),
    ("facts", guardrails, "facts", "case.since", "case.at"),
    ("cap", guardrails, "cap", "case.is_transactional or ", "False and "),
    ("cap", guardrails, "cap", "or purpose == SURVEY", ""),
    ("cap", guardrails, "cap", "< rules.survey_every", "<= rules.survey_every"),
    ("cap", guardrails, "cap", "in case.zones]", "in case.zones[:1]]"),
    ("cap", guardrails, "_cap_in", ">= a_day", "> a_day"),
    ("cap", guardrails, "_cap_in", ">= a_week", "> a_week"),
    ("cap", guardrails, "_cap_in", "rules.surveys_are_marketing)", "False)"),
    ("cap", guardrails, "_cap_in", "== day]", "!= None]"),
    ("cap", guardrails, "_cap_in", "== week]", "== week and s in today]"),
    ("cap", clocks, "local_day", ".astimezone(zone)", ""),
    ("cap", clocks, "local_week", "days=day.weekday()", "days=day.isoweekday() % 7"),
    ("cap", clocks, "zones_of", "stated in zones.names()", "False"),
    ("cap", known, "remember_sent", "if sent.purpose in (MARKETING, SURVEY)", "if True"),
    ("cap", known, "remember_sent", "key=lambda each: each.at", "key=lambda each: 0"),
    ("cap", known, "_sent", "in get_args(Purpose)", "is not None"),
    ("open_complaint", guardrails, "open_complaint", "not case.is_marketing", "False"),
    ("open_complaint", guardrails, "open_complaint", "< case.rules", "<= case.rules"),
    ("open_complaint", known, "is_open", "<= talk.resolved_at", "< talk.resolved_at"),
    ("open_complaint", known, "is_open", "< talk.asked_at", "<= talk.asked_at"),
    ("open_complaint", known, "is_open", "< implied_after", "<= implied_after"),
    ("open_complaint", known, "_asked", "and not fact.intent_method", ""),
    ("open_complaint", known, "_answered", "if is_answer(fact)", "if True"),
    ("open_complaint", known, "_reopened", "talk.asked_at = ", "talk.answered_at = "),
    ("open_complaint", known, "_talk", "(open_[k], ", "(False, "),
    ("open_complaint", known, "_answered_survey", "<= rules.low_score", "< rules.low_score"),
    (
        "open_complaint",
        known,
        "_answered_survey",
        "max(known.low_score_at, event.occurred_at)",
        "event.occurred_at",
    ),
    ("open_complaint", known, "_reviewed", "<= rules.low_score", "< rules.low_score"),
    ("review", guardrails, "review", ".days > days", ".days >= days"),
    ("review", guardrails, "review", "> days", "> days + 1"),
    ("holdout", guardrails, "holdout", "or case.is_transactional", ""),
    ("holdout", guardrails, "is_held_out", "< share", ">= share"),
    ("holdout", guardrails, "is_held_out", " + customer", ""),
    ("quiet_hours", guardrails, "quiet_hours", "case.is_transactional and case", "False and case"),
    ("quiet_hours", guardrails, "quiet_hours", "and case.template.urgent", ""),
    ("quiet_hours", guardrails, "quiet_hours", "place.zones, hours", "place.zones[:1], hours"),
    ("quiet_hours", clocks, "allowed_at", "if quiet_from != quiet_until", "if True"),
    ("quiet_hours", clocks, "allowed_at", "ROUNDS_MAX", "1"),
    ("quiet_hours", clocks, "_awake_at", "begins <= at", "begins < at"),
    ("quiet_hours", clocks, "_awake_at", "(day - timedelta(days=1), day)", "(day,)"),
    ("quiet_hours", clocks, "_local", "return late", "return early"),
]


@contextmanager
def broken(owner: Owner, name: str, old: str, new: str) -> Iterator[None]:
    """One function with one piece of its source replaced, wherever it is called."""
    source = inspect.getsource(getattr(owner, name))
    assert source.count(old) >= 1, "the rule reads otherwise now: change the mutant"
    code = compile(
        source.replace(old, new), "<mutant>", "exec", __future__.annotations.compiler_flag
    )
    made: dict[str, Callable[..., Any]] = {}
    exec(code, owner.__dict__, made)  # noqa: S102
    original, mutant = getattr(owner, name), made[name]
    with patch.object(owner, name, mutant):
        tables: list[dict[Any, Any]] = [GUARDRAILS, known.NOTES]
        modules = [guardrails, choice, clocks, known, places, sys.modules[__name__]]
        held = [(table, key) for table in tables for key in table if table[key] is original]
        names = [m for m in modules if getattr(m, name, None) is original]
        for table, key in held:
            table[key] = mutant
        for module in names:
            setattr(module, name, mutant)
        try:
            yield
        finally:
            for table, key in held:
                table[key] = original
            for module in names:
                setattr(module, name, original)


@pytest.mark.parametrize(
    ("table", "owner", "name", "old", "new"),
    MUTANTS,
    ids=[f"{name}: {' '.join(old.split())} -> {new}" for _, _, name, old, new in MUTANTS],
)
def test_a_guardrail_that_is_broken_is_found(table, owner, name, old, new):
    with broken(owner, name, old, new):
        assert any(said(table, row) != (row.outcome, row.until) for row in TABLE[table])
