"""The properties are worth something: each fails when a rule is changed by one word.

A mutant is a function with one piece of its source replaced, wherever it was imported.
"""

import __future__

import inspect
import random
import sys
from typing import Any

import pytest

from journey.engine import customer
from projections import conversations, family, fold, rulebook, stages
from projections.outreach import unanswered
from projections.projection import NEVER
from projections.stages import TRANSITIONS, Sign, Stage
from replay import customer as replay
from tests.projections import test_merges as merges
from tests.projections import test_partings as partings
from tests.projections import test_properties as properties
from tests.projections.histories import (
    END,
    RULES,
    history,
    merged_history,
    parted_history,
    some_cuts,
    watermark,
)

MEANING = (properties.meaning_is_what_the_slow_model_says, properties.long_history, watermark)
DECISIONS = (properties.decisions_are_what_the_slow_model_says, properties.long_history, watermark)
ARRIVAL = (
    properties.any_order_of_arrival_means_the_same,
    properties.late_history,
    properties.small_cuts,
)
STOPPING = (properties.stopping_changes_nothing, history)
MERGES = (merges.replay_is_what_the_slow_model_says, merged_history, lambda _: END)
PARTINGS = (partings.replay_of_partings_is_what_the_slow_model_says, parted_history)
PARTED = (partings.the_engine_parts_as_replay_does, parted_history, some_cuts)
ENGINE = (merges.the_engine_is_what_replay_says, merged_history, some_cuts)

MUTANTS = [
    (fold, "run_meaning", "< until:\n        for", "<= until:\n        for", MEANING),
    (fold, "run_decisions", "< until", "<= until", DECISIONS),
    (fold, "is_late", "<= book.fired", "< book.fired", ARRIVAL),
    (fold, "is_late", "event.order < book.last", "event.order[:2] < book.last[:2]", ARRIVAL),
    (fold, "is_late", "event.occurred_at <= book.fired or", "", ARRIVAL),
    (fold, "refold_meaning", "key=lambda e: e.order", "key=lambda e: e.occurred_at", MEANING),
    (fold, "absorb_decisions", "e.recorded_at,", "e.occurred_at,", MERGES),
    (fold, "absorb_decisions", "state, until", "state, 0", MERGES),
    (conversations, "_find", "> gap", ">= gap", MEANING),
    (conversations, "_sent", "and is_answer(fact)", "", MEANING),
    (conversations, "_sent", "fact.actor_kind == HUMAN", "True", MEANING),
    (conversations, "_received", "if talk.turn_since is None", "if True", MEANING),
    (conversations, "_resolved", ", talk.turn_since", ", _", MEANING),
    (conversations, "_reopened", "talk.resolved_at is not None", "True", MEANING),
    (conversations, "conversations", "elif replied", "else", MEANING),
    (conversations, "conversations", "if not waits", "if False", MEANING),
    (
        conversations,
        "conversations",
        "talk.implied_at == at",
        "talk.implied_at <= at + SECOND",
        MEANING,
    ),
    (stages, "stages", "<= window", "< window", MEANING),
    (stages, "stages", '"inbound" or came_back', '"inbound"', MEANING),
    (stages, "stages", "if not state.stage", "if state.lapses_at == NEVER", MEANING),
    (stages, "_move", "state.before_risk = state.stage", "pass", MEANING),
    (unanswered, "_wait", "<= talk.answered_at", "< talk.answered_at", DECISIONS),
    (unanswered, "_wait", "> stale", ">= stale", DECISIONS),
    (unanswered, "_wait", "not event.is_imported and", "", DECISIONS),
    (unanswered, "_settle", "said.at > at", "said.at >= at", DECISIONS),
    (unanswered, "_settle", "said.at > at", "False", DECISIONS),
    (unanswered, "_settle", "if talk.cause not in waiting", "if True", DECISIONS),
    (
        unanswered,
        "_open_clock",
        "talk.cause is not None:\n        return",
        "False: pass",
        DECISIONS,
    ),
    (unanswered, "_talk", "> gap", ">= gap", DECISIONS),
    (unanswered, "_talk", "if talk.due_at != NEVER", "if False", DECISIONS),
    (replay, "_decide", "state = rules.initial()\n            absorb", "absorb", MERGES),
    (family, "_tree", "tree |= parts", "pass", MERGES),
    (family, "_tree", "fact.last_offset, path", "EVERYTHING, path", PARTINGS),
    (family, "_tree", "_let_go(tree, fact.customer)", "pass", PARTINGS),
    (family, "_tree", "event.offset > last", "False", PARTINGS),
    (family, "family_events", "event.offset <= member.last", "True", PARTINGS),
    (family, "_let_go", "member.into in leaving", "False", PARTINGS),
    (family, "is_gone", "isinstance(event.fact, MergedOut)\n", "True\n", PARTINGS),
    (replay, "_decide", "is_part = False\n        elif", "pass\n        elif", PARTINGS),
    (replay, "_decide", "Absorbed | SplitOut | Restored", "Absorbed | Restored", PARTINGS),
    (replay, "_decide", "Absorbed | SplitOut | Restored", "Absorbed | SplitOut", PARTINGS),
    (replay, "_decide", "MergedOut | Absorbed | SplitOut", "MergedOut | Absorbed", PARTINGS),
    (customer.CustomerStep, "_decide", "MergedOut | Absorbed | SplitOut", "MergedOut", PARTED),
    (customer.CustomerStep, "_refold", "[] if was_gone else [", "[", PARTED),
    (customer.CustomerStep, "_learn_of_others", "sorted(had - theirs)", "[]", PARTED),
    (customer.CustomerStep, "_learn_of_others", "sorted(theirs - had)", "self.positions", PARTED),
    (customer.CustomerStep, "_refold", "_without(old, current(pending.rows))", "old", ARRIVAL),
    (customer.CustomerStep, "_forget_decisions", "setattr", "getattr", ENGINE),
]


def fails(property_, *makes, rounds=1_500):
    """Whether the property is refuted by one of many histories, the same in each run."""
    chance = random.Random(1)
    for _ in range(rounds):
        drawn = [make(chance.choice) for make in makes]
        try:
            property_(*drawn)
        except AssertionError:
            return True
    return False


def replace_everywhere(monkeypatch, owner, name, mutant):
    """Put the mutant wherever the original was imported to."""
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, mutant)
    floors = ("journey", "projections", "replay", "tests")
    for module_name, module in list(sys.modules.items()):
        if module_name.split(".")[0] in floors and getattr(module, name, None) is original:
            monkeypatch.setattr(module, name, mutant)
    for table in (conversations.HANDLERS,):
        for key, handler in list(table.items()):
            if handler is original:
                monkeypatch.setitem(table, key, mutant)


@pytest.fixture
def rebuilt(monkeypatch):
    """Build the rulebook's projections again, from what is patched by then."""

    def build():
        rulebook._deciders.cache_clear()
        monkeypatch.setattr(RULES, "meaning", rulebook.Rulebook(RULES.document).meaning)

    yield build
    rulebook._deciders.cache_clear()


@pytest.mark.parametrize(
    ("owner", "name", "old", "new", "refuted"),
    MUTANTS,
    ids=[f"{name}: {' '.join(old.split())} -> {new}" for _, name, old, new, _ in MUTANTS],
)
def test_a_changed_rule_is_found(owner, name, old, new, refuted, monkeypatch, rebuilt):
    source = inspect.cleandoc("\n" + inspect.getsource(getattr(owner, name)))
    assert source.count(old) >= 1, "the rule reads otherwise now: change the mutant"
    flags = __future__.annotations.compiler_flag
    code = compile(source.replace(old, new), "<mutant>", "exec", flags=flags)
    scope = vars(sys.modules[getattr(owner, "__module__", owner.__name__)])
    made: dict[str, Any] = {}
    exec(code, scope, made)  # noqa: S102
    replace_everywhere(monkeypatch, owner, name, made[name])
    rebuilt()
    assert fails(*refuted)


@pytest.mark.parametrize(
    ("stage", "sign"),
    [
        (Stage.AWARENESS, Sign.QUESTION),
        (Stage.PURCHASE, Sign.DELIVERED),
        (Stage.USAGE, Sign.SECOND_ORDER),
        (Stage.AT_RISK, Sign.HIGH_CSAT),
        (Stage.AT_RISK, Sign.SILENCE),
        (Stage.LAPSED, Sign.INBOUND),
    ],
)
def test_a_transition_that_is_left_out_is_found(stage, sign, monkeypatch):
    monkeypatch.delitem(TRANSITIONS, (stage, sign))
    assert fails(*MEANING)


def test_a_transition_that_was_not_in_the_table_is_found(monkeypatch):
    monkeypatch.setitem(TRANSITIONS, (Stage.LAPSED, Sign.DELIVERED), Stage.USAGE)
    assert fails(*MEANING)


def test_a_state_that_is_not_saved_whole_is_found(monkeypatch):
    class Forgetful:
        def decode(self, saved):
            state = whole.decode(saved)
            state.conversations.wake = NEVER
            return state

    whole = RULES.decoder
    monkeypatch.setattr(RULES, "decoder", Forgetful())
    assert fails(*STOPPING)


@pytest.mark.parametrize(
    "refuted", [MEANING, DECISIONS, ARRIVAL, STOPPING, MERGES, ENGINE, PARTINGS, PARTED]
)
def test_without_a_mutant_nothing_is_found(refuted):
    assert not fails(*refuted, rounds=250)
