"""Pain points, ranked, with what they cost."""

from __future__ import annotations

from journey.report.blocks import Block, Section, numbers
from journey.report.questions import Questions

COLUMNS = (
    *("kind", "n", "customers", "severity", "hit", "followed", "rate", "rate_low", "rate_high"),
    *("rate_others", "what_followed", "score", "cost"),
)
NAMED = 3  # the worst that are told in words


def section(questions: Questions) -> Section:
    """The ranking."""
    words, answer = questions.words, questions.ask("pain-ranking")
    title, about = words("pains.title"), words("pains.about")
    if not answer.rows:
        block = Block("ranking", "", [words("pains.none")], commands=[answer.command])
        return Section("pains", title, about, [block])
    told = [
        words(
            "pains.costs" if row["cost"] else "pains.hits",
            kind=words.name("pain", row["kind"]),
            customers=words.number(row["customers"]),
            n=words.number(row["n"]),
            cost=words.number(row["cost"]),
        )
        for row in answer.rows[:NAMED]
    ]
    known = [name for name in COLUMNS if name in answer.table.column_names]
    block = Block(
        "ranking",
        words("pains.ranking"),
        told,
        questions.picture(answer),
        numbers(answer, words, known),
        commands=[answer.command],
        notes=[*_money(questions), *questions.notes(answer)],
    )
    return Section("pains", title, about, [block])


def _money(questions: Questions) -> list[str]:
    """In which currency costs are, and what is left out of them."""
    words, rules = questions.words, questions.rules
    if rules.pains.currency:
        told = [words("pains.currency", currency=rules.pains.currency)]
    else:
        currencies = sorted({row["currency"] for row in questions.ask("orders").rows})
        told = []
        if len(currencies) > 1:
            told = [words("pains.currencies", currencies=words("joint").join(currencies))]
    if not any(channel.unit_cost for channel in rules.channels.values()):
        told.append(words("pains.no_unit_cost"))
    return told
