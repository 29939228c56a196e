"""Names of events, channels and traits in ``journey.toml`` that nobody may ever tell: no mistake,
but likely one.

A source may tell of types that neither ship nor are declared, by names of its own. So an unknown
name is told, with the nearest known one, and not refused. So is a trait that rules never see.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import msgspec

from journey.config.file import Config
from projections.configuration.personas import EVENTS, TRAIT, Condition
from projections.configuration.templates import TRAITS
from projections.configuration.triggers import INBOUND
from projections.stage_signs import BY_NAME
from schemas.fact import Touchpoint

# Those that sources are asked to use; a company may have others.
CHANNELS = (
    *("web", "app", "store", "phone", "ivr", "email", "chat", "sms", "push"),
    *("social", "messaging", "review", "community", "survey"),
)
SHIPPED = {name for name, fact in BY_NAME.items() if issubclass(fact, Touchpoint)}


class Doubt(msgspec.Struct, frozen=True):
    """Something that is allowed, and hardly meant.

    Args:
        key: where, with dots.
        doubt: the sentence about it.
    """

    key: str
    doubt: str


def doubts_about_names(config: Config) -> list[Doubt]:
    """The names of events that no source may ever tell of a customer, of channels misspelt, and of
    traits that stand nowhere in clear.
    """
    declared = {type_.name for type_ in config.events.types}
    known = sorted({*SHIPPED, *declared} - {"custom"})
    found = []
    for key, name in _told(config):
        if name in known:
            continue
        if name in BY_NAME and name not in SHIPPED:
            found.append(Doubt(key, f"{name} concerns no customer: nothing comes of it"))
            continue
        told = config.events.of(name)
        close = [told.name] if told is not None else get_close_matches(name, known, n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        doubt = f"{name} neither ships nor is declared in [events]{meant}: only a source that "
        found.append(Doubt(key, doubt + "calls an event so makes it count"))
    return [*found, *_about_channels(config), *_about_traits(config)]


def _about_traits(config: Config) -> Iterator[Doubt]:
    """Traits that a rule asks for, and that stand in clear for no rule."""
    declared = config.traits.declared
    known = sorted(name for name, trait in declared.items() if not trait.personal)
    for key, name in dict.fromkeys(_traits(config)):
        if name in known:
            continue
        if name in declared:
            yield Doubt(key, f"asks for the trait {name}, which is personal: no rule ever sees it")
            continue
        close = get_close_matches(name, known, n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        told = f"asks for the trait {name}, which [traits] does not declare{meant}: no rule sees it"
        yield Doubt(key, told)


def _traits(config: Config) -> Iterator[tuple[str, str]]:
    """All names of traits that must stand in clear, each with its place."""
    rules = config.rules
    for name, persona in rules.personas.items():
        yield from ((f"personas.{name}", leaf.name) for leaf in persona.leaves() if _is_trait(leaf))
    for name, trigger in rules.triggers.items():
        place = f"triggers.{name}"
        yield from ((f"{place}.needs", each) for each in trigger.needs)
        for condition in trigger.conditions():
            yield from ((place, leaf.name) for leaf in condition.leaves() if _is_trait(leaf))
    for name, template in rules.templates.items():
        asked = (each for each in template.needed if each.startswith(TRAITS))
        yield from ((f"templates.{name}", each[len(TRAITS) :]) for each in asked)
    if rules.outreach.country_trait:
        yield "outreach.country_trait", rules.outreach.country_trait


def _is_trait(leaf: Condition) -> bool:
    return leaf.fact == TRAIT


def _about_channels(config: Config) -> Iterator[Doubt]:
    """Names that are nearly a channel's: others may be channels of one's own."""
    rules = config.rules
    known = [*CHANNELS, *(name for name in rules.channels if name not in CHANNELS)]
    for key, name in _channels(config):
        close = get_close_matches(name, known, n=1, cutoff=0.75)
        if name and name not in known and close:
            yield Doubt(key, f"{name} is no channel that ships (did you mean {close[0]}?)")


def _channels(config: Config) -> Iterator[tuple[str, str]]:
    """All names of channels, each with its place; those of tables ``channels`` name themselves."""
    rules = config.rules
    for key in ("otherwise", "older"):
        yield from ((f"preference.{key}", each) for each in getattr(rules.preference, key))
    for name, calendar in rules.calendars.items():
        yield from ((f"calendars.{name}.channels", each) for each in calendar.channels)
    for name, persona in rules.personas.items():
        yield f"personas.{name}.prefers", persona.prefers
        yield from ((f"personas.{name}", leaf.channel) for leaf in persona.leaves())
    for name, sign in rules.stages.signs.items():
        yield from ((f"stages.signs.{name}.channels", each) for each in sign.channels)
    for name, trigger in rules.triggers.items():
        place = f"triggers.{name}"
        yield from ((f"{place}.start.channels", each) for each in trigger.start.channels)
        for n, step in enumerate(trigger.steps):
            yield from ((f"{place}.steps.{n}.channels", each) for each in step.channels)


def _told(config: Config) -> Iterator[tuple[str, str]]:
    """All names of events, each with its place."""
    rules = config.rules
    for name, persona in rules.personas.items():
        yield from _of_condition(f"personas.{name}", persona)
    for name, sign in rules.stages.signs.items():
        for key in ("events", "unless"):
            yield from ((f"stages.signs.{name}.{key}", each) for each in getattr(sign, key))
    for name, trigger in rules.triggers.items():
        place = f"triggers.{name}"
        yield from ((f"{place}.start.events", each) for each in trigger.start.events)
        for key, names in (("start.unless", trigger.start.unless), ("exits", trigger.exits)):
            yield from ((f"{place}.{key}", each) for each in names if each != INBOUND)
        for condition in trigger.conditions():
            yield from _of_condition(place, condition)


def _of_condition(place: str, condition: Condition) -> Iterator[tuple[str, str]]:
    for leaf in condition.leaves():
        if leaf.fact == EVENTS:
            yield place, leaf.name
