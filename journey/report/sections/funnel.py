"""Funnels: from a first look to an order, from a message to its resolution."""

from __future__ import annotations

from itertools import pairwise

from journey.report.blocks import Block, Section, numbers
from journey.report.questions import Questions

# A funnel has those of its steps that happened, if two did.
FUNNELS = {
    "shop": (
        *("product-viewed", "cart-changed", "checkout-started", "order-placed"),
        "order-delivered",
    ),
    "care": ("message-received", "message-sent", "conversation-resolved"),
}


def section(questions: Questions) -> Section:
    """The funnels that something is known for."""
    words = questions.words
    found = questions.ask("volume", by="type", per="month")
    happened = {row["type"] for row in found.rows}
    blocks = []
    for name, steps in FUNNELS.items():
        kept = [step for step in steps if step in happened]
        if len(kept) > 1:
            blocks.append(_block(questions, name, kept))
    if not blocks:
        blocks = [Block("none", "", [words("funnel.none")], commands=[found.command])]
    return Section("funnel", words("funnel.title"), words("funnel.about"), blocks)


def _block(questions: Questions, name: str, steps: list[str]) -> Block:
    words, answer = questions.words, questions.ask("funnel", steps=",".join(steps))
    title, rows = words(f"funnel.{name}"), answer.rows
    if not rows:
        return Block(name, title, [words("funnel.nobody")], commands=[answer.command])
    first, last = rows[0], rows[-1]
    told = [
        words(
            "funnel.whole",
            first=first["activity"],
            n=words.number(first["customers"]),
            last=last["activity"],
            reached=words.number(last["customers"]),
            share=words.number(last["share"], "share"),
        )
    ]
    lost = [(a["customers"] - b["customers"], a, b) for a, b in pairwise(rows)]
    n, before, after = max(lost, key=lambda one: one[0])
    if n:
        share = words.number(n / before["customers"], "share")
        told.append(
            words(
                "funnel.lost",
                before=before["activity"],
                after=after["activity"],
                n=words.number(n),
                share=share,
            )
        )
    return Block(
        name,
        title,
        told,
        questions.picture(answer),
        numbers(answer, words),
        commands=[answer.command],
        notes=questions.notes(answer),
    )
