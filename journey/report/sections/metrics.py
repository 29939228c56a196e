"""Metrics over time, each with its 95 % interval."""

from __future__ import annotations

from typing import NamedTuple

from journey.report.blocks import Block, Section, numbers
from journey.report.extent import Extent
from journey.report.questions import Answer, Questions


class Metric(NamedTuple):
    """A figure of a named question.

    Args:
        query: its name.
        column: the figure.
        n: of how many it is.
        parameters: of the question.
    """

    query: str
    column: str
    n: str = "n"


METRICS = (
    Metric("nps", "nps"),
    Metric("csat", "share"),
    Metric("ces", "mean"),
    Metric("fcr", "fcr"),
    Metric("response-rate", "share_answered"),
    Metric("first-response", "median_s"),
)


def section(questions: Questions, extent: Extent) -> Section:
    """The metrics that have a figure, one picture each; of the others, that they have none."""
    words, blocks, silent = questions.words, [], []
    for metric in METRICS:
        whole = questions.ask(metric.query).row
        if whole.get(metric.column) is None:
            silent.append(words(f"metric.{metric.query}"))
        else:
            blocks.append(_block(questions, metric, extent))
    if silent:
        told = words("metrics.silent", names=words("joint").join(silent))
        blocks.append(Block("others", words("metrics.others"), [told]))
    return Section("metrics", words("metrics.title"), words("metrics.about"), blocks)


def _block(questions: Questions, metric: Metric, extent: Extent) -> Block:
    words = questions.words
    whole = questions.ask(metric.query)
    answer = questions.ask(metric.query, by=extent.period)
    return Block(
        metric.query,
        words(f"metric.{metric.query}"),
        [words(f"metrics.{metric.query}"), told(questions, whole, metric)],
        questions.picture(answer),
        numbers(answer, words),
        commands=[answer.command],
        notes=[*_late(questions, metric), *questions.notes(answer)],
    )


def _late(questions: Questions, metric: Metric) -> list[str]:
    return [questions.words("metrics.fcr_late")] if metric.query == "fcr" else []


def told(questions: Questions, answer: Answer, metric: Metric) -> str:
    """The figure of the whole span, with its interval and of how many."""
    words, row, unit = questions.words, answer.row, answer.unit(metric.column)
    low, high = (row.get(f"{metric.column}_{end}") for end in ("low", "high"))
    n = words.number(row[metric.n])
    value = words.number(row[metric.column], unit)
    if low is None or high is None:
        return words("metrics.told_alone", value=value, n=n)
    return words(
        "metrics.told",
        value=value,
        low=words.number(low, unit),
        high=words.number(high, unit),
        n=n,
    )
