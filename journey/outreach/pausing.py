"""``journey trigger``: the triggers in force, and stopping one at once.

Pausing publishes the document in force with one key changed, and leaves journey.toml alone: what
stops outreach must not wait for somebody's file, and must be in the log like any other rule. States
rest on none of it, so nothing is made again. See docs/decisions/0046.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import msgspec

from journey.bootstrap import Workspace
from journey.config.file import load
from projections.configuration import Configuration, configuration, document
from projections.configuration.triggers import Trigger
from projections.outreach.unanswered import NAME as BUILT_IN
from schemas.errors import ConfigurationError, NotFound, UsageError

RUNNING, PAUSED, DRY, NOT_YET = "running", "paused", "dry run", "not yet"


class Listed(msgspec.Struct, frozen=True):
    """A trigger in force.

    Args:
        state: ``running``, ``paused`` or ``dry run``; ``not yet`` before anything is recorded.
        starts: what starts it, in a few words.
        journey_toml: ``same`` as what is in force, ``differs``, ``gone``, or is ``wrong``.
        reviewed_on: when somebody last looked at it; empty if nobody told.
    """

    trigger: str
    state: str
    action: str
    starts: str
    steps: int
    owner: str
    reviewed_on: str
    journey_toml: str


class Paused(msgspec.Struct, frozen=True):
    """What pausing or resuming did.

    Args:
        number: of the configuration in force now.
        changed: the triggers that were not so before.
    """

    number: int
    paused: bool
    changed: list[str]


def triggers(workspace: Workspace) -> list[Listed]:
    """The triggers in force, by name."""
    rules, file = _in_force(workspace), _file(workspace)
    is_begun = bool(workspace.log.configuration_number)
    return [_listed(name, rules, file, is_begun=is_begun) for name in sorted(rules.triggers)]


def pause(workspace: Workspace, names: Sequence[str], *, paused: bool) -> Paused:
    """Stop triggers, or let them go on; what is so already stays so.

    Nothing of a paused trigger is decided: what was on its way ends when it falls due.

    Args:
        names: which; none: all.

    Raises:
        NotFound: no trigger is called so.
        UsageError: nothing was recorded yet, so there is nothing to pause.
    """
    if not workspace.log.configuration_number:
        raise UsageError(
            "Nothing is recorded yet, so no trigger runs: write paused = true into journey.toml."
        )
    rules = _in_force(workspace)
    for name in names:
        if name not in rules.triggers:
            raise NotFound(_no_such(name, list(rules.triggers)))
    changed = [n for n in names or sorted(rules.triggers) if rules.triggers[n].paused != paused]
    if changed:
        told = {n: msgspec.structs.replace(rules.triggers[n], paused=paused) for n in changed}
        new = msgspec.structs.replace(rules, triggers=rules.triggers | told)
        workspace.put_in_force(document(new))
        workspace.catch_up_if_possible()
    return Paused(workspace.log.configuration_number, paused, sorted(set(changed)))


def unpaused(before: Configuration, now: Configuration) -> list[str]:
    """The triggers that a newer configuration lets run, and the one before did not."""
    both = now.triggers.keys() & before.triggers.keys()
    return sorted(n for n in both if before.triggers[n].paused and not now.triggers[n].paused)


def _in_force(workspace: Workspace) -> Configuration:
    _ = workspace.rules  # refuses what this version cannot read
    return configuration(workspace.configuration)


def _file(workspace: Workspace) -> Configuration | None:
    try:
        return load(workspace.folder.path).rules
    except (ConfigurationError, UsageError):
        return None


def _listed(
    name: str, rules: Configuration, file: Configuration | None, *, is_begun: bool
) -> Listed:
    trigger = rules.triggers[name]
    runs = RUNNING if is_begun else NOT_YET
    return Listed(
        trigger=name,
        state=PAUSED if trigger.paused else DRY if trigger.dry_run else runs,
        action=trigger.action,
        starts=_starts(trigger),
        steps=len(trigger.steps),
        owner=trigger.owner,
        reviewed_on=str(trigger.reviewed_on or ""),
        journey_toml=_held_against(name, trigger, file),
    )


def _held_against(name: str, trigger: Trigger, file: Configuration | None) -> str:
    if file is None:
        return "wrong"
    if name not in file.triggers:
        return "gone"
    return "same" if file.triggers[name] == trigger else "differs"


def _starts(trigger: Trigger) -> str:
    start = trigger.start
    if start.stage:
        return f"stage {start.stage}"
    if start.pain:
        return f"pain {start.pain}"
    if start.watch:
        return f"watch {start.watch}"
    told = " or ".join(start.events)
    if start.date:
        return f"{start.date} of {told}"
    return f"{told} and no {' or '.join(start.unless)}" if start.unless else told


def _no_such(name: str, known: list[str]) -> str:
    if name == BUILT_IN:
        return (
            f"{BUILT_IN!r} is the engine's own trigger: it alerts the team, whatever journey.toml "
            "says, and cannot be paused."
        )
    close = get_close_matches(name, known, n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    there = f"there are {', '.join(sorted(known))}" if known else "none is in force"
    return f"No trigger is called {name!r}{meant}: {there}."
