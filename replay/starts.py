"""Proving what findings started: each must be found again among what was known by then.

A start is recorded, since a late event may change the finding behind it. So it is not held against
the meaning of today, but against that of the events which the log had before it, under the
configuration of that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from projections.family import by_customer, family_events
from projections.fold import findings, is_start
from projections.projection import act_id
from projections.rulebook import History, Rulebook
from replay.findings import Finding, Kind
from schemas.events import OutreachDecided
from schemas.recorded import Recorded

rulebook = lru_cache(maxsize=16)(Rulebook)


def compare_starts(
    customer: bytes, history: History, events: Sequence[Recorded]
) -> Iterator[Finding]:
    """Starts that what was known does not show.

    Args:
        customer: under whom they are told.
        events: all of the customers who have or had to do with each other.
    """
    starts = [event for event in events if is_start(event)]
    if not starts:
        return
    own = by_customer(events)
    for start in starts:
        text = history.document_at(start.recorded_at)
        known = family_events(start.customer_id, own, start.offset - 1)
        found = [] if text is None else _found(text, start, known)
        if start.fact not in found:
            fact = start.fact
            yield Finding(
                kind=Kind.DECISION,
                customer=customer.hex(),
                key=start.event_id.hex(),
                where=fact.trigger if isinstance(fact, OutreachDecided) else "",
                expected="nothing that starts it" if not found else "another start",
                found="a start",
            )


def _found(text: str, start: Recorded, known: Iterable[Recorded]) -> list[OutreachDecided]:
    """The starts with the same id that the known events show."""
    acts = findings(rulebook(text), start.customer_id, known, start.occurred_at + 1)
    facts = [act.fact for act in acts]
    # What time found named no cause once: docs/decisions/0055-what-time-finds-names-its-cause.md.
    facts += [msgspec.structs.replace(fact, cause=b"") for fact in facts]
    return [fact for fact in facts if act_id(fact) == start.event_id]
