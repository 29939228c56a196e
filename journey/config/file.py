"""``journey.toml`` in the workspace folder: read whole, refused whole if anything in it is wrong.

Each section is read by a module of its own; a section that nobody reads is an error, not a comment.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from journey.config import designed, events, topics, traits
from journey.config.document import Document
from journey.config.traits import Traits
from journey.ingest.assess.texts import Texts
from journey.ingest.checks import Check, checked
from journey.ingest.importers import Importer
from projections.configuration import DEFAULT, Configuration
from schemas.errors import ConfigurationError, UsageError

NAME = "journey.toml"
OWN = (events.SECTION, topics.SECTION, traits.SECTION, designed.SECTION)  # each read by its module
SECTIONS = (*OWN, *Configuration.__struct_fields__)


class Config(msgspec.Struct, frozen=True):
    """What a workspace's people say of their own business.

    Args:
        file: where it stands; empty if there is no such file, which is no mistake.
        events: the types that they declare.
        traits: the traits of customers that they declare.
        texts: how texts are judged, by their topics.
        rules: what folds use, defaults filled in.
        maps: the journey maps as they are designed, by persona.
    """

    file: str
    events: events.EventTypes
    rules: Configuration = DEFAULT
    traits: Traits = Traits()
    texts: Texts = Texts()
    maps: designed.DesignedMaps = {}

    def reading(self, importer: Importer) -> Importer:
        """The same importer, with all that this does to what it reads."""
        checks: list[Check] = [self.events.check] if self.events.types else []
        if self.traits.declared:
            checks.append(self.traits.check)
        return checked(importer, [*checks, self.texts.check])


def load(folder: Path) -> Config:
    """The configuration of a workspace folder.

    Raises:
        ConfigurationError: it is wrong somewhere; says where.
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
        ConfigurationError: it is wrong somewhere; says where.
    """
    document = Document(text, name)
    document.known_keys([], SECTIONS)
    rules = document.struct([], Configuration, also=OWN)
    for path, wrong in rules.complaints():
        raise document.refuse(path, wrong)
    return Config(
        name,
        events.read(document),
        rules,
        traits.read(document),
        Texts(topics.read(document)),
        designed.read(document, rules),
    )
