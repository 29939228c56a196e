"""All judgements of a text together, as a step behind every importer: a draft in, a draft out.

Rule 1: what the source gives is never judged over: the topic and intent of an event, and whatever
    ``given`` finds. Tags count as a topic given.
Rule 2: what a customer wrote is judged in full. Of what the brand wrote only its language and what
    it asks for: an agent's regrets are no sentiment, and their topic is the customer's.
Rule 3: the brand's texts repeat, so their judgements are remembered; a customer's are not.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from journey.ingest.assess import facts, intent, person, question
from journey.ingest.assess.given import NAMES, given
from journey.ingest.assess.language import language
from journey.ingest.assess.said import said
from journey.ingest.assess.sentiment import sentiment
from journey.ingest.assess.topic import Topics
from journey.ports import Draft
from schemas.events import (
    Commented,
    Mentioned,
    MentionObserved,
    MessageReceived,
    MessageSent,
    ReviewPosted,
    SurveyAnswered,
)
from schemas.fact import BrandFact, Fact, Touchpoint

METHOD = "texts.1"
"""Method and version of all judgements here. A new rule is a new number; what was judged stays."""
SENTIMENT_METHOD = "lexicon.1"
REMEMBERED_MAX = 4_096  # texts of the brand, none over a thousand characters: about 4 MiB
REMEMBERED_CHARS_MAX = 1_000

_BY_CUSTOMERS: dict[type[Fact], str] = {
    MessageReceived: "text",
    ReviewPosted: "text",
    SurveyAnswered: "comment",
    Mentioned: "text",
    Commented: "text",
    MentionObserved: "text",
}
_JUDGED: list[type[Fact]] = [*_BY_CUSTOMERS, MessageSent]
_FIELDS = {kind: frozenset(kind.__struct_fields__) for kind in _JUDGED}


class Texts:
    """Judges the texts of drafts.

    Args:
        topics: the rules by which topics are found.
    """

    def __init__(self, topics: Topics | None = None) -> None:
        self._topics = topics or Topics()
        self._remembered: dict[str, dict[str, Any]] = {}

    def check(self, draft: Draft) -> Draft:
        """The draft with what its text tells.

        Raises:
            CannotAccept: a judgement that the source gives is of another form.
        """
        fact = draft.fact
        kind = type(fact)
        name = _BY_CUSTOMERS.get(kind)
        if name is None and kind is not MessageSent:
            return draft
        told = {} if not fact.extra or NAMES.isdisjoint(fact.extra) else self._given(fact)
        text = getattr(fact, name or "text")
        if not text or text.isspace():
            return replace(draft, fact=replace(fact, **told)) if told else draft
        found = self._of_customer(fact, text, told) if name else self._of_brand(text, told)
        return replace(draft, fact=replace(fact, **found))

    def _given(self, fact: Touchpoint | BrandFact) -> dict[str, Any]:
        fields = _FIELDS[type(fact)]
        if isinstance(fact, MentionObserved):  # its sentiment is a property of its own
            fields -= {"sentiment"}
        told = given(fact.extra or {}, fields)
        if told:
            told["given"] = sorted(told)
        if "sentiment" in told:
            told["is_rated"] = True
        return told

    def _of_customer(
        self, fact: Touchpoint | BrandFact, text: str, told: dict[str, Any]
    ) -> dict[str, Any]:
        apart = said(text)
        found: dict[str, Any] = {"assessed_by": METHOD, "language": language(apart)}
        feels = sentiment(apart, told.get("language", found["language"]))
        if isinstance(fact, MentionObserved):
            if feels is not None and not fact.is_rated:
                found |= {
                    "is_rated": True,
                    "sentiment": feels,
                    "sentiment_method": SENTIMENT_METHOD,
                }
        elif feels is not None:
            found["is_rated"], found["sentiment"] = True, feels
        asks = question.is_question(apart)
        wants_person = person.asks_person(apart)
        if type(fact) is MessageReceived:
            found["is_question"] = asks
            found["asks_person"] = wants_person
            found["gave"] = facts.gave(apart)
        if told:
            found |= told
        if not (fact.topic or fact.tags) and (topic := self._topics.of(apart)):
            found["topic"], found["topic_method"] = topic, self._topics.method
        if isinstance(fact, Touchpoint) and not fact.intent:
            asks, feels = found.get("is_question", asks), found.get("sentiment")
            wants_person = found.get("asks_person", wants_person)
            if wants := intent.intent(apart, asks, wants_person, feels):
                found["intent"], found["intent_method"] = wants, intent.METHOD
        return found

    def _of_brand(self, text: str, told: dict[str, Any]) -> dict[str, Any]:
        found = self._remembered.get(text)
        if found is None:
            apart = said(text)
            found = {
                "assessed_by": METHOD,
                "language": language(apart),
                "asked_for": facts.asked_for(apart),
            }
            if len(text) <= REMEMBERED_CHARS_MAX:
                if len(self._remembered) >= REMEMBERED_MAX:
                    self._remembered.clear()
                self._remembered[text] = found
        return found | told if told else found
