"""Retention: who comes back."""

from __future__ import annotations

from datetime import date, timedelta

from journey.report.blocks import Block, Section, numbers
from journey.report.extent import Extent
from journey.report.questions import Answer, Questions


def section(questions: Questions, extent: Extent) -> Section:
    """The grid of those who began together."""
    words, period = questions.words, extent.period
    answer = questions.ask("retention", period=period)
    title, about = words("retention.title"), words("retention.about")
    told, notes = _back(questions, answer, extent), questions.notes(answer)
    if all(row["after"] == 0 for row in answer.rows):
        told = [words(f"retention.nobody_{period}")]
        block = Block("cohorts", "", told, commands=[answer.command], notes=notes)
        return Section("retention", title, about, [block])
    block = Block(
        "cohorts",
        words(f"retention.by_{period}"),
        told,
        questions.picture(answer),
        numbers(answer, words),
        commands=[answer.command],
        notes=[words("retention.last"), *notes],
    )
    return Section("retention", title, about, [block])


def _back(questions: Questions, answer: Answer, extent: Extent) -> list[str]:
    """How many were there again in the next period, of those for whom that is over."""
    words, period = questions.words, extent.period
    sizes = {row["cohort"]: row["size"] for row in answer.rows}
    over = {
        cohort
        for cohort in sizes
        if _after(_after(cohort, period), period) <= extent.last + timedelta(days=1)
    }
    n = sum(sizes[cohort] for cohort in over)
    if not n:
        return [words(f"retention.young_{period}")]
    back = sum(r["customers"] for r in answer.rows if r["after"] == 1 and r["cohort"] in over)
    share = words.number(back / n, "share")
    told = words(
        f"retention.back_{period}", n=words.number(n), back=words.number(back), share=share
    )
    return [told]


def _after(day: date, period: str) -> date:
    """The first day of the next period."""
    if period == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if period == "week" else 1)
