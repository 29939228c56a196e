"""Identities that are taken apart: who leaves, who goes along, and whose the names are then."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journey.log.identity import ANONYMOUS, rank
from journey.ports import Outcome
from schemas.events import Absorbed, IdentityLinked, IdentityUnlinked, MergedOut, Restored, SplitOut
from tests.controls import (
    ANN,
    ANNS_PHONE,
    BEN,
    CEM,
    OTHER_VISITOR,
    VISITOR,
    Opening,
    draft,
    link,
    message,
)
from tests.journey.test_placing_properties import NAMES, a_log, grouped, some_names, story


class Told:
    """A log, told one thing after another."""

    def __init__(self):
        self.opening = Opening(None)
        self.log = self.opening.log()
        self._number = 0

    def tell(self, identities, fact=None, **given_):
        """The events that one draft makes."""
        self._number += 1
        before = max(self.log.last_position(), 64)
        given_ = {"identities": identities} | given_
        (receipt,) = self.log.append([draft(f"m-{self._number}", fact or message(), **given_)])
        assert receipt.outcome is Outcome.APPENDED
        return [e for _, e in self.log.read(before, 100)]

    def unlink(self, stays, removed):
        return self.tell(stays, unlink(removed))

    def who(self, identities):
        ((value,),) = identities.values()
        found = self.log.find(value)
        return found[0] if found else None


def unlink(removed):
    return IdentityUnlinked(channel="crm", direction="internal", removed=removed)


@pytest.fixture
def told():
    made = Told()
    yield made
    made.opening.close()


def test_a_link_is_taken_back_in_both_partitions(told):
    (first,) = told.tell(ANNS_PHONE)
    (second,) = told.tell(ANN)
    told.tell(ANN | ANNS_PHONE, link())
    assert told.who(ANN) == told.who(ANNS_PHONE) == second.customer_id
    left, restored, event = told.unlink(ANN, ANNS_PHONE)
    assert told.who(ANN) == second.customer_id
    assert told.who(ANNS_PHONE) == first.customer_id
    assert (left.customer_id, left.fact) == (
        second.customer_id,
        SplitOut(customer=first.customer_id, cause=event.event_id),
    )
    assert (restored.customer_id, restored.fact) == (
        first.customer_id,
        Restored(out_of=second.customer_id, cause=event.event_id),
    )
    assert (event.type, event.customer_id) == (IdentityUnlinked.TYPE, second.customer_id)
    (later,) = told.tell(ANNS_PHONE)
    assert later.customer_id == first.customer_id


def test_an_anonymous_merge_is_taken_back(told):
    (visit,) = told.tell(VISITOR)
    told.tell(ANN)
    told.tell(ANN | VISITOR)
    told.unlink(ANN, VISITOR)
    assert told.who(VISITOR) == visit.customer_id != told.who(ANN)


def test_those_who_stay_leave_if_they_became_part_of_the_other(told):
    (visit,) = told.tell(VISITOR)
    told.tell(ANN)
    told.tell(ANN | VISITOR)
    left, restored, event = told.unlink(VISITOR, ANN)
    assert restored.customer_id == event.customer_id == visit.customer_id == told.who(VISITOR)
    assert left.customer_id == told.who(ANN)


def test_a_name_without_a_history_of_its_own_is_taken_off(told):
    (first,) = told.tell(ANN | ANNS_PHONE)
    (event,) = told.unlink(ANN, ANNS_PHONE)
    assert event.customer_id == first.customer_id
    assert told.who(ANNS_PHONE) is None
    (later,) = told.tell(ANNS_PHONE)
    assert later.customer_id != first.customer_id


def test_an_order_is_taken_off_and_parts_nobody(told):
    told.tell(ANNS_PHONE | {"order": ["o-1"]})
    told.tell(ANN)
    told.tell(ANN | ANNS_PHONE, link())
    assert len(told.unlink(ANN, {"order": ["o-1"]})) == 1
    assert told.who({"order": ["o-1"]}) is None
    assert told.who(ANN) == told.who(ANNS_PHONE)


@pytest.mark.parametrize("removed", [BEN, CEM])
def test_what_is_somebody_elses_or_nobodys_changes_nothing(told, removed):
    told.tell(ANN)
    told.tell(BEN)
    assert len(told.unlink(ANN, removed)) == 1
    assert (told.who(CEM), told.who(ANN) == told.who(BEN)) == (None, False)


def test_out_of_a_chain_every_partition_is_told(told):
    (a,), (b,), (c,) = (told.tell(who) for who in (VISITOR, OTHER_VISITOR, ANN))
    told.tell({"anonymous": [*OTHER_VISITOR["anonymous"], *VISITOR["anonymous"]]})
    told.tell(ANN | OTHER_VISITOR)
    assert told.who(VISITOR) == c.customer_id
    first, second, restored, _ = told.unlink(ANN, VISITOR)
    assert [first.customer_id, second.customer_id] == [b.customer_id, c.customer_id]
    assert restored.fact.out_of == c.customer_id
    assert told.who(VISITOR) == a.customer_id
    assert told.who(OTHER_VISITOR) == c.customer_id


def test_who_leaves_takes_along_their_own(told):
    (_,), (b,), (c,) = (told.tell(who) for who in (VISITOR, OTHER_VISITOR, ANN))
    told.tell({"anonymous": [*OTHER_VISITOR["anonymous"], *VISITOR["anonymous"]]})
    told.tell(ANN | OTHER_VISITOR)
    told.unlink(ANN, OTHER_VISITOR)
    assert told.who(VISITOR) == told.who(OTHER_VISITOR) == b.customer_id
    assert told.who(ANN) == c.customer_id


def test_it_is_no_ban(told):
    told.tell(VISITOR)
    told.tell(ANN)
    told.tell(ANN | VISITOR)
    told.unlink(ANN, VISITOR)
    assert len(told.tell(ANN | VISITOR)) == 3
    assert told.who(ANN) == told.who(VISITOR)
    assert len(told.unlink(ANN, VISITOR)) == 3


def test_the_removed_may_stand_among_all_names(told):
    (first,) = told.tell(ANNS_PHONE)
    told.tell(ANN)
    told.tell(ANN | ANNS_PHONE, link())
    told.unlink(ANN | ANNS_PHONE, ANNS_PHONE)
    assert told.who(ANNS_PHONE) == first.customer_id != told.who(ANN)


def test_nothing_stays(told):
    told.tell(ANN)
    receipts = told.log.append([draft("m-9", unlink(ANN))])
    assert [r.outcome for r in receipts] == [Outcome.REFUSED]
    assert told.who(ANN) is not None


def test_a_conversation_goes_back_to_who_opened_it(told):
    (first,) = told.tell(VISITOR, conversation="c-1")
    told.tell(ANN)
    told.tell(ANN | VISITOR)
    (between,) = told.tell({}, conversation="c-1")
    told.unlink(ANN, VISITOR)
    (after,) = told.tell({}, conversation="c-1")
    assert between.customer_id == told.who(ANN)
    assert after.customer_id == first.customer_id


def test_it_is_told_once(told):
    told.tell(VISITOR)
    told.tell(ANN | VISITOR)
    again = [draft("again", unlink(VISITOR)), draft("again", unlink(VISITOR))]
    outcomes = [r.outcome for r in told.log.append(again)]
    assert outcomes == [Outcome.APPENDED, Outcome.DUPLICATE]
    last = told.log.last_position()
    assert told.log.append(again[:1])[0].outcome is Outcome.DUPLICATE
    assert told.log.last_position() == last


def test_somebody_without_firm_names_is_anonymous_again(told):
    told.tell(VISITOR | ANNS_PHONE)
    told.unlink(VISITOR, ANNS_PHONE)
    told.tell(ANN)
    told.tell(ANN | VISITOR)
    assert told.who(ANN) == told.who(VISITOR)


# --- any history --------------------------------------------------------------------------------


@st.composite
def any_told(draw):
    """Drafts that name people, link them, and take them apart."""
    found = []
    for n in range(draw(st.integers(1, 16))):
        who = draw(some_names)
        kind = draw(st.sampled_from(("says", "links", "parts", "parts")))
        fact = {"says": message(), "links": link()}.get(kind) or unlink(grouped(draw(some_names)))
        found.append(draft(f"m-{n}", fact, identities=grouped(who)))
    return found


class Model:
    """The rules on a napkin: who had a name first, and who became part of whom."""

    def __init__(self):
        self.first, self.into, self.ranks = {}, {}, {}

    def path(self, who):
        return [who, *self.path(self.into[who])] if who in self.into else [who]

    def today(self, name):
        return self.path(self.first[name])[-1] if name in self.first else None

    def is_anonymous(self, who):
        return all(rank(n[0]) == ANONYMOUS for n in self.first if self.today(n) == who)

    def tell(self, told, number):
        own = names_of(told.identities)
        if isinstance(told.fact, IdentityUnlinked):
            removed = names_of(told.fact.removed)
            own = [name for name in own if name not in removed]
            if not own:
                return
            for name in removed:
                self.part(own, name)
        known = list(dict.fromkeys(c for n in own if (c := self.today(n)) is not None))
        firm = [c for c in known if not self.is_anonymous(c)]
        customer = (firm or known or [number])[0]
        for other in known:
            if other != customer and (other not in firm or isinstance(told.fact, IdentityLinked)):
                self.into[other] = customer
        for name in own:
            self.first.setdefault(name, customer)

    def part(self, own, name):
        stay = list(dict.fromkeys(self.first[n] for n in own if n in self.first))
        if name not in self.first:
            return
        whose = self.first[name]
        if whose in stay:
            del self.first[name]
            return
        for one in stay:
            if self.path(one)[-1] == self.path(whose)[-1]:
                del self.into[one if whose in self.path(one) else whose]


def names_of(identities):
    told = [(kind, value) for kind, values in identities.items() for value in values]
    return sorted(told, key=lambda n: (-rank(n[0]), n[0], identities[n[0]].index(n[1])))


@settings(max_examples=60)
@given(any_told())
def test_customers_are_those_of_the_model(drafts):
    model = Model()
    with a_log() as log:
        for number, told_ in enumerate(drafts):
            model.tell(told_, number)
            log.append([told_])
            groups: dict[Any, Any] = {}
            found: dict[Any, Any] = {}
            for name in NAMES:
                groups.setdefault(model.today(name), []).append(name)
                who = log.find(name[1])
                found.setdefault(who[0] if who else None, []).append(name)
            assert sorted(groups.values()) == sorted(found.values())


@settings(max_examples=30)
@given(any_told(), st.lists(st.integers(1, 6), max_size=14), st.booleans())
def test_batches_change_nothing(drafts, sizes, is_cold):
    with a_log() as whole, a_log() as single, a_log() as pieces:
        outcome = [r.outcome for r in whole.append(drafts)]
        assert [single.append([one])[0].outcome for one in drafts] == outcome
        rest = list(drafts)
        for size in [*sizes, len(drafts)]:
            if is_cold:
                pieces._placer.forget()
            pieces.append(rest[:size])
            rest = rest[size:]
        assert story(single) == story(whole) == story(pieces)


@settings(max_examples=30)
@given(any_told())
def test_the_facts_add_up_to_the_index(drafts):
    """Whoever reads the events alone comes to the same customers; each is told the whole story."""
    with a_log() as log:
        log.append(drafts)
        into = {}
        events = [e for _, e in log.read(0, 10_000)]
        for event in events:
            who, fact = event.customer_id, event.fact
            if isinstance(fact, Absorbed):
                assert fact.customer not in into
                into[fact.customer] = who
            elif isinstance(fact, SplitOut):
                assert who in above(into, fact.customer)
            elif isinstance(fact, Restored):
                above_ = above(into, who)
                told_ = [e.customer_id for e in events if is_of(e, SplitOut, who, fact.cause)]
                assert (told_, fact.out_of) == (above_, above_[-1])
                del into[who]
            elif event.is_touchpoint or isinstance(fact, MergedOut):
                assert who not in into, "recorded with somebody who is part of another"
        for customer in {e.customer_id for e in events} - {b""}:
            assert log.current(customer) == [customer, *above(into, customer)][-1]


def above(into, who):
    found = []
    while who in into:
        found.append(who := into[who])
    return found


def is_of(event, kind, customer, cause):
    fact = event.fact
    return isinstance(fact, kind) and (fact.customer, fact.cause) == (customer, cause)
