"""``[map]`` of ``journey.toml``: what each persona wants in each stage, and how it should go.

No fold asks for it, so it is no part of the rules and changing it makes nothing anew.
"""

from __future__ import annotations

from difflib import get_close_matches

import msgspec

from journey.config.document import Document
from projections.configuration import Configuration
from projections.configuration.durations import Seconds

SECTION = "map"
EVERYBODY = "everybody"  # the designed map of customers of no persona in particular


class Designed(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of one persona's map.

    Args:
        goal: what the customer wants to reach here.
        channels: on which this should happen; none: anywhere.
        touchpoints: types of events that should happen; none: whatever.
        dwell_max: how long customers should stay at most, by their median; 0: as long as they like.
    """

    goal: str = ""
    channels: list[str] = []
    touchpoints: list[str] = []
    dwell_max: Seconds = 0


DesignedMaps = dict[str, dict[str, Designed]]  # persona -> stage -> what should happen


def read(document: Document, rules: Configuration) -> DesignedMaps:
    """The designed maps of a file.

    Raises:
        ConfigurationError: it is wrong somewhere; says where.
    """
    maps: DesignedMaps = {}
    for persona in document.table([SECTION]):
        known = [EVERYBODY, *rules.personas]
        if persona not in known:
            wrong = f"is no persona{_meant(persona, known)}: use one of {', '.join(known)}"
            raise document.refuse([SECTION, persona], wrong)
        maps[persona] = {}
        for stage in document.table([SECTION, persona]):
            place = [SECTION, persona, stage]
            if stage not in rules.stages.stages:
                stages = rules.stages.stages
                wrong = f"is no stage{_meant(stage, stages)}: use one of {', '.join(stages)}"
                raise document.refuse(place, wrong)
            maps[persona][stage] = document.struct(place, Designed)
    return maps


def _meant(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
