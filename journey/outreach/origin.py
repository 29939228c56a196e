"""What meaning began a trigger with: the pain or the stage, and the events behind it.

It is found again as ``verify`` finds it: from the events that the log had before the start, under
the configuration of that time. A later event may have changed what is known of it since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from journey.answers import Moment, moment
from journey.bootstrap import Workspace
from projections.configuration import configuration
from projections.family import by_customer, family_events
from projections.fold import refold_meaning
from projections.outreach.state import STARTED
from projections.rulebook import Rulebook
from projections.tables import PAINS, STAGES
from projections.tables.table import Table
from schemas.events import OutreachDecided
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import Instant, rfc3339


class Origin(msgspec.Struct, frozen=True):
    """A finding that began a trigger, as it was known then.

    Args:
        what: ``pain`` or ``stage``.
        name: the kind of the pain, or the stage.
        since: when it began.
        by: of a stage, what moved the customer there; of a pain empty.
        events: those behind it, by when they happened; where time did it, the customer's last one.
    """

    what: str
    name: str
    since: str
    by: str
    events: list[Moment]


def origin(workspace: Workspace, event: Recorded, inputs: Sequence[Recorded]) -> Origin | None:
    """What meaning began the trigger of a decision with; None where an event or a date did.

    Args:
        event: the ``outreach-decided``.
        inputs: what it rests on.
    """
    start = next((e for e in (event, *inputs[:1]) if _is_start(e)), None)
    document = _document(workspace, start) if start is not None else None
    if start is None or document is None:
        return None
    fact = cast(OutreachDecided, start.fact)
    trigger = configuration(document).triggers.get(fact.trigger)
    if trigger is None or not (trigger.start.pain or trigger.start.stage):
        return None
    known = _known(workspace, start)
    _, rows = refold_meaning(Rulebook(document), start.customer_id, known, start.occurred_at + 1)
    if trigger.start.pain:
        return _of_pain(workspace, fact, trigger.start.pain, _told(PAINS, rows), known)
    return _of_stage(workspace, fact, trigger.start.stage, _told(STAGES, rows), known)


def _of_pain(
    workspace: Workspace,
    fact: OutreachDecided,
    kind: str,
    pains: list[dict[str, Any]],
    known: list[Recorded],
) -> Origin:
    talk = fact.conversation.hex()
    causes = {
        cause
        for pain in pains
        if pain["kind"] == kind
        and pain["began_at"] == fact.decided_at
        and pain["conversation_id"] in ("", talk)
        for cause in pain["causes"]
    }
    events = [each for each in known if each.event_id.hex() in causes]
    events = events or _last(known, fact.decided_at)
    return Origin("pain", kind, rfc3339(fact.decided_at), "", _moments(workspace, events))


def _of_stage(
    workspace: Workspace,
    fact: OutreachDecided,
    stage: str,
    stages: list[dict[str, Any]],
    known: list[Recorded],
) -> Origin:
    entered = [each for each in stages if each["stage"] == stage]
    last = max(entered, key=lambda each: int(each["ordinal"]), default=None)
    if last is None:
        return Origin("stage", stage, rfc3339(fact.decided_at), "", [])
    behind = [each for each in known if each.event_id.hex() == last["cause_event_id"]]
    moments = _moments(workspace, behind or _last(known, last["entered_at"]))
    return Origin("stage", stage, rfc3339(last["entered_at"]), last["cause"], moments)


def _is_start(event: Recorded) -> bool:
    return isinstance(event.fact, OutreachDecided) and event.fact.verdict == STARTED


def _document(workspace: Workspace, start: Recorded) -> str | None:
    """The configuration in force when it was recorded."""
    told = [fact.document for fact, at in workspace.log.configurations() if at <= start.recorded_at]
    return told[-1] if told else None


def _known(workspace: Workspace, start: Recorded) -> list[Recorded]:
    """What the log had of the customer before, by when it happened."""
    customer = workspace.log.current(start.customer_id)
    own = by_customer(workspace.log.at(workspace.store.positions(customer)))
    return sorted(
        family_events(start.customer_id, own, start.offset - 1), key=lambda each: each.order
    )


def _last(known: list[Recorded], until: Instant) -> list[Recorded]:
    """The customer's own last touch up to a time, after which nothing came."""
    touches = [
        each
        for each in known
        if isinstance(each.fact, Touchpoint)
        and each.fact.direction == "inbound"
        and each.occurred_at <= until
    ]
    return touches[-1:]


def _moments(workspace: Workspace, events: list[Recorded]) -> list[Moment]:
    return [moment(workspace.log.open(each)) for each in events]


def _told(table: Table, rows: Any) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    found: Iterable[tuple[Any, ...]] = rows.get(table.name, {}).values()
    return [dict(zip(names, row, strict=True)) for row in found]
