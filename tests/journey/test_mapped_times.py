"""Times as tables write them: nothing is guessed, and summer time is as documented."""

import pytest

from journey.ingest.mapped.times import check_time_format, reader
from schemas.errors import CannotAccept

SECONDS = "%Y-%m-%d %H:%M:%S"
BERLIN = "Europe/Berlin"


def read(text, formats, zone="", unclear="first"):
    formats = [formats] if isinstance(formats, str) else formats
    assert not any(check_time_format(each, zone) for each in formats)
    try:
        return reader(formats, zone, unclear)(text)
    except CannotAccept as refused:
        assert text not in str(refused)
        return refused.code


@pytest.mark.parametrize(
    ("text", "format_", "zone", "is_"),
    [
        ("2024-05-01T12:30:00+02:00", "rfc3339", "", "2024-05-01T12:30:00+02:00"),  # as it is
        ("2024-05-01 12:30:00", "rfc3339", BERLIN, "2024-05-01T10:30:00Z"),
        ("2024-05-01", "rfc3339", BERLIN, "2024-04-30T22:00:00Z"),
        ("2024-05-01T12:30:00.25z", "rfc3339", BERLIN, "2024-05-01T12:30:00.250000Z"),
        ("2024-05-01 12:30:00", SECONDS, "UTC", "2024-05-01T12:30:00Z"),
        (" 2024-05-01 12:30:00 ", SECONDS, "UTC", "2024-05-01T12:30:00Z"),
        ("2024-01-01 12:30:00", SECONDS, "America/New_York", "2024-01-01T17:30:00Z"),
        ("01.05.2024 12:30 +0200", "%d.%m.%Y %H:%M %z", "", "2024-05-01T10:30:00Z"),
        ("19970101", "%Y%m%d", "UTC", "1997-01-01T00:00:00Z"),
        ("1714559400", "unix", "", "2024-05-01T10:30:00Z"),
        ("1714559400.5", "unix", "", "2024-05-01T10:30:00.500000Z"),
        ("1714559400123", "unix-ms", "", "2024-05-01T10:30:00.123000Z"),
        ("45413", "excel", "UTC", "2024-05-01T00:00:00Z"),
        ("45413.5208333333", "excel", "UTC", "2024-05-01T12:30:00Z"),
        ("45413.5", "excel", BERLIN, "2024-05-01T10:00:00Z"),
        ("43951", "excel-1904", "UTC", "2024-05-01T00:00:00Z"),
        ("01/05/2024", ["%Y-%m-%d", "%d/%m/%Y"], "UTC", "2024-05-01T00:00:00Z"),
        # refused
        ("45413", SECONDS, "UTC", "serial-date"),
        ("45413.52", "rfc3339", "UTC", "serial-date"),
        ("45413", "unix", "", "serial-date"),
        ("1714559400", "unix-ms", "", "bad-time"),  # seconds
        ("1714559400123", "unix", "", "bad-time"),  # milliseconds
        ("0", "unix", "", "bad-time"),
        ("nan", "unix", "", "bad-time"),
        ("1e999999999", "unix", "", "bad-time"),
        ("60", "excel", "UTC", "bad-time"),
        ("2024-02-30 00:00:00", SECONDS, "UTC", "bad-time"),
        ("2024-05-01 12:30", SECONDS, "UTC", "bad-time"),
        ("yesterday", "excel", "UTC", "bad-time"),
    ],
)
def test_a_time_is_read_or_refused(text, format_, zone, is_):
    assert read(text, format_, zone) == is_


def test_a_time_that_comes_twice_is_the_first():
    assert read("2024-10-27 02:30:00", SECONDS, BERLIN) == "2024-10-27T00:30:00Z"
    assert read("2024-10-27 03:00:00", SECONDS, BERLIN) == "2024-10-27T02:00:00Z"


def test_a_time_that_never_comes_is_read_with_the_offset_before():
    assert read("2024-03-31 02:30:00", SECONDS, BERLIN) == "2024-03-31T01:30:00Z"
    assert read("2024-03-31 03:30:00", SECONDS, BERLIN) == "2024-03-31T01:30:00Z"


@pytest.mark.parametrize("text", ["2024-10-27 02:30:00", "2024-03-31 02:30:00"])
def test_both_are_refused_where_the_mapping_says_so(text):
    assert read(text, SECONDS, BERLIN, "refuse") == "unclear-time"
    assert read(text, SECONDS, "UTC", "refuse").endswith("Z")


@pytest.mark.parametrize(
    ("format_", "zone", "why"),
    [
        (SECONDS, "", "no zone"),
        ("excel", "", "no zone"),
        (SECONDS, "Europe/Bärlin", "no time zone Europe/Bärlin"),
        (SECONDS, "../../etc/passwd", "no time zone"),
        ("iso", "UTC", "no format iso"),
        ("%Y-%m-%d %Q", "UTC", "cannot be read"),
        ("%H:%M", "UTC", "no year"),
        ("%Y-%m-%d %Z", "", "%Z"),
    ],
)
def test_a_wrong_format_is_told_before_anything_is_read(format_, zone, why):
    assert why in check_time_format(format_, zone)


def test_a_time_without_a_zone_is_no_moment():
    assert reader(["%Y-%m-%d", "rfc3339"], "UTC", "first")("2024-05-01T00:00:00Z")
    with pytest.raises(CannotAccept, match="no time zone"):
        reader(["rfc3339", "unix"], "", "first")("2024-05-01")
