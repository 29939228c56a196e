"""Personas: named rules over what is known of a customer."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from projections.configuration.section import Complaint, Section

TRAIT: Final = "trait"
STAGE: Final = "stage"
SCORE: Final = "score"
EVENTS: Final = "events"
# What a rule may ask for. Words are compared, numbers and days are held against limits.
WORDS = (TRAIT, STAGE, "language", "timezone", "preferred_channel")
NUMBERS = ("touches", "contacts", "questions", "orders", "revenue", EVENTS, SCORE)
DAYS = (
    "days_since_first_touch",
    "days_since_last_touch",
    "days_since_last_order",
    "days_in_stage",
)
FACTS = (*WORDS, *NUMBERS, *DAYS)
NAMED = {TRAIT: "the trait's name", SCORE: "the survey's name", EVENTS: "the type of the events"}
COUNTED = ("touches", "contacts", "questions", "orders", "revenue", EVENTS)

Value = str | bool | int | float


class Condition(Section, frozen=True, kw_only=True, rename={"is_": "is", "not_": "not"}):
    """Holds where all that is said in it holds.

    Args:
        fact: what is asked for.
        name: of the trait, of the survey whose last answer counts, of the type of events.
        channel: count only there; of orders, revenue, contacts, questions, touches, events.
        topic: count only what is about it; of the same.
        is_: the value.
        one_of: the value is one of these.
        at_least: the lowest value.
        at_most: the highest value.
        all: conditions that all hold.
        any: conditions of which at least one holds.
        not_: conditions of which none holds.
    """

    fact: str = ""
    name: str = ""
    channel: str = ""
    topic: str = ""
    is_: Value | None = None
    one_of: list[Value] = msgspec.field(default_factory=list)
    at_least: float | None = None
    at_most: float | None = None
    all: list[Condition] = msgspec.field(default_factory=list)
    any: list[Condition] = msgspec.field(default_factory=list)
    not_: list[Condition] = msgspec.field(default_factory=list)

    def parts(self) -> Iterator[tuple[tuple[str, ...], Condition]]:
        """The conditions in it, each with its place."""
        for key, inner in (("all", self.all), ("any", self.any), ("not", self.not_)):
            for n, condition in enumerate(inner):
                yield (key, str(n)), condition

    def leaves(self) -> Iterator[Condition]:
        """All conditions in it that ask for a fact, itself among them."""
        if self.fact:
            yield self
        for _, part in self.parts():
            yield from part.leaves()

    def complaints(self, whole: Any) -> Iterator[Complaint]:
        """What is wrong with it and with those in it."""
        if not self.fact and not any(self.parts()) and not self._given():
            yield Complaint((), "says nothing: give it a fact, all, any or not")
        for key, wrong in self._about_fact(whole) if self.fact else self._without_fact():
            yield Complaint((key,), wrong)
        for place, part in self.parts():
            for path, wrong in part.complaints(whole):
                yield Complaint((*place, *path), wrong)

    def _without_fact(self) -> Iterator[tuple[str, str]]:
        for key in self._given():
            yield key, f"asks for no fact: write fact = one of {', '.join(FACTS)}"

    def _given(self) -> list[str]:
        """The keys that say something of a fact."""
        given = {"name": self.name, "channel": self.channel, "topic": self.topic}
        limits = {"at_least": self.at_least, "at_most": self.at_most, "is": self.is_}
        return [
            *(key for key, value in given.items() if value),
            *(key for key, value in limits.items() if value is not None),
            *(["one_of"] if self.one_of else []),
        ]

    def _about_fact(self, whole: Any) -> Iterator[tuple[str, str]]:
        fact, given = self.fact, self._given()
        if fact not in FACTS:
            close = get_close_matches(fact, FACTS, n=1)
            meant = f" (did you mean {close[0]}?)" if close else ""
            yield "fact", f"{fact} is unknown{meant}: use one of {', '.join(FACTS)}"
            return
        if fact in NAMED and not self.name:
            yield "fact", f"needs {NAMED[fact]}: write name = the name"
        if fact not in NAMED and self.name:
            yield "name", f"means nothing of {fact}: leave it out"
        for key in ("channel", "topic"):
            if key in given and fact not in COUNTED:
                yield key, f"means nothing of {fact}: it is for {', '.join(COUNTED)}"
        limits = [key for key in given if key in ("is", "one_of", "at_least", "at_most")]
        if not limits:
            yield "fact", f"{fact} is held against nothing: write is, one_of, at_least or at_most"
        for key in limits:
            is_limit = key in ("at_least", "at_most")
            if fact in DAYS and not is_limit:
                yield key, "time goes on: write at_least or at_most"
            if fact in WORDS and fact != TRAIT and is_limit:
                yield key, f"{fact} is a word: write is or one_of"
        if fact == STAGE:
            for told in [*self.one_of, *([] if self.is_ is None else [self.is_])]:
                if told not in whole.stages.stages:
                    known = ", ".join(whole.stages.stages)
                    key = "is" if told == self.is_ else "one_of"
                    yield key, f"{told} is no stage: use one of {known}"


class Persona(Condition, frozen=True, kw_only=True, rename={"is_": "is", "not_": "not"}):
    """Section ``personas.NAME``: who the customers are of whom its condition holds.

    Args:
        about: for people.
        prefers: the channel on which such customers want to be reached, where they say nothing else
            and show nothing else.
    """

    about: str = ""
    prefers: str = ""
