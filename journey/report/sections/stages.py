"""Stages: where customers are, how they move, how long they stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from journey.report.blocks import Block, Section, numbers
from journey.report.questions import Answer, Questions


def section(questions: Questions) -> Section:
    """The moves between stages, the stages now, the stays in them."""
    words = questions.words
    blocks = [_flow(questions), _now(questions), _stays(questions)]
    return Section("stages", words("stages.title"), words("stages.about"), blocks)


def _flow(questions: Questions) -> Block:
    answer = questions.ask("stage-flow")
    if not answer.rows:
        return _said(questions, answer, "flow", "stages.no_flow")
    most = max(answer.rows, key=lambda row: row["n"])
    told = [_move(questions, most, "stages.most")]
    places = {stage: n for n, stage in enumerate(questions.rules.stages.path)}
    back = [
        row
        for row in answer.rows
        if row["to"] not in places
        or (row["from"] in places and places[row["to"]] < places[row["from"]])
    ]
    if back:
        told.append(_move(questions, max(back, key=lambda row: row["n"]), "stages.back"))
    return _drawn(questions, answer, "flow", told)


def _move(questions: Questions, row: dict[str, Any], key: str) -> str:
    words = questions.words
    return words(
        key,
        left=words.name("stage", row["from"]),
        entered=words.name("stage", row["to"]),
        n=words.number(row["n"]),
        customers=words.number(row["customers"]),
    )


def _now(questions: Questions) -> Block:
    words, answer = questions.words, questions.ask("stages")
    if not answer.rows:
        return _said(questions, answer, "now", "stages.nobody")
    most = max(answer.rows, key=lambda row: row["n"])
    told = words(
        "stages.now_most",
        stage=words.name("stage", most["stage"]),
        n=words.number(most["n"]),
        share=words.number(most["share"], "share"),
    )
    return _drawn(questions, answer, "now", [told])


def _stays(questions: Questions) -> Block:
    words, answer = questions.words, questions.ask("stage-dwell")
    known = [row for row in answer.rows if row["median_s"] is not None]
    if not known:
        return _said(questions, answer, "stays", "stages.no_stays")
    longest = max(known, key=lambda row: row["median_s"])
    told = words(
        "stages.longest",
        stage=words.name("stage", longest["stage"]),
        stay=words.number(longest["median_s"], "seconds"),
        n=words.number(longest["n"]),
    )
    return _drawn(questions, answer, "stays", [told])


def _said(questions: Questions, answer: Answer, name: str, key: str) -> Block:
    words = questions.words
    return Block(name, words(f"stages.{name}"), [words(key)], commands=[answer.command])


def _drawn(questions: Questions, answer: Answer, name: str, told: Sequence[str]) -> Block:
    words = questions.words
    return Block(
        name,
        words(f"stages.{name}"),
        told,
        questions.picture(answer),
        numbers(answer, words),
        commands=[answer.command],
        notes=questions.notes(answer),
    )
