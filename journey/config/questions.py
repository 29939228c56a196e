"""``[questions]`` of ``journey.toml``: named questions with the parameters that one asks them with.

No fold asks for them, so they are no part of the rules and changing them makes nothing anew.
"""

from __future__ import annotations

from typing import Any

import msgspec

from journey.config.document import Document, Gathered
from schemas.errors import NotFound, UsageError

SECTION = "questions"
MARK = "@"  # before the name of a saved question where the name of a query may stand


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tables ``questions.NAME``.

    Args:
        query: a named question.
        parameters: of it, each a text, a number or a time; it says itself what it takes.
        title: what the report calls it; empty: its name.
    """

    query: str
    parameters: dict[str, Any] = {}
    title: str = ""


Questions = dict[str, Question]


def read(document: Document) -> Questions:
    """The saved questions of a file, by name.

    Raises:
        ConfigurationError: something is wrong with one; says where.
    """
    found: Questions = {}
    gathered = Gathered()
    for name in document.table([SECTION]):
        with gathered.each():
            found[name] = _question(document, [SECTION, name])
    gathered.end()
    return found


def _question(document: Document, path: list[str]) -> Question:
    # Queries load much that is not needed where no question is saved.
    from journey.clickhouse import queries

    question = document.struct(path, Question)
    try:
        query = queries.named(question.query)
    except NotFound as error:
        raise document.refuse([*path, "query"], _clause(error)) from None
    place, gathered = [*path, "parameters"], Gathered()
    document.known_keys(place, [parameter.name for parameter in query.parameters])
    for parameter in query.parameters:
        if parameter.name in question.parameters:
            with gathered.each():
                try:
                    parameter.read(question.parameters[parameter.name])
                except UsageError as error:
                    raise document.refuse([*place, parameter.name], _clause(error)) from None
    gathered.end()
    try:
        query.bind(question.parameters)
    except UsageError as error:  # one is missing, or nothing lies between since and until
        raise document.refuse(place, _clause(error)) from None
    return question


def saved(questions: Questions, name: str) -> Question:
    """A saved question.

    Raises:
        NotFound: there is none of that name.
    """
    if name not in questions:
        known = ", ".join(f"{MARK}{one}" for one in questions)
        told = f"there are {known}" if known else "write [questions.NAME] into journey.toml"
        raise NotFound(f"No question is saved as {MARK}{name}: {told}.")
    return questions[name]


def _clause(error: Exception) -> str:
    return f"is wrong: {str(error).removesuffix('.')}"
