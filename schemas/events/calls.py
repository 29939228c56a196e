"""Calls, each a conversation of its own under the call's id. Durations are in seconds."""

from __future__ import annotations

from typing import ClassVar

from schemas.fact import Touchpoint


class CallQueued(Touchpoint, frozen=True, kw_only=True):
    """The customer waits in ``queue``."""

    TYPE: ClassVar[str] = "call-queued.v1"

    queue: str = ""


class CallAnswered(Touchpoint, frozen=True, kw_only=True):
    """Somebody took the call."""

    TYPE: ClassVar[str] = "call-answered.v1"

    queue: str = ""
    waited_s: float = 0.0


class CallHeld(Touchpoint, frozen=True, kw_only=True):
    """The customer was put on hold for ``hold_s``."""

    TYPE: ClassVar[str] = "call-held.v1"

    hold_s: float = 0.0


class CallEnded(Touchpoint, frozen=True, kw_only=True):
    """The call is over; its handle time is talk, hold and wrap-up together."""

    TYPE: ClassVar[str] = "call-ended.v1"

    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0


class CallAbandoned(Touchpoint, frozen=True, kw_only=True):
    """The customer hung up in ``queue``."""

    TYPE: ClassVar[str] = "call-abandoned.v1"

    queue: str = ""
    waited_s: float = 0.0
