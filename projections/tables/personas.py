"""The table of personas."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

PERSONAS = Table(
    name="personas",
    version=1,
    about="Which personas a customer held, several at once or none, from when to when.",
    time="since",
    key=("customer_id", "since", "persona"),
    columns=(
        CUSTOMER,
        Column("since", Kind.TIME, "when the customer's facts began to fit"),
        Column("persona", Kind.WORD, "the persona"),
        Column("until", Kind.MAYBE_TIME, "when they ceased to fit; null while they do"),
        Column("cause", Kind.WORD, "the type of event, `stage`, `contact`, or `time`"),
        Column("cause_event_id", Kind.ID, "the event behind it; empty when time did it"),
        Column("rule_version", Kind.COUNT, "the version of the rule that decided it"),
        Column("rules", Kind.WORD, "a hash of the persona's section under which it did"),
    ),
)
