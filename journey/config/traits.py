"""``[traits]`` of ``journey.toml``: which traits stand in clear, so that rules see them.

Rule 1: what is told stays sealed and as it was told, whoever declares it. A declared trait that is
    not personal stands in clear besides, in one spelling, as JSON text.
Rule 2: a trait that nobody declared stays sealed and is not checked.
Rule 3: what is decided here is stored with the event, as it is for event types.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from journey.config.document import Document
from journey.config.events import allowed_of, not_allowed
from journey.config.properties import Property, Scalar, Type, values_of
from journey.ingest.fields import LABEL_CHARS_MAX
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.events import TraitsStated

SECTION = "traits"
_AS_TOLD = frozenset(("integer", "number", "decimal", "boolean"))  # JSON text is the value itself


class _Trait(msgspec.Struct, frozen=True, kw_only=True):
    """A trait as the file has it."""

    type: Type
    personal: bool = False
    allowed: list[Scalar] = []
    description: str = ""


class Traits:
    """All declared traits of a workspace.

    Args:
        declared: by name.
    """

    def __init__(self, declared: Mapping[str, Property] | None = None) -> None:
        self.declared = dict(declared or {})

    def check(self, draft: Draft) -> Draft:
        """The draft with the traits that may stand in clear.

        Raises:
            CannotAccept: a declared trait is not as declared.
        """
        fact = draft.fact
        if type(fact) is not TraitsStated or not fact.traits:
            return draft
        clear: dict[str, str] = {}
        for name in self.declared.keys() & fact.traits.keys():
            declared = self.declared[name]
            values = values_of(name, declared, fact.traits[name])
            if not values:
                continue
            if declared.allowed and not set(values) <= set(declared.allowed):
                raise not_allowed(name, declared.allowed)
            if not declared.personal:
                clear[name] = _json(declared.type, values)
        return (
            replace(draft, fact=replace(fact, facts=dict(sorted(clear.items()))))
            if clear
            else draft
        )


def _json(type_: str, values: list[str]) -> str:
    if type_ in _AS_TOLD:
        return values[0]
    told: Any = values if type_.endswith("list") else values[0]
    return msgspec.json.encode(told).decode()


def read(document: Document) -> Traits:
    """The declared traits of a file.

    Raises:
        ConfigurationError: it is wrong somewhere; says where.
    """
    found = {}
    for name in document.table([SECTION]):
        path = [SECTION, name]
        if not name.strip() or len(name) > LABEL_CHARS_MAX:
            raise document.refuse(path, "is no name of a trait: write a short one, such as plan")
        told = document.struct(path, _Trait)
        declared = Property(type=told.type, personal=told.personal, allowed=told.allowed)
        try:
            allowed = allowed_of(name, declared)
        except CannotAccept as refused:
            reason = str(refused).removesuffix(".")
            wrong = f"a value is none of type {told.type} ({reason}): correct it"
            raise document.refuse([*path, "allowed"], wrong) from None
        found[name] = replace(declared, allowed=allowed, description=told.description)
    return Traits(found)
