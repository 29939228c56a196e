"""One partition replayed: its bytes checked, its customers folded, and all of it compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from projections.rulebook import History, Rulebook
from projections.tables import Row
from replay.compare import compare_decisions, compare_state
from replay.customer import Replayed, Watermarks, replay_customer
from replay.findings import Finding, Kind
from schemas.codec import Codec
from schemas.envelope import decode, leaf_hash
from schemas.errors import ContractError, UnknownType
from schemas.events import ConfigurationPublished, OutreachDecided
from schemas.recorded import Recorded, recorded

Tally = tuple[int, int]  # how many events, and the sum of their leaves modulo 2**64


class Scanned(NamedTuple):
    """What a partition holds."""

    events: int
    customers: dict[bytes, list[Recorded]]  # of this partition alone, merged ones apart
    merged: dict[bytes, Tally]  # those who became part of others, or took others in
    findings: list[Finding]


def scan(
    partition: int,
    stored: Iterable[tuple[int, bytes, bytes]],
    history: History,
    codec: Codec,
    in_family: Callable[[bytes], bool],
) -> Scanned:
    """Check every event's bytes and place, and sort the events by customer.

    Args:
        stored: offset, bytes and leaf of each event, in order.
        history: learns the configurations published here.
        in_family: whether a customer takes part in a merge; those are only counted.
    """
    customers: dict[bytes, list[Recorded]] = {}
    merged: dict[bytes, Tally] = {}
    findings: list[Finding] = []
    expected = 0
    for offset, body, leaf in stored:
        event, wrong = _checked(partition, expected, offset, body, leaf, codec)
        findings += wrong
        expected = offset + 1
        if event is None:
            continue
        if isinstance(event.fact, ConfigurationPublished):
            history.publish(event)
        elif in_family(event.customer_id):
            merged[event.customer_id] = tally(merged.get(event.customer_id, (0, 0)), leaf)
        else:
            customers.setdefault(event.customer_id, []).append(event)
    return Scanned(expected, customers, merged, findings)


def tally(so_far: Tally, leaf: bytes) -> Tally:
    """Count one more event in."""
    return so_far[0] + 1, (so_far[1] + int.from_bytes(leaf[:8])) % 2**64


def _checked(
    partition: int, expected: int, offset: int, body: bytes, leaf: bytes, codec: Codec
) -> tuple[Recorded | None, list[Finding]]:
    where = f"{partition}/{offset}"
    wrong = []
    if offset != expected:
        wrong.append(
            Finding(kind=Kind.OFFSET, where=where, expected=f"offset {expected}", found=f"offset {offset}")
        )
    try:
        envelope = decode(body)
        event = recorded(envelope, codec)
    except (ContractError, UnknownType) as error:
        wrong.append(Finding(kind=Kind.BYTES, where=where, expected="an event", found=str(error)))
        return None, wrong
    actual = leaf_hash(partition, offset, envelope.type, body)
    if actual != leaf or (envelope.partition, envelope.offset) != (partition, offset):
        wrong.append(
            Finding(
                kind=Kind.BYTES,
                customer=envelope.customer_id.hex(),
                where=where,
                field="leaf",
                expected=leaf.hex() if leaf else "a leaf",
                found=actual.hex(),
            )
        )
    return event, wrong


def replay_all(
    rules: Rulebook,
    history: History,
    customers: Mapping[bytes, list[Recorded]],
    watermarks: Watermarks,
    saved: Callable[[bytes], bytes | None],
    rows: dict[str, list[Row]],
) -> Iterable[Finding]:
    """Fold each customer afresh; compare decisions and saved state; collect the rows.

    Args:
        saved: the stored state of a customer, if there is one.
        rows: table -> rows, added to.
    """
    for customer, events in customers.items():
        again = replay_customer(rules, history, customer, events, watermarks)
        for table, found in again.rows.items():
            rows.setdefault(table, []).extend(found.values())
        decided = [event for event in events if isinstance(event.fact, OutreachDecided)]
        yield from compare_decisions(customer, again.acts, decided)
        yield from _state(rules, customer, again, saved(customer))


def _state(
    rules: Rulebook, customer: bytes, again: Replayed, stored: bytes | None
) -> Iterable[Finding]:
    if stored is None:
        yield from compare_state(customer, again.state, None)
        return
    found = rules.decoder.decode(stored)
    # How far a customer's own clock was run is no part of what they are: it may lag behind the
    # watermark while nothing is due.
    again.state.book.until = found.book.until
    if found != again.state:
        yield from compare_state(customer, again.state, found)
