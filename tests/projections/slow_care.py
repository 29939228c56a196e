"""The rules of conversations written down a second time: from whole lists, without states.

Each fact about a conversation is found by a walk of its own along the conversation's events; none
knows what another walk keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from projections.configuration import Configuration
from schemas.events import (
    BotGaveUp,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallQueued,
    ConversationAssigned,
    ConversationHandedOff,
    ConversationMoved,
    ConversationOpened,
    ConversationReopened,
    ConversationResolved,
    DeflectionAccepted,
    DeflectionOffered,
    MessageReceived,
    MessageSent,
    PersonRequested,
)
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

MESSAGES = (MessageReceived, MessageSent)
CALLS = (CallQueued, CallAnswered, CallHeld, CallEnded, CallAbandoned)
BEGINS = (*MESSAGES, *CALLS, ConversationOpened)
OFFERS = (DeflectionOffered, DeflectionAccepted)
OTHERS = (ConversationAssigned, ConversationHandedOff, ConversationResolved, ConversationReopened)
IN_TALKS = (*BEGINS, *OFFERS, *OTHERS, ConversationMoved, PersonRequested, BotGaveUp)
WANT_NO_ANSWER = ("praise", "thanks", "spam")


def threads(rules: Configuration, events: Iterable[Recorded]) -> dict[bytes, list[Recorded]]:
    """The events of each conversation, from its first one on."""
    gap = rules.conversations.thread_gap * SECOND
    talks: dict[bytes, list[Recorded]] = {}
    named: dict[tuple[str, str], bytes] = {}

    def lives(key: bytes, at: Instant) -> bool:
        spoken = [e.occurred_at for e in talks.get(key, []) if isinstance(e.fact, BEGINS[:7])]
        return key in talks and at - max([*spoken, talks[key][0].occurred_at]) <= gap

    for event in events:
        fact: Any = event.fact
        if not isinstance(fact, IN_TALKS):
            continue
        here, key = (fact.brand, fact.channel), fact.conversation
        if not key:
            key = named.get(here, b"")
            if not lives(key, event.occurred_at):
                key = event.event_id
        if key not in talks and not isinstance(fact, BEGINS):
            continue
        if not fact.conversation:
            named[here] = key
        talks.setdefault(key, []).append(event)
        if isinstance(fact, (*OFFERS, ConversationMoved)):
            first: Any = talks[key][0].fact
            there = (first.brand, fact.to_channel)
            is_offer = isinstance(fact, DeflectionOffered)
            if not (is_offer and lives(named.get(there, b""), event.occurred_at)):
                named[there] = key
    return talks


class Mark(NamedTuple):
    """The conversation was settled, or opened again: after the n-th event, or with it."""

    n: int
    at: Instant
    what: str  # stated, implied, open


def conversations(
    rules: Configuration, events: Sequence[Recorded], until: Instant
) -> dict[bytes, dict[str, Any]]:
    """A part of each conversation's row by its id, and of those of its turns and the like."""
    found = {}
    for key, own in threads(rules, events).items():
        before = events[: next(n for n, e in enumerate(events) if e is own[0])]
        asked = _asked_there(rules, before, own[0], threads(rules, before).values())
        found[key] = _conversation(rules, own, until, asked)
    return found


def _asked_there(rules: Configuration, before: Any, first: Recorded, talks: Any) -> bool:
    """Whether the brand had asked the customer there, in whatever other conversation."""
    fact: Any = first.fact
    here = (fact.brand, fact.channel)
    times = [
        e.occurred_at
        for talk in talks
        for e in talk
        if (isinstance(e.fact, OFFERS) or getattr(e.fact, "invited", False))
        and (talk[0].fact.brand, e.fact.to_channel) == here
    ]
    holds = rules.conversations.invitation_holds * SECOND
    return bool(times) and first.occurred_at - max(times) <= holds


def _conversation(
    rules: Configuration, own: list[Recorded], until: Instant, is_asked_there: bool
) -> dict[str, Any]:
    calls = _calls(rules, own)
    marks, turns = _turns(rules, own, until, calls)
    last = marks[-1] if marks and marks[-1].what != "open" else None
    contacts, to_resolution = _contacts(rules, own, calls, marks)
    channels = _channels(own, calls, is_asked_there)
    for contact in contacts:
        contact["is_invited"] = contact["channel"] in channels["invited_at"][contact.pop("n")]
    heard = [e for e in own if isinstance(e.fact, MessageReceived)]
    waits = [turn for turn in turns if turn["ended_at"] is None]
    del channels["invited_at"]
    return {
        "opened_at": own[0].occurred_at,
        "resolved_at": last.at if last else None,
        "resolved_by": last.what if last else "",
        "resolution_s": (last.at - own[0].occurred_at) / SECOND if last else None,
        "reopened": sum(mark.what == "open" for mark in marks),
        "turns": len(turns),
        "turns_answered": sum(turn["outcome"] == "answered" for turn in turns),
        "turns_due": sum(turn["due_at"] is not None for turn in turns),
        "turns_overdue": sum(
            turn["due_at"] is not None
            and turn["due_at"] < (until if turn["ended_at"] is None else turn["ended_at"])
            for turn in turns
        ),
        "turn_open_since": waits[0]["opened_at"] if waits else None,
        "first_inbound_at": heard[0].occurred_at if heard else None,
        "first_response_s": _first_response(own),
        "messages_in": len(heard),
        "last_message_at": max(
            e.occurred_at for e in own if e is own[0] or isinstance(e.fact, (*MESSAGES, *CALLS))
        ),
        "contacts": len(contacts),
        "contacts_to_resolution": to_resolution if last else 0,
        "calls": len(calls),
        "calls_abandoned": sum(isinstance(e.fact, CallAbandoned) for c in calls for e in c),
        "person_requested": sum(isinstance(e.fact, PersonRequested) for e in own),
        "bot_gave_up": sum(isinstance(e.fact, BotGaveUp) for e in own),
        **channels,
        **_hands(own, marks),
        "rows of turns": turns,
        "rows of contacts": contacts,
    }


def is_answer(fact: MessageSent) -> bool:
    """Whether a person says something, or a bot what settles the matter."""
    return fact.actor_kind == "human" or (fact.actor_kind == "bot" and fact.resolving)


def _first_response(own: list[Recorded]) -> float | None:
    heard = [n for n, e in enumerate(own) if isinstance(e.fact, MessageReceived)]
    if not heard:
        return None
    later = [
        e
        for e in own[heard[0] :]
        if isinstance(e.fact, MessageSent) and e.fact.actor_kind == "human"
    ]
    return (later[0].occurred_at - own[heard[0]].occurred_at) / SECOND if later else None


def _topic(heard: Iterable[Recorded]) -> str:
    facts: list[Any] = [e.fact for e in heard]
    told = [fact.topic for fact in facts if fact.topic]
    tags = [fact.tags[0] for fact in facts if fact.tags]
    return told[-1] if told else tags[0] if tags else ""


def _turns(
    rules: Configuration, own: list[Recorded], until: Instant, calls: list[list[Recorded]]
) -> tuple[list[Mark], list[dict[str, Any]]]:
    """When it was settled or opened again, and every turn."""
    silence = rules.conversations.implied_resolution * SECOND
    marks: list[Mark] = []
    turns: list[dict[str, Any]] = []
    replied: Instant | None = None  # when silence began

    def is_resolved() -> bool:
        return bool(marks) and marks[-1].what != "open"

    def waiting() -> dict[str, Any] | None:
        return turns[-1] if turns and turns[-1]["ended_at"] is None else None

    def end(outcome: str, at: Instant) -> None:
        turn = waiting()
        if turn is not None:
            turn |= {"outcome": outcome, "ended_at": at}

    for n, (event, following) in enumerate([*pairwise(own), (own[-1], None)]):
        fact, at = event.fact, event.occurred_at
        if isinstance(fact, MessageReceived):
            asks = fact.intent not in WANT_NO_ANSWER
            if asks and is_resolved():
                marks.append(Mark(n, at, "open"))
            turn = waiting()
            if turn is None:
                turn = {"opened_at": at, "turn_id": event.event_id.hex(), "due_at": None}
                turn |= {"outcome": "open", "ended_at": None, "is_first": not turns}
                turns.append(turn)
            if asks and turn["due_at"] is None:
                urgency = [e.fact.urgency for e in own[: n + 1] if e.fact.urgency]  # type: ignore[attr-defined]
                told = {"urgency": (urgency or [""])[-1], "topic": _topic(own[: n + 1])}
                turn["due_at"] = at + rules.expectation(fact.channel, **told)
            if turn["due_at"] is not None:
                replied = None
        elif isinstance(fact, ConversationReopened) and is_resolved():
            marks.append(Mark(n, at, "open"))
        elif isinstance(fact, ConversationResolved):
            marks.append(Mark(n, at, "stated"))
            end("closed", at)
            replied = None
        elif isinstance(fact, CallQueued | CallAnswered | CallAbandoned):
            if is_resolved() and fact.direction != "outbound":
                marks.append(Mark(n, at, "open"))
            replied = None
        elif isinstance(fact, MessageSent) or _somebody_spoke(rules, own, calls, event):
            if isinstance(fact, MessageSent) and is_answer(fact):
                end("answered", at)
            turn = waiting()
            if not is_resolved() and (turn is None or turn["due_at"] is None):
                replied = at
        implied = None if replied is None else replied + silence
        if implied is not None and implied < (following.occurred_at if following else until):
            marks.append(Mark(n + 1, implied, "implied"))
            end("closed", implied)
            replied = None
    for turn in turns:
        if turn["ended_at"] is None and turn["due_at"] is not None and turn["due_at"] < until:
            turn["outcome"] = "overdue"
    return marks, turns


# --- calls and contacts -----------------------------------------------------------------------


def _calls(rules: Configuration, own: list[Recorded]) -> list[list[Recorded]]:
    """The events of each call; what is told of handling elsewhere is part of none."""
    calls: list[list[Recorded]] = []
    for n, event in enumerate(own):
        fact: Any = event.fact
        if not isinstance(fact, CALLS):
            continue
        runs = bool(calls) and not isinstance(calls[-1][-1].fact, CallEnded | CallAbandoned)
        heard = any(isinstance(e.fact, MessageReceived) for e in own[:n])
        is_work = isinstance(fact, CallEnded | CallHeld) and fact.channel != "phone"
        if is_work and heard and not runs:
            continue
        gap = rules.conversations.contact_gap * SECOND
        if not runs or event.occurred_at - calls[-1][-1].occurred_at > gap:
            calls.append([])
        calls[-1].append(event)
    return calls


def _somebody_spoke(
    rules: Configuration, own: list[Recorded], calls: list[list[Recorded]], ended: Recorded
) -> bool:
    """Whether an end of a call, or of work on a contact, tells of talking."""
    if not isinstance(ended.fact, CallEnded):
        return False
    for call in calls:
        if ended in call:
            taken = any(isinstance(e.fact, CallAnswered) for e in call)
            return taken or ended.fact.talk_s > 0
    # Work on messages: counted for the contact in which it was told.
    before = own[: own.index(ended) + 1]
    lone = [e for e in before if isinstance(e.fact, CallEnded) and all(e not in c for c in calls)]
    return any(
        e.fact.talk_s > 0  # type: ignore[attr-defined]
        for e in lone
        if _contact_before(rules, own, e) == _contact_before(rules, own, ended)
    )


def _clusters(rules: Configuration, own: list[Recorded]) -> list[list[Recorded]]:
    """Messages without a gap, by their times alone."""
    gap = rules.conversations.contact_gap * SECOND
    clusters: list[list[Recorded]] = []
    for event in own:
        if isinstance(event.fact, MESSAGES):
            if not clusters or event.occurred_at - clusters[-1][-1].occurred_at > gap:
                clusters.append([])
            clusters[-1].append(event)
    return clusters


def _contact_before(rules: Configuration, own: list[Recorded], event: Recorded) -> bytes:
    """The first inbound message of the last contact that had begun before an event."""
    before = own[: own.index(event)]
    begun = [
        next(e.event_id for e in cluster if isinstance(e.fact, MessageReceived))
        for cluster in _clusters(rules, before)
        if any(isinstance(e.fact, MessageReceived) for e in cluster)
    ]
    return begun[-1] if begun else b""


def _contacts(
    rules: Configuration, own: list[Recorded], calls: list[list[Recorded]], marks: list[Mark]
) -> tuple[list[dict[str, Any]], int]:
    """Every contact, numbered since the last resolution; and how many the last one took."""
    spoken = [[e for e in c if isinstance(e.fact, MessageReceived)] for c in _clusters(rules, own)]
    place = {id(e): n for n, e in enumerate(own)}
    found = sorted([*(c for c in spoken if c), *calls], key=lambda contact: place[id(contact[0])])
    settled = [m for m, before in zip(marks, [None, *marks], strict=False)
               if m.what != "open" and (before is None or before.what == "open")]  # fmt: skip
    # Where each stretch between resolutions begins: after the event that settled it.
    borders = [0, *(m.n + (m.what == "stated") for m in settled)]

    def count(since: int, end: int) -> int:
        return sum(any(since <= place[id(e)] < end for e in contact) for contact in found)

    rows = []
    for contact in found:
        n = place[id(contact[0])]
        fact: Any = contact[0].fact
        since = max(border for border in borders if border <= n)
        row = {
            "n": n,
            "began_at": contact[0].occurred_at,
            "contact_id": contact[0].event_id.hex(),
            "channel": fact.channel,
            "number": count(since, n + 1),
            "is_call": isinstance(fact, CALLS),
        }
        rows.append(row | (_call(contact) if row["is_call"] else {}))
    return rows, count(borders[-2], borders[-1]) if settled else 0


def _call(call: list[Recorded]) -> dict[str, Any]:
    """How a call stands, and how long it was in queues."""
    phase, waited, queued_at = "", None, 0
    for event in call:
        fact = event.fact
        if isinstance(fact, CallAnswered | CallAbandoned):
            if phase != "talking" or isinstance(fact, CallAbandoned):
                told = fact.waited_s or (event.occurred_at - queued_at) / SECOND * (
                    phase == "queued"
                )
                waited = (waited or 0) + told
            phase = "talking" if isinstance(fact, CallAnswered) else "abandoned"
        elif isinstance(fact, CallQueued):
            phase, queued_at = "queued", event.occurred_at
        else:
            phase = "ended" if isinstance(fact, CallEnded) else "talking"
    return {"phase": phase, "queue_s": waited}


# --- where it is, and who has it --------------------------------------------------------------


def _channels(
    own: list[Recorded], calls: list[list[Recorded]], is_asked_there: bool
) -> dict[str, Any]:
    """Moves from channel to channel; and at every event where the brand had asked to go."""
    first: Any = own[0].fact
    begun = {id(call[0]) for call in calls}
    now, moves, offered, taken = "", list[bool](), 0, 0
    open_offer = ""
    invited = {first.channel} if is_asked_there else set[str]()
    invited_at = []
    for event in own:
        fact: Any = event.fact
        to = ""
        invited_at.append(set(invited))
        if isinstance(fact, MessageReceived) or id(event) in begun:
            to = fact.channel
        elif isinstance(fact, MessageSent):
            invited |= {fact.channel} - {now}
        elif isinstance(fact, OFFERS):
            invited.add(fact.to_channel)
            is_offer = isinstance(fact, DeflectionOffered)
            offered, taken = offered + is_offer, taken + (not is_offer)
            open_offer = fact.to_channel if is_offer else ""
        elif isinstance(fact, ConversationMoved):
            now, to = now or fact.channel or first.channel, fact.to_channel
            invited |= {to} if fact.invited else set()
        if to and to != now:
            if now:
                moves.append(to in invited)
            if to == open_offer:
                taken, open_offer = taken + 1, ""
            now = to
    return {
        "last_channel": now or first.channel,
        "moves": len(moves),
        "moves_invited": sum(moves),
        "deflections_offered": offered,
        "deflections_accepted": taken,
        "invited_at": invited_at,
    }


def _hands(own: list[Recorded], marks: list[Mark]) -> dict[str, Any]:
    """Who has it, how often that changed, and the spans in which somebody had it open."""
    who, kind, robot, changes, to_human = "", "", "", 0, 0
    has: list[str] = []  # the person who has it, after each event
    for event in own:
        fact: Any = event.fact
        claim: tuple[str, str] | None = None
        if isinstance(fact, MessageSent | ConversationAssigned | CallAnswered):
            is_bot = fact.actor_kind == "bot"
            if not (isinstance(fact, MessageSent) and fact.actor_kind not in ("human", "bot")):
                claim = (fact.actor, "bot" if is_bot else "human")
        if isinstance(fact, ConversationHandedOff):
            if not fact.to_agent or fact.to_agent != who:
                to_bot = bool(robot) and fact.to_agent == robot
                changes += 1
                to_human += kind == "bot" and not to_bot
                who, kind = ("", "bot") if to_bot else (fact.to_agent, "human")
        elif claim == (claim and claim[0], "bot") and claim is not None:
            robot = claim[0] or robot
            kind = kind or "bot"
        elif claim is not None:
            if kind == "bot" or (claim[0] and who and claim[0] != who):
                changes, to_human = changes + 1, to_human + (kind == "bot")
                who = claim[0]
            who, kind = who or claim[0], "human"
        has.append(who)
    return {
        "agent": who,
        "handoffs": changes,
        "handoffs_to_human": to_human,
        "rows of assignments": _spans(own, marks, has),
    }


def _spans(own: list[Recorded], marks: list[Mark], has: list[str]) -> list[dict[str, Any]]:
    order = {"implied": 0, "open": 1, "stated": 3}  # around what the event itself does: 2
    # What happened, in order: (place, rank, time, who has it or None, whether open or None).
    told: list[tuple[int, int, Instant, str | None, bool | None]] = []
    for n, (event, who) in enumerate(zip(own, has, strict=True)):
        told.append((n, 2, event.occurred_at, who, None))
    told += [(m.n, order[m.what], m.at, None, m.what == "open") for m in marks]
    spans: list[dict[str, Any]] = []
    who, is_open = "", True
    for _, _, at, new_who, new_open in sorted(told, key=lambda t: t[:2]):
        was = who if is_open else ""
        who = who if new_who is None else new_who
        is_open = is_open if new_open is None else new_open
        now = who if is_open else ""
        if was != now:
            if was:
                spans[-1] |= {"ended_at": at}
                spans[-1]["ended_by"] = "handed_off" if is_open else "resolved"
            if now:
                spans.append({"assigned_at": at, "agent": now, "ended_at": None, "ended_by": ""})
    return spans
