"""``[topics]`` of ``journey.toml``: words by which texts are sorted, besides those that ship.

Rule 1: a topic of one's own comes before those that ship, where a text has as many words of both.
Rule 2: words of a topic that ships are added to its own, or stand ``instead`` of them; none instead
    means that there is no such topic.
Rule 3: what a topic was derived by is stored with the event. Other words change nothing that was
    recorded before.
"""

from __future__ import annotations

import msgspec

from journey.config.document import Document
from journey.ingest.assess.topic import SHIPPED, Rules, Topics
from journey.ingest.fields import LABEL_CHARS_MAX

SECTION = "topics"
WORDS_MAX = 1_000


class _Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as the file has it."""

    words: list[str]
    instead: bool = False


def read(document: Document) -> Topics:
    """The topics of a file and those that ship.

    Raises:
        ConfigurationError: it is wrong somewhere; says where.
    """
    rules: dict[str, list[str]] = {}
    for name in document.table([SECTION]):
        path = [SECTION, name]
        if not name.strip() or len(name) > LABEL_CHARS_MAX:
            raise document.refuse(path, "is no name: write a short one, such as delivery")
        told = document.struct(path, _Topic)
        if len(told.words) > WORDS_MAX:
            raise document.refuse(
                [*path, "words"], f"are more than {WORDS_MAX:,}: keep the telling"
            )
        if not all(word.strip() for word in told.words):
            raise document.refuse([*path, "words"], "has an empty word: leave it out")
        words = [" ".join(word.split()) for word in told.words]
        rules[name] = words if told.instead else [*words, *SHIPPED.get(name, ())]
    return Topics(_together(rules))


def _together(own: Rules) -> Rules:
    new = {name: words for name, words in own.items() if name not in SHIPPED}
    return {n: w for n, w in (new | {**SHIPPED, **own}).items() if w}
