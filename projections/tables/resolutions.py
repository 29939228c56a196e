"""The table of whether conversations were resolved in one contact."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

RESOLUTIONS = Table(
    name="resolutions",
    version=1,
    about="For every conversation in which a customer wanted an answer, whether one contact did.",
    time="opened_at",
    key=("customer_id", "opened_at", "conversation_id"),
    columns=(
        CUSTOMER,
        Column("opened_at", Kind.TIME, "the customer's first contact in it that wants an answer"),
        Column("conversation_id", Kind.ID, "the conversation"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("channel", Kind.WORD, "where that contact was"),
        Column("agent", Kind.WORD, "who resolved it, else who had it"),
        Column("team", Kind.WORD, "their team"),
        Column("topic", Kind.WORD, "what it was about; empty: unknown"),
        Column("personas", Kind.WORDS, "what the customer held when it was opened"),
        Column("resolved_at", Kind.MAYBE_TIME, "when it was resolved, first; null if it was not"),
        Column("is_implied", Kind.FLAG, "whether by silence after the last reply"),
        Column(
            "verdict",
            Kind.WORD,
            "first_contact; second_contact, repeat, unresolved: not in one; or undecided",
        ),
        Column("decided_at", Kind.MAYBE_TIME, "when that became certain; null while undecided"),
        Column(
            "is_assumed", Kind.FLAG, "of a repeat: whether topic or brand was unknown and assumed"
        ),
    ),
)
