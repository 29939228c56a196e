"""The properties of pains are worth something: each fails when a rule is changed by one word."""

import __future__

import inspect
import random
from typing import Any

import pytest

from projections import rulebook
from projections.pains import commerce, pressure, projection, repeat, service
from tests.projections import slow_pains
from tests.projections.histories import END, history
from tests.projections.test_pains_properties import (
    CAPPED,
    CAPS,
    ORDERS,
    RULES,
    SHORT,
    TALKS,
    found,
    sends,
)

# module, function, what stands there, what stands there instead, histories of what find it
MUTANTS = [
    (service, "answered", "< sign.waited_s", "<= sign.waited_s", TALKS),
    (service, "closed", "pain.ended_at is None", "False", TALKS),
    (repeat, "_repeat", "<= within", "< within", TALKS),
    (repeat, "_repeat", "recent.remove(settled)", "pass", TALKS),
    (repeat, "_repeat", "(False, True)", "(True, False)", TALKS),
    (repeat, "_hop", "<= within", "< within", TALKS),
    (repeat, "_hop", 'talk.channel not in ("", about["channel"])', "True", TALKS),
    (repeat, "came", "talk.spoke_at = now.at", "pass", TALKS),
    (repeat, "came", "is_again or is_repeat or", "is_repeat or", TALKS),
    (repeat, "moved_on", "talk.reopened_by != sign.event_id", "True", TALKS),
    (repeat, "moved", "None if sign.is_invited else sign", "sign", TALKS),
    (repeat, "resolved", "if not talk.is_open:", "if False:", TALKS),
    (repeat, "resolved", "talk.spoke_at > -NEVER", "True", TALKS),
    (commerce, "checkout_started", "_forget(", "False and _forget(", ORDERS),
    (commerce, "order_placed", "fact.promised_at < now.at", "False", ORDERS),
    (commerce, "refund_requested", "not is_known", "True", ORDERS),
    (commerce, "_settle", "_forget(now, kind, key, brand, is_same=True)", "False", ORDERS),
    (pressure, "sent", "> rule.per_day", ">= rule.per_day", None),
    (pressure, "sent", "local.weekday()", "0", None),
    (pressure, "sent", "< rule.surveys_within", "<= rule.surveys_within", None),
]


def is_refuted(facts) -> bool:
    """Whether one of many histories, the same in each run, tells the rules from the slow model."""
    chance = random.Random(2)
    for _ in range(1_500):
        if facts is None:
            events, rules, until = sends(chance.choice)
            told = slow_pains.pains(CAPS, events, until)
        else:
            events, rules, until = history(chance.choice, facts=facts), RULES, END
            told = slow_pains.pains(SHORT, events, until)
        if found(events, until, rules) != told:
            return True
    return False


@pytest.mark.parametrize(
    ("module", "name", "old", "new", "facts"),
    MUTANTS,
    ids=[f"{name}: {old} -> {new}" for _, name, old, new, _ in MUTANTS],
)
def test_a_changed_rule_is_found(module, name, old, new, facts, monkeypatch):
    original = getattr(module, name)
    source = inspect.getsource(original)
    assert old in source, "the rule reads otherwise now: change the mutant"
    flags = __future__.annotations.compiler_flag
    made: dict[str, Any] = {}
    exec(compile(source.replace(old, new), "<mutant>", "exec", flags=flags), vars(module), made)  # noqa: S102
    monkeypatch.setattr(module, name, made[name])
    for table in (projection.HANDLERS, projection.HEARD):
        for key, handler in list(table.items()):
            if handler is original:
                monkeypatch.setitem(table, key, made[name])
    for rules in (RULES, CAPPED):
        fresh = rulebook.Rulebook(rules.document).meaning
        monkeypatch.setattr(rules, "meaning", fresh)
    assert is_refuted(facts)
