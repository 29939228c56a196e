"""Envelopes come back; no two events have one leaf; partitions are equal ranges."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import envelope
from schemas.codec import Codec
from schemas.encoder import long
from schemas.envelope import Envelope, Flag, leaf_hash, partition_of
from schemas.errors import ContractError
from schemas.events import Custom, OutreachDecided
from schemas.recorded import OrderKey, recorded
from tests.golden.values import ENVELOPE

LONGS = st.integers(-(2**63), 2**63 - 1)
INTS = st.integers(-(2**31), 2**31 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
BYTES = st.binary(max_size=20)
ENVELOPES = st.builds(
    Envelope,
    partition=INTS,
    offset=LONGS,
    recorded_at=LONGS,
    event_id=BYTES,
    type=TEXTS,
    source=TEXTS,
    sequence=LONGS,
    customer_id=BYTES,
    occurred_at=LONGS,
    flags=INTS,
    payload=BYTES,
    sealed=BYTES,
)


@given(ENVELOPES)
def test_an_envelope_comes_back_as_it_was(one):
    assert envelope.decode(envelope.encode(one)) == one


@given(ENVELOPES, ENVELOPES)
def test_different_envelopes_have_different_bytes(one, other):
    assert (envelope.encode(one) == envelope.encode(other)) == (one == other)


IDS = st.one_of(st.just(b""), st.binary(min_size=16, max_size=16))
USUAL = st.builds(
    Envelope,
    partition=st.integers(0, 63),
    offset=st.integers(0, 2**40),
    recorded_at=LONGS,
    event_id=st.binary(min_size=16, max_size=16),
    type=st.text(max_size=70).map(lambda text: text.encode(errors="ignore").decode()),
    source=st.text("ab", max_size=70),
    sequence=LONGS,
    customer_id=IDS,
    occurred_at=LONGS,
    flags=st.integers(0, 15),
    payload=st.binary(max_size=200),
    sealed=st.binary(max_size=200),
)


@given(st.one_of(USUAL, ENVELOPES))
def test_a_cut_finds_the_parts_that_decoding_finds(one):
    stored = envelope.encode(one)
    cut = envelope.cut(stored)
    assert cut.customer_id == one.customer_id
    assert stored[cut.payload :].startswith(one.payload)
    assert stored[cut.before_payload : cut.payload] == long(len(one.payload))
    assert stored[cut.payload + len(one.payload) :] == long(len(one.sealed)) + one.sealed


@given(USUAL, st.integers(0, 60))
def test_a_body_that_is_cut_off_is_refused(one, kept):
    """Where its beginning is missing. Whoever passes an event on does not look at its end."""
    with pytest.raises(ContractError, match="damaged"):
        envelope.cut(envelope.encode(one)[: min(kept, 18)])


# Few values and short ones, so that a border moved between two parts would be met.
PLACES = st.tuples(
    st.integers(0, 63),
    st.one_of(st.integers(0, 300), st.integers(0, 2**64 - 1)),
    st.text("ab\0", max_size=4),
    st.binary(max_size=6),
)


@given(PLACES, PLACES)
@example((0, 0, "a", b"b"), (0, 0, "ab", b""))
@example((0, 0, "", b"\0\0"), (0, 0, "\0", b"\0"))
def test_no_two_events_have_the_same_leaf(one, other):
    assert (leaf_hash(*one) == leaf_hash(*other)) == (one == other)


def test_a_leaf_is_told_from_a_node():
    """RFC 9162, 2.1.1: a leaf's input begins with 0, a node's with 1."""
    told = b"\x00" + (63).to_bytes(2) + (7).to_bytes(8) + (9).to_bytes(2) + b"custom.v1" + b"body"
    assert leaf_hash(63, 7, "custom.v1", b"body") == hashlib.sha256(told).digest()


@given(st.binary(min_size=16, max_size=16), st.sampled_from([1, 2, 3, 8, 64, 1000]))
@example(b"\xff" * 16, 64)
@example(b"\0" * 16, 64)
def test_a_customer_is_in_one_of_the_partitions(customer, partitions):
    assert 0 <= partition_of(customer, partitions) < partitions


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_partitions_are_ranges_of_customers(one, other):
    low, high = sorted((one, other))
    assert partition_of(low, 64) <= partition_of(high, 64)


@pytest.mark.parametrize("partitions", [1, 2, 8, 64])
def test_partitions_are_equally_large(partitions):
    counts = [0] * partitions
    for head in range(2**16):
        counts[partition_of(head.to_bytes(2) + bytes(14), partitions)] += 1
    assert set(counts) == {2**16 // partitions}


def test_a_customer_of_a_finer_cut_lies_within_the_coarser():
    for head in range(0, 2**16, 97):
        customer = head.to_bytes(2) + bytes(14)
        assert partition_of(customer, 64) // 8 == partition_of(customer, 8)


def test_folds_see_the_envelope_without_its_sealed_part():
    codec = Codec()
    payload, _ = codec.encode(Custom(name="opened", extra={"a": "1"}))
    event = recorded(
        Envelope(3, 4, 50, b"e" * 16, Custom.TYPE, "s", 7, b"c" * 16, 40, 1, payload, b"?"), codec
    )
    assert event.fact == Custom(name="opened")
    assert event.order == OrderKey(40, 7, b"e" * 16)
    assert event.place == "3/4"
    assert event.is_touchpoint
    assert event.is_imported


def test_what_the_engine_records_is_no_touchpoint():
    codec = Codec()
    payload, _ = codec.encode(OutreachDecided(trigger="x"))
    told = Envelope(*(getattr(ENVELOPE, n) for n in Envelope.__struct_fields__))
    event = recorded(
        Envelope(0, 0, 0, b"", OutreachDecided.TYPE, "", 0, b"", 0, Flag.ENGINE, payload, b""),
        codec,
    )
    assert told == ENVELOPE
    assert not event.is_touchpoint
    assert not event.is_imported
