"""Traits as they lie in the log, JSON text, are what rules and messages call them."""

import pytest

from journey.config.file import parse
from projections.outreach.known import KnownState, note
from projections.persona_facts import Known, rule_of, source_of
from projections.trait_words import words_of
from schemas.events import TraitsStated
from tests.controls import draft
from tests.projections.story import Story, at

DECLARED = """
[traits.plan]
type = "string"
[traits.vip]
type = "boolean"
[traits.seats]
type = "integer"
[traits.likes]
type = "string list"
"""


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ('"gold"', ["gold"]),
        ("gold", ["gold"]),
        ("true", ["true"]),
        ("5", ["5"]),
        ("12.50", ["12.50"]),
        ('["tea", "cake"]', ["tea", "cake"]),
        ('""', [""]),
        ("null", []),
        ('{"a": 1}', []),
    ],
)
def test_the_words_of_a_trait(stored, words):
    assert words_of(stored) == words


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('{ fact = "trait", name = "plan", is = "gold" }', True),
        ('{ fact = "trait", name = "plan", is = "silver" }', False),
        ('{ fact = "trait", name = "vip", is = true }', True),
        ('{ fact = "trait", name = "seats", at_least = 5 }', True),
        ('{ fact = "trait", name = "likes", one_of = ["cake"] }', True),
    ],
)
def test_a_condition_holds_of_a_trait_as_an_import_records_it(condition, holds):
    config = parse(f"[personas.p]\nall = [{condition}]\n{DECLARED}")
    told = {"plan": '"gold"', "vip": "true", "seats": "5", "likes": '["tea", "cake"]'}
    fact = config.traits.check(draft("m-1", TraitsStated(traits=told))).fact
    event = Story().tell(fact, at(0))
    (leaf,) = config.rules.personas["p"].leaves()
    source, known, state = source_of(leaf), Known(), KnownState()
    assert source.note is not None
    source.note(known, event)
    assert rule_of(leaf)(known, at(1)) == holds
    note(state, event, config.rules.outreach)
    assert state.traits == {"plan": "gold", "vip": "true", "seats": "5", "likes": "tea, cake"}
