"""The triggers of ``journey.toml``: who starts, waits, leaves, and what each step decides.

Rule 1: a run is one trigger about one matter of one customer. It begins with an event, or with a
    finding that was recorded as ``started``, and keeps the version that it began with.
Rule 2: imported history, and what was recorded long after it happened, begins nothing. It is known
    all the same: an order that was delivered last week ends today's wait for it.
    And a start that is told after its exit begins nothing.
Rule 3: a wait for an absence begins again with the newest event about the matter.
Rule 4: an exit ends a run. What was held, or was still to follow, is told as ``ended``.
Rule 5: what is held is looked at again when it is released, with what is known by then.
Rule 6: a step that is not to go out does not keep the next one back.
Rule 7: a decision counts at once: the next one knows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from projections.configuration import Configuration, configuration
from projections.configuration.personas import Condition
from projections.configuration.triggers import INBOUND, Start, Trigger
from projections.outreach.known import note
from projections.outreach.matters import date_of, facts_of, fits, is_same, matter_of
from projections.outreach.state import (
    RUNS_MAX,
    SEEN_MAX,
    STARTED,
    STATES,
    Now,
    OutreachState,
    Published,
    Run,
    Seen,
    Silence,
    trigger_of,
)
from projections.outreach.verdicts import FACTS, decide, end, has_facts, may_enter, refuse
from projections.persona_facts import Note, rule_of, source_of
from projections.projection import NEVER, Projection, Step, by_wake
from projections.stage_signs import BY_NAME
from schemas.events import Custom, OutreachDecided, TraitsStated
from schemas.fact import Fact, Touchpoint
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

NAME = "outreach"


class _Starting(NamedTuple):
    """A trigger as an event is held against it."""

    name: str
    trigger: Trigger


class _Rules:
    """The triggers of a configuration in the form in which each step needs them."""

    def __init__(self, rules: Configuration) -> None:
        self.by_event: dict[type[Fact] | str, list[_Starting]] = {}
        self.exits: set[str] = set()
        for name, trigger in sorted(rules.triggers.items()):
            for event in trigger.start.events:
                kind = BY_NAME.get(event, event)
                self.by_event.setdefault(kind, []).append(_Starting(name, trigger))
            self.exits.update(trigger.exits, trigger.start.unless)

    def starting(self, fact: Fact) -> Iterable[_Starting]:
        """The triggers that an event of this type may start."""
        found = self.by_event.get(type(fact), ())
        if type(fact) is Custom:
            return [*found, *self.by_event.get(fact.declared or fact.name, ())]
        return found


def outreach(
    rules: Configuration,
    number: int,
    published: Published,
    silences: list[Silence] | None = None,
) -> Projection[OutreachState]:
    """The triggers under the configuration of that number.

    Args:
        published: runs that began under another one go on under that.
        silences: filled with what did not begin or was called off, for whoever asks why.
    """
    by = _Rules(rules)
    is_used = rules.asks_customers or any(asked_by(text) for text in published.documents())
    notes = _notes(published.documents()) if is_used else {}

    def evolve(state: OutreachState, event: Recorded, customer: bytes) -> Step[OutreachState]:
        now = Now(state, rules, number, published, event.recorded_at, customer, [], silences)
        fact = event.fact
        if isinstance(fact, OutreachDecided):
            _begin_found(now, event, fact)
        else:
            _take(now, event, by, notes)
        set_alarm(state)
        return Step(state, [], now.acts)

    def on_time(state: OutreachState, at: Instant, customer: bytes) -> Step[OutreachState]:
        now = Now(state, rules, number, published, at, customer, [], silences)
        for run in [run for run in state.runs if run.due_at <= at]:
            decide(now, run)
        set_alarm(state)
        return Step(state, [], now.acts)

    return Projection(
        name=NAME,
        version=STATES,
        tables=(),
        state_type=OutreachState,
        initial=OutreachState,
        evolve=evolve,
        wake_at=by_wake,
        on_time=on_time,
        reads=None if is_used else (),
    )


def conditions(rules: Configuration) -> list[Condition]:
    """What triggers must know of every customer, told or not yet."""
    return [leaf for t in rules.triggers.values() for c in t.conditions() for leaf in c.leaves()]


@lru_cache(maxsize=64)
def asked_by(document: str) -> bool:
    """Whether a published configuration has triggers that concern customers."""
    return '"triggers":{"' in document and configuration(document).asks_customers


def _notes(documents: Iterable[str]) -> dict[type[Fact] | None, list[Note]]:
    """What takes in the facts that any trigger ever asked for, by type of event."""
    sources = {}
    for text in documents:
        for leaf in conditions(configuration(text)):
            source = source_of(leaf)
            sources[source.key] = source
    found: dict[type[Fact] | None, list[Note]] = {}
    for source in sources.values():
        if source.note is not None:
            for kind in (None,) if source.events is None else source.events:
                found.setdefault(kind, []).append(source.note)
    return found


# --- events -----------------------------------------------------------------------------------


def _take(
    now: Now, event: Recorded, by: _Rules, notes: Mapping[type[Fact] | None, list[Note]]
) -> None:
    state, kind = now.state, type(event.fact)
    known_as = _not_ahead(event)
    note(state.known, known_as, now.rules.outreach)
    for each in notes.get(kind, ()):
        each(state.known.facts, known_as)
    for each in notes.get(None, ()):
        each(state.known.facts, known_as)
    if state.runs:
        _leave(now, event)
        if kind is TraitsStated:
            for run in [run for run in state.runs if run.waits_for == FACTS]:
                if has_facts(now, run):
                    decide(now, run)
    stale = now.rules.outreach.stale_after * SECOND
    if by.exits:
        _remember_exit(state, event, by.exits, event.recorded_at - stale)
    if not event.is_imported and event.recorded_at - event.occurred_at <= stale:
        for name, trigger in by.starting(event.fact):
            if fits(trigger.start, event.fact):
                _start(now, event, name, trigger)


def _not_ahead(event: Recorded) -> Recorded:
    """An event as of its recording, where a clock that is ahead tells a time to come.

    Nobody has said anything tomorrow: what is said next has to count against it.
    """
    if event.occurred_at <= event.recorded_at:
        return event
    return msgspec.structs.replace(event, occurred_at=event.recorded_at)


def _leave(now: Now, event: Recorded) -> None:
    """End the runs that this event is an exit of."""
    matter = matter_of(event.fact)
    for run in list(now.state.runs):
        if event.event_id == run.cause or event.occurred_at < run.began_at:
            continue
        trigger = trigger_of(now, run)
        if trigger is None:
            continue
        if is_exit(_exits(run, trigger), event, matter, run.matter):
            if run.is_waiting:
                now.state.runs.remove(run)
                now.silent(run, f"{called(event)} came while it waited")
            else:
                end(now, run, trigger, f"{called(event)} came", event.place)


def _exits(run: Run, trigger: Trigger) -> list[str]:
    return [*trigger.exits, *trigger.start.unless] if run.is_waiting else trigger.exits


def is_exit(exits: list[str], event: Recorded, matter: str, own: str) -> bool:
    """Whether an event about one matter is one of the exits of a run about another."""
    if INBOUND in exits and _is_inbound(event.fact):
        return True
    return any(name in exits for name in _names_of(event)) and is_same(matter, own)


def _is_inbound(fact: Fact) -> bool:
    return isinstance(fact, Touchpoint) and fact.direction == "inbound"


def _names_of(event: Recorded) -> tuple[str, str]:
    return called(event), event.type.partition(".")[0]


def _remember_exit(state: OutreachState, event: Recorded, exits: set[str], since: Instant) -> None:
    """Take note of what a start that is told later may not begin after."""
    names = exits.intersection(_names_of(event))
    is_touch = INBOUND in exits and _is_inbound(event.fact)
    if not names and not is_touch:  # as are most
        return
    keys = [f"{name}\n{matter_of(event.fact)}" for name in names]
    if is_touch:
        keys.append(f"{INBOUND}\n")
    for key in sorted(keys):
        before = state.seen.get(key)
        if before is None or event.occurred_at >= before.at:
            state.seen[key] = Seen(event.occurred_at, event.event_id)
    kept = sorted((s.at, key) for key, s in state.seen.items() if s.at >= since)[-SEEN_MAX:]
    state.seen = {key: state.seen[key] for _, key in kept}


def _is_over(state: OutreachState, run: Run, trigger: Trigger) -> bool:
    """Whether an exit of a run was told before its start was."""
    exits = _exits(run, trigger)
    for key, seen in state.seen.items():
        name, _, matter = key.partition("\n")
        is_after = seen.at >= run.began_at and seen.event_id != run.cause
        if is_after and name in exits and (name == INBOUND or is_same(matter, run.matter)):
            return True
    return False


def called(event: Recorded) -> str:
    """The name of an event as configurations write it."""
    fact = event.fact
    if type(fact) is Custom:
        return fact.declared or fact.name
    return event.type.partition(".")[0]


def _start(now: Now, event: Recorded, name: str, trigger: Trigger) -> None:
    """Begin a run, if it may begin."""
    fact, at = event.fact, event.occurred_at
    due = waits_until(trigger.start, fact, at)
    run = Run(
        trigger=name,
        matter=matter_of(fact),
        cause=event.event_id,
        cause_customer=event.customer_id,
        began_at=at,
        configuration=now.number,
        due_at=due,
        since=due,
        place=event.place,
        channel=getattr(fact, "channel", ""),
        brand=getattr(fact, "brand", ""),
        conversation=getattr(fact, "conversation", b""),
        is_waiting=due > at,
        facts=facts_of(fact, _names(now, trigger)),
    )
    if due < at:  # of no date, or the day had passed when it was told
        told = "has passed already" if due > -NEVER else "is not told"
        now.silent(run, f"{trigger.start.date} {told}")
    else:
        _enter(now, run, trigger)


def waits_until(start: Start, fact: Fact, at: Instant) -> Instant:
    """When the wait for an absence or a date that begins with an event is over."""
    if not start.date:
        return at + start.after * SECOND
    date = date_of(fact, start.date)
    return -NEVER if date is None else date - start.before * SECOND


def _begin_found(now: Now, event: Recorded, fact: OutreachDecided) -> None:
    """Begin what a finding started; the log has it from the engine."""
    trigger = now.rules.triggers.get(fact.trigger)
    if fact.verdict != STARTED or trigger is None:
        return
    run = Run(
        trigger=fact.trigger,
        matter=fact.matter,
        cause=fact.cause,
        cause_customer=fact.cause_customer,
        began_at=fact.decided_at,
        configuration=now.number,
        due_at=fact.decided_at + (trigger.start.after * SECOND if trigger.start.pain else 0),
        since=event.recorded_at,
        place=event.place,
        channel=fact.channel,
        brand=fact.brand,
        conversation=fact.conversation,
        is_waiting=bool(trigger.start.pain and trigger.start.after),
        facts=dict(fact.facts),
    )
    _enter(now, run, trigger)


def _enter(now: Now, run: Run, trigger: Trigger) -> None:
    state = now.state
    same = [r for r in state.runs if r.trigger == run.trigger and r.matter == run.matter]
    if why := _hindrance(now, run, trigger, same):
        now.silent(run, why)
        return
    for old in same:
        state.runs.remove(old)
        now.silent(old, "it began to wait again with a newer event")
    run.since = run.due_at + trigger.steps[0].after * SECOND
    run.due_at = max(run.since, now.at)
    if len(state.runs) >= RUNS_MAX:
        refuse(now, run, trigger)
        return
    state.runs.append(run)
    if run.due_at <= now.at and not run.is_waiting:
        decide(now, run)


def _hindrance(now: Now, run: Run, trigger: Trigger, same: list[Run]) -> str:
    """Why a run does not begin; empty if it does."""
    state = now.state
    if trigger.paused:
        return "the trigger is paused"
    if not may_enter(state, run, trigger):
        return f"it took place before, and again is {trigger.again}"
    if _is_over(state, run, trigger):
        return "an exit of it had come already"
    if trigger.when is not None and not rule_of(trigger.when)(state.known.facts, run.began_at):
        return "its condition did not hold"
    if any(not r.is_waiting for r in same):
        return "it is under way about the same matter"
    if any(r.began_at > run.began_at for r in same):
        return "it waits from a newer event"
    return ""


def _names(now: Now, trigger: Trigger) -> list[str]:
    """The facts of the cause that any step may need."""
    found = set[str]()
    for step in trigger.steps:
        template = now.rules.templates.get(step.template)
        if template is not None:
            found.update(template.facts)
    return sorted(found)


def set_alarm(state: OutreachState) -> None:
    """The next moment at which a run is due."""
    state.wake = min((run.due_at for run in state.runs), default=NEVER)
