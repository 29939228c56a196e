"""What pictures and reports say, in the language of their readers: ``en.toml`` and ``ja.toml``."""

from __future__ import annotations

import math
import tomllib
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from schemas.errors import UsageError

LANGUAGES = ("en", "ja")
NOTHING = "–"  # noqa: RUF001 - the dash that tables use
CLOCK = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


class Told(str):
    """A value in writing, which may stand before the name of what it counts.

    ``{n:time/times}`` in a text is ``1 time`` or ``2 times``.
    """

    __slots__ = ()

    def __format__(self, names: str) -> str:
        """The value, and the name of one or of many behind it where the text gives them."""
        if not names:
            return str(self)
        one, many = names.split("/")
        return f"{self} {one if self == '1' else many}"


class Words:
    """The words of one language.

    Args:
        language: ``en`` or ``ja``.

    Raises:
        UsageError: no other is known.
    """

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise UsageError(f"The language {language!r} is not known: use one of {known}.")
        self.language = language
        self._told = texts(language)

    def __call__(self, key: str, **given: Any) -> str:
        """A text by its dotted key, with what is given in its gaps.

        Raises:
            KeyError: there is no such text, or a gap stays empty.
        """
        return self._told[key].format(**given)

    def name(self, kind: str, value: Any) -> str:
        """What people call a value of a kind: a stage, a channel, a pain, a column.

        A value that has no name here, such as one of the reader's own, is told as it is.
        """
        text = str(value)
        if text == "":
            return self("none")
        other = text.replace("_", " ") if kind == "column" else text
        return self._told.get(f"{kind}.{text}", other)

    def either(self, *keys: str) -> str:
        """The text of the first of these keys that there is; empty if there is none."""
        return next((self._told[key] for key in keys if key in self._told), "")

    def column(self, query: str, column: str) -> str:
        """What people call a column of a question's answer."""
        return self.either(f"of.{query}.{column}") or self.name("column", column)

    def number(self, value: Any, unit: str = "") -> Told:
        """A value for people, as its unit asks.

        Args:
            unit: of ``journey.clickhouse.queries.Unit``; empty: by the value alone.
        """
        return Told(self._number(value, unit))

    def _number(self, value: Any, unit: str) -> str:
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            return NOTHING
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str):
            return value
        if unit == "seconds":
            return self.duration(float(value))
        if unit == "share":
            return f"{value:.1%}"
        if isinstance(value, int):
            return f"{value:,}"
        if value == int(value) or abs(value) >= 1000:
            return f"{value:,.0f}"
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"

    def duration(self, seconds: float) -> str:
        """A duration in its two largest units: ``2 h 4 min``."""
        if seconds < 0:
            return f"−{self.duration(-seconds)}"  # noqa: RUF001 - a minus
        if seconds < 60:
            return self("duration.second", n=f"{seconds:.3g}")
        left, parts = round(seconds), []
        for size, unit in CLOCK:
            n, left = divmod(left, size)
            if n:
                parts.append(self(f"duration.{unit}", n=n))
        return self("duration.joint").join(parts[:2])


@cache
def texts(language: str) -> dict[str, str]:
    """All texts of a language by their dotted keys."""
    told = (files("journey.words") / f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(told), ""))


def _flat(told: dict[str, Any], at: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in told.items():
        found += _flat(value, f"{at}{key}.") if isinstance(value, dict) else [(at + key, value)]
    return found
