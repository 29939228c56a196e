"""What the engine itself records: configuration in force, and its decisions."""

from __future__ import annotations

from typing import ClassVar

from schemas.fact import Fact
from schemas.times import Instant


class ConfigurationPublished(Fact, frozen=True, kw_only=True):
    """From here on these rules are in force. Stands in every partition at the same time."""

    TYPE: ClassVar[str] = "configuration-published.v1"

    number: int = 0  # 1, 2, 3 … within the log
    document: str = ""  # canonical JSON


class OutreachDecided(Fact, frozen=True, kw_only=True):
    """A trigger came to a verdict about one customer, with everything that led to it."""

    TYPE: ClassVar[str] = "outreach-decided.v1"

    trigger: str = ""
    rule_version: int = 0
    configuration: int = 0  # number of the configuration in force
    action: str = ""  # message_customer, alert_team, open_action
    verdict: str = ""  # decided, suppressed, held
    cause: bytes = b""  # event id
    cause_customer: bytes = b""  # whom the cause was recorded with
    step: int = 0
    conversation: bytes = b""
    channel: str = ""
    brand: str = ""
    decided_at: Instant = 0  # the logical time of the timer that fired
    inputs: list[str] = []  # "partition/offset" of every event it rests on
    reason: str = ""
