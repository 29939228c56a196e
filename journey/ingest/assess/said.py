"""A text, taken apart once for all judgements.

Cost is what shapes this: it runs for every message that is imported. Words are looked up in sets;
a regular expression runs only where some word or sign has said that it may find something.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ASSESSED_CHARS_MAX = 2_000
"""So much of a text is looked at: the matter stands at the beginning, a quoted mail below it."""

# Each branch begins with a plain letter or sign, which is what makes the search fast.
_noise = re.compile(r"@\w+|#[^\W\d]\w*|https?:\S+").sub
_ascii_words = re.compile(r"[a-z]+(?:'[a-z]+)?").findall
_words = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?").findall
_kana = re.compile("[\u3041-\u30ff]").findall
_han = re.compile("[\u4e00-\u9fff]").findall


class Said(NamedTuple):
    """A text, taken apart.

    Args:
        text: as written, shortened, without links, hash tags and handles.
        raw: the same with them.
        words: of Latin letters and their like, small; none of a Japanese text.
        known: the same as a set.
        is_ascii: whether ``text`` is all ASCII.
        is_japanese: whether it is written in Japanese.
    """

    text: str
    raw: str
    words: list[str]
    known: frozenset[str]
    is_ascii: bool
    is_japanese: bool


def said(text: str) -> Said:
    """A text as the judgements want it."""
    raw = text[:ASSESSED_CHARS_MAX]
    told = raw
    if "@" in raw or "#" in raw or "http" in raw:
        told = _noise(" ", raw)
    if told.isascii():
        words = _ascii_words(told.lower())
        return Said(told, raw, words, frozenset(words), True, False)
    if _is_japanese(told):
        return Said(told, raw, [], frozenset(), False, True)
    words = [word.replace("\u2019", "'") for word in _words(told.lower())]
    return Said(told, raw, words, frozenset(words), False, False)


def _is_japanese(text: str) -> bool:
    """Kana make it so, unless they are but a word in a text of another script."""
    kana = len(_kana(text))
    if not kana:
        return False
    own = kana + len(_han(text))
    return own * 3 >= sum(map(str.isalpha, text))
