"""The table of what concerns no one customer."""

from __future__ import annotations

from projections.tables.table import Column, Kind, Table

BRAND_EVENTS = Table(
    name="brand_events",
    version=1,
    about="What concerns the brand and no one customer: posts, mentions, channels, actions.",
    time="occurred_at",
    key=("brand_id", "occurred_at", "event_id"),
    columns=(
        Column("brand_id", Kind.ID, "stands for the brand, so that its rows lie together"),
        Column("occurred_at", Kind.TIME, "when it happened"),
        Column("event_id", Kind.ID, "the event in the log"),
        Column("sequence", Kind.WHOLE, "settles equal times, before event_id", of_record=True),
        Column("type", Kind.WORD, "the event type without its version"),
        Column("name", Kind.WORD, "what it names: a post, a campaign, an action"),
        Column("channel", Kind.WORD, "where; of a retirement, the channel that ends"),
        Column("brand", Kind.WORD, "which of the business's names was meant"),
        Column("source", Kind.WORD, "the feed that told it"),
        Column("actor_kind", Kind.WORD, "customer, human, bot or system"),
        Column("actor", Kind.WORD, "the agent or bot"),
        Column("team", Kind.WORD, "the agent's team"),
        Column("topic", Kind.WORD, "what it was about"),
        Column("tags", Kind.WORDS, "labels that the source gave"),
        Column("item", Kind.TEXT, "the id of the post or the action"),
        Column("subject", Kind.WORD, "whom a mention is about: own or competitor"),
        Column("competitor", Kind.WORD, "which competitor"),
        Column("sentiment", Kind.MAYBE_NUMBER, "of a mention, -1 to 1"),
        Column("followers", Kind.MAYBE_NUMBER, "of the account when it published the post"),
        Column("instead", Kind.WORD, "the channel to use instead of a retired one"),
        Column("metric", Kind.WORD, "what an action is to change"),
        Column("responsible", Kind.WORD, "who does the action"),
        Column("due_at", Kind.MAYBE_TIME, "when an action is due, or a channel ends"),
        Column("is_imported", Kind.FLAG, "whether it came as history"),
        Column("recorded_at", Kind.TIME, "when the log knew it", of_record=True),
        Column("partition", Kind.COUNT, "its partition in the log", of_record=True),
        Column("offset", Kind.WHOLE, "its offset in the partition", of_record=True),
    ),
)
