"""Pains of random histories: as a slow model tells them, in any order of arrival, and resumed."""

from itertools import product
from typing import Any

import msgspec
from hypothesis import given, settings

from projections.configuration import Configuration, document
from projections.configuration.conversations import ConversationRules
from projections.configuration.pains import (
    ChannelHop,
    CheckoutAbandoned,
    OverContacted,
    PainRules,
    RefundWait,
    RepeatContact,
)
from projections.fold import Out, fold_meaning, refold_meaning
from projections.rulebook import Rulebook
from projections.tables import BY_NAME
from schemas.events import (
    BotGaveUp,
    CallAbandoned,
    CallAnswered,
    CallQueued,
    CheckoutStarted,
    ConversationMoved,
    InformationGiven,
    InformationRequested,
    OutreachSent,
    PersonRequested,
    Refunded,
    RefundRequested,
)
from schemas.fact import Fact
from schemas.times import DAY, HOUR, SECOND
from tests.projections import slow_pains
from tests.projections.feed import Feed
from tests.projections.histories import END, TICKS, drawn, history, some_cuts
from tests.projections.story import (
    ANN,
    Story,
    asks,
    bot,
    delivered,
    order,
    order_cancelled,
    replies,
    resolved,
    unpaid,
)

SHORT = Configuration(
    conversations=ConversationRules(
        expectation={"x": 2, "y": 5},
        expectation_otherwise=4,
        thread_gap=3,
        contact_gap=2,
        implied_resolution=3,
    ),
    pains=PainRules(
        contacts_within=5,
        refunds_within=5,
        repeat_contact=RepeatContact(within=4),
        channel_hop=ChannelHop(within=3),
        checkout_abandoned=CheckoutAbandoned(after=2),
        refund_wait=RefundWait(after=3),
    ),
)
RULES = Rulebook(document(SHORT))
ENCODE = msgspec.msgpack.encode
A, B, KEY, KEY_2 = b"A" * 16, b"B" * 16, b"1" * 16, b"2" * 16

PLACES: list[dict[str, Any]] = [
    {"conversation": conversation, "channel": channel}
    for conversation, channel in product((A, B), "xy")
]
TALKS: tuple[Fact, ...] = tuple(
    fact
    for place in PLACES
    for fact in (
        asks(**place),
        asks(**place, topic="bill"),
        asks(**place, tags=["parcel"]),
        asks(**place, intent="thanks"),
        replies("kim", **place, fingerprint=b"f" * 16),
        replies("lee", **place, fingerprint=b"f" * 16),
        replies("kim", **place, fingerprint=b"g" * 16),
        bot(**place),
        bot(**place, resolving=True),
        resolved(**place),
    )
)
ORDERS: tuple[Fact, ...] = tuple(
    fact
    for key in (KEY, KEY_2)
    for fact in (
        CheckoutStarted(order_key=key, direction="inbound"),
        order(order_key=key),
        *(order(order_key=key, promised_at=n * SECOND) for n in (3, 6, 9)),
        delivered(order_key=key),
        order_cancelled(order_key=key),
        RefundRequested(order_key=key, direction="inbound"),
        Refunded(order_key=key, amount_micros=5),
    )
)
# What the slow model does not know, for properties that need none.
MORE: tuple[Fact, ...] = (
    *(
        fact
        for place in (*PLACES, {"conversation": b"", "channel": "x"})
        for fact in (
            PersonRequested(**place, direction="inbound"),
            asks(**place, asks_person=True, is_rated=True, sentiment=-0.9),
            BotGaveUp(**place),
            InformationGiven(**place, about="name", direction="inbound"),
            InformationRequested(**place, about="name", direction="outbound"),
            ConversationMoved(**place, to_channel="y", invited=True),
            CallQueued(**place, direction="inbound"),
            CallAnswered(**place, direction="inbound"),
            CallAbandoned(**place, direction="inbound"),
        )
    ),
    *(unpaid(order_key=KEY), unpaid(), order(), CheckoutStarted(direction="inbound")),
)


def found(log, until=END, rules=RULES):
    _, published = refold_meaning(rules, ANN, log, until)
    names = BY_NAME["pains"].names
    rows = [dict(zip(names, row, strict=True)) for row in published.get("pains", {}).values()]
    told = [
        slow_pains.Found(
            row["kind"],
            row["began_at"],
            row["ended_at"],
            bytes.fromhex(row["conversation_id"]),
            row["is_assumed"],
        )
        for row in rows
        if row["kind"] not in ("high_effort",)
    ]
    return sorted(told, key=lambda f: (f.kind, f.began_at, f.conversation, f.ended_at or 0))


@settings(max_examples=600)
@given(drawn(lambda choose: history(choose, facts=TALKS, lengths=range(3, 15))))
def test_what_goes_wrong_in_conversations_is_what_the_slow_model_tells(log):
    assert found(log) == slow_pains.pains(SHORT, log, END)


@settings(max_examples=200)
@given(drawn(lambda choose: history(choose, facts=ORDERS, lengths=range(3, 15))))
def test_what_goes_wrong_with_orders_is_what_the_slow_model_tells(log):
    assert found(log) == slow_pains.pains(SHORT, log, END)


CAPS = Configuration(pains=PainRules(over_contacted=OverContacted(zone="America/New_York")))
CAPPED = Rulebook(document(CAPS))
SUMMER_TIME = 1_710_000_000 * SECOND  # a Saturday; clocks change the night after


def sends(choose):
    """Messages of other systems within 40 days, the rules for them, and until when to look."""
    story = Story()
    for n in range(choose(range(12))):
        purpose = choose(("marketing", "marketing", "survey", "service", ""))
        at = SUMMER_TIME + choose(range(40 * 8)) * 3 * HOUR
        story.tell(OutreachSent(purpose=purpose), at, sequence=n)
    return story.events, CAPPED, SUMMER_TIME + 60 * DAY


@settings(max_examples=200)
@given(drawn(sends))
def test_caps_are_passed_when_the_slow_model_says_so(sent):
    events, rules, until = sent
    assert found(events, until, rules) == slow_pains.pains(CAPS, events, until)


EVERYTHING = (*TALKS, *ORDERS, *MORE)


@settings(max_examples=150)
@given(
    drawn(lambda choose: history(choose, facts=EVERYTHING, lengths=range(3, 15))), drawn(some_cuts)
)
def test_any_order_of_arrival_means_the_same(log, cuts):
    feed, start = Feed(RULES), 0
    for size, ticks in [*cuts, (len(log) + 1, -1)]:
        feed.take(log[start : start + size])
        start += size
        if ticks >= 0 and start < len(log):
            latest = feed.log[-1].recorded_at if feed.log else 0
            now = min(latest + ticks * SECOND, log[start].recorded_at)
            feed.run(now, now)
    while True:
        feed.run(END, END)
        if not feed._unread:
            break
        feed.take([])
    _, rows = refold_meaning(RULES, ANN, feed.log, END)
    assert feed.tables.get("pains", {}) == rows.get("pains", {})


@settings(max_examples=150)
@given(drawn(lambda choose: history(choose, facts=EVERYTHING, lengths=range(3, 15))))
def test_stopping_and_resuming_changes_nothing(log):
    whole, out = RULES.initial(), Out([], [])
    saved, pieces = ENCODE(RULES.initial()), Out([], [])
    for event in sorted(log, key=lambda e: e.order):
        fold_meaning(RULES, whole, event, ANN, out)
        resumed = RULES.decoder.decode(saved)
        fold_meaning(RULES, resumed, event, ANN, pieces)
        saved = ENCODE(resumed)
    assert pieces == out
    assert saved == ENCODE(whole)


def test_timers_of_all_histories_have_fired_by_the_end():
    assert END >= (TICKS + 9 + 5) * SECOND
