"""Holding what is stored against what the log amounts to, down to the first field that differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from projections.columns import to_arrow
from projections.fold import State, is_start
from projections.projection import Act, act_id
from projections.tables import CUSTOMER, KEY_OF, Row, Table, key_of
from replay.digest import rows_of
from replay.findings import Finding, Kind, shown
from schemas.events import OutreachDecided
from schemas.recorded import Recorded


def compare_rows(table: Table, expected: Sequence[Row], actual: pa.Table) -> Iterator[Finding]:
    """The rows that are missing, too many or different.

    Args:
        expected: in any order.
        actual: in key order, with the table's Arrow types.
    """
    ordered = sorted(expected, key=KEY_OF[table.name])
    if _are(table, ordered, actual):
        return
    has_customers = table.key[0] == CUSTOMER.name
    wanted = {key_of(table.name, row): row for row in ordered}
    found = {key_of(table.name, row): row for row in rows_of(actual)}
    for key in sorted({*wanted, *found}):
        left, right = wanted.get(key), found.get(key)
        if left == right:
            continue
        name, was, got = "", "a row", "a row"
        if left is None:
            was = ""
        elif right is None:
            got = ""
        else:
            at = next(
                n for n, pair in enumerate(zip(left, right, strict=True)) if pair[0] != pair[1]
            )
            name, was, got = table.names[at], shown(left[at]), shown(right[at])
        yield Finding(
            kind=Kind.ROW,
            customer=str(key[0]) if has_customers else "",
            where=table.name,
            key="/".join(str(part) for part in key[has_customers:]),
            field=name,
            expected=was,
            found=got,
        )


def _are(table: Table, rows: Sequence[Row], actual: pa.Table) -> bool:
    """Whether these are the rows, the fast way."""
    try:
        return bool(to_arrow(table, rows).equals(actual))
    except (OverflowError, ValueError):  # a damaged event says what no column can hold
        return False


def compare_state(customer: bytes, expected: State, stored: State) -> Iterator[Finding]:
    """The first field in which a saved state differs, if any."""
    if expected is None or stored is None:
        yield Finding(
            kind=Kind.STATE,
            customer=customer.hex(),
            where="states",
            expected="" if expected is None else "a state",
            found="" if stored is None else "a state",
        )
        return
    for projection in expected.__struct_fields__:
        left = msgspec.to_builtins(getattr(expected, projection), builtin_types=(bytes,))
        right = msgspec.to_builtins(getattr(stored, projection), builtin_types=(bytes,))
        if left != right:
            part = getattr(expected, projection)
            field, was, got = first_difference(part.__struct_fields__, left, right)
            yield Finding(
                kind=Kind.STATE,
                customer=customer.hex(),
                where=projection,
                field=field,
                expected=was,
                found=got,
            )
            return


def compare_decisions(
    customer: bytes, expected: Iterable[Act], recorded: Iterable[Recorded]
) -> Iterator[Finding]:
    """Decisions that would not be made again, were not recorded, or say something else.

    What findings started is told by ``replay.starts``.
    """
    wanted: dict[bytes, Act] = {}
    for made in sorted(expected, key=lambda act: act.occurred_at):
        wanted.setdefault(act_id(made.fact), made)  # the log takes each once: the first
    found = {event.event_id: event for event in recorded if not is_start(event)}
    for event_id in sorted({*wanted, *found}):
        act, event = wanted.get(event_id), found.get(event_id)
        if act is not None and event is not None and event.fact == act.fact:
            continue
        field, was, got = "", "a decision" if act else "", "a decision" if event else ""
        if act is not None and event is not None:
            names = act.fact.__struct_fields__
            left = [getattr(act.fact, name) for name in names]
            right = [getattr(event.fact, name, None) for name in names]
            field, was, got = first_difference(names, left, right)
        yield Finding(
            kind=Kind.DECISION,
            customer=customer.hex(),
            key=event_id.hex(),
            where=act.fact.trigger if act else _trigger(event),
            field=field,
            expected=was,
            found=got,
        )


def _trigger(event: Recorded | None) -> str:
    fact = event.fact if event else None
    return fact.trigger if isinstance(fact, OutreachDecided) else ""


def first_difference(
    names: Sequence[str], left: Sequence[Any], right: Sequence[Any]
) -> tuple[str, str, str]:
    """The first field that differs, and what it is on either side; nothing if none does."""
    for name, was, got in zip(names, left, right, strict=True):
        if was != got:
            return name, shown(was), shown(got)
    return "", "", ""
