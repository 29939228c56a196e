"""What every section of the configuration is made of."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec


class Complaint(NamedTuple):
    """Something wrong that types alone do not tell.

    Args:
        path: the keys that lead to it, from the top.
        wrong: what is wrong and what may stand there, without a full stop.
    """

    path: tuple[str, ...]
    wrong: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A section: named values, each with a default."""

    def complaints(self, whole: Any) -> Iterable[Complaint]:
        """What is wrong with the values together; paths begin in the section.

        Args:
            whole: the Configuration, for what other sections must know.
        """
        return ()

    @property
    def mark(self) -> str:
        """Eight hexadecimal digits that stand for these values: rows name the rules behind them."""
        return sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:8]
