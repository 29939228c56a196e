"""Instants: whole microseconds since 1970-01-01T00:00:00Z, as ``int``.

A number needs no zone, compares fast, and is the same in Avro, SQLite, Arrow and ClickHouse.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

Instant = int

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# ClickHouse's DateTime64(6) ends in 2299; nothing real lies past 2200.
EARLIEST: Instant = -2_208_988_800 * SECOND  # 1900-01-01
LATEST: Instant = 7_258_118_400 * SECOND  # 2200-01-01

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(moment: datetime) -> Instant:
    """The instant of an aware ``datetime``.

    Raises:
        ValueError: the datetime has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return (moment - _EPOCH) // _MICROSECOND


def moment(at: Instant) -> datetime:
    """The aware UTC ``datetime`` of an instant."""
    return _EPOCH + timedelta(microseconds=at)


def rfc3339(at: Instant) -> str:
    """The instant as RFC 3339 text in UTC, with only as many decimals as it needs."""
    text = moment(at).isoformat()
    return text.replace("+00:00", "Z")


def parse_rfc3339(text: str) -> Instant:
    """The instant of an RFC 3339 text.

    Raises:
        ValueError: not a time, or no zone in it.
    """
    return instant(datetime.fromisoformat(text))
