"""What every `EventLog` promises: a backend subclasses `EventLogContract`, gives `opening`.

What needs a disk (reopening, kills, the bytes of the files) is in `event_log_durable.py`.
"""

import inspect
from collections import defaultdict
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from journey.log.keys import WORKSPACE
from journey.log.sqlite_log import SqliteEventLog
from journey.ports import EventLog, Note, Outcome
from schemas.envelope import Flag, brand_id, decode, leaf_hash, partition_of
from schemas.errors import NotFound, UsageError
from schemas.events import (
    Absorbed,
    ConfigurationPublished,
    MentionObserved,
    MergedOut,
    MessageReceived,
)
from schemas.times import HOUR, MINUTE, SECOND
from tests.controls import (
    ANN,
    ANNS_PHONE,
    BEN,
    DOCUMENT,
    NOON,
    VISITOR,
    Opening,
    act,
    draft,
    drafts,
    message,
    order,
    survey,
)

APPENDED, DUPLICATE, DIFFERS, REFUSED = Outcome


def touchpoints(log: SqliteEventLog) -> list[Any]:
    return [event for _, event in log.read(0, 10_000) if event.is_touchpoint]


def outcomes(receipts) -> list[Outcome]:
    return [receipt.outcome for receipt in receipts]


def said(fact) -> dict[str, Any]:
    """The fields that say something: what is empty equals what is not there."""
    fields = {name: getattr(fact, name) for name in fact.__struct_fields__}
    return {name: value for name, value in fields.items() if value is not UNSET and value}


def as_told(fact) -> dict[str, Any]:
    """The same without what the log sets: hashes that stand for sealed fields."""
    set_here = {"order_key", "subscription_key", "fingerprint"}
    return {name: value for name, value in said(fact).items() if name not in set_here}


def check_order(log: SqliteEventLog) -> None:
    """Positions from 1 and offsets from 0 without gaps, ids once, time never back."""
    events = log.read(0, 100_000)
    assert [position for position, _ in events] == list(range(1, len(events) + 1))
    assert log.last_position() == len(events)
    offsets = defaultdict(list)
    for _, event in events:
        offsets[event.partition].append(event.offset)
        if event.customer_id:
            assert event.partition == partition_of(event.customer_id, 64)
    assert all(found == list(range(len(found))) for found in offsets.values())
    assert len({event.event_id for _, event in events}) == len(events)
    times = [event.recorded_at for _, event in events]
    assert times == sorted(times)


class EventLogContract:
    """The promises that hold on a disk and in memory."""

    @pytest.fixture
    def opening(self) -> Any:
        """An `Opening`, closed afterwards."""
        raise NotImplementedError

    @pytest.fixture
    def log(self, opening: Opening) -> SqliteEventLog:
        return opening.log()

    # --- order ----------------------------------------------------------------------------

    @pytest.mark.parametrize("size", [1, 3, 50])
    def test_offsets_and_positions_have_no_gaps(self, opening, log, size):
        told = [*drafts(40), draft("both", identities=ANN | VISITOR), draft("lone", identities={})]
        told.insert(3, draft("visit", identities=VISITOR))
        for start in range(0, len(told), size):
            log.append(told[start : start + size])
            opening.clock.turn(SECOND)
            log.record([act(log.find(ANN["email"][0])[0], cause=bytes([start]) * 16)])
        log.publish('{"rules":"other"}')
        log.append(told)
        check_order(log)

    def test_reading_in_pieces_is_reading_whole(self, log):
        log.append(drafts(30))
        whole = log.read(0, 1000)
        pieces, after = [], 0
        while piece := log.read(after, 7):
            pieces += piece
            after = piece[-1][0]
        assert pieces == whole
        by_partition = [event for p in range(64) for event in log.scan(p)]
        assert {e.event_id for e in by_partition} == {e.event_id for _, e in whole}
        places = [position for position, _ in whole]
        assert log.at(reversed(places)) == [event for _, event in reversed(whole)]

    def test_a_position_that_is_not_there_is_said_so(self, log):
        log.append(drafts(1))
        with pytest.raises(NotFound, match="no position 9999"):
            log.at([1, 9999])
        stray = msgspec.structs.replace(touchpoints(log)[0], offset=77)
        with pytest.raises(NotFound, match="/77"):
            log.open(stray)

    def test_what_was_given_comes_back(self, log):
        given = drafts(12, sequence=7, sequence_given=True)
        log.append(given)
        for told, event in zip(given, touchpoints(log), strict=True):
            opened = log.open(event)
            assert not opened.is_erased
            assert as_told(opened.recorded.fact) == as_told(told.fact)
            assert (event.source, event.occurred_at) == (told.source, told.occurred_at)
            assert event.sequence == 7
            assert event.flags == Flag.SOURCE_SEQUENCE
            assert all(
                getattr(event.fact, name) is UNSET for name in ("message_id", "identities", "extra")
            )

    def test_leaves_are_hashes_of_what_is_stored(self, log):
        log.append(drafts(20))
        count = 0
        for partition in range(64):
            for offset, stored, leaf in log.stored(partition):
                envelope = decode(stored)
                assert (envelope.partition, envelope.offset) == (partition, offset)
                assert leaf == leaf_hash(partition, offset, envelope.type, stored)
                count += 1
        assert count == log.last_position()

    # --- at most once -----------------------------------------------------------------------

    def test_a_repeat_within_a_batch_is_a_duplicate(self, log):
        told = drafts(5)
        receipts = log.append([*told, *reversed(told), told[0]])
        assert outcomes(receipts) == [APPENDED] * 5 + [DUPLICATE] * 6
        assert receipts[0].event_id == receipts[9].event_id == receipts[10].event_id
        assert len(touchpoints(log)) == 5

    @pytest.mark.parametrize("id_time", [None, NOON, 0, -NOON])
    def test_a_repeat_in_a_later_batch_is_a_duplicate(self, log, id_time):
        told = drafts(5, id_time=id_time)
        log.append(told)
        more = [*told, *drafts(3, "new", id_time=id_time)]
        assert outcomes(log.append(more)) == [DUPLICATE] * 5 + [APPENDED] * 3
        assert len(touchpoints(log)) == 8

    def test_ids_are_of_a_source(self, log):
        log.append([draft("m-1"), draft("m-1", source="other shop")])
        assert len(touchpoints(log)) == 2

    def test_source_and_message_id_do_not_run_together(self, log):
        both = [draft("bc", source="a"), draft("c", source="ab")]
        assert outcomes(log.append(both)) == [APPENDED, APPENDED]

    @pytest.mark.parametrize("is_one_batch", [False, True])
    def test_another_telling_keeps_the_first_and_names_what_differs(self, log, is_one_batch):
        first = draft("m-1", message("Where is it?", topic="delivery"), sequence=1)
        second = draft(
            "m-1",
            message("Where is it!!", topic="returns", is_question=True, assessed_by="x 9"),
            identities=ANN | ANNS_PHONE,
            occurred_at=NOON + SECOND,
            sequence=2,
        )
        if is_one_batch:
            answer = log.append([first, second])[1]
        else:
            log.append([first])
            answer = log.append([second])[0]
        assert answer.outcome is DIFFERS
        assert answer.fields == ["identities", "occurred_at", "text", "topic"]
        (kept,) = touchpoints(log)
        assert said(log.open(kept).recorded.fact) == said(first.fact)
        assert log.find(ANNS_PHONE["phone"][0]) == []  # what it says of people does not count

    def test_what_was_computed_or_numbered_does_not_differ(self, log):
        log.append([draft("m-1", message(is_question=False), sequence=1)])
        told = draft("m-1", message(is_question=True, assessed_by="x"), sequence=2)
        assert outcomes(log.append([told])) == [DUPLICATE]

    def test_a_time_that_nobody_told_does_not_differ(self, log):
        log.append([draft("m-1", occurred_at=NOON, time_given=False)])
        later = draft("m-1", occurred_at=NOON + HOUR, time_given=False)
        assert outcomes(log.append([later])) == [DUPLICATE]
        (receipt,) = log.append([draft("m-1", occurred_at=NOON + HOUR)])
        assert (receipt.outcome, receipt.fields) == (DIFFERS, ["occurred_at"])
        (kept,) = touchpoints(log)
        assert kept.occurred_at == NOON

    def test_what_is_told_of_one_delivery_does_not_differ(self, log):
        def told(**extra):
            fact = message("Where?", extra=extra, received_at=len(extra))
            return draft("m-1", fact, per_delivery=frozenset({"sent", "by"}))

        log.append([told(mood="1", sent="2")])
        again = [told(mood="1", sent="3", by="x"), told(mood="1")]
        assert outcomes(log.append(again)) == [DUPLICATE, DUPLICATE]
        (receipt,) = log.append([told(mood="2", sent="2")])
        assert (receipt.outcome, receipt.fields) == (DIFFERS, ["extra"])

    def test_another_type_differs(self, log):
        log.append([draft("m-1", order())])
        (receipt,) = log.append([draft("m-1", survey())])
        assert (receipt.outcome, receipt.fields) == (DIFFERS, ["type"])

    def test_an_erased_telling_is_not_comparable(self, opening, log):
        log.append([draft("m-1"), draft("m-2", identities=BEN)])
        opening.people.destroy(log.find(ANN["email"][0]))
        ann, ben = touchpoints(log)
        assert log.open(ann).is_erased
        assert log.open(ann).recorded.fact.text is UNSET
        assert not log.open(ben).is_erased
        # A duplicate all the same: as something else it would bring the words back, to quarantine.
        (receipt,) = log.append([draft("m-1", message("told differently"))])
        assert (receipt.outcome, receipt.fields) == (DUPLICATE, ["not comparable"])
        assert outcomes(log.append([draft("m-3")])) == [APPENDED]
        assert log.open(touchpoints(log)[2]).recorded.fact.text.startswith("Where is my parcel")
        assert log.open(ann).is_erased  # the new key opens nothing old

    def test_what_concerns_a_brand_has_no_customer_and_lies_by_brand(self, opening, log):
        heard = MentionObserved(brand="Acme", channel="social", text="Nice.", extra={"n": "1"})
        other = msgspec.structs.replace(heard, brand="Bolt")
        told = [draft(f"n-{n}", fact, identities={}) for n, fact in enumerate((heard, other) * 2)]
        assert outcomes(log.append(told)) == [APPENDED] * 4
        assert outcomes(log.append(told)) == [DUPLICATE] * 4
        changed = draft("n-0", msgspec.structs.replace(heard, sentiment=1.0), identities={})
        (receipt,) = log.append([changed])
        assert (receipt.outcome, receipt.fields) == (DIFFERS, ["sentiment"])
        events = [event for _, event in log.read(0, 1_000) if event.is_of_brand]
        assert [event.customer_id for event in events] == [b""] * 4
        assert not any(event.is_touchpoint for event in events)
        for event, fact in zip(events, (heard, other) * 2, strict=True):
            assert event.partition == partition_of(brand_id(fact.brand), log.partitions)
            assert event.fact.text is UNSET
            opened = log.open(event)
            assert said(opened.recorded.fact).items() >= said(fact).items()
        check_order(log)
        opening.people.destroy([event.customer_id for event in events])  # nobody, so nothing
        assert log.open(events[0]).recorded.fact.text == "Nice."
        opening.people.destroy([WORKSPACE])
        assert log.open(events[0]).is_erased

    def test_a_refused_draft_leaves_nothing_and_may_come_again(self, log):
        lone = draft("m-1", identities={}, conversation="c-1")
        first, second = log.append([lone, lone])
        assert (first.outcome, second.outcome) == (REFUSED, REFUSED)
        assert "give an identity" in first.reason
        assert touchpoints(log) == []
        log.append([draft("m-0", conversation="c-1")])
        assert outcomes(log.append([lone])) == [APPENDED]

    def test_a_note_is_written_with_the_append(self, log):
        log.append(drafts(2), note=Note("import", "2 read"))
        assert log.noted("import") == "2 read"
        log.append(drafts(2), note=Note("import", "2 read twice"))  # nothing new beside it
        assert (log.noted("import"), log.last_position()) == ("2 read twice", 64 + 2)
        assert log.noted("another") == ""
        log.note(Note("import", ""))
        assert log.noted("import") == ""

    def test_a_note_of_what_was_not_recorded_is_not_written(self, log, monkeypatch):
        log.append(drafts(1), note=Note("import", "1"))

        def fails(*_):
            raise OSError("no space left on device")

        with monkeypatch.context() as broken, pytest.raises(OSError, match="no space"):
            broken.setattr(log._placer, "write", fails)
            log.append(drafts(3)[1:], note=Note("import", "3"))
        assert log.noted("import") == "1"
        assert len(touchpoints(log)) == 1

    def test_nothing_given_is_nothing_done(self, log):
        assert log.append([]) == []
        assert log.last_position() == 0

    # --- consequences -----------------------------------------------------------------------

    def test_an_act_is_recorded_once_by_its_id(self, log):
        log.append(drafts(2))
        ann = log.find(ANN["email"][0])[0]
        assert log.record([act(ann), act(ann)]) == 1
        assert log.record([act(ann, rule_version=2, verdict="held"), act(ann, step=1)]) == 1
        found = [e for _, e in log.read(0, 1000) if e.type == "outreach-decided.v2"]
        assert [(e.customer_id, e.flags) for e in found] == [(ann, Flag.ENGINE)] * 2
        assert [e.fact.verdict for e in found] == ["decided", "decided"]

    def test_an_act_about_a_merged_customer_goes_to_whom_it_became(self, log):
        log.append([draft("v", identities=VISITOR), draft("a")])
        visitor, ann = (e.customer_id for e in touchpoints(log))
        log.append([draft("both", identities=ANN | VISITOR)])
        assert log.record([act(visitor)]) == 1
        assert log.record([act(visitor)]) == 0
        recorded = log.read(log.last_position() - 1, 1)[0][1]
        assert (recorded.customer_id, recorded.fact.cause_customer) == (ann, visitor)
        check_order(log)

    def test_stale_progress_takes_nothing_with_it(self, log):
        log.append(drafts(2))
        ann = log.find(ANN["email"][0])[0]
        assert log.record([act(ann)], tracking=("engine", 10)) == 1
        for stale in (10, 3):
            assert log.record([act(ann, step=stale)], tracking=("engine", stale)) == 1
        assert log.record([], tracking=("engine", 11)) == 0
        check_order(log)

    # --- configuration ------------------------------------------------------------------------

    def published(self, log):
        return [e for _, e in log.read(0, 10_000) if isinstance(e.fact, ConfigurationPublished)]

    def test_configuration_is_in_every_partition_before_the_first_touchpoint(self, log):
        assert log.last_position() == 0
        log.append(drafts(3))
        events = [event for _, event in log.read(0, 1000)]
        assert [e.partition for e in events[:64]] == list(range(64))
        assert {(e.type, e.offset, e.fact.number, e.fact.document) for e in events[:64]} == {
            ("configuration-published.v1", 0, 1, DOCUMENT)
        }
        assert len({e.recorded_at for e in events[:64]}) == 1
        assert [e.is_touchpoint for e in events[64:]] == [True] * 3

    def test_configuration_is_published_again_only_when_changed(self, log):
        log.append(drafts(3))
        assert log.publish(DOCUMENT) == 1
        assert len(self.published(log)) == 64
        assert log.publish('{"rules":"new"}') == 2
        log.append(drafts(3, "more"))
        assert log.publish('{"rules":"new"}') == 2
        assert {e.fact.number for e in self.published(log)} == {1, 2}, "the old one came back"
        assert log.publish(DOCUMENT) == 3
        assert len(self.published(log)) == 3 * 64
        check_order(log)

    def test_a_configuration_is_later_than_all_before_it(self, opening, log):
        log.append(drafts(3))
        opening.clock.turn(-2 * MINUTE)
        before = log.last_recorded_at
        log.publish('{"rules":"new"}')
        log.append(drafts(1, "more"))
        times = [e.recorded_at for e in self.published(log) if e.fact.number == 2]
        assert len(set(times)) == 1
        assert before < times[0] <= touchpoints(log)[-1].recorded_at

    # --- time and flags ---------------------------------------------------------------------

    def test_time_never_goes_back(self, opening, log):
        for turn in (HOUR, -2 * HOUR, MINUTE, -MINUTE, 3 * HOUR, -HOUR):
            opening.clock.turn(turn)
            log.append(drafts(1, f"at {opening.clock.at}"))
            log.record([act(log.find(ANN["email"][0])[0], cause=str(opening.clock.at).encode())])
        check_order(log)
        assert log.last_recorded_at == NOON + HOUR + HOUR

    def test_nothing_is_recorded_before_a_time_given_out(self, opening, log):
        log.append(drafts(1))
        opening.clock.turn(MINUTE)
        promised = log.now()
        opening.clock.turn(-2 * MINUTE)
        assert log.now() == promised
        log.append(drafts(1, "later"))
        assert touchpoints(log)[1].recorded_at == promised

    def test_progress_alone_moves_no_time(self, opening, log):
        log.append(drafts(1))
        opening.clock.turn(HOUR)
        log.record([], tracking=("engine", 1))
        assert log.last_recorded_at == NOON

    def test_history_and_simulations_are_marked(self, opening, log):
        log.append([draft("live")])
        log.append([draft("old")], imported=True)
        assert [e.flags for e in touchpoints(log)] == [0, Flag.IMPORTED]
        assert [e.is_imported for e in touchpoints(log)] == [False, True]

    def test_a_simulated_log_is_told_its_times(self, opening, log):
        times = [NOON - HOUR, NOON - MINUTE, NOON - 2 * HOUR]
        with pytest.raises(UsageError, match="real times"):
            log.append(drafts(3), at=times)
        log.mark_simulated()
        assert log.is_simulated
        with pytest.raises(UsageError, match="one time a draft"):
            log.append(drafts(3), at=times[:2])
        log.append(drafts(3), at=times)
        found = touchpoints(log)
        assert [e.recorded_at for e in found] == [NOON - HOUR, NOON - MINUTE, NOON - MINUTE]
        assert {e.flags for e in found} == {Flag.SIMULATED}
        assert {e.recorded_at for e in self.published(log)} == {NOON - HOUR}
        check_order(log)

    # --- no way to change -------------------------------------------------------------------

    def test_the_port_has_no_way_to_change_or_remove(self, log):
        words = ("update", "delete", "remove", "replace", "edit", "truncate", "clear", "purge")
        for holder in (EventLog, type(log)):
            names = [n for n, _ in inspect.getmembers(holder) if not n.startswith("_")]
            assert not [n for n in names if any(word in n for word in words)]

    def test_merging_adds_and_changes_nothing(self, log):
        log.append([draft("v", identities=VISITOR), draft("a")])
        before = {p: list(log.stored(p)) for p in range(64)}
        log.append([draft("both", identities=ANN | VISITOR)])
        for partition, rows in before.items():
            assert list(log.stored(partition))[: len(rows)] == rows
        kinds = [type(e.fact) for _, e in log.read(0, 1000)][-3:]
        assert kinds == [MessageReceived, MergedOut, Absorbed]
