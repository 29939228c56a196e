"""What each step of a run comes to: a verdict, with everything that led to it, and what follows."""

from __future__ import annotations

from projections.configuration import Configuration
from projections.configuration.templates import TRAITS, Template
from projections.configuration.triggers import AGAIN, MESSAGE, PER_MATTER, StepRule, Trigger
from projections.outreach import choice, guardrails
from projections.outreach.guardrails import Case, Ruling
from projections.outreach.known import ENGINE, KnownState, Sent, remember_sent
from projections.outreach.state import (
    DECIDED,
    ENDED,
    ENTERED_MAX,
    HELD,
    RUNS_MAX,
    SUPPRESSED,
    VERSION,
    Now,
    OutreachState,
    Run,
    rules_of,
)
from projections.persona_facts import rule_of
from projections.projection import Act
from schemas.events import OutreachDecided
from schemas.times import SECOND, rfc3339

TREATED, HOLDOUT = "treated", "holdout"
FACTS = "facts"  # the guardrail that waits for one


def decide(now: Now, run: Run) -> None:
    """Come to a verdict about the step that is due."""
    own = rules_of(now, run)
    trigger = own.triggers.get(run.trigger)
    if trigger is None:
        now.state.runs.remove(run)
        return
    current = now.rules.triggers.get(run.trigger)
    if run.step == 0 and run.attempt == 0:
        if not may_enter(now.state, run, trigger):  # another, that began to wait later, was first
            now.state.runs.remove(run)
            now.silent(run, "another of it was first")
            return
        _mark_entered(now.state, run)
    step = trigger.steps[run.step]
    run.is_waiting = False
    if current is None or current.paused:
        end(now, run, trigger, "the trigger is paused" if current else "the trigger is gone", "")
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


def may_enter(state: OutreachState, run: Run, trigger: Trigger) -> bool:
    """Whether a trigger may take place, after those times that it did."""
    if trigger.again == PER_MATTER:
        return not run.matter or f"{run.trigger}\n{run.matter}" not in state.entered
    last = state.entered.get(f"{run.trigger}\n")
    if last is None or (trigger.again == AGAIN and not trigger.again_after):
        return True
    return trigger.again == AGAIN and run.began_at - last >= trigger.again_after * SECOND


def _mark_entered(state: OutreachState, run: Run) -> None:
    """A run that came to its first decision has taken place."""
    entered, whatever = state.entered, f"{run.trigger}\n"
    entered[whatever] = max(run.began_at, entered.get(whatever, run.began_at))
    if run.matter:
        entered.pop(whatever + run.matter, None)
        entered[whatever + run.matter] = run.began_at
    matters = [key for key in entered if not key.endswith("\n")]
    for key in matters[: max(0, len(matters) - ENTERED_MAX)]:
        del entered[key]


def refuse(now: Now, run: Run, trigger: Trigger) -> None:
    """Tell that a run is not begun, because too many are under way."""
    _act(now, run, trigger, SUPPRESSED, f"limit: {RUNS_MAX} of this customer are under way")


def has_facts(now: Now, run: Run) -> bool:
    """Whether what a run waited for has been told by now."""
    own = rules_of(now, run)
    template = own.templates[own.triggers[run.trigger].steps[run.step].template]
    return not _missing(run, template, now.state.known)


def _message(now: Now, run: Run, trigger: Trigger, step: StepRule, own: Configuration) -> None:
    known, template = now.state.known, own.templates[step.template]
    case = Case(
        at=now.at,
        since=run.since,
        # Who was drawn once stays so, whoever they turn out to be.
        customer=now.state.drawn.setdefault(run.trigger, run.cause_customer),
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
        if not _is_dry(now, run, trigger):
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


def end(now: Now, run: Run, trigger: Trigger, why: str, place: str) -> None:
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
        is_dry=_is_dry(now, run, trigger),
    )
    now.acts.append(Act(now.customer, now.at, fact))


def _is_dry(now: Now, run: Run, trigger: Trigger) -> bool:
    """Whether it is not to be sent: as the run began, or as it is now."""
    return trigger.dry_run or now.rules.triggers.get(run.trigger, trigger).dry_run


def _facts(run: Run, template: Template, known: KnownState) -> dict[str, str]:
    """The facts in clear that a template uses, as they are now."""
    asked = template.facts
    found = {name: told for name, told in run.facts.items() if name in asked}
    for name in asked:
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
