"""Nights, days and weeks where the rules of a zone changed: by what was in force at the time."""

from __future__ import annotations

from datetime import date, time

import pytest

from projections.outreach.clocks import awake_at, local_day, local_week
from schemas import zones
from schemas.times import Instant, parse_rfc3339

# Zone, and the first and the last moment of a night from 20:00 to 09:00.
NIGHTS = [
    # Moscow left +4 for +3 for good: that night had 14 hours, and those after it 13 again.
    ("Europe/Moscow", "2014-10-24T16:00:00Z", "2014-10-25T05:00:00Z"),
    ("Europe/Moscow", "2014-10-25T16:00:00Z", "2014-10-26T06:00:00Z"),
    ("Europe/Moscow", "2014-10-26T17:00:00Z", "2014-10-27T06:00:00Z"),
    # Istanbul has summer time all year since 2016.
    ("Europe/Istanbul", "2015-12-01T18:00:00Z", "2015-12-02T07:00:00Z"),
    ("Europe/Istanbul", "2016-12-01T17:00:00Z", "2016-12-02T06:00:00Z"),
    # Sao Paulo has none any more since 2019.
    ("America/Sao_Paulo", "2018-12-01T22:00:00Z", "2018-12-02T11:00:00Z"),
    ("America/Sao_Paulo", "2019-12-01T23:00:00Z", "2019-12-02T12:00:00Z"),
    # Apia went from the 29th, 24:00 at -10 to the 31st, 0:00 at +14: two nights in one.
    ("Pacific/Apia", "2011-12-30T06:00:00Z", "2011-12-30T19:00:00Z"),
    # Pyongyang set its clocks half an hour ahead at 23:30 on a night in May.
    ("Asia/Pyongyang", "2018-05-03T11:30:00Z", "2018-05-04T00:30:00Z"),
    ("Asia/Pyongyang", "2018-05-04T11:30:00Z", "2018-05-05T00:00:00Z"),
]


def awake(at: Instant, zone: str) -> Instant:
    return awake_at(at, time(20), time(9), [zones.zone(zone)])


@pytest.mark.parametrize(("zone", "first", "end"), NIGHTS)
def test_a_night_is_as_long_as_it_was_there(zone: str, first: str, end: str) -> None:
    begins, ends = parse_rfc3339(first), parse_rfc3339(end)
    assert awake(begins - 1, zone) == begins - 1
    assert awake(begins, zone) == ends
    assert awake((begins + ends) // 2, zone) == ends
    assert awake(ends - 1, zone) == ends
    assert awake(ends, zone) == ends


def test_a_day_that_a_zone_left_out_is_nobodys_day() -> None:
    jump, apia = parse_rfc3339("2011-12-30T10:00:00Z"), zones.zone("Pacific/Apia")
    assert [local_day(at, apia) for at in (jump - 1, jump)] == [
        date(2011, 12, 29),
        date(2011, 12, 31),
    ]
    assert local_week(jump - 1, apia) == local_week(jump, apia) == date(2011, 12, 26)


def test_the_rules_are_those_that_are_installed_with_it_and_not_the_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = parse_rfc3339("2016-12-01T17:00:00Z")
    before = awake(at, "Europe/Istanbul")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONTZPATH", "/nowhere")
    zones.zone.cache_clear()
    assert awake(at, "Europe/Istanbul") == before
