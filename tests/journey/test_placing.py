"""Who and where: every rule of `journey/log/placing.py`, by example. Ranks are in `identity.py`."""

from typing import Any, NamedTuple

import pytest

from journey.log.identity import normalised
from journey.log.keys import key_id
from journey.log.placing import new_id
from journey.log.sqlite_log import SqliteEventLog
from journey.ports import Outcome
from schemas.envelope import decode, partition_of
from schemas.events import (
    Absorbed,
    CheckoutStarted,
    MergedOut,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    PaymentFailed,
    Refunded,
    RefundRequested,
)
from schemas.recorded import Recorded
from tests.controls import (
    ANN,
    ANNS_PHONE,
    BEN,
    CEM,
    NOON,
    OTHER_VISITOR,
    VISITOR,
    Opening,
    draft,
    link,
)

DEE = {"email": ["dee@example.com"]}


class Where(NamedTuple):
    """Where one draft went."""

    customer: bytes
    subject: bytes  # whose key seals it
    id: bytes
    merges: list[Recorded]


class People:
    """A log to which one message after the other is told."""

    def __init__(self, log: SqliteEventLog, is_warm: bool) -> None:
        self.log, self._count, self._is_warm = log, 0, is_warm

    def tell(self, **given: Any) -> Where:
        """A message from somebody; where it went."""
        self._count += 1
        fact = given.pop("fact", None)
        if not self._is_warm:
            self.log._placer.forget()  # as if the log had just been opened
        before = max(self.log.last_position(), 64)
        (receipt,) = self.log.append([draft(f"m-{self._count}", fact, **given)])
        assert receipt.outcome is Outcome.APPENDED, receipt
        event, *merges = [e for _, e in self.log.read(before, 100)]
        (stored,) = (s for n, s, _ in self.log.stored(event.partition) if n == event.offset)
        return Where(event.customer_id, key_id(decode(stored).sealed), event.event_id, merges)

    def of(self, identity: dict[str, list[str]]) -> bytes | None:
        """Who has an identity."""
        ((value,),) = identity.values()
        found = self.log.find(value)
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture(params=["warm caches", "cold caches"])
def people(request):
    opening = Opening(None)
    yield People(opening.log(), request.param == "warm caches")
    opening.close()


# --- rule 1: a known conversation ---------------------------------------------------------------


def test_a_conversation_belongs_to_whoever_opened_it(people):
    first = people.tell(identities=ANN, conversation="c-1")
    nobody = people.tell(identities={}, conversation="c-1")
    owned = people.tell(identities={}, owner=BEN, conversation="c-1")
    assert {w.customer for w in (first, nobody, owned)} == {first.customer}
    assert {w.subject for w in (first, nobody, owned)} == {first.customer}


def test_a_conversation_is_of_one_source(people):
    first = people.tell(identities=ANN, conversation="c-1")
    other = people.tell(identities=BEN, conversation="c-1", source="other shop")
    assert other.customer != first.customer


def test_a_conversation_follows_its_customer_through_a_merge(people):
    visitor = people.tell(identities=VISITOR, conversation="c-1")
    people.tell(identities=ANN)
    both = people.tell(identities=ANN | VISITOR)
    later = people.tell(identities={}, conversation="c-1")
    assert later.customer == both.customer != visitor.customer


# --- rule 2: an owner, else the highest rank ----------------------------------------------------


def test_an_owner_comes_before_the_speaker(people):
    ben = people.tell(identities=BEN)
    where = people.tell(identities=ANN, owner=BEN, conversation="c-1")
    assert where.customer == ben.customer
    assert people.tell(identities=ANN).customer != ben.customer


def test_an_unknown_owner_begins_a_customer_and_is_known_then(people):
    ann = people.tell(identities=ANN)
    where = people.tell(identities=ANN, owner=BEN, conversation="c-1")
    assert where.customer == new_id(where.id)
    assert where.subject == ann.customer
    assert people.tell(identities=BEN).customer == where.customer


def test_the_highest_rank_decides(people):
    cem, ann, ben = (people.tell(identities=who).customer for who in (CEM, ANN, BEN))
    assert people.tell(identities=BEN | ANN | CEM).customer == cem
    assert people.tell(identities=BEN | ANN).customer == ann
    assert people.tell(identities=BEN | VISITOR).customer == ben


def test_a_new_customer_is_named_after_its_first_event(people):
    where = people.tell(identities=ANN)
    assert where.customer == new_id(where.id)
    (event,) = (e for _, e in people.log.read(64, 10))
    assert event.partition == partition_of(where.customer, 64)


# --- rule 3: whose words ------------------------------------------------------------------------


def test_somebody_else_in_a_conversation_makes_no_customer(people):
    ann = people.tell(identities=ANN, conversation="c-1")
    other = people.tell(identities=BEN, conversation="c-1")
    again = people.tell(identities=BEN, conversation="c-1")
    assert other.customer == again.customer == ann.customer
    assert other.subject == again.subject == new_id(other.id, b"speaker")
    assert not [e for _, e in people.log.read(0, 100) if e.customer_id == other.subject]
    assert people.tell(identities={}, author=BEN, conversation="c-1").subject == other.subject


def test_an_author_who_becomes_a_customer_keeps_the_id(people):
    people.tell(identities=ANN, conversation="c-1")
    aside = people.tell(identities={}, author=BEN, conversation="c-1")
    own = people.tell(identities=BEN | VISITOR)
    assert own.customer == own.subject == aside.subject
    assert people.tell(identities=VISITOR).customer == own.customer


def test_a_customer_who_speaks_elsewhere_seals_with_the_own_key(people):
    ben = people.tell(identities=BEN)
    people.tell(identities=ANN, conversation="c-1")
    assert people.tell(identities=BEN, conversation="c-1").subject == ben.customer
    assert people.tell(identities=ANN, author=BEN).subject == ben.customer
    assert people.of(BEN) == ben.customer


def test_what_a_stranger_says_of_himself_is_not_linked_to_the_customer(people):
    ann = people.tell(identities=ANN, conversation="c-1")
    people.tell(identities=BEN | CEM, conversation="c-1")
    assert people.of(BEN) == people.of(CEM) != ann.customer


def test_the_customer_may_tell_more_in_the_own_conversation(people):
    ann = people.tell(identities=ANN, conversation="c-1")
    more = people.tell(identities=ANN | CEM, conversation="c-1")
    assert more.subject == ann.customer == people.of(CEM)


def test_an_owner_among_the_identities_is_the_customer(people):
    visitor = people.tell(identities=VISITOR, conversation="c-1")
    where = people.tell(identities=ANN, owner=ANN, conversation="c-1")
    assert where.customer == where.subject == visitor.customer == people.of(ANN)


def test_an_owner_who_is_another_known_customer_keeps_the_own_words(people):
    ben, ann = people.tell(identities=BEN), people.tell(identities=ANN, conversation="c-1")
    where = people.tell(identities=BEN | ANNS_PHONE, owner=BEN, conversation="c-1")
    assert (where.customer, where.subject) == (ann.customer, ben.customer)
    assert people.of(ANNS_PHONE) == ben.customer
    assert not where.merges


def test_an_unknown_owner_who_is_somebody_known_makes_no_second_customer(people):
    ann = people.tell(identities=ANN)
    where = people.tell(identities=ANN | BEN, owner=BEN, conversation="c-1")
    assert where.customer == where.subject == ann.customer == people.of(BEN)
    assert not where.merges, "a customer of whom there is no event was merged"


# --- rule 4: links and merges -------------------------------------------------------------------


def test_an_anonymous_customer_merges_into_a_known_one(people):
    visitor, ann = people.tell(identities=VISITOR), people.tell(identities=ANN)
    both = people.tell(identities=VISITOR | ANN)
    assert both.customer == ann.customer
    out, absorbed = both.merges
    assert isinstance(out.fact, MergedOut)
    assert isinstance(absorbed.fact, Absorbed)
    assert (out.customer_id, out.fact.into) == (visitor.customer, ann.customer)
    assert (absorbed.customer_id, absorbed.fact.customer) == (ann.customer, visitor.customer)
    assert out.fact.cause == absorbed.fact.cause == both.id
    assert (absorbed.fact.partition, absorbed.fact.last_offset) == (out.partition, out.offset)
    assert out.partition == partition_of(visitor.customer, 64)
    history = [e for e in people.log.scan(out.partition) if e.customer_id == visitor.customer]
    assert history[-1] == out
    for identity in (VISITOR, ANN):
        assert people.tell(identities=identity).customer == ann.customer == people.of(identity)
    assert people.log.current(visitor.customer) == ann.customer


def test_an_anonymous_customer_becomes_known_without_a_merge(people):
    visitor = people.tell(identities=VISITOR)
    both = people.tell(identities=VISITOR | ANN)
    assert both.customer == visitor.customer == people.tell(identities=ANN).customer
    assert not both.merges


def test_two_known_customers_are_not_merged_by_an_event(people):
    ann, ben, cem = (people.tell(identities=who) for who in (ANN, BEN, CEM))
    both = people.tell(identities=ANN | BEN | CEM)
    assert both.customer == cem.customer
    assert not both.merges
    assert [people.of(who) for who in (ANN, BEN)] == [ann.customer, ben.customer]


def test_once_known_never_anonymous_again(people):
    people.tell(identities=VISITOR | ANN)
    people.tell(identities=OTHER_VISITOR | BEN)
    met = people.tell(identities={"anonymous": ["visitor-0001", "visitor-0002"]})
    assert not met.merges
    assert people.of(ANN) != people.of(BEN)


@pytest.mark.parametrize(
    "values", [["visitor-0001", "visitor-0002"], ["visitor-0002", "visitor-0001"]]
)
def test_of_equal_ranks_the_anonymous_customer_merges_into_the_known(people, values):
    people.tell(identities=VISITOR)
    ann = people.tell(identities=OTHER_VISITOR | ANN)
    both = people.tell(identities={"anonymous": values})
    assert both.customer == ann.customer == people.of(VISITOR)
    assert len(both.merges) == 2


def test_two_anonymous_customers_become_one(people):
    first, _ = people.tell(identities=VISITOR), people.tell(identities=OTHER_VISITOR)
    both = people.tell(identities={"anonymous": ["visitor-0001", "visitor-0002"]})
    assert both.customer == first.customer == people.of(OTHER_VISITOR)


def test_a_stated_link_merges_known_customers(people):
    ann, ben, cem = (people.tell(identities=who) for who in (ANN, BEN, CEM))
    stated = people.tell(identities=ANN | BEN | CEM, fact=link())
    assert stated.customer == cem.customer
    assert [e.customer_id for e in stated.merges] == [
        ann.customer, cem.customer, ben.customer, cem.customer
    ]  # fmt: skip
    assert {people.of(who) for who in (ANN, BEN, CEM)} == {cem.customer}


def test_an_anonymous_opener_merges_into_the_known_speaker(people):
    visitor, ann = people.tell(identities=VISITOR, conversation="c-1"), people.tell(identities=ANN)
    both = people.tell(identities=VISITOR | ANN, conversation="c-1")
    assert both.customer == both.subject == ann.customer
    assert both.merges[0].customer_id == visitor.customer


def test_who_is_merged_goes_to_the_customer_of_the_event(people):
    """Found by Hypothesis: the index led to the highest rank, the events to the opener."""
    ben = people.tell(identities=BEN, conversation="c-1")
    people.tell(identities=CEM)
    visitor = people.tell(identities=VISITOR)
    where = people.tell(identities=CEM | BEN | VISITOR, conversation="c-1")
    assert where.customer == ben.customer == people.of(VISITOR)
    out, absorbed = where.merges
    assert out.fact.into == absorbed.customer_id == people.log.current(visitor.customer)


def test_merges_in_a_chain_lead_to_the_last(people):
    a = people.tell(identities=VISITOR)
    b = people.tell(identities=OTHER_VISITOR)
    people.tell(identities={"anonymous": ["visitor-0002", "visitor-0001"]})  # a becomes b
    c = people.tell(identities=ANN)
    last = people.tell(identities=OTHER_VISITOR | ANN)  # b becomes c
    assert people.of(VISITOR) == people.of(OTHER_VISITOR) == c.customer
    assert people.tell(identities=VISITOR).customer == c.customer
    assert [people.log.current(w.customer) for w in (a, b, c)] == [c.customer] * 3
    assert last.merges[0].customer_id == b.customer


# --- rule 5: lookups ----------------------------------------------------------------------------

LOOKUP = {"order": ["order-1"], "ticket:desk": ["T-9"]}


def test_an_order_number_finds_but_never_links(people):
    ann = people.tell(identities=ANN | LOOKUP)
    assert people.log.find("order-1") == people.log.find("T-9") == [ann.customer]
    dee = people.tell(identities=DEE | LOOKUP)
    assert dee.customer != ann.customer
    assert not people.tell(identities=ANN | DEE | LOOKUP).merges
    assert people.log.find("order-1") == [ann.customer]


def test_an_order_number_leaves_an_anonymous_customer_anonymous(people):
    people.tell(identities=VISITOR | LOOKUP)
    ann = people.tell(identities=ANN)
    assert len(people.tell(identities=VISITOR | ANN).merges) == 2
    assert people.log.find("order-1") == [ann.customer]


ORDERED = [
    OrderPlaced(order_id="o-123"),
    OrderDelivered(order_id="o-123"),
    OrderCancelled(order_id="o-123"),
    CheckoutStarted(order_id="o-123"),
    PaymentFailed(order_id="o-123"),
    RefundRequested(order_id="o-123"),
    Refunded(order_id="o-123"),
]


@pytest.mark.parametrize("fact", ORDERED, ids=lambda fact: fact.TYPE)
def test_the_order_of_an_event_finds_but_never_links(people, fact):
    ann = people.tell(fact=fact, identities=ANN)
    assert people.log.find("o-123") == people.log.find(" o-123 ") == [ann.customer]
    dee = people.tell(fact=fact, identities=DEE)
    assert dee.customer != ann.customer
    assert people.log.find("o-123") == [ann.customer]
    told_twice = people.tell(fact=fact, identities=ANN | {"order": ["o-123"]})
    assert told_twice.customer == ann.customer and not told_twice.merges


def test_an_event_of_an_order_that_names_only_its_conversation_is_found(people):
    ann = people.tell(identities=ANN, conversation="c-1")
    people.tell(fact=OrderDelivered(order_id="o-9"), identities={}, conversation="c-1")
    assert people.log.find("o-9") == [ann.customer]


def test_the_order_follows_whoever_a_visitor_becomes(people):
    people.tell(fact=OrderPlaced(order_id="o-123"), identities=VISITOR)
    ann = people.tell(identities=ANN)
    assert people.tell(identities=VISITOR | ANN).customer == ann.customer
    assert people.log.find("o-123") == [ann.customer]


def test_an_order_alone_names_nobody(people):
    people.tell(fact=OrderPlaced(order_id="o-123"), identities=ANN)
    fact = OrderDelivered(order_id="o-123")
    told = draft("m-x", fact, identities={}, owner={}, conversation="c-9")
    assert people.log.append([told])[0].outcome is Outcome.REFUSED


@pytest.mark.parametrize("order", ["", " "])
def test_no_order_is_no_name(people, order):
    people.tell(fact=OrderPlaced(order_id=order), identities=ANN)
    assert people.log.find(order) == []


NOBODY = [
    {},
    LOOKUP,
    {"phone": ["n/a"]},
    {"phone": ["-", "+"]},
    {"email": [" "]},
    {"handle:x": ["@"]},
]


@pytest.mark.parametrize("nobody", NOBODY)
def test_what_names_nobody_is_refused_and_links_nobody(people, nobody):
    people.tell(identities=ANN | LOOKUP)
    for owner in (dict[str, list[str]](), nobody):
        told = draft("m-x", identities=nobody, owner=owner, conversation="c-9")
        (receipt,) = people.log.append([told])
        assert receipt.outcome is Outcome.REFUSED
    cem, ben = people.tell(identities=CEM | nobody), people.tell(identities=BEN | nobody)
    assert cem.customer != ben.customer
    ann = people.tell(identities=ANN, conversation="c-1")
    assert people.tell(identities=nobody, conversation="c-1").subject == ann.customer


# --- how identities are written -----------------------------------------------------------------

SAME = [
    ("email", "ann@example.com", " Ann@Example.COM "),
    ("email", "jos\u00e9@example.com", "JOSE\u0301@example.com"),
    ("email", "stra\u00dfe@example.com", "STRASSE@example.com"),
    ("handle:twitter", "@Ann_Example", "ann_example"),
    ("phone", "+49 171 5550100", "0049171/5550100"),
    ("phone", "+49 171 5550100", "+49 (0) 171-555 01 00"),
    ("phone", "+49 171 5550100", "(+49) 171.5550100"),
    ("phone", "+49 171 5550100", "tel:+491715550100"),
    ("phone", "0171 5550100", "(0171) 555-0100"),
    ("phone", "+49171", "+\u0664\u0669\u0661\u0667\u0661"),
    ("user_id", "jos\u00e9", "jose\u0301"),
]
DIFFERENT = [
    ("email", "ann@example.com", "ann@example.org"),
    ("email", "ann@example.com", "a.nn@example.com"),
    ("user_id", "Ann", "ann"),
    ("phone", "+49 171 5550100", "0171 5550100"),  # which country is not known
    ("phone", "5550100", "ann5550100"),
    ("handle", "ann", "ann_"),
]


@pytest.mark.parametrize(("kind", "one", "other"), SAME)
def test_spellings_of_one_person(people, kind, one, other):
    assert normalised(kind, one) == normalised(kind, other)
    assert normalised(kind, normalised(kind, one)) == normalised(kind, one)
    first = people.tell(identities={kind: [one]})
    assert people.tell(identities={kind: [other]}).customer == first.customer
    assert first.customer in people.log.find(other)


@pytest.mark.parametrize(("kind", "one", "other"), DIFFERENT)
def test_two_people(people, kind, one, other):
    first = people.tell(identities={kind: [one]})
    assert people.tell(identities={kind: [other]}).customer != first.customer
    assert first.customer not in people.log.find(other)


def test_kinds_and_their_scopes_are_apart(people):
    told = [{"handle:x": ["ann"]}, {"handle:y": ["ann"]}, {"handle": ["ann"]}, {"user_id": ["ann"]}]
    customers = {people.tell(identities=who, occurred_at=NOON).customer for who in told}
    assert set(people.log.find("ann")) == customers
    assert len(customers) == 4
