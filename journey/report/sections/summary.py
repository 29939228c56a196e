"""The summary: what somebody has to know who reads nothing else."""

from __future__ import annotations

from journey.report.blocks import Block, Card, Section
from journey.report.extent import Extent
from journey.report.questions import Questions
from journey.report.sections import changes, response
from journey.report.sections.metrics import METRICS


def section(questions: Questions, extent: Extent) -> Section:
    """Figures at a glance, and sentences."""
    words = questions.words
    told = [
        *_response(questions),
        *_pains(questions),
        *_emotion(questions),
        *_changes(questions, extent),
    ]
    block = Block("figures", "", told or [words("summary.little")], cards=_cards(questions, extent))
    return Section("summary", words("summary.title"), "", [block])


def _cards(questions: Questions, extent: Extent) -> list[Card]:
    words = questions.words
    sizes = questions.ask("retention", period=extent.period).rows
    customers = sum(row["size"] for row in sizes if row["after"] == 0)
    cards = [
        Card(words("summary.touchpoints"), words.number(extent.touchpoints)),
        Card(words("summary.customers"), words.number(customers)),
    ]
    conversations = questions.ask("conversations").row.get("n")
    if conversations:
        cards.append(Card(words("summary.conversations"), words.number(conversations)))
    first = questions.ask("first-response").row
    if first.get("median_s") is not None:
        share = words.number(first["share_within_1h"], "share")
        cards.append(
            Card(
                words("summary.first_response"),
                words.number(first["median_s"], "seconds"),
                words("summary.within_1h", share=share),
            )
        )
    for metric in METRICS:
        if metric.query == "first-response":
            continue  # told above
        answer = questions.ask(metric.query)
        value, unit = answer.row.get(metric.column), answer.unit(metric.column)
        if value is not None:
            low, high = (answer.row.get(f"{metric.column}_{end}") for end in ("low", "high"))
            about = (
                words(
                    "summary.between",
                    low=words.number(low, unit),
                    high=words.number(high, unit),
                )
                if low is not None and high is not None
                else ""
            )
            cards.append(Card(words(f"card.{metric.query}"), words.number(value, unit), about))
    return cards


def _response(questions: Questions) -> list[str]:
    words = questions.words
    whole = questions.ask("response-rate").row
    told = []
    if whole.get("n"):
        told.append(
            words(
                "response.answered",
                n=words.number(whole["n"]),
                share=words.number(whole["share_answered"], "share"),
                in_time=words.number(whole["share_in_time"], "share"),
            )
        )
    late = [words.name("channel", row["channel"]) for row in response.late(questions)]
    if late:
        told.append(words("summary.late", channels=words("joint").join(late)))
    return told


def _pains(questions: Questions) -> list[str]:
    words, rows = questions.words, questions.ask("pain-ranking").rows
    if not rows:
        return []
    worst = rows[0]
    return [
        words(
            "summary.worst_costs" if worst["cost"] else "summary.worst",
            kind=words.name("pain", worst["kind"]),
            customers=words.number(worst["customers"]),
            cost=words.number(worst["cost"]),
        )
    ]


def _emotion(questions: Questions) -> list[str]:
    words = questions.words
    known = [r for r in questions.ask("journey-emotion").rows if r["emotion"] is not None]
    if len(known) < 2:
        return []
    worst = min(known, key=lambda row: row["emotion"])
    stage = words.name("stage", worst["stage"])
    return [words("summary.saddest", stage=stage, value=f"{worst['emotion']:+.2f}")]


def _changes(questions: Questions, extent: Extent) -> list[str]:
    found = changes.changes(questions, extent)
    return changes.clear(questions, found)
