"""Taking identities apart, by the indexes alone: who is to be a customer of their own again.

Rule 1: what is removed from somebody who was never known without it is nobody's from now on.
Rule 2: what somebody else had before they became part of the same customer goes with them: they
    leave, and take along whoever became part of them.
Rule 3: where those who stay are the ones who became part of the other, they leave.
Rule 4: what only finds, such as an order, parts nobody.

The caller's transaction has everything that was told before, and commits the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from journey.log.identity import Name, Names


class Parted(NamedTuple):
    """Somebody who is a customer of their own again, and whose part they were, nearest first."""

    customer: bytes
    out_of: tuple[bytes, ...]


def part(cursor: Any, stay: Names, removed: Names) -> list[Parted]:
    """Take what is removed from whoever has the names that stay; who became a customer by it."""
    found: list[Parted] = []
    for name in (*removed.links, *removed.finds):
        whose = _owner(cursor, name)
        stayers = [o for n in (*stay.links, *stay.finds) if (o := _owner(cursor, n)) is not None]
        if whose is None:
            continue
        if name.finds_only or whose in stayers:
            if any(_path(cursor, o)[-1] == _path(cursor, whose)[-1] for o in stayers):
                cursor.execute("DELETE FROM identities WHERE hash = ?", (name.hash,))
            continue
        for stayer in dict.fromkeys(stayers):
            path, other = _path(cursor, stayer), _path(cursor, whose)
            if path[-1] != other[-1]:
                continue
            leaves = path if whose in path else other
            _leave(cursor, leaves[0])
            found.append(Parted(leaves[0], tuple(leaves[1:])))
    return found


def without(names: Names, removed: Names) -> Names:
    """The names that are not among the removed ones."""
    gone = {name.hash for name in (*removed.links, *removed.finds)}

    def rest(some: Iterable[Name]) -> list[Name]:
        return [name for name in some if name.hash not in gone]

    return Names(rest(names.links), rest(names.finds))


def _owner(cursor: Any, name: Name) -> bytes | None:
    """Who was the first to have a name, whoever they are part of today."""
    cursor.execute("SELECT customer_id FROM identities WHERE hash = ?", (name.hash,))
    row = cursor.fetchone()
    return None if row is None else bytes(row[0])


def _path(cursor: Any, customer: bytes) -> list[bytes]:
    """A customer, whom they became part of, and so on up to who they are today."""
    path = [customer]
    while True:
        cursor.execute("SELECT parent_id FROM merges WHERE customer_id = ?", (path[-1],))
        row = cursor.fetchone()
        if row is None or row[0] in path:
            return path
        path.append(bytes(row[0]))


def _leave(cursor: Any, customer: bytes) -> None:
    """From now on a customer is nobody's part, and their own parts are theirs alone."""
    cursor.execute("SELECT into_id FROM merges WHERE customer_id = ?", (customer,))
    (root,) = cursor.fetchone()
    cursor.execute("DELETE FROM merges WHERE customer_id = ?", (customer,))
    cursor.execute("SELECT customer_id, parent_id FROM merges WHERE into_id = ?", (root,))
    below: dict[bytes, list[bytes]] = {}
    for row in cursor.fetchall():
        below.setdefault(row[1], []).append(row[0])
    leaving = [customer]
    for who in leaving:
        leaving += below.get(who, [])
    moved = [(customer, who) for who in leaving[1:]]
    cursor.executemany("UPDATE merges SET into_id = ? WHERE customer_id = ?", moved)
