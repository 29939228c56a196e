"""Whether a text asks something: a question mark, or a beginning or ending that only asks."""

from __future__ import annotations

import re

from journey.ingest.assess.said import Said

_ASKING = frozenset(
    "what what's whats when where where's how how's why who which can could would will is are do "
    "does did has may shall am should".split()
)
_SUBJECTS = frozenset(
    "i you we they it he she this that there the my your our anyone anybody someone somebody "
    "everyone".split()
)
_WH = frozenset("what what's whats when where where's how how's why who which".split())
_INDIRECT = re.compile(
    r"\b(?:can|could|would|will) (?:you|u|someone|somebody|anyone|i|we)\b"
    r"|\b(?:let me know|tell me|wondering|want to know|like to know|don't know|not sure|any idea)"
    r" (?:what|when|where|how|why|who|which|if|whether)\b"
).search
_GATE = frozenset("can could would will know tell wondering sure idea".split())

_JAPANESE = re.compile(
    "(?:です|ます|でしょう|ません|ました)か(?:[。！!\\s]|ね|$)"
    "|(?:教え|お聞かせ)(?:て|ください)|(?:かな|かしら)(?:[。！!\\s]|$)|でしょうか"
).search


def is_question(told: Said) -> bool:
    """Whether a text asks something."""
    text = told.text
    if "?" in text or "\uff1f" in text:
        return True
    if told.is_japanese:
        return _JAPANESE(text) is not None
    words = told.words
    if not words:
        return False
    at = 1 if words[0] in _GREETINGS and len(words) > 1 else 0
    first = words[at]
    if first in _ASKING and len(words) > at + 1 and (first in _WH or words[at + 1] in _SUBJECTS):
        return True
    return not _GATE.isdisjoint(told.known) and _INDIRECT(text.lower()) is not None


_GREETINGS = frozenset("hi hello hey dear so and but ok okay".split())
