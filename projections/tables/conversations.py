"""The table of conversations."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

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
