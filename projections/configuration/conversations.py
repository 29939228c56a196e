"""How conversations are told apart, and how soon an answer is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from projections.configuration.durations import Seconds
from projections.configuration.section import Complaint, Section

# Half of all consumers expect an answer within the hour.
EXPECTATION: dict[str, int] = {
    "chat": 2 * 60,
    "phone": 3 * 60,
    "messaging": 3600,
    "social": 3600,
    "email": 6 * 3600,
    "review": 24 * 3600,
    "community": 24 * 3600,
}


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tables ``conversations.expectations``: how soon an answer is due, and where.

    Args:
        within: the time.
        channel: on which; empty: on any. The same holds for urgency, topic and persona.
        business_hours: whether only open time of the calendar counts.
    """

    within: Seconds
    channel: str = ""
    urgency: str = ""
    topic: str = ""
    persona: str = ""
    business_hours: bool = False

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Where it holds."""
        return self.channel, self.urgency, self.topic, self.persona

    @property
    def rank(self) -> tuple[int, bool, bool, bool, bool]:
        """Of those that hold, the highest is meant: the most keys, then urgency, topic, persona."""
        keys = (bool(self.urgency), bool(self.topic), bool(self.persona), bool(self.channel))
        return sum(keys), *keys


class Expected(NamedTuple):
    """How soon an answer is due: in seconds, of open time if ``business_hours``."""

    within: int
    business_hours: bool


class ConversationRules(Section, frozen=True, kw_only=True):
    """Section ``conversations``.

    Args:
        thread_gap: messages without a conversation id belong together up to this gap.
        contact_gap: messages of one conversation are one contact up to this gap.
        invitation_holds: what the customer begins this soon where the brand asked them to counts as
            invited.
        implied_resolution: silence after the last reply that settles a matter with no open turn.
        expectation: how soon an answer is due, by channel; a channel that is not there has the
            default that ships.
        expectation_otherwise: the same on every other channel.
        expectations: the same by channel, urgency, topic and persona; they go before those.
    """

    thread_gap: Seconds = 72 * 3600
    contact_gap: Seconds = 24 * 3600
    invitation_holds: Seconds = 48 * 3600
    implied_resolution: Seconds = 72 * 3600
    expectation: dict[str, Seconds] = msgspec.field(default_factory=lambda: dict(EXPECTATION))
    expectation_otherwise: Seconds = 24 * 3600
    expectations: list[Expectation] = msgspec.field(default_factory=list)

    def complaints(self, whole: Any) -> Iterator[Complaint]:
        """Two expectations for one place."""
        places: dict[tuple[str, str, str, str], int] = {}
        for n, rule in enumerate(self.expectations):
            if rule.place in places:
                wrong = f"is for the same place as expectations.{places[rule.place]}: keep one"
                yield Complaint(("expectations", str(n)), wrong)
            places.setdefault(rule.place, n)

    def expected(
        self, channel: str, urgency: str = "", topic: str = "", personas: Sequence[str] = ()
    ) -> Expected:
        """How soon an answer is due: by the rule with the most keys that all hold.

        Of equally many, one with an urgency goes before one with a topic, then one with a persona,
        then one with a channel; of several personas the shortest time counts.
        """
        held = [
            rule
            for rule in self.expectations
            if rule.channel in ("", channel)
            and rule.urgency in ("", urgency)
            and rule.topic in ("", topic)
            and (not rule.persona or rule.persona in personas)
        ]
        if held:
            best = min(held, key=lambda rule: ([-n for n in rule.rank], rule.within, rule.place))
            return Expected(best.within, best.business_hours)
        usual = EXPECTATION.get(channel, self.expectation_otherwise)
        return Expected(self.expectation.get(channel, usual), False)
