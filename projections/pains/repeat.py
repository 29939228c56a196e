"""Once more: the same matter again, on another channel, or told again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from projections.matters import same_matter
from projections.pains.kinds import Kind
from projections.pains.now import Now, about_fact, about_sign
from projections.pains.state import RESOLVED_MAX, Contact, Resolved, Talk, listed
from projections.projection import NEVER
from projections.signs import (
    ChannelMoved,
    ContactBegan,
    HandedOff,
    TalkReopened,
    TalkResolved,
)
from schemas.fact import Touchpoint
from schemas.times import SECOND

ENDS_WITH_TALK = (Kind.REPEAT_CONTACT, Kind.REPEATED_SELF, Kind.CHANNEL_HOP, Kind.SCRIPTED_REPLY)


def contact_began(now: Now, sign: ContactBegan) -> None:
    """Remember that this event begins a contact: what it means depends on what was said."""
    now.heard(sign)
    now.state.contact = Contact(sign.event_id, sign.conversation, sign.number, sign.is_invited)


def reopened(now: Now, sign: TalkReopened) -> None:
    """A settled matter is open again."""
    talk = now.heard(sign)
    talk.is_open, talk.reopened_by, talk.reopened_at = True, sign.event_id, sign.at


def resolved(now: Now, sign: TalkResolved) -> bool:
    """The matter is settled: what was wrong in the conversation ends, and a repeat may follow.

    Returns:
        Whether it was open. A desk may say so again and again.
    """
    talk = now.heard(sign)
    if not talk.is_open:
        return False
    talk.is_open, talk.retired = False, []
    for pain in now.open(*ENDS_WITH_TALK, Kind.BOT_DEAD_END, conversation=sign.conversation):
        now.end(pain, "resolved")
    if talk.spoke_at > -NEVER:  # a matter of the customer, not only something the brand said
        known = [r for r in now.state.resolved if r.conversation != sign.conversation]
        known.append(Resolved(sign.at, sign.conversation, sign.topic, sign.brand))
        now.state.resolved = known[-RESOLVED_MAX:]
    return True


def came(now: Now, fact: Touchpoint, conversation: bytes, talk: Talk, wants_answer: bool) -> bool:
    """The customer has a word in a conversation: a repeat, a hop on to here, an extra contact?

    Args:
        wants_answer: praise, thanks and spam are none of these.

    Returns:
        Whether it begins a contact.
    """
    contact = now.state.contact
    began = contact is not None and contact.event_id == now.event_id
    is_again = talk.reopened_at == now.at  # maybe a desk took note of it before, at one time
    if wants_answer and (is_again or began):
        about = about_fact(fact, conversation, talk)
        is_first = began and contact is not None and contact.number == 1 and talk.is_open
        is_repeat = (is_again or is_first) and _repeat(now, about)
        if is_first and not (is_again or is_repeat or (contact and contact.is_invited)):
            _hop(now, about)
        if began:
            _cost(now, about)
    if wants_answer:
        moved_on(now)
        talk.channel = fact.channel or talk.channel
        talk.spoke_at = now.at
        talk.reopened_at = -NEVER
    return began


def _repeat(now: Now, about: dict[str, Any]) -> bool:
    """The same matter again, soon after it was resolved. Whether it is."""
    within = now.rules.repeat_contact.within * SECOND
    recent = [r for r in now.state.resolved if now.at - r.at <= within]
    now.state.resolved = recent
    # What is surely the same goes before what may be; of several the last.
    for assumed in (False, True):
        for settled in reversed(recent):
            is_own = settled.conversation == about["conversation"]
            fits, is_assumed = (True, False) if is_own else _same(settled, about)
            if fits and is_assumed == assumed:
                recent.remove(settled)
                kind = Kind.REPEAT_CONTACT
                return now.begin(kind, about, is_assumed=assumed, contacts=1) is not None
    return False


def _hop(now: Now, about: dict[str, Any]) -> None:
    """A new conversation about what is open elsewhere."""
    within = now.rules.channel_hop.within * SECOND
    for assumed in (False, True):
        for conversation, talk in reversed(now.state.talks.items()):
            fits, is_assumed = _same(talk, about)
            if (
                fits
                and is_assumed == assumed
                and talk.is_open
                and conversation != about["conversation"]
                and talk.channel not in ("", about["channel"])
                and now.at - talk.spoke_at <= within
            ):
                now.begin(Kind.CHANNEL_HOP, about, is_assumed=assumed, contacts=1)
                return


def _same(one: Resolved | Talk, about: dict[str, Any]) -> tuple[bool, bool]:
    return same_matter(one.topic, one.brand, about["topic"], about["brand"])


def moved(now: Now, sign: ChannelMoved) -> None:
    """Remember that the conversation goes on elsewhere: what it means depends on what was said."""
    now.heard(sign)
    now.state.moved = None if sign.is_invited else sign


def moved_on(now: Now) -> None:
    """The same matter was brought up elsewhere in this event, or goes on there from now on."""
    sign = now.state.moved
    if sign is None or sign.event_id != now.event_id:
        return
    talk = now.talk(sign.conversation)
    is_soon = now.at - talk.spoke_at <= now.rules.channel_hop.within * SECOND
    if is_soon and talk.is_open and talk.reopened_by != sign.event_id:
        now.begin(Kind.CHANNEL_HOP, about_sign(sign), contacts=1)


def _cost(now: Now, about: dict[str, Any]) -> None:
    """A contact after a pain about the same costs what it costs on its channel."""
    unit = now.laid.unit_micros.get(about["channel"], 0)
    for pain in now.state.pains.values():
        if now.event_id in pain.causes or now.at - pain.began_at > now.laid.contacts_within:
            continue
        is_same = pain.topic == about["topic"] if pain.topic else not pain.conversation
        if pain.conversation == about["conversation"] or is_same:
            pain.extra_contacts += 1
            pain.contact_micros += unit
            now.publish(pain)


# --- told again -------------------------------------------------------------------------------


def handed_off(now: Now, sign: HandedOff) -> None:
    """Somebody else has the conversation: what was given until now should be known to them."""
    talk = now.heard(sign)
    listed(talk.known, talk.gave)
    talk.asked, talk.asked_by = [], ""
    for pain in now.open(Kind.BOT_DEAD_END, conversation=sign.conversation):
        now.end(pain, "handed_off")


def asked_for(now: Now, about: dict[str, Any], talk: Talk, facts: Iterable[str]) -> None:
    """The customer is asked for facts."""
    again = [fact for fact in facts if fact in talk.known]
    if again:
        talk.known = [fact for fact in talk.known if fact not in again]
        now.begin(Kind.REPEATED_SELF, about)
