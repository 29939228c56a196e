"""The agent's context card: who a customer is, on one screen.

It is folded from the customer's own events, not asked of the tables: it knows what the log knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from journey.answers import customer_of
from journey.bootstrap import Workspace
from journey.ports import Opened
from projections.configuration import Configuration, configuration
from projections.fold import Rows, refold_meaning
from projections.preference import Begun, preferred_channel
from projections.rulebook import Rulebook
from projections.stated import PREFERENCE, TRAIT
from projections.tables import BY_NAME
from projections.trait_words import words_of
from schemas.events import (
    ConsentGiven,
    ConsentWithdrawn,
    NoteAdded,
    OrderPlaced,
    ReviewPosted,
    SurveyAnswered,
    Unsubscribed,
)
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import Instant, rfc3339

FIRST, LAST = 100, 900  # events that are opened, of those at the beginning and at the end
SHOWN = 5  # of orders, scores, notes
TALKS_SHOWN = 10
# Kinds of identities by which a customer can be reached on a channel.
REACHES = {"email": ("email",), "phone": ("phone", "sms"), "device": ("push",)}


class Card(msgspec.Struct, frozen=True):
    """What an agent has to know.

    Args:
        is_erased: whether the customer's words and names were destroyed; the rest stays.
        identities: by kind; empty where they were erased or never told.
        is_whole: whether all events were opened: of very many only the first and the last are.
        stage: where they stand, with ``since`` and ``cause``; empty: nothing is known yet.
        personas: those held, with ``since``.
        orders: the last ones, latest first.
        conversations: those that are open, the longest silent last.
        scores: the last ones, latest first; ``share`` is 0 (worst) to 1 (best).
        pains: those that are open.
        consents: what is allowed now, by purpose and channel; empty means any.
        preferred: the channel, and why.
        traits: what they stated of themselves, in clear.
        notes: the team's last notes, latest first.
    """

    customer_id: str
    is_erased: bool
    is_whole: bool
    identities: dict[str, list[str]]
    touchpoints: int
    first_touch_at: str
    last_touch_at: str
    stage: dict[str, Any]
    personas: list[dict[str, Any]]
    preferred: dict[str, str]
    orders: list[dict[str, Any]]
    conversations: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    pains: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    traits: dict[str, str]
    notes: list[dict[str, Any]]


def card(workspace: Workspace, who: str, rulebook: Rulebook | None = None) -> Card:
    """The card of a customer named by an id or an identity.

    Args:
        rulebook: other rules than those in force.

    Raises:
        NotFound: nobody is known by it.
        UsageError: several are.
        WorkspaceError: there are no states to know anybody by.
    """
    customer = customer_of(workspace, who)
    events = workspace.log.at(workspace.store.positions(customer))
    until = int(workspace.store.progress().get("meaning", 0))
    touches = sorted((e for e in events if e.is_touchpoint), key=lambda e: e.order)
    asked = touches if len(touches) <= FIRST + LAST else [*touches[:FIRST], *touches[-LAST:]]
    opened = [workspace.log.open(event) for event in asked]
    rulebook = rulebook or workspace.rules
    _, rows = refold_meaning(rulebook, customer, events, until)
    rules = configuration(rulebook.document)
    identities = _identities(opened)
    now = max([until, *(e.occurred_at for e in touches[-1:])])
    stated = _stated(rows)
    return Card(
        customer_id=customer.hex(),
        is_erased=bool(opened) and all(one.is_erased for one in opened),
        is_whole=len(asked) == len(touches),
        identities=identities,
        touchpoints=len(touches),
        first_touch_at=rfc3339(touches[0].occurred_at) if touches else "",
        last_touch_at=rfc3339(touches[-1].occurred_at) if touches else "",
        stage=_stage(rows),
        personas=[
            {"persona": r["persona"], "since": rfc3339(r["since"])}
            for r in _rows(rows, "personas")
            if r["until"] is None
        ],
        preferred=_preferred(rules, now, rows, stated, identities),
        orders=_orders(opened),
        conversations=_conversations(rows),
        scores=_scores(opened),
        pains=[_plain(r) for r in _rows(rows, "pains") if r.get("ended_at") is None],
        consents=_consents(touches),
        traits=stated[TRAIT],
        notes=_notes(opened),
    )


def _rows(rows: Rows, table: str) -> list[dict[str, Any]]:
    """The rows of a table by column name; none if nothing publishes it."""
    if table not in BY_NAME:
        return []
    names = BY_NAME[table].names
    return [dict(zip(names, row, strict=True)) for row in rows.get(table, {}).values()]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: rfc3339(value) if name.endswith("_at") and isinstance(value, int) else value
        for name, value in row.items()
        if name != "customer_id"
    }


def _identities(opened: Iterable[Opened]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for one in opened:
        fact = one.recorded.fact
        told = fact.identities if isinstance(fact, Touchpoint) else UNSET
        for kind, values in (told or {}).items():
            found.setdefault(kind, {}).update(dict.fromkeys(values))
    return {kind: list(found[kind]) for kind in sorted(found)}


def _stage(rows: Rows) -> dict[str, Any]:
    for row in _rows(rows, "stages"):
        if row["left_at"] is None:
            since = rfc3339(row["entered_at"])
            return {
                "stage": row["stage"],
                "since": since,
                "cause": row["cause"],
                "previous": row["previous"],
            }
    return {}


def _stated(rows: Rows) -> dict[str, dict[str, str]]:
    """The last statement of each name, by kind."""
    found: dict[str, dict[str, str]] = {PREFERENCE: {}, TRAIT: {}}
    order = ("stated_at", "sequence", "event_id")
    for row in sorted(_rows(rows, "stated"), key=lambda r: [r[name] for name in order]):
        told = row["value"]
        is_trait = row["kind"] == TRAIT
        found[row["kind"]][row["name"]] = ", ".join(words_of(told)) if is_trait else told
    return found


def _preferred(
    rules: Configuration,
    now: Instant,
    rows: Rows,
    stated: dict[str, dict[str, str]],
    identities: dict[str, list[str]],
) -> dict[str, str]:
    reachable = {channel for kind in identities for channel in REACHES.get(kind, ())}
    found = preferred_channel(
        rules,
        now,
        stated=stated[PREFERENCE].get("channel", ""),
        begun=[
            Begun(r["began_at"], r["channel"])
            for r in _rows(rows, "contacts")
            if not r["is_invited"]
        ],
        personas=[r["persona"] for r in _rows(rows, "personas") if r["until"] is None],
        traits=stated[TRAIT],
        reachable=reachable or None,
    )
    return found._asdict()


def _orders(opened: Sequence[Opened]) -> list[dict[str, Any]]:
    placed = [o.recorded for o in opened if isinstance(o.recorded.fact, OrderPlaced)]
    return [
        {
            "at": rfc3339(event.occurred_at),
            "order_id": fact.order_id if isinstance(fact.order_id, str) else "",
            "amount": fact.amount_micros / 1e6,
            "currency": fact.currency,
            "channel": fact.channel,
        }
        for event in reversed(placed[-SHOWN:])
        if isinstance(fact := event.fact, OrderPlaced)
    ]


def _conversations(rows: Rows) -> list[dict[str, Any]]:
    talks = [r for r in _rows(rows, "conversations") if r["status"] == "open"]
    talks.sort(key=lambda r: r["last_message_at"], reverse=True)
    return [
        {
            "conversation_id": r["conversation_id"],
            "opened_at": rfc3339(r["opened_at"]),
            "channels": r["channels"],
            "agents": r["agents"],
            "last_message_at": rfc3339(r["last_message_at"]),
            "waits_since": rfc3339(r["turn_open_since"]) if r["turn_open_since"] else "",
        }
        for r in talks[:TALKS_SHOWN]
    ]


def _scores(opened: Sequence[Opened]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in opened:
        fact, at = one.recorded.fact, rfc3339(one.recorded.occurred_at)
        if isinstance(fact, SurveyAnswered):
            scale = f"{fact.score:g} of {fact.scale_min:g} to {fact.scale_max:g}"
            said = fact.comment if isinstance(fact.comment, str) else ""
            told = {"metric": fact.survey, "score": scale, "share": fact.share_of_scale}
            found.append({"at": at} | told | {"said": said})
        elif isinstance(fact, ReviewPosted) and fact.stars_max:
            said = fact.text if isinstance(fact.text, str) else ""
            scale = f"{fact.stars:g} of {fact.stars_max:g} stars"
            told = {"metric": "review", "score": scale, "share": fact.stars / fact.stars_max}
            found.append({"at": at} | told | {"said": said})
    return found[: -SHOWN - 1 : -1]


def _consents(touches: Iterable[Recorded]) -> list[dict[str, Any]]:
    """The last word on each purpose and channel, in the order of what happened."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for event in touches:
        fact, at = event.fact, rfc3339(event.occurred_at)
        if isinstance(fact, ConsentGiven | ConsentWithdrawn):
            key = (fact.purpose, fact.on_channel)
        elif isinstance(fact, Unsubscribed):
            key = (fact.purpose, fact.channel)
        else:
            continue
        allowed = isinstance(fact, ConsentGiven)
        found[key] = {"purpose": key[0], "channel": key[1], "is_allowed": allowed, "since": at}
    return [found[key] for key in sorted(found)]


def _notes(opened: Sequence[Opened]) -> list[dict[str, Any]]:
    notes = [one for one in opened if isinstance(one.recorded.fact, NoteAdded)]
    return [
        {
            "at": rfc3339(one.recorded.occurred_at),
            "by": fact.actor,
            "text": fact.text if isinstance(fact.text, str) else "(erased)",
        }
        for one in reversed(notes[-SHOWN:])
        if isinstance(fact := one.recorded.fact, NoteAdded)
    ]
