"""When something is a pain point, and how bad it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from projections.configuration.durations import Seconds
from projections.configuration.section import Complaint, Section
from schemas import zones

SEVEREST = 4

Severity = Annotated[int, Meta(ge=1, le=SEVEREST)]
Share = Annotated[float, Meta(ge=0, le=1)]
AtLeastOne = Annotated[int, Meta(ge=1)]


def _steps(*measures: float) -> Any:
    return msgspec.field(default_factory=lambda: list(measures))


class PainRule(msgspec.Struct, frozen=True, kw_only=True):
    """What every kind has.

    Args:
        enabled: whether it is looked for.
        severity: 1 (a nuisance) to 4 (it may cost the customer).
    """

    enabled: bool = True
    severity: Severity = 2


class Graded(PainRule, frozen=True, kw_only=True):
    """A kind that may be worse.

    Args:
        worse_from: each of these that its measure reaches makes it worse by one, up to 4.
    """

    worse_from: list[float] = []

    def graded(self, measure: float) -> int:
        """How bad it is at this measure."""
        reached = sum(measure >= step for step in self.worse_from)
        return min(self.severity + reached, SEVEREST)


class SlowResponse(Graded, frozen=True, kw_only=True):
    """Measure: how often the expectation went into the wait."""

    severity: Severity = 1
    worse_from: list[float] = _steps(2.0, 4.0, 8.0)


class Unanswered(PainRule, frozen=True, kw_only=True):
    """A turn without an answer."""

    severity: Severity = 3


class RepeatContact(PainRule, frozen=True, kw_only=True):
    """``within``: so soon after it was resolved the same matter again is a repeat."""

    within: Seconds = 7 * 86400


class RepeatedSelf(PainRule, frozen=True, kw_only=True):
    """A question for what was told already."""


class ChannelHop(PainRule, frozen=True, kw_only=True):
    """``within``: of the customer's last word on the channel that let them down."""

    within: Seconds = 48 * 3600


class BotDeadEnd(PainRule, frozen=True, kw_only=True):
    """``requests``: so often a person is asked for in vain."""

    severity: Severity = 3
    requests: AtLeastOne = 2


class ScriptedReply(PainRule, frozen=True, kw_only=True):
    """``times``: so often an agent sends the same text."""

    times: Annotated[int, Meta(ge=2)] = 2


class LongQueue(Graded, frozen=True, kw_only=True):
    """Measure: how often the expectation went into the wait."""

    severity: Severity = 1
    worse_from: list[float] = _steps(2.0, 4.0, 8.0)


class AbandonedCall(PainRule, frozen=True, kw_only=True):
    """The customer hung up in the queue."""


class HighEffort(PainRule, frozen=True, kw_only=True):
    """``contacts``: more than so many to one resolution; ``ces_share``: or a CES at or below.

    A share is that of its scale, 0 (worst) to 1 (best): 3 on 1 to 7 is a third.
    """

    contacts: AtLeastOne = 3
    ces_share: Share = 0.3334


class LowScore(Graded, frozen=True, kw_only=True):
    """Scores at or below a share of their scale. Measure: how far below the best, 0 to 1."""

    worse_from: list[float] = _steps(0.7, 0.9)
    csat_share: Share = 0.4  # 2 of 5, 4 of 10, whether the scale begins at 0 or 1
    nps_share: Share = 0.6  # 6 on 0-10
    review_share: Share = 0.4  # 2 of 5 stars


class NegativeSentiment(Graded, frozen=True, kw_only=True):
    """``below``: texts of a lower sentiment. Measure: how low, 0 to 1."""

    below: Annotated[float, Meta(ge=-1, le=0)] = -0.5
    worse_from: list[float] = _steps(0.7, 0.9)


class PaymentFailed(Graded, frozen=True, kw_only=True):
    """Measure: how many payments for the same failed before one went through."""

    worse_from: list[float] = _steps(2.0, 3.0)


class CheckoutAbandoned(PainRule, frozen=True, kw_only=True):
    """``after``: so long without an order."""

    severity: Severity = 1
    after: Seconds = 3600


class SearchNoResult(PainRule, frozen=True, kw_only=True):
    """A search that found nothing."""

    severity: Severity = 1


class DeliveryLate(Graded, frozen=True, kw_only=True):
    """Measure: days late, known once it is delivered."""

    worse_from: list[float] = _steps(3.0, 7.0)


class RefundWait(Graded, frozen=True, kw_only=True):
    """``after``: so long without the money. Measure: days waited, known once it is there."""

    severity: Severity = 3
    after: Seconds = 7 * 86400
    worse_from: list[float] = _steps(14.0)


class OverContacted(PainRule, frozen=True, kw_only=True):
    """More messages than the cap, whoever sent them; or the same invitation dismissed often.

    Args:
        per_day: by the customer's day, over all channels; ``per_week``: from Monday on.
        purposes: which messages count for these two; an empty text: those of unknown purpose.
        surveys: more than so many within ``surveys_within``.
        dismissals: of one invitation.
        zone: whose days, where the customer stated no zone.
    """

    per_day: AtLeastOne = 1
    per_week: AtLeastOne = 3
    purposes: list[str] = msgspec.field(default_factory=lambda: ["marketing", ""])
    surveys: AtLeastOne = 1
    surveys_within: Seconds = 30 * 86400
    dismissals: AtLeastOne = 3
    zone: str = "UTC"


class RetiredChannel(PainRule, frozen=True, kw_only=True):
    """``severity`` where its end is announced, ``severity_retired`` where it has come."""

    severity: Severity = 1
    severity_retired: Severity = 3


class PainRules(Section, frozen=True, kw_only=True):
    """Section ``pains``: a table for each kind, and what all cost.

    Args:
        contacts_within: a contact about the same this soon after a pain began is extra.
        refunds_within: a refund for the same this soon after it belongs to its cost.
        currency: of all costs; refunds in another are not added. Empty: a pain's cost is in the
            currency of its first refund.
    """

    contacts_within: Seconds = 7 * 86400
    refunds_within: Seconds = 30 * 86400
    currency: str = ""

    slow_response: SlowResponse = SlowResponse()
    unanswered: Unanswered = Unanswered()
    repeat_contact: RepeatContact = RepeatContact()
    repeated_self: RepeatedSelf = RepeatedSelf()
    channel_hop: ChannelHop = ChannelHop()
    bot_dead_end: BotDeadEnd = BotDeadEnd()
    scripted_reply: ScriptedReply = ScriptedReply()
    long_queue: LongQueue = LongQueue()
    abandoned_call: AbandonedCall = AbandonedCall()
    high_effort: HighEffort = HighEffort()
    low_score: LowScore = LowScore()
    negative_sentiment: NegativeSentiment = NegativeSentiment()
    payment_failed: PaymentFailed = PaymentFailed()
    checkout_abandoned: CheckoutAbandoned = CheckoutAbandoned()
    search_no_result: SearchNoResult = SearchNoResult()
    delivery_late: DeliveryLate = DeliveryLate()
    refund_wait: RefundWait = RefundWait()
    over_contacted: OverContacted = OverContacted()
    retired_channel: RetiredChannel = RetiredChannel()

    def rule(self, kind: str) -> PainRule:
        """The settings of a kind."""
        found: PainRule = getattr(self, kind)
        return found

    def complaints(self, whole: Any) -> Iterator[Complaint]:
        """Steps that do not rise, a zone that does not exist."""
        for name in self.__struct_fields__:
            rule = getattr(self, name)
            if isinstance(rule, Graded) and rule.worse_from != sorted(set(rule.worse_from)):
                yield Complaint((name, "worse_from"), "does not rise: sort it, each number once")
        if self.over_contacted.zone not in zones.names():
            wrong = f"there is no time zone {self.over_contacted.zone}: write an IANA name, such as"
            yield Complaint(("over_contacted", "zone"), f"{wrong} Europe/Berlin")
