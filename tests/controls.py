"""Named example values for all tests: people, a clock to turn, keys, and drafts by type.

A test names what it is about and leaves the rest to these. Every draft has personal fields, so
that whatever leaks shows.
"""

from pathlib import Path
from typing import Any

from journey.log.keys import KeyStore, WorkspaceKeys
from journey.log.sqlite_log import SqliteEventLog
from journey.ports import Clock, Draft
from projections.projection import Act
from schemas.events import (
    Custom,
    IdentityLinked,
    MessageReceived,
    MessageSent,
    OrderPlaced,
    OutreachDecided,
    PageViewed,
    SurveyAnswered,
)
from schemas.fact import BrandFact, Identities, Touchpoint
from schemas.times import MINUTE, SECOND, Instant, parse_rfc3339

NOON: Instant = parse_rfc3339("2024-05-01T12:00:00Z")
MASTER_KEY = bytes(range(32))
DOCUMENT = '{"rules":"as they are"}'

ANN: Identities = {"email": ["ann.example@example.com"]}
ANNS_PHONE: Identities = {"phone": ["+49 171 5550100"]}
BEN: Identities = {"handle:twitter": ["@ben_the_example"]}
CEM: Identities = {"user_id": ["cem-4711"]}
VISITOR: Identities = {"anonymous": ["visitor-0001"]}
OTHER_VISITOR: Identities = {"anonymous": ["visitor-0002"]}


class ManualClock:
    """Stands still until it is turned."""

    def __init__(self, at: Instant = NOON) -> None:
        self.at = at

    def now(self) -> Instant:
        return self.at

    def turn(self, by: Instant) -> None:
        self.at += by


def draft(
    message_id: str = "m-1", fact: Touchpoint | BrandFact | None = None, **given: Any
) -> Draft:
    """A draft from Ann who wrote at noon, unless told otherwise.

    As at the ingest, the fact holds what the draft says of ids and people.
    """
    told: dict[str, Any] = {"identities": ANN, "source": "shop", "occurred_at": NOON} | given
    if fact is None:
        fact = message(f"Where is my parcel, asked in {message_id}?")
    personal: dict[str, Any] = {"message_id": message_id}
    for name, field in (("identities", "identities"), ("author", "author")):
        if told.get(name):
            personal[field] = told[name]
    if told.get("conversation"):
        personal["conversation_id"] = told["conversation"]
    values = {name: getattr(fact, name) for name in fact.__struct_fields__} | personal
    return Draft(message_id=message_id, fact=type(fact)(**values), **told)


def message(text: str = "Where is my parcel?", **fields: Any) -> MessageReceived:
    return MessageReceived(
        channel="email", direction="inbound", actor_kind="customer", text=text, **fields
    )


def answer(text: str = "It is on its way.", **fields: Any) -> MessageSent:
    return MessageSent(
        channel="email", direction="outbound", actor_kind="human", text=text, **fields
    )


def order(order_id: str = "order-98765", **fields: Any) -> OrderPlaced:
    return OrderPlaced(channel="shop", order_id=order_id, amount_micros=19_900_000, **fields)


def page(name: str = "pricing") -> PageViewed:
    return PageViewed(channel="web", name=name, url="https://shop.example/pricing?of=ann")


def survey(score: float = 3.0) -> SurveyAnswered:
    return SurveyAnswered(
        survey="csat", score=score, scale_min=1.0, scale_max=5.0, comment="Too slow for me."
    )


def link() -> IdentityLinked:
    return IdentityLinked(channel="crm", direction="internal")


def custom() -> Custom:
    return Custom(name="wheel-spun", extra={"prize": '"a secret voucher"'})


FACTS = (message(), answer(), order(), page(), survey(), custom())


def drafts(count: int, prefix: str = "m", **given: Any) -> list[Draft]:
    """So many drafts of all types in turn, by two people, a minute apart."""
    return [
        draft(
            f"{prefix}-{n}",
            FACTS[n % len(FACTS)],
            **{"identities": (ANN, BEN)[n % 2], "occurred_at": NOON + n * MINUTE} | given,
        )
        for n in range(count)
    ]


def act(customer: bytes, cause: bytes = b"c" * 16, **fields: Any) -> Act:
    """A decision about a customer, by a trigger, because of an event."""
    told: dict[str, Any] = {
        "trigger": "unanswered",
        "rule_version": 1,
        "verdict": "decided",
        "cause": cause,
        "cause_customer": customer,
    }
    return Act(customer, NOON + SECOND, OutreachDecided(**told | fields))


class Opening:
    """How to open a log again and again: where it lies, with which clock and configuration.

    Args:
        folder: where the files are; None for a log in memory, which ends when it is closed.
    """

    def __init__(self, folder: Path | None, master: bytes = MASTER_KEY) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.keys = WorkspaceKeys(master)
        self.people = KeyStore(self._path("keys.sqlite"), self.keys.wrap)
        self._open: list[SqliteEventLog] = []

    def log(self, *, document: str = DOCUMENT, clock: Clock | None = None) -> SqliteEventLog:
        """The log, opened (again)."""
        opened = SqliteEventLog(
            self._path("log.sqlite"), self.keys, self.people, clock or self.clock, lambda: document
        )
        self._open.append(opened)
        return opened

    def close(self) -> None:
        for log in self._open:
            log.close()
        self.people.close()

    def _path(self, name: str) -> str:
        return ":memory:" if self.folder is None else str(self.folder / name)
