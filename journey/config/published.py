"""What was published, read from the log beside whoever owns it, and held against journey.toml."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec

from journey.config.file import Config
from journey.config.keys import Change, changes, keys
from journey.log.reading import ClearReader
from journey.log.recorder import read_only_name
from journey.workspace import Files
from projections.configuration import DEFAULT, Configuration, configuration, document
from projections.rulebook import Rulebook
from schemas.errors import NotFound, WorkspaceError
from schemas.times import rfc3339


class Published(msgspec.Struct, frozen=True):
    """One published configuration.

    Args:
        number: from 1.
        published_at: when.
        rules: the values, with the defaults of today for what it does not name.
        text: the document as it was published.
    """

    number: int
    published_at: str
    rules: Configuration
    text: str


class Shown(msgspec.Struct, frozen=True):
    """One key of journey.toml.

    Args:
        key: its path.
        value: what the file gives it, or its default, as a file would write it.
        source: ``file`` or ``default``.
        in_force: what was published last; None if nothing was, or has no such key.
    """

    key: str
    value: str
    source: str
    in_force: str | None


class Entry(msgspec.Struct, frozen=True):
    """One published configuration in the list of all.

    Args:
        number: from 1.
        published_at: when.
        rules: what stands for it and for the program of today, in the mark of a workers' database.
        changes: against the one before; of the first, against the defaults.
    """

    number: int
    published_at: str
    rules: str
    changes: list[Change]


def published(log: ClearReader) -> list[Published]:
    """All of a log, the oldest first.

    Raises:
        WorkspaceError: one of them is none that this version can read.
    """
    found = []
    for fact, at in log.configurations():
        try:
            rules = configuration(fact.document)
        except (msgspec.DecodeError, ValueError) as error:
            raise WorkspaceError(
                f"Configuration {fact.number} cannot be read by this version ({error}): use the "
                "version that published it."
            ) from None
        found.append(Published(fact.number, rfc3339(at), rules, fact.document))
    return found


def published_in(folder: Path) -> list[Published]:
    """All of a workspace's log, whoever owns it; none where there is no log yet."""
    log = folder / "log.db"
    if not log.is_file():
        return []
    Files(folder)  # refuses what a newer version made
    with closing(ClearReader(read_only_name(str(log)))) as reader:
        return published(reader)


def differs(one: Configuration, other: Configuration) -> bool:
    """Whether two configurations have other values."""
    return document(one) != document(other)


def shown(file: Config, versions: list[Published]) -> list[Shown]:
    """Every key of journey.toml, defaults filled in, beside what is in force."""
    in_force = {key.name: key.value for key in keys(versions[-1].rules)} if versions else {}
    return [
        Shown(
            key.name,
            key.value,
            "file" if file.given(key.path) else "default",
            in_force.get(key.name),
        )
        for key in keys(file.rules)
    ]


def history(versions: list[Published]) -> list[Entry]:
    """All published configurations with what each changed."""
    found, before = list[Entry](), DEFAULT
    for each in versions:
        mark = Rulebook(each.text).shown
        found.append(Entry(each.number, each.published_at, mark, changes(before, each.rules)))
        before = each.rules
    return found


def named(versions: list[Published], number: int) -> Published:
    """The one with a number.

    Raises:
        NotFound: there is none.
    """
    for each in versions:
        if each.number == number:
            return each
    have = f"1 to {versions[-1].number}" if versions else "none yet"
    raise NotFound(f"No configuration {number} was published: there are {have}.")
