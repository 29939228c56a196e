"""What a decision knows of one customer: what was recorded by then, in the order of the log.

Nothing here rests on meaning: a later event may change what an earlier one meant, but never what
was known when a message went out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args

import msgspec

from projections import persona_facts
from projections.configuration.outreach import SENT_MAX, OutreachRules
from projections.configuration.templates import MARKETING, NOT_SENT_TO, SURVEY, Purpose
from projections.conversations.turns import WANTS_NO_ANSWER, is_answer
from projections.preference import Begun
from projections.projection import NEVER
from projections.trait_words import words_of
from schemas.events import (
    CallQueued,
    ConsentGiven,
    ConsentWithdrawn,
    ConversationReopened,
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
from schemas.times import DAY, HOUR, Instant

# A state stays small; the latest of each are remembered.
BEGUN_MAX = 32
TALKS_MAX = 32
TRAITS_MAX = 64
STATED_MAX = 128
CONSENTS_MAX = 64

ENGINE = "journey"  # the system that this engine sends as: its messages are known already
GAP = 24 * HOUR  # after which a message begins another contact


class Consent(msgspec.Struct, array_like=True, frozen=True):
    """The last word about a purpose on a channel; empty means any."""

    is_given: bool
    at: Instant
    source: str
    wording: str = ""
    is_imported: bool = False


class Sent(msgspec.Struct, array_like=True, frozen=True):
    """A message that went out, or was decided to: this engine's and other systems'."""

    at: Instant
    purpose: str
    channel: str
    system: str
    campaign: str


class Talk(msgspec.Struct, array_like=True):
    """A conversation with care, by when each thing last happened in it, in whatever order told."""

    asked_at: Instant = -NEVER
    answered_at: Instant = -NEVER
    resolved_at: Instant = -NEVER

    @property
    def last_at(self) -> Instant:
        """When anything last happened."""
        return max(self.asked_at, self.answered_at, self.resolved_at)


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
    stated_at: dict[str, Instant] = {}  # preference, or line feed and trait -> when it was stated


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
        if talk.asked_at <= talk.resolved_at:
            continue
        if talk.answered_at < talk.asked_at or at - talk.answered_at < implied_after:
            return key
    return ""


def consent(known: KnownState, purpose: str, channel: str) -> Consent | None:
    """The word that counts about a purpose on a channel; what is said of any counts as well.

    The last word counts, and of two at once the withdrawal. What a withdrawal took back no import
    gives again, whatever its date and however widely either was said.
    """
    return _counts([f"{purpose}\n{channel}", f"{purpose}\n", f"\n{channel}", "\n"], known)


def survey_consent(known: KnownState, channel: str) -> Consent | None:
    """The word about surveys where they count as marketing.

    What was said of surveys themselves counts; else what was said of marketing, or of anything.
    """
    if any(f"{SURVEY}\n{on}" in known.consents for on in (channel, "")):
        return consent(known, SURVEY, channel)
    return consent(known, MARKETING, channel)


def _counts(keys: Iterable[str], known: KnownState) -> Consent | None:
    told = [known.consents[key] for key in keys if key in known.consents]
    if not all(each.is_given for each in told):
        told = [each for each in told if not (each.is_given and each.is_imported)]
    return max(told, key=_when, default=None)


def _when(told: Consent) -> tuple[Instant, bool]:
    return told.at, not told.is_given


def blocked(known: KnownState, channel: str) -> str:
    """Why nothing may go to a channel; empty if it may. What named no channel blocks them all."""
    return known.suppressed.get(channel) or known.suppressed.get("", "")


def remember_sent(known: KnownState, sent: Sent) -> None:
    """Take note of a message that may count; others are bound by no cap and bind none."""
    if sent.purpose in (MARKETING, SURVEY):
        known.sent = sorted([*known.sent, sent], key=lambda each: each.at)[-SENT_MAX:]


def tells_again(told: Sent, own: Sent) -> bool:
    """Whether a system tells of a message that it sent for this engine."""
    is_its = own.system == ENGINE and (own.campaign, own.channel) == (told.campaign, told.channel)
    return is_its and 0 <= told.at - own.at <= DAY


Rules = OutreachRules


# --- events -----------------------------------------------------------------------------------


def _consent(known: KnownState, key: str, told: Consent) -> None:
    before = known.consents.get(key)
    if before is None:
        if len(known.consents) >= CONSENTS_MAX:  # what is forbidden is forgotten last
            consents = known.consents
            del consents[min(consents, key=lambda k: (not consents[k].is_given, consents[k].at))]
    elif told.is_given:
        is_hearsay = before.is_given and before.is_imported
        if told.is_imported and not is_hearsay:
            return
        if told.at <= before.at and (told.is_imported or not is_hearsay):
            return
    elif told.at < before.at and not (before.is_given and before.is_imported):
        return
    known.consents[key] = told


def _given(known: KnownState, fact: ConsentGiven, event: Recorded, rules: Rules) -> None:
    source = fact.method or event.source
    told = Consent(True, event.occurred_at, source, fact.wording, event.is_imported)
    _consent(known, f"{fact.purpose}\n{fact.on_channel}", told)


def _withdrawn(
    known: KnownState, fact: ConsentWithdrawn, event: Recorded, rules: OutreachRules
) -> None:
    told = Consent(False, event.occurred_at, fact.method or event.source)
    _consent(known, f"{fact.purpose}\n{fact.on_channel}", told)


def _unsubscribed(
    known: KnownState, fact: Unsubscribed, event: Recorded, rules: OutreachRules
) -> None:
    told = Consent(False, event.occurred_at, "unsubscribed")
    # Where nothing can be sent is only where it was said: a page, a call.
    channel = "" if fact.channel in NOT_SENT_TO else fact.channel
    _consent(known, f"{fact.purpose or MARKETING}\n{channel}", told)


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
    # Whoever does not say what for has to be taken at the worst.
    purpose = fact.purpose if fact.purpose in get_args(Purpose) else MARKETING
    told = Sent(event.occurred_at, purpose, fact.channel, fact.system, fact.campaign)
    if fact.system != ENGINE and not any(tells_again(told, own) for own in known.sent):
        remember_sent(known, told)


def _is_newest(known: KnownState, key: str, at: Instant) -> bool:
    """Whether nothing was stated later, whenever it was told; takes note of when it was."""
    stated = known.stated_at
    if at < stated.get(key, at):
        return False
    stated[key] = at
    if len(stated) > STATED_MAX:
        del stated[min(stated, key=lambda k: (stated[k], k))]
    return True


def _preference(
    known: KnownState, fact: PreferenceStated, event: Recorded, rules: OutreachRules
) -> None:
    for name in ("on_channel", "language", "timezone"):
        told = getattr(fact, name)
        if told and _is_newest(known, name, event.occurred_at):
            setattr(known, name, told)


def _traits(known: KnownState, fact: TraitsStated, event: Recorded, rules: Rules) -> None:
    told = {
        name: ", ".join(words_of(stored))
        for name, stored in fact.facts.items()
        if _is_newest(known, f"\n{name}", event.occurred_at)
    }
    stated = {name: words for name, words in (known.traits | told).items() if words}
    known.traits = dict(list(stated.items())[-TRAITS_MAX:])


def _asked(known: KnownState, fact: MessageReceived, event: Recorded, rules: Rules) -> None:
    at = event.occurred_at
    before = known.heard.get(fact.channel)
    if before is None or at > before:
        known.heard[fact.channel] = at
    if before is None or at - before > GAP:
        _began(known, at, fact.channel)
    if fact.intent in WANTS_NO_ANSWER and not fact.intent_method:
        return
    talk = _talk(known, fact)
    talk.asked_at = max(talk.asked_at, at)


def _answered(known: KnownState, fact: MessageSent, event: Recorded, rules: Rules) -> None:
    if is_answer(fact):
        talk = _talk(known, fact)
        talk.answered_at = max(talk.answered_at, event.occurred_at)


def _resolved(
    known: KnownState, fact: ConversationResolved, event: Recorded, rules: OutreachRules
) -> None:
    talk = _talk(known, fact)
    talk.resolved_at = max(talk.resolved_at, event.occurred_at)


def _reopened(
    known: KnownState, fact: ConversationReopened, event: Recorded, rules: OutreachRules
) -> None:
    talk = _talk(known, fact)
    talk.asked_at = max(talk.asked_at, event.occurred_at)


def _talk(known: KnownState, fact: Touchpoint) -> Talk:
    """What is known of the conversation of an event; what is settled is forgotten first."""
    talks, key = known.talks, fact.conversation.hex() or f"{fact.brand}\n{fact.channel}"
    if key not in talks:
        if len(talks) >= TALKS_MAX:
            open_ = {k: talks[k].asked_at > talks[k].resolved_at for k in talks}
            del talks[min(talks, key=lambda k: (open_[k], talks[k].last_at))]
        talks[key] = Talk()
    return talks[key]


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
    ConversationReopened: _reopened,
    CallQueued: _called,
    SurveyAnswered: _answered_survey,
    ReviewPosted: _reviewed,
}
