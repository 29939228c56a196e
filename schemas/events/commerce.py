"""Commerce: orders and subscriptions, and what becomes of them.

Ids of orders and subscriptions find a person, so they are sealed. What stands for them in clear is
a keyed hash of 16 bytes, by which the events of one order are known as such.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.fact import Derived, Personal, Touchpoint
from schemas.times import Instant


class Payment(Touchpoint, frozen=True, kw_only=True):
    """What all that have to do with money for an order tell."""

    order_id: Personal[str] = UNSET  # finds a person, so it is sealed
    order_key: Derived[bytes] = b""
    amount_micros: int = 0  # millionths of the currency unit
    currency: str = ""  # ISO 4217


class OrderPlaced(Payment, frozen=True, kw_only=True):
    """The customer ordered."""

    TYPE: ClassVar[str] = "order-placed.v2"

    promised_at: Instant = 0  # the promised delivery; 0: none


class OrderDelivered(Touchpoint, frozen=True, kw_only=True):
    """The goods arrived."""

    TYPE: ClassVar[str] = "order-delivered.v2"

    order_id: Personal[str] = UNSET
    order_key: Derived[bytes] = b""


class OrderCancelled(Payment, frozen=True, kw_only=True):
    """The order will not be delivered."""

    TYPE: ClassVar[str] = "order-cancelled.v2"


class PaymentFailed(Payment, frozen=True, kw_only=True):
    """A payment did not go through; ``reason`` is the code that the payment service gave."""

    TYPE: ClassVar[str] = "payment-failed.v2"

    reason: str = ""


class RefundRequested(Payment, frozen=True, kw_only=True):
    """The customer wants money back."""

    TYPE: ClassVar[str] = "refund-requested.v2"


class Refunded(Payment, frozen=True, kw_only=True):
    """The customer got money back."""

    TYPE: ClassVar[str] = "refunded.v2"


class _Subscription(Touchpoint, frozen=True, kw_only=True):
    """What a subscription that runs tells; ``ends_at`` is when it is due for renewal."""

    subscription_id: Personal[str] = UNSET
    subscription_key: Derived[bytes] = b""
    plan: str = ""
    amount_micros: int = 0
    currency: str = ""
    ends_at: Instant = 0


class SubscriptionStarted(_Subscription, frozen=True, kw_only=True):
    """The customer subscribed to ``plan``; ``ends_at`` is when it is due for renewal."""

    TYPE: ClassVar[str] = "subscription-started.v2"


class SubscriptionRenewed(_Subscription, frozen=True, kw_only=True):
    """The subscription goes on until ``ends_at``."""

    TYPE: ClassVar[str] = "subscription-renewed.v2"


class CancellationAsked(Touchpoint, frozen=True, kw_only=True):
    """The customer wants to end the subscription and may still be kept."""

    TYPE: ClassVar[str] = "cancellation-asked.v2"

    subscription_id: Personal[str] = UNSET
    subscription_key: Derived[bytes] = b""
    plan: str = ""
    reason: str = ""


class SubscriptionCancelled(Touchpoint, frozen=True, kw_only=True):
    """The subscription ends at ``ends_at``, or ended with this event where that is 0."""

    TYPE: ClassVar[str] = "subscription-cancelled.v2"

    subscription_id: Personal[str] = UNSET
    subscription_key: Derived[bytes] = b""
    plan: str = ""
    reason: str = ""
    ends_at: Instant = 0
