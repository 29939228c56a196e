"""Reading what older versions wrote: pure steps from one version of a type to the next.

A step takes the record as its own contract reads it and returns the record of the version named.
Steps are chained until a type has no further step. They are never removed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Record = dict[str, Any]


class Upcast(NamedTuple):
    """One step: the type it leads to, and how the record changes on the way."""

    to: str
    change: Callable[[Record], Record]


def _undeclared(record: Record) -> Record:
    """Before types could be declared, nothing of a custom event stood in clear but its name."""
    return record | {"declared": "", "properties": {}}


def _unknown(record: Record) -> Record:
    """What the next version adds was not known then: it keeps its defaults."""
    return record


_MORE_IS_KNOWN = (
    # what the text tells
    *("message-received", "message-sent", "survey-answered", "review-posted", "mentioned"),
    *("commented", "mention-observed"),
    # what stands for an order or a subscription in clear
    *("checkout-started", "order-placed", "order-delivered", "order-cancelled", "payment-failed"),
    *("refund-requested", "refunded", "subscription-started", "subscription-renewed"),
    *("cancellation-asked", "subscription-cancelled"),
    # traits in clear
    "traits-stated",
    # guardrails, channel and template of a decision
    "outreach-decided",
)

# type as stored -> the step to its next version.
STEPS: Mapping[str, Upcast] = {
    "custom.v1": Upcast("custom.v2", _undeclared),
    **{f"{name}.v1": Upcast(f"{name}.v2", _unknown) for name in _MORE_IS_KNOWN},
}


def upcast(type_: str, record: Record, steps: Mapping[str, Upcast] = STEPS) -> tuple[str, Record]:
    """The newest type and record that the steps lead to."""
    while (step := steps.get(type_)) is not None:
        type_, record = step.to, step.change(record)
    return type_, record


def newest(type_: str, steps: Mapping[str, Upcast] = STEPS) -> str:
    """The type that records of ``type_`` are read as."""
    while (step := steps.get(type_)) is not None:
        type_ = step.to
    return type_
