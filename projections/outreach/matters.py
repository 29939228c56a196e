"""What an event is about, and what it tells a template in clear."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from projections.configuration.templates import PROPERTIES
from projections.configuration.triggers import Start
from projections.stage_signs import holds
from schemas.events import Custom
from schemas.fact import Fact, Touchpoint, topic_of
from schemas.times import Instant, rfc3339

MICROS = 1_000_000
VALUE_MAX = 200  # characters of a fact; longer ones are cut
# What is sealed, and what stands in clear for it: it is filled in when the message is rendered.
SEALED: Final = {"order_id": "order_key", "subscription_id": "subscription_key"}
_NOT_TOLD = frozenset(
    ("conversation", "order_key", "subscription_key", "intent_method", "topic_method", "given")
)


def matter_of(fact: Fact) -> str:
    """The order, the subscription or the conversation that an event is about; empty if none.

    A kind and a key, with a colon between: two events are about one matter if these are equal.
    """
    order = getattr(fact, "order_key", b"")
    if order:
        return f"order:{order.hex()}"
    subscription = getattr(fact, "subscription_key", b"")
    if subscription:
        return f"subscription:{subscription.hex()}"
    plan = getattr(fact, "plan", "")
    if plan:
        return f"subscription:{plan}"
    conversation = getattr(fact, "conversation", b"")
    return f"conversation:{conversation.hex()}" if conversation else ""


def is_same(matter: str, other: str) -> bool:
    """Whether two matters may be one: of different kinds, or unknown, they may."""
    if matter.partition(":")[0] != other.partition(":")[0]:
        return True
    return matter == other


def fits(start: Start, fact: Fact) -> bool:
    """Whether an event of a start's type is all that the start asks for."""
    if start.intents and getattr(fact, "intent", "") not in start.intents:
        return False
    if start.topics and not (isinstance(fact, Touchpoint) and topic_of(fact) in start.topics):
        return False
    if start.gave and not set(start.gave).intersection(getattr(fact, "gave", ())):
        return False
    return holds(start.sign, fact)


def facts_of(fact: Fact, names: Collection[str]) -> dict[str, str]:
    """Those of the named facts that an event tells in clear, as text; sealed ones as empty text."""
    found: dict[str, str] = {}
    for name in names:
        told = _told(fact, name)
        if told:
            found[name] = told[:VALUE_MAX]
        elif name in SEALED and getattr(fact, SEALED[name], None):
            found[name] = ""
    return found


def _told(fact: Fact, name: str) -> str:
    if name.startswith(PROPERTIES):
        values = fact.properties.get(name[len(PROPERTIES) :], []) if type(fact) is Custom else []
        return ", ".join(values)
    if name == "amount":
        micros = getattr(fact, "amount_micros", 0)
        return _amount(micros) if micros else ""
    if name in _NOT_TOLD or name in SEALED:
        return ""
    return _text(name, getattr(fact, name, ""))


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, bytes | dict):
        return ""
    if isinstance(value, list):
        return ", ".join(each for each in value if isinstance(each, str))
    if isinstance(value, int) and name.endswith("_at"):
        return rfc3339(value)[:10] if value else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) else ""


def _amount(micros: int) -> str:
    """Millionths as people write money: two decimals, more where they are told."""
    whole, rest = divmod(abs(micros), MICROS)
    decimals = f"{rest:06}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{decimals}"


def date_of(fact: Fact, name: str) -> Instant | None:
    """A time that an event tells; None if it does not."""
    told = getattr(fact, name, 0)
    return told if isinstance(told, int) and told else None
