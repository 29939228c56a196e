"""The stream: one day after the other, each day's touchpoints sorted and numbered."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from random import Random
from typing import BinaryIO

import msgspec

from journey.sample.book import LEFT, TOLD, Book, Line, Planted
from journey.sample.clock import CLOCK, DAY_MS, MILLIS, SECONDS, Calendar
from journey.sample.people import CUSTOMERS_MAX, People, Person
from journey.sample.visits import live

DAYS_MAX = 36_525
"""A hundred years: enough for any test of endurance, and far from the end of `datetime`."""

WRITE_BATCH_LINES = 64
"""Lines per write. More is slower: they pile up before the garbage collector."""


def generate(
    *,
    customers: int,
    days: int,
    seed: int,
    start: datetime,
    planted: Planted | None = None,
) -> Iterator[Line]:
    """Yield touchpoints in our own JSON-lines form, in order of time.

    Dicts inside a line (identities, actor, owner) may be shared with other lines: read them, do
    not change them.

    Args:
        customers: how many people may appear, 1 to `CUSTOMERS_MAX`.
        days: length of the window in days of 24 h, 1 to `DAYS_MAX`.
        seed: the same seed and arguments give the same touchpoints.
        start: an aware moment; the window begins at 00:00 UTC of its day in UTC.
        planted: a fresh ledger, filled as lines are yielded; complete when the iterator is.

    Raises:
        ValueError: an argument is out of its range, or `start` has no zone.
    """
    if not 1 <= customers <= CUSTOMERS_MAX:
        raise ValueError(f"customers={customers}: give 1 to {CUSTOMERS_MAX}")
    if not 1 <= days <= DAYS_MAX:
        raise ValueError(f"days={days}: give 1 to {DAYS_MAX}")
    # Checks run at the call, not at the first `next`.
    calendar = Calendar(start)
    return _lines(customers, days, seed, calendar, Planted() if planted is None else planted)


def write_jsonl(
    file: BinaryIO,
    *,
    customers: int,
    days: int,
    seed: int,
    start: datetime,
    planted: Planted | None = None,
    after_each: Callable[[int], None] = lambda _: None,
) -> int:
    """Write what `generate` yields, one JSON object a line in UTF-8.

    Args:
        file: where to write; not closed here.
        customers: see `generate`, as are the others.
        days: length of the window in days.
        seed: the seed.
        start: an aware moment on the first day.
        planted: a fresh ledger, complete on return.
        after_each: told how many lines more were written.

    Returns:
        The number of lines written.

    Raises:
        ValueError: as `generate`.
    """
    lines = generate(customers=customers, days=days, seed=seed, start=start, planted=planted)
    encoder = msgspec.json.Encoder()
    written = 0
    while batch := list(islice(lines, WRITE_BATCH_LINES)):
        file.write(encoder.encode_lines(batch))
        written += len(batch)
        after_each(len(batch))
    return written


def _lines(
    customers: int, days: int, seed: int, calendar: Calendar, planted: Planted
) -> Iterator[Line]:
    rng = Random(seed)
    people = People(customers, rng)
    book = Book(rng=rng, calendar=calendar, people=people, days=days, seed=seed)
    for number in range(customers):
        book.schedule_first_visit(people.meet(number))
    seen = bytearray(customers)
    sequence, prefix = 0, f"m-{seed:x}-"
    events = planted.events
    for day in range(days):
        book.today = day
        # Every act of the day is planned before the first line of the day leaves, and no act
        # plants anything before itself: so the day is complete.
        for appointment in sorted(book.agenda.pop(day, ())):
            live(book, appointment)
        date, midnight = calendar.date(day), day * DAY_MS
        for (
            at,
            _,
            mark,
            number,
            event_type,
            identities,
            channel,
            direction,
            brand,
            actor,
            properties,
            conversation,
            owner,
        ) in sorted(book.pending.pop(day, ())):
            sequence += 1
            seconds, ms = (at - midnight) // 1_000, at % 1_000
            line: Line = {
                "id": f"{prefix}{sequence}",
                "source": "sample",
                "type": event_type,
                "time": f"{date}{CLOCK[seconds // 60]}{SECONDS[seconds % 60]}{MILLIS[ms]}",
                "identities": identities,
                "channel": channel,
                "direction": direction,
                "brand": brand,
                "actor": actor,
                "sequence": sequence,
                "properties": properties,
            }
            if conversation:
                line["conversation"] = conversation
                line["owner"] = owner
            events[event_type] += 1
            if mark:
                planted.note(mark)
                if planted.tell is not None:
                    persona = people.meet(number).persona.name
                    for what in (what for bit, what in TOLD.items() if mark & bit):
                        planted.tell(_entry(what, line, persona))
            if not seen[number]:
                seen[number] = 1
                planted.customers += 1
            yield line
        for at, number in sorted(book.leaving.pop(day, ())):
            if planted.tell is not None:
                person = people.meet(number)
                seconds, ms = (at - midnight) // 1_000, at % 1_000
                time = f"{date}{CLOCK[seconds // 60]}{SECONDS[seconds % 60]}{MILLIS[ms]}"
                planted.tell(_leaving(time, person))


def _entry(what: str, line: Line, persona: str) -> Line:
    """What the ledger tells of a line."""
    entry: Line = {"what": what, "line": line["sequence"]}
    entry |= {name: line[name] for name in ("id", "time", "type", "channel")}
    if conversation := line.get("conversation"):
        entry["conversation"] = conversation
    if order := line["properties"].get("order_id"):
        entry["order"] = order
    # Whose it is: the owner, where others speak in a conversation.
    return entry | {"identities": line.get("owner") or line["identities"], "persona": persona}


def _leaving(time: str, person: Person) -> Line:
    known = {"user_id": person.user_id}
    return {"what": LEFT, "time": time, "identities": known, "persona": person.persona.name}
