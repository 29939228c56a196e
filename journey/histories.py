"""Whole histories, customer by customer, and only of those who may matter."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from journey.bootstrap import Workspace
from schemas.recorded import Recorded

READ_TOGETHER = 500  # events of several customers: what one statement of the log asks for


def histories(
    workspace: Workspace, types: Collection[str]
) -> Iterator[tuple[bytes, list[Recorded], int]]:
    """All customers of today, each with how many events are theirs.

    The events themselves are read of those alone who have one of these types; of no types: of all.
    """
    places: dict[bytes, list[int]] = {}
    for customer, position in workspace.store.histories():
        places.setdefault(customer, []).append(position)
    starting = set(workspace.log.of_types(types)) if types else None
    together = list[tuple[bytes, list[int]]]()
    for customer, positions in places.items():
        if starting is not None and starting.isdisjoint(positions):
            yield customer, [], len(positions)
            continue
        together.append((customer, positions))
        if sum(len(those) for _, those in together) >= READ_TOGETHER:
            yield from _read(workspace, together)
            together.clear()
    yield from _read(workspace, together)


def _read(
    workspace: Workspace, together: Sequence[tuple[bytes, list[int]]]
) -> Iterator[tuple[bytes, list[Recorded], int]]:
    """Several customers' events, asked for at once."""
    events = iter(workspace.log.at([at for _, positions in together for at in positions]))
    for customer, positions in together:
        yield customer, list(islice(events, len(positions))), len(positions)
