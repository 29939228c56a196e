"""Messages that a system sent by itself, this engine or another, and what became of them.

``campaign`` is what they belong to, ``purpose`` one of transactional, service, survey, marketing,
``system`` who sent them.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.fact import Touchpoint


class _OfCampaign(Touchpoint, frozen=True, kw_only=True):
    """What all of them tell."""

    campaign: str = ""
    purpose: str = ""
    system: str = ""


class OutreachSent(_OfCampaign, frozen=True, kw_only=True):
    """A message went out."""

    TYPE: ClassVar[str] = "outreach-sent.v1"


class OutreachDelivered(_OfCampaign, frozen=True, kw_only=True):
    """It arrived."""

    TYPE: ClassVar[str] = "outreach-delivered.v1"


class OutreachOpened(_OfCampaign, frozen=True, kw_only=True):
    """The customer opened it."""

    TYPE: ClassVar[str] = "outreach-opened.v1"


class OutreachClicked(_OfCampaign, frozen=True, kw_only=True):
    """The customer followed a link in it; ``name`` is which."""

    TYPE: ClassVar[str] = "outreach-clicked.v1"

    name: str = ""


class OutreachReplied(_OfCampaign, frozen=True, kw_only=True):
    """The customer answered it."""

    TYPE: ClassVar[str] = "outreach-replied.v1"


class OutreachBounced(_OfCampaign, frozen=True, kw_only=True):
    """It did not arrive; ``hard``: and never will."""

    TYPE: ClassVar[str] = "outreach-bounced.v1"

    hard: bool = False
    reason: str = ""


class Unsubscribed(_OfCampaign, frozen=True, kw_only=True):
    """The customer wants no more of these."""

    TYPE: ClassVar[str] = "unsubscribed.v1"


class SpamComplained(_OfCampaign, frozen=True, kw_only=True):
    """The customer called it spam."""

    TYPE: ClassVar[str] = "spam-complained.v1"
