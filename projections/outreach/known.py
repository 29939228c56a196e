"""What a decision knows of one customer: what was recorded by then, in the order of the log.

Nothing here rests on meaning: a later event may change what an earlier one meant, but never what
was known when a message went out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from projections import persona_facts
from projections.configuration.outreach import OutreachRules
from projections.conversations.turns import WANTS_NO_ANSWER, is_answer
from projections.preference import Begun
from projections.projection import NEVER
from schemas.events import (
    CallQueued,
    ConsentGiven,
    ConsentWithdrawn,
    ConversationResolved,
    MessageReceived,
    MessageSent,
    OutreachBounced,
    OutreachSent,
    PreferenceStated,
    ReviewPosted,
    SpamComplained,
    SurveyAnswered,
    TraitsStated,
    Unsubscribed,
)
from schemas.fact import Fact, Touchpoint
from schemas.recorded import Recorded
from schemas.times import HOUR, Instant

# A state stays small; the latest of each are remembered.
SENT_MAX = 64
BEGUN_MAX = 32
TALKS_MAX = 32
TRAITS_MAX = 64
CONSENTS_MAX = 64

ENGINE = "journey"  # the system that this engine sends as: its messages are known already
MARKETING = "marketing"
GAP = 24 * HOUR  # after which a message begins another contact


class Consent(msgspec.Struct, array_like=True, frozen=True):
    """The last word about a purpose on a channel; empty means any."""

    is_given: bool
    at: Instant
    source: str
    wording: str = ""


class Sent(msgspec.Struct, array_like=True, frozen=True):
    """A message that went out, or was decided to: this engine's and other systems'."""

    at: Instant
    purpose: str
    channel: str
    system: str
    campaign: str


class Talk(msgspec.Struct, array_like=True):
    """A conversation with care that is open: by the customer's last word, and the brand's."""

    asked_at: Instant
    answered_at: Instant = -NEVER


class KnownState(msgspec.Struct, array_like=True):
    """What is known of one customer."""

    consents: dict[str, Consent] = {}  # purpose, line feed, channel
    suppressed: dict[str, str] = {}  # channel -> why nothing goes there any more
    sent: list[Sent] = []
    begun: list[Begun] = []  # contacts that the customer began
    heard: dict[str, Instant] = {}  # channel -> the customer's last message there
    talks: dict[str, Talk] = {}
    low_score_at: Instant = -NEVER
    language: str = ""
    timezone: str = ""
    on_channel: str = ""
    traits: dict[str, str] = {}
    facts: persona_facts.Known = msgspec.field(default_factory=persona_facts.Known)


def note(known: KnownState, event: Recorded, rules: OutreachRules) -> None:
    """Take in one event."""
    taken = NOTES.get(type(event.fact))
    if taken is not None:
        taken(known, event.fact, event, rules)


def is_open(known: KnownState, at: Instant, implied_after: Instant) -> str:
    """The conversation with care that is open at a time, if any; its key.

    Args:
        implied_after: so long after the brand's last reply, with no word since, it is settled.
    """
    for key, talk in known.talks.items():
        if talk.answered_at < talk.asked_at or at - talk.answered_at < implied_after:
            return key
    return ""


def consent(known: KnownState, purpose: str, channel: str) -> Consent | None:
    """The last word about a purpose on a channel; what is said of any counts as well."""
    found: Consent | None = None
    for key in (f"{purpose}\n{channel}", f"{purpose}\n", f"\n{channel}", "\n"):
        told = known.consents.get(key)
        if told is not None and (found is None or told.at > found.at):
            found = told
    return found


def remember_sent(known: KnownState, sent: Sent) -> None:
    """Take note of a message."""
    known.sent = [*known.sent, sent][-SENT_MAX:]


Rules = OutreachRules


# --- events -----------------------------------------------------------------------------------


def _consent(known: KnownState, event: Recorded, key: str, told: Consent) -> None:
    before = known.consents.get(key)
    if before is not None:
        if told.at < before.at:
            return
        # What was withdrawn stays so whatever an import says.
        if told.is_given and not before.is_given and event.is_imported:
            return
    elif len(known.consents) >= CONSENTS_MAX:
        del known.consents[min(known.consents, key=lambda k: known.consents[k].at)]
    known.consents[key] = told


def _given(known: KnownState, fact: ConsentGiven, event: Recorded, rules: Rules) -> None:
    told = Consent(True, event.occurred_at, fact.method or event.source, fact.wording)
    _consent(known, event, f"{fact.purpose}\n{fact.on_channel}", told)


def _withdrawn(
    known: KnownState, fact: ConsentWithdrawn, event: Recorded, rules: OutreachRules
) -> None:
    told = Consent(False, event.occurred_at, fact.method or event.source)
    if not fact.purpose or not fact.on_channel:  # it takes back what was said of its parts
        for key in list(known.consents):
            purpose, _, channel = key.partition("\n")
            if fact.purpose in ("", purpose) and fact.on_channel in ("", channel):
                _consent(known, event, key, told)
    _consent(known, event, f"{fact.purpose}\n{fact.on_channel}", told)


def _unsubscribed(
    known: KnownState, fact: Unsubscribed, event: Recorded, rules: OutreachRules
) -> None:
    told = Consent(False, event.occurred_at, "unsubscribed")
    _consent(known, event, f"{fact.purpose or MARKETING}\n{fact.channel}", told)


def _complained(
    known: KnownState, fact: SpamComplained, event: Recorded, rules: OutreachRules
) -> None:
    known.suppressed[fact.channel] = "the customer called a message there spam"


def _bounced(
    known: KnownState, fact: OutreachBounced, event: Recorded, rules: OutreachRules
) -> None:
    if fact.hard:
        known.suppressed[fact.channel] = "a message there bounced for good"


def _sent(known: KnownState, fact: OutreachSent, event: Recorded, rules: Rules) -> None:
    if fact.system != ENGINE:
        told = Sent(event.occurred_at, fact.purpose, fact.channel, fact.system, fact.campaign)
        remember_sent(known, told)


def _preference(
    known: KnownState, fact: PreferenceStated, event: Recorded, rules: OutreachRules
) -> None:
    known.on_channel = fact.on_channel or known.on_channel
    known.language = fact.language or known.language
    known.timezone = fact.timezone or known.timezone


def _traits(known: KnownState, fact: TraitsStated, event: Recorded, rules: Rules) -> None:
    known.traits = dict(list((known.traits | fact.facts).items())[-TRAITS_MAX:])


def _asked(known: KnownState, fact: MessageReceived, event: Recorded, rules: Rules) -> None:
    at = event.occurred_at
    before = known.heard.get(fact.channel)
    if before is None or at > before:
        known.heard[fact.channel] = at
    if before is None or at - before > GAP:
        _began(known, at, fact.channel)
    if fact.intent in WANTS_NO_ANSWER and not fact.intent_method:
        return
    key = _key(fact)
    talk = known.talks.get(key)
    if talk is not None:
        talk.asked_at = max(talk.asked_at, at)
        return
    if len(known.talks) >= TALKS_MAX:
        talks = known.talks
        del talks[min(talks, key=lambda k: max(talks[k].asked_at, talks[k].answered_at))]
    known.talks[key] = Talk(at)


def _answered(known: KnownState, fact: MessageSent, event: Recorded, rules: Rules) -> None:
    talk = known.talks.get(_key(fact))
    if talk is not None and is_answer(fact):
        talk.answered_at = max(talk.answered_at, event.occurred_at)


def _resolved(
    known: KnownState, fact: ConversationResolved, event: Recorded, rules: OutreachRules
) -> None:
    key = _key(fact)
    talk = known.talks.get(key)
    if talk is not None and talk.asked_at <= event.occurred_at:
        del known.talks[key]


def _called(known: KnownState, fact: CallQueued, event: Recorded, rules: Rules) -> None:
    if fact.direction != "outbound":
        _began(known, event.occurred_at, fact.channel)


def _answered_survey(
    known: KnownState, fact: SurveyAnswered, event: Recorded, rules: OutreachRules
) -> None:
    if fact.share_of_scale <= rules.low_score:
        known.low_score_at = max(known.low_score_at, event.occurred_at)


def _reviewed(known: KnownState, fact: ReviewPosted, event: Recorded, rules: Rules) -> None:
    if fact.stars_max and fact.stars / fact.stars_max <= rules.low_score:
        known.low_score_at = max(known.low_score_at, event.occurred_at)


def _began(known: KnownState, at: Instant, channel: str) -> None:
    known.begun = [*known.begun, Begun(at, channel)][-BEGUN_MAX:]


def _key(fact: Touchpoint) -> str:
    return fact.conversation.hex() or f"{fact.brand}\n{fact.channel}"


Taken = Callable[[KnownState, Any, Recorded, OutreachRules], None]
NOTES: dict[type[Fact], Taken] = {
    ConsentGiven: _given,
    ConsentWithdrawn: _withdrawn,
    Unsubscribed: _unsubscribed,
    SpamComplained: _complained,
    OutreachBounced: _bounced,
    OutreachSent: _sent,
    PreferenceStated: _preference,
    TraitsStated: _traits,
    MessageReceived: _asked,
    MessageSent: _answered,
    ConversationResolved: _resolved,
    CallQueued: _called,
    SurveyAnswered: _answered_survey,
    ReviewPosted: _reviewed,
}
