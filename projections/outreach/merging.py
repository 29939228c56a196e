"""What the triggers know once two customers are one, and what was on its way with either of them.

Rule 1: what was known counts as if both had always been one, and so does a wait of which nothing
    was told yet: of two about one matter the newest goes on, and an exit of either calls it off.
Rule 2: a run of which something was told goes on as it was told, and its next step comes when it
    would have come. Of two about one matter the one that is further goes on, else the older; the
    other is told as ``ended``.
Rule 3: an exit in the history of the other ends it, and so does what would have called it off.
Rule 4: what either was told counts: for caps, for whether it may come again, for who was drawn.
Rule 5: what both together would have told by now, and neither was told, is left silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from projections.configuration.outreach import SENT_MAX
from projections.configuration.triggers import Trigger
from projections.outreach.known import ENGINE, Sent, tells_again
from projections.outreach.matters import matter_of
from projections.outreach.runs import called, is_exit, set_alarm, waits_until
from projections.outreach.state import (
    DECIDED,
    ENDED,
    ENTERED_MAX,
    SUPPRESSED,
    Now,
    OutreachState,
    Run,
    trigger_of,
)
from projections.outreach.verdicts import end
from schemas.events import OutreachDecided
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

ONE_GOES_ON = "the customer became one with another, and the same goes on there"


def join(now: Now, alone: Sequence[OutreachState], known: Iterable[Recorded]) -> None:
    """Take over what was on its way with customers who are one from now on.

    Args:
        now: its state is that of all events as if they had always been one; what ends is told.
        alone: what each knew up to now; the one who remains comes first.
        known: the events of all of them.
    """
    state = now.state
    waiting = {_name(r): r for each in alone for r in each.runs if not _is_told(r)}
    told = sorted((r for each in alone for r in each.runs if _is_told(r)), key=_further_first)
    told = [msgspec.structs.replace(run) for run in told]
    state.runs = [
        msgspec.structs.replace(waiting.get(_name(run), run))
        for run in state.runs
        if _name(run) in waiting or not (run.step or _took_place(alone, run))
    ]
    _count(state, alone)
    of_others = [event for event in known if event.is_touchpoint]
    going = set[tuple[str, str]]()
    for run in told:
        trigger, matter = trigger_of(now, run), (run.trigger, run.matter)
        if trigger is None:  # nobody can say how it goes on
            continue
        state.runs.append(run)
        over = _exit_among(of_others, run, trigger)
        if over is not None:
            end(now, run, trigger, f"{called(over)} came", over.place)
        elif matter in going:
            end(now, run, trigger, ONE_GOES_ON, "")
        else:
            going.add(matter)
    state.runs = sorted(
        (r for r in state.runs if _is_told(r) or (r.trigger, r.matter) not in going),
        key=lambda run: (run.began_at, run.trigger, run.matter, run.cause),
    )
    set_alarm(state)


def pass_over(now: Now, told: Iterable[OutreachDecided]) -> None:
    """Take runs past the steps that were told for good already, as the log has them."""
    final = {
        (fact.trigger, fact.cause, fact.matter, fact.step): fact
        for fact in told
        if fact.verdict in (DECIDED, SUPPRESSED, ENDED)
    }
    runs = now.state.runs
    now.state.runs = [run for run in runs if not _is_finished(now, run, final)]
    set_alarm(now.state)


def _is_finished(
    now: Now, run: Run, final: dict[tuple[str, bytes, str, int], OutreachDecided]
) -> bool:
    """Whether nothing of a run is left to tell; it stands at the first step that is."""
    trigger = trigger_of(now, run)
    while fact := final.get((*_name(run), run.step)):
        run.step += 1
        if fact.verdict == ENDED or trigger is None or run.step >= len(trigger.steps):
            return True
        run.attempt, run.waits_for, run.is_waiting = 0, "", False
        run.since = fact.decided_at + trigger.steps[run.step].after * SECOND
        run.due_at = max(run.since, now.at)
    return False


def _name(run: Run) -> tuple[str, bytes, str]:
    return run.trigger, run.cause, run.matter


def _is_told(run: Run) -> bool:
    """Whether a verdict about it was recorded: a step was decided, or is held."""
    return bool(run.step or run.attempt)


def _further_first(run: Run) -> tuple[int, Instant, bytes]:
    return -run.step, run.began_at, run.cause


def _took_place(alone: Sequence[OutreachState], run: Run) -> bool:
    """Whether it, or a later one about the matter, was told to one of them."""
    key = f"{run.trigger}\n{run.matter}"
    return any(each.entered.get(key, run.began_at - 1) >= run.began_at for each in alone)


def _exit_among(known: Iterable[Recorded], run: Run, trigger: Trigger) -> Recorded | None:
    """The first exit of a run, or what would have called it off in time."""
    known = sorted(known, key=lambda event: event.order)
    cause = next((event for event in known if event.event_id == run.cause), None)
    waited = run.began_at + trigger.start.after * SECOND
    if cause is not None:
        waited = waits_until(trigger.start, cause.fact, run.began_at)
    for event in known:
        if event.event_id == run.cause or event.occurred_at < run.began_at:
            continue
        exits = trigger.exits
        if event.occurred_at <= waited:
            exits = [*exits, *trigger.start.unless]
        if is_exit(exits, event, matter_of(event.fact), run.matter):
            return event
    return None


def _count(state: OutreachState, alone: Sequence[OutreachState]) -> None:
    """What either was told counts for both."""
    entered = state.entered
    for each in alone:
        for key, at in each.entered.items():
            entered[key] = max(at, entered.get(key, at))
        for name, customer in each.drawn.items():
            drawn = [one.drawn[name] for one in alone if name in one.drawn]
            if state.drawn.get(name) not in drawn:
                state.drawn[name] = customer
    matters = sorted((at, key) for key, at in entered.items() if not key.endswith("\n"))
    kept = {key: at for at, key in matters[-ENTERED_MAX:]}
    state.entered = {key: at for key, at in entered.items() if key.endswith("\n")} | kept
    own = [sent for each in alone for sent in each.known.sent if sent.system == ENGINE]
    others = [s for s in state.known.sent if not (s.system == ENGINE or _is_told_of(s, own))]
    state.known.sent = sorted([*others, *own], key=lambda sent: sent.at)[-SENT_MAX:]


def _is_told_of(sent: Sent, own: Iterable[Sent]) -> bool:
    return any(tells_again(sent, each) for each in own)
