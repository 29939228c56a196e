"""The summary: what somebody has to know who reads nothing else."""

from __future__ import annotations

from journey.report.blocks import Block, Card, Section
from journey.report.extent import Extent
from journey.report.questions import Answer, Questions
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
    cards = _cards(questions, extent)
    asked = [questions.ask(name) for name in ("response-rate", "pain-ranking")]
    is_partly = any(one.ignored for one in asked)
    block = Block(
        "figures",
        "",
        told or [words("summary.little")],
        cards=cards,
        notes=[words("summary.partly")] if is_partly else [],
    )
    return Section("summary", words("summary.title"), "", [block])


def _cards(questions: Questions, extent: Extent) -> list[Card]:
    words = questions.words
    volume = questions.ask("volume", per="day")
    retention = questions.ask("retention", period=extent.period)
    customers = sum(row["size"] for row in retention.rows if row["after"] == 0)
    cards = [
        _card(questions, volume, "summary.touchpoints", words.number(extent.touchpoints)),
        _card(questions, retention, "summary.customers", words.number(customers)),
    ]
    conversations = questions.ask("conversations")
    if n := conversations.row.get("n"):
        cards.append(_card(questions, conversations, "summary.conversations", words.number(n)))
    first = questions.ask("first-response")
    if first.row.get("median_s") is not None:
        soon = words("summary.within_1h", share=words.number(first.row["share_within_1h"], "share"))
        median = words.number(first.row["median_s"], "seconds")
        cards.append(_card(questions, first, "summary.first_response", median, soon))
    for metric in METRICS:
        answer = questions.ask(metric.query)
        value, unit = answer.row.get(metric.column), answer.unit(metric.column)
        if value is None or metric.query == "first-response":  # which is told above
            continue
        low, high = (answer.row.get(f"{metric.column}_{end}") for end in ("low", "high"))
        ends = [words.number(end, unit) for end in (low, high) if end is not None]
        between = words("summary.between", low=ends[0], high=ends[1]) if len(ends) > 1 else ""
        title = f"card.{metric.query}"
        cards.append(_card(questions, answer, title, words.number(value, unit), between))
    return cards


def _card(questions: Questions, answer: Answer, title: str, value: str, about: str = "") -> Card:
    """A figure, and of whom it is where it could not be narrowed as the report is."""
    words = questions.words
    of_all = [words(f"summary.of_{name}") for name in answer.ignored]
    return Card(words(title), value, words("joint").join(filter(None, [about, *of_all])))


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
