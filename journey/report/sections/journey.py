"""The journey map, with the emotion curve above it."""

from __future__ import annotations

import shlex

from journey.config.designed import DesignedMaps
from journey.journey_map import Column, journey_map
from journey.report.blocks import Block, Grid, Head, Section, numbers
from journey.report.questions import Questions
from journey.words import NOTHING, Words

SHOWN = 5  # channels, touchpoints and kinds of pains of one stage
WORST = 3  # kinds of pains that are named as where to improve


def section(questions: Questions, maps: DesignedMaps) -> Section:
    """The curve, and the map.

    Args:
        maps: as designed.
    """
    words = questions.words
    blocks = [_curve(questions), _map(questions, maps)]
    return Section("journey", words("journey.title"), words("journey.about"), blocks)


def _curve(questions: Questions) -> Block:
    words, answer = questions.words, questions.ask("journey-emotion")
    title = words("journey.curve")
    known = [row for row in answer.rows if row["emotion"] is not None]
    hidden = [words.name("stage", r["stage"]) for r in answer.rows if r["emotion"] is None]
    told = []
    if hidden:
        told.append(words("journey.hidden", stages=words("joint").join(hidden)))
    if not known:
        told = told or [words("journey.no_emotion")]
        return Block("curve", title, told, commands=[answer.command])
    worst, best = (pick(known, key=lambda row: row["emotion"]) for pick in (min, max))
    key = "journey.one" if len(known) == 1 else "journey.extremes"
    told.insert(
        0,
        words(
            key,
            worst=words.name("stage", worst["stage"]),
            low=f"{worst['emotion']:+.2f}",
            low_n=words.number(worst["n"]),
            best=words.name("stage", best["stage"]),
            high=f"{best['emotion']:+.2f}",
            high_n=words.number(best["n"]),
        ),
    )
    return Block(
        "curve",
        title,
        told,
        questions.picture(answer),
        numbers(answer, words),
        commands=[answer.command],
        notes=questions.notes(answer),
    )


def _map(questions: Questions, maps: DesignedMaps) -> Block:
    words, scope = questions.words, questions.scope
    span = {k: v for k, v in (("since", scope.since), ("until", scope.until)) if v}
    found = journey_map(
        questions.workspace, maps, persona=scope.persona, span=span, where={"brand": scope.brand}
    )
    options = [part for name, value in scope.narrowing.items() for part in (f"--{name}", value)]
    heads = [
        Head(words("journey.row")),
        *(Head(words.name("stage", column.stage)) for column in found.columns),
    ]
    rows = []
    for name, tell in ROWS.items():
        cells = [tell(words, column) for column in found.columns]
        if any(cells):
            rows.append([words(f"journey.{name}"), *(each or NOTHING for each in cells)])
    return Block(
        "map",
        words("journey.map"),
        [words("journey.map_about")],
        grid=Grid(heads, rows),
        is_open=True,
        commands=[shlex.join(["journey", "map", *options])],
    )


def _stay(words: Words, column: Column) -> str:
    known = column.median_dwell_s is not None
    return words.number(column.median_dwell_s, "seconds") if known else ""


def _channels(words: Words, column: Column) -> str:
    return "\n".join(
        f"{words.name('channel', one['channel'])} {words.number(one['n'])}"
        for one in column.channels[:SHOWN]
    )


def _touchpoints(words: Words, column: Column) -> str:
    found: dict[str, int] = {}
    for one in column.touchpoints:
        found[one["type"]] = found.get(one["type"], 0) + one["n"]
    ranked = sorted(found.items(), key=lambda one: -one[1])[:SHOWN]
    return "\n".join(f"{type_} {words.number(n)}" for type_, n in ranked)


def _emotion(words: Words, column: Column) -> str:
    if column.emotion is None:
        return words("journey.too_few", n=column.emotion_n) if column.emotion_n else ""
    return f"{column.emotion:+.2f} (n = {words.number(column.emotion_n)})"


def _pains(words: Words, column: Column) -> str:
    return "\n".join(
        f"{words.name('pain', one['kind'])} {words.number(one['n'])}"
        for one in column.pains[:SHOWN]
    )


def _improve(words: Words, column: Column) -> str:
    worst = [
        words(
            "journey.worst",
            kind=words.name("pain", one["kind"]),
            customers=words.number(one["customers"]),
            severity=f"{one['severity']:.1f}",
        )
        for one in column.pains[:WORST]
    ]
    return "\n".join([*worst, *column.differs])


ROWS = {
    "goal": lambda words, column: column.goal,
    "customers": lambda words, column: words.number(column.customers),
    "stay": _stay,
    "channels": _channels,
    "touchpoints": _touchpoints,
    "emotion": _emotion,
    "pains": _pains,
    "improve": _improve,
}
