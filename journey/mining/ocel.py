"""``journey export-ocel``: the touchpoints as an object-centric event log, OCEL 2.0 in JSON.

Rule 1: nothing personal is in it, see ``attributes``. An order is known by a keyed hash of its
    number and its customer, which nobody without the master key can try a number against.
Rule 2: memory is flat. Objects and events wait in temporary files until the types are known,
    because the form names the types first.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple, cast

import msgspec

from journey.bootstrap import Workspace
from journey.files import packed, whole_file
from journey.mining.attributes import Value, told
from journey.mining.cases import Activity, activity_of, histories
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import moment

CUSTOMER, CONVERSATION, ORDER, AGENT, PRODUCT = (
    "customer",
    "conversation",
    "order",
    "agent",
    "product",
)
BELONGS = "belongs to"
Object = dict[str, Any]
_encode = msgspec.json.Encoder(decimal_format="number").encode


class ExportedObjects(msgspec.Struct, frozen=True):
    """What was written: ``objects`` counts them by type."""

    file: str
    events: int
    objects: dict[str, int]
    bytes: int


class Related(NamedTuple):
    """An object that takes part in an event.

    Args:
        type: its type.
        id: its name among those of its type.
        qualifier: which part.
    """

    type: str
    id: str
    qualifier: str

    @property
    def object_id(self) -> str:
        """Its name among all objects."""
        return f"{self.type}:{self.id}"


def export_ocel(
    workspace: Workspace,
    file: Path,
    *,
    activity: Activity = Activity.TYPE,
    after_each: Callable[[int], None] = lambda _: None,
) -> ExportedObjects:
    """Write all touchpoints; the engine has caught up.

    Args:
        file: packed with gzip if it ends in ``.gz``.
        activity: what an event is called.
        after_each: told how many touchpoints more were written.

    Raises:
        UsageError: the file cannot be written.
    """
    with whole_file(file) as out, packed(file, out) as inner, ExitStack() as stack:
        # Beside the file: where that fits, they fit, and /tmp may be memory.
        waiting = [stack.enter_context(TemporaryFile(dir=file.parent)) for _ in range(2)]
        log = _Log(workspace, activity, *cast("list[BinaryIO]", waiting))
        for customer, events in histories(workspace.log, workspace.store):
            log.add(customer, events)
            after_each(len(events))
        log.write(inner)
    return ExportedObjects(str(file), log.events, log.objects, file.stat().st_size)


class _Log:
    """What was written so far.

    Attributes:
        events: how many.
        objects: how many of each type.
    """

    def __init__(
        self, workspace: Workspace, activity: Activity, objects: BinaryIO, events: BinaryIO
    ) -> None:
        self._workspace, self._activity = workspace, activity
        self._parts = {"objects": objects, "events": events}
        self._types: dict[str, dict[str, str]] = {}  # event type -> attribute -> its type
        self._shared: set[str] = set()  # objects of many customers, which are few
        self.events = 0
        self.objects = dict.fromkeys((CUSTOMER, CONVERSATION, ORDER, AGENT, PRODUCT), 0)

    def add(self, customer: bytes, events: list[Recorded]) -> None:
        """All of one customer."""
        whose = Related(CUSTOMER, customer.hex(), CUSTOMER)
        self._object(whose, [])
        own: set[str] = set()  # objects of this customer alone
        for event in events:
            related = [whose, *self._related(event, customer)]
            for each in related[1:]:
                is_own = each.type in (CONVERSATION, ORDER)
                seen = own if is_own else self._shared
                if each.object_id not in seen:
                    seen.add(each.object_id)
                    self._object(each, [whose] if is_own else [])
            self._event(event, related)

    def write(self, out: BinaryIO) -> None:
        """The whole log."""
        types = [{"name": name, "attributes": []} for name, n in self.objects.items() if n]
        out.write(b'{"objectTypes":' + _encode(types))
        kinds = [
            {"name": n, "attributes": [{"name": a, "type": t} for a, t in sorted(told.items())]}
            for n, told in sorted(self._types.items())
        ]
        out.write(b',\n"eventTypes":' + _encode(kinds))
        for name, part in self._parts.items():
            out.write(f',\n"{name}":['.encode())
            part.seek(0)
            shutil.copyfileobj(part, out)
            out.write(b"\n]")
        out.write(b"}\n")

    def _related(self, event: Recorded, customer: bytes) -> Iterator[Related]:
        fact = cast(Touchpoint, event.fact)
        if fact.conversation:
            yield Related(CONVERSATION, fact.conversation.hex(), "in")
        if hasattr(fact, "order_id"):
            opened = self._workspace.log.open(event).recorded.fact
            if order := getattr(opened, "order_id", None) or "":
                hashed = self._workspace.keys.hash(b"order object", customer, order.encode())
                yield Related(ORDER, hashed.hex(), "about")
        if fact.actor:
            yield Related(AGENT, fact.actor, fact.actor_kind or "actor")
        if product := getattr(fact, "product_id", ""):
            yield Related(PRODUCT, product, "about")

    def _object(self, which: Related, owners: list[Related]) -> None:
        told: Object = {"id": which.object_id, "type": which.type, "attributes": []}
        told["relationships"] = [
            {"objectId": owner.object_id, "qualifier": BELONGS} for owner in owners
        ]
        self._put("objects", told, sum(self.objects.values()))
        self.objects[which.type] += 1

    def _event(self, event: Recorded, related: list[Related]) -> None:
        name = activity_of(event, self._activity)
        kinds = self._types.setdefault(name, {})
        members: dict[str, Any] = {}
        for key, kind, value in _members(event):
            members[key] = _written(value)
            kinds[key] = kind
        self._put(
            "events",
            {
                "id": event.event_id.hex(),
                "type": name,
                "time": _time(moment(event.occurred_at)),
                "attributes": [{"name": k, "value": v} for k, v in members.items()],
                "relationships": [
                    {"objectId": each.object_id, "qualifier": each.qualifier} for each in related
                ],
            },
            self.events,
        )
        self.events += 1

    def _put(self, part: str, told: Object, before: int) -> None:
        self._parts[part].write((b",\n" if before else b"\n") + _encode(told))


def _members(event: Recorded) -> Iterator[tuple[str, str, Value]]:
    fact = cast(Touchpoint, event.fact)
    yield "type", "string", event.type.partition(".")[0]
    yield "source", "string", event.source
    if fact.team:
        yield "team", "string", fact.team
    for attribute, value in told(event):
        yield attribute.name, attribute.kind, value


def _written(value: Value) -> Any:
    return _time(value) if isinstance(value, datetime) else value


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
