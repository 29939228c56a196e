"""The journey map: stages as columns; what customers do, want, feel and suffer in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from journey import answers
from journey.bootstrap import Workspace
from journey.config.designed import EVERYBODY, Designed, DesignedMaps
from projections.configuration import configuration, in_words
from schemas.errors import NotFound
from schemas.times import SECOND

WORST = 3  # kinds of pains of a stage that are named as where to improve


class Column(msgspec.Struct, frozen=True):
    """One stage of the map.

    Args:
        customers: who came into the stage.
        channels: those used, the busiest first, with touchpoints and customers.
        touchpoints: the same by channel and type of touchpoint.
        goal: what the customer wants, as the designed map says.
        emotion: -1 (bad) to 1 (good); None where too few customers told one.
        emotion_n: how many told one.
        median_dwell_s: of the stays that have ended; None where none has.
        differs: where it goes otherwise than designed, a sentence each.
        pains: the kinds of pains felt here, the worst first: ``kind``, ``n``, ``customers``,
            ``severity``, their ``weight`` (customers times severity) and ``cost``.
        improve: where to improve: the worst kinds, then what ``differs``, a sentence each.
    """

    stage: str
    customers: int
    channels: list[dict[str, Any]]
    touchpoints: list[dict[str, Any]]
    goal: str
    emotion: float | None
    emotion_n: int
    median_dwell_s: float | None
    differs: list[str]
    pains: list[dict[str, Any]] = []
    improve: list[str] = []


class JourneyMap(msgspec.Struct, frozen=True):
    """The map of one persona, or of everybody."""

    persona: str
    columns: list[Column]


def journey_map(
    workspace: Workspace,
    maps: DesignedMaps,
    *,
    persona: str = "",
    span: Mapping[str, Any] | None = None,
    where: Mapping[str, Any] | None = None,
) -> JourneyMap:
    """The map of those who held a persona, while they held it.

    Args:
        maps: as designed, by persona.
        persona: empty: everybody.
        span: ``since`` and ``until``, as in queries.
        where: ``brand`` and ``channel``; they bear on touchpoints, emotions and pains.

    Raises:
        NotFound: no such persona.
        UsageError: a parameter does not fit.
    """
    rules = configuration(workspace.rules.document)
    if persona and persona not in rules.personas:
        known = ", ".join(rules.personas) or "none: write some into journey.toml"
        raise NotFound(f"No persona is called {persona!r}; those in force are {known}.")
    asked = {"persona": persona, **(span or {})}
    touches = answers.query(workspace, "journey-map", asked | dict(where or {}))
    felt = {
        r["stage"]: r
        for r in answers.query(workspace, "journey-emotion", asked | dict(where or {}))
    }
    pains = answers.query(workspace, "journey-pains", asked | dict(where or {}))
    stays = {r["stage"]: r for r in answers.query(workspace, "journey-dwell", asked)}
    designed = maps.get(persona or EVERYBODY, {})
    columns = []
    for stage in rules.stages.stages:
        own = [r for r in touches if r["stage"] == stage]
        stay, emotion = stays.get(stage, {}), felt.get(stage, {})
        plan = designed.get(stage, Designed())
        column = Column(
            stage=stage,
            customers=stay.get("customers", 0),
            channels=_channels(own),
            touchpoints=[{k: r[k] for k in ("channel", "type", "n", "customers")} for r in own],
            goal=plan.goal,
            emotion=emotion.get("emotion"),
            emotion_n=emotion.get("n", 0),
            median_dwell_s=stay.get("median_s"),
            differs=[],
            pains=[
                {k: v for k, v in r.items() if k != "stage"} for r in pains if r["stage"] == stage
            ],
        )
        differs = differences(plan, column) if stage in designed else []
        improve = [*map(_worst, column.pains[:WORST]), *differs]
        columns.append(msgspec.structs.replace(column, differs=differs, improve=improve))
    return JourneyMap(persona, columns)


def _channels(touches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, int] = {}
    for row in touches:
        found[row["channel"]] = found.get(row["channel"], 0) + row["n"]
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [{"channel": channel, "n": n} for channel, n in ranked]


def _worst(pain: Mapping[str, Any]) -> str:
    name, hit = str(pain["kind"]).replace("_", " "), pain["customers"]
    who = "customer" if hit == 1 else "customers"
    return f"{name}: hits {hit:,} {who}, severity {pain['severity']:.1f}."


def differences(plan: Designed, seen: Column) -> list[str]:
    """Where a stage goes otherwise than designed."""
    if not seen.customers and not seen.touchpoints:
        return ["Nobody came here."]
    used = [one["channel"] for one in seen.channels]
    types = {one["type"] for one in seen.touchpoints}
    found = [f"{channel} is not used." for channel in plan.channels if channel not in used]
    others = [channel for channel in used if channel and channel not in plan.channels]
    if plan.channels and others:
        found.append(f"Used besides: {', '.join(others)}.")
    found += [f"{type_} does not happen." for type_ in plan.touchpoints if type_ not in types]
    dwell = seen.median_dwell_s
    if plan.dwell_max and dwell is not None and dwell > plan.dwell_max:
        most = in_words(plan.dwell_max * SECOND)
        found.append(f"Half stay {dwell / 86400:.1f} d or longer; at most {most} is meant.")
    return found
