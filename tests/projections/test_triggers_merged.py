"""Two customers become one while a trigger waits: nothing is told twice, and nothing is lost.

Each story is folded by the engine's steps, in batches, and by a replay: both must tell the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from projections.configuration import document
from projections.outreach.guardrails import is_held_out
from projections.outreach.state import OutreachState
from projections.rulebook import Rulebook
from replay.customer import Watermarks, replay_kin
from schemas.events import (
    Absorbed,
    ConsentGiven,
    MergedOut,
    OrderCancelled,
    OrderPlaced,
    OutreachDecided,
    OutreachSent,
    PaymentFailed,
    PreferenceStated,
)
from schemas.recorded import Recorded
from schemas.times import Instant
from tests.projections.feed import Feed
from tests.projections.story import Story, at, in_force
from tests.projections.test_triggers import AGREED, FOREVER, OFFER, ORDER, OTHER, order, rules

ANN, BEA, CEM = b"a" * 16, b"b" * 16, b"c" * 16
TWICE = """
[templates.t]
purpose = "service"
text = { en = "Hello" }

[triggers.t]
start = { events = ["payment-failed"] }
exits = ["order-cancelled"]
steps = [
  { template = "t", channels = ["email"] },
  { template = "t", channels = ["email"], after = "3 d" },
  { template = "t", channels = ["email"], after = "4 d" },
]
"""
TOKYO = PreferenceStated(timezone="Asia/Tokyo")  # 07:13 there
NEW_YORK = PreferenceStated(timezone="America/New_York")  # 17:13 there
Told = tuple[Instant, bytes, int, str]


class People(NamedTuple):
    """Three people, each in a partition of their own."""

    ann: Story
    bea: Story
    cem: Story

    @property
    def log(self) -> list[Recorded]:
        """All that was told, in the order of its recording."""
        events = [event for story in self for event in story.events]
        return sorted(events, key=lambda e: (e.recorded_at, e.partition, e.offset))

    def decided(self, text: str) -> list[OutreachDecided]:
        """What was told to any of them, by the engine and by a replay."""
        configuration = rules(text)
        book, history = Rulebook(document(configuration)), in_force(configuration)
        made = replay_kin(book, history, self.log, Watermarks(FOREVER, FOREVER)).acts
        for size in (1, 2, 99):  # whatever comes together in a batch
            feed = Feed(book)
            feed.history = history
            for n in range(0, len(self.log), size):
                feed.take(self.log[n : n + size])
            feed.run(FOREVER, FOREVER)
            assert sorted(map(str, feed.acts)) == sorted(map(str, made))
        made = sorted(made, key=lambda act: (act.occurred_at, act.fact.cause))
        return [act.fact for act in made if act.fact.trigger != "unanswered"]

    def told(self, text: str) -> list[Told]:
        """The same in brief: when, to whom its cause belongs, which step, and the verdict."""
        return [(f.decided_at, f.cause_customer, f.step, f.verdict) for f in self.decided(text)]


def people() -> People:
    return People(Story(ANN, 0, 100), Story(BEA, 1, 200), Story(CEM, 2, 300))


def merge(gone: Story, into: Story, when: Instant) -> None:
    out = gone.tell(MergedOut(into=into.customer), when)
    took = Absorbed(customer=gone.customer, partition=gone.partition, last_offset=out.offset)
    into.tell(took, when)


def steps(who: bytes, *days: float) -> list[Told]:
    """Steps that were decided, from the first one on."""
    return [(at(days=day), who, n, "decided") for n, day in enumerate(days)]


# --- told in part -----------------------------------------------------------------------------


def test_who_was_told_in_part_is_told_the_rest_whoever_they_turn_out_to_be():
    for gone, stays in ((0, 1), (1, 0)):
        all_ = people()
        all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
        all_.bea.tell(order(order_key=OTHER), at(0.5))
        merge(all_[gone], all_[stays], at(days=1))
        assert all_.told(TWICE) == steps(ANN, 0, 3, 7)


def test_a_zone_of_the_other_brings_no_step_again_and_loses_none():
    """By what both knew it was night when the first step was told by day."""
    all_ = people()
    all_.bea.tell(TOKYO, at(-1))
    all_.ann.tell(PaymentFailed(), at(0))
    merge(all_.ann, all_.bea, at(1))
    first, held, second, *_ = all_.told(TWICE)
    assert first == (at(0), ANN, 0, "decided")
    assert held == (at(days=3), ANN, 1, "held")  # it is night in Tokyo
    assert second[2:] == (1, "decided")


def test_what_is_held_with_one_goes_out_once_though_it_was_day_for_the_other():
    all_ = people()
    all_.ann.tell(TOKYO, at(-1))
    all_.bea.tell(NEW_YORK, at(-0.5))
    all_.ann.tell(PaymentFailed(), at(0))
    merge(all_.ann, all_.bea, at(1))
    told = [told[2:] for told in all_.told(TWICE)]
    assert told == [(0, "held"), (0, "decided"), (1, "decided"), (2, "decided")]


def test_once_for_both_does_not_take_the_rest_from_one():
    text = TWICE.replace("exits =", 'again = "once"\nexits =')
    all_ = people()
    all_.bea.tell(PaymentFailed(order_key=OTHER), at(days=-9))
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    merge(all_.ann, all_.bea, at(1))
    all_.bea.tell(PaymentFailed(order_key=ORDER), at(days=20))
    assert all_.told(text) == [*steps(BEA, -9, -6, -2), *steps(ANN, 0, 3, 7)]


def test_of_two_about_one_matter_the_further_goes_on_and_the_other_says_why_not():
    all_ = people()
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    all_.bea.tell(PaymentFailed(order_key=ORDER), at(1))
    merge(all_.ann, all_.bea, at(days=1))
    ended = [fact for fact in all_.decided(TWICE) if fact.verdict == "ended"]
    assert [(f.cause_customer, f.step, f.decided_at) for f in ended] == [(BEA, 1, at(days=1))]
    assert ended[0].reason == "the customer became one with another, and the same goes on there"
    rest = [told for told in all_.told(TWICE) if told[3] != "ended"]
    assert sorted(rest) == sorted([*steps(ANN, 0, 3, 7), (at(1), BEA, 0, "decided")])
    all_ = people()
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    all_.bea.tell(PaymentFailed(order_key=ORDER), at(days=2))
    merge(all_.bea, all_.ann, at(days=4))
    assert [t for t in all_.told(TWICE) if t[0] > at(days=4)] == steps(ANN, 0, 3, 7)[2:]
    other = people()
    other.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    other.bea.tell(PaymentFailed(order_key=OTHER), at(1))
    merge(other.ann, other.bea, at(days=1))
    assert len(other.told(TWICE)) == 6, "two matters stay two"


def test_an_exit_with_the_other_ends_what_was_told_in_part():
    all_ = people()
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    all_.bea.tell(OrderCancelled(order_key=ORDER), at(2))
    merge(all_.ann, all_.bea, at(days=1))
    first, ended = all_.decided(TWICE)
    assert (first.verdict, ended.verdict, ended.reason) == (
        "decided",
        "ended",
        "order-cancelled came",
    )
    assert (ended.decided_at, ended.step, ended.inputs) == (at(days=1), 1, ["0/0", "1/0"])
    for fact, when in (
        (OrderCancelled(order_key=OTHER), at(2)),
        (OrderCancelled(order_key=ORDER), at(0, micros=-1)),
    ):
        all_ = people()
        all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
        all_.bea.tell(fact, when)
        merge(all_.ann, all_.bea, at(days=1))
        assert len(all_.told(TWICE)) == 3


def test_what_would_have_called_it_off_in_time_ends_it_and_later_it_does_not():
    text = TWICE.replace('{ events = ["payment-failed"] }', WAIT)
    for paid, number in ((at(1), 2), (at(1, micros=1), 3)):
        all_ = people()
        all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
        all_.bea.tell(order(), paid)
        merge(all_.ann, all_.bea, at(days=1))
        assert len(all_.told(text)) == number
    promised = text.replace('["payment-failed"], after = "1 h"', '["order-placed"], date = "x"')
    promised = promised.replace('"x"', '"promised_at"').replace(
        'unless = ["order-placed"]', 'unless = ["order-cancelled"]'
    )
    promised = promised.replace('exits = ["order-cancelled"]', "exits = []")
    for cancelled, number in ((at(days=2), 2), (at(days=2, micros=1), 3)):
        all_ = people()
        all_.ann.tell(order(), at(0))
        all_.bea.tell(OrderCancelled(order_key=ORDER), cancelled)
        merge(all_.ann, all_.bea, at(days=3))
        assert len(all_.told(promised)) == number


def test_the_further_goes_on_though_the_other_began_before():
    all_ = people()
    all_.ann.tell(TOKYO, at(-1))
    all_.bea.tell(NEW_YORK, at(-0.5))
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))  # held
    all_.bea.tell(PaymentFailed(order_key=ORDER), at(0.5))
    merge(all_.ann, all_.bea, at(1))
    half = 0.5 / 24
    assert all_.told(TWICE) == [
        (at(0), ANN, 0, "held"),
        (at(0.5), BEA, 0, "decided"),
        (at(1), ANN, 0, "ended"),
        *steps(BEA, half, 3 + half, 7 + half)[1:],
    ]


def test_what_is_held_goes_out_though_both_together_had_been_told_by_then():
    all_ = people()
    all_.ann.tell(TOKYO, at(-1))
    all_.bea.tell(NEW_YORK, at(-0.5))
    all_.ann.tell(PaymentFailed(), at(0))
    merge(all_.ann, all_.bea, at(1))
    assert [told[2:] for told in all_.told(ONE)] == [(0, "held"), (0, "decided")]


# --- untold -----------------------------------------------------------------------------------

ONE = TWICE[: TWICE.index("steps =")] + 'steps = [{ template = "t", channels = ["email"] }]'
WAIT = '{ events = ["payment-failed"], after = "1 h", unless = ["order-placed"] }'
WAITING_ONCE = ONE.replace('{ events = ["payment-failed"] }', WAIT)
WAITS = TWICE.replace("steps = [", 'again = "once"\nsteps = [').replace(
    '{ events = ["payment-failed"] }', WAIT
)


def test_of_two_that_wait_about_one_matter_the_newer_is_told():
    all_ = people()
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    all_.bea.tell(PaymentFailed(order_key=ORDER), at(0.5))
    merge(all_.ann, all_.bea, at(0.7))
    assert all_.told(WAITS) == steps(BEA, 1.5 / 24, 3 + 1.5 / 24, 7 + 1.5 / 24)


def test_what_the_other_did_calls_a_wait_off():
    all_ = people()
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    all_.bea.tell(order(), at(0.5))
    merge(all_.ann, all_.bea, at(0.7))
    assert all_.told(WAITS) == []


def test_who_was_told_waits_for_nothing_more_about_it():
    for text, number in ((WAITS.replace('"once"', '"again"'), 3), (WAITING_ONCE, 1)):
        all_ = people()
        all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
        all_.bea.tell(PaymentFailed(order_key=ORDER), at(0.5))  # of both, this would have been told
        merge(all_.ann, all_.bea, at(1.2))
        assert all_.told(text) == steps(ANN, 1 / 24, 3 + 1 / 24, 7 + 1 / 24)[:number]


def test_what_waits_without_a_matter_is_not_what_was_told_about_one():
    text = ONE.replace('["payment-failed"]', '["order-placed"], date = "promised_at"')
    text = text.replace("exits =", 'again = "again"\nexits =')
    all_ = people()
    all_.bea.tell(OrderPlaced(promised_at=at(days=2)), at(0))
    all_.ann.tell(OrderPlaced(order_key=ORDER, promised_at=at(days=1)), at(1))
    merge(all_.ann, all_.bea, at(days=1.5))
    assert all_.told(text) == [*steps(ANN, 1), *steps(BEA, 2)]


def test_a_wait_that_only_both_together_have_is_theirs():
    """A visitor whose cart is left behind turns out to be somebody who bought before."""
    text = WAITS.replace("exits =", 'when = { fact = "orders", at_least = 1 }\nexits =')
    all_ = people()
    all_.bea.tell(order(order_key=OTHER), at(-5))
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    merge(all_.ann, all_.bea, at(0.5))
    assert all_.told(text) == steps(ANN, 1 / 24, 3 + 1 / 24, 7 + 1 / 24)


def test_what_both_together_would_have_told_before_is_left_silent_and_so_is_the_rest_of_it():
    text = TWICE.replace("exits =", 'when = { fact = "orders", at_least = 1 }\nexits =')
    all_ = people()
    all_.bea.tell(order(order_key=OTHER), at(-5))
    all_.ann.tell(PaymentFailed(order_key=ORDER), at(0))
    merge(all_.ann, all_.bea, at(0.5))
    assert all_.told(text) == []


# --- what counts ------------------------------------------------------------------------------


def test_what_either_was_told_counts_for_the_cap_once():
    text = OFFER.replace("[triggers.offer]", "[triggers.offer]\nstale_after = '9 d'")
    all_ = people()
    all_.ann.tell(AGREED, at(-2))
    all_.ann.tell(NEW_YORK, at(-2))
    all_.ann.tell(PaymentFailed(), at(0))
    sent = OutreachSent(purpose="marketing", system="mailer", campaign="offer", channel="email")
    all_.ann.tell(sent, at(0.1))
    all_.bea.tell(TOKYO, at(-1))  # of both, it was night
    merge(all_.ann, all_.bea, at(0.5))
    all_.bea.tell(PaymentFailed(), at(1))
    told = [fact for fact in all_.decided(text) if fact.step == 0]
    grounds = [dict(zip(f.guardrails, f.grounds, strict=True))["cap"] for f in told]
    assert grounds[0].startswith("0 today")
    assert grounds[1].startswith("1 today"), grounds


def test_what_both_together_would_have_been_sent_and_nobody_was_counts_for_none():
    all_ = people()
    all_.ann.tell(AGREED, at(-2))
    all_.ann.tell(TOKYO, at(-1))
    all_.bea.tell(NEW_YORK, at(-0.5))
    all_.ann.tell(PaymentFailed(), at(0))
    merge(all_.ann, all_.bea, at(1))
    held, going = all_.decided(OFFER)
    assert (held.verdict, going.verdict) == ("held", "decided")
    assert going.grounds[going.guardrails.index("cap")].startswith("0 today")


def test_who_was_drawn_stays_so():
    text = OFFER.replace('again = "again"', 'again = "again"\nholdout = 0.5')
    text = text.replace('{ events = ["payment-failed"] }', WAIT)
    names = [bytes([n]) * 16 for n in range(1, 99)]
    out = next(name for name in names if is_held_out("1", "offer", name, 0.5))
    free = next(name for name in names if not is_held_out("1", "offer", name, 0.5))
    first, second = Story(out, 0, 100), Story(free, 1, 200)
    first.tell(AGREED, at(-2))
    first.tell(PaymentFailed(), at(0))
    second.tell(PaymentFailed(), at(0.5))  # of both, this would have been told
    merge(first, second, at(1.2))
    second.tell(PaymentFailed(), at(days=9))
    told = People(first, second, Story(CEM, 2, 300)).decided(text)
    assert [fact.group for fact in told] == ["holdout"] * 3


# --- more than two ----------------------------------------------------------------------------


def test_the_rest_comes_through_two_merges():
    for first, second in ((0.5, 4), (4, 5), (8, 9)):
        all_ = people()
        all_.ann.tell(PaymentFailed(), at(0))
        all_.bea.tell(ConsentGiven(), at(0))
        all_.cem.tell(OrderPlaced(), at(0))
        merge(all_.ann, all_.bea, at(days=first))
        merge(all_.bea, all_.cem, at(days=second))
        assert all_.told(TWICE) == steps(ANN, 0, 3, 7)


def test_the_engine_holds_what_replay_holds():
    all_: Any = people()
    for n, story in enumerate(all_):
        story.tell(AGREED, at(-1, minutes=n))
        story.tell(PaymentFailed(order_key=ORDER), at(n))
    merge(all_.ann, all_.bea, at(days=1))
    merge(all_.bea, all_.cem, at(days=4))
    all_.cem.tell(PaymentFailed(order_key=OTHER), at(days=5))
    configuration = rules(TWICE)
    book, history = Rulebook(document(configuration)), in_force(configuration)
    feed = Feed(book)
    feed.history = history
    feed.take(all_.log)
    held = book.decoder.decode(feed.states[CEM]).outreach
    kin = replay_kin(book, history, all_.log, Watermarks(at(days=5), at(days=5)))
    expected: OutreachState = kin.customers[CEM].state.outreach
    assert held == expected
    assert [(run.cause_customer, run.step) for run in held.runs] == [(ANN, 2), (CEM, 1)]
