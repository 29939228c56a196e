"""Instants are whole microseconds, whatever zone a time was told in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import DAY, EARLIEST, HOUR, LATEST, instant, moment, parse_rfc3339, rfc3339

INSTANTS = st.integers(EARLIEST, LATEST)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(INSTANTS)
def test_text_and_datetime_come_back_as_they_were(at):
    assert parse_rfc3339(rfc3339(at)) == at
    assert instant(moment(at)) == at
    assert rfc3339(at).endswith("Z")


@given(INSTANTS, ZONES)
def test_the_zone_changes_nothing(at, zone):
    assert instant(moment(at).astimezone(zone)) == at
    assert parse_rfc3339(moment(at).astimezone(zone).isoformat()) == at


@given(INSTANTS, INSTANTS)
def test_the_order_of_instants_is_the_order_of_times(one, other):
    assert (one < other) == (moment(one) < moment(other))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1970-01-02T01:00:00+01:00", DAY),
        ("1970-01-01T00:00:00-00:30", HOUR // 2),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1970-01-01T00:00:00.1234567Z", 123_456),
        ("1900-01-01T00:00:00Z", EARLIEST),
        ("2200-01-01T00:00:00Z", LATEST),
    ],
)
def test_known_times(text, at):
    assert parse_rfc3339(text) == at


def test_only_as_many_decimals_as_needed():
    assert rfc3339(0) == "1970-01-01T00:00:00Z"
    assert rfc3339(1) == "1970-01-01T00:00:00.000001Z"


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00", "1970-01-01", "", "now", "1970-02-30T00:00:00Z", "0"]
)
def test_no_time_or_no_zone_is_refused(text):
    with pytest.raises(ValueError):
        parse_rfc3339(text)


def test_a_datetime_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        instant(datetime(2024, 1, 1))  # noqa: DTZ001
    assert instant(datetime(1970, 1, 1, tzinfo=UTC)) == 0
