"""What a published table is: typed columns and a key, without any SQL.

A row is a tuple of plain values in the order of the table's columns. Rows with equal keys are one
row at different times. No column holds personal data: ids of customers and conversations are
pseudonyms, and what people wrote stays sealed in the log.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

Row = tuple[Any, ...]


class Kind(StrEnum):
    """What a column holds, and the Python value of it in a row."""

    ID = "id"  # str: lower-case hexadecimal of 16 bytes, or empty
    WORD = "word"  # str of few different values
    TEXT = "text"  # str
    WORDS = "words"  # list[str]
    TIME = "time"  # int: microseconds since 1970 UTC
    MAYBE_TIME = "maybe_time"  # the same, or None
    SECONDS = "seconds"  # float
    MAYBE_SECONDS = "maybe_seconds"  # float or None
    COUNT = "count"  # int from 0 to 2**32 - 1
    WHOLE = "whole"  # int of 64 bits, signed
    NUMBER = "number"  # float
    MAYBE_NUMBER = "maybe_number"  # float or None
    FLAG = "flag"  # bool


class Column(NamedTuple):
    """One column; ``about`` is its line in the reference documentation.

    ``of_record`` marks what tells where and when the log took an event in, not what happened: it
    takes no part in digests, so that two logs of one history have the same.
    """

    name: str
    kind: Kind
    about: str
    of_record: bool = False


class Table(NamedTuple):
    """A published table.

    Args:
        name: what queries call it; the view over the current version.
        version: part of the physical name; raise it when the columns or their meaning change.
        time: the TIME column that rows are partitioned by, month by month; part of the key.
        key: the names of the columns that make a row what it is, in sorting order. The first is an
            ID, by whose ranges rows and partitions of the log go together.
    """

    name: str
    version: int
    about: str
    time: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


CUSTOMER = Column("customer_id", Kind.ID, "the customer, after merges")
