"""Facts that a message needs and nothing that starts it tells: it would wait, and be dropped."""

from __future__ import annotations

from collections.abc import Iterator

from journey.config.file import Config
from journey.config.names import SHIPPED, Doubt
from projections.configuration.templates import PERSON, PROPERTIES, TRAITS
from projections.configuration.triggers import Start
from projections.stage_signs import BY_NAME

AMOUNT, MICROS = "amount", "amount_micros"


def doubts_about_facts(config: Config) -> Iterator[Doubt]:
    """Each fact of a template once a trigger, where no event of its start ever tells it."""
    rules = config.rules
    for name, trigger in rules.triggers.items():
        needed = {
            (step.template, fact)
            for step in trigger.steps
            if step.template in rules.templates
            for fact in rules.templates[step.template].needed
            if not fact.startswith((PERSON, TRAITS))
        }
        for template, fact in sorted(needed):
            if not _is_told(config, trigger.start, fact):
                told = f"nothing that starts it tells {fact}, which templates.{template} needs: "
                more = (
                    f"no message goes out; write {{{{ {fact} | … }}}} with what stands there then"
                )
                yield Doubt(f"triggers.{name}.steps", told + more)


def _is_told(config: Config, start: Start, fact: str) -> bool:
    """Whether an event of the start may tell a fact; a stage and a pain tell none."""
    return any(_may_tell(config, name, fact) for name in start.events)


def _may_tell(config: Config, event: str, fact: str) -> bool:
    if event in SHIPPED:
        return hasattr(BY_NAME[event], MICROS if fact == AMOUNT else fact)
    declared = config.events.of(event)
    if declared is None:  # a source's own name: told elsewhere
        return True
    properties = declared.properties
    key = fact.removeprefix(PROPERTIES)
    if fact.startswith(PROPERTIES):
        return key in properties and not properties[key].personal
    return hasattr(BY_NAME["custom"], fact)
