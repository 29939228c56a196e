"""What stands in clear for a sealed id or text, as a log of two sources and two people has it."""

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.log.pseudonyms import normalised
from schemas.errors import KeyGone
from schemas.events import (
    CancellationAsked,
    CheckoutStarted,
    MessageReceived,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    PaymentFailed,
    Refunded,
    RefundRequested,
    SubscriptionCancelled,
    SubscriptionRenewed,
    SubscriptionStarted,
)
from schemas.fact import Touchpoint
from tests.controls import ANN, BEN, Opening, answer, draft

OF_ORDERS = (
    CheckoutStarted,
    OrderPlaced,
    OrderDelivered,
    OrderCancelled,
    PaymentFailed,
    RefundRequested,
    Refunded,
)
OF_SUBSCRIPTIONS = (
    SubscriptionStarted,
    SubscriptionRenewed,
    CancellationAsked,
    SubscriptionCancelled,
)


@pytest.fixture
def opening(tmp_path):
    with closing(Opening(tmp_path)) as opened:
        yield opened


def recorded(log, *drafts):
    log.append(drafts)
    found = [event for _, event in log.read(0, 1_000)]
    return [event.fact for event in found if isinstance(event.fact, Touchpoint)]


@pytest.mark.parametrize(
    ("types", "id_", "key"),
    [
        (OF_ORDERS, "order_id", "order_key"),
        (OF_SUBSCRIPTIONS, "subscription_id", "subscription_key"),
    ],
)
def test_all_events_of_one_order_have_one_key_whoever_tells(opening, types, id_, key):
    log = opening.log()
    told = [
        draft(f"{type_.TYPE}/{written}", type_(**{id_: written}), source=type_.TYPE)
        for type_ in types
        for written in ("A-1", " A-1 ", "A-2", " ")
    ]
    keys = [getattr(fact, key) for fact in recorded(log, *told)]
    one, same, other, none = keys[:4]
    assert (len(one), none) == (16, b"")
    assert one == same != other
    assert keys == keys[:4] * len(types)


def test_an_order_and_a_subscription_of_one_number_are_two(opening):
    told = [
        draft("1", OrderPlaced(order_id="7")),
        draft("2", SubscriptionStarted(subscription_id="7")),
    ]
    placed, started = recorded(opening.log(), *told)
    assert placed.order_key != started.subscription_key


def test_another_workspace_has_other_keys(tmp_path):
    found = set()
    for n in (1, 2):
        with closing(Opening(None, master=bytes([n]) * 32)) as opened:
            (fact,) = recorded(opened.log(), draft("1", OrderPlaced(order_id="7")))
            found.add(fact.order_key)
    assert len(found) == 2


def test_the_same_reply_to_the_same_person_has_one_fingerprint(opening):
    texts = [
        "Sorry to hear that! Please DM us. ^KB",
        "@ben sorry to hear that, please  DM us https://t.example/x ^MJ",
        "Sorry to hear that! Please call us.",
        "...",
    ]
    log = opening.log()
    to_ann = [draft(f"a{n}", answer(text), identities=ANN) for n, text in enumerate(texts)]
    to_ben = [draft(f"b{n}", answer(text), identities=BEN) for n, text in enumerate(texts)]
    prints = [fact.fingerprint for fact in recorded(log, *to_ann, *to_ben)]
    one, same, other, nothing = prints[:4]
    assert (len(one), nothing) == (16, b"")
    assert one == same != other
    assert prints[4] == prints[5]
    assert {*prints[:3]}.isdisjoint(prints[4:7])


def test_no_fingerprint_can_be_made_once_the_person_is_erased(opening):
    log = opening.log()
    (before,) = recorded(log, draft("1", answer("It is on its way.")))
    (ann,) = log.find(ANN["email"][0])
    opening.people.destroy([ann])
    with pytest.raises(KeyGone):
        opening.people.fingerprint(ann, b"1", b"it is on its way")
    _, after = recorded(log, draft("2", answer("It is on its way.")))
    assert before.fingerprint != after.fingerprint  # the new key makes others


def test_what_a_customer_writes_has_none(opening):
    (fact,) = recorded(opening.log(), draft("1", MessageReceived(text="Hello")))
    assert not hasattr(fact, "fingerprint")


@given(st.text(max_size=40))
def test_nothing_but_words_is_left(text):
    said = normalised(text)
    assert said == " ".join(said.split())
    assert all(c.isalnum() or c == " " for c in said)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Your order is late.", "your ORDER is late", True),
        ("\uff28\uff25\uff2c\uff30", "help", True),
        ("ご注文を確認します。", "ご注文を確認します", True),
        ("Order 17 is late", "Order 18 is late", False),
        ("Hi Ann", "Hi Ben", False),
    ],
)
def test_what_counts_as_the_same(one, other, is_same):
    assert (normalised(one) == normalised(other)) is is_same
