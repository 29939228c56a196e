"""``docs/triggers.md`` keeps its word: its example is right, and each trigger has its section."""

import re
from datetime import date

import pytest

from journey.config.doubts import doubts
from journey.config.file import parse
from projections.outreach.guardrails import GUARDRAILS
from schemas.times import parse_rfc3339
from tests.cli.runner import ROOT

PAGE = (ROOT / "docs" / "triggers.md").read_text(encoding="utf-8")
SHIPPED = parse((ROOT / "docs" / "triggers.toml").read_text(encoding="utf-8"))
EXAMPLE, WHOLE = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NOW = parse_rfc3339("2026-11-30T12:00:00Z")


def test_its_example_is_right():
    assert list(parse(EXAMPLE).rules.triggers) == ["late"]
    assert doubts(parse(EXAMPLE), date(2026, 11, 30), NOW) == []


def test_its_example_with_all_parts_is_right():
    (gold,) = parse(WHOLE).rules.triggers.values()
    assert (len(gold.steps), len([*gold.conditions()]), gold.exits) == (2, 2, ["refund-requested"])
    assert doubts(parse(WHOLE), date(2026, 11, 30), NOW) == []


def test_each_trigger_that_ships_has_its_section_and_each_section_its_trigger():
    sections = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert sections == list(SHIPPED.rules.triggers)


def test_its_guardrails_are_those_that_are_asked():
    asked = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert asked == list(GUARDRAILS)


@pytest.mark.parametrize("name", SHIPPED.rules.triggers)
def test_each_says_what_it_is_about_and_whose_it_is(name):
    trigger = SHIPPED.rules.triggers[name]
    assert trigger.about
    assert trigger.owner
