"""Channels compared."""

from __future__ import annotations

from journey.report.blocks import Block, Section, numbers
from journey.report.questions import Questions

COLUMNS = (
    *("channel", "contacts", "customers", "turns", "response_rate", "median_wait_s", "judged"),
    *("fcr", "csat_n", "csat", "cost", "cost_per_resolution"),
)


def section(questions: Questions) -> Section:
    """What comes in on each, how it is answered, solved and liked."""
    words, answer = questions.words, questions.ask("channels")
    title, about = words("channels.title"), words("channels.about")
    whole = sum(row["contacts"] for row in answer.rows)
    if not whole:
        block = Block("compared", "", [words("channels.none")], commands=[answer.command])
        return Section("channels", title, about, [block])
    most = max(answer.rows, key=lambda row: row["contacts"])
    told = words(
        "channels.busiest",
        channel=words.name("channel", most["channel"]),
        n=words.number(most["contacts"]),
        share=words.number(most["contacts"] / whole, "share"),
    )
    block = Block(
        "compared",
        "",
        [told],
        questions.picture(answer),
        numbers(answer, words, COLUMNS),
        commands=[answer.command],
        notes=questions.notes(answer),
    )
    return Section("channels", title, about, [block])
