"""Whose event is where: for merges, whose history lies in another partition."""

from itertools import pairwise

import pytest
from msgspec import structs

from journey.stream import by_customer
from journey.stream.by_customer import ByCustomer
from journey.stream.wire import Row
from schemas.codec import Codec
from schemas.envelope import cut, encode
from schemas.events import Absorbed, SplitOut
from tests.golden.values import ENVELOPE

ANN, BEN, CAT = (letter * 16 for letter in (b"a", b"b", b"c"))


def row(position, envelope):
    stored = encode(envelope)
    return Row(position, 0, position, envelope.type, stored, cut(stored))


def said(position, customer):
    return row(position, structs.replace(ENVELOPE, customer_id=customer))


def absorbed(position, into, gone, fact=Absorbed):
    payload, _ = Codec().encode(fact(customer=gone))
    envelope = structs.replace(
        ENVELOPE, type=fact.TYPE, customer_id=into, payload=payload, sealed=b""
    )
    return row(position, envelope)


def split_out(position, of, customer):
    return absorbed(position, of, customer, SplitOut)


@pytest.fixture
def index(tmp_path, monkeypatch):
    monkeypatch.setattr(by_customer, "SPAN_BITS", 1)
    found = ByCustomer(tmp_path / "relay.db", "one")
    yield found
    found.close()


def test_events_are_found_by_customer_before_a_position(index):
    index.add([said(1, ANN), said(2, BEN), said(3, ANN), said(9, ANN)])
    index.add([said(4, b""), said(12, BEN)])
    assert index.of(ANN, 9) == [1, 3]
    assert index.of(ANN, 10) == [1, 3, 9]
    assert index.of(BEN, 100) == [2, 12]
    assert index.of(CAT, 100) == []


def test_who_was_absorbed_belongs_to_the_history_from_then_on(index):
    index.add([said(1, ANN), said(2, BEN), absorbed(3, BEN, ANN), said(4, CAT)])
    index.add([absorbed(5, CAT, BEN), said(6, ANN)])
    assert index.of(BEN, 3) == [2]
    assert index.of(BEN, 4) == [1, 2, 3]
    assert index.of(CAT, 6) == [1, 2, 3, 4, 5]


def test_who_is_of_their_own_again_does_not(index):
    index.add([said(1, ANN), said(2, BEN), absorbed(3, BEN, ANN), said(4, CAT)])
    index.add([absorbed(5, CAT, BEN), split_out(6, BEN, ANN), split_out(7, CAT, ANN)])
    index.add([said(8, ANN), absorbed(9, CAT, ANN)])
    assert index.of(BEN, 6) == [1, 2, 3]
    assert index.of(BEN, 7) == [2, 3, 6]
    assert index.of(CAT, 8) == [2, 3, 4, 5, 7]
    assert index.of(CAT, 10) == [1, 2, 3, 4, 5, 7, 8, 9]


def test_a_chain_of_mergers_may_be_long(tmp_path):
    index = ByCustomer(tmp_path / "relay.db", "one")
    people = [n.to_bytes(16) for n in range(5_000)]
    index.add([absorbed(n, whole, part) for n, (part, whole) in enumerate(pairwise(people), 1)])
    assert index.of(people[-1], 5_000) == list(range(1, 5_000))
    index.add([split_out(5_000, people[-1], people[-2])])
    assert index.of(people[-1], 5_001) == [4_999, 5_000]
    index.close()


def test_the_same_again_changes_nothing(index):
    index.add([said(1, ANN), absorbed(2, BEN, ANN)])
    index.add([said(1, ANN), absorbed(2, BEN, ANN)])
    assert (index.of(BEN, 9), index.through) == ([1, 2], 2)


def test_it_is_kept_and_made_anew_for_another_log_or_when_damaged(tmp_path):
    path = tmp_path / "relay.db"
    with_one = ByCustomer(path, "one")
    with_one.add([said(1, ANN)])
    with_one.close()
    again = ByCustomer(path, "one")
    assert (again.through, again.of(ANN, 9)) == (1, [1])
    again.close()
    other = ByCustomer(path, "other")
    assert (other.through, other.of(ANN, 9)) == (0, [])
    other.close()
    path.write_bytes(b"no database at all" * 100)
    damaged = ByCustomer(path, "other")
    assert damaged.through == 0
    damaged.close()


def test_it_is_made_anew_for_an_older_log_that_went_on_otherwise(tmp_path):
    path, has = tmp_path / "relay.db", {1: said(1, ANN), 2: said(2, BEN)}

    def opened():
        return ByCustomer(
            path, "one", lambda position: has[position].stored if position in has else None
        )

    index = opened()
    index.add([has[1], has[2]])
    index.close()
    index = opened()
    assert (index.through, index.of(BEN, 9)) == (2, [2])
    index.close()
    has[2] = said(2, CAT)
    index = opened()
    assert (index.through, index.of(BEN, 9)) == (0, [])
    index.add([has[1], has[2]])
    index.close()
    del has[2]
    index = opened()
    assert (index.through, index.of(CAT, 9)) == (0, [])
    index.close()
