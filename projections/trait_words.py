"""What a trait in clear says: it is stored as JSON text, and rules and messages want its words."""

from __future__ import annotations

import msgspec


def words_of(stored: str) -> list[str]:
    """The values of a trait as text: one, or those of a list; numbers as they are spelled.

    Text that is no JSON stands for itself; null and objects have no words.
    """
    try:
        told = msgspec.json.decode(stored)
    except msgspec.DecodeError:
        return [stored]
    if told is None or isinstance(told, dict):
        return []
    if isinstance(told, list):
        return [each if isinstance(each, str) else str(each) for each in told]
    return [told] if isinstance(told, str) else [stored]
