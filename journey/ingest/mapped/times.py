"""Times as tables write them, read into RFC 3339.

Rule 1: nothing is guessed. A time without a zone is read in the zone that the mapping names; a
    spreadsheet's serial number is a time only where the mapping says ``excel``.
Rule 2: as clocks change, a local time may come twice or never. Both are read as RFC 5545, 3.3.5
    says: twice, the first is meant; never, with the offset from before the change. Or they are
    refused, if the mapping says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.errors import CannotAccept
from schemas.times import instant, rfc3339

Read = Callable[[str], str]  # a text as RFC 3339 text
_Parse = Callable[[str], datetime]  # raises ValueError

RFC3339 = "rfc3339"
UNIX = {"unix": 1, "unix-ms": 1_000}  # how many make a second
EXCEL = {"excel": datetime(1899, 12, 30), "excel-1904": datetime(1904, 1, 1)}  # noqa: DTZ001 - local
REMEMBERED = 4_096  # dates repeat from row to row
_IS_UTC = frozenset({"UTC", "Etc/UTC"})

_SERIAL_MIN, _SERIAL_MAX = 61, 110_000  # before 61 Excel counts a 29 February 1900; 2201
_UNIX_SECONDS_MIN = 100_000_000  # 1973: less is another unit, or a spreadsheet's day
_serial = re.compile(r"[2-9][0-9]{4}(?:[.,][0-9]+)?").fullmatch  # 1954 to 2173
_WHOLE = re.compile(r"%[YyGcx]")


def check_time_format(format_: str, zone: str) -> str:
    """What is wrong with a format and its zone; empty if nothing is."""
    if zone:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return f"there is no time zone {zone}: write an IANA name, such as Europe/Berlin or UTC"
    if format_ in UNIX or format_ == RFC3339:
        return ""
    if format_ not in EXCEL:
        if "%" not in format_:
            known = ", ".join((RFC3339, *UNIX, *EXCEL))
            return f"there is no format {format_}: write one of {known}, or such as %Y-%m-%d %H:%M"
        if "%Z" in format_:
            return "%Z reads names of zones that mean several: name the zone, and cut it off"
        if not _WHOLE.search(format_):
            return f"the format {format_} has no year: join the columns that make the whole date"
        try:
            datetime.strptime(datetime(2024, 5, 1, tzinfo=UTC).strftime(format_), format_)  # noqa: DTZ007
        except (ValueError, re.error):
            return (
                f"the format {format_} cannot be read: see Python's strptime for what it may have"
            )
        if "%z" in format_:
            return ""
    if not zone:
        return f'has no zone, and {format_} tells none: name it, such as zone = "Europe/Berlin"'
    return ""


def reader(formats: list[str], zone: str, unclear: str) -> Read:
    """What reads a time of one of these formats, the first that fits.

    Args:
        formats: good ones, see ``check_time_format``.
        zone: the zone of times that have none; may be empty.
        unclear: ``first`` or ``refuse``.

    Returns:
        A function that raises CannotAccept, with a reason that lacks the column.
    """
    if formats == [RFC3339] and not zone:
        return lambda text: text  # our own form checks it
    parsers = [_parser(each) for each in formats]
    local, is_utc = ZoneInfo(zone) if zone else None, zone in _IS_UTC
    is_serial_fine = any(each in EXCEL for each in formats)

    @lru_cache(maxsize=REMEMBERED)
    def read(text: str) -> str:
        written = text.strip()
        for parse in parsers:
            try:
                at = parse(written)
                if at.tzinfo is None:
                    if is_utc:
                        return f"{at.isoformat()}Z"  # the same, without a way through instants
                    at = _placed(at, local, unclear)
                return rfc3339(instant(at))
            except (ValueError, ArithmeticError):  # Decimal's errors are of the latter
                continue
        if not is_serial_fine and _serial(written):
            reason = (
                "looks like a spreadsheet's number for a date: export dates as text, or write "
                'format = "excel" in the mapping'
            )
            raise CannotAccept("serial-date", reason)
        reason = f"is no time of the form {' or '.join(formats)}: correct it, or the mapping"
        raise CannotAccept("bad-time", reason)

    return read


def _placed(at: datetime, zone: ZoneInfo | None, unclear: str) -> datetime:
    """A local time in its zone, as ``unclear`` says where that is not one moment."""
    if zone is None:
        reason = "has no time zone: name the zone in the mapping"
        raise CannotAccept("no-time-zone", reason)
    placed = at.replace(tzinfo=zone)
    if unclear == "refuse" and placed.utcoffset() != placed.replace(fold=1).utcoffset():
        reason = "comes twice or never in its zone, as clocks change: export times in UTC"
        raise CannotAccept("unclear-time", reason)
    return placed


# What stands for a number, and how wide it is where nothing is left out.
_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_ISO = frozenset({"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"})


def _numbers(format_: str) -> _Parse | None:
    """What reads a format of such numbers where all digits are there, as ``strptime`` would, in a
    fifth of its time; None if the format has anything else.
    """
    pattern, names = "", []
    for literal, mark in re.findall(r"([^%]*)(?:%(.))?", format_, re.DOTALL):
        pattern += re.escape(literal)
        if mark:
            if mark not in _WIDTHS or mark in names:
                return None
            names.append(mark)
            pattern += f"([0-9]{{{_WIDTHS[mark]}}})"
    if not {"Y", "m", "d"}.issubset(names) or format_.endswith("%") or re.search(r"\s{2}", format_):
        return None
    fits = re.compile(pattern).fullmatch
    order = ["YmdHMS".index(name) for name in names]
    is_iso = format_ in _ISO

    def parse(text: str) -> datetime:
        found = fits(text)
        if found and is_iso:
            return datetime.fromisoformat(text)
        if found:
            given = [1, 1, 1, 0, 0, 0]
            for at, number in zip(order, found.groups(), strict=True):
                given[at] = int(number)
            return datetime(*given)  # type: ignore[arg-type] # noqa: DTZ001 - placed by the caller
        return datetime.strptime(text, format_)  # noqa: DTZ007

    return parse


def _parser(format_: str) -> _Parse:
    if format_ == RFC3339:
        return lambda text: datetime.fromisoformat(text.upper())
    if format_ in UNIX:
        return lambda text: _from_unix(text, UNIX[format_])
    if format_ in EXCEL:
        return lambda text: _from_serial(text, EXCEL[format_])
    return _numbers(format_) or (lambda text: datetime.strptime(text, format_))  # noqa: DTZ007


def _from_unix(text: str, per_second: int) -> datetime:
    seconds = _number(text) / per_second
    if seconds < _UNIX_SECONDS_MIN:
        raise ValueError("too early to be meant")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))


def _from_serial(text: str, first: datetime) -> datetime:
    days = _number(text)
    if not _SERIAL_MIN <= days <= _SERIAL_MAX:
        raise ValueError("no day of a spreadsheet")
    # A spreadsheet's float is a few microseconds off: nobody means more than milliseconds.
    return first + timedelta(milliseconds=round(days * 86_400_000))


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("no number")
    return number
