"""Proving what was decided about figures that crossed their lines.

What a figure was is recorded and never asked again. All else is held against the log: that its
crossing had opened an action, that the trigger of the configuration in force then comes to this
verdict by this figure, and that what was decided before leaves room for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from projections.configuration import configuration
from projections.outreach.crossings import Past, Rules, remade
from projections.rulebook import History
from replay.compare import first_difference
from replay.findings import Finding, Kind
from schemas.events import ActionDone, ActionOpened, CrossingDecided
from schemas.recorded import Recorded


def compare_crossings(history: History, events: Iterable[Recorded]) -> Iterator[Finding]:
    """Verdicts that would not be made again, or say something else.

    Args:
        history: knows what was published in their partition.
        events: all of a partition without a customer, in its order.
    """
    opened: set[tuple[str, str]] = set()
    pasts: dict[str, Past] = {}
    for event in events:
        fact = event.fact
        if isinstance(fact, ActionOpened):
            opened.add((fact.brand, fact.action))
        elif isinstance(fact, ActionDone):
            pasts.setdefault(fact.brand, Past([], set())).closed.add(fact.action)
        elif isinstance(fact, CrossingDecided):
            past = pasts.setdefault(fact.brand, Past([], set()))
            is_opened = (fact.brand, fact.crossing) in opened
            yield from _compared(history, event, fact, past, is_opened=is_opened)
            past.verdicts.append(fact)


def _compared(
    history: History, event: Recorded, fact: CrossingDecided, past: Past, *, is_opened: bool
) -> Iterator[Finding]:
    number, text = history.in_force(event)
    again = remade(fact, Rules(configuration(text), number), past) if text and is_opened else None
    if again == fact:
        return
    field, was, got = "", "", "a decision"
    if again is not None:
        names = fact.__struct_fields__
        left = [getattr(again, name) for name in names]
        field, was, got = first_difference(names, left, [getattr(fact, name) for name in names])
    yield Finding(
        kind=Kind.DECISION,
        where=fact.trigger,
        key=event.event_id.hex(),
        field=field,
        expected=was,
        found=got,
    )
