"""The table of what customers stated of themselves."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

STATED = Table(
    name="stated",
    version=1,
    about="What customers asked for, and their traits that are declared not personal.",
    time="stated_at",
    key=("customer_id", "stated_at", "event_id", "kind", "name"),
    columns=(
        CUSTOMER,
        Column("stated_at", Kind.TIME, "when"),
        Column("event_id", Kind.ID, "the event in the log"),
        Column("kind", Kind.WORD, "preference or trait"),
        Column("name", Kind.WORD, "channel, language or timezone; the trait's name"),
        Column("value", Kind.WORD, "what was stated; the last one of a name holds"),
        Column("sequence", Kind.WHOLE, "settles equal times, before event_id", of_record=True),
    ),
)
