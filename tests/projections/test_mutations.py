"""The properties are worth something: each fails when a rule is changed by one word.

A mutant is a function with one piece of its source replaced, wherever it was imported.
"""

import __future__

import inspect
import random
import sys
from typing import Any, cast

import msgspec
import pytest

from journey.engine import customer
from projections import (
    alone,
    family,
    fold,
    persona_facts,
    personas,
    rulebook,
    stages,
    subscriptions,
)
from projections.configuration import document
from projections.configuration.stages import TRANSITIONS, Transition
from projections.conversations import contacts, steps, turns
from projections.conversations import projection as conversations
from projections.outreach import unanswered
from projections.projection import NEVER
from tests.projections import test_merges as merges
from tests.projections import test_partings as partings
from tests.projections import test_properties as properties
from tests.projections.histories import (
    END,
    RULES,
    SHORT,
    history,
    merged_history,
    parted_history,
    some_cuts,
    watermark,
)
from tests.projections.story import HISTORY

MEANING = (properties.meaning_is_what_the_slow_model_says, properties.long_history, watermark)
DECISIONS = (properties.decisions_are_what_the_slow_model_says, properties.long_history, watermark)
ARRIVAL = (
    properties.any_order_of_arrival_means_the_same,
    properties.late_history,
    properties.small_cuts,
)
TOGETHER = (
    properties.histories_folded_together_are_as_each_alone,
    properties.long_history,
    properties.some_offsets,
    watermark,
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
    (fold, "refolded_each", "key=lambda e: e.order", "key=lambda e: e.occurred_at", MEANING),
    (fold, "absorb_decisions", "e.recorded_at,", "e.occurred_at,", MERGES),
    (fold, "absorb_decisions", "state, until", "state, 0", MERGES),
    (conversations, "_thread", "> now.rules.gap", ">= now.rules.gap", MEANING),
    (steps, "sent", "and turns.is_answer(fact)", "", MEANING),
    (steps, "sent", "if fact.actor_kind == HUMAN", "if True", MEANING),
    (turns, "said", "if turn is None", "if True", MEANING),
    (steps, "settle", "turns.closed(now, talk)", "pass", MEANING),
    (steps, "reopened", "talk.resolved_at is not None", "True", MEANING),
    (steps, "assigned", "take(", "replied(now, talk), take(", MEANING),
    (steps, "received", "talk.implied_at = NEVER", "pass", MEANING),
    (conversations, "_find", "<= now.rules.invitation", "< now.rules.invitation", MEANING),
    (conversations, "_invite", "or not _thread(state, thread, now)", "", MEANING),
    (conversations, "_invite", "or fact.invited", "", MEANING),
    (steps, "received", "is not None and asks", "is not None", MEANING),
    (steps, "replied", "or not talk.turn.asks", "", MEANING),
    (steps, "settle", "if talk.resolved_at is None", "if True", MEANING),
    (steps, "settle", "contact.is_counted = False", "pass", MEANING),
    (steps, "take", "talk.handler == BOT or ", "", MEANING),
    (steps, "take", 'if talk.handler == ""', "if True", MEANING),
    (steps, "take", "and talk.agent and", "and", MEANING),
    (steps, "handed_off", "fact.to_agent == talk.bot", "False", MEANING),
    (steps, "span", "and talk.resolved_at is None", "", MEANING),
    (steps, "_called", 'fact.direction != "outbound"', "True", MEANING),
    (steps, "_called", "talk.implied_at = NEVER", "pass", MEANING),
    (steps, "call_ended", "if contacts.ended(now, talk, fact)", "if True", MEANING),
    (steps, "moved", "if fact.invited", "if False", MEANING),
    (steps, "accepted", 'talk.offer = ""', "pass", MEANING),
    (turns, "said", "elif asks and not turn.asks", "elif asks", MEANING),
    (turns, "_ask", "now.at, calendar", "turn.since, calendar", MEANING),
    (turns, "overdue", "turns_overdue += 1", "turns_overdue += 0", MEANING),
    (
        contacts,
        "wrote",
        "> now.rules.contact_gap",
        ">= now.rules.contact_gap",
        MEANING,
    ),
    (contacts, "wrote", "talk.is_contact_over or ", "", MEANING),
    (contacts, "was_written_to", "listed(talk.invited, channel)", "pass", MEANING),
    (contacts, "_goes_on", "talk.contacts_since += 1", "pass", MEANING),
    (contacts, "came", "channel == talk.offer", "False", MEANING),
    (contacts, "came", "or channel in talk.invited", "", MEANING),
    (contacts, "_runs", "call.phase not in OVER and", "", MEANING),
    (contacts, "_runs", "<= now.rules.contact_gap", "< now.rules.contact_gap", MEANING),
    (contacts, "_left_queue", "and call.phase == QUEUED", "", MEANING),
    (contacts, "taken", "if call.phase != TALKING", "if True", MEANING),
    (contacts, "ended", "answered_at is not None or ", "", MEANING),
    (contacts, "ended", "or contact.talked > 0", "", MEANING),
    (contacts, "_handled", "and fact.channel not in SPOKEN", "", MEANING),
    (
        conversations,
        "conversations",
        "talk.implied_at == at",
        "talk.implied_at <= at + 1_000_000",
        MEANING,
    ),
    (stages._Rules, "shown", "> again_within", ">= again_within", MEANING),
    (stages._Rules, "shown", "state.last[sign] = at", "pass", MEANING),
    (stages._Rules, "shown", "setdefault", "__setitem__", MEANING),
    (stages._Story, "enter", "elif left not in rules.lapsing", "elif False", MEANING),
    (stages._Story, "enter", "state.before = to", "pass", MEANING),
    (stages, "_evolve", "if not state.stage", "if state.lapses_at == NEVER", MEANING),
    (stages, "_evolve", "state.waiting.pop(sign, None)", "pass", MEANING),
    (stages, "_evolve", "and not shown", "", MEANING),
    (stages, "_evolve", "if sign in moves", "if True", MEANING),
    (stages, "_on_time", "if not state.plans and", "if", MEANING),
    (stages, "_on_time", "del state.waiting[sign]", "state.waiting[sign] += SECOND", MEANING),
    (subscriptions, "note_subscription", "+ grace", "", MEANING),
    (subscriptions, "note_subscription", "fact.ends_at > at:", "fact.ends_at:", MEANING),
    (subscriptions, "meant_by", "return list(running)", "return [UNNAMED]", MEANING),
    (subscriptions, "meant_by", "if fact.plan in running else UNNAMED", "", MEANING),
    (subscriptions, "meant_by", "if named in running else []", "", MEANING),
    (subscriptions, "note_subscription", "return not plans", "return True", MEANING),
    (personas, "_judge", "state.wake = by.wake(known, at)", "pass", MEANING),
    (personas, "_limits", "+ 1)", ")", MEANING),
    (persona_facts, "_leaf", "soonest <= at - since <=", "soonest < at - since <=", MEANING),
    (persona_facts, "_is_about", "told.channel != asked.channel", "False", MEANING),
    (persona_facts, "_questions", "fact.is_question and", "", MEANING),
    (persona_facts, "_last_touch", '.direction == "inbound"', "", MEANING),
    (persona_facts, "rule_of", "return not any", "return True or any", MEANING),
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
    (alone.Alone, "decided", "state, at = rules.initial(), ", "at = ", MERGES),
    (family, "_tree", "whole.tree |= visit.tree", "pass", MERGES),
    (family, "_tree", "own, fact.last_offset)", "own, EVERYTHING)", PARTINGS),
    (family, "_tree", "_let_go(visit.tree, fact.customer)", "pass", PARTINGS),
    (family._Visit, "__init__", "event.offset <= last", "True", PARTINGS),
    (family, "family_events", "event.offset <= member.last", "True", PARTINGS),
    (family, "_let_go", "member.into in leaving", "False", PARTINGS),
    (family, "is_gone", "isinstance(event.fact, MergedOut)\n", "True\n", PARTINGS),
    (alone.Alone, "decided", "is_part = False\n        elif", "pass\n        elif", PARTINGS),
    (alone.Alone, "decided", "Absorbed | SplitOut | Restored", "Absorbed | Restored", PARTINGS),
    (alone.Alone, "decided", "Absorbed | SplitOut | Restored", "Absorbed | SplitOut", PARTINGS),
    (alone.Alone, "decided", "MergedOut | Absorbed | SplitOut", "MergedOut | Absorbed", PARTINGS),
    (customer.CustomerStep, "_decide", "MergedOut | Absorbed | SplitOut", "MergedOut", PARTED),
    (customer.CustomerStep, "_refold", "[] if was_gone else [", "[", PARTED),
    (customer.CustomerStep, "_learn_of_others", "sorted(had - theirs)", "[]", PARTED),
    (customer.CustomerStep, "_learn_of_others", "sorted(theirs - had)", "self.positions", PARTED),
    (customer.CustomerStep, "_refold", "_without(old, current(pending.rows))", "old", ARRIVAL),
    (fold, "_alike", "return n", "return n + 1", TOGETHER),
    (fold, "refolded_each", "Out([*out.rows], [*out.acts])", "out", TOGETHER),
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
    for table in (steps.HANDLERS, persona_facts.SOURCES):
        for key, handler in list(cast(dict[Any, Any], table).items()):
            if handler is original:
                monkeypatch.setitem(table, key, mutant)


@pytest.fixture
def rebuilt(monkeypatch):
    """Build the rulebook's projections again, from what is patched by then."""

    def build():
        HISTORY._made.clear()
        monkeypatch.setattr(RULES, "meaning", rulebook.Rulebook(document(SHORT)).meaning)

    yield build
    HISTORY._made.clear()


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
    ("into", "sign"),
    [
        ("consideration", "question"),
        ("consideration", "product"),
        ("purchase", "subscription"),
        ("usage", "delivered"),
        ("usage", "first_use"),
        ("loyalty", "second_order"),
        ("loyalty", "renewal"),
        ("loyalty", "referral"),
        ("at_risk", "cancellation_asked"),
        ("at_risk", "unpaid"),
        ("before", "high_csat"),
        ("lapsed", "silence"),
        ("lapsed", "subscription_ended"),
        ("consideration", "inbound"),
    ],
)
def test_a_transition_that_is_left_out_is_found(into, sign, monkeypatch):
    without = [
        msgspec.structs.replace(row, by=[each for each in row.by if each != sign])
        if row.into == into
        else row
        for row in TRANSITIONS
    ]
    assert without != [*TRANSITIONS]
    assert_found(without, monkeypatch)


def test_a_transition_that_was_not_in_the_table_is_found(monkeypatch):
    more = Transition(into="usage", by=["delivered"], out_of=["lapsed"])
    assert_found([*TRANSITIONS, more], monkeypatch)


def assert_found(transitions, monkeypatch):
    rules = msgspec.structs.replace(SHORT.stages, transitions=transitions)
    other = rulebook.Rulebook(document(msgspec.structs.replace(SHORT, stages=rules)))
    monkeypatch.setattr(RULES, "meaning", other.meaning)
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
