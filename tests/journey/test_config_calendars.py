"""Calendars and expectations in ``journey.toml``: what is refused, and what is meant where."""

import pytest

from journey.config.file import parse
from projections.configuration import Configuration, configuration, document
from projections.configuration.calendars import CalendarBook
from projections.configuration.conversations import EXPECTATION
from schemas.errors import ConfigurationError
from schemas.times import SECOND

TOML = """\
[calendars.all]
zone = "Europe/Berlin"
hours.mon = ["09:00-12:00", "13:00-17:00"]
hours.tue = ["22:00-06:00"]
hours.sun = ["20:00-00:00"]
holidays = [2026-12-25, "2026-12-26"]

[calendars.phone]
zone = "UTC"
channels = ["phone"]
hours = { sat = ["10:00-16:00"] }
holidays = { 2026-05-01 = "Labour Day" }

[[conversations.expectations]]
channel = "chat"
within = "1 min"

[[conversations.expectations]]
urgency = "high"
within = "30 min"
business_hours = true
"""


@pytest.mark.parametrize(
    ("old", "new", "number", "words"),
    [
        ('"Europe/Berlin"', '"Europe/Berlinn"', 2, "calendars.all.zone: there is no time zone"),
        ('zone = "UTC"\n', "", 8, "zone is missing"),
        ('hours = { sat = ["10:00-16:00"] }\n', "", 8, "hours is missing"),
        ('"13:00-17:00"', '"11:30-17:00"', 3, "11:30-17:00 overlaps 09:00-12:00"),
        ('"09:00-12:00"', '"9-12"', 3, "9-12 are no hours"),
        ('hours.tue = ["22:00-06:00"]', 'hours.tue = ["24:00-06:00"]', 4, "are no hours"),
        ('hours.mon = ["09:00', 'hours.mon = ["09:00-09:00", "09:00', 3, "overlaps"),
        ('"20:00-00:00"', '"20:00-09:30"', 3, "09:00-12:00 overlaps 20:00-09:30"),
        ('{ sat = ["10:00-16:00"] }', "{ sat = [] }", 11, "never open"),
        ("{ sat =", "{ saturday =", 11, "saturday: is unknown: use one of mon, tue"),
        ('"2026-12-26"', '"26.12.2026"', 6, "a date, such as 2026-12-25"),
        ("2026-05-01 =", '"May Day" =', 12, "is no date"),
        ('channels = ["phone"]\n', "", 8, "calendars.phone: holds where all does"),
        ("zone = ", "zones = ", 1, "zone is missing"),
        ('within = "1 min"', 'within = "soon"', 16, "duration"),
        ('urgency = "high"', 'channel = "chat"', 18, "same place as expectations.0"),
        ("business_hours = true", 'business_hours = "yes"', 21, "true or false"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key(old, new, number, words):
    assert old in TOML
    with pytest.raises(ConfigurationError) as refused:
        parse(TOML.replace(old, new, 1))
    told = str(refused.value)
    assert told.startswith(f"journey.toml, line {number}, "), told
    assert words in told
    assert told.endswith(".")


def test_what_was_told_survives_being_published():
    rules = parse(TOML).rules
    assert configuration(document(rules)) == rules
    assert set(rules.calendars) == {"all", "phone"}


def test_hours_that_touch_do_not_overlap():
    parse(TOML.replace('"20:00-00:00"', '"20:00-09:00"'))
    parse(TOML.replace('"13:00-17:00"', '"12:00-17:00"'))


def place(toml, channel="", brand="", team=""):
    book = CalendarBook(parse(toml).rules.calendars)
    found = book.of(channel, brand, team)
    return None if found is None else [day for day, spans in enumerate(found._week) if spans]


MANY = "".join(
    f'[calendars.c{n}]\nzone = "UTC"\nhours.{day} = ["09:00-17:00"]\n{where}\n'
    for n, (day, where) in enumerate(
        [
            ("mon", 'brands = ["Acme"]'),
            ("tue", 'channels = ["phone", "chat"]'),
            ("wed", 'channels = ["phone"]\nbrands = ["Acme"]'),
            ("thu", 'teams = ["night"]'),
        ]
    )
)


@pytest.mark.parametrize(
    ("where", "day"),
    [
        ({}, None),
        ({"brand": "Acme"}, [0]),
        ({"brand": "Other"}, None),
        ({"channel": "chat", "brand": "Acme"}, [1]),
        ({"channel": "phone", "brand": "Acme"}, [2]),
        ({"channel": "phone", "brand": "Acme", "team": "night"}, [3]),
        ({"channel": "phone", "team": "day"}, [1]),
    ],
)
def test_the_most_specific_calendar_is_meant(where, day):
    assert place(MANY, **where) == day


def test_expectations_go_by_the_number_of_keys_then_urgency_topic_persona_channel():
    places = [
        ("channel",),
        ("persona",),
        ("topic",),
        ("urgency",),
        ("channel", "persona"),
        ("channel", "topic"),
        ("persona", "topic"),
        ("channel", "urgency"),
        ("persona", "urgency"),
        ("topic", "urgency"),
        ("channel", "persona", "topic"),
        ("channel", "persona", "topic", "urgency"),
    ]
    names = {"channel": "chat", "urgency": "high", "topic": "money", "persona": "rich"}
    for n in range(len(places)):
        toml = "".join(
            "[[conversations.expectations]]\n"
            + "".join(f'{key} = "{names[key]}"\n' for key in keys)
            + f'within = "{rank + 1} s"\n'
            for rank, keys in enumerate(places[: n + 1])
        )
        found = parse(toml).rules.expectation("chat", "high", "money", ["poor", "rich"])
        assert found == (n + 1) * SECOND, places[n]


def test_of_several_personas_the_shortest_time_counts():
    toml = "".join(
        f'[[conversations.expectations]]\npersona = "{name}"\nwithin = "{time}"\n'
        for name, time in (("a", "3 min"), ("b", "1 min"), ("c", "2 min"))
    )
    rules = parse(toml).rules
    assert rules.expectation("chat", personas=["a", "b", "c"]) == 60 * SECOND
    assert rules.expectation("chat", personas=["c", "a"]) == 120 * SECOND


def test_channels_that_the_file_does_not_name_keep_their_default():
    rules = parse('[conversations]\nexpectation.chat = "9 s"\nexpectation.fax = "7 d"\n').rules
    told = EXPECTATION | {"chat": 9, "fax": 7 * 86400}
    for channel, within in told.items():
        assert rules.expectation(channel) == within * SECOND
    assert rules.expectation("letter") == 24 * 3600 * SECOND
    assert Configuration().expectation("phone") == 180 * SECOND
