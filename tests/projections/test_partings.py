"""Customers who were one and are not: what was recorded with each is theirs, decisions go on.

Replay is held against the slow model, and the engine's steps against replay, over histories in
which customers become part of each other and are parted again, in chains and in circles.
"""

from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings

from projections.family import by_customer, family_events, is_gone
from projections.fold import Out, Rows, run_meaning
from projections.projection import act_id
from projections.rulebook import History
from replay.customer import Watermarks, replay_kin
from schemas.events import Absorbed, MergedOut, Restored, SplitOut
from schemas.times import SECOND
from tests.projections import slow_care, slow_model
from tests.projections.histories import (
    END,
    PEOPLE,
    RULES,
    SHORT,
    drawn,
    parted_history,
    some_cuts,
)
from tests.projections.story import Story, asks, replies
from tests.projections.test_merges import fed, merge, told

A, B, C = PEOPLE
HISTORIES = drawn(parted_history)
FEW = settings(max_examples=40)  # `test_mutations` looks at hundreds more, more quickly


def replay(log, until=END):
    return replay_kin(RULES, History(), log, Watermarks(until, until))


def replay_of_partings_is_what_the_slow_model_says(log, until=END):
    replayed = replay(log, until)
    made = slow_model.family_decisions(SHORT, log, until)
    assert told(replayed.acts) == sorted(d for each in made.values() for d in each)
    for act in replayed.acts:
        assert told([act])[0] in made[act.customer_id]
    into = slow_model.parts(log)
    assert replayed.customers.keys() == {e.customer_id for e in log} - into.keys()
    for customer, again in replayed.customers.items():
        heard = sorted(slow_model.touchpoints_of(log, customer), key=lambda e: e.order)
        expected = slow_care.conversations(SHORT, heard, until)
        found = again.rows.get("conversations", {})
        assert len(found) == len(expected)
        way = slow_model.stages(SHORT, heard, until)
        assert [row[3] for row in again.rows.get("stages", {}).values()] == [s for s, _ in way]
        assert len(again.rows.get("touchpoints", {})) == len(heard)
        assert {row[0] for rows in again.rows.values() for row in rows.values()} <= {customer.hex()}


def the_engine_parts_as_replay_does(log, cuts):
    feed = fed(log, cuts)
    replayed = replay(feed.log)
    assert told(feed.acts) == told(replayed.acts)
    rows: Rows = {}
    for again in replayed.customers.values():
        for table, found in again.rows.items():
            rows.setdefault(table, {}).update(found)
    assert {t: r for t, r in feed.tables.items() if r} == rows
    assert feed.states.keys() == replayed.customers.keys()
    for customer, again in replayed.customers.items():
        state = RULES.decoder.decode(feed.states[customer])
        run_meaning(RULES, state, END, customer, Out([], []))
        assert msgspec.msgpack.encode(state) == msgspec.msgpack.encode(again.state)
    own = by_customer(feed.log)
    for customer in own:
        family = {e.place for e in family_events(customer, own)}
        assert {feed.log[n].place for n in feed.positions(customer)} == family


@FEW
@given(HISTORIES)
def test_replay_parts_as_the_slow_model_does(log):
    replay_of_partings_is_what_the_slow_model_says(log)


@FEW
@given(HISTORIES, drawn(some_cuts))
def test_the_engine_comes_to_what_replay_comes_to(log, cuts):
    the_engine_parts_as_replay_does(log, cuts)


@FEW
@given(HISTORIES)
def test_a_partition_needs_no_other_partition(log):
    """Who belongs to whom follows from a customer's events and those of its members alone."""
    own = by_customer(log)
    for customer in own.keys() - slow_model.parts(log).keys():
        family = family_events(customer, own)
        members = {e.customer_id for e in family} | {customer}
        seen = {who: told for who, told in own.items() if who in members}
        assert family_events(customer, seen) == family


@FEW
@given(HISTORIES)
def test_everybody_is_where_the_log_says(log):
    into = slow_model.parts(log)
    for customer, told_ in by_customer(log).items():
        assert is_gone(told_) == (customer in into)


# --- worked examples --------------------------------------------------------------------------

TALK = b"T" * 16


def part(gone, *out_of, tick):
    told_ = [one.tell(SplitOut(customer=gone.customer), tick * SECOND) for one in out_of]
    return [*told_, gone.tell(Restored(out_of=out_of[-1].customer), tick * SECOND)]


def three():
    return Story(A, 0), Story(B, 1), Story(C, 2)


def decided(log):
    return [(a.customer_id, a.occurred_at // SECOND) for a in replay(log).acts]


def test_a_clock_that_ran_over_both_is_the_first_ones_again():
    ann, bea, _ = three()
    question = ann.tell(asks(TALK, channel="y"), 0)  # an answer is due within 5 s
    log = [question, *merge(ann, bea, 1), *part(ann, bea, tick=3)]
    assert decided(log) == [(A, 5)]
    assert [(a.customer_id, a.occurred_at) for a in fed(log, [(1, 1)] * 5).acts] == [
        (A, 5 * SECOND)
    ]


def test_what_fell_due_while_they_were_one_is_not_decided_again():
    ann, bea, _ = three()
    log = [ann.tell(asks(TALK, channel="x"), 0), *merge(ann, bea, 1), *part(ann, bea, tick=9)]
    assert decided(log) == [(B, 2)]


def test_what_was_recorded_while_they_were_one_stays():
    ann, bea, _ = three()
    question = ann.tell(asks(TALK, channel="x"), 0)
    log = [question, *merge(ann, bea, 1), bea.tell(replies(conversation=TALK, channel="x"), SECOND)]
    assert decided(log) == []
    log += part(ann, bea, tick=1)
    assert decided(log) == [(A, 2)], "the answer is not among what was recorded with the first"
    rows = replay(log).customers
    assert [row[-1] for row in rows[B].rows["touchpoints"].values()]
    assert len(rows[A].rows["touchpoints"]) == len(rows[B].rows["touchpoints"]) == 1


def test_out_of_a_chain():
    ann, bea, cem = three()
    log = [ann.tell(asks(TALK, channel="y"), 0), *merge(ann, bea, 1), *merge(bea, cem, 2)]
    log += part(ann, bea, cem, tick=3)
    assert decided(log) == [(A, 5)]
    log += part(bea, cem, tick=4)
    assert decided(log) == [(A, 5)]
    assert replay(log).customers.keys() == {A, B, C}
    assert not replay(log).customers[B].rows


def test_who_leaves_takes_along_whoever_became_part_of_them():
    ann, bea, cem = three()
    log = [ann.tell(asks(TALK, channel="y"), 0), *merge(ann, bea, 1), *merge(bea, cem, 2)]
    log += part(bea, cem, tick=3)
    assert decided(log) == [(B, 5)]
    assert replay(log).customers.keys() == {B, C}


def test_who_is_part_of_another_decides_nothing_when_parts_of_theirs_leave():
    ann, bea, cem = three()
    dee = Story(b"d" * 16, 3)
    log = [ann.tell(asks(TALK, channel="y"), 0), bea.tell(asks(b"U" * 16, channel="y"), 0)]
    log += [*merge(ann, cem, 1), *merge(bea, cem, 1), *merge(cem, dee, 1)]
    log += [*part(ann, cem, dee, tick=2), *part(bea, cem, dee, tick=7)]
    assert decided(log) == [(A, 5), (dee.customer, 5)]


def test_together_again():
    ann, bea, _ = three()
    log = [ann.tell(asks(TALK, channel="y"), 0), *merge(ann, bea, 1), *part(ann, bea, tick=2)]
    log += merge(ann, bea, 3)
    assert decided(log) == [(B, 5)]
    log += [*part(ann, bea, tick=4), *merge(bea, ann, 4)]
    assert decided(log) == [(A, 5)]
    assert replay(log).customers.keys() == {A}


def test_a_circle_that_only_damage_makes_ends():
    ann, bea, _ = three()
    log = [*merge(ann, bea, 1)]
    log.append(ann.tell(Absorbed(customer=B, partition=1, last_offset=9), SECOND))
    log.append(ann.tell(MergedOut(into=B), SECOND))
    log.append(bea.tell(Absorbed(customer=A, partition=0, last_offset=9), SECOND))
    assert {e.customer_id for e in family_events(B, by_customer(log))} == {A, B}


def test_a_chain_of_mergers_may_be_long():
    everybody = [Story(n.to_bytes(16), n) for n in range(5_000)]
    log = [e for n, pair in enumerate(pairwise(everybody), 1) for e in merge(*pair, n)]
    first, last = everybody[0].customer, everybody[-1].customer
    found = {e.customer_id for e in family_events(last, by_customer(log))}
    assert found == {one.customer for one in everybody}
    log.append(everybody[-1].tell(SplitOut(customer=first), 5_000 * SECOND))
    found = {e.customer_id for e in family_events(last, by_customer(log))}
    assert found == {one.customer for one in everybody[1:]}


@FEW
@given(HISTORIES)
def test_the_log_takes_each_decision_once_and_it_is_the_first(log):
    feed = fed(log, [(1, 1)] * 40)
    first: dict[bytes, Any] = {}
    for act in sorted(replay(log).acts, key=lambda act: act.occurred_at):
        first.setdefault(act_id(act.fact), act.fact)
    recorded = {e.event_id: e.fact for e in feed.log if e.event_id in first}
    assert recorded == first
