"""Timers fire in order, before the event that is later than they are, and never at its own time."""

from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.configuration import Configuration, configuration, document
from projections.configuration.personas import Persona
from projections.fold import (
    Out,
    current,
    fold_decision,
    fold_meaning,
    is_late,
    meaning_wakes_at,
    refold_meaning,
    row_of,
    run_decisions,
    run_meaning,
)
from projections.meaning import Meaning
from projections.projection import NEVER, Act, Change, Projection, Step
from projections.rulebook import Bookkeeping, History, Rulebook
from projections.signs import Sign, StageEntered, TalkResolved
from projections.tables import BY_NAME, KEY_PLACES, TABLES, TOUCHPOINTS, Kind
from projections.touchpoints import brand_row
from schemas.events import (
    ConfigurationPublished,
    Custom,
    MentionObserved,
    MergedOut,
    OutreachDecided,
    PreferenceStated,
)
from tests.projections.story import (
    ANN,
    RULES,
    Story,
    asks,
    at,
    csat,
    order,
    page,
    replies,
    resolved,
)

# A toy: an event called "ring 3" sets an alarm for time 3. Everything that happens is a row.


def alarms(name):
    def note(what):
        return Change("touchpoints", (name, *what))

    def evolve(state, event, customer):
        state.append(int(event.fact.name.removeprefix("ring ")))
        return Step(state, [note(("event", event.occurred_at))], [])

    def on_time(state, time, customer):
        state[:] = [alarm for alarm in state if alarm != time]
        act = Act(customer, time, OutreachDecided(trigger=name))
        return Step(state, [note(("alarm", time))], [act])

    return Projection(
        name=name,
        version=1,
        tables=(),
        state_type=list,
        initial=list,
        evolve=evolve,
        wake_at=lambda state: min(state, default=NEVER),
        on_time=on_time,
    )


ONE, TWO = alarms("one"), alarms("two")
TOYS: Any = SimpleNamespace(meaning=Meaning((ONE, TWO)))
TRIGGER: Any = SimpleNamespace(
    deciders=lambda rules, event: (ONE,),
    deciders_at=lambda rules, at: (ONE,),
    newest=lambda rules: (ONE,),
)


def fresh():
    return SimpleNamespace(book=Bookkeeping(), one=[], two=[])


def ring(time, *, now):
    return Story().tell(Custom(name=f"ring {time}"), now)


def happened(out):
    return [
        (what, time) for name, what, time in (change.row for change in out.rows) if name == "one"
    ]


def test_a_timer_fires_before_the_next_event_and_not_before_its_time():
    state, out = fresh(), Out([], [])
    fold_meaning(TOYS, state, ring(5, now=1), ANN, out)
    fold_meaning(TOYS, state, ring(99, now=4), ANN, out)
    fold_meaning(TOYS, state, ring(99, now=6), ANN, out)
    assert happened(out) == [("event", 1), ("event", 4), ("alarm", 5), ("event", 6)]
    assert (state.book.fired, state.book.until, state.book.touchpoints) == (5, 6, 3)


def test_events_at_exactly_a_timers_time_fold_first():
    state, out = fresh(), Out([], [])
    fold_meaning(TOYS, state, ring(5, now=1), ANN, out)
    fold_meaning(TOYS, state, ring(99, now=5), ANN, out)
    assert happened(out) == [("event", 1), ("event", 5)]
    run_meaning(TOYS, state, 5, ANN, out)
    assert happened(out)[-1] == ("event", 5)
    run_meaning(TOYS, state, 6, ANN, out)
    assert happened(out)[-1] == ("alarm", 5)


def test_decisions_keep_the_same_rule_by_the_time_of_recording():
    state, out = fresh(), Out([], [])
    story = Story()
    first = story.tell(Custom(name="ring 5"), -900, recorded=1)
    at_five = story.tell(Custom(name="ring 99"), -900, recorded=5)
    later = story.tell(Custom(name="ring 99"), -900, recorded=6)
    fold_decision(TOYS, TRIGGER, state, first, ANN, out)
    fold_decision(TOYS, TRIGGER, state, at_five, ANN, out)
    run_decisions(TOYS, TRIGGER, state, 5, ANN, out)
    assert out.acts == []
    fold_decision(TOYS, TRIGGER, state, later, ANN, out)
    assert [act.occurred_at for act in out.acts] == [5]


@given(st.lists(st.integers(2, 9), max_size=9), st.integers(0, 11))
def test_timers_fire_in_their_order_all_projections_together(times, until):
    state, out = fresh(), Out([], [])
    for time in times:
        fold_meaning(TOYS, state, ring(time, now=1), ANN, out)
    out.rows.clear()
    run_meaning(TOYS, state, until, ANN, out)
    due = sorted({t for t in times if t < until})
    assert [change.row for change in out.rows] == [
        (n, "alarm", t) for t in due for n in ("one", "two")
    ]
    left = min((t for t in times if t >= until), default=NEVER)
    assert meaning_wakes_at(TOYS, state) == left
    assert state.book.until == max(until, 1 if times else until)


def test_time_does_not_go_back():
    state, out = fresh(), Out([], [])
    run_meaning(TOYS, state, 10, ANN, out)
    run_meaning(TOYS, state, 3, ANN, out)
    assert state.book.until == 10


# --- late -------------------------------------------------------------------------------------


def late(event, *before, until=0):
    state, _ = refold_meaning(RULES, ANN, before, until)
    return is_late(state, event)


def test_the_first_event_is_not_late_whenever_it_happened():
    assert not late(Story().tell(page(), at(days=-9_000)), until=at(days=9_000))


def test_what_happened_before_the_last_event_is_late():
    story = Story()
    last = story.tell(page(), at(5))
    assert late(story.tell(page(), at(4)), last)
    assert not late(story.tell(page(), at(6)), last)


def test_equal_times_are_settled_by_sequence_then_id():
    story = Story()
    earlier_id = story.tell(page(), at(5), sequence=1)
    last = story.tell(page(), at(5), sequence=1)
    assert late(earlier_id, last)
    assert not late(last, earlier_id)
    assert late(story.tell(page(), at(5), sequence=0), last)
    assert not late(story.tell(page(), at(5), sequence=2), last)


@pytest.mark.parametrize(("micros", "expected"), [(-1, True), (0, True), (1, False)])
def test_what_happened_at_or_before_a_timer_that_has_fired_is_late(micros, expected):
    """At its very time too: events at exactly T come first, and this one did not."""
    story = Story()
    before = [story.tell(asks(), at(0)), story.tell(replies(), at(1))]
    event = story.tell(page(), at(73, micros=micros))
    assert late(event, *before, until=at(74)) == expected
    assert not late(event, *before, until=at(73))


def test_time_that_passed_without_a_timer_makes_nothing_late():
    story = Story()
    before = story.tell(resolved(), at(0))
    assert not late(story.tell(page(), at(1)), before, until=at(9_000))


# --- rows -------------------------------------------------------------------------------------


def test_of_one_row_at_different_times_the_last_stands():
    story = Story()
    first = row_of(story.tell(page(name="a"), at(0)), ANN)
    second = row_of(story.tell(page(name="b"), at(1)), ANN)
    assert first is not None
    assert second is not None
    name = TOUCHPOINTS.names.index("name")
    changed = Change("touchpoints", (*first.row[:name], "later", *first.row[name + 1 :]))
    rows = current([first, second, changed])["touchpoints"]
    assert sorted(row[name] for row in rows.values()) == ["b", "later"]


def test_only_touchpoints_and_decisions_are_rows_of_their_own():
    story = Story()
    assert row_of(story.tell(MergedOut(), at(0)), ANN) is None
    decision = row_of(story.tell(OutreachDecided(trigger="x"), at(0)), ANN)
    assert decision is not None
    assert decision.table == "decisions"


def test_every_row_fits_its_table():
    story, prefers = Story(), PreferenceStated(on_channel="sms", language="en")
    for fact in (
        asks(),
        replies(),
        page(),
        OutreachDecided(trigger="x"),
        asks(b""),
        prefers,
        csat(1),
        order(),
    ):
        story.tell(fact, at(0))
    asker = Configuration(personas={"asker": Persona(fact="questions", at_most=0)})
    _, rows = refold_meaning(Rulebook(document(asker)), ANN, story.events, at(days=900))
    heard = story.tell(MentionObserved(brand="Acme", sentiment=1.0, is_rated=True), at(0))
    rows |= current([brand_row(heard)])
    assert rows.keys() == BY_NAME.keys()
    for table, published in rows.items():
        assert all(len(row) == len(BY_NAME[table].columns) for row in published.values())


def test_a_tables_key_and_time_are_among_its_columns():
    for table in TABLES:
        assert set(table.key) <= set(table.names)
        assert table.time in table.key
        first = table.columns[KEY_PLACES[table.name][0]]
        assert (first, first.kind) == (table.columns[0], Kind.ID)


# --- configuration in force -------------------------------------------------------------------


def test_the_configuration_in_force_is_the_last_one_published_before_in_that_partition():
    rules, history, story = Rulebook("{}"), History(), Story()
    documents = ["{}", '{"stages":{"lapse":1}}', '{"stages":{"lapse":2}}']
    events = []
    for number, text in enumerate(documents, 1):
        history.publish(story.tell(ConfigurationPublished(number=number, document=text), at(0)))
        events.append(story.tell(page(), at(0)))
    told = [history.deciders(rules, event) for event in events]
    assert told == [history._deciders(d, n) for n, d in enumerate(documents, 1)]
    elsewhere = Story(partition=8).tell(page(), at(0))
    assert history.deciders(rules, elsewhere) == told[-1]  # by time
    assert [history.numbered(n) for n in (3, 4)] == [configuration(documents[-1]), None]
    assert history.documents() == tuple(documents)


def test_a_rulebooks_versions_name_each_part_of_the_state():
    names = RULES.state_type.__struct_fields__
    assert set(names) - {"book"} == set(RULES.versions) - {"state"}
    assert RULES.decoder.decode(msgspec.msgpack.encode(RULES.initial())) == RULES.initial()


# Signs: "speaker" says each event's name, "echo" says it again, "ear" writes down who spoke.


def speaker(name, *, says, hears=(), reads=None):
    def say(state, told):
        state.append(told)
        row = Change("touchpoints", (name, told))
        return Step(state, [row], [], [says(told)] if says else [])

    return Projection(
        name=name,
        version=1,
        tables=(),
        state_type=list,
        initial=list,
        evolve=lambda state, event, customer: say(state, cast(Custom, event.fact).name),
        wake_at=lambda state: NEVER,
        on_time=lambda state, at, customer: say(state, str(at)),
        reads=reads,
        hears={sign: lambda state, sign, customer: say(state, told(sign)) for sign in hears},
    )


def told(sign: Sign) -> str:
    return getattr(sign, "stage", "") or f"echo of {getattr(sign, 'topic', '')}"


def entered(name):
    return StageEntered(at=1, stage=name, previous="", cause="")


def resolved_sign(name):
    return TalkResolved(at=1, conversation=b"", topic=name, is_implied=False, contacts=1)


def test_a_sign_is_heard_at_once_by_all_who_asked_for_its_type_and_is_passed_on():
    first = speaker("first", says=None, hears=(TalkResolved,), reads=())
    middle = speaker("middle", says=entered)
    last = speaker("last", says=resolved_sign, hears=(StageEntered,))
    book: Any = SimpleNamespace(meaning=Meaning((first, middle, last)))
    state = SimpleNamespace(book=Bookkeeping(), first=[], middle=[], last=[])
    out = Out([], [])
    fold_meaning(book, state, ring(5, now=1), ANN, out)
    assert [row.row for row in out.rows] == [
        ("middle", "ring 5"),
        ("last", "ring 5"),  # by the sign
        ("first", "echo of ring 5"),  # which it passed on
        ("last", "ring 5"),  # the event itself
        ("first", "echo of ring 5"),
    ]
    assert (state.first, state.middle) == (["echo of ring 5"] * 2, ["ring 5"])
