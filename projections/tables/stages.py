"""The table of journey stages."""

from __future__ import annotations

from projections.tables.table import CUSTOMER, Column, Kind, Table

STAGES = Table(
    name="stages",
    version=2,
    about="The history of every customer's journey stages.",
    time="entered_at",
    key=("customer_id", "entered_at", "ordinal"),
    columns=(
        CUSTOMER,
        Column("entered_at", Kind.TIME, "when the stage began"),
        Column("ordinal", Kind.COUNT, "1 for the customer's first stage, and so on"),
        Column("stage", Kind.WORD, "the stage"),
        Column("previous", Kind.WORD, "the stage before; empty for the first"),
        Column("is_back", Kind.FLAG, "whether it lies earlier on the path than the one before"),
        Column("left_at", Kind.MAYBE_TIME, "when it ended; null while it lasts"),
        Column("dwell_s", Kind.MAYBE_SECONDS, "how long it lasted"),
        Column("cause", Kind.WORD, "what moved the customer here"),
        Column("cause_event_id", Kind.ID, "the event behind it; empty when time did it"),
        Column("rule_version", Kind.COUNT, "the version of the rule that decided it"),
        Column("rules", Kind.WORD, "a hash of the section `stages` under which it did"),
    ),
)
