"""Response times by channel, held against the expectation."""

from __future__ import annotations

from journey.report.blocks import Block, Grid, Head, Section, numbers
from journey.report.questions import Answer, Questions

COLUMNS = ("channel", "n", "median_s", "median_s_low", "median_s_high", "p90_s", "share_within_1h")
RATE = (
    *("channel", "n", "answered", "share_answered", "share_answered_low", "share_answered_high"),
    *("in_time", "share_in_time", "waiting"),
)


def section(questions: Questions) -> Section:
    """How soon the first reply came, and how many turns got one in time."""
    words = questions.words
    blocks = [_times(questions), _rate(questions)]
    return Section("response", words("response.title"), words("response.about"), blocks)


def _times(questions: Questions) -> Block:
    words, answer = questions.words, questions.ask("first-response", by="channel")
    title = words("response.first")
    if not answer.rows:
        return Block("first", title, [words("response.none")], commands=[answer.command])
    notes = questions.notes(answer)
    if questions.rules.conversations.expectations:
        notes.insert(0, words("response.usual"))
    return Block(
        "first",
        title,
        _late(questions, answer),
        questions.picture(answer),
        _grid(questions, answer),
        commands=[answer.command],
        notes=notes,
    )


def due_s(questions: Questions, channel: str) -> float:
    """How soon an answer is due on a channel, in seconds."""
    return questions.rules.expectation(channel) / 1e6


def late(questions: Questions) -> list[dict[str, object]]:
    """The channels where half of the first replies took longer than is due."""
    rows = questions.ask("first-response", by="channel").rows
    return [row for row in rows if row["median_s"] > due_s(questions, row["channel"])]


def _late(questions: Questions, answer: Answer) -> list[str]:
    words, rows = questions.words, late(questions)
    if not rows:
        return [words("response.in_time")]
    return [
        words(
            "response.late",
            channel=words.name("channel", row["channel"]),
            median=words.number(row["median_s"], "seconds"),
            due=words.duration(due_s(questions, str(row["channel"]))),
            n=words.number(row["n"]),
        )
        for row in rows
    ]


def _grid(questions: Questions, answer: Answer) -> Grid:
    """The numbers, with the expectation behind the channel."""
    words, plain = questions.words, numbers(answer, questions.words, COLUMNS)
    heads = [plain.heads[0], Head(words("response.due"), is_number=True), *plain.heads[1:]]
    rows = [
        [told[0], words.duration(due_s(questions, row["channel"])), *told[1:]]
        for told, row in zip(plain.rows, answer.rows, strict=False)
    ]
    return plain._replace(heads=heads, rows=rows)


def _rate(questions: Questions) -> Block:
    words = questions.words
    answer, whole = questions.ask("response-rate", by="channel"), questions.ask("response-rate").row
    title = words("response.rate")
    if not answer.rows or not whole["n"]:
        return Block("rate", title, [words("response.no_turns")], commands=[answer.command])
    told = words(
        "response.answered",
        n=words.number(whole["n"]),
        share=words.number(whole["share_answered"], "share"),
        in_time=words.number(whole["share_in_time"], "share"),
    )
    return Block(
        "rate",
        title,
        [told],
        questions.picture(answer),
        numbers(answer, words, RATE),
        commands=[answer.command],
        notes=questions.notes(answer),
    )
