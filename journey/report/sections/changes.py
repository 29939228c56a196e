"""What changed against the span before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from journey.report.blocks import Block, Grid, Head, Section
from journey.report.extent import Extent
from journey.report.questions import Answer, Questions, Scope
from journey.words import NOTHING
from schemas.times import moment, parse_rfc3339


class Compared(NamedTuple):
    """A figure that is compared.

    Args:
        query: the question.
        column: the figure; of several rows their sum.
        parameters: of the question.
        direction: 1 if more is better, -1 if less is, 0 if it is neither.
    """

    name: str
    query: str
    column: str
    parameters: dict[str, Any] = {}  # noqa: RUF012 - never changed
    direction: int = 0


class Change(NamedTuple):
    """What became of a figure.

    Args:
        is_clear: whether the intervals of before and after have nothing in common; None: it has
            no interval.
    """

    of: Compared
    before: Answer
    after: Answer
    was: float | None
    now: float | None
    is_clear: bool | None


COMPARED = (
    Compared("touchpoints", "volume", "n", {"per": "month"}),
    Compared("customers", "retention", "size", {"period": "month"}),
    Compared("conversations", "conversations", "n"),
    Compared("first-response", "first-response", "median_s", direction=-1),
    Compared("response-rate", "response-rate", "share_answered", direction=1),
    Compared("fcr", "fcr", "fcr", direction=1),
    Compared("csat", "csat", "share", direction=1),
    Compared("ces", "ces", "mean", direction=1),
    Compared("nps", "nps", "nps", direction=1),
    Compared("pains", "pain-cost", "n", direction=-1),
)


def changes(questions: Questions, extent: Extent) -> list[Change]:
    """Every figure that there is of one of the two spans; none if nothing was before."""
    after, before = extent.then(questions.scope)
    is_cut = before.since == before.until  # nothing is older than what can be asked for
    if is_cut or not questions.ask("volume", before, per="day").rows:
        return []
    found = [_change(questions, one, before, after) for one in COMPARED]
    return [one for one in found if one.was or one.now]


def _change(questions: Questions, of: Compared, before: Scope, after: Scope) -> Change:
    then = questions.ask(of.query, before, **of.parameters)
    since = questions.ask(of.query, after, **of.parameters)
    figures = [_figure(answer, of) for answer in (then, since)]
    return Change(of, then, since, figures[0], figures[1], _is_clear(of, then, since))


def _is_clear(of: Compared, then: Answer, since: Answer) -> bool | None:
    low, high = (then.row.get(f"{of.column}_{end}") for end in ("low", "high"))
    low_now, high_now = (since.row.get(f"{of.column}_{end}") for end in ("low", "high"))
    if low is None or high is None or low_now is None or high_now is None:
        return None
    return bool(low_now > high or high_now < low)


def _figure(answer: Answer, of: Compared) -> float | None:
    values: list[float | None]
    if answer.query.name == "retention":  # a customer is in one cohort alone
        values = [row["size"] for row in answer.rows if row["after"] == 0]
    else:
        values = [row[of.column] for row in answer.rows]
    if answer.unit(of.column) == "count":
        return sum(value for value in values if value is not None)
    return values[0] if values else None


def section(questions: Questions, extent: Extent) -> Section:
    """The figures of both spans, side by side."""
    words = questions.words
    after, before = extent.then(questions.scope)
    spans = {
        "since": _day(words.number, after.since),
        "until": _day(words.number, after.until),
        "before": _day(words.number, before.since),
    }
    title, about = words("changes.title"), words("changes.about", **spans)
    found = changes(questions, extent)
    if not found:
        told = [words("changes.nothing_before", **spans)]
        return Section("changes", title, about, [Block("figures", "", told)])
    heads = [
        Head(words("changes.figure")),
        *(Head(words(f"changes.{name}"), True) for name in ("was", "now", "change")),
        Head(words("changes.verdict")),
    ]
    grid = Grid(heads, [_row(questions, change) for change in found])
    block = Block(
        "figures",
        "",
        clear(questions, found) or [words("changes.none_clear")],
        grid=grid,
        is_open=True,
        commands=[change.after.command for change in found],
        notes=[
            *_cut(questions, before),
            words("changes.method"),
            *(words("metrics.fcr_late") for change in found if change.of.name == "fcr"),
            *questions.notes(*(change.after for change in found)),
        ],
    )
    return Section("changes", title, about, [block])


def _cut(questions: Questions, before: Scope) -> list[str]:
    """That the span before is not as long as it seems, as nothing was recorded yet."""
    words, whole = questions.words, questions.scope._replace(since="", until="")
    first = min(row["period"] for row in questions.ask("volume", whole, per="day").rows)
    if first <= moment(parse_rfc3339(before.since)).date():
        return []
    return [words("changes.cut", first=words.number(first))]


def clear(questions: Questions, found: list[Change]) -> list[str]:
    """What surely changed, a sentence each."""
    words, told = questions.words, []
    for change in found:
        if change.is_clear and change.was is not None and change.now is not None:
            is_better = (change.now - change.was) * change.of.direction > 0
            told.append(
                words(
                    "changes.better" if is_better else "changes.worse",
                    name=words(f"changes.of_{change.of.name}"),
                    was=_told(questions, change, change.was),
                    now=_told(questions, change, change.now),
                )
            )
    return told


def _row(questions: Questions, change: Change) -> list[str]:
    words = questions.words
    verdict = {True: "changes.clear", False: "changes.unclear", None: "changes.uncounted"}
    return [
        words(f"changes.of_{change.of.name}"),
        _told(questions, change, change.was),
        _told(questions, change, change.now),
        _difference(questions, change),
        words(verdict[change.is_clear]),
    ]


def _told(questions: Questions, change: Change, value: float | None) -> str:
    return questions.words.number(value, change.after.unit(change.of.column))


def _difference(questions: Questions, change: Change) -> str:
    if change.was is None or change.now is None:
        return NOTHING
    words, unit = questions.words, change.after.unit(change.of.column)
    by = change.now - change.was
    sign = "+" if by > 0 else "−" if by < 0 else "±"  # noqa: RUF001 - a minus
    if unit == "share":
        return words("changes.points", by=f"{sign}{abs(by) * 100:.1f}")
    if unit == "count":
        share = f" ({by / change.was:+.0%})" if change.was else ""
        return f"{sign}{words.number(abs(by))}{share}"
    return sign + words.number(abs(by), unit)


def _day(tell: Callable[[Any], str], at: str) -> str:
    when = moment(parse_rfc3339(at))
    return tell(when.date()) if when.time() == when.min.time() else tell(when)
