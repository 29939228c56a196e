"""One line of our own form, with every top-level field of its type.

The decoder checks types and lengths while it reads, in C. Only a line that it refuses is looked at
field by field, to say which field is wrong and how to mend it, or to keep what nobody declared.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from journey.ingest import fields as take
from journey.ingest.fields import LABEL_CHARS_MAX, Told, missing, need_label, take_label, wrong_type
from journey.ingest.objects import read_object
from journey.ingest.records import RECORD_BYTES_MAX
from schemas.errors import CannotAccept

SEQUENCE_MAX = 2**62
"""Leaves room in an Avro long to reckon with."""

ACTOR = "/actor"
"""Where an actor is kept of whom more is told than is declared: its JSON pointer (RFC 6901)."""

_Label = Annotated[str, Meta(max_length=LABEL_CHARS_MAX)]
_Filled = Annotated[str, Meta(min_length=1, max_length=LABEL_CHARS_MAX)]
_Named = dict[str, _Filled | list[_Filled]]


class Actor(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Who acted."""

    kind: _Label | None = None
    id: _Label | None = None
    team: _Label | None = None


class Line(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The declared fields of a line; None where there is nothing, or null."""

    id: _Filled
    source: _Filled
    type: _Filled
    time: _Label
    identities: _Named | None = None
    owner: _Named | None = None
    conversation: _Label | None = None
    channel: _Label | None = None
    direction: _Label | None = None
    brand: _Label | None = None
    actor: Actor | None = None
    sequence: Annotated[int, Meta(ge=0, le=SEQUENCE_MAX)] | None = None
    properties: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(Line).decode


def read_line(data: bytes) -> tuple[Line, Told]:
    """A line, and its undeclared fields; those of ``actor`` under the name ``/actor``.

    Raises:
        CannotAccept: it is no JSON object, a field is missing, or one has a wrong type.
    """
    if len(data) <= RECORD_BYTES_MAX:
        try:
            return _decode(data), {}
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # read again below, more slowly and with better reasons
    return _field_by_field(read_object(data))


def made_line(fields: Told) -> Line | None:
    """The same of fields in hand, checked alike; None if any is not as declared."""
    try:
        return msgspec.convert(fields, Line)
    except msgspec.ValidationError:
        return None


def _field_by_field(told: Told) -> tuple[Line, Told]:
    message_id = need_label(told, "id", "give the source's own id of the message")
    source = need_label(told, "source", "name the feed that this comes from")
    type_ = need_label(told, "type", "give the kind of event, or custom")
    time = told.pop("time", None)
    if time is None:
        raise missing("time", f"give the time at which it happened, {take.RFC3339}")
    if type(time) is not str:
        raise wrong_type("time", time, f"write it as text, {take.RFC3339}")
    actor = take.take_object(told, "actor")
    line = Line(
        id=message_id,
        source=source,
        type=type_,
        time=time,
        identities=take.take_identities(told, "identities"),  # type: ignore[arg-type] # lists only
        owner=take.take_identities(told, "owner"),  # type: ignore[arg-type] # lists only
        conversation=take_label(told, "conversation"),
        channel=take_label(told, "channel"),
        direction=take_label(told, "direction"),
        brand=take_label(told, "brand"),
        actor=_actor(actor) if actor else None,
        sequence=_sequence(told),
        properties=take.take_object(told, "properties"),
    )
    if actor:
        told[ACTOR] = actor
    return line, told


def _actor(told: Told) -> Actor:
    kind, who, team = (_part(told, name) for name in ("kind", "id", "team"))
    return Actor(kind, who, team)


def _part(told: Told, name: str) -> str:
    """A field of the actor, called so in a refusal."""
    return take_label({f"actor.{name}": told.pop(name, None)}, f"actor.{name}")


def _sequence(told: Told) -> int | None:
    value = told.pop("sequence", None)
    if value is None:
        return None
    if type(value) is not int:
        raise wrong_type("sequence", value, "write a whole number, without quotes")
    if not 0 <= value <= SEQUENCE_MAX:
        reason = "sequence: lies outside 0 to 2^62: number the source's events from 0 on."
        raise CannotAccept("bad-sequence", reason)
    return value
