"""The table of tenures: when a person was a customer, and how it ended."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

TENURES = Table(
    name="tenures",
    version=1,
    about="Every span of time in which a person was a customer, by orders or a subscription.",
    time="began_at",
    key=("customer_id", "began_at", "ordinal"),
    columns=(
        CUSTOMER,
        Column("began_at", Kind.TIME, "the order or subscription that it began with"),
        Column("ordinal", Kind.COUNT, "1 for the person's first, and so on"),
        Column("event_id", Kind.ID, "the event that it began with"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("channel", Kind.WORD, "where it began"),
        Column("kind", Kind.WORD, "orders, or subscription if there was one in it"),
        Column("ended_at", Kind.MAYBE_TIME, "when the customer was lost; null while it lasts"),
        Column("ended_by", Kind.WORD, "cancelled, not_renewed, lapsed; empty while it lasts"),
        Column("renewals", Kind.COUNT, "how often a subscription was renewed in it"),
        Column("plan", Kind.WORD, "the plan paid for last"),
        Column("amount", Kind.MAYBE_NUMBER, "what was paid for it then, in its currency"),
        Column("currency", Kind.WORD, "ISO 4217"),
        Column("period_s", Kind.MAYBE_SECONDS, "for how long that was, where it is told"),
        Column("due_at", Kind.MAYBE_TIME, "when it is due for renewal; null if nobody told"),
        Column("is_cancelled", Kind.FLAG, "whether it runs out then because it was cancelled"),
    ),
)
