"""Whatever happens, in whatever order it is told, wherever the process dies: live equals replay."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.family import REGROUPS
from projections.pains.kinds import Kind
from projections.tables import DECISIONS, PAINS, TABLES, Row, Table
from schemas.events import MessageSent
from schemas.times import Instant
from tests.properties.gallery import GALLERY
from tests.properties.plots import Moment, Plot, Step, plots
from tests.properties.world import RULES, World, decided, decided_again, findings, lived


@settings(max_examples=120)
@given(plots())
def test_states_rows_and_decisions_are_what_the_log_amounts_to(plot):
    check(plot)


@pytest.mark.parametrize("name", GALLERY)
def test_the_gallery_is_what_its_log_amounts_to(name):
    check(GALLERY[name])


def check(plot: Plot, rules: str = RULES) -> None:
    with lived(plot, rules=rules) as world:
        assert decided_again(world) == decided(world)
        assert findings(world) == []
        histories = world.histories()
        assert set(world.store.states(histories)) == set(histories)
        assert world.store.customers() == len(histories)
        places = {(e.partition, e.offset): position for position, e in world.events()}
        for customer, events in histories.items():
            mine = sorted(places[e.partition, e.offset] for e in events)
            assert world.store.positions(customer) == mine
        now = world.watermarks()
        assert world.store.due(now.meaning, now.decisions, 1) == []
        assert world.store.waiting() == {}
        assert all(not e.customer_id for _, e in world.events() if e.is_of_brand)


@given(plots())
def test_dying_and_stopping_anywhere_changes_nothing(plot):
    with lived(plot, lives_once=True) as whole, lived(plot) as broken:
        assert events(broken) == events(whole)
        for table in TABLES:
            assert broken.published(table) == whole.published(table)
        assert list(broken.store.corrections(9_999)) == list(whole.store.corrections(9_999))


@given(plots(), st.integers(1, 7))
def test_the_sizes_of_batches_change_nothing(plot, size):
    other = replace(plot, batch_events=size, due_at_once=size, flush_rows=1)
    with lived(plot, lives_once=True) as one, lived(other, lives_once=True) as two:
        for table in TABLES:
            assert without_places(table, two) == without_places(table, one)


@given(plots(by_owner=True), st.data())
def test_the_order_of_arrival_changes_no_row(plot, data):
    clock, once = 0, dict[int, tuple[Instant, Moment]]()
    for step in plot.steps:
        clock += step.wait
        for moment in step.told:
            once.setdefault(moment.number, (clock, moment))
    told = list(once.values())
    again = data.draw(st.permutations(told))
    sizes = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    rows, regrouped = [], False
    for order, size in ((told, [len(told)]), (again, sizes)):
        with lived(replace(plot, steps=[*pieces(order, size, clock)])) as world:
            rows.append(renamed(world))
            regrouped |= any(isinstance(event.fact, REGROUPS) for _, event in world.events())
    if regrouped:  # texts from before and after are compared under two keys: decision 27
        kind = PAINS.names.index("kind")
        for each in rows:
            each[PAINS.name] = [r for r in each[PAINS.name] if r[kind] != Kind.SCRIPTED_REPLY]
    assert rows[0] == rows[1]


def pieces(told: list[tuple[Instant, Moment]], sizes: list[int], end: Instant) -> Iterator[Step]:
    """History as it is imported, after the fact: in pieces, with time passing in between."""
    works, left, wait = cycle(("hold", "advance", "", "catch_up")), list(told), end
    for size in cycle(sizes):
        if not left:
            return
        piece = [replace(m, ago=end - at + m.ago) for at, m in left[:size]]
        left = left[size:]
        yield Step(wait, piece, False, True, next(works), False, False, 0)
        wait = 0


def events(world: World) -> list[Any]:
    """The log, without what is made with a person's key: another one in each world."""
    return [
        msgspec.structs.replace(event, fact=msgspec.structs.replace(event.fact, fingerprint=b""))
        if isinstance(event.fact, MessageSent)
        else event
        for _, event in world.events()
    ]


def without_places(table: Table, world: World) -> list[Row]:
    """Rows without positions: those of decisions depend on when other decisions were recorded."""
    left_out = {c.name for c in table.columns if c.of_record}
    if table is DECISIONS:
        left_out.add("inputs")
    kept = [n for n, name in enumerate(table.names) if name not in left_out]
    return sorted(tuple(row[n] for n in kept) for row in world.published(table))


def renamed(world: World) -> dict[str, list[Row]]:
    """All rows, every customer under the name of their smallest event."""
    names: dict[str, str] = {}
    touchpoints = TABLES[0]
    place = touchpoints.names.index("event_id")
    for row in world.published(touchpoints):
        names[row[0]] = min(names.get(row[0], "~"), row[place])
    return {
        table.name: sorted(
            ((names.get(row[0], row[0]), *row[1:]) for row in without_places(table, world)),
            key=repr,
        )
        for table in TABLES
    }
