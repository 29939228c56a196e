"""What the engine itself records: configuration in force, and its decisions."""

from __future__ import annotations

from typing import ClassVar

from schemas.fact import BrandFact, Fact
from schemas.times import Instant


class ConfigurationPublished(Fact, frozen=True, kw_only=True):
    """From here on these rules are in force. Stands in every partition at the same time."""

    TYPE: ClassVar[str] = "configuration-published.v1"

    number: int = 0  # 1, 2, 3 … within the log
    document: str = ""  # canonical JSON


class OutreachDecided(Fact, frozen=True, kw_only=True):
    """A trigger came to a verdict about one customer, with everything that led to it.

    Verdicts are ``started`` (a finding began the trigger: what follows is decided from there),
    ``decided``, ``suppressed``, ``held`` (looked at again at ``release_at``) and ``ended`` (an exit
    came before a message that was held or was to follow).
    """

    TYPE: ClassVar[str] = "outreach-decided.v2"

    trigger: str = ""
    rule_version: int = 0
    configuration: int = 0  # number of the configuration in force
    action: str = ""  # message_customer, alert_team, open_action
    verdict: str = ""
    cause: bytes = b""  # event id; empty: time did it
    cause_customer: bytes = b""  # whom the cause was recorded with
    step: int = 0
    conversation: bytes = b""
    channel: str = ""  # where the message is to go; of an alert, where the matter is
    brand: str = ""
    decided_at: Instant = 0  # the logical time of the timer that fired
    inputs: list[str] = []  # "partition/offset" of every event it rests on
    reason: str = ""
    matter: str = (
        ""  # what the trigger is about: an order, a cart, a conversation; tells runs apart
    )
    attempt: int = 0  # how often this step was looked at before
    purpose: str = ""  # transactional, service, survey, marketing
    template: str = ""
    channel_reason: str = ""  # why this channel
    guardrails: list[str] = []  # those asked, in their order
    verdicts: list[str] = []  # what each of them said: passed, suppressed, held, not_asked
    grounds: list[str] = []  # the facts that each used, in words
    facts: dict[str, str] = {}  # in clear, for the template; never personal ones
    release_at: Instant = 0  # of what is held
    group: str = ""  # treated or holdout, where there is a holdout
    is_dry: bool = False  # decided and recorded, and not to be sent


class CrossingDecided(BrandFact, frozen=True, kw_only=True):
    """A trigger came to a verdict about a figure that crossed its line, with all it rests on.

    Verdicts are ``decided``, ``held`` (by ``again_after``; looked at again from ``release_at`` on)
    and ``ended`` (what was held does not go out any more). The look of a watch comes to it, since
    no fold sees many customers: the figure is recorded as it was seen, the watch as it stood then.
    """

    TYPE: ClassVar[str] = "crossing-decided.v1"

    trigger: str = ""
    rule_version: int = 0
    configuration: int = 0  # number of the configuration in force
    action: str = ""  # alert_team, open_action
    verdict: str = ""
    attempt: int = 0  # how often this crossing was looked at before
    decided_at: Instant = 0  # when the figure was looked at
    release_at: Instant = 0  # of what is held
    reason: str = ""  # what the team reads, or why it does not
    is_dry: bool = False  # decided and recorded, and not to be sent
    watch: str = ""
    crossing: str = ""  # the id of the action that it opened: all of one crossing have it
    metric: str = ""  # a named question
    column: str = ""  # its figure
    parameters: dict[str, str] = {}
    figure: float = 0.0
    has_interval: bool = False
    low: float = 0.0  # the ends of its 95 % interval, where it has one
    high: float = 0.0
    n: int = -1  # of how many; -1: the question does not tell
    since_at: Instant = 0  # the window of the figure
    until_at: Instant = 0
    line: float = 0.0
    bad: str = ""  # on which side of the line: below, above
    n_min: int = 1  # of fewer nothing is told
    only_sure: bool = False  # only if its whole interval lies beyond the line


class OutreachApproved(BrandFact, frozen=True, kw_only=True):
    """Messages of ``trigger`` that waited for approval may go out: the first ``number`` of them.

    It concerns those that were decided before it, so that replay lets the same ones out.
    """

    TYPE: ClassVar[str] = "outreach-approved.v1"

    trigger: str = ""
    number: int = 0  # 0: all that waited then
    by: str = ""  # who approved
