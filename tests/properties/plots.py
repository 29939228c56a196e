"""Random histories of a few people, and random ways of bringing them into a log.

Times lie on a coarse grid of the very durations that the rules use, so that events meet timers to
the microsecond, tie with each other, and come late by every amount that matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from hypothesis import strategies as st

from journey.ports import Draft
from schemas.events import (
    ActionOpened,
    CancellationAsked,
    ConsentGiven,
    ConsentWithdrawn,
    ConversationAssigned,
    ConversationReopened,
    ConversationResolved,
    Custom,
    IdentityLinked,
    IdentityUnlinked,
    MentionObserved,
    MessageReceived,
    MessageSent,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OutreachBounced,
    OutreachSent,
    PageViewed,
    PaymentFailed,
    PostPublished,
    PreferenceStated,
    SubscriptionRenewed,
    SubscriptionStarted,
    SurveyAnswered,
    TraitsStated,
    Unsubscribed,
)
from schemas.fact import BrandFact, Identities, Touchpoint
from schemas.times import DAY, HOUR, MINUTE, SECOND, Instant
from tests.controls import NOON, draft

GRID = (
    0,
    0,
    1,
    SECOND,
    2 * MINUTE,
    HOUR,
    HOUR - 1,
    6 * HOUR,
    DAY,
    3 * DAY,
    72 * HOUR + 1,
    180 * DAY,
)
PEOPLE, TALKS = 3, 2
ORDER = b"o-1".ljust(16, b".")
PARTITIONS = 4  # fewer to make; merges still cross them


def person(n: int) -> dict[str, Identities]:
    """Ways to name one person. An anonymous id belongs to one of them."""
    mail, phone = [f"p{n}@example.com"], [f"+49 171 555010{n}"]
    visitor, device = [f"visitor-{n}"], [f"other-visitor-{n}"]
    return {
        "mail": {"email": mail},
        "phone": {"phone": phone},
        "visitor": {"anonymous": visitor},
        "device": {"anonymous": device},
        "known": {"anonymous": visitor, "email": mail},
        "both": {"anonymous": [*visitor, *device]},
        "linked": {"phone": phone, "email": mail},
    }


def of_brand(kind: str, channel: str, brand: str) -> BrandFact:
    """What happened to no customer."""
    facts: dict[str, BrandFact] = {
        "posts": PostPublished(channel=channel, brand=brand, followers=1_200, post="p-1"),
        "overheard": MentionObserved(
            channel=channel, brand=brand, sentiment=-0.1, is_rated=True, text="Slow."
        ),
        "plans": ActionOpened(brand=brand, action="a-1", due_at=NOON),
    }
    return facts[kind]


def said(kind: str, channel: str) -> Touchpoint:
    """What happened."""
    into: dict[str, Any] = {"channel": channel, "direction": "inbound", "actor_kind": "customer"}
    out: dict[str, Any] = {"channel": channel, "direction": "outbound", "actor_kind": "human"}
    inside: dict[str, Any] = {"channel": channel, "direction": "internal", "actor": "agent-7"}
    facts: dict[str, Touchpoint] = {
        "asks": MessageReceived(text="Where is it?", is_question=True, **into),
        "says": MessageReceived(text="Thank you.", **into),
        "replies": MessageSent(text="On its way.", **out | {"actor": "agent-7"}),
        "bot": MessageSent(text="We got it.", **out | {"actor_kind": "bot"}),
        "solves": MessageSent(text="Done.", resolving=True, **out | {"actor_kind": "bot"}),
        "assigned": ConversationAssigned(**inside),
        "resolved": ConversationResolved(**inside),
        "reopened": ConversationReopened(**inside),
        "orders": OrderPlaced(order_id="o-1", order_key=ORDER, amount_micros=19_900_000, **into),
        "delivered": OrderDelivered(
            order_id="o-1", order_key=ORDER, channel=channel, direction="outbound"
        ),
        "unhappy": SurveyAnswered(survey="csat", score=1.0, scale_min=1.0, scale_max=5.0, **into),
        "happy": SurveyAnswered(survey="csat", score=5.0, scale_min=1.0, scale_max=5.0, **into),
        "looks": PageViewed(name="pricing", url="https://shop.example/pricing", **into),
        "links": IdentityLinked(channel="crm", direction="internal"),
        "applies": Custom(
            name="LoanAsked",
            declared="loan-asked",
            properties={"branch": ["north"], "products": ["car", "home"]},
            extra={"branch": '"north"', "national_id": '"800101"'},
            **into,
        ),
        "parts": IdentityUnlinked(channel="crm", direction="internal"),
        "agrees": ConsentGiven(purpose="marketing", **into),
        "agrees there": ConsentGiven(purpose="marketing", on_channel=channel, **into),
        "withdraws": ConsentWithdrawn(purpose="marketing", on_channel=channel, **into),
        "unsubscribes": Unsubscribed(channel=channel, direction="inbound"),
        "bounces": OutreachBounced(channel=channel, direction="outbound", hard=True),
        "fails": PaymentFailed(order_id="o-1", order_key=ORDER, amount_micros=19_900_000, **out),
        "cancels": OrderCancelled(order_id="o-1", order_key=ORDER, **into),
        "subscribes": SubscriptionStarted(plan="pro", ends_at=NOON + 3 * DAY, **into),
        "renews": SubscriptionRenewed(plan="pro", ends_at=NOON + 7 * DAY, **into),
        "leaves": CancellationAsked(plan="pro", **into),
        "states": TraitsStated(channel=channel, facts={"tier": "gold"}),
        "lives there": PreferenceStated(timezone="Asia/Tokyo", on_channel=channel, **into),
        "was sent": OutreachSent(purpose="marketing", system="braze", **out),
    }
    return facts[kind]


MESSAGES = ("asks", "says", "replies", "bot", "solves")
OF_BRANDS = ("posts", "overheard", "plans")
KINDS = (
    *(*MESSAGES, *MESSAGES, "asks", "replies", "assigned", "resolved", "reopened", "orders"),
    *("delivered", "unhappy", "happy", "looks", "links", "links", "parts", "parts", "parts"),
    *("applies", *OF_BRANDS),
)
OF_TRIGGERS = (
    *("asks", "asks", "says", "replies", "replies", "resolved", "reopened", "looks", "applies"),
    *("orders", "orders", "orders", "delivered", "cancels", "fails", "fails", "fails", "fails"),
    *("subscribes", "subscribes", "renews", "leaves", "unhappy", "unhappy", "states", "was sent"),
    *("agrees", "agrees", "agrees there", "withdraws", "unsubscribes", "bounces", "lives there"),
    *("links", "links", "parts", "parts"),
)
# By the way that somebody is named: what stays theirs, and what is taken off.
PARTED = {
    "mail": ("mail", "phone"),
    "phone": ("phone", "mail"),
    "visitor": ("mail", "visitor"),
    "device": ("mail", "device"),
    "known": ("visitor", "mail"),
    "both": ("visitor", "device"),
    "linked": ("mail", "phone"),
}
STAFF = ("replies", "bot", "solves", "assigned", "resolved", "reopened")
CHANNELS = ("chat", "chat", "social", "email")
WAYS = ("mail", "mail", "phone", "visitor", "visitor", "device", "known", "known", "both", "linked")


@dataclass(frozen=True)
class Moment:
    """One touchpoint, and how long before it was told it happened."""

    number: int
    who: int
    kind: str
    way: str
    channel: str
    talk: int | None
    ago: Instant
    guest: bool

    def draft(self, now: Instant, *, by_owner: bool) -> Draft:
        """As a source would tell it now.

        Args:
            by_owner: every conversation's event names its owner; else its first message decides.
        """
        at = max(now - self.ago, NOON - 400 * DAY)
        if self.kind in OF_BRANDS:
            heard = of_brand(self.kind, self.channel, f"brand-{self.who}")
            return draft(f"m-{self.number}", heard, occurred_at=at, identities={})
        names = person(self.who)
        # Whether two known to be one become one by a mere mention depends on what came first.
        way = {"both": "visitor", "linked": "phone"}.get(self.way) if by_owner else None
        way = way or self.way
        given: dict[str, Any] = {"identities": names[way]}
        if self.kind == "links":
            given["identities"] = names["linked"]
        elif self.talk is not None:
            given["conversation"] = f"talk-{self.who}-{self.talk}"
            if by_owner:
                given["owner"] = names["mail"]
            if self.guest:
                given["identities"] = person((self.who + 1) % PEOPLE)["mail"]
            elif self.kind in STAFF and by_owner:
                given["identities"] = {}
        fact = said(self.kind, self.channel)
        if self.kind == "parts" and by_owner:  # it depends on what came first
            fact = said("assigned", self.channel)
        elif isinstance(fact, IdentityUnlinked):
            stays, goes = PARTED[self.way]
            given = {"identities": names[stays]}
            fact = msgspec.structs.replace(fact, removed=names[goes])
        return draft(f"m-{self.number}", fact, occurred_at=at, **given)


@dataclass(frozen=True)
class Step:
    """One thing that is done: time passes, touchpoints come, the engine works.

    Args:
        wait: how long the clock runs first.
        told: what comes, in one append.
        repeats: the very first is told once more.
        is_imported: as history.
        works: "" leaves the engine behind the log, else hold, catch_up or advance.
        flushes: brings rows to the tables afterwards.
        stops: the engine is opened anew afterwards.
        dies: at which pass of a fault point the process dies, 0 for never; it is then repeated.
    """

    wait: Instant
    told: list[Moment]
    repeats: bool
    is_imported: bool
    works: str
    flushes: bool
    stops: bool
    dies: int


@dataclass(frozen=True)
class Plot:
    """A whole history, with the sizes in which the engine takes its work."""

    steps: list[Step]
    batch_events: int
    due_at_once: int
    flush_rows: int
    by_owner: bool = False


def steps_of(kinds: Sequence[str]) -> st.SearchStrategy[Step]:
    """Steps that tell of such kinds of events."""
    moments = st.builds(
        Moment,
        number=st.just(0),
        who=st.sampled_from((0, 0, 0, 1, 2)),
        kind=st.sampled_from(kinds),
        way=st.sampled_from(WAYS),
        channel=st.sampled_from(CHANNELS),
        talk=st.sampled_from((None, None, *range(TALKS))),
        ago=st.sampled_from((0, 0, 0, *GRID)),
        guest=st.sampled_from((False, False, False, False, False, True)),
    )
    return st.builds(
        Step,
        wait=st.sampled_from(GRID),
        told=st.lists(moments, max_size=5),
        repeats=st.sampled_from((False, False, False, True)),
        is_imported=st.sampled_from((False, False, True)),
        works=st.sampled_from(("", "advance", "hold", "catch_up", "advance")),
        flushes=st.booleans(),
        stops=st.sampled_from((False, False, True)),
        dies=st.sampled_from((0, 0, *range(1, 8))),
    )


SIZES = (1, 2, 3, 5, PARTITIONS, PARTITIONS + 1, 5_000)  # the first events are configuration


@st.composite
def plots(
    draw: Any,
    *,
    by_owner: bool = False,
    steps_max: int = 10,
    steps_min: int = 1,
    kinds: Sequence[str] = KINDS,
) -> Plot:
    """Histories."""
    steps, number = list[Step](), 0
    for step in draw(st.lists(steps_of(kinds), min_size=steps_min, max_size=steps_max)):
        told = [replace(m, number=number + n) for n, m in enumerate(step.told)]
        number += len(told)
        earlier = steps[0].told[:1] if steps and step.repeats else []
        steps.append(replace(step, told=[*told, *earlier]))
    return Plot(
        steps,
        batch_events=draw(st.sampled_from(SIZES)),
        due_at_once=draw(st.sampled_from((1, 2, 5_000))),
        flush_rows=draw(st.sampled_from((1, 10, 50_000))),
        by_owner=by_owner,
    )
