"""Commerce: orders and subscriptions, and what becomes of them.

Ids of orders and subscriptions find a person, so they are sealed.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.fact import Personal, Touchpoint
from schemas.times import Instant


class Payment(Touchpoint, frozen=True, kw_only=True):
    """What all that have to do with money for an order tell."""

    order_id: Personal[str] = UNSET  # finds a person, so it is sealed
    amount_micros: int = 0  # millionths of the currency unit
    currency: str = ""  # ISO 4217


class OrderPlaced(Payment, frozen=True, kw_only=True):
    """The customer ordered."""

    TYPE: ClassVar[str] = "order-placed.v1"

    promised_at: Instant = 0  # the promised delivery; 0: none


class OrderDelivered(Touchpoint, frozen=True, kw_only=True):
    """The goods arrived."""

    TYPE: ClassVar[str] = "order-delivered.v1"

    order_id: Personal[str] = UNSET


class OrderCancelled(Payment, frozen=True, kw_only=True):
    """The order will not be delivered."""

    TYPE: ClassVar[str] = "order-cancelled.v1"


class PaymentFailed(Payment, frozen=True, kw_only=True):
    """A payment did not go through; ``reason`` is the code that the payment service gave."""

    TYPE: ClassVar[str] = "payment-failed.v1"

    reason: str = ""


class RefundRequested(Payment, frozen=True, kw_only=True):
    """The customer wants money back."""

    TYPE: ClassVar[str] = "refund-requested.v1"


class Refunded(Payment, frozen=True, kw_only=True):
    """The customer got money back."""

    TYPE: ClassVar[str] = "refunded.v1"


class _Subscription(Touchpoint, frozen=True, kw_only=True):
    """What a subscription that runs tells; ``ends_at`` is when it is due for renewal."""

    subscription_id: Personal[str] = UNSET
    plan: str = ""
    amount_micros: int = 0
    currency: str = ""
    ends_at: Instant = 0


class SubscriptionStarted(_Subscription, frozen=True, kw_only=True):
    """The customer subscribed to ``plan``; ``ends_at`` is when it is due for renewal."""

    TYPE: ClassVar[str] = "subscription-started.v1"


class SubscriptionRenewed(_Subscription, frozen=True, kw_only=True):
    """The subscription goes on until ``ends_at``."""

    TYPE: ClassVar[str] = "subscription-renewed.v1"


class CancellationAsked(Touchpoint, frozen=True, kw_only=True):
    """The customer wants to end the subscription and may still be kept."""

    TYPE: ClassVar[str] = "cancellation-asked.v1"

    subscription_id: Personal[str] = UNSET
    plan: str = ""
    reason: str = ""


class SubscriptionCancelled(Touchpoint, frozen=True, kw_only=True):
    """The subscription ends at ``ends_at``, or ended with this event where that is 0."""

    TYPE: ClassVar[str] = "subscription-cancelled.v1"

    subscription_id: Personal[str] = UNSET
    plan: str = ""
    reason: str = ""
    ends_at: Instant = 0
