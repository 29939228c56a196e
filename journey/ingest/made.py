"""A line of our own form that was made from another form, and never written down.

Rule 1: it is read as if it had been written as JSON: a raw value counts as what its text says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from journey.ingest.declared import Exact
from journey.ingest.fields import Told

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_get, _pop = dict.get, dict.pop


class Values(dict[str, Any]):
    """Properties of which some are raw JSON: read when somebody takes them, as few ever are."""

    def get(self, name: str, default: Any = None) -> Any:
        """As of any dict, raw JSON read."""
        value = _get(self, name, default)
        return _decode(value) if type(value) is msgspec.Raw else value

    def pop(self, name: str, default: Any = None) -> Any:
        """As of any dict, raw JSON read; there is always a default."""
        value = _pop(self, name, default)
        return _decode(value) if type(value) is msgspec.Raw else value


class MadeExact(Exact):
    """The JSON text of single values: as the source wrote it where it is raw, else as we would."""

    __slots__ = ("_fields", "_properties")

    def __init__(self, fields: Told, properties: Told) -> None:
        self._fields, self._properties = fields, properties

    def top(self, name: str) -> str:
        """The text of a top-level field."""
        return _text(self._fields[name])

    def property(self, name: str) -> str:
        """The text of a property."""
        return _text(self._properties[name])

    def properties(self, names: Iterable[str]) -> dict[str, str]:
        """The texts of properties, by their names."""
        made = self._properties
        return {
            name: str(value, "utf-8") if type(value := made[name]) is msgspec.Raw else _text(value)
            for name in names
        }


def _text(value: Any) -> str:
    return str(value, "utf-8") if type(value) is msgspec.Raw else _encode(value).decode()
