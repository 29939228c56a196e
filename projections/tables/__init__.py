"""The tables that projections publish: a module for each subject, and all of them together here."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from projections.tables.assignments import ASSIGNMENTS
from projections.tables.brand_events import BRAND_EVENTS
from projections.tables.contacts import CONTACTS
from projections.tables.conversations import CONVERSATIONS
from projections.tables.decisions import DECISIONS
from projections.tables.stages import STAGES
from projections.tables.table import CUSTOMER, Column, Kind, Row, Table
from projections.tables.touchpoints import TOUCHPOINTS
from projections.tables.turns import TURNS

__all__ = [
    "ASSIGNMENTS",
    "BRAND_EVENTS",
    "BY_NAME",
    "CONTACTS",
    "CONVERSATIONS",
    "CUSTOMER",
    "DECISIONS",
    "KEY_OF",
    "KEY_PLACES",
    "STAGES",
    "TABLES",
    "TOUCHPOINTS",
    "TURNS",
    "VERSIONS",
    "Column",
    "Kind",
    "Row",
    "Table",
    "key_of",
]

TABLES: tuple[Table, ...] = (
    TOUCHPOINTS,
    CONVERSATIONS,
    TURNS,
    CONTACTS,
    ASSIGNMENTS,
    STAGES,
    DECISIONS,
    BRAND_EVENTS,
)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
VERSIONS: dict[str, int] = {table.name: table.version for table in TABLES}
# Where in a row of each table its key's values stand.
KEY_PLACES: dict[str, tuple[int, ...]] = {
    table.name: tuple(table.names.index(name) for name in table.key) for table in TABLES
}
# The values that make a row of a table what it is.
KEY_OF: dict[str, Callable[[Row], tuple[Any, ...]]] = {
    name: itemgetter(*places) for name, places in KEY_PLACES.items()
}


def key_of(table: str, row: Row) -> tuple[Any, ...]:
    """The values that make a row what it is."""
    return KEY_OF[table](row)
