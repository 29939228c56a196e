"""What a step of the conversations projection works with: moment, rules, what comes of it."""

from __future__ import annotations

from typing import Any

from projections.calendars import Calendar, due_at
from projections.configuration import Configuration
from projections.configuration.calendars import CalendarBook
from projections.configuration.conversations import Expected
from projections.conversations.state import Conversation
from projections.projection import Change
from projections.signs import NO_EVENT, Sign
from schemas.times import SECOND, Instant

KNOWN_MAX = 4_096  # places whose expectation is remembered


class TalkRules:
    """The configuration, laid out for the fold."""

    def __init__(self, rules: Configuration) -> None:
        talks = rules.conversations
        self.gap = talks.thread_gap * SECOND
        self.contact_gap = talks.contact_gap * SECOND
        self.invitation = talks.invitation_holds * SECOND
        self.silence = talks.implied_resolution * SECOND
        self._talks, self._book = talks, CalendarBook(rules.calendars)
        self._expected: dict[tuple[str, str, str, tuple[str, ...]], Expected] = {}
        self.calendar = self._book.of

    def expected(self, channel: str, talk: Conversation, personas: list[str]) -> Expected:
        """How soon an answer to what is said now is due."""
        place = (channel, talk.urgency, talk.topic, tuple(personas))
        found = self._expected.get(place)
        if found is None:
            if len(self._expected) >= KNOWN_MAX:
                self._expected.clear()
            found = self._expected[place] = self._talks.expected(*place)
        return found

    def due_at(self, expected: Expected, at: Instant, calendar: Calendar | None) -> Instant:
        """When that is."""
        wait = expected.within * SECOND
        return due_at(calendar, at, wait) if expected.business_hours else at + wait


class Now:
    """One moment: an event, or a timer.

    Args:
        personas: what the customer holds.
    """

    __slots__ = ("at", "customer", "event_id", "personas", "rows", "rules", "signs")

    def __init__(
        self,
        rules: TalkRules,
        at: Instant,
        customer: bytes,
        personas: list[str],
        event_id: bytes = NO_EVENT,
    ) -> None:
        self.rules, self.at, self.event_id = rules, at, event_id
        self.customer, self.personas = customer.hex(), personas
        self.rows: list[Change] = []
        self.signs: list[Sign] = []

    def about(self, talk: Conversation, channel: str = "") -> dict[str, Any]:
        """What every sign about a conversation says."""
        return {
            "at": self.at,
            "event_id": self.event_id,
            "conversation": talk.id,
            "brand": talk.brand,
            "channel": channel or talk.channel_in or talk.channel,
            "topic": talk.topic,
            "agent": talk.agent,
            "team": talk.team,
        }
