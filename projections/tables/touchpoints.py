"""The table of every contact."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

TOUCHPOINTS = Table(
    name="touchpoints",
    version=4,
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
        Column(
            "activity",
            Kind.WORD,
            "what paths call it: the name of a page or of an event of no shipped type, else type",
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
        Column("intent", Kind.WORD, "question, complaint, request, praise, thanks, spam"),
        Column("is_question", Kind.FLAG, "whether the text asks something"),
        Column("language", Kind.WORD, "of the text, as BCP 47 has it"),
        Column("sentiment", Kind.MAYBE_NUMBER, "of the text, -1 (bad) to 1 (good)"),
        Column("score", Kind.MAYBE_NUMBER, "the score of a survey's answer, on its own scale"),
        Column(
            "amount",
            Kind.MAYBE_NUMBER,
            "of an order, refund or subscription, in its currency",
        ),
        Column("currency", Kind.WORD, "ISO 4217"),
        Column("campaign", Kind.WORD, "of a message that a system sent, or what became of it"),
        Column("property_names", Kind.WORDS, "declared properties, one entry for each value"),
        Column("property_values", Kind.WORDS, "their values as text, in the same order"),
        Column("is_imported", Kind.FLAG, "whether it came as history"),
        Column("recorded_at", Kind.TIME, "when the log knew it", of_record=True),
        Column("partition", Kind.COUNT, "its partition in the log", of_record=True),
        Column("offset", Kind.WHOLE, "its offset in the partition", of_record=True),
    ),
)
