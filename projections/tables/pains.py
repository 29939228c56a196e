"""The table of pain points."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

PAINS = Table(
    name="pains",
    version=2,
    about="Every pain point of every customer, one row each.",
    time="began_at",
    key=("customer_id", "began_at", "pain_id"),
    columns=(
        CUSTOMER,
        Column("began_at", Kind.TIME, "when it began"),
        Column("pain_id", Kind.ID, "made of its kind, what it is about and what caused it"),
        Column("kind", Kind.WORD, "one of the kinds of pain points"),
        Column("severity", Kind.COUNT, "1 (a nuisance) to 4 (it may cost the customer)"),
        Column("stage", Kind.WORD, "where the customer stood when it began"),
        Column("personas", Kind.WORDS, "what the customer held then"),
        Column("channel", Kind.WORD, "where it was felt"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("team", Kind.WORD, "the team that had the conversation"),
        Column("agent", Kind.WORD, "who had it"),
        Column("topic", Kind.WORD, "what it was about; empty: unknown"),
        Column("conversation_id", Kind.ID, "the conversation, if it is about one"),
        Column("ended_at", Kind.MAYBE_TIME, "when it ended; null while it lasts"),
        Column("ended_by", Kind.WORD, "what ended it; at_once: it was a moment"),
        Column("ended_event_id", Kind.ID, "the event that ended it; empty when time did, or none"),
        Column("is_assumed", Kind.FLAG, "whether it rests on a guess, such as an unknown topic"),
        Column("causes", Kind.WORDS, "the events behind it, by id, the first eight"),
        Column("extra_contacts", Kind.COUNT, "contacts that would not have been, as far as known"),
        Column("contacts_cost", Kind.NUMBER, "these, at the unit cost of their channels"),
        Column("refunds", Kind.NUMBER, "what was paid back for the same, soon after"),
        Column("refunds_elsewhere", Kind.COUNT, "refunds in another currency, which are not added"),
        Column("cost", Kind.NUMBER, "contacts_cost and refunds together"),
        Column("currency", Kind.WORD, "of all of these, ISO 4217; empty: nobody told"),
    ),
)
