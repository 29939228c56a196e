"""The table of contacts."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

CONTACTS = Table(
    name="contacts",
    version=1,
    about="Every contact: a call, or a conversation's messages without a long gap.",
    time="began_at",
    key=("customer_id", "began_at", "contact_id"),
    columns=(
        CUSTOMER,
        Column("began_at", Kind.TIME, "the call's first event, or the first message to the brand"),
        Column("contact_id", Kind.ID, "that event in the log"),
        Column("conversation_id", Kind.ID, "its conversation"),
        Column("number", Kind.COUNT, "1 for the first since the conversation was last resolved"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("channel", Kind.WORD, "where it began"),
        Column("topic", Kind.WORD, "the conversation's topic then"),
        Column("agent", Kind.WORD, "of a call, who took it"),
        Column("team", Kind.WORD, "their team"),
        Column("is_invited", Kind.FLAG, "whether the brand had asked the customer there"),
        Column("is_call", Kind.FLAG, "whether it is a call"),
        Column("phase", Kind.WORD, "of a call: queued, talking, ended or abandoned"),
        Column("queue", Kind.WORD, "of a call: its last queue"),
        Column("answered_at", Kind.MAYBE_TIME, "when somebody took the call, first"),
        Column("ended_at", Kind.MAYBE_TIME, "when the call, or the work on the contact, ended"),
        Column("queue_s", Kind.MAYBE_SECONDS, "how long the call was in queues"),
        Column("expectation_s", Kind.MAYBE_SECONDS, "how long that may be"),
        Column("talk_s", Kind.MAYBE_SECONDS, "talked; null, as the next three, if not reported"),
        Column("hold_s", Kind.MAYBE_SECONDS, "on hold"),
        Column("wrap_up_s", Kind.MAYBE_SECONDS, "worked on after it"),
        Column("handle_s", Kind.MAYBE_SECONDS, "the three together"),
    ),
)
