"""One partition replayed: its bytes checked, its customers folded, and all of it compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

import msgspec

from projections.configuration import configuration
from projections.fold import decisions_wake_at, meaning_wakes_at
from projections.rulebook import Bookkeeping, History, Rulebook
from projections.tables import Row
from projections.touchpoints import brand_row
from replay.compare import compare_decisions, compare_state
from replay.customer import Replayed, Watermarks, replay_kin
from replay.findings import Finding, Kind, shown
from replay.starts import compare_starts
from schemas.codec import Codec
from schemas.envelope import decode, leaf_hash
from schemas.errors import ContractError, UnknownType
from schemas.events import ConfigurationPublished, MergedOut, OutreachDecided, Restored
from schemas.recorded import Recorded, recorded
from schemas.times import Instant

Tally = tuple[int, int]  # how many events, and the sum of their leaves modulo 2**64


class Stored(NamedTuple):
    """An event as it lies in the log, with what the log knows of it beside its bytes."""

    position: int
    offset: int
    body: bytes
    leaf: bytes
    event_id: bytes
    type: str


class SavedState(NamedTuple):
    """A customer's state as it is kept, and when it wants to be woken."""

    state: bytes
    meaning_wakes: Instant
    decisions_wake: Instant


class Scanned(NamedTuple):
    """What a partition holds."""

    events: int
    customers: dict[bytes, list[Recorded]]  # of this partition alone, merged ones apart
    positions: dict[bytes, int]  # of the same customers, added up
    merged: dict[bytes, Tally]  # those who became part of others, or took others in
    of_brands: list[Recorded]  # events without a customer
    into: dict[bytes, bytes]  # who is part of whom, as the last of their own events has it
    findings: list[Finding]


def scan(
    partition: int,
    stored: Iterable[Stored],
    history: History,
    codec: Codec,
    in_family: Callable[[bytes], bool],
) -> Scanned:
    """Check every event's bytes and place, and sort the events by customer.

    Args:
        stored: all events, by offset.
        history: learns the configurations published here.
        in_family: whether a customer took part in a merge; those are only counted.
    """
    customers: dict[bytes, list[Recorded]] = {}
    positions: dict[bytes, int] = {}
    merged: dict[bytes, Tally] = {}
    of_brands: list[Recorded] = []
    apart: dict[bytes, Tally] = {}  # of those who are part of another: what came after they were
    into: dict[bytes, bytes] = {}
    findings: list[Finding] = []
    events = expected = position = 0
    for one in stored:
        event, wrong = _checked(partition, expected, one, codec)
        if one.position <= position:
            place = f"{partition}/{one.offset}"
            found = f"position {one.position}"
            after = f"a position after {position}"
            wrong.append(Finding(kind=Kind.OFFSET, where=place, expected=after, found=found))
        findings += wrong
        events, expected, position = events + 1, one.offset + 1, one.position
        if event is None:
            continue
        customer = event.customer_id
        counts = apart if customer in into else merged
        if isinstance(event.fact, MergedOut):
            into[customer] = event.fact.into
        elif isinstance(event.fact, Restored):
            into.pop(customer, None)
            counts, (n, leaves) = merged, apart.pop(customer, (0, 0))
            m, total = merged.get(customer, (0, 0))
            merged[customer] = (n + m, (leaves + total) % 2**64)
        if isinstance(event.fact, ConfigurationPublished):
            if not publish(history, event):
                place = f"{partition}/{one.offset}"
                wanted, found = "a configuration", shown(event.fact.document)
                damage = Finding(kind=Kind.BYTES, where=place, expected=wanted, found=found)
                findings.append(damage)
        elif event.is_of_brand:
            of_brands.append(event)
        elif in_family(customer):
            counts[customer] = tally(counts.get(customer, (0, 0)), one.leaf)
        else:
            customers.setdefault(customer, []).append(event)
            positions[customer] = positions.get(customer, 0) + one.position
    return Scanned(events, customers, positions, merged, of_brands, into, findings)


def add_brand_rows(events: Iterable[Recorded], rows: dict[str, list[Row]]) -> None:
    """The rows of events without a customer, by table."""
    for event in events:
        change = brand_row(event)
        rows.setdefault(change.table, []).append(change.row)


def publish(history: History, event: Recorded) -> bool:
    """Take note of a published configuration; whether it is one."""
    fact = event.fact
    try:
        configuration(fact.document if isinstance(fact, ConfigurationPublished) else "")
    except (msgspec.DecodeError, ValueError):
        return False
    history.publish(event)
    return True


def tally(so_far: Tally, leaf: bytes) -> Tally:
    """Count one more event in."""
    return so_far[0] + 1, (so_far[1] + int.from_bytes(leaf[:8])) % 2**64


def _checked(
    partition: int, expected: int, stored: Stored, codec: Codec
) -> tuple[Recorded | None, list[Finding]]:
    offset, where = stored.offset, f"{partition}/{stored.offset}"
    wrong = []
    if offset != expected:
        wanted, found = f"offset {expected}", f"offset {offset}"
        wrong.append(Finding(kind=Kind.OFFSET, where=where, expected=wanted, found=found))
    try:
        envelope = decode(stored.body)
        event = recorded(envelope, codec)
    except (ContractError, UnknownType) as error:
        wrong.append(Finding(kind=Kind.BYTES, where=where, expected="an event", found=str(error)))
        return None, wrong
    told = (envelope.partition, envelope.offset, envelope.event_id, envelope.type)
    kept = (partition, offset, stored.event_id, stored.type)
    actual = leaf_hash(partition, offset, envelope.type, stored.body)
    if (actual, told) != (stored.leaf, kept):
        differs = zip(
            ("leaf", "partition", "offset", "event_id", "type"),
            (stored.leaf, *kept),
            (actual, *told),
            strict=True,
        )
        name, was, got = next(d for d in differs if d[1] != d[2])
        wrong.append(
            Finding(
                kind=Kind.BYTES,
                customer=envelope.customer_id.hex(),
                where=where,
                field=name,
                expected=shown(was),
                found=shown(got),
            )
        )
    return event, wrong


def replay_all(
    rules: Rulebook,
    history: History,
    kin: Mapping[bytes, list[Recorded]],
    watermarks: Watermarks,
    saved: Callable[[bytes], SavedState | None],
    rows: dict[str, list[Row]],
    only: Collection[bytes] | None = None,
) -> Iterable[Finding]:
    """Fold each customer afresh; compare decisions and saved state; collect the rows.

    Args:
        kin: one of each group of customers who have or had to do with each other, most of them
            alone -> the events of all of the group. Decisions are compared with that one.
        saved: the stored state of a customer, if there is one.
        rows: table -> rows, added to.
        only: whose states and rows are wanted; left out, those of all.
    """
    for one, events in kin.items():
        again = replay_kin(rules, history, events, watermarks, only)
        if only is None or one in only:
            decided = [event for event in events if isinstance(event.fact, OutreachDecided)]
            yield from compare_decisions(one, again.acts, decided)
            yield from compare_starts(one, history, events)
        for customer, replayed in again.customers.items():
            for table, found in replayed.rows.items():
                rows.setdefault(table, []).extend(found.values())
            yield from _state(rules, history, customer, replayed, saved(customer))


def _state(
    rules: Rulebook, history: History, customer: bytes, again: Replayed, saved: SavedState | None
) -> Iterable[Finding]:
    if saved is None:
        yield from compare_state(customer, again.state, None)
        return
    what = {"customer": customer.hex(), "where": "states"}
    try:
        found = rules.decoder.decode(saved.state)
    except (msgspec.DecodeError, ValueError) as error:
        yield Finding(kind=Kind.STATE, **what, field="state", expected="a state", found=str(error))
        return
    _allow_lag(again.state.book, found.book)
    if found != again.state:
        yield from compare_state(customer, again.state, found)
    wakes = {
        "meaning_wakes": (meaning_wakes_at(rules, again.state), saved.meaning_wakes),
        "decisions_wake": (
            decisions_wake_at(history.newest(rules), again.state),
            saved.decisions_wake,
        ),
    }
    for name, (was, got) in wakes.items():
        if was != got:
            yield Finding(kind=Kind.STATE, **what, field=name, expected=str(was), found=str(got))


def _allow_lag(again: Bookkeeping, found: Bookkeeping) -> None:
    """How far a customer's own clock was run may lag behind the watermark while nothing is due.

    It is never behind what was folded or fired, and never ahead of the watermark.
    """
    last = again.last.occurred_at if again.last else again.fired
    if max(last, again.fired) <= found.until <= again.until:
        again.until = found.until
