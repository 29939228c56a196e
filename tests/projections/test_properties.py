"""Whatever happens, and in whatever order it becomes known: what must hold.

Each property is a plain function of a history, so that `test_mutations` can show that it fails
when a rule is wrong.
"""

import msgspec
from hypothesis import given, settings

from projections.conversations import projection as talks
from projections.fold import (
    Out,
    current,
    fold_decision,
    fold_meaning,
    refold_meaning,
    refolded,
    refolded_each,
    row_of,
    run_decisions,
    run_meaning,
)
from projections.outreach import unanswered
from projections.tables import BY_NAME
from schemas.times import SECOND
from tests.projections import slow_care, slow_model
from tests.projections.feed import Feed
from tests.projections.histories import (
    END,
    IN_ONE_GO,
    RULES,
    SHORT,
    SMALL_BATCHES,
    drawn,
    history,
    some_cuts,
    watermark,
)
from tests.projections.story import ANN, HISTORY, Story, asks, page, replies

ENCODE = msgspec.msgpack.encode


def decide(log, until=END):
    """State and acts of the triggers, one event after the other."""
    state, out = RULES.initial(), Out([], [])
    for event in log:
        fold_decision(RULES, HISTORY, state, event, event.customer_id, out)
    run_decisions(RULES, HISTORY, state, until, ANN, out)
    return state, out.acts


def fed(log, cuts):
    """The same log in batches, with time passing in between as far as the log allows."""
    feed, start = Feed(RULES), 0
    for size, ticks in [*cuts, (len(log) + 1, -1)]:
        feed.take(log[start : start + size])
        start += size
        if ticks >= 0 and start <= len(log):
            # No later append may precede the watermark.
            latest = feed.log[-1].recorded_at if feed.log else 0
            following = log[start].recorded_at if start < len(log) else END
            now = min(latest + ticks * SECOND, following)
            feed.run(now, now)
    while True:
        feed.run(END, END)
        if not feed._unread:
            return feed
        feed.take([])


# --- the properties ---------------------------------------------------------------------------


def stopping_changes_nothing(log):
    whole, out = RULES.initial(), Out([], [])
    saved, pieces = ENCODE(RULES.initial()), Out([], [])
    for event in sorted(log, key=lambda e: e.order):
        fold_meaning(RULES, whole, event, ANN, out)
        resumed = RULES.decoder.decode(saved)
        fold_meaning(RULES, resumed, event, ANN, pieces)
        saved = ENCODE(resumed)
    for event in log:
        fold_decision(RULES, HISTORY, whole, event, ANN, out)
        resumed = RULES.decoder.decode(saved)
        fold_decision(RULES, HISTORY, resumed, event, ANN, pieces)
        saved = ENCODE(resumed)
    assert saved == ENCODE(whole)
    assert pieces == out


def any_order_of_arrival_means_the_same(log, cuts):
    feed = fed(log, cuts)
    if not log:
        assert not feed.tables
        return
    state, rows = refold_meaning(RULES, ANN, feed.log, END)
    assert {t: r for t, r in feed.tables.items() if r} == rows
    decided, _ = decide(log)
    state.unanswered = decided.unanswered
    fed_state, nothing = RULES.decoder.decode(feed.states[ANN]), Out([], [])
    run_meaning(RULES, fed_state, END, ANN, nothing)  # who has no timer is not woken
    assert nothing == Out([], [])
    assert ENCODE(fed_state) == ENCODE(state)


def batches_change_no_decision(log, cuts):
    assert fed(log, cuts).acts == decide(log)[1]


def meaning_is_what_the_slow_model_says(log, until):
    events = sorted(log, key=lambda e: e.order)
    _, rows = refold_meaning(RULES, ANN, log, until)
    until = max([until, *(e.occurred_at for e in log)])
    names = BY_NAME["conversations"].names
    told = [dict(zip(names, r, strict=True)) for r in rows.get("conversations", {}).values()]
    expected = slow_care.conversations(SHORT, events, until)
    assert {bytes.fromhex(row["conversation_id"]) for row in told} == expected.keys()
    parts = {table: in_words(rows, table) for table in ("turns", "contacts", "assignments")}
    for row in told:
        model = expected[bytes.fromhex(row["conversation_id"])]
        for table, found in parts.items():
            own = [r for r in found if r["conversation_id"] == row["conversation_id"]]
            wanted = model.pop(f"rows of {table}")
            assert len(own) == len(wanted), table
            for one, other in zip(own, wanted, strict=True):
                assert {name: one[name] for name in other} == other
        assert {name: row[name] for name in model} == model
    names = BY_NAME["stages"].names
    way = [dict(zip(names, r, strict=True)) for r in rows.get("stages", {}).values()]
    way.sort(key=lambda row: row["ordinal"])
    assert [(r["stage"], r["entered_at"]) for r in way] == slow_model.stages(SHORT, events, until)
    names = BY_NAME["personas"].names
    held = [dict(zip(names, r, strict=True)) for r in rows.get("personas", {}).values()]
    of_personas = slow_model.personas(SHORT, events, until)
    assert {(r["persona"], r["since"]): r["until"] for r in held} == of_personas


def in_words(rows, table):
    """The rows of a table by column name, in the order in which they began."""
    names = BY_NAME[table].names
    return [dict(zip(names, row, strict=True)) for row in rows.get(table, {}).values()]


def decisions_are_what_the_slow_model_says(log, until):
    until = max([until, *(e.recorded_at for e in log)])
    _, acts = decide(log, until)
    told = [
        slow_model.Decided(a.occurred_at, a.fact.cause, a.fact.cause_customer, tuple(a.fact.inputs))
        for a in acts
    ]
    assert sorted(told) == slow_model.decisions(SHORT, log, until)
    assert [a.occurred_at for a in acts] == sorted(a.occurred_at for a in acts)


def histories_folded_together_are_as_each_alone(log, without, until):
    fewer = [event for event in log if event.offset not in without]
    histories = [fewer, log, fewer[: len(fewer) // 2]]
    together = refolded_each(RULES, ANN, histories, until)
    for events, (state, told) in zip(histories, together, strict=True):
        alone, out = refolded(RULES, ANN, events, until)
        assert ENCODE(state) == ENCODE(alone)
        assert told == out


# --- hold for any history ---------------------------------------------------------------------

FEW = settings(max_examples=40)  # `test_mutations` looks at hundreds more, more quickly
HISTORIES, CUTS, UNTIL = drawn(history), drawn(some_cuts), drawn(watermark)


def some_offsets(choose):
    return {choose(range(25)) for _ in range(choose(range(4)))}


def late_history(choose):
    """Long, and most of it recorded after timers have fired."""
    return history(choose, times=[IN_ONE_GO], lengths=range(6, 21))


def small_cuts(choose):
    return some_cuts(choose, SMALL_BATCHES, range(8, 15))


def long_history(choose):
    return history(choose, lengths=range(25))


@FEW
@given(HISTORIES)
def test_stopping_and_resuming_changes_nothing(log):
    stopping_changes_nothing(log)


@FEW
@given(drawn(long_history), drawn(some_offsets), UNTIL)
def test_histories_folded_together_are_as_each_alone(log, without, until):
    histories_folded_together_are_as_each_alone(log, without, until)


@FEW
@given(HISTORIES, CUTS)
def test_any_order_of_arrival_gives_the_same_rows_and_the_same_state(log, cuts):
    any_order_of_arrival_means_the_same(log, cuts)


@FEW
@given(drawn(late_history), drawn(small_cuts))
def test_the_same_holds_where_most_is_recorded_after_timers_have_fired(log, cuts):
    any_order_of_arrival_means_the_same(log, cuts)


def test_a_timer_that_a_later_event_finds_unfired_is_published():
    """Time is at tick 12. A reply at tick 7 sets a timer for 10; then tick 5 is heard of."""
    here, there, story = b"A" * 16, b"B" * 16, Story()
    story.tell(asks(here), 0)
    story.tell(replies(conversation=here), SECOND)
    story.tell(replies(conversation=there), 7 * SECOND, recorded=12 * SECOND)
    story.tell(page(direction="outbound"), 5 * SECOND, recorded=12 * SECOND)
    any_order_of_arrival_means_the_same(story.events, [(2, 20), (1, -1), (1, -1)])


@FEW
@given(drawn(long_history), CUTS)
def test_the_same_holds_where_states_forget(log, cuts):
    known, heard = talks.REMEMBERED_MAX, unanswered.TALKS_MAX
    talks.REMEMBERED_MAX, unanswered.TALKS_MAX = 2, 2
    try:
        any_order_of_arrival_means_the_same(log, cuts)
        batches_change_no_decision(log, cuts)
        state, _ = refold_meaning(RULES, ANN, log, END)
        assert len(state.conversations.known) <= 2
        assert set(state.conversations.threads.values()) <= set(state.conversations.known)
    finally:
        talks.REMEMBERED_MAX, unanswered.TALKS_MAX = known, heard


@FEW
@given(HISTORIES, CUTS)
def test_decisions_do_not_depend_on_the_borders_of_batches(log, cuts):
    batches_change_no_decision(log, cuts)


@FEW
@given(HISTORIES, UNTIL)
def test_meaning_is_what_a_slow_model_says(log, until):
    meaning_is_what_the_slow_model_says(log, until)


@FEW
@given(drawn(long_history), UNTIL)
def test_decisions_are_what_a_slow_model_says(log, until):
    decisions_are_what_the_slow_model_says(log, until)


@FEW
@given(HISTORIES, UNTIL, UNTIL)
def test_time_may_pass_in_steps(log, one, other):
    """Rows up to a watermark, and on to the next, are the rows up to the next."""
    state, out = RULES.initial(), Out([], [])
    for event in sorted(log, key=lambda e: e.order):
        out.rows.extend(filter(None, [row_of(event, ANN)]))
        fold_meaning(RULES, state, event, ANN, out)
    for until in sorted((one, other)):
        run_meaning(RULES, state, until, ANN, out)
    whole, rows = refold_meaning(RULES, ANN, log, max(one, other))
    assert current(out.rows) == rows
    assert ENCODE(state) == ENCODE(whole)


@FEW
@given(HISTORIES)
def test_nothing_waits_once_all_timers_have_fired(log):
    state, rows = refold_meaning(RULES, ANN, log, END)
    assert state.conversations.wake >= END
    assert state.stages.lapses_at >= END
    for row in rows.get("stages", {}).values():
        told = dict(zip(BY_NAME["stages"].names, row, strict=True))
        assert (told["left_at"] is None) == (told["ordinal"] == state.stages.ordinal)
