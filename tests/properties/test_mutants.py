"""The proof has teeth: whoever changes a rule, before or after, is found out.

Each mutant is a rule broken by one detail, on one side only: while the engine lives, or in the
replay. Some plot of the gallery has to show it, and none may without the mutant
(`test_live_equals_replay`).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from journey.engine import customer as live
from journey.engine.engine import Engine
from journey.engine.store import StateStore
from projections import alone, family, fold
from projections.configuration import Configuration
from projections.outreach import unanswered
from projections.projection import NEVER
from replay import customer as replay
from schemas.events import MergedOut
from schemas.recorded import OrderKey, Recorded
from schemas.times import SECOND
from tests.properties.gallery import GALLERY
from tests.properties.world import decided, decided_again, findings, lived

Patch = tuple[Any, str, Any]


def later(
    self: Configuration, *place: Any, usual: Any = Configuration.expectation, **told: Any
) -> int:
    return int(usual(self, *place, **told)) + SECOND


def at_once(run: Callable[..., None], *head: Any) -> None:
    """Timers fire when time is at T, where they should only when it is past it."""
    *before, until, customer, out = head
    run(*before, until + 1, customer, out)


def never_stale(talk: Any, event: Any, fact: Any, stale: int, *, usual: Any = unanswered._wait):
    usual(talk, event, fact, 2**62)


def history_counts(talk: Any, event: Any, fact: Any, stale: int, *, usual: Any = unanswered._wait):
    usual(talk, Recorded(**{f: getattr(event, f) for f in FIELDS} | {"flags": 0}), fact, stale)


def each_message(talk: Any, event: Any, fact: Any, stale: int, *, usual: Any = unanswered._wait):
    talk.turn, talk.cause, talk.due_at = [], None, NEVER
    usual(talk, event, fact, stale)


FIELDS = Recorded.__struct_fields__
ORDER: Any = Recorded.order


def by_arrival(self: Recorded) -> OrderKey:
    return OrderKey(self.recorded_at, self.sequence, self.event_id)


def nothing(*_: Any, **__: Any) -> None:
    """The step is left out."""


def by_any_merge(own: Any) -> bool:
    return any(isinstance(event.fact, MergedOut) for event in own)


def leaving_nothing_out(self: Any, change: Any, *, usual: Any = StateStore._write) -> None:
    usual(self, change._replace(left=[]))


RUN_DECISIONS = partial(at_once, fold.run_decisions)
RUN_MEANING = partial(at_once, fold.run_meaning)

# name -> what is patched while the world is looked at: the replay has another rule.
IN_REPLAY: dict[str, list[Patch]] = {
    "an expectation is a second longer": [(Configuration, "expectation", later)],
    "decision timers fire at T": [
        (fold, "run_decisions", RUN_DECISIONS),
        (replay, "run_decisions", RUN_DECISIONS),
    ],
    "meaning timers fire at T": [(fold, "run_meaning", RUN_MEANING)],
    "nothing is stale": [(unanswered, "_wait", never_stale)],
    "history starts outreach": [(unanswered, "_wait", history_counts)],
    "a decision a message, not a turn": [(unanswered, "_wait", each_message)],
    "meaning follows arrival": [(Recorded, "order", property(by_arrival))],
    "a merge forgets what was said": [(alone, "absorb_decisions", nothing)],
    "who is taken apart stays": [(family, "_let_go", nothing)],
    "who was part of another stays so": [(replay, "is_gone", by_any_merge)],
}
# The same, while it lives.
IN_LIFE: dict[str, list[Patch]] = {
    "an expectation is a second longer": [(Configuration, "expectation", later)],
    "decision timers fire at T": [
        (fold, "run_decisions", RUN_DECISIONS),
        (live, "run_decisions", RUN_DECISIONS),
    ],
    "a decision a message, not a turn": [(unanswered, "_wait", each_message)],
    "late events are folded on top": [(live, "is_late", lambda *_: False)],
    "rows that are no more stay": [(live, "_removed", lambda *_: [])],
    "a merge forgets what was said": [(live, "absorb_decisions", nothing)],
    "a merge leaves old decisions open": [(live.CustomerStep, "_forget_decisions", nothing)],
    "who is taken apart stays": [(family, "_let_go", nothing)],
    "who was part of another had rows": [(live, "is_gone", lambda _: False)],
    "what left is still in the index": [(StateStore, "_write", leaving_nothing_out)],
    "time is forgotten": [(Engine, "_fire", lambda *_: False)],
}


@contextmanager
def broken(patches: list[Patch]) -> Iterator[None]:
    with ExitStack() as stack:
        for where, name, mutant in patches:
            stack.enter_context(patch.object(where, name, mutant))
        yield


def differs(plot: Any, *, in_life: list[Patch], in_replay: list[Patch]) -> bool:
    with ExitStack() as stack:
        with broken(in_life):
            world = stack.enter_context(lived(plot, lives_once=True))
        with broken(in_replay):
            return bool(findings(world)) or decided(world) != decided_again(world)


def is_found(*, in_life: list[Patch], in_replay: list[Patch]) -> bool:
    return any(differs(p, in_life=in_life, in_replay=in_replay) for p in GALLERY.values())


@pytest.mark.parametrize("mutant", IN_REPLAY)
def test_a_replay_under_another_rule_differs(mutant):
    assert is_found(in_life=[], in_replay=IN_REPLAY[mutant])


@pytest.mark.parametrize("mutant", IN_LIFE)
def test_a_life_under_another_rule_differs(mutant):
    assert is_found(in_life=IN_LIFE[mutant], in_replay=[])
