"""A fact comes back as it was; what is personal comes back only with the sealed part."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET

from schemas import contracts
from schemas.codec import Codec
from schemas.errors import CannotAccept, ContractError, UnknownType
from schemas.events import SHIPPED, Custom, MessageReceived, OrderPlaced, SurveyAnswered
from schemas.fact import PERSONAL
from tests.golden.values import FACTS, SHARED
from tests.schemas.facts import facts

CODEC = Codec()
EMPTY: tuple[Any, ...] = ("", [], {})


def personal(type_):
    return {f["name"] for f in contracts.contract(type_)["fields"] if f.get(PERSONAL)}


def told(fact):
    """What the fact says; a personal field that is empty says as much as one that is not there."""
    hidden = personal(fact.TYPE)
    fields = msgspec.structs.asdict(fact)
    return {n: v for n, v in fields.items() if n not in hidden or not (v is UNSET or v in EMPTY)}


@given(facts())
def test_a_fact_comes_back_as_it_was(fact):
    payload, plaintext = CODEC.encode(fact)
    again = CODEC.decode(fact.TYPE, payload, plaintext)
    assert type(again) is type(fact)
    assert told(again) == told(fact)
    assert CODEC.difference(fact, again) == []
    assert CODEC.encode(again) == (payload, plaintext)  # so a copied log has the same hashes


@given(facts())
def test_without_the_plaintext_nothing_personal_comes_back(fact):
    payload, _ = CODEC.encode(fact)
    for plaintext in (None, b""):
        read = msgspec.structs.asdict(CODEC.decode(fact.TYPE, payload, plaintext))
        hidden = personal(fact.TYPE)
        assert all(read[n] is UNSET for n in hidden)
        assert {n: v for n, v in read.items() if n not in hidden} == {
            n: v for n, v in msgspec.structs.asdict(fact).items() if n not in hidden
        }


@pytest.mark.parametrize("type_", sorted(t.TYPE for t in SHIPPED))
def test_nothing_personal_means_nothing_to_seal(type_):
    fact = {t.TYPE: t for t in SHIPPED}[type_]()
    assert CODEC.encode(fact)[1] == b""


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_no_personal_value_is_in_the_payload(fact):
    payload, _ = CODEC.encode(fact)
    # `extra` has words that a clear field may have as well.
    for name in personal(fact.TYPE) - {"extra"}:
        for word in words(getattr(fact, name)):
            assert word.encode() not in payload, name


def words(value):
    if isinstance(value, str):
        return [value]
    held = value.values()
    return [v for values in held for v in ([values] if isinstance(values, str) else values)]


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=9)).filter(bool))
@example({"channel": '"not the channel"', "": "null"})
def test_undeclared_properties_survive(extra):
    try:
        payload, plaintext = CODEC.encode(Custom(name="x", extra=extra))
    except ContractError:  # lone surrogates are no text
        assert any("\ud800" <= c <= "\udfff" for c in "".join([*extra, *extra.values()]))
        return
    again = CODEC.decode(Custom.TYPE, payload, plaintext)
    assert isinstance(again, Custom)
    assert again.extra == extra
    assert again.channel == ""


@pytest.mark.parametrize(
    "fact",
    [
        Custom(channel=5),  # type: ignore[arg-type]
        Custom(channel=None),  # type: ignore[arg-type]
        Custom(tags="late"),  # type: ignore[arg-type]
        Custom(tags=[1]),  # type: ignore[list-item]
        Custom(extra={"a": 1}),  # type: ignore[dict-item]
        Custom(identities={"email": "ann"}),  # type: ignore[dict-item]
        Custom(name="\ud800"),
        Custom(received_at=2**63),
        OrderPlaced(amount_micros=-(2**63) - 1),
        OrderPlaced(amount_micros="19.90"),  # type: ignore[arg-type]
        MessageReceived(conversation="c-1"),  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_what_does_not_fit_its_contract_is_refused(fact):
    try:
        payload, plaintext = CODEC.encode(fact)
    except ContractError as error:
        assert type(fact).__name__ in str(error)
    else:  # Avro's writer took it, as it takes "late" for four letters
        assert CODEC.decode(fact.TYPE, payload, plaintext) != fact


@pytest.mark.parametrize("score", [-0.5, 10.5, float("nan"), float("inf")])
def test_a_score_off_its_scale_does_not_get_in(score):
    with pytest.raises(CannotAccept, match="give the scale"):
        SurveyAnswered(score=score)


@pytest.mark.parametrize("scale", [(5, 5), (5, 1), (float("nan"), 5.0)])
def test_a_scale_that_is_none_does_not_get_in(scale):
    with pytest.raises(CannotAccept, match="give the survey's scale"):
        SurveyAnswered(score=5, scale_min=scale[0], scale_max=scale[1])


@pytest.mark.parametrize(
    "name", ["telepathy.v1", "custom.v99", "", "../events", "avro/custom.v1", "a\0b", "x" * 5000]
)
def test_an_unknown_type_is_a_clear_error(name):
    with pytest.raises(ContractError, match="upgrade"):
        CODEC.decode(name, b"")


def test_a_type_with_a_contract_and_no_class_is_a_clear_error():
    payload, _ = CODEC.encode(Custom(name="x"))
    with pytest.raises(UnknownType, match=r"'custom\.v2'.*message-received\.v2") as caught:
        Codec(types=[MessageReceived]).decode(Custom.TYPE, payload)
    assert caught.value.name == Custom.TYPE


# --- two tellings of one event ----------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SHARED))
def test_a_difference_is_named_unless_the_field_was_computed_here(name):
    one = MessageReceived(**SHARED | {"intent_method": ""})
    other = msgspec.structs.replace(one, **{name: type(SHARED[name])()})
    computed = {"conversation", "intent_method"}
    assert CODEC.difference(one, other) == ([] if name in computed else [name])


def test_what_was_derived_because_nobody_told_it_is_no_difference():
    derived = MessageReceived(topic="delivery", topic_method="words.1")
    by_other_rules = MessageReceived(topic="product", topic_method="words.2")
    told = MessageReceived(topic="delivery")
    assert CODEC.difference(derived, MessageReceived()) == []
    assert CODEC.difference(derived, by_other_rules) == []
    assert CODEC.difference(derived, told) == ["topic"]
    assert CODEC.difference(told, by_other_rules) == ["topic"]


@given(facts(), facts())
def test_a_difference_does_not_depend_on_who_was_first(one, other):
    assert CODEC.difference(one, other) == CODEC.difference(other, one)


def test_another_type_is_a_difference():
    assert CODEC.difference(Custom(), MessageReceived()) == ["type"]
