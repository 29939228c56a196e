"""XES, the XML of process mining: each trace is a customer, each event a touchpoint.

Rule 1: the file is read as a stream. Each event becomes a record of its own, a JSON object with its
    attributes and its trace's, so that quarantine can keep it and try it again by itself.
Rule 2: no XML is trusted: document types, entities and whatever lies outside the file are refused,
    and nothing in it may be longer or deeper than a limit.
Rule 3: what cannot be read any further goes to quarantine with all that follows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import chain
from typing import Any

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser

from journey.ingest import jsonl
from journey.ingest.activities import CUSTOM, only_customers_do, type_of
from journey.ingest.fields import LABEL_CHARS_MAX, RFC3339, missing
from journey.ingest.records import RECORD_BYTES_MAX, BrokenRecord, RawRecord, Record, too_long
from journey.ingest.source import Source
from journey.ingest.translate import Members, as_label, line_of
from journey.ports import Draft
from schemas.errors import CannotAccept, UsageError
from schemas.times import Instant

SOURCE = "xes"
CASE = "case"
"""Kind of identity that a trace is."""
DEPTH_MAX = 64
"""Attributes may hold attributes; nobody nests them deeper than a handful."""
NAME, TIME, RESOURCE, GROUP = "concept:name", "time:timestamp", "org:resource", "org:group"
IDENTITY = "identity:id"
NOT_A_NUMBER = "nan"
"""What tools that keep events in a table write for a cell that is empty: nothing was told."""

_NESTED = frozenset({"list", "container"})
_ATTRIBUTES = _NESTED | {"string", "date", "int", "float", "boolean", "id"}


class Event(msgspec.Struct, forbid_unknown_fields=True):
    """One record, as quarantine keeps it.

    Args:
        log: the name of the log; empty if it has none.
        number: which event of its trace this is, from 1.
        trace: the name of the trace, and those attributes of it that no event before has.
        event: its own attributes, by key.
    """

    log: str
    number: int
    trace: Members
    event: Members


_record = msgspec.json.Decoder(Event).decode
_value_of = msgspec.json.decode


def parse(data: bytes, line: int, now: Instant) -> Draft:
    """One event as a draft.

    Args:
        data: a record that ``read_traces`` made.
        line: the number of the event in its file, which orders events of one time.
        now: the time, against which far futures are measured.

    Raises:
        CannotAccept: with a code for counting, and a reason that names the field and the remedy.
    """
    try:
        record = _record(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        reason = "This is no event, but what follows broken XML: mend the file and import it again."
        raise CannotAccept("bad-xml", reason) from None
    trace, event = record.trace, record.event
    case, activity = _label(trace, NAME), _label(event, NAME)
    if not case:
        raise missing(NAME, "name each trace: it is the customer")
    if not activity:
        raise missing(NAME, "name each event: it is what happened")
    if TIME not in event:
        raise missing(TIME, f"give each event its time, {RFC3339}")
    type_ = type_of(activity)
    fields = {
        "id": _label(event, IDENTITY) or _id(record.log, case, record.number),
        "source": SOURCE,
        "type": type_,
        "time": event[TIME],
        "identities": {CASE: [case]},
    }
    _take_out(trace, NAME, case)
    declared = {}
    if type_ == CUSTOM:
        declared["name"] = activity
        _take_out(event, NAME, activity)
    fields |= _actor(event, type_)
    return jsonl.parse(line_of(fields, declared, [("event", event), ("trace", trace)]), line, now)


def _actor(event: Members, type_: str) -> dict[str, Any]:
    """Who of the brand did it, unless it is something that only customers do."""
    resource, group = _label(event, RESOURCE), _label(event, GROUP)
    if not (resource or group) or only_customers_do(type_):
        return {}
    _take_out(event, RESOURCE, resource)
    _take_out(event, GROUP, group)
    actor = {"actor": {"kind": "human", "id": resource, "team": group}}
    return actor | ({"direction": "internal"} if type_ == CUSTOM else {})


def _label(members: Members, name: str) -> str:
    raw = members.get(name)
    value = None if raw is None else _value_of(raw)
    return as_label(value["value"] if type(value) is dict else value)


def _take_out(members: Members, name: str, taken: str) -> None:
    """What was taken over whole leaves its place."""
    if taken and _value_of(members[name]) == taken:
        del members[name]


def _id(log: str, case: str, number: int) -> str:
    told = f"{log}/{case}/{number}"
    return told if len(told) <= LABEL_CHARS_MAX else f"sha256:{sha256(told.encode()).hexdigest()}"


def read_traces(source: Source) -> Iterator[Record]:
    """The events of all traces of a source, in the order of the file.

    Raises:
        UsageError: the source is no XES.
    """
    log = _Log()
    parser = XMLParser(target=log, forbid_dtd=True)
    held: list[bytes] = []  # of which the parser has not said anything yet
    try:
        for chunk in source:
            held.append(chunk)
            log.heard = False
            parser.feed(chunk)
            yield from log.records()
            if log.heard:
                held = []
            elif sum(map(len, held)) > RECORD_BYTES_MAX:
                broken, pieces = too_long(log.number + 1, chain(held, source))
                yield broken
                pieces.require_read()
                return
        if source.damage is None:
            parser.close()
    except (CannotAccept, ParseError, ValueError, LookupError) as error:  # unknown encodings too
        yield from log.records()
        yield _broken(log, source, error, chain(held, source))
        return
    yield from log.records()
    if source.damage is not None:
        yield BrokenRecord(log.number + 1, source.damage.code, str(source.damage), held)


def _broken(log: _Log, source: Source, error: Exception, rest: Iterable[bytes]) -> BrokenRecord:
    """Where the reading ends, and why."""
    number = log.number + 1
    if isinstance(error, CannotAccept):
        return BrokenRecord(number, error.code, str(error), rest)
    if isinstance(error, DefusedXmlException):
        reason = "It declares a document type or entities, which no XES needs: take them out."
        return BrokenRecord(number, "forbidden-xml", reason, rest)
    if not log.is_open:
        raise UsageError(
            f"{source.name} is no XES: this importer reads one <log> in XML; for other forms see "
            "'journey import -h'."
        )
    line, column = getattr(error, "position", (0, 0))
    reason = f"The XML is broken at line {line}, column {column}: mend it and import it again."
    return BrokenRecord(number, "bad-xml", reason, rest)


class _Attribute:
    """An attribute that is being read, with those inside it."""

    def __init__(self, tag: str, told: dict[str, str]) -> None:
        self.tag, self.key, self.value = tag, told.get("key", ""), told.get("value", "")
        self.inner: list[tuple[str, Any]] = []

    def read(self) -> Any:
        """Its value: of a list or container, or where it has attributes of its own, an object."""
        if self.tag in _NESTED:
            return [{key: value} for key, value in self.inner]
        value = _value(self.tag, self.value)
        if not self.inner:
            return value
        inner: dict[str, Any] = {}
        for key, each in self.inner:
            _put(inner, key, each)
        return {"value": value, "attributes": inner}


def _put(members: dict[str, Any], key: str, value: Any) -> None:
    """A key that is there twice, against the standard, loses nothing."""
    number, name = 1, key
    while name in members:
        number += 1
        name = f"{key} ({number})"
    members[name] = value


def _value(tag: str, text: str) -> Any:
    """A value as JSON; what is no number of JSON stays a text."""
    if tag == "boolean" and text in ("true", "false"):
        return text == "true"
    if tag in ("int", "float"):
        try:
            if type(msgspec.json.decode(text)) in (int, float):
                return msgspec.Raw(text.encode())
        except msgspec.MsgspecError:
            pass
    return text


class _Log:
    """What the parser tells, put together to records.

    Attributes:
        number: how many events were read.
        is_open: whether the log has begun.
        heard: whether the parser has told anything since this was last set.
    """

    def __init__(self) -> None:
        self.number = 0
        self.is_open = self.heard = False
        self._name = ""
        self._trace: dict[str, Any] = {}  # what no event has yet
        self._trace_name: dict[str, Any] = {}
        self._event: dict[str, Any] = {}
        self._in_trace = 0
        self._places: list[str] = []
        self._open: list[_Attribute] = []
        self._ready: list[Record] = []
        self._size = 0  # of attributes since the last record

    def records(self) -> list[Record]:
        """The records since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, tag: str, told: dict[str, str]) -> None:
        """The parser met the beginning of an element."""
        self.heard, tag = True, tag.rpartition("}")[2]
        if len(self._places) >= DEPTH_MAX:
            raise CannotAccept("too-deep", "The XML nests too deeply: flatten it.")
        if not self._places:
            if tag != "log":
                raise ValueError("no log")
            self.is_open = True
        self._places.append(tag)
        if tag == "trace":
            self._trace, self._trace_name, self._in_trace = {}, {}, 0
        elif tag == "event":
            self._event = {}
        elif tag in _ATTRIBUTES:
            self._size += sum(len(key) + len(value) for key, value in told.items())
            if self._size > RECORD_BYTES_MAX:
                reason = f"The attributes of an event are over {RECORD_BYTES_MAX:,} characters: "
                raise CannotAccept("record-too-long", f"{reason}shorten them.")
            self._open.append(_Attribute(tag, told))

    def end(self, tag: str) -> None:
        """The parser met the end of an element."""
        self.heard, tag = True, tag.rpartition("}")[2]
        self._places.pop()
        if tag in _ATTRIBUTES:
            attribute = self._open.pop()
            if not (attribute.tag == "float" and attribute.value.lower() == NOT_A_NUMBER):
                self._end_attribute(attribute)
        elif tag == "event":
            self._end_event()
        elif tag == "trace":
            self._end_trace()

    def data(self, text: str) -> None:
        """Texts between elements mean nothing in XES."""
        self.heard = True

    def _end_attribute(self, attribute: _Attribute) -> None:
        place = self._places[-1]
        if self._open:
            self._open[-1].inner.append((attribute.key, attribute.read()))
        elif place == "event":
            _put(self._event, attribute.key, attribute.read())
        elif place == "trace":
            _put(self._trace, attribute.key, attribute.read())
            if attribute.key == NAME:  # one that is too long is refused, so its end may be missing
                self._trace_name = {NAME: attribute.value[: LABEL_CHARS_MAX + 1]}
        elif place == "log" and attribute.key == NAME:
            self._name = attribute.value[:LABEL_CHARS_MAX]

    def _end_trace(self) -> None:
        if self._trace:
            reason = "No event follows the attributes of a trace: give it one, or take them out."
            data = msgspec.json.encode(self._trace_name | self._trace)
            self._ready.append(BrokenRecord(self.number + 1, "empty-trace", reason, (data,)))
        self._trace, self._trace_name, self._size = {}, {}, 0

    def _end_event(self) -> None:
        self.number += 1
        self._in_trace += 1
        told = {
            "log": self._name,
            "number": self._in_trace,
            "trace": self._trace_name | self._trace,
            "event": self._event,
        }
        self._ready.append(RawRecord(self.number, msgspec.json.encode(told)))
        self._trace, self._size = {}, 0
