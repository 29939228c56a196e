"""Rules of pains written down a second time, slowly: from whole lists, without states or timers.

It knows messages with a conversation's id, resolutions, orders and outreach, all of one brand.
A conversation is walked from its first event to its last; what lies between conversations is then
looked at in the order of time. Nothing is shared with the rules but what events are.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from projections.configuration import Configuration
from schemas.events import (
    CheckoutStarted,
    ConversationResolved,
    MessageReceived,
    MessageSent,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OutreachSent,
    Refunded,
    RefundRequested,
)
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant, moment
from tests.projections.slow_care import is_answer

SILENT = ("praise", "thanks", "spam")
Key = tuple[Instant, int, int, bytes]  # events at a time come before timers of that time


class Found(NamedTuple):
    """A pain, as far as this model knows it."""

    kind: str
    began_at: Instant
    ended_at: Instant | None
    conversation: bytes
    is_assumed: bool


class Word(NamedTuple):
    """The customer's word in a conversation, and how the conversation stood before it."""

    key: Key
    at: Instant
    conversation: bytes
    channel: str
    asks: bool
    topic: str
    is_again: bool  # opens a settled matter again
    contact: int  # the number of the contact that begins with it; 0: none begins
    is_invited: bool  # to this channel
    hops: bool  # on from another channel, uninvited, of an open matter, soon


class Settled(NamedTuple):
    """A matter that is settled, and was not before."""

    key: Key
    at: Instant
    conversation: bytes
    topic: str
    is_the_customers: bool


def pains(rules: Configuration, events: Iterable[Recorded], until: Instant) -> list[Found]:
    """All pains of one customer that this model knows, sorted."""
    ordered = sorted(events, key=lambda e: (e.occurred_at, e.sequence, e.event_id))
    talks: dict[bytes, list[Recorded]] = defaultdict(list)
    for event in ordered:
        if isinstance(event.fact, MessageReceived | MessageSent | ConversationResolved):
            talks[event.fact.conversation].append(event)
    found: list[Found] = []
    items: list[Word | Settled] = []
    for place, (conversation, talk) in enumerate(talks.items()):
        walked, of_turns = walk(rules, conversation, talk, until, place)
        items += walked
        found += of_turns
        found += scripted(conversation, talk, walked)
    items.sort(key=lambda item: item.key)
    found += between(rules, items)
    found += checkouts(rules, ordered, until)
    found += deliveries(ordered, until)
    found += refunds(rules, ordered, until)
    found += pressure(rules, ordered)
    return sorted(found, key=lambda f: (f.kind, f.began_at, f.conversation, f.ended_at or 0))


# --- one conversation -------------------------------------------------------------------------


def walk(
    rules: Configuration, conversation: bytes, talk: Sequence[Recorded], until: Instant, place: int
) -> tuple[list[Word | Settled], list[Found]]:
    """What the customer said and when it was settled; and turns that waited too long."""
    own = rules.conversations
    items: list[Word | Settled] = []
    turns: list[tuple[Instant, Instant | None, bool]] = []  # due, ended, whether by an answer
    said: list[tuple[Instant, bool]] = []  # all messages: when, whether the customer's
    wanted: list[Instant] = []  # what the customer said that wants an answer
    due: Instant | None = None
    is_waiting = is_settled = False
    silence: Instant | None = None
    topic_told = tag = channel = ""
    invited: set[str] = set()
    contacts = 0

    def settle(at: Instant, key: Key) -> None:
        nonlocal due, is_waiting, is_settled, silence, contacts
        if due is not None:
            turns.append((due, at, False))
        due, is_waiting, silence = None, False, None
        if not is_settled:
            contacts = 0
            items.append(Settled(key, at, conversation, topic_told or tag, bool(wanted)))
        is_settled = True

    for event in talk:
        fact: Any = event.fact
        if isinstance(fact, ConversationResolved) and not said:
            continue  # nothing is known of it yet
        at, key = event.occurred_at, (event.occurred_at, 0, event.sequence, event.event_id)
        if silence is not None and silence < at:
            settle(silence, (silence, 1, place, b""))
        topic_told = fact.topic or topic_told
        tag = tag or (fact.tags[0] if fact.tags else "")
        if isinstance(fact, ConversationResolved):
            settle(at, key)
        elif isinstance(fact, MessageSent):
            if fact.channel != channel:
                invited.add(fact.channel)
            said.append((at, False))
            if is_waiting and is_answer(fact):
                if due is not None:
                    turns.append((due, at, True))
                due, is_waiting = None, False
            if not is_settled and due is None:
                silence = at + own.implied_resolution * SECOND
        else:
            asks = fact.intent not in SILENT
            is_again = is_settled and asks
            is_settled = is_settled and not asks
            contact = 0
            if is_new_contact([*(when for when, _ in said), at], said, own.contact_gap * SECOND):
                contacts += 1
                contact = contacts
            contacts = max(contacts, 1)
            within = rules.pains.channel_hop.within * SECOND
            hops = bool(
                asks
                and channel not in ("", fact.channel)
                and fact.channel not in invited
                and not is_settled
                and not is_again
                and wanted
                and at - wanted[-1] <= within
            )
            is_invited = fact.channel in invited
            topic = topic_told or tag
            word = (asks, topic, is_again, contact, is_invited, hops)
            items.append(Word(key, at, conversation, fact.channel, *word))
            said.append((at, True))
            wanted += [at] * asks
            channel = fact.channel
            is_waiting = True
            if asks and due is None:
                wait = own.expectation.get(fact.channel, own.expectation_otherwise)
                due = at + wait * SECOND
            if due is not None:
                silence = None
    if silence is not None and silence < until:
        settle(silence, (silence, 1, place, b""))
    if due is not None:
        turns.append((due, None, False))
    found = [
        Found("slow_response" if answered else "unanswered", due_, ended, conversation, False)
        for due_, ended, answered in turns
        if due_ < (until if ended is None else ended)
    ]
    return items, found


def is_new_contact(
    times: Sequence[Instant], said: Sequence[tuple[Instant, bool]], gap: Instant
) -> bool:
    """Whether the last of these times is a contact's beginning: no word before, or a long gap."""
    words = [n for n, (_, by_customer) in enumerate(said) if by_customer]
    if not words:
        return True
    since = times[words[-1] :]
    return any(b - a > gap for a, b in pairwise(since))


def scripted(
    conversation: bytes, talk: Sequence[Recorded], items: Sequence[Word | Settled]
) -> list[Found]:
    """Texts that agents sent a second time."""
    sent: dict[bytes, list[Recorded]] = defaultdict(list)
    for event in talk:
        fact = event.fact
        if isinstance(fact, MessageSent) and fact.actor_kind == "human" and fact.fingerprint:
            sent[fact.fingerprint].append(event)
    again = [events[1] for events in sent.values() if len(events) > 1]
    return [
        Found(
            "scripted_reply",
            e.occurred_at,
            settled_after((e.occurred_at, 0, e.sequence, e.event_id), items),
            conversation,
            False,
        )
        for e in again
    ]


def settled_after(key: Key, items: Sequence[Word | Settled]) -> Instant | None:
    """When a conversation was next settled after something."""
    return min((s.at for s in items if isinstance(s, Settled) and s.key > key), default=None)


# --- between conversations --------------------------------------------------------------------


def between(rules: Configuration, items: Sequence[Word | Settled]) -> list[Found]:
    """The same matter again, or elsewhere."""
    found = []
    open_: list[Settled] = []  # what was settled and did not come up again
    for n, item in enumerate(items):
        before = items[:n]
        if isinstance(item, Settled):
            if item.is_the_customers:
                open_ = [s for s in open_ if s.conversation != item.conversation] + [item]
            continue
        if not item.asks:
            continue
        own = [i for i in items if i.conversation == item.conversation]
        ended = settled_after(item.key, own)
        is_first = item.contact == 1 and is_open(item.conversation, before)
        repeated = False
        if item.is_again or is_first:
            within = rules.pains.repeat_contact.within * SECOND
            open_ = [s for s in open_ if item.at - s.at <= within]
            match = best([(s, matches(s, item)) for s in open_])
            if match is not None:
                settled, is_assumed = match
                open_.remove(settled)
                repeated = True
                told = (item.at, ended, item.conversation, is_assumed)
                found.append(Found("repeat_contact", *told))
        if item.hops:
            found.append(Found("channel_hop", item.at, ended, item.conversation, False))
        elif is_first and not (item.is_again or repeated or item.is_invited):
            others = elsewhere(rules, item, before)
            if others:
                is_assumed = "same" not in others
                told = (item.at, ended, item.conversation, is_assumed)
                found.append(Found("channel_hop", *told))
    return found


def matches(settled: Settled, word: Word) -> str:
    """Whether a word is about what was settled: the same, maybe, or not at all."""
    if settled.conversation == word.conversation:
        return "same"
    return topics(settled.topic, word.topic)


def topics(one: str, other: str) -> str:
    if one and other:
        return "same" if one == other else ""
    return "maybe"


def best(told: Sequence[tuple[Settled, str]]) -> tuple[Settled, bool] | None:
    """The last that is surely the same, else the last that may be; and whether it only may."""
    for fit in ("same", "maybe"):
        fits = [s for s, how in told if how == fit]
        if fits:
            return fits[-1], fit == "maybe"
    return None


def is_open(conversation: bytes, before: Sequence[Word | Settled]) -> bool:
    """Whether a conversation was unsettled, as far as was heard of it."""
    for item in reversed(before):
        if item.conversation == conversation:
            if isinstance(item, Settled):
                return False
            if item.is_again or item.asks:
                return True
    return True


def elsewhere(rules: Configuration, word: Word, before: Sequence[Word | Settled]) -> set[str]:
    """How well open conversations on other channels fit what is said now."""
    within, found = rules.pains.channel_hop.within * SECOND, set()
    for conversation in {item.conversation for item in before} - {word.conversation}:
        own = [item for item in before if item.conversation == conversation]
        words = [item for item in own if isinstance(item, Word) and item.asks]
        if not words or not is_open(conversation, before) or word.at - words[-1].at > within:
            continue
        if words[-1].channel != word.channel:
            found.add(topics(own[-1].topic, word.topic))
    return found - {""}


# --- orders, one by one by their keys ---------------------------------------------------------


def of_order(ordered: Sequence[Recorded], *kinds: type) -> dict[bytes, list[Recorded]]:
    found: dict[bytes, list[Recorded]] = defaultdict(list)
    for event in ordered:
        if isinstance(event.fact, kinds):
            found[getattr(event.fact, "order_key")].append(event)  # noqa: B009 (all have one)
    return found


def checkouts(rules: Configuration, ordered: Sequence[Recorded], until: Instant) -> Iterable[Found]:
    """Starts of a checkout with neither order nor another start in time."""
    after = rules.pains.checkout_abandoned.after * SECOND
    for events in of_order(ordered, CheckoutStarted, OrderPlaced).values():
        for n, event in enumerate(events):
            if not isinstance(event.fact, CheckoutStarted):
                continue
            due, later = event.occurred_at + after, events[n + 1 :]
            if due < until and not any(e.occurred_at <= due for e in later):
                orders = [e.occurred_at for e in later if isinstance(e.fact, OrderPlaced)]
                yield Found("checkout_abandoned", due, min(orders, default=None), b"", False)


def deliveries(ordered: Sequence[Recorded], until: Instant) -> Iterable[Found]:
    """Promises that were neither kept, nor taken back, nor replaced in time."""
    kinds = (OrderPlaced, OrderDelivered, OrderCancelled)
    for events in of_order(ordered, *kinds).values():
        for n, event in enumerate(events):
            fact: Any = event.fact
            if not isinstance(fact, OrderPlaced) or not fact.promised_at:
                continue
            due = max(fact.promised_at, event.occurred_at)
            is_broken = fact.promised_at < event.occurred_at
            later = events[n + 1 :]
            since = [e.fact for e in itertools.takewhile(is_no_order, reversed(events[:n]))]
            if any(isinstance(each, OrderDelivered) for each in since):
                continue  # it had arrived
            ends = [e.occurred_at for e in later if not isinstance(e.fact, OrderPlaced)]
            again = [e.occurred_at for e in later if getattr(e.fact, "promised_at", 0)]
            kept = any(at <= due for at in (*ends, *again))
            if is_broken or (due < until and not kept):
                yield Found("delivery_late", due, min(ends, default=None), b"", False)


def is_no_order(event: Recorded) -> bool:
    return not isinstance(event.fact, OrderPlaced)


def refunds(rules: Configuration, ordered: Sequence[Recorded], until: Instant) -> Iterable[Found]:
    """The first wish of each spell without a refund, where the money took too long."""
    after = rules.pains.refund_wait.after * SECOND
    for events in of_order(ordered, RefundRequested, Refunded).values():
        asked: Recorded | None = None
        for event in [*events, None]:
            is_paid = event is None or isinstance(event.fact, Refunded)
            if asked is not None and is_paid:
                due = asked.occurred_at + after
                ended = None if event is None else event.occurred_at
                if due < (until if ended is None else ended):
                    yield Found("refund_wait", due, ended, b"", False)
                asked = None
            elif not is_paid and asked is None:
                asked = event


# --- too much ---------------------------------------------------------------------------------


def pressure(rules: Configuration, ordered: Sequence[Recorded]) -> Iterable[Found]:
    """Days on which the cap of the day or of the week was passed; surveys too close."""
    rule = rules.pains.over_contacted
    sent = [e for e in ordered if isinstance(e.fact, OutreachSent)]
    days: dict[Any, list[Recorded]] = defaultdict(list)
    for event in sent:
        fact: Any = event.fact
        if fact.purpose in rule.purposes:
            days[moment(event.occurred_at).astimezone(ZoneInfo(rule.zone)).date()].append(event)
    for day in days:
        monday = day - timedelta(days=day.weekday())
        before = sum(len(of) for other, of in days.items() if monday <= other < day)
        for n, event in enumerate(days[day], 1):
            if n > rule.per_day or before + n > rule.per_week:
                yield Found("over_contacted", event.occurred_at, event.occurred_at, b"", False)
                break
    surveys = [e.occurred_at for e in sent if getattr(e.fact, "purpose", "") == "survey"]
    for n, at in enumerate(surveys):
        close = [s for s in surveys[:n] if at - s < rule.surveys_within * SECOND]
        if len(close) >= rule.surveys:
            yield Found("over_contacted", at, at, b"", False)
