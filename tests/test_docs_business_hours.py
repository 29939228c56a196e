"""docs/business-hours.md: its calendars parse, and its worked examples are what comes out."""

import re
from pathlib import Path

import pytest

from journey.config.file import parse
from projections.calendars import open_seconds
from projections.configuration.calendars import CalendarBook
from projections.configuration.conversations import EXPECTATION
from projections.configuration.durations import seconds
from schemas.times import parse_rfc3339

PAGE = (Path(__file__).parent.parent / "docs" / "business-hours.md").read_text(encoding="utf-8")
[TOML] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
RULES = parse(TOML).rules
ROWS = [
    [cell.strip() for cell in line.strip("| ").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ")
]
SPANS = [row for row in ROWS if len(row) == 5 and row[1].startswith("20")]
DUE = [row for row in ROWS if len(row) == 4 and row[1].startswith("20")]


def lists(rules):
    return rules.channels, rules.brands, rules.teams


def of(name):
    channel, brand, team = ((listed or [""])[0] for listed in lists(RULES.calendars[name]))
    return CalendarBook(RULES.calendars).of(channel, brand, team)


def test_there_are_examples():
    assert (len(SPANS), len(DUE)) == (10, 5)


@pytest.mark.parametrize(("name", "since", "until", "told", "why"), SPANS)
def test_a_span(name, since, until, told, why):
    found = open_seconds(of(name), parse_rfc3339(since), parse_rfc3339(until))
    assert found == seconds(told), why


@pytest.mark.parametrize(("name", "asked", "within", "due"), DUE)
def test_when_an_answer_is_due(name, asked, within, due):
    toml = re.sub(r'within = "[^"]+"', f'within = "{within}"', TOML)
    rules = parse(toml).rules
    assert name == "support"
    assert rules.due_at(parse_rfc3339(asked), "email") == parse_rfc3339(due)


def test_the_defaults_are_the_ones_that_ship():
    told = {
        channel: row[1]
        for row in ROWS
        if len(row) == 2 and seconds(row[1]) is not None
        for channel in re.findall(r"`(\w+)`", row[0])
    }
    assert {channel: seconds(time) for channel, time in told.items()} == EXPECTATION
