"""Whether a customer asks for a human instead of a bot."""

from __future__ import annotations

import re

from journey.ingest.assess.said import Said

_WHO = frozenset(
    "human humans person people agent representative rep operator someone somebody advisor "
    "supervisor manager".split()
)
_ENGLISH = re.compile(
    r"\b(?:speak|talk|chat|connect(?: me)?|transfer(?: me)?|put me through|get me|give me|want|"
    r"need|reach|call|like)\b[^.!?]{0,30}?\b"
    r"(?:(?:a|an|the|your|some)\s+)?(?:real|live|actual|human)?\s*"
    r"(?:human(?: being)?s?|(?:real|live|actual) (?:person|people|agent)|agent|representative|rep|"
    r"operator|advisor|supervisor|manager)\b"
    r"|\b(?:speak|talk|chat|connect me|transfer me)\b (?:to|with) (?:a |an |some)?"
    r"(?:person|people|one|body|human)\b"
    r"|\breal (?:person|human)\b|\bnot a (?:bot|robot|machine)\b|^\W*(?:human|agent|operator)\W*$"
).search
_JAPANESE = re.compile(
    "(?:人間|人|担当者|担当の方|オペレーター|有人|スタッフ|係の人|責任者)"
    "(?:と|に|を|の|へ|対応|チャット)[^。！？]{0,8}?"
    "(?:話|つない|繋い|代わ|替わ|変わ|出して|お願い|対応|呼んで|相談)"
).search


def asks_person(told: Said) -> bool:
    """Whether the writer wants to be served by a human."""
    if told.is_japanese:
        return _JAPANESE(told.text) is not None
    return not _WHO.isdisjoint(told.known) and _ENGLISH(told.text.lower()) is not None
