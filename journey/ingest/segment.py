"""Segment's calls: each payload becomes one line of our own form, which ``jsonl.parse`` checks.

Rule 1: what a call or an event means is a table, ``segment_vocabulary``. A property that does not
    fit ours is left as it is: analytics are seldom clean, and no order is refused over ``EURO``.
Rule 2: nothing is lost. What no table names stands in ``extra`` as the text that was written.
Rule 3: a message comes once. Its id is the call and ``messageId``, for the specification itself
    uses one ``messageId`` for calls of several types. A payload without one is known by a hash of
    its content, which neither spaces nor the order of its members change.
    What is told of one delivery, such as ``sentAt``, makes no other message of it.
Rule 4: a payload that has no time at all happened when it is first read, as it would have for
    Segment. Read again it is the same payload: a time that nobody told is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from journey.ingest import fields as take
from journey.ingest.assess.given import is_language
from journey.ingest.declared import LONG_TEXTS
from journey.ingest.fields import LABEL_CHARS_MAX, TEXT_CHARS_MAX, missing, need_label
from journey.ingest.segment_vocabulary import (
    ANONYMOUS_ID,
    CALLS,
    CHANNELS,
    EVENTS,
    PEOPLE,
    TELLING,
    THEMSELVES,
    USER_ID,
    Meaning,
    Paths,
    plain,
)
from journey.ingest.translate import Foreign, Members, as_label, draft_of, foreign
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.fact import Identities
from schemas.times import Instant, rfc3339

SOURCE = "segment"
STAMPS = ("originalTimestamp", "sentAt", "timestamp", "receivedAt")
_SENT = frozenset(("sentAt", "/sentAt", "receivedAt", "/receivedAt"))  # as they stand in ``extra``
_DELIVERED = _SENT | {"timestamp", "/timestamp"}
ONE_MESSAGE = "anonymous:message"
"""Kind of identity of a payload that names nobody: a visitor known by this message alone."""
CREDENTIAL = "writeKey"
"""Opens the sender's account and says nothing of the customer: the one member that is not kept."""
STARS_MAX = 5.0
SHARED = ("context", "integrations", "sentAt", "receivedAt")
"""What a batch says for all its items, where they do not say it themselves."""
BATCH_ITEMS = 4_096
"""Numbers between two lines, so that items of a batch keep their order; Segment takes 2,500."""

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_members = msgspec.json.Decoder(Members).decode
_no_kind = re.compile(r"[^a-z0-9_.:-]")
_is_currency = re.compile(r"[A-Z]{3}").fullmatch


class Refusal(NamedTuple):
    """One payload that cannot be accepted, though others of its batch can.

    Args:
        data: the payload, with what its batch says for it: to be tried again by itself.
    """

    code: str
    reason: str
    data: bytes


def parse(data: bytes, line: int, now: Instant) -> tuple[list[Draft], list[Refusal]]:
    """The payloads of one record: a payload, or a body ``{"batch": [...]}``.

    Args:
        data: the record, an object of JSON in UTF-8.
        line: its number.
        now: the time, against which far futures are measured.

    Raises:
        CannotAccept: the record as a whole cannot be read.
    """
    body = foreign(data)
    if type(body.told.get("batch")) is not list:
        return [_draft(body, data, line * BATCH_ITEMS, now)], []
    drafts: list[Draft] = []
    refusals: list[Refusal] = []
    for index, raw in enumerate(_items(body.members["batch"])):
        item = _with_shared(bytes(raw), body.members)
        try:
            drafts.append(_draft(foreign(item), item, line * BATCH_ITEMS + index, now))
        except CannotAccept as refused:
            reason = f"Item {index + 1}: {refused}"
            refusals.append(Refusal(refused.code, reason, item))
    return drafts, refusals


def _with_shared(item: bytes, body: Members) -> bytes:
    """An item with what its batch says for all; one that is no object is left as it is."""
    shared = {name: body[name] for name in SHARED if name in body}
    if not shared or not item.startswith(b"{"):
        return item
    own = _members(item)
    if "context" in shared and "context" in own:
        outer, inner = bytes(shared["context"]), bytes(own["context"])
        if outer.startswith(b"{") and inner.startswith(b"{"):
            own["context"] = msgspec.Raw(msgspec.json.encode(_members(outer) | _members(inner)))
    return msgspec.json.encode(shared | own)


def _draft(payload: Foreign, data: bytes, sequence: int, now: Instant) -> Draft:
    """One payload."""
    call, meaning = _meaning(payload)
    message_id = f"{call}:{_message_id(payload)}"
    identities = _identities(payload, call)
    at, is_told = _time(payload, now)
    properties = payload.inner("properties")
    declared = _declared(payload, properties, meaning)
    if received := payload.told.get("receivedAt"):
        declared["received_at"] = received
    conversation, actor = "", None
    if meaning.conversation:
        conversation = _first(payload, meaning.conversation, properties)
    if meaning.actor_kind:
        who = _first(payload, meaning.actor_id, properties)
        actor = {"kind": meaning.actor_kind, "id": who}
    payload.members.pop(CREDENTIAL, None)
    fields = {
        "id": message_id,
        "source": SOURCE,
        "type": meaning.type,
        "time": at,
        "identities": identities or {ONE_MESSAGE: [message_id]},
        "conversation": conversation,
        "channel": meaning.channel or _channel(payload),
        "actor": actor,
    }
    left = [("properties", properties), ("", payload.members)]
    draft = draft_of(fields, declared, left, data, sequence, now)
    if payload.told.get("originalTimestamp"):
        # The one stamp that is the message's own: the others, and the time, are of this delivery.
        return msgspec.structs.replace(draft, time_given=False, per_delivery=_DELIVERED)
    return msgspec.structs.replace(draft, time_given=is_told, per_delivery=_SENT)


def _meaning(payload: Foreign) -> tuple[str, Meaning]:
    """Which call it is, and what it means.

    Some examples of the specification call the type ``action``.
    """
    told = payload.told
    call = told.get("type", told.get("action"))
    if call is None:
        call = next((c for name, c in TELLING.items() if told.get(name)), None)
        if call is None:
            raise missing("type", f"write {', '.join(CALLS)}")
    if type(call) is not str or call not in CALLS:
        reason = f"type: is unknown: write {', '.join(CALLS)}."
        raise CannotAccept("unknown-call", reason)
    if call == "track":
        event = need_label({"event": told.get("event")}, "event", "name what the customer did")
        meaning = EVENTS.get(plain(event), CALLS[call])
        needs = meaning.needs
        if needs and not _fitting(payload, needs, meaning.declared[needs])[0]:
            meaning = CALLS[call]
        return call, meaning
    if call == "group" and not as_label(told.get("groupId")):
        raise missing("groupId", "give the group's id")
    if call == "alias":
        if not payload.first_label(USER_ID):
            raise missing("userId", "give the id that the customer has from now on")
        if not payload.first_label(("previousId", *ANONYMOUS_ID)):
            raise missing("previousId", "give the id that the customer had before")
    return call, CALLS[call]


def _message_id(payload: Foreign) -> str:
    told = payload.told.get("messageId")
    if told is None or told == "":
        content = msgspec.json.encode(payload.told, order="sorted")
        return "sha256:" + sha256(content).hexdigest()
    if not (label := as_label(told)):
        reason = f"messageId: is no text of 1 to {LABEL_CHARS_MAX} characters: mend it."
        raise CannotAccept("bad-message-id", reason)
    return label


def _identities(payload: Foreign, call: str) -> Identities:
    """Who the customer is. What is taken over whole is taken out of the payload."""
    found: Identities = {}
    told = payload.told
    for kind, path, is_deep in _OF_THEMSELVES if call == "identify" else _OF_PEOPLE:
        value = payload.at(path) if is_deep else told.get(path)
        if value is not None and (name := _take_name(payload, path, value)):
            found.setdefault(kind, []).append(name)
    before = payload.told.get("previousId") if call == "alias" else None
    if before is not None and (before := _take_name(payload, "previousId", before)):
        # It may have been either: nobody says which, and nobody else can have had it.
        for kind in ("user_id", "anonymous"):
            found.setdefault(kind, []).append(before)
    for kind, value in _external(payload.at("context.externalIds")):
        found.setdefault(kind, []).append(value)
    return found


def _places(people: Mapping[str, Paths]) -> list[tuple[str, str, bool]]:
    """Kind of identity, where it is told, and whether that is inside another object."""
    return [(kind, path, "." in path) for kind, paths in people.items() for path in paths]


_OF_PEOPLE = _places(PEOPLE)
_OF_THEMSELVES = _OF_PEOPLE + _places(THEMSELVES)


def _take_name(payload: Foreign, path: str, value: Any) -> str:
    """Who somebody is, of any length: ``jsonl`` looks at that. Empty if nobody is named."""
    if type(value) is not str or value.isspace():
        return as_label(value)
    if value and "." not in path:  # a member may be called so
        payload.members.pop(path, None)
    return value


def _external(told: Any) -> list[tuple[str, str]]:
    """Ids that other systems gave to the customer, by their type as far as it can be a kind."""
    found = []
    for each in told if type(told) is list else []:
        if type(each) is dict and each.get("collection", "users") == "users":
            kind, value = as_label(each.get("type")), as_label(each.get("id"))
            kind = _no_kind.sub("_", kind.lower())[:64]
            if value and kind[:1].isalpha():
                found.append((kind, value))
    return found


def _time(payload: Foreign, now: Instant) -> tuple[str, bool]:
    """When it happened, and whether the payload tells it.

    Segment: timestamp = receivedAt - (sentAt - originalTimestamp). The difference is how long the
    device kept the message, by whatever clock it has.
    """
    if told_at := payload.told.get("timestamp"):
        return told_at, True
    told = {name: payload.told[name] for name in STAMPS if payload.told.get(name)}
    if len(told) == len(STAMPS) - 1:
        original, sent, received = (_instant(name, told[name]) for name in _SHIFTED)
        return rfc3339(received - (sent - original)), True
    for name in ("originalTimestamp", "receivedAt", "sentAt"):
        if name in told:
            return rfc3339(_instant(name, told[name])), True
    return rfc3339(now), False


_SHIFTED = ("originalTimestamp", "sentAt", "receivedAt")


def _instant(name: str, value: Any) -> Instant:
    return take.take_time({name: value}, name)


def _channel(payload: Foreign) -> str:
    told = payload.at("channel") or payload.at("context.channel")
    return CHANNELS.get(told, "") if type(told) is str else ""


def _declared(payload: Foreign, properties: Members, meaning: Meaning) -> dict[str, Any]:
    """The properties that our type declares, as far as the payload's fit."""
    found = dict(meaning.always)
    for name, paths in meaning.declared.items():
        path, value, is_whole = _fitting(payload, name, paths)
        if path:
            found[OURS.get(name, name)] = value
            if is_whole and name not in CONVERTED:
                _take_out(payload, properties, path)
    if "traits" in meaning.declared:
        found["traits"] = payload.inner("traits")
    return found


def _fitting(payload: Foreign, name: str, paths: Paths) -> tuple[str, Any, bool]:
    """The first of these places with a value that fits our property, that value, and whether it is
    theirs as it stands; no place if there is none.
    """
    fit = FITS.get(name, as_label)
    for path in paths:
        told = payload.at(path)
        if told is None:
            continue
        value = fit(told)
        if value is not None and value != "":
            return path, value, value == told
    return "", None, False


def _amount(told: Any) -> str | None:
    """A decimal number, to the millionth: sums of a script end in digits that nobody meant."""
    if type(told) is float:
        told = f"{told:.6f}"
    try:
        take.amount_micros("", str(told))
    except CannotAccept:
        return None
    return str(told)


def _currency(told: Any) -> str | None:
    code = told.upper() if type(told) is str else ""
    return code if _is_currency(code) else None


def _count(told: Any) -> int | None:
    return told if type(told) is int and 0 < told <= take.WHOLE_MAX else None


def _removed(told: Any) -> int | None:
    count = _count(told)
    return None if count is None else -count


def _stars(told: Any) -> float | None:
    if type(told) not in (int, float, str):
        return None
    try:
        stars = float(told)
    except (ValueError, OverflowError):
        return None
    return stars if 0 <= stars <= STARS_MAX else None


def _text(told: Any) -> str:
    return told if type(told) is str and len(told) <= TEXT_CHARS_MAX else ""


def _language(told: Any) -> str | None:
    return told if type(told) is str and is_language(told) else None


def _sentiment(told: Any) -> float | None:
    return told if type(told) in (int, float) and -1 <= told <= 1 else None


CONVERTED: dict[str, Callable[[Any], Any]] = {
    "amount": _amount,
    "price": _amount,
    "quantity": _count,
    "removed": _removed,
    "stars": _stars,
}
"""What makes our value of theirs, None where theirs does not fit; theirs is kept as well."""
_JUDGED: dict[str, Callable[[Any], Any]] = {"language": _language, "sentiment": _sentiment}
FITS = CONVERTED | _JUDGED | {"currency": _currency} | dict.fromkeys(sorted(LONG_TEXTS), _text)
OURS = {"removed": "quantity"}  # told as how many went, which is a change below zero


def _first(payload: Foreign, paths: Paths, properties: Members) -> str:
    """An id, taken out of the payload if it is taken over whole."""
    path, label, is_whole = _fitting(payload, "", paths)
    if is_whole:
        _take_out(payload, properties, path)
    return label or ""


def _take_out(payload: Foreign, properties: Members, path: str) -> None:
    """Only what stands at the top or is a property: what is deeper stays with what it is in."""
    outer, _, name = path.partition(".")
    if not name:
        payload.members.pop(outer, None)
    elif outer == "properties":
        properties.pop(name, None)
