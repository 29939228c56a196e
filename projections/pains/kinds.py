"""The kinds of pains: a line each, in the words of the documentation."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a customer may suffer from."""

    SLOW_RESPONSE = "slow_response"
    UNANSWERED = "unanswered"
    REPEAT_CONTACT = "repeat_contact"
    REPEATED_SELF = "repeated_self"
    CHANNEL_HOP = "channel_hop"
    BOT_DEAD_END = "bot_dead_end"
    SCRIPTED_REPLY = "scripted_reply"
    LONG_QUEUE = "long_queue"
    ABANDONED_CALL = "abandoned_call"
    HIGH_EFFORT = "high_effort"
    LOW_SCORE = "low_score"
    NEGATIVE_SENTIMENT = "negative_sentiment"
    PAYMENT_FAILED = "payment_failed"
    CHECKOUT_ABANDONED = "checkout_abandoned"
    SEARCH_NO_RESULT = "search_no_result"
    DELIVERY_LATE = "delivery_late"
    REFUND_WAIT = "refund_wait"
    OVER_CONTACTED = "over_contacted"
    RETIRED_CHANNEL = "retired_channel"


class Told(NamedTuple):
    """A kind in words.

    Args:
        rule: when it begins.
        ends: when it ends; ``at once``: it is a moment.
        worse: what makes it worse; empty: nothing.
        module: where its rule is.
    """

    rule: str
    ends: str
    worse: str
    module: str


AT_ONCE = "at once"
_RESOLVED = "when the conversation is resolved"

KINDS: dict[Kind, Told] = {
    Kind.SLOW_RESPONSE: Told(
        "An answer later than the expectation. It begins when the expectation passes.",
        "with that answer",
        "times the expectation that the customer waited",
        "service",
    ),
    Kind.UNANSWERED: Told(
        "A turn with no answer when the expectation has passed.",
        "on an answer (it is a `slow_response` from then on, counted once), on a withdrawal, or "
        "when the conversation is resolved",
        "",
        "service",
    ),
    Kind.REPEAT_CONTACT: Told(
        "The customer comes again about the same topic to the same brand within 7 days of "
        "`resolved`, stated or implied: with a new conversation, or by opening the old one again, "
        "also where a desk opened it at the same instant. A topic is what the source tells, else "
        "the first tag; an unknown topic or brand matches any, and the pain is flagged as assumed. "
        "Each resolution is followed by one repeat at most.",
        _RESOLVED,
        "",
        "repeat",
    ),
    Kind.REPEATED_SELF: Told(
        "After a hand-off or with a new agent, the customer is asked for facts that were given in "
        "the same conversation before it.",
        _RESOLVED,
        "",
        "repeat",
    ),
    Kind.CHANNEL_HOP: Told(
        "A matter that is not resolved on one channel is brought up on another within 48 hours of "
        "the customer's last word there: in the same conversation, or in a new one of the same "
        "brand and topic (an unknown one of them matches any, flagged as assumed). A move that the "
        "brand invited does not count.",
        _RESOLVED,
        "",
        "repeat",
    ),
    Kind.BOT_DEAD_END: Told(
        "The bot gave up, or the customer asked for a person twice in one conversation before a "
        "person had it. A message that asks and a `person-requested` with no word of the brand "
        "between them are one request. Once a conversation, until it ends.",
        "when a person takes over, or the conversation is resolved",
        "",
        "bot",
    ),
    Kind.SCRIPTED_REPLY: Told(
        "The same text by agents, normalised, twice in one conversation. Once for each text.",
        _RESOLVED,
        "",
        "bot",
    ),
    Kind.LONG_QUEUE: Told(
        "A call waits in the queue longer than the expectation. It begins when that passes, and is "
        "known when the call leaves the queue.",
        "when the call leaves the queue",
        "times the expectation that the customer waited",
        "service",
    ),
    Kind.ABANDONED_CALL: Told("The customer hung up in the queue.", AT_ONCE, "", "service"),
    Kind.HIGH_EFFORT: Told(
        "A CES of 3 of 7 or less, or more than 3 contacts to one resolution.",
        AT_ONCE,
        "",
        "scores",
    ),
    Kind.LOW_SCORE: Told(
        "A CSAT of 2 of 5 (4 of 10) or less, an NPS of 6 or less, 2 of 5 stars or less.",
        AT_ONCE,
        "how far below the best, 0 to 1 of the scale",
        "scores",
    ),
    Kind.NEGATIVE_SENTIMENT: Told(
        "A text of the customer with a sentiment below -0.5.",
        AT_ONCE,
        "how low, 0 to 1",
        "scores",
    ),
    Kind.PAYMENT_FAILED: Told(
        "A payment did not go through. Further failures for the same order belong to it.",
        "when the order is placed, delivered or cancelled, or the subscription goes on or ends",
        "how many payments failed",
        "commerce",
    ),
    Kind.CHECKOUT_ABANDONED: Told(
        "No order within 1 hour of the last start of a checkout.",
        "with the order",
        "",
        "commerce",
    ),
    Kind.SEARCH_NO_RESULT: Told("A search that found nothing.", AT_ONCE, "", "commerce"),
    Kind.DELIVERY_LATE: Told(
        "An order that is not delivered when its promised time has passed. One that arrived before "
        "it was placed, by its date, is not late.",
        "when it is delivered or cancelled",
        "days late, known when it ends",
        "commerce",
    ),
    Kind.REFUND_WAIT: Told(
        "A refund that was asked for and is not there after 7 days.",
        "with the refund",
        "days waited, known when it ends",
        "commerce",
    ),
    Kind.OVER_CONTACTED: Told(
        "More messages than the cap, whichever system sent them: a second marketing message on one "
        "day or a fourth in one week of the customer's calendar (one pain a day), a second survey "
        "within 30 days; or one invitation dismissed three times.",
        AT_ONCE,
        "",
        "pressure",
    ),
    Kind.RETIRED_CHANNEL: Told(
        "The customer writes or calls on a channel that is retired, or whose end is announced. "
        "Once a conversation and channel, until it is resolved.",
        AT_ONCE,
        "`severity_retired` where the channel is retired already",
        "retired",
    ),
}
