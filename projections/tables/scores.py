"""The table of scores: what customers answered, and the stars they gave."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

SCORES = Table(
    name="scores",
    version=1,
    about="Every answer to a survey and every review, one row each, on a common scale.",
    time="answered_at",
    key=("customer_id", "answered_at", "event_id"),
    columns=(
        CUSTOMER,
        Column("answered_at", Kind.TIME, "when the customer answered"),
        Column("event_id", Kind.ID, "the event in the log"),
        Column("sequence", Kind.WHOLE, "settles equal times, before event_id", of_record=True),
        Column("metric", Kind.WORD, "nps, csat, ces, review, a survey's own name, or unnamed"),
        Column("score", Kind.NUMBER, "as it was given, on its own scale"),
        Column("scale_min", Kind.NUMBER, "the lowest score of the scale"),
        Column("scale_max", Kind.NUMBER, "the highest score of the scale"),
        Column("higher_is_better", Kind.FLAG, "the direction of the scale"),
        Column("share", Kind.NUMBER, "0 (worst) to 1 (best) of its scale"),
        Column(
            "value",
            Kind.NUMBER,
            "on the metric's common scale, best highest: nps 0-10, csat 1-5, ces 1-7, review 0-5, "
            "else the share",
        ),
        Column(
            "grade",
            Kind.WORD,
            "promoter, passive, detractor; satisfied, unsatisfied; easy, hard; good, bad; or empty",
        ),
        Column("channel", Kind.WORD, "where it was answered"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("agent", Kind.WORD, "whom it was about: told, else of the conversation"),
        Column("team", Kind.WORD, "the agent's team"),
        Column("topic", Kind.WORD, "what it was about: told, else of the conversation"),
        Column("conversation_id", Kind.ID, "the conversation it was about; empty if unknown"),
        Column("conversation_is_assumed", Kind.FLAG, "whether nobody told which conversation"),
        Column("order_event_id", Kind.ID, "the order it was about, assumed; empty if unknown"),
        Column("stage", Kind.WORD, "the customer's stage when they answered"),
        Column("personas", Kind.WORDS, "the personas that the customer held then"),
    ),
)
