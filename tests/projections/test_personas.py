"""Given what a customer did, then which personas they held, from when to when."""

from typing import Any

import pytest

from journey.config.file import parse
from projections.configuration import configuration, document
from projections.fold import refold_meaning
from projections.personas import personas
from projections.rulebook import Rulebook
from projections.signs import ContactBegan, PersonasChanged
from schemas.errors import ConfigurationError
from schemas.events import (
    Custom,
    MessageReceived,
    PreferenceStated,
    Refunded,
    ReviewPosted,
    SubscriptionRenewed,
    TraitsStated,
)
from schemas.times import DAY
from tests.projections.story import (
    ANN,
    asks,
    at,
    csat,
    delivered,
    event_id,
    order,
    page,
    replies,
    rows,
    subscribed,
    told,
)

QUESTION = asks(is_question=True, topic="billing")


def held(rule, *facts, until=0):
    """From when to when the persona with that rule was held."""
    rules = Rulebook(document(parse(f"[personas.them]\n{rule}").rules))
    return [(r["since"], r["until"]) for r in rows(told(*facts), "personas", until, rules)]


def ends(rule, *facts):
    """Whether it is held after all that."""
    return any(until is None for _, until in held(rule, *facts))


MICRO = 1_000_000
HOLDS = [
    ('fact = "touches"\nat_least = 2', [page(), page()], [page(), replies()]),
    ('fact = "touches"\nchannel = "web"\nat_least = 1', [page()], [page(channel="app")]),
    ('fact = "questions"\nat_least = 1', [QUESTION], [asks()]),
    ('fact = "questions"\ntopic = "billing"\nat_least = 1', [QUESTION], [asks(is_question=True)]),
    ('fact = "orders"\nis = 1', [order()], [order(), order()]),
    ('fact = "orders"\nat_most = 0', [page()], [order()]),
    ('fact = "orders"\none_of = [1, 3]', [order()] * 3, [order()] * 2),
    (
        'fact = "revenue"\nat_least = 19.9',
        [order(amount_micros=20 * MICRO), Refunded(amount_micros=MICRO // 10)],
        [order(amount_micros=20 * MICRO), Refunded(amount_micros=MICRO // 10 + 1)],
    ),
    (
        'fact = "revenue"\nat_least = 3',
        [subscribed(amount_micros=MICRO), SubscriptionRenewed(amount_micros=2 * MICRO)],
        [subscribed(amount_micros=MICRO)],
    ),
    ('fact = "events"\nname = "review-posted"\nat_least = 1', [ReviewPosted()], [page()]),
    ('fact = "events"\nname = "lent"\nat_least = 1', [Custom(name="lent")], [Custom(name="x")]),
    (
        'fact = "events"\nname = "lent"\nat_least = 1',
        [Custom(name="Loan Given", declared="lent")],
        [Custom(name="Loan Given")],
    ),
    ('fact = "score"\nname = "csat"\nat_least = 0.75', [csat(1), csat(4)], [csat(4), csat(3)]),
    ('fact = "score"\nname = "csat"\nat_most = 1', [csat(5)], [csat(5, survey="nps")]),
    ('fact = "stage"\nis = "purchase"', [order()], [order(), delivered()]),
    ('fact = "stage"\none_of = ["usage", "loyalty"]', [order(), order()], [order()]),
    (
        'fact = "language"\nis = "ja"',
        [PreferenceStated(language="ja"), PreferenceStated(language="en")],
        [PreferenceStated(language="en")],
    ),
    (
        'fact = "preferred_channel"\nis = "sms"',
        [PreferenceStated(on_channel="sms"), PreferenceStated(language="en")],
        [PreferenceStated(on_channel="sms"), PreferenceStated(on_channel="email")],
    ),
    (
        'fact = "language"\none_of = ["de", "fr"]',
        [asks(language="de"), asks(language="en")],
        [asks(language="en")],
    ),
    (
        'fact = "trait"\nname = "plan"\none_of = ["pro", "team"]',
        [TraitsStated(facts={"plan": "pro"}), TraitsStated(facts={"vip": "true"})],
        [TraitsStated(facts={"plan": "pro"}), TraitsStated(facts={"plan": "free"})],
    ),
    (
        'fact = "trait"\nname = "vip"\nis = true',
        [TraitsStated(facts={"vip": "true"})],
        [TraitsStated(facts={"vip": "false"})],
    ),
    (
        'fact = "trait"\nname = "age"\nat_least = 55',
        [TraitsStated(facts={"age": "55"})],
        [TraitsStated(facts={"age": "old"})],
    ),
    ('fact = "timezone"\nis = "Asia/Tokyo"', [PreferenceStated(timezone="Asia/Tokyo")], [page()]),
]


@pytest.mark.parametrize(("rule", "yes", "no"), HOLDS)
def test_each_fact_is_held_against_its_limit(rule, yes, no):
    assert ends(rule, *((fact, at(n)) for n, fact in enumerate(yes)))
    assert not ends(rule, *((fact, at(n)) for n, fact in enumerate(no)))


ASKED: Any = {"fact": "questions", "at_least": 1}


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [
        ("all = [A, B]", "ab", True),
        ("all = [A, B]", "a", False),
        ("any = [A, B]", "b", True),
        ("any = [A, B]", "", False),
        ("not = [A, B]", "", True),
        ("not = [A, B]", "b", False),
        ("all = [A]\nany = [B, C]", "ac", True),
        ("all = [A]\nany = [B, C]", "a", False),
        ("all = [A]\nnot = [{ all = [B, C] }]", "ab", True),
        ("all = [A]\nnot = [{ all = [B, C] }]", "abc", False),
        ('fact = "questions"\nat_least = 1\nnot = [B]', "a", True),
        ('fact = "questions"\nat_least = 1\nnot = [B]', "ab", False),
    ],
)
def test_conditions_are_put_together(rule, facts, expected):
    rule = rule.replace("A", '{ fact = "questions", at_least = 1 }')
    rule = rule.replace("B", '{ fact = "orders", at_least = 1 }')
    rule = rule.replace("C", '{ fact = "events", name = "refunded", at_least = 1 }')
    does = {"a": QUESTION, "b": order(), "c": Refunded()}
    assert ends(rule, (page(), at(0)), *((does[f], at(1)) for f in facts)) == expected


# --- time -------------------------------------------------------------------------------------


def test_days_pass_without_events():
    rule = 'fact = "days_since_last_order"\nat_least = 30\nat_most = 60'
    begins, over = at(days=30), at(days=60, micros=1)
    assert held(rule, (order(), at(0)), until=begins) == []
    assert held(rule, (order(), at(0)), until=begins + 1) == [(begins, None)]
    assert held(rule, (order(), at(0)), until=over + 1) == [(begins, over)]
    again = [(order(), at(0)), (order(), at(days=40))]
    expected = [(begins, at(days=40)), (at(days=70), over + 40 * DAY)]
    assert held(rule, *again, until=at(days=200)) == expected


def test_half_a_day_is_a_limit_too():
    rule = 'fact = "days_in_stage"\nat_least = 0.5'
    assert held(rule, (page(), at(0)), until=at(14)) == [(at(12), None)]


def test_what_time_did_has_no_event():
    rules = Rulebook(
        document(parse('[personas.old]\nfact = "days_since_first_touch"\nat_least = 9').rules)
    )
    row = rows(told((page(), at(0))), "personas", at(days=10), rules)[0]
    assert (row["cause"], row["cause_event_id"]) == ("time", "")
    assert row["rules"] == configuration(rules.document).personas["old"].mark


# --- several at once, and who is told ---------------------------------------------------------

TWO = parse(
    '[personas.asker]\nfact = "questions"\nat_least = 1\n'
    '[personas.caller]\nfact = "contacts"\nchannel = "phone"\nat_least = 1\n'
    '[personas.fan]\nfact = "stage"\nis = "purchase"'
).rules


def test_several_are_held_at_once_and_each_change_is_told():
    projection = personas(TWO)
    state, ids = projection.initial(), [event_id(n) for n in range(3)]
    asked = projection.evolve(state, told((QUESTION, at(0)))[0], ANN)
    began = ContactBegan(at=at(1), event_id=ids[2], conversation=b"", channel="phone", number=1)
    called = projection.hears[ContactBegan](state, began, ANN)
    assert asked.signs == (PersonasChanged(at=at(0), event_id=ids[1], personas=("asker",)),)
    both = ("asker", "caller")
    assert called.signs == (PersonasChanged(at=at(1), event_id=ids[2], personas=both),)
    assert [change.row[4] for change in called.rows] == ["contact"]


def test_conversations_know_the_persona_when_they_see_the_event():
    names = [projection.name for projection in Rulebook(document(TWO)).meaning]
    assert names.index("personas") < names.index("conversations")
    assert names.index("stages") < names.index("conversations")


def test_without_personas_no_event_is_looked_at():
    assert personas(parse("").rules).reads == ()
    assert personas(parse("").rules).hears == {}
    _, published = refold_meaning(Rulebook("{}"), ANN, told((order(), at(0))), at(days=900))
    assert "personas" not in published


def test_only_events_that_tell_a_fact_are_looked_at():
    assert {kind.TYPE for kind in personas(TWO).reads or ()} == {MessageReceived.TYPE}
    touched = parse('[personas.them]\nfact = "touches"\nat_least = 1').rules
    assert personas(touched).reads is None


# --- what is wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("about = 'nobody'", r"personas.them: says nothing"),
        ('fact = "order"\nat_least = 1', r"line 2, .*fact: order is unknown .did you mean orders"),
        ('fact = "orders"', r"orders is held against nothing"),
        ('fact = "trait"\nis = "x"', r"needs the trait's name"),
        ('fact = "orders"\nname = "x"\nis = 1', r"line 3, .*name: means nothing of orders"),
        ('fact = "stage"\nchannel = "x"\nis = "usage"', r"channel: means nothing of stage"),
        ('fact = "stage"\nis = "sold"', r"is: sold is no stage: use one of awareness"),
        ('fact = "stage"\none_of = ["usage", "sold"]', r"one_of: sold is no stage"),
        ('fact = "language"\nat_least = 1', r"at_least: language is a word"),
        ('fact = "days_in_stage"\nis = 1', r"time goes on: write at_least or at_most"),
        ("at_least = 1", r"at_least: asks for no fact"),
        ('fact = "orders"\nat_least = "many"', r"at_least: is wrong: write a number\."),
        ('all = [{ fact = "orders", at_leas = 1 }]', r"at_leas: is unknown .did you mean"),
        ('any = [{ all = [{ fact = "x" }] }]', r"personas.them.any.0.all.0.fact: x is unknown"),
    ],
)
def test_what_is_wrong_with_a_persona_is_told_with_its_place(rule, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        parse(f"[personas.them]\n{rule}")


def test_a_published_document_reads_back_as_the_same_rules():
    assert configuration(document(TWO)) == TWO
