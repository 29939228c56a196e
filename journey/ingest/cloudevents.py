"""CloudEvents 1.0 in the JSON format: each becomes one line of our own form, for ``jsonl.parse``.

Rule 1: ``source`` and ``id`` make an event unique, as the specification has it.
Rule 2: a type that ends in the name of one of ours is ours, and its ``data`` is read strictly as
    our own form. Any other is a custom event, of whose data nothing is read as ours but who the
    customer is and which conversation it belongs to.
Rule 3: nothing is lost. Other attributes and data stand in ``extra`` as they were written.
"""

from __future__ import annotations

import re
from typing import Any

from journey.ingest import fields as take
from journey.ingest import jsonl
from journey.ingest.fields import Told, missing
from journey.ingest.forms import ENGINES_OWN, FORMS
from journey.ingest.line import SEQUENCE_MAX
from journey.ingest.translate import Foreign, Members, as_label, foreign, line_of
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.times import LATEST, Instant

SPECVERSION = "1.0"
CUSTOM = "custom"
VERSION_DIGITS_MAX = 3
FIELDS = ("identities", "owner", "conversation", "channel", "direction", "brand", "actor")
"""Members of ``data`` that are fields of a line, in an event of one of our types."""
PEOPLE: dict[str, tuple[str, ...]] = {
    "user_id": ("user_id", "userId", "customer_id", "customerId", "customer.id", "user.id"),
    "email": ("email", "customer.email", "user.email"),
    "phone": ("phone", "customer.phone", "user.phone"),
    "anonymous": ("anonymous_id", "anonymousId"),
}
"""Kind of identity -> where ``data`` may have it, if it has no ``identities``; the first counts."""
CONVERSATION = ("conversation", "conversation_id", "conversationId")
"""Where the data of a custom event may have its conversation."""
EXTENSIONS = {"correlationid": "correlation_id", "causationid": "causation_id"}
"""Extension attribute -> the property that it is, if ``data`` does not say it."""
RECORDED, SEQUENCE = "recordedtime", "sequence"

_digits = re.compile(r"[0-9]{1,19}").fullmatch


def parse(data: bytes, line: int, now: Instant) -> Draft:
    """One event as a draft.

    Args:
        data: the event in the JSON format, in UTF-8.
        line: its number, which orders events of one time where the source gives no ``sequence``.
        now: the time, against which far futures are measured.

    Raises:
        CannotAccept: with a code for counting, and a reason that names the field and the remedy.
    """
    event = foreign(data)
    _check_version(event.told)
    content = _content(event)
    type_ = our_type(event.told.get("type"))
    is_custom = type_ == CUSTOM and event.told["type"] != CUSTOM
    fields = {name: event.told.get(name) for name in ("id", "source", "time")}
    fields |= {"type": type_, "sequence": _sequence(event.told.get(SEQUENCE))}
    fields |= _said(content, is_custom)
    declared = _extensions(event, content)
    for name in ("id", "source"):
        event.members.pop(name, None)
    if is_custom:
        declared["name"] = event.told["type"]
    if is_custom or type_ == event.told.get("type"):
        event.members.pop("type", None)
    left: list[tuple[str, Members]] = [("", event.members)]
    if is_custom:
        left.insert(0, ("data", content.members))
    else:
        declared |= content.members
    return jsonl.parse(line_of(fields, declared, left), line, now)


def our_type(told: Any) -> Any:
    """Ours of a type: what stands behind its last dot, if that is a name of ours; else ``custom``.

    What is no text, or what only the engine says, is handed on, to be refused as such.
    """
    if type(told) is not str or not told or told in ENGINES_OWN:
        return told
    name, _, version = told.rpartition(".v")
    if not version.isdecimal() or len(version) > VERSION_DIGITS_MAX:
        name, version = told, "1"
    name = name.rpartition(".")[2]
    form = FORMS.get(name)
    is_ours = form is not None and 1 <= int(version) <= int(form.fact.TYPE.rpartition(".v")[2])
    return name if is_ours else CUSTOM


def _check_version(told: Told) -> None:
    version = told.get("specversion")
    if version is None or version == "":
        raise missing("specversion", f"this is no CloudEvent; write {SPECVERSION}")
    if version != SPECVERSION:
        reason = f"specversion: is no version that is read here: write {SPECVERSION}."
        raise CannotAccept("unknown-version", reason)


def _content(event: Foreign) -> Foreign:
    """The data, if it is an object; any other stays where it is, beside ``data_base64``."""
    told = event.told.get("data")
    return Foreign(told, event.inner("data")) if type(told) is dict else Foreign({}, {})


def _said(content: Foreign, is_custom: bool) -> dict[str, Any]:
    """The fields of the line that the data give."""
    said: dict[str, Any] = {}
    if is_custom:
        for name in ("identities", "owner"):
            if type(content.told.get(name)) is dict:
                said[name] = content.members.pop(name)
        for name in CONVERSATION:
            if label := as_label(content.told.get(name)):
                said["conversation"] = label
                _take_out(content, name, label)
                break
    else:
        said = {n: content.members.pop(n) for n in FIELDS if content.told.get(n) is not None}
    if "identities" not in said:
        said["identities"] = _people(content)
    return said


def _people(content: Foreign) -> dict[str, str]:
    found = {}
    for kind, paths in PEOPLE.items():
        for path in paths:
            if label := as_label(content.at(path)):
                found[kind] = label
                _take_out(content, path, label)
                break
    return found


def _take_out(content: Foreign, path: str, taken: str) -> None:
    """What was taken over whole leaves its place."""
    if content.told.get(path) == taken:
        content.members.pop(path)


def _extensions(event: Foreign, content: Foreign) -> dict[str, Any]:
    """The properties that extension attributes are."""
    found: dict[str, Any] = {}
    for name, ours in EXTENSIONS.items():
        told = event.told.get(name)
        if told and told == as_label(told) and ours not in content.told:
            found[ours] = told
            event.members.pop(name)
    if "received_at" not in content.told and _is_time(event.told.get(RECORDED)):
        found["received_at"] = event.told[RECORDED]
    return found


def _is_time(told: Any) -> bool:
    try:
        return type(told) is str and take.time_of(RECORDED, told, LATEST) != 0
    except CannotAccept:
        return False


def _sequence(told: Any) -> int | None:
    """The source's order, if it is a number: the specification lets it be any text."""
    if type(told) is int or (type(told) is str and _digits(told)):
        return int(told) if 0 <= int(told) <= SEQUENCE_MAX else None
    return None
