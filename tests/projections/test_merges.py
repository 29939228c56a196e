"""Customers who become one: members decide alone before, together after; meaning is of all.

Replay is held against a slow model, and the engine's steps against replay.
"""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.fold import Out, run_meaning
from projections.projection import act_id
from replay.customer import Watermarks, replay_customer
from schemas.events import Absorbed, MergedOut, OutreachDecided
from schemas.times import SECOND
from tests.projections import slow_care, slow_model
from tests.projections.feed import Feed
from tests.projections.histories import (
    END,
    PEOPLE,
    RULES,
    SHORT,
    TICKS,
    drawn,
    engines_own,
    merged_history,
    some_cuts,
)
from tests.projections.story import HISTORY, Story, asks, replies

A, B, C = PEOPLE
HISTORIES = drawn(merged_history)
FEW = settings(max_examples=40)  # `test_mutations` looks at hundreds more, more quickly


def replay(log, until=END, customer=B):
    return replay_customer(RULES, HISTORY, customer, log, Watermarks(until, until))


def fed(log, cuts, until=END):
    """The log in batches, whatever they part, with time passing in between."""
    feed, start = Feed(RULES, PEOPLE.index), 0
    for size, ticks in [*cuts, (len(log) + 1, -1)]:
        feed.take(log[start : start + size])
        start += size
        if ticks >= 0 and 0 < start < len(log):
            now = min(log[start - 1].recorded_at + ticks * SECOND, log[start].recorded_at)
            feed.run(now, now)
    feed.run(until, until)
    feed.take([])
    return feed


def told(acts):
    return sorted(
        slow_model.Decided(a.occurred_at, a.fact.cause, a.fact.cause_customer, tuple(a.fact.inputs))
        for a in acts
    )


def replay_is_what_the_slow_model_says(log, until):
    made = slow_model.family_decisions(SHORT, log, until)
    replayed = replay(log, until)
    assert told(replayed.acts) == sorted(d for each in made.values() for d in each)
    for act in replayed.acts:
        assert told([act])[0] in made[act.customer_id]


def the_engine_is_what_replay_says(log, cuts):
    feed = fed(log, cuts)
    replayed = replay([e for e in feed.log if e.customer_id in PEOPLE])
    assert told(feed.acts) == told(replayed.acts)
    assert {t: r for t, r in feed.tables.items() if r} == replayed.rows
    assert feed.states.keys() == {B}
    state = RULES.decoder.decode(feed.states[B])
    run_meaning(RULES, state, END, B, Out([], []))
    assert msgspec.msgpack.encode(state) == msgspec.msgpack.encode(replayed.state)


@FEW
@given(HISTORIES, st.integers(TICKS, TICKS + 5))
def test_replay_decides_what_the_slow_model_decides(log, ticks):
    replay_is_what_the_slow_model_says(log, ticks * SECOND)


@FEW
@given(HISTORIES, drawn(some_cuts))
def test_the_engine_comes_to_what_replay_comes_to(log, cuts):
    the_engine_is_what_replay_says(log, cuts)


@FEW
@given(HISTORIES)
def test_meaning_after_merges_is_that_of_all_events_as_if_always_one(log):
    replayed = replay(log)
    touchpoints = sorted((e for e in log if e.is_touchpoint), key=lambda e: e.order)
    expected = slow_care.conversations(SHORT, touchpoints, END)
    assert len(replayed.rows.get("conversations", {})) == len(expected)
    way = slow_model.stages(SHORT, touchpoints, END)
    assert [row[3] for row in replayed.rows.get("stages", {}).values()] == [s for s, _ in way]
    rows = [row for published in replayed.rows.values() for row in published.values()]
    assert {row[0] for row in rows} <= {B.hex()}


@FEW
@given(HISTORIES)
def test_no_cause_is_decided_twice(log):
    """A member's decision and the family's are one act, because the log takes each id once."""
    ids = [act_id(act.fact) for act in replay(log).acts]
    assert len(ids) == len(set(ids))


@FEW
@given(HISTORIES)
def test_reading_decisions_back_is_a_no_op(log):
    replayed = replay(log)
    read_back = []
    for n, act in enumerate(replayed.acts):
        told = (B, PEOPLE.index(B), 900_000 + n, 9_000 + n, act.fact, act.occurred_at)
        read_back.append(engines_own(*told))
    assert all(isinstance(e.fact, OutreachDecided) for e in read_back)
    again = replay([*log, *read_back])
    assert (again.acts, again.state) == (replayed.acts, replayed.state)
    assert len(again.rows.get("decisions", {})) == len(read_back)


# --- worked examples --------------------------------------------------------------------------

TALK = b"T" * 16


def merge(gone, into, tick):
    out = gone.tell(MergedOut(into=into.customer), tick * SECOND)
    took = into.tell(
        Absorbed(customer=gone.customer, partition=gone.partition, last_offset=out.offset),
        tick * SECOND,
    )
    return [out, took]


def family():
    return Story(A, 0), Story(B, 1)


def test_what_fell_due_before_the_merge_stays_decided_and_is_not_decided_again():
    ann, bea = family()
    log = [ann.tell(asks(TALK, channel="x"), 0), *merge(ann, bea, 9)]
    assert [(a.customer_id, a.occurred_at) for a in replay(log).acts] == [(A, 2 * SECOND)]


def test_a_clock_that_runs_over_the_merge_is_the_others_from_then_on():
    ann, bea = family()
    question = ann.tell(asks(TALK, channel="x"), 0)
    log = [question, *merge(ann, bea, 1)]
    (act,) = replay(log).acts
    assert (act.customer_id, act.occurred_at) == (B, 2 * SECOND)
    assert (act.fact.cause, act.fact.cause_customer) == (question.event_id, A)
    late = bea.tell(replies(conversation=TALK, channel="x"), 2 * SECOND)
    assert replay([*log, late]).acts == []


def test_a_clock_due_at_the_very_time_of_the_merge_fires_once_and_after_it():
    ann, bea = family()
    log = [ann.tell(asks(TALK, channel="x"), 0), *merge(ann, bea, 2)]
    assert [(a.customer_id, a.occurred_at) for a in replay(log).acts] == [(B, 2 * SECOND)]
    assert [a.customer_id for a in fed(log, [(1, 20), (1, 20), (1, 20)]).acts] == [B]


def test_an_answer_to_the_one_is_an_answer_to_the_other_once_they_are_one():
    ann, bea = family()
    question = ann.tell(asks(b"", channel="y"), 0)
    answer = bea.tell(replies(conversation=b"", channel="y"), SECOND)
    log = [question, answer, *merge(ann, bea, 2)]
    assert replay(log).acts == []
    assert [a.customer_id for a in replay([question], customer=A).acts] == [A]
