"""What folds need to know of a text, computed once at ingest: no fold ever reads the text itself.

Each judgement is stored with its method and version, so that a better one can tell its own apart.
"""

from __future__ import annotations

QUESTION_MARK = "question-mark.1"
"""Method of ``is_question``. A new rule is a new number; the old one's judgements stay as said."""


def is_question(text: str) -> bool:
    """Whether a text asks something: it has a question mark, of the Latin or the wide form."""
    return "?" in text or "\uff1f" in text
