"""The triggers of ``journey.toml``: who starts, waits, leaves, and what each step decides.

Rule 1: a run is one trigger about one matter of one customer. It begins with an event, or with a
    finding that was recorded as ``started``, and keeps the version that it began with.
Rule 2: imported history, and what was recorded long after it happened, begins nothing. It is known
    all the same: an order that was delivered last week ends today's wait for it.
Rule 3: a wait for an absence begins again with the newest event about the matter.
Rule 4: an exit ends a run. What was held, or was still to follow, is told as ``ended``.
Rule 5: what is held is looked at again when it is released, with what is known by then.
Rule 6: a step that is not to go out does not keep the next one back.
Rule 7: a decision counts at once: the next one knows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

import msgspec

from projections.configuration import Configuration
from projections.configuration.personas import Condition
from projections.configuration.templates import TRAITS, Template
from projections.configuration.triggers import (
    INBOUND,
    MESSAGE,
    ONCE,
    PER_MATTER,
    StepRule,
    Trigger,
)
from projections.outreach import choice, guardrails
from projections.outreach.guardrails import Case, Ruling
from projections.outreach.known import ENGINE, KnownState, Sent, note, remember_sent
from projections.outreach.matters import date_of, facts_of, is_same, matter_of
from projections.persona_facts import Note, rule_of, source_of
from projections.projection import NEVER, Act, Projection, Step
from projections.stage_signs import BY_NAME, holds
from schemas.events import Custom, OutreachDecided, TraitsStated
from schemas.fact import Fact, Touchpoint
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant, rfc3339

NAME = "outreach"
VERSION = 1
RUNS_MAX = 64  # of one customer at a time; beyond, nothing more is started
ENTERED_MAX = 256  # that are remembered; beyond, the oldest is forgotten

STARTED = "started"
DECIDED = "decided"
SUPPRESSED = "suppressed"
HELD = "held"
ENDED = "ended"
TREATED, HOLDOUT = "treated", "holdout"
FACTS = "facts"  # the guardrail that waits for one


class Run(msgspec.Struct, array_like=True):
    """One trigger about one matter, on its way."""

    trigger: str
    matter: str
    cause: bytes
    cause_customer: bytes
    began_at: Instant
    configuration: int
    due_at: Instant
    since: Instant  # when the step was first due
    place: str
    step: int = 0
    attempt: int = 0
    channel: str = ""
    brand: str = ""
    conversation: bytes = b""
    waits_for: str = ""  # the guardrail that holds it
    is_waiting: bool = True  # for an absence or a date: nothing was decided yet
    facts: dict[str, str] = {}


class OutreachState(msgspec.Struct, array_like=True):
    """What the triggers know of one customer."""

    known: KnownState = msgspec.field(default_factory=KnownState)
    runs: list[Run] = []
    entered: dict[str, Instant] = {}  # trigger, line feed, matter -> when it last started
    wake: Instant = NEVER


class Published(Protocol):
    """All configurations that were published."""

    def numbered(self, number: int) -> Configuration | None:
        """One of them; None if there is none of that number."""

    def documents(self) -> tuple[str, ...]:
        """The text of each, in their order."""


class _Starting(NamedTuple):
    """A trigger as an event is held against it."""

    name: str
    trigger: Trigger


class _Rules:
    """The triggers of a configuration in the form in which each step needs them."""

    def __init__(self, rules: Configuration) -> None:
        self.by_event: dict[type[Fact] | str, list[_Starting]] = {}
        self.calls_off: dict[type[Fact] | str, list[str]] = {}
        for name, trigger in sorted(rules.triggers.items()):
            for event in trigger.start.events:
                kind = BY_NAME.get(event, event)
                self.by_event.setdefault(kind, []).append(_Starting(name, trigger))

    def starting(self, fact: Fact) -> Iterable[_Starting]:
        """The triggers that an event of this type may start."""
        found = self.by_event.get(type(fact), ())
        if type(fact) is Custom:
            return [*found, *self.by_event.get(fact.declared or fact.name, ())]
        return found


class Now(NamedTuple):
    """What every step of the fold needs."""

    state: OutreachState
    rules: Configuration
    number: int
    published: Published
    at: Instant
    customer: bytes
    acts: list[Act]


def outreach(rules: Configuration, number: int, published: Published) -> Projection[OutreachState]:
    """The triggers under the configuration of that number.

    Args:
        published: runs that began under another one go on under that.
    """
    by = _Rules(rules)
    is_used = bool(rules.triggers) or any(asked_by(text) for text in published.documents())
    notes = _notes(published.documents()) if is_used else {}

    def evolve(state: OutreachState, event: Recorded, customer: bytes) -> Step[OutreachState]:
        now = Now(state, rules, number, published, event.recorded_at, customer, [])
        fact = event.fact
        if isinstance(fact, OutreachDecided):
            _begin_found(now, event, fact)
        else:
            _take(now, event, by, notes)
        _set_alarm(state)
        return Step(state, [], now.acts)

    def on_time(state: OutreachState, at: Instant, customer: bytes) -> Step[OutreachState]:
        now = Now(state, rules, number, published, at, customer, [])
        for run in [run for run in state.runs if run.due_at <= at]:
            _decide(now, run)
        _set_alarm(state)
        return Step(state, [], now.acts)

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(),
        state_type=OutreachState,
        initial=OutreachState,
        evolve=evolve,
        wake_at=lambda state: state.wake,
        on_time=on_time,
        reads=None if is_used else (),
    )


def conditions(rules: Configuration) -> list[Condition]:
    """What triggers must know of every customer, told or not yet."""
    return [leaf for t in rules.triggers.values() for c in t.conditions() for leaf in c.leaves()]


@lru_cache(maxsize=64)
def asked_by(document: str) -> bool:
    """Whether a published configuration has triggers."""
    return '"triggers":{"' in document


def _notes(documents: Iterable[str]) -> dict[type[Fact] | None, list[Note]]:
    """What takes in the facts that any trigger ever asked for, by type of event."""
    from projections.configuration import configuration

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
    note(state.known, event, now.rules.outreach)
    for each in notes.get(kind, ()):
        each(state.known.facts, event)
    for each in notes.get(None, ()):
        each(state.known.facts, event)
    if state.runs:
        _leave(now, event)
        if kind is TraitsStated:
            for run in [run for run in state.runs if run.waits_for == FACTS]:
                _decide(now, run)
    stale = now.rules.outreach.stale_after * SECOND
    if not event.is_imported and event.recorded_at - event.occurred_at <= stale:
        for name, trigger in by.starting(event.fact):
            if holds(trigger.start.sign, event.fact):
                _start(now, event, name, trigger)


def _leave(now: Now, event: Recorded) -> None:
    """End the runs that this event is an exit of."""
    fact = event.fact
    matter = matter_of(fact)
    for run in list(now.state.runs):
        if event.event_id == run.cause or event.occurred_at < run.began_at:
            continue
        trigger = _trigger(now, run)
        if trigger is None:
            continue
        exits = trigger.exits
        if run.is_waiting and trigger.start.unless:
            exits = [*exits, *trigger.start.unless]
        if _is_exit(exits, event, matter, run.matter):
            if run.is_waiting:
                now.state.runs.remove(run)
            else:
                _end(now, run, trigger, f"{_called(event)} came", event.place)


def _is_exit(exits: list[str], event: Recorded, matter: str, own: str) -> bool:
    fact = event.fact
    if INBOUND in exits and isinstance(fact, Touchpoint) and fact.direction == "inbound":
        return True
    name = _called(event)
    return (name in exits or event.type.partition(".")[0] in exits) and is_same(matter, own)


def _called(event: Recorded) -> str:
    fact = event.fact
    if type(fact) is Custom:
        return fact.declared or fact.name
    return event.type.partition(".")[0]


def _start(now: Now, event: Recorded, name: str, trigger: Trigger) -> None:
    """Begin a run, if it may begin."""
    fact, at = event.fact, event.occurred_at
    matter = matter_of(fact)
    due = at + trigger.start.after * SECOND
    if trigger.start.date:
        date = date_of(fact, trigger.start.date)
        if date is None:
            return
        due = date - trigger.start.before * SECOND
        if due < at:  # the day has passed before anybody knew of it
            return
    run = Run(
        trigger=name,
        matter=matter,
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
    _enter(now, run, trigger)


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
    if trigger.paused or not _may_enter(state, run, trigger):
        return
    known = state.known
    if trigger.when is not None and not rule_of(trigger.when)(known.facts, run.began_at):
        return
    same = [r for r in state.runs if r.trigger == run.trigger and r.matter == run.matter]
    if any(not r.is_waiting for r in same):
        return
    for old in same:  # it begins to wait again
        state.runs.remove(old)
    if len(state.runs) >= RUNS_MAX:
        return
    first = trigger.steps[0]
    run.due_at = max(run.due_at + first.after * SECOND, now.at)
    run.since = run.due_at
    state.runs.append(run)
    if run.due_at <= now.at and not run.is_waiting:
        _decide(now, run)


def _may_enter(state: OutreachState, run: Run, trigger: Trigger) -> bool:
    if trigger.again == PER_MATTER:
        return not run.matter or f"{run.trigger}\n{run.matter}" not in state.entered
    last = [at for key, at in state.entered.items() if key.partition("\n")[0] == run.trigger]
    if trigger.again == ONCE:
        return not last
    return not last or run.began_at - max(last) >= trigger.again_after * SECOND


def _mark_entered(state: OutreachState, run: Run) -> None:
    """A run that came to its first decision has taken place."""
    key = f"{run.trigger}\n{run.matter}"
    state.entered.pop(key, None)
    state.entered[key] = run.began_at
    while len(state.entered) > ENTERED_MAX:
        del state.entered[next(iter(state.entered))]


# --- decisions --------------------------------------------------------------------------------


def _rules_of(now: Now, run: Run) -> Configuration:
    """The configuration that a run began under."""
    if run.configuration == now.number:
        return now.rules
    return now.published.numbered(run.configuration) or now.rules


def _trigger(now: Now, run: Run) -> Trigger | None:
    return _rules_of(now, run).triggers.get(run.trigger)


def _decide(now: Now, run: Run) -> None:
    """Come to a verdict about the step that is due."""
    own = _rules_of(now, run)
    trigger = own.triggers.get(run.trigger)
    if trigger is None:
        now.state.runs.remove(run)
        return
    current = now.rules.triggers.get(run.trigger)
    if run.step == 0 and run.attempt == 0:
        _mark_entered(now.state, run)
    step = trigger.steps[run.step]
    run.is_waiting = False
    if current is None or current.paused:
        _end(now, run, trigger, "the trigger is paused" if current else "the trigger is gone", "")
        return
    if step.when is not None and not rule_of(step.when)(now.state.known.facts, now.at):
        _act(now, run, trigger, SUPPRESSED, "its condition does not hold")
        _go_on(now, run, trigger)
        return
    if trigger.action != MESSAGE:
        _act(now, run, trigger, DECIDED, step.text)
        _go_on(now, run, trigger)
        return
    _message(now, run, trigger, step, own)


def _message(now: Now, run: Run, trigger: Trigger, step: StepRule, own: Configuration) -> None:
    known, template = now.state.known, own.templates[step.template]
    case = Case(
        at=now.at,
        since=run.since,
        customer=run.cause_customer,
        rules=now.rules,
        name=run.trigger,
        trigger=trigger,
        template=template,
        known=known,
        channels=choice.candidates(now.rules, known, step, now.at),
        missing=_missing(run, template, known),
    )
    told, going = guardrails.ruling(case), choice.chosen(case)
    if told.outcome == guardrails.HELD:
        _act(now, run, trigger, HELD, f"{told.by}: {told.ground}", told=told, case=case)
        run.due_at, run.waits_for = max(told.until, now.at + 1), told.by
        run.attempt += 1
        return
    if told.outcome == guardrails.SUPPRESSED or going is None:
        _act(now, run, trigger, SUPPRESSED, f"{told.by}: {told.ground}", told=told, case=case)
    else:
        _act(now, run, trigger, DECIDED, _why(run, trigger), told=told, case=case, going=going)
        if not trigger.dry_run:
            sent = Sent(now.at, template.purpose, going.channel, ENGINE, run.trigger)
            remember_sent(known, sent)
    _go_on(now, run, trigger)


def _why(run: Run, trigger: Trigger) -> str:
    about = f" about {run.matter.partition(':')[0]}" if run.matter else ""
    step = f", step {run.step + 1} of {len(trigger.steps)}" if len(trigger.steps) > 1 else ""
    return f"{trigger.about or run.trigger}{about}: began {rfc3339(run.began_at)}{step}."


def _missing(run: Run, template: Template, known: KnownState) -> list[str]:
    """The facts that a template needs and nobody told."""
    return [
        name
        for name in template.needed
        if name not in run.facts
        and not (name.startswith(TRAITS) and known.traits.get(name[len(TRAITS) :]))
    ]


def _go_on(now: Now, run: Run, trigger: Trigger) -> None:
    """To the next step, or out."""
    run.step += 1
    run.attempt, run.waits_for = 0, ""
    if run.step >= len(trigger.steps):
        now.state.runs.remove(run)
        return
    run.due_at = run.since = now.at + trigger.steps[run.step].after * SECOND


def _end(now: Now, run: Run, trigger: Trigger, why: str, place: str) -> None:
    """Tell that what was held, or was to follow, does not go out."""
    now.state.runs.remove(run)
    inputs = [run.place, place] if place else [run.place]
    _act(now, run, trigger, ENDED, why, inputs=inputs)


def _act(
    now: Now,
    run: Run,
    trigger: Trigger,
    verdict: str,
    reason: str,
    *,
    told: Ruling | None = None,
    case: Case | None = None,
    going: choice.Candidate | None = None,
    inputs: list[str] | None = None,
) -> None:
    """Record a verdict with all that led to it."""
    step = trigger.steps[run.step]
    template = None if case is None else case.template
    channel = run.channel if trigger.action != MESSAGE else going.channel if going else ""
    fact = OutreachDecided(
        trigger=run.trigger,
        rule_version=VERSION,
        configuration=run.configuration,
        action=trigger.action,
        verdict=verdict,
        cause=run.cause,
        cause_customer=run.cause_customer,
        step=run.step,
        conversation=run.conversation,
        channel=channel,
        brand=run.brand,
        decided_at=now.at,
        inputs=inputs or [run.place],
        reason=reason,
        matter=run.matter,
        attempt=run.attempt,
        purpose=template.purpose if template else "",
        template=step.template,
        channel_reason=choice.reasons(case.channels, going) if case and going else "",
        guardrails=list(guardrails.GUARDRAILS) if told else [],
        verdicts=told.verdicts if told else [],
        grounds=told.grounds if told else [],
        facts=_facts(run, template, now.state.known) if template else {},
        release_at=told.until if told and verdict == HELD else 0,
        group=_group(told, trigger, verdict),
        is_dry=trigger.dry_run,
    )
    now.acts.append(Act(now.customer, now.at, fact))


def _facts(run: Run, template: Template, known: KnownState) -> dict[str, str]:
    """The facts in clear that a template uses, as they are now."""
    found = {name: told for name, told in run.facts.items() if name in template.facts}
    for name in template.facts:
        if name.startswith(TRAITS) and known.traits.get(name[len(TRAITS) :]):
            found[name] = known.traits[name[len(TRAITS) :]]
    return found


def _group(told: Ruling | None, trigger: Trigger, verdict: str) -> str:
    if told is None or not trigger.holdout:
        return ""
    if told.by == "holdout":
        return HOLDOUT
    asked = dict(zip(guardrails.GUARDRAILS, told.verdicts, strict=True))
    return TREATED if asked["holdout"] == guardrails.PASSED else ""


def _names(now: Now, trigger: Trigger) -> list[str]:
    """The facts of the cause that any step may need."""
    found = set[str]()
    for step in trigger.steps:
        template = now.rules.templates.get(step.template)
        if template is not None:
            found.update(template.facts)
    return sorted(found)


def _set_alarm(state: OutreachState) -> None:
    state.wake = min((run.due_at for run in state.runs), default=NEVER)
