"""``[watches]`` of ``journey.toml``: figures with a line that they are not to cross.

No fold asks for them, so they are no part of the rules and changing them makes nothing anew.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Literal

from msgspec import Meta

from journey.config.document import Document
from journey.config.plans import Question, check_question
from projections.configuration.durations import Seconds
from projections.outreach.figures import Line

SECTION = "watches"
WINDOW_MIN = 60  # seconds


class Watch(Question, frozen=True, kw_only=True):
    """One of the tables ``watches.NAME``: a question, and the line of its figure.

    Args:
        line: the figure on the good side of which all is well; of seconds also with units.
        bad: on which side of the line something is to be done; the line itself is good.
        window: the figure is that of so long a time before now.
        n_min: of fewer nothing is told.
        only_sure: only if its whole 95 % interval lies beyond the line.
        text: what is to be done then.
        owner: who does it.
        within: how soon.
    """

    line: Seconds | float
    bad: Literal["below", "above"]
    window: Seconds = 7 * 86400
    n_min: Annotated[int, Meta(ge=1)] = 30
    only_sure: bool = True
    text: str = ""
    owner: str = ""
    within: Seconds = 86400

    @property
    def rule(self) -> Line:
        """When its figure is good."""
        return Line(float(self.line), self.bad, self.n_min, self.only_sure)


Watches = dict[str, Watch]


def read(document: Document) -> Watches:
    """The watches of a file, by name.

    Raises:
        ConfigurationError: something is wrong with one; says where.
    """
    found = {}
    for name in document.table([SECTION]):
        path = [SECTION, name]
        watch = found[name] = document.struct(path, Watch)
        check_question(document, path, watch)
        if watch.window < WINDOW_MIN:
            raise document.refuse([*path, "window"], f"is too short: at least {WINDOW_MIN} s")
    return found


def check_start(document: Document, path: list[str], watch: str) -> None:
    """Hold the start of a trigger against the watches of the file, be they right or wrong.

    Args:
        path: of the trigger.
        watch: by which it starts; empty: by something else.

    Raises:
        ConfigurationError: there is no such watch.
    """
    known = list(document.table([SECTION]))
    if not watch or watch in known:
        return
    close = get_close_matches(watch, known, n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    which = f"use one of {', '.join(known)}" if known else f"write [{SECTION}.NAME]"
    raise document.refuse([*path, "start", "watch"], f"{watch} is no watch{meant}: {which}")
