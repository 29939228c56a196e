"""Journeys held against the designed map of ``journey.toml``, by the questions of conformance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from journey import answers
from journey.bootstrap import Workspace
from journey.config.designed import EVERYBODY, DesignedMaps
from projections.configuration import configuration
from schemas.errors import NotFound, UsageError


class Of(StrEnum):
    """What the steps of a designed journey are."""

    TYPE = "type"
    STAGE = "stage"


class Conformance(msgspec.Struct, frozen=True):
    """How far journeys go as designed, and where they leave it.

    Args:
        steps: of the designed journey, in the form of the question ``conformance``.
        answer: the row of that question.
        leaves: the rows of ``conformance-leaves``.
    """

    persona: str
    of: Of
    steps: list[str]
    answer: dict[str, Any]
    leaves: list[dict[str, Any]]


def designed_steps(
    maps: DesignedMaps, stages: Sequence[str], persona: str = "", of: Of = Of.TYPE
) -> list[str]:
    """The designed map of a persona as a row of steps.

    Args:
        stages: all stages, in the order of the journey.
        of: ``type``: the touchpoints of each stage as they are written, one after the other, each
            once or several times; ``stage``: the designed stages themselves.

    Raises:
        UsageError: nothing of the kind is designed.
    """
    whose = persona or EVERYBODY
    plans = maps.get(whose, {})
    designed = [stage for stage in stages if stage in plans]
    if of is Of.STAGE:
        steps = designed
    else:
        steps = [f"{type_}+" for stage in designed for type_ in plans[stage].touchpoints]
    if not steps:
        key = f"[map.{whose}.STAGE]"
        what = f"{key} tables" if of is Of.STAGE else f"touchpoints in tables {key}"
        raise UsageError(
            f"No journey of {whose} is designed by its {of.value}s: write {what} into "
            "journey.toml, or give steps to the question conformance."
        )
    return steps


def conformance(
    workspace: Workspace,
    maps: DesignedMaps,
    *,
    persona: str = "",
    of: Of = Of.TYPE,
    given: Mapping[str, Any] | None = None,
) -> Conformance:
    """How far the journeys of customers who ever held a persona go as designed for it.

    Args:
        maps: as designed, by persona.
        persona: empty: everybody.
        given: other parameters of the questions, such as ``since`` and ``channel``.

    Raises:
        NotFound: no such persona.
        UsageError: nothing is designed for it, or a parameter does not fit.
    """
    rules = configuration(workspace.rules.document)
    if persona and persona not in rules.personas:
        known = ", ".join(rules.personas) or "none: write some into journey.toml"
        raise NotFound(f"No persona is called {persona!r}; those in force are {known}.")
    steps = designed_steps(maps, rules.stages.stages, persona, of)
    # A stage that is not designed leaves the journey; touchpoints that are not may come between.
    others = "leave" if of is Of.STAGE else "pass"
    asked = {"steps": ",".join(steps), "of": of.value, "others": others, "persona": persona}
    asked |= dict(given or {})
    (answer,) = answers.query(workspace, "conformance", asked)
    leaves = answers.query(workspace, "conformance-leaves", asked)
    return Conformance(persona, of, steps, answer, leaves)
