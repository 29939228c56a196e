"""Answers about a workspace, as data: what every interface shows, none of them computes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from msgspec import UNSET

from journey.bootstrap import Workspace
from journey.clickhouse import queries
from journey.clickhouse.parameters import Sort
from journey.config.events import EventType
from journey.config.file import load
from journey.config.published import differs
from journey.engine.engine import MADE_UNDER
from journey.engine.store import Correction, StateReader
from journey.ids import digits_of
from journey.ingest.quarantine import Entry, Status
from journey.lagging import lags as lags_of
from journey.log.reading import LogReader
from journey.ports import Lag, Opened
from projections.configuration import Configuration, configuration
from projections.configuration.triggers import BUILT_IN
from projections.tables import BY_NAME, Kind
from projections.touchpoints import NAME as TOUCHPOINTS_NAME
from projections.touchpoints import VERSION as TOUCHPOINTS_VERSION
from projections.touchpoints import type_of
from schemas.errors import ConfigurationError, NotFound, StreamError, UsageError, WorkspaceError
from schemas.times import rfc3339

if TYPE_CHECKING:
    import pyarrow as pa


# Sorts of parameters that may name event types of one's own, or properties of theirs.
OF_TYPES = {
    *(Sort.ACTIVITY, Sort.ACTIVITIES, Sort.DESIGN, Sort.STEP, Sort.STEPS),
    *(Sort.PROPERTY, Sort.TYPE),
}


class Readable(Protocol):
    """What timelines need: a workspace that is open, or one that is read beside its owner."""

    @property
    def log(self) -> LogReader:
        """The log, with keys."""

    @property
    def store(self) -> StateReader:
        """The states."""


class ProjectionStatus(msgspec.Struct, frozen=True):
    """How far one projection is. ``lag``: events of the log that it has not folded."""

    name: str
    version: int
    position: int
    lag: int


class StatusAnswer(msgspec.Struct, frozen=True):
    """How a workspace stands.

    Args:
        events: touchpoints in the log.
        records: all events in the log, those of the engine included.
        meaning_at: up to when meaning timers have fired; empty before the first time.
        decided_at: up to when triggers' timers have fired.
        waiting_rows: changed rows that ClickHouse does not have yet.
        quarantined: records in quarantine that are open.
        configuration: the number of the one in force.
        made_under: of the one that states and tables were made under; 0 if nothing says.
        journey_toml: ``same`` as what is in force, ``differs``, or is ``wrong``.
        lags: how far relay and workers are behind on Kafka.
        lag_note: why that is not known; else empty.
    """

    workspace: str
    events: int
    records: int
    customers: int
    partitions: int
    simulated: bool
    last_recorded_at: str
    meaning_at: str
    decided_at: str
    configuration: int
    made_under: int
    journey_toml: str
    generation: int
    waiting_rows: int
    quarantined: int
    projections: list[ProjectionStatus]
    lags: list[Lag]
    lag_note: str


class Moment(msgspec.Struct, frozen=True):
    """One event of a timeline, personal fields included as far as their key exists."""

    at: str
    recorded_at: str
    event_id: str
    type: str
    place: str
    channel: str
    direction: str
    is_erased: bool
    fact: dict[str, Any]


def status(workspace: Workspace) -> StatusAnswer:
    """How the workspace stands."""
    log, store = workspace.log, workspace.store
    progress = store.progress()
    checkpoint = int(progress.get("checkpoint", 0))
    records = log.last_position()
    versions = {TOUCHPOINTS_NAME: TOUCHPOINTS_VERSION} | workspace.rules.versions
    del versions["state"]
    lags, lag_note = list[Lag](), ""
    try:
        lags = lags_of(workspace)
    except StreamError as error:
        lag_note = str(error)
    return StatusAnswer(
        workspace=str(workspace.folder.path),
        events=int(progress.get("touchpoints", 0)),
        records=records,
        customers=store.customers(),
        partitions=log.partitions,
        simulated=log.is_simulated,
        last_recorded_at=_time(log.last_recorded_at),
        meaning_at=_time(int(progress.get("meaning", 0))),
        decided_at=_time(int(progress.get("decisions", 0))),
        configuration=log.configuration_number,
        made_under=int(progress.get(MADE_UNDER, 0)),
        journey_toml=_file(workspace),
        generation=int(progress.get("generation", 1)),
        waiting_rows=sum(store.waiting().values()),
        quarantined=len(workspace.quarantine.entries(Status.OPEN, limit=10**9)),
        projections=[
            ProjectionStatus(name, version, checkpoint, records - checkpoint)
            for name, version in versions.items()
        ],
        lags=lags,
        lag_note=lag_note,
    )


def _file(workspace: Workspace) -> str:
    try:
        rules = load(workspace.folder.path).rules
    except (ConfigurationError, UsageError):
        return "wrong"
    return "differs" if differs(configuration(workspace.configuration), rules) else "same"


def find(workspace: Readable, identity: str) -> list[str]:
    """The ids of the customers who have this handle, e-mail address or other identity."""
    return [customer.hex() for customer in workspace.log.find(identity)]


def customer_of(workspace: Readable, who: str) -> bytes:
    """The customer named by an id or by an identity.

    Raises:
        NotFound: nobody is known by it.
        UsageError: several are.
        WorkspaceError: there are no states to know anybody by.
    """
    if workspace.log.last_position() and not workspace.store.progress().get("checkpoint"):
        raise WorkspaceError(
            "Nothing of this log is folded here, so nobody would be found: where workers fold, ask "
            "their tables (journey query); else run 'journey rebuild'."
        )
    digits = digits_of(who)
    if digits:
        named = {workspace.log.current(c) for c in workspace.store.by_prefix(digits)}
        if len(named) == 1:
            return named.pop()
    found = workspace.log.find(who)
    known = [c for c in found if workspace.store.positions(c)]
    if not known:
        raise NotFound(
            f"No customer is known as {who!r}: give a handle, an e-mail address or an id."
        )
    if len(known) > 1:
        ids = ", ".join(c.hex() for c in known)
        raise UsageError(f"{who!r} names several customers: give one of the ids {ids}.")
    return known[0]


def timeline(workspace: Readable, who: str, limit: int = 1000) -> list[Moment]:
    """What happened to a customer, by when it happened; the latest ``limit`` events."""
    customer = customer_of(workspace, who)
    events = workspace.log.at(workspace.store.positions(customer))
    ordered = sorted(events, key=lambda event: event.order)[-limit:]
    return [moment(workspace.log.open(event)) for event in ordered]


def query(workspace: Workspace, name: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a named query's answer. Raises as ``query_table`` does."""
    rows: list[dict[str, Any]] = query_table(workspace, name, parameters).to_pylist()
    return rows


def query_table(workspace: Workspace, name: str, parameters: Mapping[str, Any]) -> pa.Table:
    """The answer of a named query.

    Raises:
        UsageError: a parameter is unknown or does not fit, or names several customers.
        NeverSeen: a filter names what occurs nowhere and is not configured.
        NotFound: no such query, or no such customer.
    """
    asked = queries.named(name)
    asked.bind(parameters)  # refused before anything is started
    workspace.catch_up_if_possible()  # nothing to do, unless the last command was stopped half-way
    rules = configuration(workspace.rules.document)
    known = _configured(rules)
    taken = {p.name for p in asked.parameters}
    given = {n: v for n, v in known.items() if n in taken and parameters.get(n) in (None, "")}
    declared = _declared(workspace, rules, asked)
    for parameter in asked.parameters:
        who = parameters.get(parameter.name)
        if parameter.sort is Sort.CUSTOMER and who and (found := _customer_id(workspace, who)):
            given[parameter.name] = found
            declared["customer_id"] = [found]
    return workspace.analytics.query(name, {**parameters, **given}, declared)


def _customer_id(workspace: Workspace, who: str) -> str:
    """The id of the customer named by an id or by an identity; empty if only tables may know it.

    Raises as ``customer_of`` does.
    """
    if workspace.folder.has_workers:  # which have the states, but not what people are known by
        found = find(workspace, who)
        return found[0] if len(found) == 1 else ""
    return customer_of(workspace, who).hex()


def _configured(rules: Configuration) -> dict[str, Any]:
    """Parameters of queries that the configuration tells, unless the asker does."""
    costs = {name: channel.unit_cost for name, channel in rules.channels.items()}
    told: dict[str, Any] = {"costs": msgspec.json.encode(costs).decode()}
    if rules.value.margin is not None:
        told["margin"] = rules.value.margin
    return told


def _declared(
    workspace: Workspace, rules: Configuration, asked: queries.NamedQuery
) -> dict[str, Collection[str]]:
    """Names that filters may give before anything has them."""
    types: Sequence[EventType] = ()
    if OF_TYPES.intersection(parameter.sort for parameter in asked.parameters):
        with suppress(ConfigurationError, UsageError):  # a wrong file is told of elsewhere
            types = load(workspace.folder.path).events.types
    names = [type_.name for type_ in types]
    return {
        "type": names,
        "activity": names,
        "property": [name for type_ in types for name in type_.properties],
        "persona": rules.personas,
        "stage": rules.stages.stages,
        "channel": rules.channels,
        "trigger": [BUILT_IN, *rules.triggers],
    }


def table(workspace: Workspace, name: str) -> pa.Table:
    """The current rows of a published table, in the order of its key.

    Raises:
        NotFound: no such table.
    """
    if name not in BY_NAME:
        raise NotFound(f"No table is called {name!r}: name one of {', '.join(BY_NAME)}.")
    workspace.catch_up_if_possible()
    return workspace.analytics.rows(BY_NAME[name])


def corrections(workspace: Workspace, limit: int = 50) -> list[Correction]:
    """Published rows that a late event or a merge changed, the latest first; times as text.

    Raises:
        WorkspaceError: workers fold the log, and have noted them.
    """
    workspace.needs_states()
    return [_readable(found) for found in workspace.store.corrections(limit)]


def quarantine(workspace: Workspace, limit: int = 50) -> list[Entry]:
    """What waits in quarantine."""
    return workspace.quarantine.entries(Status.OPEN, limit=limit)


def moment(opened: Opened) -> Moment:
    """An event as a timeline tells it."""
    event = opened.recorded
    fact = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in msgspec.structs.asdict(event.fact).items()
        if value is not UNSET and value not in ("", [], {}, b"")
    }
    return Moment(
        at=rfc3339(event.occurred_at),
        recorded_at=rfc3339(event.recorded_at),
        event_id=event.event_id.hex(),
        type=type_of(event),
        place=event.place,
        channel=str(fact.pop("channel", "")),
        direction=str(fact.pop("direction", "")),
        is_erased=opened.is_erased,
        fact=fact,
    )


def gist(fact: dict[str, Any]) -> str:
    """What an event says, in a line; of a fact as a timeline tells it."""
    for name in ("text", "reason", "name", "comment", "query"):
        if told := fact.get(name):
            return str(told)
    kept = ("survey", "score", "amount_micros", "currency", "order_id", "topic")
    return ", ".join(f"{name} {fact[name]}" for name in kept if fact.get(name))


def _readable(found: Correction) -> Correction:
    """The same correction with its instants as RFC 3339."""
    table = BY_NAME[found.table]
    times = {c.name for c in table.columns if c.kind in (Kind.TIME, Kind.MAYBE_TIME)}

    def told(name: str, value: Any) -> Any:
        return rfc3339(value) if name in times and isinstance(value, int) else value

    fields = {name: (told(name, was), told(name, now)) for name, (was, now) in found.fields.items()}
    key = [told(name, value) for name, value in zip(table.key, found.key, strict=True)]
    return msgspec.structs.replace(found, key=key, fields=fields)


def _time(at: int) -> str:
    return rfc3339(at) if at else ""
