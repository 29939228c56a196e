"""The table of what triggers decided."""

from __future__ import annotations

from projections.tables.table import Column, Kind, Table

DECISIONS = Table(
    name="decisions",
    version=2,
    about="Every decision of a trigger, with its reason.",
    time="decided_at",
    key=("customer_id", "decided_at", "decision_id"),
    columns=(
        Column("customer_id", Kind.ID, "the customer, after merges; of a figure, its brand"),
        Column("decided_at", Kind.TIME, "the logical time of the decision"),
        Column("decision_id", Kind.ID, "the event in the log"),
        Column("trigger", Kind.WORD, "which trigger"),
        Column("rule_version", Kind.COUNT, "its version"),
        Column("configuration", Kind.COUNT, "the number of the configuration in force"),
        Column("action", Kind.WORD, "message_customer, alert_team or open_action"),
        Column("verdict", Kind.WORD, "started, decided, suppressed, held, ended"),
        Column("cause", Kind.ID, "the event that led to it"),
        Column("cause_customer", Kind.ID, "whom the cause was recorded with; of a figure none"),
        Column("step", Kind.COUNT, "which step of the trigger"),
        Column("conversation_id", Kind.ID, "the conversation it is about"),
        Column("channel", Kind.WORD, "its channel"),
        Column("brand", Kind.WORD, "its brand"),
        Column("inputs", Kind.WORDS, "partition/offset of each event it rests on", of_record=True),
        Column("reason", Kind.TEXT, "why, in words"),
        Column("matter", Kind.TEXT, "the order, subscription, conversation or watch it is about"),
        Column("attempt", Kind.COUNT, "how often this step was looked at before"),
        Column("purpose", Kind.WORD, "transactional, service, survey, marketing"),
        Column("template", Kind.WORD, "what the message says"),
        Column("channel_reason", Kind.TEXT, "why this channel"),
        Column("guardrails", Kind.WORDS, "those that were asked, in their order"),
        Column("verdicts", Kind.WORDS, "what each said: passed, suppressed, held, not_asked"),
        Column("grounds", Kind.WORDS, "the facts that each used; of a figure, itself"),
        Column("release_at", Kind.MAYBE_TIME, "when what is held is looked at again"),
        Column("group", Kind.WORD, "treated or holdout, where there is a holdout"),
        Column("is_dry", Kind.FLAG, "decided, and not to be sent"),
        Column("recorded_at", Kind.TIME, "when the log knew it", of_record=True),
    ),
)
