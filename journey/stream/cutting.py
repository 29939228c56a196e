"""How a partition of the log becomes messages: each merge behind the history that it takes over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from journey.stream import wire
from journey.stream.by_customer import part_of
from journey.stream.wire import Row
from schemas.envelope import partition_of
from schemas.events import Absorbed

# Position and stored bytes of a customer's events before a position of the log.
History = Callable[[bytes, int], Sequence[tuple[int, bytes]]]


def messages(
    partition: int, rows: Sequence[Row], partitions: int, history: History
) -> Iterator[tuple[wire.Block, int]]:
    """Neighbours in a partition as blocks, each with the last offset that the topic then has.

    Args:
        partitions: how many the log has.
        history: what is to be sent ahead of a merge with a customer of another partition.
    """
    at = 0
    for block in wire.blocks(partition, [(row.position, row.stored) for row in rows]):
        own = rows[at : at + len(block.events)]
        at += len(own)
        for row in own:
            if row.type == Absorbed.TYPE:
                gone = part_of(row.stored)
                if partition_of(gone, partitions) != partition:
                    for part in wire.blocks(partition, history(gone, row.position), gone):
                        yield part, own[0].offset - 1
        yield block, own[-1].offset
