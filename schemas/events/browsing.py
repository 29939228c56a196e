"""Browsing, and whatever has no type of its own."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.fact import Personal, Touchpoint


class PageViewed(Touchpoint, frozen=True, kw_only=True):
    """The customer looked at a page."""

    TYPE: ClassVar[str] = "page-viewed.v1"

    name: str = ""  # the page's name in the site's plan, not its address
    url: Personal[str] = UNSET
    referrer: Personal[str] = UNSET


class Custom(Touchpoint, frozen=True, kw_only=True):
    """A touchpoint of a type that nobody declared; its properties are all in ``extra``."""

    TYPE: ClassVar[str] = "custom.v1"

    name: str = ""
