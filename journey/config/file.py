"""``journey.toml`` in the workspace folder: read whole, refused whole if anything in it is wrong.

Each section is read by a module of its own; a section that nobody reads is an error, not a comment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from journey.config import designed, events, plans, questions, topics, traits, watches
from journey.config.document import Document, Gathered
from journey.config.traits import Traits
from journey.ingest.assess.texts import Texts
from journey.ingest.checks import Check, checked
from journey.ingest.importers import Importer
from projections.configuration import DEFAULT, Configuration
from schemas.errors import ConfigurationError, UsageError

NAME = "journey.toml"
# Each of them reads its own.
SECTIONS = (events, topics, traits, designed, plans, questions, watches)
OWN = tuple(one.SECTION for one in SECTIONS)


class Config(msgspec.Struct, frozen=True):
    """What a workspace's people say of their own business.

    Args:
        file: where it stands; empty if there is no such file, which is no mistake.
        events: the types that they declare.
        traits: the traits of customers that they declare.
        texts: how texts are judged, by their topics.
        rules: what folds use once it is published, defaults filled in.
        maps: the journey maps as they are designed, by persona.
        plans: what is to change until when, by name.
        questions: saved with their parameters, by name.
        watches: the lines that figures are not to cross, by name.
        given: tells of the path of a key whether the file gives it.
    """

    file: str
    events: events.EventTypes
    rules: Configuration = DEFAULT
    traits: Traits = Traits()
    texts: Texts = Texts()
    maps: designed.DesignedMaps = {}
    plans: plans.Plans = {}
    questions: questions.Questions = {}
    watches: watches.Watches = {}
    given: Callable[[Sequence[str]], bool] = lambda _: False

    def reading(self, importer: Importer) -> Importer:
        """The same importer, with all that this does to what it reads."""
        checks: list[Check] = [self.events.check] if self.events.types else []
        if self.traits.declared:
            checks.append(self.traits.check)
        return checked(importer, [*checks, self.texts.check])


def load(folder: Path) -> Config:
    """The configuration of a workspace folder.

    Raises:
        Wrong: it is wrong somewhere; says where, and all that is.
        UsageError: it cannot be read at all.
    """
    path = folder / NAME
    return read(path) if path.exists() else Config("", events.EventTypes())


def read(path: Path) -> Config:
    """The configuration of a file. Raises as ``load`` does; also where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8: save it as UTF-8.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): see that it may be.") from None
    return parse(text, str(path))


def parse(text: str, name: str = NAME) -> Config:
    """The configuration that a text is.

    Args:
        name: what people call the file.

    Raises:
        Wrong: it is wrong somewhere; says where, and all that is.
    """
    document = Document(text, name)
    gathered, is_read, rules = Gathered(), False, DEFAULT
    with gathered.each():
        try:
            rules = document.struct([], Configuration, OWN, DEFAULT)
            is_read = True
        except RecursionError:
            raise document.refuse([], "is nested too deeply: write it flatter") from None
    config = Config(name, events.EventTypes(), rules, given=document.has)
    readers: dict[str, Callable[[Document], Any]] = {
        "events": events.read,
        "traits": traits.read,
        "plans": plans.read,
        "questions": questions.read,
        "watches": watches.read,
        "texts": lambda told: Texts(topics.read(told)),
    }
    if is_read:  # else what rests on them would be held against something else
        readers["maps"] = partial(designed.read, rules=rules)
        for path, wrong in rules.complaints():
            with gathered.each():
                raise document.refuse(path, wrong)
    for field, reader in readers.items():
        with gathered.each():
            config = msgspec.structs.replace(config, **{field: reader(document)})
    for name, trigger in rules.triggers.items():
        with gathered.each():
            watches.check_start(document, ["triggers", name], trigger.start.watch)
    gathered.end()
    return config
