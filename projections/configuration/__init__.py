"""The configuration in force: every threshold the rules use, as one document in the log.

Decisions use the version that was in force when they were made; meaning is rebuilt under the
newest. Each subject has a section of its own, a module here; ``journey.toml`` has the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from projections.configuration.conversations import ConversationRules
from projections.configuration.durations import in_words
from projections.configuration.outreach import OutreachRules
from projections.configuration.scores import ScoreRules
from projections.configuration.section import Complaint, Section
from projections.configuration.stages import StageRules
from projections.configuration.value import ValueRules
from schemas.times import SECOND, Instant

__all__ = ["DEFAULT", "Complaint", "Configuration", "configuration", "document", "in_words"]


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """All sections, each with its defaults."""

    conversations: ConversationRules = ConversationRules()
    outreach: OutreachRules = OutreachRules()
    scores: ScoreRules = ScoreRules()
    stages: StageRules = StageRules()
    value: ValueRules = ValueRules()

    def expectation(self, channel: str) -> Instant:
        """How soon an answer is due on a channel, in microseconds."""
        talks = self.conversations
        return talks.expectation.get(channel, talks.expectation_otherwise) * SECOND

    def complaints(self) -> Iterator[Complaint]:
        """What is wrong with the values together, section by section."""
        for name in self.__struct_fields__:
            section: Section = getattr(self, name)
            for path, wrong in section.complaints(self):
                yield Complaint((name, *path), wrong)


DEFAULT = Configuration()


def document(configuration: Configuration) -> str:
    """The configuration as canonical JSON: the same text for the same values."""
    return msgspec.json.encode(configuration, order="sorted").decode()


@lru_cache(maxsize=64)
def configuration(text: str) -> Configuration:
    """The configuration of a published document; what it does not name has its default."""
    return msgspec.json.decode(text, type=Configuration)
