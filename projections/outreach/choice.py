"""Where a message goes: the customer's preference, as far as consent and the channel allow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from projections.configuration import Configuration, in_words
from projections.configuration.templates import NOT_SENT_TO, PUBLIC, SURVEY
from projections.configuration.triggers import StepRule
from projections.outreach import known as known_
from projections.outreach.known import KnownState
from projections.preference import USUAL, preferred_channel
from schemas.times import SECOND, Instant, moment, rfc3339

if TYPE_CHECKING:
    from projections.outreach.guardrails import Case

MESSAGING = "messaging"
STEPS_OWN = "the step names it"


class Candidate(NamedTuple):
    """A channel that may be used, and why it stands where it does."""

    channel: str
    why: str


class Consented(NamedTuple):
    """Whether a channel may be used for a purpose, and by what record."""

    is_allowed: bool
    ground: str


class Refusal(NamedTuple):
    """A channel that may not be used, and why."""

    channel: str
    refused: str


def candidates(
    rules: Configuration, known: KnownState, step: StepRule, at: Instant
) -> list[Candidate]:
    """The channels of a step, the one that the customer prefers first where it is among them."""
    told = preferred_channel(
        rules, at, stated=known.on_channel, begun=known.begun, traits=known.traits
    )
    order = step.channels or [c for c in rules.preference.otherwise if c not in NOT_SENT_TO]
    if step.channels and told.because == USUAL:  # the step knows better than what is usual
        return [Candidate(channel, STEPS_OWN) for channel in order]
    can_be_sent = told.channel and (step.channels or told.channel not in NOT_SENT_TO)
    first = [told.channel] if can_be_sent and (told.channel in order or not step.channels) else []
    listed = STEPS_OWN if step.channels else "the usual order"
    return [
        *(Candidate(channel, told.why) for channel in first),
        *(Candidate(channel, listed) for channel in order if channel not in first),
    ]


def consent(
    known: KnownState,
    purpose: str,
    candidate: Candidate,
    is_marketing: bool,
    opt_in: Sequence[str] = (),
) -> Consented:
    """Whether the customer allows it there.

    Args:
        opt_in: the countries by whose law it needs a record, whatever its purpose.
    """
    channel = candidate.channel
    if is_marketing and purpose == SURVEY:
        told = known_.survey_consent(known, channel)
    else:
        told = known_.consent(known, purpose, channel)
    if told is None:
        if is_marketing:
            return Consented(False, f"{channel}: no consent to {purpose} is on record")
        if opt_in:
            told_by = f"as the law of {', '.join(opt_in)} asks"
            return Consented(False, f"{channel}: no consent to {purpose} is on record, {told_by}")
        return Consented(True, f"{channel}: {purpose} needs none")
    word = "given" if told.is_given else "withdrawn"
    ground = f"{channel}: {word} at {rfc3339(told.at)} by {told.source or 'an unnamed source'}"
    return Consented(told.is_given, ground)


def chosen(case: Case) -> Candidate | None:
    """The first channel on which nothing stands against it; None if there is none."""
    refused = {refusal.channel for refusal in refusals(case)}
    return next((c for c in case.channels if c.channel not in refused), None)


def refusals(case: Case) -> Iterator[Refusal]:
    """The channels that may not be used, and why."""
    window = case.rules.outreach.messaging_window * SECOND
    today, opt_in = moment(case.at).date(), case.opt_in
    for candidate in case.channels:
        channel = candidate.channel
        blocked = known_.blocked(case.known, channel)
        told = consent(case.known, case.template.purpose, candidate, case.is_marketing, opt_in)
        rules = case.rules.channels.get(channel)
        heard = case.known.heard.get(channel)
        if blocked:
            yield Refusal(channel, f"{channel}: {blocked}")
        elif not told.is_allowed:
            yield Refusal(channel, told.ground)
        elif rules is not None and rules.retired_at is not None and rules.retired_at <= today:
            yield Refusal(channel, f"{channel}: retired on {rules.retired_at}")
        elif channel in PUBLIC and case.template.facts:
            yield Refusal(channel, f"{channel}: everybody reads it, and the template has facts")
        elif (
            channel == MESSAGING
            and not case.template.messaging_template
            and (heard is None or case.at - heard > window)
        ):
            wrong = f"nothing of the customer there within {in_words(window)}"
            yield Refusal(channel, f"{channel}: {wrong}, and no approved template")


def reasons(channels: Sequence[Candidate], channel: Candidate) -> str:
    """Why a channel was chosen, those before it named."""
    passed = [c.channel for c in channels[: channels.index(channel)]]
    return f"{channel.why}; not {', '.join(passed)}" if passed else channel.why
