"""What ClickHouse says when it refuses, as one sentence with its code and a remedy."""

from __future__ import annotations

import re

from schemas.errors import AnalyticsError

_CODE = re.compile(r"Code: (\d+)\. (.*)", re.DOTALL)
# A server names itself once for each that the error came through; not every one names the error.
_SHAPE = re.compile(
    r"(?:DB::\w+: )*(?P<text>.*?)(?: \((?P<name>[A-Z][A-Z0-9_]+)\))?[\s.]*", re.DOTALL
)
_TRACE = ". Stack trace:"
_LONGEST = 300

# Code -> what to do about it. https://github.com/ClickHouse/ClickHouse, src/Common/ErrorCodes.cpp
REMEDIES: dict[int, str] = {
    60: "prepare the tables first",
    62: "correct the statement",
    47: "correct the statement, or raise the table's version if its columns changed",
    16: "raise the table's version if its columns changed",
    115: "correct the name of the setting in JOURNEY_CLICKHOUSE",
    159: "ask for a shorter time",
    164: "name a user in JOURNEY_CLICKHOUSE who may write",
    192: "correct user and password in JOURNEY_CLICKHOUSE",
    193: "correct user and password in JOURNEY_CLICKHOUSE",
    194: "give user and password in JOURNEY_CLICKHOUSE",
    241: "ask for a shorter time or fewer groups, or give the engine more memory",
    243: "free space on the disk",
    252: "insert larger blocks, or wait until merging has caught up",
    497: "grant the user of JOURNEY_CLICKHOUSE what docs/clickhouse.md lists",
    516: "correct user and password in JOURNEY_CLICKHOUSE",
}
_OTHERWISE = "try again, and report it if it stays"


def refusal(message: str) -> AnalyticsError:
    """The error for what the engine said.

    Args:
        message: such as ``Code: 60. DB::Exception: Unknown table … (UNKNOWN_TABLE)``.
    """
    found = _CODE.fullmatch(message.strip())
    if found is None:
        return AnalyticsError(f"ClickHouse failed: {_first(message)}: {_OTHERWISE}.")
    return refused(int(found[1]), found[2])


def refused(code: int, message: str, name: str = "") -> AnalyticsError:
    """The error for what the engine said, whose code travelled beside it.

    Args:
        message: such as ``DB::Exception: Unknown table … (UNKNOWN_TABLE)``.
        name: of the code, if the message may lack it.
    """
    found = _SHAPE.fullmatch(message.partition(_TRACE)[0].strip())
    assert found is not None  # noqa: S101 - every part of it may be empty
    told = " ".join(filter(None, (str(code), found["name"] or name)))
    remedy = REMEDIES.get(code, _OTHERWISE)
    return AnalyticsError(f"ClickHouse refused ({told}): {_first(found['text'])}: {remedy}.")


def _first(text: str) -> str:
    """The first sentence, without the parser's list of everything that it would have liked."""
    line = " ".join(text.split())
    for end in (". Expected one of", ". In scope", ": In scope", _TRACE):
        line = line.partition(end)[0]
    return line[:_LONGEST].rstrip(". ")
