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
