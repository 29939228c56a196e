"""The stories of triggers are worth something: each rule that is broken by one detail fails one."""

from __future__ import annotations
import __future__

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from projections import fold
from projections.outreach import choice, matters, merging, runs, starts, verdicts
from projections.outreach.known import NOTES
from tests.projections import test_triggers as stories
from tests.projections import test_triggers_hard_times as hard_times
from tests.projections import test_triggers_merged as merged

MUTANTS = [
    (runs, "_take", "not event.is_imported and ", ""),
    (runs, "_take", "<= stale:", "< stale:"),
    (runs, "_take", "<= stale:", "<= 2**62:"),
    (runs, "_take", "if fits(trigger.start, event.fact)", "if True"),
    (runs, "_take", "if has_facts(now, run)", "if True"),
    (runs, "_leave", "event.occurred_at < run.began_at", "False"),
    (runs, "_leave", "if run.is_waiting:", "if True:"),
    (runs, "_exits", "[*trigger.exits, *trigger.start.unless]", "trigger.exits"),
    (runs, "_exits", "if run.is_waiting", "if True"),
    (runs, "is_exit", "and is_same(matter, own)", ""),
    (runs, "is_exit", "if INBOUND in exits and", "if False and"),
    (runs, "_is_over", ">= run.began_at", "> run.began_at"),
    (runs, "_is_over", "seen.at >= run.began_at", "True"),
    (runs, "_is_over", "seen.event_id != run.cause", "True"),
    (runs, "_is_over", "or is_same(matter, run.matter)", "or True"),
    (runs, "_remember_exit", "event.occurred_at >= before.at", "False"),
    (runs, "waits_until", "- start.before * SECOND", ""),
    (runs, "_start", "due > at,", "False,"),
    (runs, "_enter", "run.since = run.due_at", "run.since = max(now.at, run.due_at)"),
    (runs, "_enter", "+ trigger.steps[0].after * SECOND", ""),
    (runs, "_enter", "max(run.since, now.at)", "run.since"),
    (runs, "_enter", ">= RUNS_MAX", "> RUNS_MAX"),
    (runs, "_enter", "refuse(now, run, trigger)", "pass"),
    (runs, "_hindrance", "if trigger.paused", "if False"),
    (runs, "_hindrance", "if _is_over(state, run, trigger)", "if False"),
    (runs, "_hindrance", "trigger.when is not None and", "False and"),
    (runs, "_hindrance", "r.began_at > run.began_at", "False"),
    (verdicts, "decide", "if not may_enter(now.state, run, trigger)", "if False"),
    (verdicts, "decide", "current is None or current.paused", "False"),
    (verdicts, "decide", "if trigger.action != MESSAGE", "if False"),
    (verdicts, "decide", "run.is_waiting = False", "pass"),
    (verdicts, "may_enter", ">= trigger.again_after", "> trigger.again_after"),
    (verdicts, "may_enter", "and not trigger.again_after", ""),
    (verdicts, "_mark_entered", 'if not key.endswith("\\n")', ""),
    (verdicts, "_message", "max(told.until, now.at + 1)", "told.until + 1"),
    (verdicts, "_message", "run.attempt += 1", "pass"),
    (verdicts, "_message", "if not _is_dry(now, run, trigger)", "if True"),
    (verdicts, "_message", "since=run.since", "since=now.at"),
    (verdicts, "_missing", "name not in run.facts", "True"),
    (verdicts, "_missing", "known.traits.get(", "not known.traits.get("),
    (verdicts, "_go_on", "+ trigger.steps[run.step].after * SECOND", ""),
    (verdicts, "_go_on", "run.due_at = run.since = ", "run.due_at = "),
    (matters, "is_same", "return matter == other", "return True"),
    (choice, "candidates", "*(Candidate(channel, told.why) for channel in first),", ""),
    (merging, "join", "_name(run) in waiting or", ""),
    (merging, "join", "run.step or", ""),
    (merging, "join", "or _took_place(alone, run)", ""),
    (merging, "join", "if over is not None", "if False"),
    (merging, "join", "elif matter in going", "elif False"),
    (merging, "join", "not in going)", "is not None)"),
    (merging, "join", "_count(state, alone)", "pass"),
    (merging, "_is_told", "or run.attempt", ""),
    (merging, "_further_first", "-run.step, ", ""),
    (merging, "_further_first", "-run.step, run.began_at", "run.step, -run.began_at"),
    (merging, "_took_place", ">= run.began_at", "> run.began_at"),
    (merging, "_exit_among", "event.occurred_at < run.began_at", "False"),
    (merging, "_exit_among", "<= waited", "< waited"),
    (merging, "_exit_among", "event.occurred_at <= waited", "True"),
    (merging, "_exit_among", "waits_until(trigger.start, cause.fact, run.began_at)", "waited"),
    (merging, "_count", "entered[key] = max(at, entered.get(key, at))", "pass"),
    (merging, "_count", "[*others, *own]", "others"),
    (merging, "_count", "s.system == ENGINE or", "False or"),
    (merging, "_count", "or _is_told_of(s, own)", ""),
    (merging, "_count", "state.drawn[name] = customer", "pass"),
]


def told() -> Iterator[Callable[[], None]]:
    """The stories that need nothing given."""
    for module in (stories, hard_times, merged):
        for name, story in vars(module).items():
            is_test = name.startswith("test_") and inspect.isfunction(story)
            if is_test and not inspect.signature(story).parameters:
                yield story


@contextmanager
def broken(owner: Any, name: str, old: str, new: str) -> Iterator[None]:
    """One function with one piece of its source replaced, wherever it was imported."""
    source = inspect.getsource(getattr(owner, name))
    assert source.count(old) >= 1, "the rule reads otherwise now: change the mutant"
    flags = __future__.annotations.compiler_flag
    code = compile(source.replace(old, new), "<mutant>", "exec", flags=flags)
    made: dict[str, Any] = {}
    exec(code, owner.__dict__, made)  # noqa: S102
    original = getattr(owner, name)
    assert original not in NOTES.values()
    modules = (runs, verdicts, matters, choice, starts, merging, fold)
    users = [module for module in modules if vars(module).get(name) is original]
    for user in users:
        setattr(user, name, made[name])
    try:
        yield
    finally:
        for user in users:
            setattr(user, name, original)


def fails(story: Callable[[], None]) -> bool:
    try:
        story()
    except Exception:
        return True
    return False


@pytest.mark.parametrize(
    ("owner", "name", "old", "new"),
    MUTANTS,
    ids=[f"{name}: {' '.join(old.split())} -> {new}" for _, name, old, new in MUTANTS],
)
def test_a_rule_that_is_broken_is_found(owner, name, old, new):
    with broken(owner, name, old, new):
        assert any(fails(story) for story in told())


def test_without_a_mutant_nothing_is_found():
    assert len([*told()]) > 30
    assert not any(fails(story) for story in told())
