"""``journey explain``: why a decision was made, in the words of that time, and what came of it."""

from __future__ import annotations

from itertools import zip_longest
from typing import cast

import msgspec

from journey.answers import Moment, gist, moment
from journey.bootstrap import Workspace
from journey.ids import digits_of
from journey.outreach.doorway import Limits, decisions
from journey.outreach.origin import Origin, origin
from journey.outreach.rendering import Message, rendered
from projections.configuration import Configuration
from projections.configuration.templates import Template
from projections.configuration.triggers import MESSAGE
from projections.outreach.figures import in_words
from projections.outreach.state import DECIDED
from projections.outreach.unanswered import NAME as UNANSWERED
from projections.touchpoints import type_of
from schemas.errors import NotFound
from schemas.events import ActionOpened, CrossingDecided, OutreachDecided
from schemas.fact import Fact, Touchpoint, topic_of
from schemas.recorded import Recorded
from schemas.times import Instant, rfc3339


class Asked(msgspec.Struct, frozen=True):
    """What one guardrail said.

    Args:
        verdict: ``passed``, ``suppressed``, ``held`` or ``not_asked``.
        ground: the facts that it used, in words.
    """

    guardrail: str
    verdict: str
    ground: str


class Followed(msgspec.Struct, frozen=True):
    """Something that came of a decision.

    Args:
        what: ``outreach-decided`` of the same run, or what became of its message.
        told: in words.
        event_id: the event.
    """

    at: str
    what: str
    told: str
    event_id: str


class Crossed(msgspec.Struct, frozen=True):
    """A figure that crossed its line, and the watch, as they were at the look that decided.

    Args:
        crossing: the id of the action that it opened.
        low, high: the ends of its 95 % interval; None where it has none.
        n: of how many; None where the question does not tell.
        since, until: the window of the figure.
        line: the line itself is good.
        bad: on which side something is to be done: ``below`` or ``above``.
        n_min: of fewer nothing is told.
        only_sure: only if the whole interval lies beyond the line.
        team: whom it goes to; else the owner of the watch.
    """

    watch: str
    crossing: str
    metric: str
    column: str
    parameters: dict[str, str]
    value: float
    low: float | None
    high: float | None
    n: int | None
    since: str
    until: str
    line: float
    bad: str
    n_min: int
    only_sure: bool
    team: str


class Explained(msgspec.Struct, frozen=True):
    """Why a decision was made: the rule as it was, and every event it rests on.

    Args:
        about: the trigger's own words for people, as they were then.
        steps: how many the trigger has; ``step`` is counted from 1.
        expectation_s: of ``unanswered``: how soon an answer was due; else None.
        texts: the template as it was then, by language.
        message: what it says, or said, rendered now; None of what is no message.
        status: at the door, of a message that was decided; else empty.
        cause_told: what happened, in words.
        origin: of what a pain or a stage began: which, and the events behind it; else None.
        facts: those in clear that the message uses.
        guardrails: each with its verdict, in their order.
        group: ``treated`` or ``holdout``; empty where there is no holdout, or it was not asked.
        release_at: of what is held: when it is looked at again; else empty.
        followed: what came of it, in order.
        crossed: of what a figure started; else None. There is no customer then.
    """

    decision_id: str
    customer_id: str
    trigger: str
    about: str
    rule_version: int
    configuration: int
    action: str
    verdict: str
    reason: str
    decided_at: str
    recorded_at: str
    step: int
    steps: int
    attempt: int
    channel: str
    channel_reason: str
    brand: str
    purpose: str
    template: str
    texts: dict[str, str]
    message: Message | None
    status: str
    is_dry: bool
    expectation_s: float | None
    cause: str
    cause_told: str
    origin: Origin | None
    matter: str
    facts: dict[str, str]
    guardrails: list[Asked]
    group: str
    release_at: str
    inputs: list[Moment]
    followed: list[Followed]
    crossed: Crossed | None = None


def explain(workspace: Workspace, decision_id: str) -> Explained:
    """Why a decision was made.

    Raises:
        NotFound: no decision has this id.
    """
    digits = digits_of(decision_id)
    by_id = workspace.log.by_prefix(digits) if digits else []
    event = by_id[0] if len(by_id) == 1 else None
    if event is not None and isinstance(event.fact, CrossingDecided):
        return _crossing(workspace, event, event.fact)
    if event is None or not isinstance(event.fact, OutreachDecided):
        raise NotFound(
            f"No one decision has the id {decision_id!r}: 'journey decisions' lists them with ids."
        )
    fact, limits = event.fact, Limits(workspace)
    rules = limits.rules_of(fact.configuration, event.recorded_at)
    trigger, template = rules.triggers.get(fact.trigger), rules.templates.get(fact.template)
    inputs = [workspace.log.by_place(place) for place in fact.inputs]
    found = origin(workspace, event, inputs)
    is_sent = fact.action == MESSAGE and fact.verdict == DECIDED
    return Explained(
        decision_id=event.event_id.hex(),
        customer_id=workspace.log.current(event.customer_id).hex(),
        trigger=fact.trigger,
        about=trigger.about if trigger else "",
        rule_version=fact.rule_version,
        configuration=fact.configuration or limits.number_at(event.recorded_at),
        action=fact.action,
        verdict=fact.verdict,
        reason=fact.reason,
        decided_at=rfc3339(fact.decided_at),
        recorded_at=rfc3339(event.recorded_at),
        step=fact.step + 1,
        steps=len(trigger.steps) if trigger else 1,
        attempt=fact.attempt,
        channel=fact.channel,
        channel_reason=fact.channel_reason,
        brand=fact.brand,
        purpose=fact.purpose,
        template=fact.template,
        texts=_texts(template, fact.channel),
        message=rendered(workspace, event, rules) if is_sent else None,
        status=_status(workspace, limits, event, fact) if is_sent else "",
        is_dry=fact.is_dry,
        expectation_s=_expectation(rules, fact, inputs),
        cause=fact.cause.hex(),
        cause_told=_cause(workspace, fact, found),
        origin=found,
        matter=fact.matter,
        facts=fact.facts,
        guardrails=[
            Asked(*told)
            for told in zip_longest(fact.guardrails, fact.verdicts, fact.grounds, fillvalue="")
        ],
        group=fact.group,
        release_at=rfc3339(fact.release_at) if fact.release_at else "",
        inputs=[moment(workspace.log.open(given)) for given in inputs],
        followed=_followed(workspace, event, fact),
    )


def _crossing(workspace: Workspace, event: Recorded, fact: CrossingDecided) -> Explained:
    """Why a verdict about a figure was come to: the figure and the watch as they were."""
    trigger = Limits(workspace).numbered(fact.configuration).triggers.get(fact.trigger)
    of_it = [each for each in workspace.log.watched() if _crossing_of(each) == fact.crossing]
    opened = [each for each in of_it if isinstance(each.fact, ActionOpened)][:1]
    cause = opened[0].event_id if opened else b""
    return Explained(
        decision_id=event.event_id.hex(),
        customer_id="",
        trigger=fact.trigger,
        about=trigger.about if trigger else "",
        rule_version=fact.rule_version,
        configuration=fact.configuration,
        action=fact.action,
        verdict=fact.verdict,
        reason=fact.reason,
        decided_at=rfc3339(fact.decided_at),
        recorded_at=rfc3339(event.recorded_at),
        step=1,
        steps=1,
        attempt=fact.attempt,
        channel=fact.channel,
        channel_reason="",
        brand=fact.brand,
        purpose="",
        template="",
        texts={},
        message=None,
        status="",
        is_dry=fact.is_dry,
        expectation_s=None,
        cause=cause.hex(),
        cause_told=f"the watch {fact.watch} crossed its line: {in_words(fact)}",
        origin=None,
        matter=f"watch:{fact.crossing}",
        facts={},
        guardrails=[],
        group="",
        release_at=rfc3339(fact.release_at) if fact.release_at else "",
        inputs=[moment(workspace.log.open(each)) for each in opened],
        followed=[
            _follows(workspace, each)
            for each in of_it[of_it.index(event) + 1 :]
            if _is_of(each.fact, fact.trigger)
        ],
        crossed=_crossed(fact),
    )


def _crossing_of(event: Recorded) -> str:
    fact = event.fact
    return fact.crossing if isinstance(fact, CrossingDecided) else getattr(fact, "action", "")


def _is_of(fact: Fact, trigger: str) -> bool:
    """Whether something of a crossing concerns a trigger: not what others decided about it."""
    return not isinstance(fact, CrossingDecided) or fact.trigger == trigger


def _crossed(fact: CrossingDecided) -> Crossed:
    return Crossed(
        watch=fact.watch,
        crossing=fact.crossing,
        metric=fact.metric,
        column=fact.column,
        parameters=fact.parameters,
        value=fact.figure,
        low=fact.low if fact.has_interval else None,
        high=fact.high if fact.has_interval else None,
        n=fact.n if fact.n >= 0 else None,
        since=rfc3339(fact.since_at),
        until=rfc3339(fact.until_at),
        line=fact.line,
        bad=fact.bad,
        n_min=fact.n_min,
        only_sure=fact.only_sure,
        team=fact.team,
    )


def _texts(template: Template | None, channel: str) -> dict[str, str]:
    if template is None:
        return {}
    return template.text | (template.short if channel in ("sms", "push") else {})


def _status(workspace: Workspace, limits: Limits, event: Recorded, fact: OutreachDecided) -> str:
    """How its message stands at the door; empty where its row is not published yet."""
    own = event.event_id.hex()
    told = decisions(workspace, limits, fact.trigger)
    return next((each.standing.status for each in told if each.told.decision == own), "")


def _expectation(
    rules: Configuration, fact: OutreachDecided, inputs: list[Recorded]
) -> float | None:
    if fact.trigger != UNANSWERED:
        return None
    asked = next((e.fact for e in inputs if e.event_id == fact.cause), None)
    about = (
        {"urgency": asked.urgency, "topic": topic_of(asked)}
        if isinstance(asked, Touchpoint)
        else {}
    )
    return float(rules.expectation(fact.channel, **about) // 1_000_000)


def _cause(workspace: Workspace, fact: OutreachDecided, began: Origin | None) -> str:
    if began is not None:
        by = f" by {began.by}" if began.by else ""
        first = f": {_in_words(began.events[0])}" if began.events else ""
        more = f", and {len(began.events) - 1} more" if len(began.events) > 1 else ""
        return f"{began.what} {began.name} since {began.since}{by}{first}{more}"
    if not fact.cause:
        return "time passed"
    found = workspace.log.by_prefix(fact.cause.hex())
    return _told(workspace, found[0]) if len(found) == 1 else "an event that is not in this log"


def _told(workspace: Workspace, event: Recorded) -> str:
    return _in_words(moment(workspace.log.open(event)))


def _in_words(told: Moment) -> str:
    where = f" on {told.channel}" if told.channel else ""
    more = "(erased)" if told.is_erased else gist(told.fact)
    return f"{told.type}{where} at {told.at}" + (f": {more}" if more else "")


def _followed(workspace: Workspace, event: Recorded, fact: OutreachDecided) -> list[Followed]:
    """Later decisions of the same run, and what became of the message.

    A message of a campaign belongs to the decision before it: what comes after the trigger's next
    message is that one's.
    """
    customer = workspace.log.current(event.customer_id)
    known = sorted(workspace.log.at(workspace.store.positions(customer)), key=_when)
    run, until = list[Recorded](), None
    for each in known:
        other = each.fact
        if not isinstance(other, OutreachDecided) or other.trigger != fact.trigger:
            continue
        if _when(each) <= _when(event):
            continue
        if (other.cause, other.matter) == (fact.cause, fact.matter):
            run.append(each)
        if other.verdict == DECIDED and until is None:
            until = other.decided_at
    of_message = [] if fact.verdict != DECIDED else [
        each
        for each in known
        if getattr(each.fact, "campaign", "") == fact.trigger
        and fact.decided_at <= each.occurred_at
        and (until is None or each.occurred_at < until)
    ]  # fmt: skip
    return [_follows(workspace, each) for each in sorted([*run, *of_message], key=_when)]


def _when(event: Recorded) -> tuple[Instant, Instant, bytes]:
    fact = event.fact
    at = fact.decided_at if isinstance(fact, OutreachDecided) else event.occurred_at
    step = fact.step if isinstance(fact, OutreachDecided) else 0
    return at, step, event.event_id


def _follows(workspace: Workspace, event: Recorded) -> Followed:
    fact = event.fact
    if isinstance(fact, OutreachDecided | CrossingDecided):
        at, told = fact.decided_at, f"{fact.verdict}: {fact.reason}"
    else:
        at, told = event.occurred_at, gist(moment(workspace.log.open(event)).fact)
        told = told or getattr(fact, "outcome", "") or f"on {cast(Touchpoint, fact).channel}"
    return Followed(rfc3339(at), type_of(event), told, event.event_id.hex())
