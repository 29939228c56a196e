"""The tables that projections publish: names, typed columns and keys, without any SQL.

A row is a tuple of plain values in the order of the table's columns. Rows with equal keys are one
row at different times. No column holds personal data: ids of customers and conversations are
pseudonyms, and what people wrote stays sealed in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

Row = tuple[Any, ...]


class Kind(StrEnum):
    """What a column holds, and the Python value of it in a row."""

    ID = "id"  # str: lower-case hexadecimal of 16 bytes, or empty
    WORD = "word"  # str of few different values
    TEXT = "text"  # str
    WORDS = "words"  # list[str]
    TIME = "time"  # int: microseconds since 1970 UTC
    MAYBE_TIME = "maybe_time"  # the same, or None
    SECONDS = "seconds"  # float
    MAYBE_SECONDS = "maybe_seconds"  # float or None
    COUNT = "count"  # int from 0 to 2**32 - 1
    WHOLE = "whole"  # int of 64 bits, signed
    NUMBER = "number"  # float
    MAYBE_NUMBER = "maybe_number"  # float or None
    FLAG = "flag"  # bool


class Column(NamedTuple):
    """One column; ``about`` is its line in the reference documentation.

    ``of_record`` marks what tells where and when the log took an event in, not what happened: it
    takes no part in digests, so that two logs of one history have the same.
    """

    name: str
    kind: Kind
    about: str
    of_record: bool = False


class Table(NamedTuple):
    """A published table.

    Args:
        name: what queries call it; the view over the current version.
        version: part of the physical name; raise it when the columns or their meaning change.
        time: the TIME column that rows are partitioned by, month by month; part of the key.
        key: the names of the columns that make a row what it is, in sorting order. The first is an
            ID, by whose ranges rows and partitions of the log go together.
    """

    name: str
    version: int
    about: str
    time: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


CUSTOMER = Column("customer_id", Kind.ID, "the customer, after merges")

TOUCHPOINTS = Table(
    name="touchpoints",
    version=2,
    about="Every contact between a customer and the brand, one row each.",
    time="occurred_at",
    key=("customer_id", "occurred_at", "event_id"),
    columns=(
        CUSTOMER,
        Column("occurred_at", Kind.TIME, "when it happened"),
        Column("event_id", Kind.ID, "the event in the log"),
        Column(
            "sequence",
            Kind.WHOLE,
            "settles equal times, before event_id: the source's own order, else its row",
            of_record=True,
        ),
        Column("type", Kind.WORD, "the event type without its version, yours included"),
        Column(
            "name",
            Kind.WORD,
            "what it names: a page, product, article, invitation, event of no shipped type",
        ),
        Column("channel", Kind.WORD, "where"),
        Column("direction", Kind.WORD, "inbound, outbound or internal"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("source", Kind.WORD, "the feed that told it"),
        Column("conversation_id", Kind.ID, "the conversation, if it belongs to one"),
        Column("actor_kind", Kind.WORD, "customer, human, bot or system"),
        Column("actor", Kind.WORD, "the agent or bot"),
        Column("team", Kind.WORD, "the agent's team"),
        Column("topic", Kind.WORD, "what it was about"),
        Column("tags", Kind.WORDS, "labels that the source gave"),
        Column("is_question", Kind.FLAG, "whether the text asks something"),
        Column("score", Kind.MAYBE_NUMBER, "the score of a survey's answer, on its own scale"),
        Column(
            "amount",
            Kind.MAYBE_NUMBER,
            "of an order, refund or subscription, in its currency",
        ),
        Column("currency", Kind.WORD, "ISO 4217"),
        Column("property_names", Kind.WORDS, "declared properties, one entry for each value"),
        Column("property_values", Kind.WORDS, "their values as text, in the same order"),
        Column("is_imported", Kind.FLAG, "whether it came as history"),
        Column("recorded_at", Kind.TIME, "when the log knew it", of_record=True),
        Column("partition", Kind.COUNT, "its partition in the log", of_record=True),
        Column("offset", Kind.WHOLE, "its offset in the partition", of_record=True),
    ),
)

CONVERSATIONS = Table(
    name="conversations",
    version=1,
    about="Every conversation as it stands, with its response times.",
    time="opened_at",
    key=("customer_id", "opened_at", "conversation_id"),
    columns=(
        CUSTOMER,
        Column("opened_at", Kind.TIME, "its first message"),
        Column("conversation_id", Kind.ID, "given by the source, or made from its first message"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("channel", Kind.WORD, "the channel it began on"),
        Column("channels", Kind.WORDS, "all channels in the order of their first use"),
        Column("status", Kind.WORD, "open or resolved"),
        Column("resolved_at", Kind.MAYBE_TIME, "when it was resolved, last"),
        Column("resolved_by", Kind.WORD, "stated, or implied by silence after the last reply"),
        Column("reopened", Kind.COUNT, "how often it was opened again"),
        Column("messages_in", Kind.COUNT, "messages to the brand"),
        Column("messages_out", Kind.COUNT, "messages from the brand's people"),
        Column("messages_bot", Kind.COUNT, "messages from bots and systems"),
        Column("turns", Kind.COUNT, "turns of the customer's side"),
        Column("turns_answered", Kind.COUNT, "turns that got an answer"),
        Column("turn_open_since", Kind.MAYBE_TIME, "the first message that waits for an answer"),
        Column("first_inbound_at", Kind.MAYBE_TIME, "the first message to the brand"),
        Column("first_response_s", Kind.MAYBE_SECONDS, "from there to the first human reply"),
        Column("next_response_n", Kind.COUNT, "human replies to later turns"),
        Column("next_response_s", Kind.MAYBE_SECONDS, "their mean time, from the turn's start"),
        Column("last_message_at", Kind.TIME, "its last message, either way"),
        Column("agents", Kind.WORDS, "people who replied or were assigned, in order"),
    ),
)

STAGES = Table(
    name="stages",
    version=1,
    about="The history of every customer's journey stages.",
    time="entered_at",
    key=("customer_id", "entered_at", "ordinal"),
    columns=(
        CUSTOMER,
        Column("entered_at", Kind.TIME, "when the stage began"),
        Column("ordinal", Kind.COUNT, "1 for the customer's first stage, and so on"),
        Column("stage", Kind.WORD, "the stage"),
        Column("previous", Kind.WORD, "the stage before; empty for the first"),
        Column("is_back", Kind.FLAG, "whether it lies earlier on the path than the one before"),
        Column("left_at", Kind.MAYBE_TIME, "when it ended; null while it lasts"),
        Column("dwell_s", Kind.MAYBE_SECONDS, "how long it lasted"),
        Column("cause", Kind.WORD, "what moved the customer here"),
        Column("cause_event_id", Kind.ID, "the event behind it; empty when time did it"),
        Column("rule_version", Kind.COUNT, "the version of the rule that decided it"),
    ),
)

DECISIONS = Table(
    name="decisions",
    version=1,
    about="Every decision of a trigger, with its reason.",
    time="decided_at",
    key=("customer_id", "decided_at", "decision_id"),
    columns=(
        CUSTOMER,
        Column("decided_at", Kind.TIME, "the logical time of the decision"),
        Column("decision_id", Kind.ID, "the event in the log"),
        Column("trigger", Kind.WORD, "which trigger"),
        Column("rule_version", Kind.COUNT, "its version"),
        Column("configuration", Kind.COUNT, "the number of the configuration in force"),
        Column("action", Kind.WORD, "message_customer, alert_team or open_action"),
        Column("verdict", Kind.WORD, "what was decided"),
        Column("cause", Kind.ID, "the event that led to it"),
        Column("cause_customer", Kind.ID, "whom the cause was recorded with"),
        Column("step", Kind.COUNT, "which step of the trigger"),
        Column("conversation_id", Kind.ID, "the conversation it is about"),
        Column("channel", Kind.WORD, "its channel"),
        Column("brand", Kind.WORD, "its brand"),
        Column("inputs", Kind.WORDS, "partition/offset of each event it rests on", of_record=True),
        Column("reason", Kind.TEXT, "why, in words"),
        Column("recorded_at", Kind.TIME, "when the log knew it", of_record=True),
    ),
)

BRAND_EVENTS = Table(
    name="brand_events",
    version=1,
    about="What concerns the brand and no one customer: posts, mentions, channels, actions.",
    time="occurred_at",
    key=("brand_id", "occurred_at", "event_id"),
    columns=(
        Column("brand_id", Kind.ID, "stands for the brand, so that its rows lie together"),
        Column("occurred_at", Kind.TIME, "when it happened"),
        Column("event_id", Kind.ID, "the event in the log"),
        Column("sequence", Kind.WHOLE, "settles equal times, before event_id", of_record=True),
        Column("type", Kind.WORD, "the event type without its version"),
        Column("name", Kind.WORD, "what it names: a post, a campaign, an action"),
        Column("channel", Kind.WORD, "where; of a retirement, the channel that ends"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("source", Kind.WORD, "the feed that told it"),
        Column("actor_kind", Kind.WORD, "customer, human, bot or system"),
        Column("actor", Kind.WORD, "the agent or bot"),
        Column("team", Kind.WORD, "the agent's team"),
        Column("topic", Kind.WORD, "what it was about"),
        Column("tags", Kind.WORDS, "labels that the source gave"),
        Column("item", Kind.TEXT, "the id of the post or the action"),
        Column("subject", Kind.WORD, "whom a mention is about: own or competitor"),
        Column("competitor", Kind.WORD, "which competitor"),
        Column("sentiment", Kind.MAYBE_NUMBER, "of a mention, -1 to 1"),
        Column("followers", Kind.MAYBE_NUMBER, "of the account when it published the post"),
        Column("instead", Kind.WORD, "the channel to use instead of a retired one"),
        Column("metric", Kind.WORD, "what an action is to change"),
        Column("responsible", Kind.WORD, "who does the action"),
        Column("due_at", Kind.MAYBE_TIME, "when an action is due, or a channel ends"),
        Column("is_imported", Kind.FLAG, "whether it came as history"),
        Column("recorded_at", Kind.TIME, "when the log knew it", of_record=True),
        Column("partition", Kind.COUNT, "its partition in the log", of_record=True),
        Column("offset", Kind.WHOLE, "its offset in the partition", of_record=True),
    ),
)

TABLES: tuple[Table, ...] = (TOUCHPOINTS, CONVERSATIONS, STAGES, DECISIONS, BRAND_EVENTS)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
VERSIONS: dict[str, int] = {table.name: table.version for table in TABLES}
# Where in a row of each table its key's values stand.
KEY_PLACES: dict[str, tuple[int, ...]] = {
    table.name: tuple(table.names.index(name) for name in table.key) for table in TABLES
}
# The values that make a row of a table what it is.
KEY_OF: dict[str, Callable[[Row], tuple[Any, ...]]] = {
    name: itemgetter(*places) for name, places in KEY_PLACES.items()
}


def key_of(table: str, row: Row) -> tuple[Any, ...]:
    """The values that make a row what it is."""
    return KEY_OF[table](row)
