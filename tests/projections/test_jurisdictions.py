"""Where a customer is and what the law there asks: borders worked out by hand, with a calendar.

2024: summer time from 31 March to 27 October in Berlin, from 10 March to 3 November in New York.
"""

from __future__ import annotations

import pytest

from journey.config.file import parse
from projections.configuration import Configuration, configuration, document
from projections.outreach import choice
from projections.outreach.guardrails import HELD, PASSED, SUPPRESSED, Case, Ruling, ruling
from projections.outreach.known import KnownState, note
from projections.outreach.places import place_of
from schemas import zones
from schemas.errors import ConfigurationError
from schemas.events import ConsentGiven, OutreachSent, PreferenceStated, TraitsStated
from schemas.fact import Fact
from schemas.recorded import Recorded
from schemas.times import DAY, SECOND, Instant, parse_rfc3339, rfc3339

ANN = b"ann".ljust(16, b".")
TEXT = """
[traits.country]
type = "string"

[templates.t]
purpose = "PURPOSE"
text = { en = "Hello" }
sender = "Shop"
contact = "shop@shop.example"
opt_out = "https://shop.example/no"

[triggers.t]
start = { events = ["page-viewed"] }
steps = [{ template = "t", channels = ["email"] }]

[outreach]
zones = ["America/New_York"]
country_trait = "country"
"""
GERMAN = """
[outreach.jurisdictions.DE]
marketing_from = 10:00:00
marketing_until = 18:00:00
marketing_days = ["mon", "tue", "wed", "thu", "fri", "sat"]
"""
AGREED = ConsentGiven(purpose="marketing", on_channel="email", method="form")


def rules(law: str = "", purpose: str = "marketing") -> Configuration:
    return parse(TEXT.replace("PURPOSE", purpose) + law).rules


def utc(text: str) -> Instant:
    return parse_rfc3339(f"2024-{text.replace(' ', 'T')}Z")


def lives(country: str) -> TraitsStated:
    return TraitsStated(facts={"country": f'"{country}"'})


def is_in(zone: str) -> PreferenceStated:
    return PreferenceStated(timezone=zone)


def known(config: Configuration, *told: Fact | tuple[Fact, Instant]) -> KnownState:
    state = KnownState()
    for n, each in enumerate((AGREED, *told)):
        fact, at = each if isinstance(each, tuple) else (each, utc("01-01 00:00:00"))
        event = Recorded(7, n, at, bytes(16), fact.TYPE, "test", 0, ANN, at, 0, fact)
        note(state, event, config.outreach)
    return state


def asked(config: Configuration, state: KnownState, at: str) -> Ruling:
    trigger, when = config.triggers["t"], utc(at)
    case = Case(
        at=when,
        since=when,
        customer=ANN,
        rules=config,
        name="t",
        trigger=trigger,
        template=config.templates["t"],
        known=state,
        channels=choice.candidates(config, state, trigger.steps[0], when),
    )
    return ruling(case)


def goes_out(config: Configuration, state: KnownState, at: str) -> str:
    """When it goes out: the time itself where nothing holds it."""
    told = asked(config, state, at)
    assert told.outcome in (PASSED, HELD), told
    assert told.by in ("", "quiet_hours")
    return at if told.outcome == PASSED else _text(told.until)


def _text(at: Instant) -> str:
    return next(text for text in EXPECTED if utc(text) == at)


# --- zones of a country -----------------------------------------------------------------------

# Everywhere else it is quiet from 20 to 9 local time. Who, when, and when it goes out, in UTC.
BORDERS = [
    # In winter New York is at -5, Adak and Honolulu at -10: all are awake from 9:00 on the islands
    # (19:00 UTC) until 20:00 in New York (1:00 UTC).
    ("US", "01-16 18:59:59", "01-16 19:00:00"),
    ("US", "01-16 19:00:00", "01-16 19:00:00"),
    ("US", "01-17 00:59:59", "01-17 00:59:59"),
    ("US", "01-17 01:00:00", "01-17 19:00:00"),
    # In summer New York is at -4 and Adak at -9; Honolulu stays at -10.
    ("US", "07-16 18:30:00", "07-16 19:00:00"),
    ("US", "07-16 23:59:59", "07-16 23:59:59"),
    ("US", "07-17 00:00:00", "07-17 19:00:00"),
    # From Kaliningrad (+2, 9:00 is 7:00 UTC) to Kamchatka (+12, 20:00 is 8:00 UTC): one hour.
    ("RU", "01-16 06:59:59", "01-16 07:00:00"),
    ("RU", "01-16 07:59:59", "01-16 07:59:59"),
    ("RU", "01-16 08:00:00", "01-17 07:00:00"),
    # One zone, by name and by letters of any size.
    ("Japan", "01-16 10:59:59", "01-16 10:59:59"),
    ("jp", "01-16 11:00:00", "01-17 00:00:00"),
    # Nobody knows the place: as who tells nothing, New York.
    ("Atlantis", "01-16 13:59:59", "01-16 14:00:00"),
    ("", "01-16 14:00:00", "01-16 14:00:00"),
]
EXPECTED = {text for _, at, out in BORDERS for text in (at, out)} | {
    *("03-30 16:59:59", "04-01 08:00:00", "03-28 09:00:00", "10-28 09:00:00", "10-26 08:00:00"),
    *("01-16 14:00:00", "01-16 09:00:00"),
}


@pytest.mark.parametrize(("country", "at", "out"), BORDERS)
def test_who_stated_no_zone_is_in_all_zones_of_the_country(country, at, out):
    config = rules()
    assert goes_out(config, known(config, lives(country)), at) == out


def test_a_stated_zone_is_where_they_are_wherever_they_come_from():
    config = rules()
    state = known(config, lives("JP"), is_in("America/New_York"))
    assert goes_out(config, state, "01-16 14:00:00") == "01-16 14:00:00"
    no_zone = known(config, lives("JP"), is_in("Nowhere/Town"))
    assert asked(config, no_zone, "01-16 14:00:00").outcome == HELD


def test_no_trait_tells_a_country_unless_it_is_named():
    config = parse(
        TEXT.replace("PURPOSE", "marketing").replace('country_trait = "country"', "")
    ).rules
    assert config.outreach.country_trait == ""
    assert [z.key for z in place_of(known(config, lives("JP")), config.outreach).zones] == [
        "America/New_York"
    ]


def test_the_cap_counts_the_day_in_each_zone_of_the_country():
    # Sent at 4:30 UTC: in New York at 23:30 the day before, in Honolulu at 18:30 of that same day
    # before. At 23:00 UTC (13:00 in Honolulu) it is another day in both; at 3:00 UTC the next
    # morning it would still be that day in Honolulu alone, where it is 17:00.
    config, sent = rules(), OutreachSent(purpose="marketing", system="other", channel="email")
    state = known(config, lives("US"), (sent, utc("01-16 04:30:00")))
    assert asked(config, state, "01-16 23:00:00").outcome == PASSED
    early = known(config, lives("US"), (sent, utc("01-16 10:30:00")))  # 0:30 in Honolulu
    told = asked(config, early, "01-16 23:00:00")
    assert (told.by, told.outcome) == ("cap", SUPPRESSED)
    late = known(config, lives("US"), (sent, utc("01-16 09:30:00")))  # 4:30 in New York: that day
    assert asked(config, late, "01-16 23:00:00").by == "cap"


# --- laws -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "out"),
    [
        # Saturday, 17:59:59 in Berlin (+1): in time. A second later it waits over Sunday, on which
        # clocks go forward: Monday 10:00 is 8:00 UTC.
        ("03-30 16:59:59", "03-30 16:59:59"),
        ("03-30 17:00:00", "04-01 08:00:00"),
        ("03-31 10:00:00", "04-01 08:00:00"),  # Sunday noon
        # 9:30 in Berlin: nobody sleeps, and the hours begin at 10:00.
        ("03-28 08:30:00", "03-28 09:00:00"),
        # Sunday 27 October, on which clocks go back: Monday 10:00 is 9:00 UTC; the day before, in
        # summer, 10:00 was 8:00 UTC.
        ("10-27 12:00:00", "10-28 09:00:00"),
        ("10-26 07:59:59", "10-26 08:00:00"),
    ],
)
def test_marketing_goes_out_in_the_hours_and_on_the_days_of_the_law(at, out):
    config = rules(GERMAN)
    assert goes_out(config, known(config, lives("DE")), at) == out


def test_what_is_no_marketing_is_not_bound_by_its_hours():
    config = rules(GERMAN, "service")
    assert asked(config, known(config, lives("DE")), "03-31 10:00:00").outcome == PASSED


def test_the_law_only_adds_to_the_quiet_hours():
    config = rules(
        "[outreach.jurisdictions.DE]\nmarketing_from = 00:00:00\nmarketing_until = 23:59:59\n"
    )
    told = asked(config, known(config, lives("DE")), "01-16 05:00:00")  # 6:00 in Berlin
    assert (told.outcome, told.until) == (HELD, utc("01-16 08:00:00"))


@pytest.mark.parametrize(
    ("told", "is_bound"),
    [
        ([lives("DE")], True),
        ([is_in("Europe/Berlin")], True),
        ([lives("DE"), is_in("Asia/Tokyo")], True),  # the country that is told, wherever they are
        ([lives("AT"), is_in("Europe/Berlin")], False),
        ([is_in("Europe/Oslo")], False),
        ([], False),
    ],
)
def test_whose_law_it_is(told, is_bound):
    config = rules(GERMAN)
    place = place_of(known(config, *told), config.outreach)
    assert list(place.laws) == ["DE"] * is_bound


def test_who_is_of_no_known_country_is_bound_by_those_of_the_zones_that_stand_for_them():
    config = rules("[outreach.jurisdictions.US]\nmarketing_per_day = 0\n")
    assert list(place_of(known(config), config.outreach).laws) == ["US"]
    assert asked(config, known(config), "01-16 15:00:00").by == "cap"


def test_an_older_name_of_a_zone_lies_in_its_country():
    config = rules("[outreach.jurisdictions.IN]\nmarketing_per_day = 0\n")
    assert list(place_of(known(config, is_in("Asia/Calcutta")), config.outreach).laws) == ["IN"]


@pytest.mark.parametrize(
    ("law", "limit"), [("marketing_per_day = 0", 0), ("marketing_per_day = 5", 1), ("", 1)]
)
def test_the_strictest_cap_counts(law, limit):
    config = rules(f"[outreach.jurisdictions.JP]\n{law}\n")
    sent = OutreachSent(purpose="marketing", system="other", channel="email")
    for number in range(3):
        told = [(sent, utc("01-16 01:00:00") + n * SECOND) for n in range(number)]
        found = asked(config, known(config, lives("JP"), *told), "01-16 03:00:00")
        assert found.by == ("cap" if number >= limit else ""), number


def test_the_strictest_cap_of_a_week_counts():
    config = rules("[outreach.jurisdictions.JP]\nmarketing_per_week = 1\n")
    sent = OutreachSent(purpose="marketing", system="other", channel="email")
    # Thursday 18 January, noon in Tokyo; Monday began at 15:00 UTC on Sunday.
    for at, by in (("01-14 15:00:00", "cap"), ("01-14 14:59:59", "")):
        state = known(config, lives("JP"), (sent, utc(at)))
        assert asked(config, state, "01-18 03:00:00").by == by


@pytest.mark.parametrize(
    ("purpose", "told", "by"),
    [
        ("service", [], "consent"),
        ("service", [ConsentGiven(purpose="service", on_channel="email")], ""),
        ("service", [ConsentGiven(purpose="service", on_channel="sms")], "consent"),
        ("transactional", [], ""),
        ("marketing", [], ""),  # the record that it needs everywhere is there
    ],
)
def test_a_law_may_ask_for_a_record_of_consent(purpose, told, by):
    config = rules('[outreach.jurisdictions.DE]\nopt_in = ["service"]\n', purpose)
    found = asked(config, known(config, lives("DE"), *told), "01-16 10:00:00")
    assert found.by == by
    if by:
        assert "law of DE" in found.ground
    assert asked(config, known(config, lives("FR"), *told), "01-16 10:00:00").by == ""


def test_without_laws_nothing_is_otherwise():
    config = rules()
    assert config.outreach.jurisdictions == {}
    assert place_of(known(config, lives("DE")), config.outreach).laws == {}
    assert configuration(document(config)) == config


@pytest.mark.parametrize(
    ("law", "word"),
    [
        ("[outreach.jurisdictions.Germany]", "write DE"),
        ("[outreach.jurisdictions.XX]", "two letters"),
        ("[outreach.jurisdictions.DE]\nmarketing_from = 09:00:00", "both ends"),
        ("[outreach.jurisdictions.DE]\nmarketing_until = 09:00:00", "both ends"),
        (
            "[outreach.jurisdictions.DE]\nmarketing_from = 18:00:00\nmarketing_until = 18:00:00",
            "of one day",
        ),
        ('[outreach.jurisdictions.DE]\nmarketing_days = ["sunday"]', "mon"),
        ('[outreach.jurisdictions.DE]\nopt_in = ["transactional"]', "service"),
    ],
)
def test_what_no_law_can_say_is_refused(law, word):
    with pytest.raises(ConfigurationError, match=word):
        rules(law)


# --- the tables behind it ---------------------------------------------------------------------


def test_every_country_has_zones_that_are_there_and_every_zone_one_country():
    listed = [name for names in zones.of_countries().values() for name in names]
    assert len(listed) == len(set(listed))
    assert set(listed) <= zones.names()
    assert len(zones.of_countries()) > 240
    assert zones.of_countries()["JP"] == ("Asia/Tokyo",)
    assert {"America/New_York", "America/Adak", "Pacific/Honolulu"} < {*zones.of_countries()["US"]}


def test_each_country_but_the_antarctic_is_awake_somewhere_in_the_day():
    config = rules()
    for country in zones.of_countries():
        state = known(config, lives(country))
        told = asked(config, state, "01-16 12:00:00")
        is_soon = told.outcome == PASSED or told.until - utc("01-16 12:00:00") <= 2 * DAY
        again = told.outcome == PASSED or asked_at(config, state, told.until).outcome == PASSED
        assert (is_soon and again) == (country != "AQ"), country


def asked_at(config: Configuration, state: KnownState, at: Instant) -> Ruling:
    return asked(config, state, rfc3339(at)[5:-1])
