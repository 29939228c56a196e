"""Nothing that was told is lost: every value of a JSON object can be found in what came of it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from schemas.fact import Touchpoint


def leaves(value: Any) -> Iterator[Any]:
    """The texts, numbers and truth values in a value, however deep. Nothing is no value."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None:
        yield value


def lost(told: Any, fact: Touchpoint) -> list[Any]:
    """The leaves of what was told that are nowhere in a fact, apart from those it has converted.

    Each place of the fact serves one leaf only, so that no value stands in for another. A text of
    JSON, as in ``extra``, is read first.
    """
    there = [_plain(leaf) for leaf in leaves(_opened(fact))]
    missing = []
    for leaf in map(_plain, leaves(told)):
        if leaf in there:
            there.remove(leaf)
        else:
            missing.append(leaf[1])
    return missing


def _opened(fact: Touchpoint) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(fact)
    for name in ("extra", "traits"):
        texts = fields.get(name) or {}
        fields[name] = {key: msgspec.json.decode(text) for key, text in texts.items()}
    return fields


def _plain(leaf: Any) -> tuple[type, Any]:
    """True is not 1, and 1 is not "1"."""
    return type(leaf), leaf
