"""What meaning starts: a stage entered or stayed in, a pain point that began.

A finding may change when a late event comes. So it is not read by decisions: it is recorded, once,
as it was known, and what follows is decided from that record. Whoever audits can fold the events
that were known by then and find it again.
"""

from __future__ import annotations

import msgspec

from projections.configuration import Configuration
from projections.configuration.triggers import Trigger
from projections.outreach.state import STARTED
from projections.outreach.state import VERSION as RULE_VERSION
from projections.projection import NEVER, Act, Projection, Step, by_wake
from projections.signs import PainBegan, Sign, StageEntered
from schemas.events import OutreachDecided
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant, rfc3339

NAME = "starts"
VERSION = 1


class Stay(msgspec.Struct, array_like=True):
    """A stage that somebody is in, and when that is too long."""

    stage: str
    since: Instant
    cause: bytes
    due: dict[str, Instant]  # trigger -> when


class StartsState(msgspec.Struct, array_like=True):
    """One customer's stay."""

    stay: Stay | None = None
    wake: Instant = NEVER


def starts(rules: Configuration) -> Projection[StartsState]:
    """The projection under one configuration."""
    by_stage: dict[str, list[tuple[str, Trigger]]] = {}
    by_pain: dict[str, list[tuple[str, Trigger]]] = {}
    for name, trigger in sorted(rules.triggers.items()):
        if trigger.start.stage:
            by_stage.setdefault(trigger.start.stage, []).append((name, trigger))
        if trigger.start.pain:
            by_pain.setdefault(trigger.start.pain, []).append((name, trigger))

    def stage(state: StartsState, sign: StageEntered, customer: bytes) -> Step[StartsState]:
        acts, due = list[Act](), dict[str, Instant]()
        for name, trigger in by_stage.get(sign.stage, ()):
            if trigger.start.after:
                due[name] = sign.at + trigger.start.after * SECOND
            else:
                acts.append(_started(name, trigger, sign, customer, sign.at, sign.stage))
        state.stay = Stay(sign.stage, sign.at, sign.event_id, due) if due else None
        _set_alarm(state)
        return Step(state, [], acts)

    def pain(state: StartsState, sign: PainBegan, customer: bytes) -> Step[StartsState]:
        found = by_pain.get(sign.kind, ())
        acts = [_started(name, t, sign, customer, sign.at, sign.kind) for name, t in found]
        return Step(state, [], acts)

    def on_time(state: StartsState, at: Instant, customer: bytes) -> Step[StartsState]:
        acts, stay = list[Act](), state.stay
        if stay is not None:
            sign = Sign(at=stay.since, event_id=stay.cause)
            for name in [name for name, due in stay.due.items() if due == at]:
                del stay.due[name]
                trigger = rules.triggers[name]
                acts.append(_started(name, trigger, sign, customer, at, stay.stage))
        _set_alarm(state)
        return Step(state, [], acts)

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(),
        state_type=StartsState,
        initial=StartsState,
        evolve=_nothing,
        wake_at=by_wake,
        on_time=on_time,
        reads=(),
        hears={
            **({StageEntered: stage} if by_stage else {}),
            **({PainBegan: pain} if by_pain else {}),
        },
    )


def _nothing(state: StartsState, event: Recorded, customer: bytes) -> Step[StartsState]:
    return Step(state, [], [])


def _set_alarm(state: StartsState) -> None:
    due = () if state.stay is None else state.stay.due.values()
    state.wake = min(due, default=NEVER)


def _started(
    name: str, trigger: Trigger, sign: Sign, customer: bytes, at: Instant, what: str
) -> Act:
    """The record that a finding began a trigger."""
    conversation = getattr(sign, "conversation", b"")
    matter = f"conversation:{conversation.hex()}" if conversation else f"{what}:{sign.at}"
    fact = OutreachDecided(
        trigger=name,
        rule_version=RULE_VERSION,
        action=trigger.action,
        verdict=STARTED,
        cause=sign.cause if isinstance(sign, PainBegan) else sign.event_id,
        cause_customer=customer,
        conversation=conversation,
        decided_at=at,
        reason=f"{'stage' if trigger.start.stage else 'pain'} {what} since {rfc3339(sign.at)}",
        matter=matter,
    )
    return Act(customer, at, fact)
