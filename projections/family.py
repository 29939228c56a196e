"""A customer's family: everybody who became part of them, as facts of merging and parting tell it.

Rule 1: ``absorbed`` takes in a customer and their family, up to the named offset of each.
Rule 2: ``split-out`` lets a member go, and whoever became part of that member.
Rule 3: ``merged-out`` ends a customer, ``restored`` begins them again. What was recorded in between
    was recorded with somebody else, and stays theirs.

All of it is told by the customer's own events and by those of its members: a partition that has
them needs no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from schemas.events import Absorbed, MergedOut, Restored, SplitOut
from schemas.recorded import Recorded

EVERYTHING = 2**63  # beyond every offset
REGROUPS = (Absorbed, MergedOut, SplitOut, Restored)  # after these a customer is folded anew

Own = Mapping[bytes, Sequence[Recorded]]  # customer -> what was recorded with them, by offset


class _Member(NamedTuple):
    into: bytes  # whose part it became
    last: int  # the last offset of its own events that counts


def by_customer(events: Iterable[Recorded]) -> dict[bytes, list[Recorded]]:
    """Events by whom they were recorded with, each once, by offset."""
    found: dict[bytes, dict[tuple[int, int], Recorded]] = {}
    for event in events:
        found.setdefault(event.customer_id, {})[event.partition, event.offset] = event
    return {customer: [own[n] for n in sorted(own)] for customer, own in found.items()}


def is_gone(own: Iterable[Recorded]) -> bool:
    """Whether somebody with these own events, in order, is part of another at their end."""
    gone = False
    for event in own:
        if isinstance(event.fact, MergedOut | Restored):
            gone = isinstance(event.fact, MergedOut)
    return gone


def family_events(customer: bytes, own: Own, last: int = EVERYTHING) -> list[Recorded]:
    """The events of a customer and their family, member by member.

    Args:
        own: of the customer and of whoever is or was part of them.
        last: as it was after this offset in the customer's partition.
    """
    return [
        event
        for who, member in _tree(customer, own, last).items()
        for event in own.get(who, ())
        if event.offset <= member.last
    ]


def _tree(customer: bytes, own: Own, last: int) -> dict[bytes, _Member]:
    """The customer and all members; a loop, since a chain of mergers may be as long as it likes."""
    path = {(customer, last): _Visit(customer, own, last)}  # from the customer down
    while True:
        visit = next(reversed(path.values()))
        fact = next(visit.facts, None)
        if isinstance(fact, Absorbed):
            step = (fact.customer, fact.last_offset)
            if step not in path:  # only damage makes a circle
                path[step] = _Visit(fact.customer, own, fact.last_offset)
        elif isinstance(fact, SplitOut):
            _let_go(visit.tree, fact.customer)
        else:
            (part, last), _ = path.popitem()
            if not path:
                return visit.tree
            whole = next(reversed(path.values()))
            visit.tree[part] = _Member(whole.customer, last)
            visit.tree.pop(whole.customer, None)
            whole.tree |= visit.tree


class _Visit:
    """Somebody whose members are being found.

    Args:
        last: the last offset of their own events that counts.
    """

    def __init__(self, customer: bytes, own: Own, last: int) -> None:
        self.customer = customer
        self.tree = {customer: _Member(b"", last)}  # those found so far
        told = takewhile(lambda event: event.offset <= last, own.get(customer, ()))
        self.facts = (e.fact for e in told if isinstance(e.fact, Absorbed | SplitOut))


def _let_go(tree: dict[bytes, _Member], customer: bytes) -> None:
    leaving = {customer}
    while leaving:
        for who in leaving:
            tree.pop(who, None)
        leaving = {who for who, member in tree.items() if member.into in leaving}
