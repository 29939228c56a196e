"""The questions that were saved in ``journey.toml``."""

from __future__ import annotations

import shlex

from journey.config.questions import MARK, Question
from journey.config.questions import Questions as Saved
from journey.pictures.catalogue import PICTURES
from journey.report.blocks import Block, Section, numbers
from journey.report.questions import Questions
from schemas.errors import UsageError


def section(questions: Questions, saved: Saved) -> Section:
    """Each with its answer."""
    words = questions.words
    blocks = [
        _block(questions, n, name, question)
        for n, (name, question) in enumerate(saved.items(), start=1)
    ]
    return Section("questions", words("questions.title"), words("questions.about"), blocks)


def _block(questions: Questions, n: int, name: str, question: Question) -> Block:
    words, place = questions.words, str(n)
    title, own = question.title or name, shlex.join(["journey", "query", MARK + name])
    try:
        answer = questions.ask(question.query, **question.parameters)
    except UsageError as error:  # its own span ends before that of the report begins
        return Block(place, title, [str(error)], commands=[own])
    if not answer.rows:
        return Block(place, title, [words("questions.no_rows")], commands=[answer.command])
    has_picture = question.query in PICTURES
    return Block(
        place,
        title,
        [answer.title],
        questions.picture(answer) if has_picture else None,
        numbers(answer, words),
        is_open=not has_picture,
        commands=list(dict.fromkeys([answer.command, own])),
        notes=questions.notes(answer),
    )
