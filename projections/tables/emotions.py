"""The table of emotions."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

EMOTIONS = Table(
    name="emotions",
    version=1,
    about="What customers felt, as their scores and words tell: one row for each that tells it.",
    time="felt_at",
    key=("customer_id", "felt_at", "event_id"),
    columns=(
        CUSTOMER,
        Column("felt_at", Kind.TIME, "when they said it"),
        Column("event_id", Kind.ID, "the event in the log"),
        Column("emotion", Kind.NUMBER, "-1 (bad) to 1 (good)"),
        Column("told_by", Kind.WORD, "the survey's name, review, or text"),
        Column("channel", Kind.WORD, "where"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("stage", Kind.WORD, "the customer's stage until then"),
        Column("personas", Kind.WORDS, "the personas that the customer held until then"),
    ),
)
