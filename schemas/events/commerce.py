"""Commerce: orders and what becomes of them."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.fact import Personal, Touchpoint
from schemas.times import Instant


class OrderPlaced(Touchpoint, frozen=True, kw_only=True):
    """The customer ordered."""

    TYPE: ClassVar[str] = "order-placed.v1"

    order_id: Personal[str] = UNSET  # finds a person, so it is sealed
    amount_micros: int = 0  # millionths of the currency unit
    currency: str = ""  # ISO 4217
    promised_at: Instant = 0  # the promised delivery; 0: none


class OrderDelivered(Touchpoint, frozen=True, kw_only=True):
    """The goods arrived."""

    TYPE: ClassVar[str] = "order-delivered.v1"

    order_id: Personal[str] = UNSET
