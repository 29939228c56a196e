"""Listening: what the brand publishes and what is said in public, of itself and of competitors.

None of these has a customer: who wrote is nobody whom the brand serves, as far as anybody knows.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.errors import CannotAccept
from schemas.fact import BrandFact, Derived, Personal

OWN, COMPETITOR = "own", "competitor"


class PostPublished(BrandFact, frozen=True, kw_only=True):
    """The brand published a post; ``followers`` is how many its account had, -1 if nobody told."""

    TYPE: ClassVar[str] = "post-published.v1"

    name: str = ""  # of the post or its campaign
    post: str = ""  # the post's own id
    followers: int = -1
    text: Personal[str] = UNSET
    url: Personal[str] = UNSET


class MentionObserved(BrandFact, frozen=True, kw_only=True):
    """Somebody, no known customer, spoke of the brand or of a competitor in public.

    Raises:
        CannotAccept: the subject is neither ``own`` nor ``competitor``, or the sentiment lies
            outside -1 to 1.
    """

    TYPE: ClassVar[str] = "mention-observed.v2"

    subject: str = OWN
    competitor: str = ""  # which one
    post: str = ""  # the post that it is about, if it is about one
    sentiment: float = 0.0  # -1 (bad) to 1 (good)
    is_rated: Derived[bool] = False  # whether a sentiment is known
    sentiment_method: Derived[str] = ""  # what derived it; empty when the source gave it
    topic_method: Derived[str] = ""
    language: Derived[str] = ""  # BCP 47; empty: unknown
    given: Derived[list[str]] = []  # the judgements that the source gave itself
    assessed_by: Derived[str] = ""  # method and version that judged the text
    text: Personal[str] = UNSET
    url: Personal[str] = UNSET

    def __post_init__(self) -> None:
        """Hold subject and sentiment against what they may be."""
        if self.subject not in (OWN, COMPETITOR):
            reason = f"subject: is unknown: write {OWN} or {COMPETITOR}."
            raise CannotAccept("bad-subject", reason)
        if not -1 <= self.sentiment <= 1:
            reason = "sentiment: lies outside -1 to 1: scale it, -1 is bad and 1 is good."
            raise CannotAccept("score-off-scale", reason)
