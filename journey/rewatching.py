"""What a trigger that starts by a watch would have done: its figure asked again, look after look.

Rule 1: each look asks for the figure of the window before it, by what is known today. What came
    late counts as known in time, and a figure that rests on the customers of today does so.
Rule 2: the trigger is alone, and not paused; at the first look no action is open.
Rule 3: nothing is recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from journey.bootstrap import Workspace
from journey.config.file import Config
from journey.watching import CLOSED, OPENED, Watched, look
from projections.configuration.durations import spelled
from projections.outreach.crossings import Past, Rules
from projections.outreach.state import DECIDED
from schemas.errors import NotFound, UsageError
from schemas.events import CrossingDecided
from schemas.times import SECOND, Instant, rfc3339

LOOKS_MAX = 1_000  # each is a question of its own
EVERY = 86_400  # seconds


class Turn(msgspec.Struct, frozen=True):
    """A look at which something would have come of it.

    Args:
        did: ``opened`` or ``closed`` an action; empty: only what was held went on.
        verdict: ``decided``, ``held`` or ``ended``; empty: it started nothing.
        reason: what the team would have read, or why it would not.
    """

    at: str
    figure: float | None
    low: float | None
    high: float | None
    n: int | None
    did: str
    verdict: str
    reason: str


class Rewatched(msgspec.Struct, frozen=True):
    """What a trigger that starts by a watch would have done.

    Args:
        every_s: how far apart the looks are.
        looks: how many.
        states: ``good``, ``bad``, ``unsure``, ``too few`` or ``unknown`` -> at how many of them.
        crossings: how often the figure crossed its line.
        decided: how often it would have been told.
        turns: the looks at which something came of it, in order.
    """

    trigger: str
    watch: str
    since: str
    until: str
    every_s: int
    looks: int
    states: dict[str, int]
    crossings: int
    decided: int
    turns: list[Turn]


def rewatched(
    workspace: Workspace,
    config: Config,
    name: str,
    since: Instant,
    until: Instant,
    every: int = EVERY,
    after_each: Callable[[int], None] = lambda _: None,
) -> Rewatched:
    """What a trigger of the file would have done.

    Args:
        since: the first look.
        until: before this time is the last one.
        every: seconds from look to look.
        after_each: told of each look, once.

    Raises:
        NotFound: the file has no such trigger.
        UsageError: there would be no look, or too many.
    """
    trigger = config.rules.triggers.get(name)
    if trigger is None or not trigger.start.watch:
        raise NotFound(f"No trigger {name!r} of journey.toml starts by a watch.")
    number = -(-(until - since) // (every * SECOND))
    if number < 1:
        raise UsageError("No look lies between --since and --until: give a span in its order.")
    if number > LOOKS_MAX:
        raise UsageError(
            f"A look every {spelled(every)} since {rfc3339(since)} is {number:,} looks, and at "
            f"most {LOOKS_MAX:,} are made: give a later --since, or a longer --every."
        )
    awake = msgspec.structs.replace(trigger, paused=False)
    rules = Rules(msgspec.structs.replace(config.rules, triggers={name: awake}), 1)
    watch, past, action = config.watches[trigger.start.watch], Past([], set()), ""
    states, turns, opened = Counter[str](), list[Turn](), 0
    for n in range(number):
        at = since + n * every * SECOND
        looked, made = look(workspace, trigger.start.watch, watch, at, action, rules, past)
        action = "" if looked.did == CLOSED else looked.action
        states[looked.state] += 1
        opened += looked.did == OPENED
        turns += _turns(at, looked, made)
        after_each(1)
    return Rewatched(
        trigger=name,
        watch=trigger.start.watch,
        since=rfc3339(since),
        until=rfc3339(until),
        every_s=every,
        looks=number,
        states=dict(states.most_common()),
        crossings=opened,
        decided=sum(turn.verdict == DECIDED for turn in turns),
        turns=turns,
    )


def _turns(at: Instant, looked: Watched, made: list[CrossingDecided]) -> list[Turn]:
    seen = looked.figure
    shown = (rfc3339(at), seen.value, seen.low, seen.high, seen.n, looked.did)
    if not made:
        return [Turn(*shown, "", "")] if looked.did else []
    return [Turn(*shown, each.verdict, each.reason) for each in made]
