"""Browsing: what the customer looks at and looks for; and whatever has no shipped type."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.events.commerce import Payment
from schemas.fact import Derived, Personal, Touchpoint


class PageViewed(Touchpoint, frozen=True, kw_only=True):
    """The customer looked at a page."""

    TYPE: ClassVar[str] = "page-viewed.v1"

    name: str = ""  # the page's name in the site's plan, not its address
    url: Personal[str] = UNSET
    referrer: Personal[str] = UNSET


class ArticleViewed(Touchpoint, frozen=True, kw_only=True):
    """The customer read a help article."""

    TYPE: ClassVar[str] = "article-viewed.v1"

    name: str = ""


class ProductViewed(Touchpoint, frozen=True, kw_only=True):
    """The customer looked at a product."""

    TYPE: ClassVar[str] = "product-viewed.v1"

    name: str = ""
    product_id: str = ""
    category: str = ""
    price_micros: int = 0  # millionths of the currency unit
    currency: str = ""  # ISO 4217


class Searched(Touchpoint, frozen=True, kw_only=True):
    """The customer searched; ``results`` is how many things were found, -1 if nobody told."""

    TYPE: ClassVar[str] = "searched.v1"

    query: Personal[str] = UNSET
    results: int = -1


class CartChanged(Touchpoint, frozen=True, kw_only=True):
    """Something was put into the cart, or taken out of it where ``quantity`` is below zero."""

    TYPE: ClassVar[str] = "cart-changed.v1"

    name: str = ""
    product_id: str = ""
    category: str = ""
    price_micros: int = 0
    currency: str = ""
    quantity: int = 1


class CheckoutStarted(Payment, frozen=True, kw_only=True):
    """The customer began to check out."""

    TYPE: ClassVar[str] = "checkout-started.v2"


class Custom(Touchpoint, frozen=True, kw_only=True):
    """A touchpoint of a type that does not ship; what was told of it is all in ``extra``."""

    # What the workspace's own declaration of the type made of it when it was recorded: its name,
    # and the declared properties that may stand in clear, each with its values as text in one
    # spelling. Empty where nobody declared the type.
    TYPE: ClassVar[str] = "custom.v2"

    name: str = ""  # as the source calls it
    declared: Derived[str] = ""
    properties: Derived[dict[str, list[str]]] = {}
