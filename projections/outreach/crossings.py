"""A figure that crosses its line: what each trigger that starts by it comes to.

Rule 1: a look at a figure decides, and whoever looks records it. A fold sees one customer, the
    figure rests on many; so it is never asked again what it was.
Rule 2: all that a verdict rests on stands in its event: the figure, the watch as it stood, the
    configuration. The rest is what the log has of the same brand before it.
Rule 3: a crossing begins when it opens its action. It starts each trigger once, if the trigger is
    in force and not paused then; what crossed before starts nothing.
Rule 4: sooner than ``again_after`` behind the last time it is held, and decided by the first look
    from then on that finds the figure bad. Held, it ends when the action is closed, or the trigger
    is paused or gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from projections.configuration import Configuration
from projections.configuration.triggers import Trigger
from projections.outreach.figures import BAD, GOOD, in_words, state_of
from projections.outreach.state import DECIDED, ENDED, HELD
from schemas.events import CrossingDecided
from schemas.times import SECOND, Instant, rfc3339

VERSION: Final = 1  # of the rule, as verdicts name it


class Rules(NamedTuple):
    """The configuration in force, and its number."""

    configuration: Configuration
    number: int


class Past(NamedTuple):
    """What the log has of a brand before a look.

    Args:
        verdicts: in their order.
        closed: the actions that are closed, by now.
    """

    verdicts: list[CrossingDecided]
    closed: set[str]

    def last(self, trigger: str) -> Instant | None:
        """When a trigger was decided last."""
        told = (e.decided_at for e in self.verdicts if (e.trigger, e.verdict) == (trigger, DECIDED))
        return max(told, default=None)

    def of(self, trigger: str, crossing: str) -> CrossingDecided | None:
        """The last verdict about a trigger and a crossing."""
        told = (e for e in self.verdicts if (e.trigger, e.crossing) == (trigger, crossing))
        return max(told, key=lambda each: each.attempt, default=None)


def begun(found: CrossingDecided, rules: Rules, past: Past) -> Iterator[CrossingDecided]:
    """What a crossing starts, in the order of the triggers' names.

    Args:
        found: the look that opened its action: figure and watch, and no trigger yet.
    """
    for name, trigger in sorted(rules.configuration.triggers.items()):
        is_of_it = trigger.start.watch == found.watch
        if is_of_it and not trigger.paused and past.of(name, found.crossing) is None:
            yield _ruled(found, name, trigger, rules, past, attempt=0)


def held(past: Past, watch: str) -> list[CrossingDecided]:
    """What of a watch is held, by the last verdict about it."""
    newest = {(each.trigger, each.crossing): each for each in past.verdicts if each.watch == watch}
    return [each for each in newest.values() if each.verdict == HELD]


def gone_on(
    before: CrossingDecided, found: CrossingDecided, rules: Rules, past: Past
) -> CrossingDecided | None:
    """What becomes of a verdict that was held; None: nothing yet.

    Args:
        found: a later look at the same watch.
        past: with what this look closed.
    """
    name, attempt = before.trigger, before.attempt + 1
    found = replace(found, crossing=before.crossing)
    trigger = rules.configuration.triggers.get(name)
    if before.crossing in past.closed:
        why = "the figure is good again" if state_of(found) == GOOD else "its action was closed"
    elif state_of(found) != BAD or found.decided_at < before.release_at:
        return None
    elif trigger is None or trigger.start.watch != found.watch:
        why = "the trigger is gone"
    elif trigger.paused:
        why = "the trigger is paused"
    else:
        return _ruled(found, name, trigger, rules, past, attempt=attempt)
    own = {"trigger": name, "action": before.action, "is_dry": before.is_dry, "team": before.team}
    return replace(
        found,
        **own,
        rule_version=VERSION,
        configuration=rules.number,
        verdict=ENDED,
        attempt=attempt,
        reason=f"{why}: {in_words(found)}",
    )


def remade(told: CrossingDecided, rules: Rules, past: Past) -> CrossingDecided | None:
    """The verdict that should stand where one is recorded; None: there should be none."""
    found = replace(told, trigger="", action="", verdict="", reason="", is_dry=False, release_at=0)
    before = past.of(told.trigger, told.crossing)
    if before is not None:
        is_held = before.verdict == HELD
        return gone_on(before, found, rules, past) if is_held else None
    if state_of(found) != BAD:
        return None
    return next((e for e in begun(found, rules, past) if e.trigger == told.trigger), None)


def _ruled(
    found: CrossingDecided, name: str, trigger: Trigger, rules: Rules, past: Past, attempt: int
) -> CrossingDecided:
    """Decided, or held for as long as ``again_after`` asks."""
    (step,) = trigger.steps
    last = past.last(name)
    release = found.decided_at if last is None else last + trigger.again_after * SECOND
    is_held = found.decided_at < release
    reason = f"{step.text}: {in_words(found)}"
    if is_held and last is not None:
        reason = f"again_after: it was decided at {rfc3339(last)}, again from {rfc3339(release)} on"
    return replace(
        found,
        trigger=name,
        rule_version=VERSION,
        configuration=rules.number,
        action=trigger.action,
        verdict=HELD if is_held else DECIDED,
        attempt=attempt,
        release_at=release if is_held else 0,
        reason=reason,
        is_dry=trigger.dry_run,
        team=step.team or found.team,
    )
