"""Makes the report of a workspace."""

from __future__ import annotations

from typing import NamedTuple

from journey.bootstrap import Workspace
from journey.config.file import Config
from journey.report.blocks import Block, Section
from journey.report.extent import Extent, extent
from journey.report.page import page
from journey.report.questions import Questions, Scope
from journey.report.sections import (
    changes,
    channels,
    funnel,
    journey,
    metrics,
    pains,
    response,
    retention,
    saved,
    stages,
    summary,
)
from journey.words import Words
from schemas.errors import NotFound


class Report(NamedTuple):
    """A report.

    Args:
        page: HTML.
        sections: their names, in order.
        pictures: how many there are.
    """

    page: str
    sections: list[str]
    pictures: int


def report(workspace: Workspace, config: Config, scope: Scope, words: Words) -> Report:
    """The report as one page of HTML.

    Args:
        config: journey.toml: designed maps and saved questions.
        scope: what it is narrowed to.
        words: of its reader.

    Raises:
        NotFound: there is no such persona.
        UsageError: the span is empty, or a time does not fit.
    """
    questions = Questions(workspace, words, scope)
    personas = questions.rules.personas
    if scope.persona and scope.persona not in personas:
        known = ", ".join(personas) or "none: write some into journey.toml"
        raise NotFound(f"No persona is called {scope.persona!r}; those in force are {known}.")
    found = extent(questions)
    is_empty = not found.touchpoints
    sections = [_nothing(questions)] if is_empty else _sections(questions, found, config)
    return Report(
        page(words("report.title"), _under(questions, found), sections, words),
        [section.name for section in sections],
        sum(block.picture is not None for section in sections for block in section.blocks),
    )


def _sections(questions: Questions, found: Extent, config: Config) -> list[Section]:
    sections = [
        summary.section(questions, found),
        journey.section(questions, config.maps),
        stages.section(questions),
        pains.section(questions),
        response.section(questions),
        metrics.section(questions, found),
        funnel.section(questions),
        retention.section(questions, found),
        channels.section(questions),
        changes.section(questions, found),
    ]
    if config.questions:
        sections.append(saved.section(questions, config.questions))
    return sections


def _nothing(questions: Questions) -> Section:
    words, answer = questions.words, questions.ask("volume", per="day")
    everything = questions.ask("volume", Scope(), per="month").rows
    told = [words("summary.nothing_here" if everything else "summary.nothing_yet")]
    if everything:
        told.append(
            words(
                "summary.elsewhere",
                first=words.number(min(row["period"] for row in everything)),
                last=words.number(max(row["period"] for row in everything)),
            )
        )
    block = Block("nothing", "", told, commands=[answer.command])
    return Section("summary", words("summary.title"), "", [block])


def _under(questions: Questions, found: Extent) -> list[str]:
    """What the page is about, below its title."""
    words, scope = questions.words, questions.scope
    told = []
    if found.touchpoints:
        told.append(
            words("report.span", first=words.number(found.first), last=words.number(found.last))
        )
    narrowed = [words(f"report.{name}", value=value) for name, value in scope.narrowing.items()]
    if narrowed:
        told.append(words("report.narrowed", narrowed=words("joint").join(narrowed)))
    return told
