"""Time zones from the pinned ``tzdata`` package, never from the machine: the same rules everywhere.

The package's files are read like the contracts beside this module: as data that is installed with
the code, in the version that the lock file names.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

import tzdata

VERSION: str = tzdata.IANA_VERSION  # of the rules, such as 2026a


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """The names of all zones."""
    return frozenset((files("tzdata") / "zones").read_text("ascii").split())


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name, such as Europe/Berlin.

    Raises:
        KeyError: there is none of that name.
    """
    if name not in names():
        raise KeyError(name)
    told = files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()
    return ZoneInfo.from_file(BytesIO(told), key=name)


@lru_cache(maxsize=1)
def of_countries() -> dict[str, tuple[str, ...]]:
    """All zones of each country, by its two letters of ISO 3166, as ``zone.tab`` has them."""
    found: dict[str, list[str]] = {}
    for country, _, name, *_ in _rows("zone.tab"):
        found.setdefault(country, []).append(name)
    return {country: tuple(sorted(names)) for country, names in found.items()}


def country(told: str) -> str:
    """The two letters of a country told by them or by its English name in ``iso3166.tab``.

    Returns:
        Nothing where it is neither, or has no zone.
    """
    return _countries().get(told.strip().casefold(), "")


def country_of(name: str) -> str:
    """The country of a zone, told by an older name of it as well; empty where it is none's."""
    by_zone = _by_zone()
    return by_zone.get(name) or by_zone.get(_older_names().get(name, ""), "")


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    known = of_countries()
    named = {name.casefold(): code for code, name, *_ in _rows("iso3166.tab") if code in known}
    return named | {code.casefold(): code for code in known}


@lru_cache(maxsize=1)
def _by_zone() -> dict[str, str]:
    return {name: country for country, names in of_countries().items() for name in names}


@lru_cache(maxsize=1)
def _older_names() -> dict[str, str]:
    """The names that are links to another, such as Asia/Calcutta, and to which."""
    lines = (files("tzdata.zoneinfo") / "tzdata.zi").read_text("utf-8").splitlines()
    links = (line.split() for line in lines if line.startswith("L "))
    return {name: target for _, target, name in links}


def _rows(table: str) -> list[list[str]]:
    text = (files("tzdata.zoneinfo") / table).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
