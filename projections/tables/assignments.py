"""The table of assignments."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

ASSIGNMENTS = Table(
    name="assignments",
    version=1,
    about="Spans in which a conversation was open and somebody had it.",
    time="assigned_at",
    key=("customer_id", "assigned_at", "conversation_id", "ordinal"),
    columns=(
        CUSTOMER,
        Column("assigned_at", Kind.TIME, "when somebody got it, or it was opened again"),
        Column("conversation_id", Kind.ID, "the conversation"),
        Column("ordinal", Kind.COUNT, "1 for the conversation's first span, and so on"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("channel", Kind.WORD, "where the customer was, last"),
        Column("agent", Kind.WORD, "who had it: assigned, handed to, or the first to reply"),
        Column("team", Kind.WORD, "their team"),
        Column("ended_at", Kind.MAYBE_TIME, "when that ended; null while it lasts"),
        Column("ended_by", Kind.WORD, "handed_off or resolved"),
        Column("lasted_s", Kind.MAYBE_SECONDS, "how long it was"),
    ),
)
