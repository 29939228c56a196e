"""Planning: what the brand decides about its channels, and what it means to do about a figure."""

from __future__ import annotations

from typing import ClassVar

from schemas.fact import BrandFact
from schemas.times import Instant


class ChannelRetirementAnnounced(BrandFact, frozen=True, kw_only=True):
    """``channel`` will be retired; customers are asked to use ``instead``."""

    TYPE: ClassVar[str] = "channel-retirement-announced.v1"

    phase: str = ""  # of the announcement, such as notice or reminder
    instead: str = ""  # a channel
    retires_at: Instant = 0  # 0: not told


class ChannelRetired(BrandFact, frozen=True, kw_only=True):
    """``channel`` is no longer served; ``instead`` is."""

    TYPE: ClassVar[str] = "channel-retired.v1"

    instead: str = ""


class ActionOpened(BrandFact, frozen=True, kw_only=True):
    """Something is to be done about ``metric``, by ``responsible`` until ``due_at``."""

    TYPE: ClassVar[str] = "action-opened.v1"

    action: str = ""  # its id in the plan
    name: str = ""
    metric: str = ""
    responsible: str = ""
    due_at: Instant = 0  # 0: not told


class ActionDone(BrandFact, frozen=True, kw_only=True):
    """The action is done; ``outcome`` is what came of it, in a word."""

    TYPE: ClassVar[str] = "action-done.v1"

    action: str = ""
    outcome: str = ""
