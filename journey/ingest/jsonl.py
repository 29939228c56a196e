"""Our own form: one object a line, of our own field names. The format every export can be made to.

The fields: ``id source type time`` (required), ``identities owner conversation`` (at least one),
``channel direction brand actor sequence properties``. What is not declared is kept in ``extra``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

from journey.ingest import fields as take
from journey.ingest import forms
from journey.ingest.declared import Exact, Fields
from journey.ingest.fields import Told, missing, take_label
from journey.ingest.forms import ACTOR_KINDS, DIRECTIONS, Form, form_of
from journey.ingest.line import ACTOR, Line, made_line, read_line
from journey.ingest.made import MadeExact, Values
from journey.ingest.objects import check_texts, may_hold_bad_texts, read_object
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.fact import Identities
from schemas.times import Instant

TOP = frozenset(Line.__struct_fields__)
RESERVED = frozenset(
    ("topic", "tags", "urgency", "intent", "correlation_id", "causation_id", "received_at")
)
NOT_OF_BRANDS = ("urgency", "intent")
"""Those that an event without a customer does not have: kept as undeclared ones."""

_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,31}").fullmatch


def known() -> frozenset[str]:
    """The declared names, which alone may stand in a reason."""
    return TOP | RESERVED | forms.properties()


def parse(data: bytes, line: int, now: Instant) -> Draft:
    """One line as a draft.

    Args:
        data: the line, an object of JSON in UTF-8.
        line: its number, which orders events of one time where the source gives no ``sequence``.
        now: the time, against which far futures are measured.

    Raises:
        CannotAccept: with a code for counting, and a reason that names the field and the remedy.
    """
    told, undeclared = read_line(data)
    if may_hold_bad_texts(data):
        check_texts(read_object(data), known())
    return _draft(told, undeclared, told.properties or {}, Exact(data), line, now)


def parse_made(fields: Told, properties: dict[str, Any], line: int, now: Instant) -> Draft:
    """A line that another form was made into, without writing it and reading it again.

    What it would be refused for if it were written, it is refused for here; but ``check_texts`` is
    the caller's business, see ``may_hold_bad_texts``.

    Args:
        fields: the top-level fields but ``properties``.
        properties: by name; raw JSON where its text is to be kept.
        line: its number.
        now: the time, against which far futures are measured.

    Raises:
        CannotAccept: as ``parse``.
    """
    told = made_line(fields)
    if told is None:  # something does not fit: let the reader of lines say what
        return parse(written(fields, properties), line, now)
    exact = MadeExact(fields, properties)
    return _draft(told, {}, Values(properties), exact, line, now)


def written(fields: Told, properties: dict[str, Any]) -> bytes:
    """The bytes of a line that was made."""
    return msgspec.json.encode({**fields, "properties": properties})


def _draft(
    told: Line, undeclared: Told, properties: Told, exact: Exact, line: int, now: Instant
) -> Draft:
    latest = now + take.AHEAD_MAX
    if told.id.isspace() or told.source.isspace() or told.type.isspace():
        raise missing("id, source or type", "it is only white space, so give a value")
    form, custom = form_of(told.type)
    occurred_at = take.time_of("time", told.time, latest)
    if form.is_of_brand:
        return _of_brand(told, undeclared, form, exact, line, occurred_at, latest)
    identities = take.identities_of("identities", told.identities) if told.identities else {}
    owner = take.identities_of("owner", told.owner) if told.owner else {}
    conversation = told.conversation or ""
    if not (identities or owner or conversation):
        reason = "Names nobody: give identities, owner or conversation."
        raise CannotAccept("names-nobody", reason)

    fields: Fields = {
        "message_id": told.id,
        "brand": told.brand or "",
        "channel": _channel(told.channel) if told.channel else "",
        "direction": _direction(told.direction, form) if told.direction else form.direction,
    }
    if identities:
        fields["identities"] = identities
    if conversation:
        fields["conversation_id"] = conversation
    if custom:
        fields["name"] = custom
    author = _actor(told, fields, form, identities, owner)
    if author:
        fields["author"] = author
    if not RESERVED.isdisjoint(properties):
        _reserved(properties, fields, latest)
    form.read(properties, fields, exact)
    if properties or undeclared:
        _undeclared(undeclared, properties, fields, exact)
    return Draft(
        source=told.source,
        message_id=told.id,
        fact=form.fact(**fields),
        occurred_at=occurred_at,
        identities=identities,
        conversation=conversation,
        owner=owner,
        author=author,
        sequence=line if told.sequence is None else told.sequence,
        sequence_given=told.sequence is not None,
    )


def _of_brand(
    told: Line,
    undeclared: Told,
    form: Form,
    exact: Exact,
    line: int,
    occurred_at: Instant,
    latest: Instant,
) -> Draft:
    """A line that concerns no customer."""
    for name in ("identities", "owner", "conversation"):
        if getattr(told, name):
            reason = (
                f"{name}: {form.fact.TYPE.rpartition('.')[0]} has no customer: leave it out, give "
                "who wrote as actor, or tell it as an event of a customer, such as mentioned."
            )
            raise CannotAccept("names-somebody", reason)
    fields: Fields = {
        "message_id": told.id,
        "brand": told.brand or "",
        "channel": _channel(told.channel) if told.channel else "",
    }
    author = _actor(told, fields, form, {}, {})
    if author:
        fields["author"] = author
    if told.direction:
        undeclared = undeclared | {"direction": told.direction}
    properties = told.properties or {}
    kept = {name: properties.pop(name) for name in NOT_OF_BRANDS if name in properties}
    _reserved(properties, fields, latest)
    form.read(properties, fields, exact)
    properties |= kept
    if properties or undeclared:
        _undeclared(undeclared, properties, fields, exact)
    return Draft(
        source=told.source,
        message_id=told.id,
        fact=form.fact(**fields),
        occurred_at=occurred_at,
        sequence=line if told.sequence is None else told.sequence,
        sequence_given=told.sequence is not None,
    )


@lru_cache(maxsize=256)  # a feed has a handful
def _channel(channel: str) -> str:
    if not _CHANNEL(channel):
        reason = (
            "channel: is not of the form [a-z][a-z0-9_-]{0,31}: "
            "write a short name in small letters, such as email."
        )
        raise CannotAccept("bad-channel", reason)
    return channel


def _direction(direction: str, form: Form) -> str:
    if direction == form.direction:
        return direction
    if direction not in DIRECTIONS:
        reason = "direction: is unknown: write inbound, outbound or internal."
        raise CannotAccept("bad-direction", reason)
    if form.is_fixed:
        type_ = form.fact.TYPE.rpartition(".")[0]
        reason = f"direction: {type_} is always {form.direction}: leave it out, or check the type."
        raise CannotAccept("wrong-direction", reason)
    return direction


def _actor(
    told: Line, fields: Fields, form: Form, identities: Identities, owner: Identities
) -> Identities:
    """Set who acted; the author, if that is a customer under an id that names nobody else here."""
    actor = told.actor
    if actor is None or not (actor.kind or actor.id or actor.team):
        fields["actor_kind"] = form.actor_kind
        return {}
    kind, who = actor.kind, actor.id or ""
    if kind not in ACTOR_KINDS:
        reason = "actor.kind: is missing or unknown: write customer, human, bot or system."
        raise CannotAccept("bad-actor", reason)
    fields["actor_kind"] = kind
    if actor.team:
        fields["team"] = actor.team
    if kind != "customer":
        fields["actor"] = who
        return {}
    if not who or any(who in values for named in (identities, owner) for values in named.values()):
        return {}
    return {"actor": [who]}


def _reserved(properties: Told, fields: Fields, latest: Instant) -> None:
    """Take the properties that every type shares."""
    for name in ("topic", "urgency", "intent"):
        if name in properties:
            fields[name] = take_label(properties, name)
    for name in ("correlation_id", "causation_id"):
        if name in properties and (value := take_label(properties, name)):
            fields[name] = value
    if "tags" in properties:
        fields["tags"] = take.take_texts(properties, "tags")
    if "received_at" in properties:
        fields["received_at"] = take.take_time(properties, "received_at", latest)


def _undeclared(undeclared: Told, properties: Told, fields: Fields, exact: Exact) -> None:
    """Keep what nobody declared, each as the JSON text that the source wrote.

    A top-level name that is also a property's stands under its JSON pointer (RFC 6901), as does an
    actor of whom more is told than is declared.
    """
    extra = exact.properties(properties)
    for name in undeclared:
        if name == ACTOR:
            extra[ACTOR] = exact.top("actor")
        else:
            extra[f"/{name}" if name in extra else name] = exact.top(name)
    fields["extra"] = extra | fields["extra"] if "extra" in fields else extra
