"""Judgements that the source gives itself: read where they stand, among the undeclared properties.

They stay there too, sealed and as they were written, so that a message that is told again is the
same message whether its judgements were read or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from journey.ingest import fields as take
from journey.ingest.fields import wrong_type
from schemas.errors import CannotAccept

KINDS = frozenset("account address date email name order_number phone serial".split())
"""What facts there are that a customer is asked for, or gives."""

_decode = msgspec.json.Decoder().decode
is_language = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*").fullmatch


def _language(value: Any) -> str | None:
    if type(value) is not str:
        raise wrong_type("language", value, "write a tag of BCP 47, such as en or pt-BR")
    if not value:
        return None
    if not is_language(value):
        reason = "language: is no tag of BCP 47: write one such as en or pt-BR."
        raise CannotAccept("bad-language", reason)
    return re.split("[-_]", value, maxsplit=1)[0].lower()


def _sentiment(value: Any) -> float:
    number = take.take_number({"sentiment": value}, "sentiment")
    if number is None or not -1 <= number <= 1:
        reason = "sentiment: lies outside -1 to 1: scale it, -1 is bad and 1 is good."
        raise CannotAccept("score-off-scale", reason)
    return number


def _flag(name: str) -> Callable[[Any], bool]:
    return lambda value: take.take_flag({name: value}, name, False)


def _kinds(name: str) -> Callable[[Any], list[str]]:
    def read(value: Any) -> list[str]:
        told = set(take.take_texts({name: value}, name))
        if told - KINDS:  # a fact itself would stand in clear, where only its kind may
            reason = f"{name}: names other than kinds of facts: use {', '.join(sorted(KINDS))}."
            raise CannotAccept("unknown-kind", reason)
        return sorted(told)

    return read


READERS: dict[str, Callable[[Any], Any]] = {
    "language": _language,
    "sentiment": _sentiment,
    "is_question": _flag("is_question"),
    "asks_person": _flag("asks_person"),
    "gave": _kinds("gave"),
    "asked_for": _kinds("asked_for"),
}
NAMES = frozenset(READERS)


def given(extra: Mapping[str, str], fields: frozenset[str]) -> dict[str, Any]:
    """The judgements among undeclared properties, each checked; null is none.

    Args:
        extra: undeclared properties as JSON text.
        fields: those that the event's type has.

    Raises:
        CannotAccept: one is of another form; the reason names it.
    """
    found: dict[str, Any] = {}
    for name in sorted(NAMES & extra.keys() & fields):
        value = _decode(extra[name])
        if value is not None and (read := READERS[name](value)) is not None:
            found[name] = read
    return found
