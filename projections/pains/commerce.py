"""Commerce: payments, checkouts, searches, deliveries and refunds that go wrong.

The events of one order are known by the hash that stands for its id, and by its brand, where both
events tell it. Where a source tells no id, what happens is taken to be about the oldest that waits,
of the same brand, and the pain that ends so is flagged as assumed. So is one that begins before it
is due, since too much waits.
"""

from __future__ import annotations

from typing import Any

from projections.pains.kinds import Kind
from projections.pains.now import Now, about_fact
from projections.pains.state import CAUSES_MAX, LISTED_MAX, WAITS_MAX, Pain, Wait
from projections.projection import NEVER
from schemas.events import (
    CheckoutStarted,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    PaymentFailed,
    Refunded,
    RefundRequested,
    Searched,
    SubscriptionCancelled,
    SubscriptionRenewed,
    SubscriptionStarted,
)
from schemas.fact import Touchpoint
from schemas.times import DAY, SECOND, Instant

Ordered = CheckoutStarted | OrderPlaced | OrderDelivered | RefundRequested | PaymentFailed


def searched(now: Now, fact: Searched) -> None:
    """The customer searched."""
    if fact.results == 0:
        now.moment(Kind.SEARCH_NO_RESULT, about_fact(fact))


def checkout_started(now: Now, fact: CheckoutStarted) -> None:
    """The customer begins to pay, or begins again."""
    _forget(now, Kind.CHECKOUT_ABANDONED, fact.order_key, fact.brand)
    _wait(now, Kind.CHECKOUT_ABANDONED, fact, now.at + now.rules.checkout_abandoned.after * SECOND)


def order_placed(now: Now, fact: OrderPlaced) -> None:
    """The customer ordered: what was unfinished is finished, and a delivery is due."""
    key = fact.order_key
    while _forget(now, Kind.CHECKOUT_ABANDONED, key, fact.brand):
        pass
    for kind in (Kind.CHECKOUT_ABANDONED, Kind.PAYMENT_FAILED):
        for pain, is_assumed in _about(now, kind, key, fact.brand):
            _end(now, pain, "ordered", is_assumed)
    there = [order for order in now.state.delivered if _is_order(key, fact.brand, *order)]
    if there:  # by its date it arrived before it was placed
        now.state.delivered = [order for order in now.state.delivered if order not in there]
        return
    if not fact.promised_at:
        return
    if key:
        _forget(now, Kind.DELIVERY_LATE, key, fact.brand, is_same=True)  # another promise
    if fact.promised_at < now.at:
        now.begin(Kind.DELIVERY_LATE, about_fact(fact) | {"subject": key})
    else:
        _wait(now, Kind.DELIVERY_LATE, fact, fact.promised_at)


def delivered(now: Now, fact: OrderDelivered) -> None:
    """The goods arrived. A source may date that before the order."""
    if fact.order_key:
        now.state.delivered = [*now.state.delivered, (fact.order_key, fact.brand)][-LISTED_MAX:]
    _settle(now, Kind.DELIVERY_LATE, fact.order_key, fact.brand, "delivered")
    for pain, _ in _about(now, Kind.PAYMENT_FAILED, fact.order_key, fact.brand, is_same=True):
        now.end(pain, "delivered")


def cancelled(now: Now, fact: OrderCancelled) -> None:
    """The order will not be delivered."""
    key = fact.order_key
    _settle(now, Kind.DELIVERY_LATE, key, fact.brand, "cancelled")
    for pain, is_assumed in _about(now, Kind.PAYMENT_FAILED, key, fact.brand):
        _end(now, pain, "cancelled", is_assumed)


def payment_failed(now: Now, fact: PaymentFailed) -> None:
    """A payment did not go through, the first time or again."""
    key = fact.order_key
    for pain in now.open(Kind.PAYMENT_FAILED):
        if pain.subject == key and pain.brand == fact.brand:
            if len(pain.causes) < CAUSES_MAX:
                pain.causes.append(now.event_id)
            now.grade(pain, pain.measure + 1)
            now.publish(pain)
            return
    now.begin(Kind.PAYMENT_FAILED, about_fact(fact) | {"subject": key}, measure=1)


def subscribed(now: Now, fact: SubscriptionStarted | SubscriptionRenewed) -> None:
    """A subscription goes on, so it was paid."""
    _paid(now, fact, "renewed")


def unsubscribed(now: Now, fact: SubscriptionCancelled) -> None:
    """A subscription ends, and with it what was to be paid."""
    _paid(now, fact, "cancelled")


def _paid(now: Now, fact: Any, by: str) -> None:
    for pain in now.open(Kind.PAYMENT_FAILED):
        if not pain.subject and pain.brand == fact.brand:
            _end(now, pain, by, is_assumed=True)


def refund_requested(now: Now, fact: RefundRequested) -> None:
    """The customer wants money back; asked for again it is the same wish."""
    key = fact.order_key
    waits = [w for w in now.state.waits if w.kind == Kind.REFUND_WAIT and w.is_keyed]
    is_known = any(_is_order(key, fact.brand, w.name, w.brand) for w in waits) or any(
        _is_order(key, fact.brand, pain.subject, pain.brand) for pain in now.open(Kind.REFUND_WAIT)
    )
    if not is_known:
        _wait(now, Kind.REFUND_WAIT, fact, now.at + now.rules.refund_wait.after * SECOND)


def refunded(now: Now, fact: Refunded) -> None:
    """The customer got money back: that is part of what went wrong with the same order."""
    key = fact.order_key
    _settle(now, Kind.REFUND_WAIT, key, fact.brand, "refunded")
    for pain in now.state.pains.values():
        is_same = _is_order(key, fact.brand, pain.subject, pain.brand) or (
            fact.conversation and pain.conversation == fact.conversation
        )
        # A refund is no consequence of waiting for it.
        if not is_same or pain.kind == Kind.REFUND_WAIT:
            continue
        if now.at - pain.began_at > now.laid.refunds_within:
            continue
        if _is_elsewhere(now, pain, fact.currency):
            pain.refunds_elsewhere += 1
        else:
            pain.refund_micros += fact.amount_micros
            pain.currency = pain.currency or fact.currency
        now.publish(pain)


def _is_elsewhere(now: Now, pain: Pain, currency: str) -> bool:
    """Whether a refund is in another currency than the pain's cost, and cannot be added to it."""
    if now.rules.currency:
        return currency not in ("", pain.currency)
    return pain.refund_micros > 0 and currency != pain.currency


def due(now: Now) -> None:
    """What should have happened by now did not."""
    waits = now.state.waits
    for wait in [w for w in waits if w.due_at == now.at]:
        _tell(now, wait)
    _wake(now)


def _tell(now: Now, wait: Wait, is_assumed: bool = False) -> None:
    """Wait no longer: it did not happen, or is taken not to."""
    now.state.waits.remove(wait)
    about = {
        "conversation": wait.conversation,
        "subject": wait.name if wait.is_keyed else b"",
        "brand": wait.brand,
        "channel": wait.channel,
        "topic": wait.topic,
        "team": wait.team,
        "agent": wait.agent,
    }
    now.begin(Kind(wait.kind), about, cause=wait.event_id, is_assumed=is_assumed)


# --- what waits -------------------------------------------------------------------------------


def _wait(now: Now, kind: Kind, fact: Ordered, due_at: Instant) -> None:
    if not now.rules.rule(kind).enabled:
        return
    key, waits = fact.order_key, now.state.waits
    if len(waits) >= WAITS_MAX:  # what is due first is told rather than lost
        _tell(now, min(waits, key=lambda w: w.due_at), is_assumed=True)
    told = about_fact(fact)
    waits.append(Wait(str(kind), key or now.event_id, due_at, now.event_id, bool(key), **told))
    _wake(now)


def _wake(now: Now) -> None:
    now.state.wake = min((w.due_at for w in now.state.waits), default=NEVER)


def _forget(now: Now, kind: Kind, key: bytes, brand: str, is_same: bool = False) -> bool:
    """Wait no longer for what was told now: surely the same, else the oldest that may be.

    Args:
        is_same: only the same.

    Returns:
        Whether anything was waited for.
    """
    waits = [w for w in now.state.waits if w.kind == kind]
    sure = [w for w in waits if w.is_keyed and _is_order(key, brand, w.name, w.brand)]
    maybe = [w for w in waits if w.brand == brand and not (key and w.is_keyed)]
    for wait in (sure or ([] if is_same else maybe))[:1]:
        now.state.waits.remove(wait)
        _wake(now)
        return True
    return False


def _about(
    now: Now, kind: Kind, key: bytes, brand: str, is_same: bool = False
) -> list[tuple[Pain, bool]]:
    """Open pains about an order, and whether that is only assumed.

    Args:
        is_same: only those that are surely about it.
    """
    found = []
    for pain in now.open(kind):
        is_sure = _is_order(key, brand, pain.subject, pain.brand)
        may_be = pain.brand == brand and not (key and pain.subject)
        if is_sure or (may_be and not is_same):
            found.append((pain, not is_sure))
    return found


def _settle(now: Now, kind: Kind, key: bytes, brand: str, by: str) -> None:
    """What was waited for is there: all that is about it ends, else the oldest that may be."""
    found = _about(now, kind, key, brand)
    sure = [pain for pain, is_assumed in found if not is_assumed]
    for pain in sure:
        _end(now, pain, by, is_assumed=False)
    was_waited_for = _forget(now, kind, key, brand, is_same=True)
    if sure or was_waited_for:
        return
    if found:
        _end(now, found[0][0], by, is_assumed=True)
    else:
        _forget(now, kind, key, brand)


def _is_order(key: bytes, brand: str, other_key: bytes, other_brand: str) -> bool:
    """Whether it is surely one order. Two brands may count their orders alike."""
    is_brand = brand == other_brand or not (brand and other_brand)
    return bool(key) and key == other_key and is_brand


def _end(now: Now, pain: Pain, by: str, is_assumed: bool) -> None:
    pain.is_assumed = pain.is_assumed or is_assumed
    if pain.kind == Kind.DELIVERY_LATE:
        now.end(pain, by, (now.at - pain.began_at) / DAY)
    elif pain.kind == Kind.REFUND_WAIT:
        waited = now.at - pain.began_at + now.rules.refund_wait.after * SECOND
        now.end(pain, by, waited / DAY)
    else:
        now.end(pain, by)


HANDLERS: dict[type[Touchpoint], Any] = {
    Searched: searched,
    CheckoutStarted: checkout_started,
    OrderPlaced: order_placed,
    OrderDelivered: delivered,
    OrderCancelled: cancelled,
    PaymentFailed: payment_failed,
    SubscriptionStarted: subscribed,
    SubscriptionRenewed: subscribed,
    SubscriptionCancelled: unsubscribed,
    RefundRequested: refund_requested,
    Refunded: refunded,
}
