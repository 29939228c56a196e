"""What a configuration of triggers may say and hardly means, each told and none refused."""

from datetime import date

import pytest

from journey.config.doubts import doubts, holds_always
from journey.config.file import parse
from journey.config.texts_too_long import bare, sms_parts
from projections.configuration.personas import Condition
from schemas.times import parse_rfc3339
from tests.cli.runner import ROOT, init, journey

TODAY = date(2026, 11, 30)
NOW = parse_rfc3339("2026-11-30T12:00:00Z")
TRIGGER = """
[templates.hello]
purpose = "service"
subject = { en = "Hello" }
text = { en = "Hello" }

[triggers.hello]
start = { events = ["order-placed"] }
steps = [{ template = "hello", channels = ["email"] }]
reviewed_on = 2026-11-01
"""


def told(text: str) -> list[tuple[str, str]]:
    return [(each.key, each.doubt) for each in doubts(parse(text), TODAY, NOW)]


def with_start(start: str) -> str:
    return TRIGGER.replace('{ events = ["order-placed"] }', start)


def test_what_is_meant_is_not_doubted():
    assert told(TRIGGER) == []


@pytest.mark.parametrize(
    ("text", "key", "part"),
    [
        (with_start('{ events = ["order-plased"] }'), "start.events", "did you mean order-placed?"),
        (
            TRIGGER.replace("reviewed_on", 'exits = ["order-deliverd"]\nreviewed_on'),
            "exits",
            "did you mean order-delivered?",
        ),
        (
            with_start(
                '{ events = ["order-placed"], after = "1 h", unless = ["order-cancelled!"] }'
            ),
            "start.unless",
            "did you mean order-cancelled?",
        ),
        (with_start('{ events = ["channel-retired"] }'), "start.events", "concerns no customer"),
        (
            TRIGGER.replace(
                "reviewed_on",
                'when = { fact = "events", name = "orders", at_least = 1 }\nreviewed_on',
            ),
            "hello",
            "neither ships nor is declared",
        ),
        (with_start('{ events = ["outreach-sent"] }'), "hello.start", "its own among them"),
        (with_start('{ pain = "over_contacted" }'), "hello.start", "its own among them"),
        (with_start('{ events = ["page-viewed"] }'), "hello.start", "would reach everybody"),
        (with_start('{ stage = "awareness" }'), "hello.start", "would reach everybody"),
        (
            TRIGGER.replace("reviewed_on", 'when = { fact = "orders", at_least = 0 }\nreviewed_on'),
            "hello.when",
            "holds for everybody",
        ),
        (TRIGGER.replace("reviewed_on = 2026-11-01", ""), "reviewed_on", "is not told"),
        (TRIGGER.replace("2026-11-01", "2026-08-31"), "reviewed_on", "is more than 90 days ago"),
        (
            TRIGGER + '[outreach]\nzones = ["Pacific/Auckland", "Europe/London"]',
            "outreach.zones",
            "never awake together",
        ),
        (
            TRIGGER.replace('subject = { en = "Hello" }', f'subject = {{ en = "{"a" * 79}" }}'),
            "subject.en",
            "has 79 characters",
        ),
    ],
)
def test_what_is_hardly_meant_is_told(text, key, part):
    ((place, doubt),) = told(text)
    assert place.endswith(key)
    assert part in doubt


def test_its_border_is_not_doubted():
    assert told(TRIGGER.replace("2026-11-01", "2026-09-01")) == []
    assert told(TRIGGER.replace('"Hello" }\ntext', f'"{"a" * 78}" }}\ntext')) == []
    assert told(with_start('{ events = ["page-viewed"], channels = ["app"] }')) == []
    assert told(TRIGGER + '[outreach]\nzones = ["Europe/Oslo", "America/New_York"]') == []


def test_declared_types_are_known_by_the_name_that_counts():
    text = with_start('{ events = ["first-use"] }')
    assert told(text + '[events.first-use]\nnames = ["First Use"]') == []
    other = with_start('{ events = ["First Use"] }') + '[events.first-use]\nnames = ["First Use"]'
    ((_, doubt),) = told(other)
    assert "did you mean first-use?" in doubt


def test_two_that_start_each_other_are_told_as_a_pair():
    both = with_start('{ events = ["outreach-opened"] }')
    second = both[both.index("[triggers.hello]") :].replace("hello]", "again]")
    found = told(both + second)
    assert found[-1] == (
        "triggers.hello",
        "and again start each other: each sends what starts the other",
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # two places each
        ("€" * 81, 2),
        ("あ" * 70, 1),
        ("あ" * 71, 2),
        ("あ" * 134, 2),
        ("あ" * 135, 3),
        ("😀" * 35, 1),  # two units of 16 bits each
        ("😀" * 36, 2),
    ],
)
def test_parts_of_a_short_message(text, parts):
    assert sms_parts(text) == parts
    channel = TRIGGER.replace('["email"]', '["sms"]').replace(
        'text = { en = "Hello" }', f'text = {{ en = "{text}" }}'
    )
    assert [doubt.split(" by ")[0] for _, doubt in told(channel)] == (
        [] if parts == 1 else [f"goes out in {parts} parts"]
    )


def test_push_has_a_limit_and_the_short_text_counts_where_there_is_one():
    long = f'text = {{ en = "{"a" * 179}" }}'
    push = TRIGGER.replace('["email"]', '["push"]').replace('text = { en = "Hello" }', long)
    ((key, doubt),) = told(push)
    assert (key, "179" in doubt) == ("templates.hello.text.en", True)
    assert told(push.replace(long, f'{long}\nshort = {{ en = "Hello" }}')) == []
    assert told(push.replace("a" * 179, "a" * 178)) == []


def test_facts_count_as_what_stands_for_them():
    assert bare("Hello {{ amount }}, {{ person.first_name | you }}.") == "Hello , you."


@pytest.mark.parametrize(
    ("condition", "is_always"),
    [
        (Condition(fact="orders", at_least=0), True),
        (Condition(fact="orders", at_least=1), False),
        (Condition(fact="orders", at_least=0, at_most=3), False),
        (Condition(fact="score", name="nps", at_least=0), False),  # who has none has none
        (Condition(all=[Condition(fact="touches", at_least=0)]), True),
        (Condition(any=[Condition(fact="touches", at_least=0), Condition(fact="stage")]), True),
        (Condition(not_=[Condition(fact="orders", at_least=5)]), False),
    ],
)
def test_a_condition_that_always_holds_is_none(condition, is_always):
    assert holds_always(condition) == is_always


def test_the_commands_tell_them(tmp_path):
    workspace = init(tmp_path / "w")
    file = workspace / "journey.toml"
    file.write_text(with_start('{ events = ["order-plased"] }'), encoding="utf-8")
    for command in (("trigger", "check"), ("config", "check")):
        ran = journey(*command, "--workspace", str(workspace), "--json")
        assert ran.code == 0, ran.err
        assert ran.json["doubts"][0]["key"] == "triggers.hello.start.events"
    ran = journey("config", "check", "--workspace", str(workspace))
    assert "did you mean order-placed?" in ran.err
    file.write_text("[triggers.x]\n", encoding="utf-8")
    ran = journey("trigger", "check", "--workspace", str(workspace))
    assert ran.code != 0
    assert "triggers.x.steps" in ran.err


def test_the_triggers_that_ship_are_not_doubted():
    text = (ROOT / "docs" / "triggers.toml").read_text(encoding="utf-8")
    assert told(text) == []


def test_channels_that_are_nearly_another_are_told_and_ones_of_ones_own_are_not():
    text = TRIGGER.replace('["email"]', '["emial", "fax"]')
    text += (
        '[personas.caller]\nfact = "contacts"\nat_least = 1\nchannel = "phone"\nprefers = "fone"\n'
    )
    assert told(text + '[preference]\notherwise = ["sms", "messagging"]\n') == [
        (
            "preference.otherwise",
            "messagging is no channel that ships (did you mean messaging?)",
        ),
        ("triggers.hello.steps.0.channels", "emial is no channel that ships (did you mean email?)"),
    ]
    own = "[channels.emial]\nunit_cost = 1.0\n"
    assert told(TRIGGER.replace('["email"]', '["emial"]') + own) == []


GOLD = '{ fact = "trait", name = "plan", is = "gold" }'
PLAN = '[traits.plan]\ntype = "string"\n'


@pytest.mark.parametrize(
    ("place", "more"),
    [
        ("triggers.hello", TRIGGER + f"when = {GOLD}\n"),
        ("triggers.hello", TRIGGER.replace('["email"] }', f'["email"], when = {GOLD} }}')),
        ("triggers.hello.needs", TRIGGER + 'needs = ["plan"]\n'),
        ("templates.hello", TRIGGER.replace('en = "Hello" }', 'en = "Hello {{ traits.plan }}" }')),
        ("personas.gold", f"[personas]\ngold = {GOLD}\n"),
        ("outreach.country_trait", '[outreach]\ncountry_trait = "plan"\n'),
    ],
)
def test_a_trait_that_no_rule_sees_is_told(place, more):
    """Its condition never holds, its fact is waited for: the trigger would be silent for ever."""
    assert told(more + PLAN) == []
    unknown = "asks for the trait plan, which [traits] does not declare: no rule sees it"
    assert told(more) == [(place, unknown)]
    near = told(more + PLAN.replace("plan", "plans"))
    assert [doubt for _, doubt in near if "did you mean plans?" in doubt]
    personal = told(more + PLAN + "personal = true\n")
    assert [doubt for _, doubt in personal if "is personal: no rule ever sees it" in doubt]


DECLARED = "[events.loan-asked]\nproperties.branch = { type = 'string' }\n"
SEALED = DECLARED.replace("'string'", "'string', personal = true")


@pytest.mark.parametrize(
    ("start", "fact", "more", "is_told"),
    [
        ('{ events = ["order-placed"] }', "amount", "", True),
        ('{ events = ["order-placed"] }', "order_id", "", True),
        ('{ events = ["order-placed"] }', "amont", "", False),
        ('{ events = ["order-placed"] }', "amont | none", "", True),
        ('{ events = ["page-viewed", "order-placed"] }', "amount", "", True),
        ('{ events = ["page-viewed"], channels = ["app"] }', "amount", "", False),
        ('{ pain = "unanswered" }', "amount", "", False),
        ('{ stage = "at_risk" }', "plan", "", False),
        ('{ events = ["loan-asked"] }', "properties.branch", DECLARED, True),
        ('{ events = ["loan-asked"] }', "properties.brunch", DECLARED, False),
        ('{ events = ["loan-asked"] }', "properties.branch", SEALED, False),
    ],
)
def test_a_fact_that_nothing_tells_is_told(start, fact, more, is_told):
    """A pain tells no amount: each message would wait for one, and be dropped as stale."""
    text = with_start(start).replace('en = "Hello" }', f'en = "Hello {{{{ {fact} }}}}" }}') + more
    found = [each for each in told(text) if each[0] == "triggers.hello.steps"]
    assert len(found) == (not is_told)
    assert all("which templates.hello needs: no message goes out" in each for _, each in found)
