"""OCEL 2.0 in JSON, the object-centric logs of process mining: each event becomes a touchpoint of
the object that is its customer.

Rule 1: the file is read as a stream. What is told of objects waits on a ``Shelf``, and so do
    events that come before their objects, for the form prescribes no order.
Rule 2: an event becomes a record of its own, a JSON object with its objects in it, so that
    quarantine can keep it and try it again by itself.
Rule 3: what is told of an object goes with the first event that names it, and so once into the
    log. An object that no event names goes to quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from journey.ingest import jsonl
from journey.ingest.activities import CUSTOM, only_customers_do, type_of
from journey.ingest.fields import RFC3339, Told, missing, need_label, wrong_type
from journey.ingest.forms import ACTOR_KINDS
from journey.ingest.objects import read_object, too_deep
from journey.ingest.ocel_file import read_members
from journey.ingest.records import BrokenRecord, RawRecord, Record
from journey.ingest.shelf import Shelf
from journey.ingest.source import Source
from journey.ingest.translate import Members, as_label, line_of
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.times import Instant

SOURCE = "ocel"
CUSTOMER = "customer"
"""Type of the objects that are customers unless told otherwise, and our kind of identity."""
CONVERSATION, AGENT, ORDER = "conversation", "agent", "order"
OBJECT = "object"


class Participant(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An object of an event.

    Args:
        id: its id.
        type: its type; empty if the file has no such object.
        qualifier: its part in the event.
        owners: customers that it is related to itself.
        told: what the file tells of it, with the first event that names it.
    """

    id: str
    type: str = ""
    qualifier: str = ""
    owners: list[str] = []
    told: Members = {}


class Event(msgspec.Struct, forbid_unknown_fields=True):
    """One record, as quarantine keeps it.

    Args:
        source: what the source is called.
        customer: the type of object that is the customer.
        event: as the file has it, but its relationships.
        objects: those.
    """

    source: str
    customer: str
    event: Members
    objects: list[Participant]


class _Object(msgspec.Struct):
    """What is remembered of an object."""

    type: str
    related: list[str]
    told: msgspec.Raw


_record = msgspec.json.Decoder(Event).decode
_members = msgspec.json.Decoder(Members).decode
_object = msgspec.json.Decoder(_Object).decode
_encode = msgspec.json.encode


def parse(data: bytes, line: int, now: Instant) -> Draft:
    """One event as a draft.

    Args:
        data: a record that ``read_events`` made.
        line: the number of the event in its file, which orders events of one time.
        now: the time, against which far futures are measured.

    Raises:
        CannotAccept: with a code for counting, and a reason that names the field and the remedy.
    """
    try:
        record = _record(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        reason = "This is no event with its objects: mend the file and import it again."
        raise CannotAccept("bad-json", reason) from None
    told: Told = {name: msgspec.json.decode(raw) for name, raw in record.event.items()}
    event_id = as_label(told.get("id"))
    if not event_id:
        raise missing("id", "give each event an id of its own")
    activity = need_label(dict(told), "type", "name each event's type: it is what happened")
    if "time" not in told:
        raise missing("time", f"give each event its time, {RFC3339}")
    customer = _customer(record)
    type_ = type_of(activity)
    fields: dict[str, Any] = {
        "id": event_id,
        "source": record.source,
        "type": type_,
        "time": told["time"],
        "identities": {CUSTOMER: [customer]},
    }
    if orders := [each.id for each in record.objects if each.type == ORDER]:
        fields["identities"][ORDER] = orders
    fields["conversation"] = _first(record.objects, CONVERSATION)
    fields |= _actor(record, type_)
    left = {name: raw for name, raw in record.event.items() if name not in ("id", "type", "time")}
    attributes = _attributes(left, told)
    declared = {"name": activity} if type_ == CUSTOM else {}
    left["objects"] = msgspec.Raw(_encode(record.objects))
    line_ = line_of(fields, declared, [("attributes", attributes), ("", left)])
    return jsonl.parse(line_, line, now)


def _customer(record: Event) -> str:
    """Who it was: the first object that is a customer, else the first customer of an object."""
    if any(not each.type for each in record.objects):
        reason = "relationships: names an object that the file does not have: add it to objects."
        raise CannotAccept("unknown-object", reason)
    own = [each.id for each in record.objects if each.type == record.customer]
    of_objects = [owner for each in record.objects for owner in each.owners]
    if not own and not of_objects:
        reason = (
            "relationships: names no object that is a customer, nor one that belongs to a "
            "customer: name the type of customers with --customer-type, or add the customer."
        )
        raise CannotAccept("no-customer", reason)
    return (own or of_objects)[0]


def _first(objects: list[Participant], type_: str) -> str:
    return next((each.id for each in objects if each.type == type_), "")


def _actor(record: Event, type_: str) -> dict[str, Any]:
    agent = next((each for each in record.objects if each.type == AGENT), None)
    if agent is None or only_customers_do(type_):
        return {}
    kind = agent.qualifier if agent.qualifier in ACTOR_KINDS - {"customer"} else "human"
    # Our own export puts the type before each id, because ids are of all types.
    told = {"actor": {"kind": kind, "id": agent.id.removeprefix(f"{AGENT}:")}}
    return told | ({"direction": "internal"} if type_ == CUSTOM else {})


def _attributes(left: Members, told: Told) -> Members:
    """The attributes by name, taken out; one that is there twice loses nothing."""
    given = told.get("attributes")
    if given is None:
        return {}
    if type(given) is not list:
        raise wrong_type("attributes", given, "write a list of objects with name and value")
    found: Members = {}
    for each in msgspec.json.decode(left.pop("attributes"), type=list[msgspec.Raw]):
        value = msgspec.json.decode(each)
        name = as_label(value.get("name")) if type(value) is dict else ""
        if not name or "value" not in value:
            reason = "attributes: one has no name or no value: give it both."
            raise CannotAccept("bad-attribute", reason)
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name} ({number})"
        found[free] = _members(each)["value"]
    return found


def read_events(source: Source, customer: str = CUSTOMER, called: str = SOURCE) -> Iterator[Record]:
    """The events of a source, in the order of the file.

    Args:
        customer: the type of the objects that are customers.
        called: what the source of the events is called.

    Raises:
        UsageError: the source is no OCEL 2.0 in JSON.
    """
    shelf = Shelf()
    try:
        yield from _Log(shelf, customer, called).records(source)
    finally:
        shelf.close()


class _Log:
    def __init__(self, shelf: Shelf, customer: str, called: str) -> None:
        self._shelf, self._customer, self._called = shelf, customer, called
        self._has_objects = False

    def records(self, source: Source) -> Iterator[Record]:
        for member, record in read_members(source):
            self._has_objects = self._has_objects or member == "objects"
            if isinstance(record, BrokenRecord):
                yield record
            elif member == "objects":
                refused = self._put(record)
                if refused is not None:
                    yield refused
            elif member == "events" and self._has_objects:
                yield self._joined(record.line, record.data)
            elif member == "events":
                self._shelf.add_line(record.line, record.data)
        for line, data in self._shelf.lines():
            yield self._joined(line, data)
        for line, data in self._shelf.untaken():
            yield BrokenRecord(line, "unused-object", UNUSED, (bytes(_object(data).told),))

    def _put(self, record: RawRecord) -> BrokenRecord | None:
        """Remember an object; what is wrong with it, if something is."""
        try:
            told = read_object(record.data)
            name = as_label(told.get("id"))
            if not name:
                raise missing("id", "give each object an id of its own")
            kind = need_label(dict(told), "type", "name each object's type")
            related = [each for each, _ in _relationships(told)]
        except CannotAccept as refused:
            return BrokenRecord(record.line, refused.code, str(refused), (record.data,))
        except RecursionError:
            deep = too_deep()
            return BrokenRecord(record.line, deep.code, str(deep), (record.data,))
        kept = _encode(_Object(kind, related, msgspec.Raw(record.data)))
        if self._shelf.put(OBJECT, name, kept, record.line):
            if not any(told[member] for member in told if member not in ("id", "type")):
                self._shelf.take(OBJECT, name)  # nothing is told of it that could be lost
            return None
        if self._shelf.get(OBJECT, name) == kept:
            return None
        return BrokenRecord(record.line, "object-twice", TWICE, (record.data,))

    def _joined(self, line: int, data: bytes) -> Record:
        """An event with its objects."""
        try:
            told = read_object(data)
            objects = [self._participant(*each) for each in _relationships(told)]
        except CannotAccept as refused:
            return BrokenRecord(line, refused.code, str(refused), (data,))
        except RecursionError:
            deep = too_deep()
            return BrokenRecord(line, deep.code, str(deep), (data,))
        members = _members(data)
        members.pop("relationships", None)
        joined = Event(self._called, self._customer, members, objects)
        return RawRecord(line, _encode(joined))

    def _participant(self, name: str, qualifier: str) -> Participant:
        kept = self._shelf.get(OBJECT, name)
        if kept is None:
            return Participant(name, "", qualifier)
        found = _object(kept)
        owners = [
            each
            for each in (found.related if found.type != self._customer else ())
            if (other := self._shelf.get(OBJECT, each)) and _object(other).type == self._customer
        ]
        told: Members = {}
        if self._shelf.take(OBJECT, name):
            told = {n: raw for n, raw in _members(found.told).items() if n not in ("id", "type")}
        return Participant(name, found.type, qualifier, owners, told)


UNUSED = "No event names this object: give it one, or take it out."
TWICE = "Another object with this id was there before and tells something else: make them one."


def _relationships(told: Told) -> list[tuple[str, str]]:
    """Ids and qualifiers of the objects that an event or object names, each pair once."""
    given = told.get("relationships")
    if given is None:
        return []
    if type(given) is not list:
        raise wrong_type("relationships", given, "write a list of objects with objectId")
    found: dict[tuple[str, str], None] = {}
    for each in given:
        name = as_label(each.get("objectId")) if type(each) is dict else ""
        if not name:
            raise missing("relationships.objectId", "name the object")
        found[name, as_label(each.get("qualifier"))] = None
    return list(found)
