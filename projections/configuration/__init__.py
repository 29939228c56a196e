"""The configuration in force: every threshold the rules use, as one document in the log.

Decisions use the version that was in force when they were made; meaning is rebuilt under the
newest. Each subject has a section of its own, a module here; ``journey.toml`` has the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from projections.calendars import due_at
from projections.configuration import calendars as business_hours
from projections.configuration import channels as channels_
from projections.configuration.calendars import CalendarBook, Calendars
from projections.configuration.channels import Channels
from projections.configuration.conversations import ConversationRules
from projections.configuration.durations import in_words
from projections.configuration.outreach import OutreachRules
from projections.configuration.pains import PainRules
from projections.configuration.personas import Persona
from projections.configuration.preference import PreferenceRules
from projections.configuration.resolution import ResolutionRules
from projections.configuration.scores import ScoreRules
from projections.configuration.section import Complaint, Section
from projections.configuration.stages import StageRules
from projections.configuration.templates import Template
from projections.configuration.triggers import BUILT_IN, Trigger
from projections.configuration.value import ValueRules
from schemas.times import SECOND, Instant

__all__ = ["DEFAULT", "Complaint", "Configuration", "configuration", "document", "in_words"]

NAME_MAX = 64  # characters of a trigger's: it stands in every row of its decisions


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """All sections, each with its defaults."""

    calendars: Calendars = {}
    channels: Channels = {}
    conversations: ConversationRules = ConversationRules()
    outreach: OutreachRules = OutreachRules()
    pains: PainRules = PainRules()
    personas: dict[str, Persona] = msgspec.field(default_factory=dict)
    preference: PreferenceRules = PreferenceRules()
    resolution: ResolutionRules = ResolutionRules()
    scores: ScoreRules = ScoreRules()
    stages: StageRules = StageRules()
    templates: dict[str, Template] = msgspec.field(default_factory=dict)
    triggers: dict[str, Trigger] = msgspec.field(default_factory=dict)
    value: ValueRules = ValueRules()

    @property
    def asks_customers(self) -> bool:
        """Whether a trigger must know of customers: one that starts by a watch does not."""
        return any(not trigger.start.watch for trigger in self.triggers.values())

    def expectation(
        self, channel: str, urgency: str = "", topic: str = "", personas: Sequence[str] = ()
    ) -> Instant:
        """How soon an answer is due, in microseconds; of open time where the rule says so."""
        return self.conversations.expected(channel, urgency, topic, personas).within * SECOND

    def due_at(
        self,
        asked: Instant,
        channel: str,
        *,
        brand: str = "",
        team: str = "",
        urgency: str = "",
        topic: str = "",
        personas: Sequence[str] = (),
    ) -> Instant:
        """When the answer to what was asked is due, in business hours where the rule says so."""
        wait = self.expectation(channel, urgency, topic, personas)
        if not self.conversations.expected(channel, urgency, topic, personas).business_hours:
            return asked + wait
        return due_at(CalendarBook(self.calendars).of(channel, brand, team), asked, wait)

    def complaints(self) -> Iterator[Complaint]:
        """What is wrong with the values together, section by section."""
        for path, wrong in business_hours.complaints(self.calendars):
            yield Complaint(("calendars", *path), wrong)
        for path, wrong in channels_.complaints(self.channels):
            yield Complaint(("channels", *path), wrong)
        for name in self.__struct_fields__:
            section = getattr(self, name)
            if isinstance(section, Section):
                for path, wrong in section.complaints(self):
                    yield Complaint((name, *path), wrong)
        if BUILT_IN in self.triggers:
            wrong = "is the engine's own trigger: choose another name"
            yield Complaint(("triggers", BUILT_IN), wrong)
        for name in self.triggers:
            if not name.strip() or not name.isprintable() or len(name) > NAME_MAX:
                wrong = (
                    f"is no name: write a short one on one line, of at most {NAME_MAX} characters"
                )
                yield Complaint(("triggers", name), wrong)
        for key in ("personas", "templates", "triggers"):
            for name, section in getattr(self, key).items():
                for path, wrong in section.complaints(self):
                    yield Complaint((key, name, *path), wrong)


DEFAULT = Configuration()


def document(configuration: Configuration) -> str:
    """The configuration as canonical JSON: the same text for the same values."""
    return msgspec.json.encode(configuration, order="sorted").decode()


@lru_cache(maxsize=64)
def configuration(text: str) -> Configuration:
    """The configuration of a published document; what it does not name has its default."""
    return msgspec.json.decode(text, type=Configuration)
