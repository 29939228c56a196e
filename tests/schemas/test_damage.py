"""Damaged bytes are a ContractError, whatever the damage, or another fact: never a raw exception.

What a flipped bit makes into another readable fact is found by the cipher's tag and the Merkle log.
"""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import envelope
from schemas.codec import Codec
from schemas.errors import ContractError
from schemas.events import SHIPPED
from schemas.fact import Fact
from tests.golden.values import ENVELOPE, FACTS
from tests.schemas.facts import facts

CODEC = Codec()
ROUNDS = 300


def read(type_, payload, plaintext):
    """The fact, or None if the bytes were found to be damaged."""
    try:
        fact = CODEC.decode(type_, payload, plaintext)
    except ContractError as error:
        assert "damaged" in str(error) or "no such event" in str(error)
        assert "verify the log" in str(error)
        return None
    assert isinstance(fact, Fact)
    return fact


def harmed(chance, data):
    """The bytes after one to four harms: a bit flipped, bytes cut out, bytes put in."""
    result = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, harm = chance.randrange(len(result) + 1), chance.randrange(4)
        if harm < 2 and at < len(result):
            result[at] ^= 1 << chance.randrange(8)
        elif harm == 2:
            del result[at : at + chance.randint(1, 9)]
        else:
            result[at:at] = chance.randbytes(chance.randint(1, 9))
    return bytes(result)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_every_truncation_is_found(fact):
    payload, plaintext = CODEC.encode(fact)
    for end in range(len(payload)):
        assert read(fact.TYPE, payload[:end], plaintext) is None
    for end in range(1, len(plaintext)):
        assert read(fact.TYPE, payload, plaintext[:end]) is None


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_bytes_that_follow_are_found(fact):
    payload, plaintext = CODEC.encode(fact)
    assert read(fact.TYPE, payload + b"\0", plaintext) is None
    if plaintext:
        assert read(fact.TYPE, payload, plaintext + b"\0") is None


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_every_flipped_bit_is_found_or_gives_a_fact(fact):
    payload, plaintext = CODEC.encode(fact)
    for bit in range(8 * len(payload)):
        changed = bytearray(payload)
        changed[bit // 8] ^= 1 << bit % 8
        read(fact.TYPE, bytes(changed), plaintext)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_more_damage_is_never_a_raw_exception(fact):
    chance = random.Random(fact.TYPE)
    payload, plaintext = CODEC.encode(fact)
    for _ in range(ROUNDS):
        read(fact.TYPE, harmed(chance, payload), harmed(chance, plaintext) if plaintext else b"")


@given(st.sampled_from(SHIPPED), st.binary(max_size=80), st.binary(max_size=80))
@example(SHIPPED[0], b"\xff" * 40, b"")
@example(SHIPPED[0], b"\x80" * 40, b"")  # a number that never ends
def test_any_bytes_at_all_are_never_a_raw_exception(of, payload, plaintext):
    read(of.TYPE, payload, plaintext)


@given(facts(), facts())
def test_the_bytes_of_another_type_are_never_a_raw_exception(one, other):
    read(other.TYPE, *CODEC.encode(one))


def test_a_damaged_envelope_is_never_a_raw_exception():
    stored, chance = envelope.encode(ENVELOPE), random.Random(1)
    for end in range(len(stored)):
        with pytest.raises(ContractError, match="damaged"):
            envelope.decode(stored[:end])
    with pytest.raises(ContractError, match="damaged"):
        envelope.decode(stored + b"\0")
    for _ in range(10 * ROUNDS):
        try:
            assert isinstance(envelope.decode(harmed(chance, stored)), envelope.Envelope)
        except ContractError as error:
            assert "damaged" in str(error)
