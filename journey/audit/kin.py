"""Customers who were one and are not: whom each has, or had, to do with.

Decisions that they made while they were one rest on events of all of them, so that all are read
together. Where nobody was ever parted there are none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from schemas.codec import Codec
from schemas.envelope import decode
from schemas.errors import ContractError
from schemas.events import Restored
from schemas.recorded import recorded


class Kin(NamedTuple):
    """Everybody who has to do with each other, and the one whose partition holds their decisions
    against the log.
    """

    leader: bytes
    members: tuple[bytes, ...]


def parted(log: sqlite3.Connection) -> dict[bytes, Kin]:
    """Whoever was parted from somebody, or took part in that -> their kin."""
    into = dict[bytes, bytes]()

    def one_of(customer: bytes) -> bytes:
        while customer != (up := into.setdefault(customer, customer)):
            customer = up
        return customer

    for one, other in _pairs(log):
        for customer in (one, other):
            for member in _family(log, customer):
                into[one_of(member)] = one_of(customer)
        into[one_of(one)] = one_of(other)
    groups: dict[bytes, list[bytes]] = {}
    for customer in list(into):
        groups.setdefault(one_of(customer), []).append(customer)
    found: dict[bytes, Kin] = {}
    for members in groups.values():
        alone = [customer for customer in members if _root(log, customer) == customer]
        kin = Kin(min(alone, default=members[0]), tuple(sorted(members)))
        found.update(dict.fromkeys(members, kin))
    return found


def _pairs(log: sqlite3.Connection) -> Iterator[tuple[bytes, bytes]]:
    codec = Codec()
    query = f"SELECT CAST(state AS BLOB) FROM stored_events WHERE topic = '{Restored.TYPE}'"  # noqa: S608
    for (stored,) in log.execute(query):
        try:
            event = recorded(decode(stored), codec)
        except ContractError:
            continue  # the scan of its partition tells
        if isinstance(event.fact, Restored):
            yield event.customer_id, event.fact.out_of


def _root(log: sqlite3.Connection, customer: bytes) -> bytes:
    row = log.execute("SELECT into_id FROM merges WHERE customer_id = ?", (customer,)).fetchone()
    return row[0] if row else customer


def _family(log: sqlite3.Connection, customer: bytes) -> list[bytes]:
    root = _root(log, customer)
    rows = log.execute("SELECT customer_id FROM merges WHERE into_id = ?", (root,))
    return [root, *(row[0] for row in rows)]
