"""The seams: what the engine needs of the world, as small Protocols. The docstring is the contract.

Every port has an in-memory twin that passes the same contract suite as the real thing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec
import pyarrow as pa

from projections.projection import Act
from projections.tables import Table
from schemas.fact import BrandFact, Identities, Touchpoint
from schemas.recorded import Recorded
from schemas.times import Instant


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Instant:
        """Microseconds since 1970, UTC. May go back; the log copes."""


class Draft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a source told, on its way into the log: the fact, and what the append needs to place it.

    Args:
        source: the feed, as the operator names it; never taken from a file's name.
        message_id: the source's own id of the message; (source, message_id) makes the event's id.
        identities: who the customer is, by kind; empty if the conversation tells it, or if the fact
            has no customer.
        conversation: the source's id of the conversation, empty if none.
        owner: an identity of the customer who opened the conversation, if the source names it.
        author: whose words these are, if not the customer's.
        id_time: the client's own time stamp, only where the source keeps it over retries.
        sequence: the source's own order, else the row in its file.
        time_given: whether the source told ``occurred_at``. A time that nobody told takes no part
            in comparing two tellings of one event.
        per_delivery: the names in ``extra`` that tell of one delivery of the message, such as when
            it was sent. If there are any, they and ``received_at`` are not compared either.
    """

    source: str
    message_id: str
    fact: Touchpoint | BrandFact
    occurred_at: Instant
    identities: Identities = {}
    conversation: str = ""
    owner: Identities = {}
    author: Identities = {}
    id_time: Instant | None = None
    sequence: int = 0
    sequence_given: bool = False
    time_given: bool = True
    per_delivery: frozenset[str] = frozenset()


class Outcome(StrEnum):
    """What became of one draft."""

    APPENDED = "appended"
    DUPLICATE = "duplicate"
    DIFFERS = "differs"  # the same id told differently: the first telling stays
    REFUSED = "refused"  # it names nobody whom it could belong to


class Note(msgspec.Struct, frozen=True):
    """How far somebody who appends has come, committed with what is appended.

    Args:
        name: whose it is; a newer note of the same name replaces it.
        text: what it says; empty to forget it.
    """

    name: str
    text: str


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """The answer to one draft.

    ``fields`` names what differs; ``["not comparable"]`` when the first telling was erased.
    ``reason`` says why a draft was refused.
    """

    outcome: Outcome
    event_id: bytes
    fields: list[str] = []
    reason: str = ""


class Opened(msgspec.Struct, frozen=True):
    """A recorded event with its personal fields, for the eyes of those who may see them."""

    recorded: Recorded
    is_erased: bool = False


class Lag(msgspec.Struct, frozen=True):
    """How far behind one reader or writer of a topic is.

    Args:
        who: ``relay``, which writes the topic, or ``workers``, which read it.
        behind: of the relay: records of the log that the topic lacks; of workers: records of the
            topic that are not in ClickHouse. ``None``: not known, and ``note`` says why.
    """

    topic: str
    who: str
    behind: int | None
    note: str = ""


class EventLog(Protocol):
    """Append-only. Has no update and no delete, on purpose.

    Positions count all events of the log from 1; offsets count those of a partition from 0, without
    gaps. ``recorded_at`` never goes back. What is acknowledged is on disk.
    """

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        imported: bool = False,
        at: Sequence[Instant] | None = None,
        note: Note | None = None,
    ) -> list[Receipt]:
        """Record touchpoints, each at most once for ever, in one transaction.

        Args:
            imported: mark them as history, which starts no outreach.
            at: the times to record them at, for simulated logs only; never going back.
            note: written in the same transaction, even if every draft is a duplicate.

        Returns:
            One receipt a draft, in order.
        """

    def record(self, acts: Sequence[Act]) -> int:
        """Record consequences, each once by its id; how many were new."""

    def publish(self, document: str) -> int:
        """Put a configuration in force in every partition at once; its number.

        It is recorded later than everything before it. The document that is in force already is
        not published again.
        """

    def read(self, after: int, limit: int) -> list[tuple[int, Recorded]]:
        """Up to ``limit`` events after a position, in order, each with its position."""

    def at(self, positions: Iterable[int]) -> list[Recorded]:
        """The events at these positions, in the order given."""

    def scan(self, partition: int) -> Iterator[Recorded]:
        """All events of one partition in order."""

    def open(self, event: Recorded) -> Opened:
        """The same event with its personal fields, as far as their key still exists."""

    def find(self, identity: str) -> list[bytes]:
        """The customers who have this value as an identity of any kind, merges applied."""

    def last_position(self) -> int:
        """The position of the last event; 0 for an empty log."""

    def now(self) -> Instant:
        """A time that no later append can precede, even after a crash."""


class Block(msgspec.Struct, frozen=True):
    """Changed rows of one table.

    Args:
        rows: an Arrow table with the table's columns, and ``_revision`` (uint64: of two rows with
            one key the higher wins) and ``_deleted`` (uint8: 1 takes the row away).
    """

    table: str
    rows: pa.Table


class Analytics(Protocol):
    """The tables, and questions about them. Knows nothing of customers or rules."""

    def make(self, tables: Sequence[Table], generation: int) -> None:
        """Make what is missing of one generation of tables, beside the one in use."""

    def discard(self, generation: int) -> None:
        """Drop what was made of a generation that never came into use."""

    def prepare(self, tables: Sequence[Table], generation: int) -> None:
        """Make what is missing of one generation of tables, and point the views at it.

        Other generations, and other versions of these tables, are dropped: their rows can be had
        again from the log.
        """

    def insert(self, block: Block, generation: int) -> None:
        """Add rows durably. Inserting a block again changes nothing that a query can see."""

    def settle(self, rows_min: int = ...) -> None:
        """Merge months that lie in several pieces, as much later as it may be; changes no answer.

        A question about a month in one piece need not look for other versions of its rows, and
        takes a tenth of the time.

        Args:
            rows_min: months of fewer rows are left as they are.
        """

    def rows(self, table: Table, customers: tuple[str, str] | None = None) -> pa.Table:
        """The current rows in key order, in the types of ``projections.columns``.

        Args:
            customers: only ids from the first (included) to the second (excluded), hexadecimal;
                of a table without customers, the ids that its key begins with.
        """

    def query(
        self,
        name: str,
        parameters: Mapping[str, Any],
        declared: Mapping[str, Collection[str]] = ...,
    ) -> pa.Table:
        """The answer of a named query.

        Args:
            declared: names that filters may give though no row has them, by the name of the column:
                ``persona``, ``stage``, ``channel``.

        Raises:
            NotFound: no such query.
            UsageError: an unknown, missing or ill-typed parameter.
            NeverSeen: a filter names what occurs nowhere.
        """

    def ask(self, statement: str) -> pa.Table:
        """The answer of a user's own SELECT over the tables, read only in fact.

        Raises:
            UsageError: it is no question, asks for more than the tables, or for too much.
        """

    def execute(self, statement: str) -> None:
        """Run one statement of ours, for tests and upkeep; not a way in for users."""

    def close(self) -> None:
        """Let go of the folder or the connection."""
