"""What ClickHouse says when it refuses, as one sentence with its code and a remedy."""

from __future__ import annotations

import re

from schemas.errors import AnalyticsError

_SHAPE = re.compile(
    r"Code: (?P<code>\d+)\. (?:DB::\w+: )?(?P<text>.*?)(?: \((?P<name>[A-Z][A-Z0-9_]+)\))?\s*",
    re.DOTALL,
)
_LONGEST = 300

# Code -> what to do about it. https://github.com/ClickHouse/ClickHouse, src/Common/ErrorCodes.cpp
REMEDIES: dict[int, str] = {
    60: "prepare the tables first",
    62: "correct the statement",
    47: "correct the statement, or raise the table's version if its columns changed",
    16: "raise the table's version if its columns changed",
    159: "ask for a shorter time",
    241: "ask for a shorter time or fewer groups, or give the engine more memory",
    243: "free space on the disk",
    252: "insert larger blocks, or wait until merging has caught up",
    516: "check user and password",
}
_OTHERWISE = "try again, and report it if it stays"


def refusal(message: str) -> AnalyticsError:
    """The error for what the engine said.

    Args:
        message: such as ``Code: 60. DB::Exception: Unknown table … (UNKNOWN_TABLE)``.
    """
    found = _SHAPE.fullmatch(message.strip())
    if found is None:
        return AnalyticsError(f"ClickHouse failed: {_first(message)}: {_OTHERWISE}.")
    code = int(found["code"])
    name = f" {found['name']}" if found["name"] else ""
    remedy = REMEDIES.get(code, _OTHERWISE)
    return AnalyticsError(f"ClickHouse refused ({code}{name}): {_first(found['text'])}: {remedy}.")


def _first(text: str) -> str:
    """The first sentence, without the parser's list of everything that it would have liked."""
    line = " ".join(text.split())
    for end in (". Expected one of", ". In scope", ": In scope", ". Stack trace"):
        line = line.partition(end)[0]
    return line[:_LONGEST].rstrip(". ")
