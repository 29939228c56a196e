"""Triggers: what starts outreach, for whom, and what is done then, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from projections.configuration import watched
from projections.configuration.durations import Seconds
from projections.configuration.personas import Condition
from projections.configuration.section import Complaint, Section
from projections.configuration.stages import Share, SignRule
from projections.configuration.templates import ANSWERED, MARKETING, PUBLIC

MESSAGE: Final = "message_customer"
ALERT: Final = "alert_team"
ACTION: Final = "open_action"

BUILT_IN: Final = "unanswered"  # a trigger that needs no table
ONCE: Final = "once"
PER_MATTER: Final = "once_per_matter"
AGAIN: Final = "again"

INBOUND: Final = "inbound"  # an exit: any touch by the customer

# Facts that rest on meaning: a decision knows what was recorded, not what it came to mean.
OF_MEANING = ("stage", "contacts", "days_in_stage")
DATES = ("ends_at", "promised_at")


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What starts a trigger: one of ``events``, ``stage``, ``pain``, ``watch``.

    Args:
        events: types without their version; a declared type, or one of no shipped type, by name.
        direction: of the event; empty: any.
        channels: where; none: anywhere.
        is_question: whether only a text that asks something counts.
        intents: what the customer wants by it, such as ``complaint``; none: anything.
        topics: what it is about, told or judged; none: anything.
        gave: its text gives a fact of one of these kinds, such as ``phone``; none: any text.
        survey: whose answers count; empty: any.
        share_at_least: of its scale, 0 (worst) to 1 (best): of an answer or of stars.
        share_at_most: the same.
        after: only after this time without one of ``unless``; of a stage, if it lasts so long.
        unless: types of events about the same matter that call it off while it waits; ``inbound``
            is any touch by the customer.
        date: a time that the event tells, such as ``ends_at``, from which the waiting is counted.
        before: how long before that date.
        stage: the customer enters this stage.
        pain: a pain point of this kind begins.
        watch: the figure of this watch crosses its line.
    """

    events: list[str] = msgspec.field(default_factory=list)
    direction: Literal["", "inbound", "outbound", "internal"] = ""
    channels: list[str] = msgspec.field(default_factory=list)
    is_question: bool = False
    intents: list[str] = msgspec.field(default_factory=list)
    topics: list[str] = msgspec.field(default_factory=list)
    gave: list[str] = msgspec.field(default_factory=list)
    survey: str = ""
    share_at_least: Share = 0.0
    share_at_most: Share = 1.0
    after: Seconds = 0
    unless: list[str] = msgspec.field(default_factory=list)
    date: Literal["", "ends_at", "promised_at"] = ""
    before: Seconds = 0
    stage: str = ""
    pain: str = ""
    watch: str = ""

    @property
    def sign(self) -> SignRule:
        """What one event must be to start it."""
        return SignRule(
            events=self.events,
            direction=self.direction,
            channels=self.channels,
            is_question=self.is_question,
            survey=self.survey,
            share_at_least=self.share_at_least,
            share_at_most=self.share_at_most,
        )


class StepRule(msgspec.Struct, frozen=True, kw_only=True):
    """One step: a message, an alert or an action.

    Args:
        after: the wait since the step before, or since the start.
        template: what a message says.
        channels: where it may go, in this order; none: by the customer's preference.
        when: who gets it; others go on to the next step.
        text: of an alert or an action.
        team: whom an alert goes to, who owns an action; empty: the conversation's team.
    """

    after: Seconds = 0
    template: str = ""
    channels: list[str] = msgspec.field(default_factory=list)
    when: Condition | None = None
    text: str = ""
    team: str = ""


class Trigger(Section, frozen=True, kw_only=True):
    """Section ``triggers.NAME``.

    Args:
        about: for people.
        action: what is done.
        start: what starts it.
        when: whom it is for, by what is known of them when it starts.
        steps: one after the other.
        exits: types of events that end it; ``inbound`` is any touch by the customer.
        again: once for ever, once for each matter (an order, a cart, a conversation), or again.
        again_after: it starts again only this long after the last time.
        stale_after: what is due and could not go out is dropped after this time.
        holdout: the share of customers who get nothing, so that the effect is known.
        audience_max: so many in a rolling day go out without approval; none: as in ``outreach``.
        needs: traits that the customer must have stated, where its subject is sensitive.
        dry_run: decided and recorded, but not to be sent.
        paused: nothing of it is decided.
        owner: who answers for it.
        reviewed_on: when somebody last looked at it; after a while without, it stops.
    """

    about: str = ""
    action: Literal["message_customer", "alert_team", "open_action"] = "message_customer"
    start: Start = Start()
    when: Condition | None = None
    steps: list[StepRule] = msgspec.field(default_factory=list)
    exits: list[str] = msgspec.field(default_factory=list)
    again: Literal["once", "once_per_matter", "again"] = "once_per_matter"
    again_after: Seconds = 0
    stale_after: Seconds = 24 * 3600
    holdout: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    audience_max: Annotated[int, Meta(ge=1)] | None = None
    needs: list[str] = msgspec.field(default_factory=list)
    dry_run: bool = False
    paused: bool = False
    owner: str = ""
    reviewed_on: date | None = None

    def conditions(self) -> Iterator[Condition]:
        """All conditions in it."""
        if self.when is not None:
            yield self.when
        for step in self.steps:
            if step.when is not None:
                yield step.when

    def complaints(self, whole: Any) -> Iterator[Complaint]:
        """Hold it against the types of events, stages, pains and templates."""
        if self.start.watch:
            yield from watched.complaints(self, Trigger())
            if self.action == MESSAGE:  # what its steps say is about messages
                return
        else:
            yield from self._about_start(whole)
            yield from self._about_conditions(whole)
        if not self.steps:
            yield Complaint(("steps",), "is empty: write at least one [[triggers.NAME.steps]]")
        for n, step in enumerate(self.steps):
            for key, wrong in self._about_step(step, whole):
                yield Complaint(("steps", str(n), key), wrong)
        if self.holdout and self.action != MESSAGE and not self.start.watch:
            wrong = f"means nothing of {self.action}: only messages have a holdout"
            yield Complaint(("holdout",), wrong)

    def _about_start(self, whole: Any) -> Iterator[Complaint]:
        start = self.start
        given = [key for key in ("events", "stage", "pain") if getattr(start, key)]
        if len(given) != 1:
            told = " and ".join(given) if given else "nothing"
            yield Complaint(("start",), f"has {told}: give one of events, stage, pain, watch")
        if start.stage and start.stage not in whole.stages.stages:
            yield Complaint(("start", "stage"), _unknown(start.stage, "stage", whole.stages.stages))
        for key in ("intents", "topics", "gave"):
            if getattr(start, key) and not start.events:
                yield Complaint(("start", key), "is for events: write events")
        if start.before and not start.date:
            yield Complaint(
                ("start", "before"), f"of which date? Write date = {' or '.join(DATES)}"
            )
        if start.date and (start.stage or start.pain):
            yield Complaint(("start", "date"), "is told by events: write events")
        if start.date and start.after:
            yield Complaint(("start", "after"), "and a date: write before, or a step's after")
        if start.unless and not (start.after or start.date):
            yield Complaint(("start", "unless"), 'needs a time to wait: write after = "1 h"')
        if start.unless and start.stage:
            wrong = "is for events and pains: who leaves a stage waits no longer"
            yield Complaint(("start", "unless"), wrong)
        if start.share_at_least > start.share_at_most:
            wrong = f"lies above share_at_most {start.share_at_most}: nothing would fit"
            yield Complaint(("start", "share_at_least"), wrong)

    def _about_conditions(self, whole: Any) -> Iterator[Complaint]:
        told: list[tuple[tuple[str, ...], Condition | None]] = [(("when",), self.when)]
        told += [(("steps", str(n), "when"), step.when) for n, step in enumerate(self.steps)]
        for place, condition in told:
            if condition is None:
                continue
            for path, wrong in condition.complaints(whole):
                yield Complaint((*place, *path), wrong)
            for leaf in condition.leaves():
                if leaf.fact in OF_MEANING:
                    wrong = f"asks for {leaf.fact}, which a later event may change: a decision "
                    wrong += (
                        "rests on what was recorded; write start = { stage = … } or { pain = … }"
                    )
                    yield Complaint(place, wrong)

    def _about_step(self, step: StepRule, whole: Any) -> Iterator[tuple[str, str]]:
        if self.action != MESSAGE:
            if step.template or step.channels:
                key = "template" if step.template else "channels"
                yield key, f"is for {MESSAGE}: of {self.action} write text"
            if not step.text:
                yield "text", f"is missing: say what {self.action} says"
            return
        template = whole.templates.get(step.template)
        if template is None:
            yield "template", _unknown(step.template, "template", list(whole.templates))
            return
        for channel in step.channels:
            if channel in PUBLIC and template.facts:
                yield (
                    "channels",
                    f"{channel} is public and {step.template} has facts: leave one out",
                )
            if channel in ANSWERED and template.no_reply:
                wrong = (
                    f"people answer on {channel}, and {step.template} has no_reply: leave one out"
                )
                yield "channels", wrong
            retired = whole.channels.get(channel)
            if retired is not None and retired.retired_at is not None:
                yield "channels", f"{channel} is retired on {retired.retired_at}: name another"


def is_marketing(purpose: str, surveys_are_marketing: bool) -> bool:
    """Whether the rules of marketing hold for a purpose."""
    return purpose == MARKETING or (purpose == "survey" and surveys_are_marketing)


def _unknown(name: str, what: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    which = f"use one of {', '.join(known)}" if known else f"write [{what}s.NAME]"
    return f"{name or 'nothing'} is no {what}{meant}: {which}"
