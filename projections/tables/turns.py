"""The table of turns."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

TURNS = Table(
    name="turns",
    version=1,
    about="Every turn: what the customer's side said before an answer, and how long that took.",
    time="opened_at",
    key=("customer_id", "opened_at", "turn_id"),
    columns=(
        CUSTOMER,
        Column("opened_at", Kind.TIME, "its first message"),
        Column("turn_id", Kind.ID, "that message in the log"),
        Column("conversation_id", Kind.ID, "its conversation"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("channel", Kind.WORD, "where it was asked"),
        Column("agent", Kind.WORD, "who answered; without an answer who has the conversation"),
        Column("team", Kind.WORD, "their team"),
        Column("topic", Kind.WORD, "the conversation's topic when it was asked"),
        Column("urgency", Kind.WORD, "its urgency then"),
        Column("personas", Kind.WORDS, "what the customer held then"),
        Column("intent", Kind.WORD, "of the first message that wants an answer, else of the first"),
        Column("is_first", Kind.FLAG, "whether it is the conversation's first turn"),
        Column("due_at", Kind.MAYBE_TIME, "when the answer is due; null for praise, thanks, spam"),
        Column("expectation_s", Kind.MAYBE_SECONDS, "how long that may take, as configured"),
        Column("outcome", Kind.WORD, "open, overdue, answered (in time or late), or closed"),
        Column("ended_at", Kind.MAYBE_TIME, "when it was answered or closed"),
        Column("answered_by", Kind.WORD, "human, or who else gave an answer that resolves"),
        Column("waited_s", Kind.MAYBE_SECONDS, "from its first message to the answer"),
        Column("waited_business_s", Kind.MAYBE_SECONDS, "the same, open time only"),
    ),
)
