"""What a trigger would have done: history folded as if it had been live. Nothing is recorded.

Rule 1: everything counts as recorded when it happened, imports as well.
Rule 2: the trigger is alone, and in force from ``since`` on. What was known before is known.
Rule 3: what it would have sent counts for its own caps. What other triggers of this engine would
    have sent does not; what other systems sent does.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from journey.answers import customer_of
from journey.bootstrap import Workspace
from journey.histories import histories
from projections.configuration import Configuration, document
from projections.configuration.triggers import MESSAGE, Start, Trigger
from projections.fold import findings
from projections.outreach.guardrails import SUPPRESSED
from projections.outreach.matters import fits
from projections.outreach.runs import outreach
from projections.outreach.state import DECIDED, ENDED, HELD, STARTED, OutreachState, Silence
from projections.outreach.unanswered import NAME as BUILT_IN
from projections.projection import Act, Projection
from projections.rulebook import Rulebook
from projections.stage_signs import BY_NAME
from projections.touchpoints import type_of
from schemas.envelope import Flag
from schemas.errors import NotFound, UsageError
from schemas.events import Custom, OutreachDecided
from schemas.recorded import Recorded
from schemas.times import DAY, Instant, rfc3339

RECIPIENTS = 20
CUSTOM = Custom.TYPE.partition(".")[0]
NUMBER = 1  # of the configuration that is tried


class Recipient(msgspec.Struct, frozen=True):
    """Somebody whom it would have reached; steps are counted from 1."""

    customer_id: str
    at: str
    step: int
    channel: str
    reason: str


class Preview(msgspec.Struct, frozen=True):
    """What a trigger would have done.

    Args:
        customers: all that are known.
        began: for whom it would have begun.
        reached: whom it would have reached, alerts and actions among them.
        decided: how often.
        held_back: guardrail, or ``condition`` or ``limit`` -> how often it had the last word.
        held: guardrail -> how often it held something for a while.
        ended: how often an exit came before what was held or was to follow.
        days: day in UTC -> how often it would have gone out.
        busiest: the most customers that it would have reached in a rolling day.
        audience: so many in a rolling day go out without approval; None of alerts and actions,
            which wait for no approval.
        recipients: some of them, drawn by the seed.
    """

    trigger: str
    since: str
    until: str
    customers: int
    began: int
    reached: int
    decided: int
    held_back: dict[str, int]
    held: dict[str, int]
    ended: int
    days: dict[str, int]
    busiest: int
    audience: int | None
    recipients: list[Recipient]


class Considered(msgspec.Struct, frozen=True):
    """An event that might have started a trigger, a stage or pain that did, or what it came to."""

    at: str
    what: str
    came_to: str


class WhyNot(msgspec.Struct, frozen=True):
    """Why a trigger did not reach a customer, or that it did.

    Args:
        decided: what is recorded of it, in the order of the log.
        considered: what history, folded as if it had been live, shows.
        answer: the sentence.
    """

    customer_id: str
    trigger: str
    decided: list[Considered]
    considered: list[Considered]
    answer: str


class _Found(NamedTuple):
    """What one customer's history comes to."""

    customer: bytes
    acts: list[OutreachDecided]
    silences: list[Silence]


def preview(
    workspace: Workspace,
    rules: Configuration,
    name: str,
    since: Instant,
    until: Instant,
    *,
    seed: int = 1,
    after_each: Callable[[int], None] | None = None,
) -> Preview:
    """Whom a trigger would have reached, and what would have held back the others.

    Args:
        rules: those to try, such as of ``journey.toml``.
        seed: the same seed draws the same recipients.
        after_each: told how many events each customer has.

    Raises:
        NotFound: there is no such trigger.
        UsageError: it starts by a watch: see ``journey.rewatching``.
    """
    trial = _Trial(rules, name, since, until)
    found = []
    for customer, events, number in histories(workspace, trial.types):
        if events and trial.may_start(events):
            found.append(trial.fold(customer, events))
        if after_each is not None:
            after_each(number)
    acts = [(one.customer, act) for one in found for act in one.acts]
    decided = sorted(
        ((act.decided_at, who.hex(), act) for who, act in acts if act.verdict == DECIDED),
        key=lambda each: each[:2],
    )
    refused = [act for _, act in acts if act.verdict == SUPPRESSED]
    reached = {who for _, who, _ in decided}
    customers = workspace.store.customers()
    drawn = random.Random(seed).sample(decided, min(RECIPIENTS, len(decided)))  # noqa: S311
    return Preview(
        trigger=name,
        since=rfc3339(since),
        until=rfc3339(until),
        customers=customers,
        began=sum(bool(one.acts) for one in found),
        reached=len(reached),
        decided=len(decided),
        held_back=_counted(_last_word(act) for act in refused),
        held=_counted(_last_word(act) for _, act in acts if act.verdict == HELD),
        ended=sum(act.verdict == ENDED for _, act in acts),
        days=dict(sorted(Counter(rfc3339(at)[:10] for at, _, _ in decided).items())),
        busiest=_busiest([(at, who) for at, who, _ in decided]),
        audience=audience_of(rules, trial.trigger, customers)
        if trial.trigger.action == MESSAGE
        else None,
        recipients=[
            Recipient(who, rfc3339(at), act.step + 1, act.channel, act.reason)
            for at, who, act in sorted(drawn, key=lambda each: each[:2])
        ],
    )


def why_not(workspace: Workspace, rules: Configuration, who: str, name: str) -> WhyNot:
    """What stood in the way of a trigger and a customer, or that it was decided.

    Raises:
        NotFound: there is no such trigger or customer.
        UsageError: the trigger starts by a watch.
    """
    customer = customer_of(workspace, who)
    trial = _Trial(rules, name, 0, workspace.log.last_recorded_at + 1)
    events = workspace.log.at(workspace.store.positions(customer))
    told = [
        Considered(rfc3339(fact.decided_at), f"recorded as {fact.verdict}", fact.reason)
        for fact in (event.fact for event in events)
        if isinstance(fact, OutreachDecided) and fact.trigger == name and fact.verdict != STARTED
    ]
    found = trial.fold(customer, events)
    lines = sorted(trial.told(events, found), key=lambda line: line.at)
    return WhyNot(customer.hex(), name, told, lines, _answer(name, told, lines, trial.trigger))


def audience_of(rules: Configuration, trigger: Trigger, customers: int) -> int:
    """So many a rolling day go out without approval: the lesser of share and number."""
    outreach_ = rules.outreach
    most = trigger.audience_max or outreach_.audience_max
    return min(most, max(1, int(customers * outreach_.audience_share)))


# --- one customer -----------------------------------------------------------------------------


class _Trial:
    """One trigger, alone, from ``since`` to ``until``."""

    def __init__(self, rules: Configuration, name: str, since: Instant, until: Instant) -> None:
        if name == BUILT_IN:
            raise NotFound(
                f"{BUILT_IN!r} is the engine's own trigger, and not in journey.toml: see 'journey "
                f"decisions trigger={BUILT_IN}'."
            )
        if name not in rules.triggers:
            known = ", ".join(sorted(rules.triggers)) or "none: write [triggers.NAME]"
            raise NotFound(f"There is no trigger {name!r}: journey.toml has {known}.")
        if watch := rules.triggers[name].start.watch:
            raise UsageError(
                f"{name} starts by the watch {watch}, a figure of many customers, and not by what "
                f"one does: 'journey trigger preview {name} --since TIME' tells when it would have."
            )
        self.name, self._since, self._until = name, since, until
        awake = msgspec.structs.replace(rules.triggers[name], paused=False)
        self.trigger = awake
        self.silences: list[Silence] = []
        self._on = self._alone(rules, awake)
        self._off = self._alone(rules, msgspec.structs.replace(awake, paused=True))
        own = msgspec.structs.replace(rules, triggers={name: awake})
        self._rulebook = Rulebook(document(own))

    def _alone(self, rules: Configuration, trigger: Trigger) -> Projection[OutreachState]:
        own = msgspec.structs.replace(rules, triggers={self.name: trigger})
        return outreach(own, NUMBER, _Alone(own), self.silences)

    @property
    def types(self) -> set[str]:
        """The types of events that may start it, as the log has them; empty: anything may."""
        shipped = {name if name in BY_NAME else CUSTOM for name in self.trigger.start.events}
        return shipped and {*self.trigger.start.events, *shipped}

    def may_start(self, events: Iterable[Recorded]) -> bool:
        """Whether anything in a history may start it; of stages and pains, whether there is any."""
        if not self.trigger.start.events:
            return True
        return any(self._since <= e.occurred_at < self._until and self._fits(e) for e in events)

    def _is_of_type(self, event: Recorded) -> bool:
        return event.is_touchpoint and not {
            type_of(event),
            event.type.partition(".")[0],
            getattr(event.fact, "name", "") if type_of(event) == "custom" else "",
        }.isdisjoint(self.trigger.start.events)

    def _fits(self, event: Recorded) -> bool:
        return self._is_of_type(event) and fits(self.trigger.start, event.fact)

    def fold(self, customer: bytes, events: Iterable[Recorded]) -> _Found:
        """What a customer's history comes to."""
        self.silences.clear()
        state, acts = self._on.initial(), list[Act]()
        for event in self._as_live(customer, list(events)):
            self._run(state, min(event.recorded_at, self._until), customer, acts)
            if event.recorded_at >= self._until:
                break
            fold = self._on if event.recorded_at >= self._since else self._off
            acts += fold.evolve(state, event, customer).acts
        self._run(state, self._until, customer, acts)
        silences = [s for s in self.silences if s.at >= self._since]
        return _Found(customer, [act.fact for act in acts], silences)

    def _run(self, state: OutreachState, until: Instant, customer: bytes, acts: list[Act]) -> None:
        while (at := self._on.wake_at(state)) < until:
            acts += self._on.on_time(state, at, customer).acts

    def _as_live(self, customer: bytes, events: list[Recorded]) -> list[Recorded]:
        """History in the order in which it happened, with what a stage or a pain would start."""
        told = sorted((e for e in events if e.is_touchpoint), key=lambda e: e.order)
        live = [_lived(event, customer) for event in told]
        if not self.trigger.start.events:
            found = findings(self._rulebook, customer, told, self._until)
            live += [_found(act, customer, len(live) + n) for n, act in enumerate(found)]
            live.sort(key=lambda e: e.recorded_at)  # stable: findings after what happened then
        return live

    def told(self, events: Iterable[Recorded], found: _Found) -> Iterator[Considered]:
        """All that was considered of a customer."""
        silent = {silence.cause: silence for silence in found.silences}
        for event in events:
            if self._is_of_type(event):
                yield self._considered(event, silent.get(event.event_id))
        if not self.trigger.start.events:
            for silence in found.silences:
                yield Considered(rfc3339(silence.at), "it was started", silence.why)
        for act in found.acts:
            yield Considered(
                rfc3339(act.decided_at), f"step {act.step + 1}: {act.verdict}", act.reason
            )

    def _considered(self, event: Recorded, silence: Silence | None) -> Considered:
        what = f"{type_of(event)} at {event.place}"
        if not fits(self.trigger.start, event.fact):
            came_to = f"does not fit: {_misfit(self.trigger.start, event)}"
        elif silence is not None:
            came_to = silence.why
        else:
            came_to = "began"
        if event.is_imported:
            came_to += " (imported: as history it begins nothing)"
        return Considered(rfc3339(event.occurred_at), what, came_to)


class _Alone:
    """The configuration that is tried, as the only one."""

    def __init__(self, rules: Configuration) -> None:
        self._rules = rules

    def numbered(self, number: int) -> Configuration | None:
        return self._rules if number == NUMBER else None

    def documents(self) -> tuple[str, ...]:
        return (document(self._rules),)


def _lived(event: Recorded, customer: bytes) -> Recorded:
    """An event as if it had been recorded when it happened."""
    flags = event.flags & ~Flag.IMPORTED
    lived = {"customer_id": customer, "recorded_at": event.occurred_at, "flags": flags}
    return msgspec.structs.replace(event, **lived)


def _found(act: Act, customer: bytes, n: int) -> Recorded:
    """The record of what a stage or a pain started."""
    at = act.occurred_at
    return Recorded(0, n, at, b"", act.fact.TYPE, "", 0, customer, at, 0, act.fact)


# --- in words ---------------------------------------------------------------------------------


def _misfit(start: Start, event: Recorded) -> str:
    """The first part of a start that an event does not fit."""
    for key in ("direction", "channels", "is_question", "intents", "topics", "gave", "survey"):
        asked = getattr(start, key)
        if asked:
            alone = Start(events=start.events, **{key: asked})
            if not fits(alone, event.fact):
                return f"{key} is not {asked if isinstance(asked, str) else _listed(asked)}"
    return f"its score lies outside {start.share_at_least:g} to {start.share_at_most:g}"


def _listed(asked: Any) -> str:
    return ", ".join(asked) if isinstance(asked, list) else "true"


def _last_word(act: OutreachDecided) -> str:
    """The guardrail that decided; else what it was that is no guardrail."""
    for name, verdict in zip(act.guardrails, act.verdicts, strict=True):
        if verdict in (SUPPRESSED, HELD):
            return name
    return "limit" if act.reason.startswith("limit") else "condition"


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _busiest(decided: list[tuple[Instant, str]]) -> int:
    """The most customers within a rolling day, from a list by time."""
    inside, most, first = dict[str, int](), 0, 0
    for at, who in decided:
        inside[who] = inside.get(who, 0) + 1
        while decided[first][0] <= at - DAY:
            gone = decided[first][1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        most = max(most, len(inside))
    return most


def _answer(name: str, told: list[Considered], lines: list[Considered], trigger: Trigger) -> str:
    recorded = [line for line in told if line.what == f"recorded as {DECIDED}"]
    if recorded:
        often = "once" if len(recorded) == 1 else f"{len(recorded)} times, the last"
        return f"{name} was decided {often} at {recorded[-1].at}."
    if told:
        return f"{name} was considered: {told[-1].what} at {told[-1].at}, {told[-1].came_to}"
    if not lines:
        start = trigger.start
        what = ", ".join(start.events) or start.stage or start.pain
        return f"Nothing started {name}: there is no {what} in this history."
    return f"{name} was never decided in life. As if live: {lines[-1].what}, {lines[-1].came_to}"
