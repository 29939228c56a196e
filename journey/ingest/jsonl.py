"""Our own form: one object a line, of our own field names. The format every export can be made to.

The fields: ``id source type time`` (required), ``identities owner conversation`` (at least one),
``channel direction brand actor sequence properties``. What is not declared is kept in ``extra``.
"""

from __future__ import annotations

import re

from journey.ingest import fields as take
from journey.ingest.fields import LABEL_CHARS_MAX, Told, missing, need_label, take_label, wrong_type
from journey.ingest.forms import ACTOR_KINDS, DIRECTIONS, PROPERTIES, Exact, Fields, Form, form_of
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.fact import Identities
from schemas.times import Instant

SEQUENCE_MAX = 2**62  # leaves room in an Avro long to reckon with
TOP = frozenset(
    "id source type time identities owner conversation channel direction brand actor sequence "
    "properties kind".split()
)
RESERVED = frozenset("topic tags urgency intent correlation_id causation_id received_at".split())
KNOWN = TOP | RESERVED | PROPERTIES

_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,31}").fullmatch


def parse(data: bytes, line: int, now: Instant) -> Draft:
    """One line as a draft.

    Args:
        data: the line, an object of JSON in UTF-8.
        line: its number, which orders events of one time where the source gives no ``sequence``.
        now: the time, against which far futures are measured.

    Raises:
        CannotAccept: with a code for counting, and a reason that names the field and the remedy.
    """
    told = take.read_object(data, KNOWN)
    exact = Exact(data)
    latest = now + take.AHEAD_MAX
    message_id = need_label(told, "id", "give the source's own id of the message")
    source = need_label(told, "source", "name the feed that this comes from")
    form, custom = form_of(need_label(told, "type", "give the kind of event, or custom"))
    if told.get("time") is None:
        raise missing("time", f"give the time at which it happened, {take.RFC3339}")
    occurred_at = take.take_time(told, "time", latest)
    identities = take.take_identities(told, "identities")
    owner = take.take_identities(told, "owner")
    conversation = take_label(told, "conversation")
    if not (identities or owner or conversation):
        reason = "Names nobody: give identities, owner or conversation."
        raise CannotAccept("names-nobody", reason)

    fields: Fields = {"message_id": message_id, "brand": take_label(told, "brand")}
    if identities:
        fields["identities"] = identities
    if conversation:
        fields["conversation_id"] = conversation
    if custom:
        fields["name"] = custom
    fields["channel"] = _channel(told)
    fields["direction"] = _direction(told, form)
    sequence = _sequence(told)
    author = _actor(told, fields, form, identities, owner, exact)
    if author:
        fields["author"] = author
    properties = take.take_object(told, "properties")
    _reserved(properties, fields, latest)
    form.read(properties, fields, exact)
    if properties or told:
        _undeclared(told, properties, fields, exact)
    return Draft(
        source=source,
        message_id=message_id,
        fact=form.fact(**fields),
        occurred_at=occurred_at,
        identities=identities,
        conversation=conversation,
        owner=owner,
        author=author,
        sequence=line if sequence is None else sequence,
        sequence_given=sequence is not None,
    )


def _channel(told: Told) -> str:
    channel = take_label(told, "channel")
    if channel and not _CHANNEL(channel):
        reason = (
            "channel: is not of the form [a-z][a-z0-9_-]{0,31}: "
            "write a short name in small letters, such as email."
        )
        raise CannotAccept("bad-channel", reason)
    return channel


def _direction(told: Told, form: Form) -> str:
    direction = take_label(told, "direction")
    if not direction or direction == form.direction:
        return form.direction
    if direction not in DIRECTIONS:
        reason = "direction: is unknown: write inbound, outbound or internal."
        raise CannotAccept("bad-direction", reason)
    if form.is_fixed:
        type_ = form.fact.TYPE.rpartition(".")[0]
        reason = f"direction: {type_} is always {form.direction}: leave it out, or check the type."
        raise CannotAccept("wrong-direction", reason)
    return direction


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


def _actor(
    told: Told, fields: Fields, form: Form, identities: Identities, owner: Identities, exact: Exact
) -> Identities:
    """Set who acted; the author, if that is a customer under an id that names nobody else here."""
    actor = take.take_object(told, "actor")
    if not actor:
        fields["actor_kind"] = form.actor_kind
        return {}
    kind, who = take_label(actor, "kind"), take_label(actor, "id")
    if kind not in ACTOR_KINDS:
        reason = "actor.kind: is missing or unknown: write customer, human, bot or system."
        raise CannotAccept("bad-actor", reason)
    fields["actor_kind"], fields["team"] = kind, take_label(actor, "team")
    if actor:  # what is left is undeclared: keep it whole, as it was told
        fields["extra"] = {"/actor": exact.top("actor")}
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


def _undeclared(told: Told, properties: Told, fields: Fields, exact: Exact) -> None:
    """Keep what nobody declared, each as the JSON text that the source wrote.

    A top-level name that is also a property's stands under its JSON pointer (RFC 6901).
    """
    extra = {name: exact.property(name) for name in properties}
    for name in told:
        extra[f"/{name}" if name in extra else name] = exact.top(name)
    fields["extra"] = extra | fields.get("extra", {})


__all__ = ["KNOWN", "LABEL_CHARS_MAX", "parse"]
