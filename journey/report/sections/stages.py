"""Stages and the flow between them."""

from __future__ import annotations

from journey.report.blocks import Block, Section, numbers
from journey.report.questions import Questions


def section(questions: Questions) -> Section:
    """The moves between stages."""
    words = questions.words
    return Section("stages", words("stages.title"), words("stages.about"), [_flow(questions)])


def _flow(questions: Questions) -> Block:
    words, answer = questions.words, questions.ask("stage-flow")
    title = words("stages.flow")
    if not answer.rows:
        return Block("flow", title, [words("stages.no_flow")], commands=[answer.command])
    most = max(answer.rows, key=lambda row: row["n"])
    told = words(
        "stages.most",
        left=words.name("stage", most["from"]),
        entered=words.name("stage", most["to"]),
        n=words.number(most["n"]),
        customers=words.number(most["customers"]),
    )
    return Block(
        "flow",
        title,
        [told],
        questions.picture(answer),
        numbers(answer, words),
        commands=[answer.command],
        notes=questions.notes(answer),
    )
