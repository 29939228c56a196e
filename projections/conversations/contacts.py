"""Contacts: calls, and messages with no long gap; the channels they go over; queue and handle time.

- Every call is a contact, with the words in it: messages on a spoken channel while a call runs.
  Other messages of one conversation are one contact until a gap, either way, is longer than
  ``contact_gap``; it counts from its first inbound message.
- The customer comes by calling, or with a contact's first message that wants an answer. Whom the
  brand called did not come, and who answers what the brand began did not come again.
- The customer's channel is that of their last message or call, or where the conversation was said
  to have moved. Going where the brand wrote, moved or offered to is an invited move.
- What is told of handling on a channel that is not spoken belongs to the contact that runs there.
"""

from __future__ import annotations

from projections.conversations.now import Now
from projections.conversations.rows import contact_row
from projections.conversations.state import (
    ABANDONED,
    ENDED,
    QUEUED,
    TALKING,
    Contact,
    Conversation,
    listed,
)
from projections.signs import ChannelMoved, ContactBegan, CustomerCame, QueueLeft
from schemas.events import CallAbandoned, CallAnswered, CallEnded, CallHeld, CallQueued
from schemas.fact import Touchpoint
from schemas.times import SECOND, Instant

SPOKEN = frozenset(("phone", "ivr"))
OVER = (ENDED, ABANDONED)
TOLD_MAX_S = 366 * 86400  # a longer call is a mistake of the source, and counts as not told


def wrote(now: Now, talk: Conversation, channel: str, asks: bool) -> None:
    """The customer's side sent a message.

    Args:
        asks: whether it wants an answer.
    """
    contact, last, call = talk.contact, talk.messaged_at, talk.call
    if channel in SPOKEN and call is not None and _runs(now, call):
        call.heard_at = now.at
        _goes_on(talk, call)
        came(now, talk, channel)
        return
    is_over = talk.is_contact_over or last is None or now.at - last > now.rules.contact_gap
    if contact is None or is_over:
        is_reply = contact is None and last is not None and now.at - last <= now.rules.contact_gap
        talk.is_contact_over = False
        contact = talk.contact = _began(now, talk, channel)
        contact.is_reply = is_reply and not talk.has_come
        now.rows.append(contact_row(now, talk, contact))
    else:
        _goes_on(talk, contact)
    if asks and not contact.has_come:
        _came_with(now, talk, contact, channel)
    came(now, talk, channel)


def was_written_to(now: Now, talk: Conversation, channel: str) -> None:
    """The brand sent a message: after a long gap the contact before is over."""
    last = talk.messaged_at
    if last is not None and now.at - last > now.rules.contact_gap:
        talk.is_contact_over = True
    if channel != talk.channel_in:
        listed(talk.invited, channel)


def _began(now: Now, talk: Conversation, channel: str) -> Contact:
    talk.contacts += 1
    talk.contacts_since += 1
    invited = channel in talk.invited
    number = talk.contacts_since
    told = now.about(talk, channel)
    now.signs.append(ContactBegan(**told, number=number, is_invited=invited))
    return Contact(
        now.at,
        now.event_id,
        number,
        channel,
        talk.topic,
        invited,
        now.at,
        list(now.personas),
    )


def _came_with(now: Now, talk: Conversation, contact: Contact, channel: str) -> None:
    is_first, talk.has_come, contact.has_come = not talk.has_come, True, True
    told = now.about(talk, channel)
    now.signs.append(CustomerCame(**told, is_first=is_first, is_reply=contact.is_reply))


def _goes_on(talk: Conversation, contact: Contact) -> None:
    if not contact.is_counted:  # the matter was resolved in between
        contact.is_counted = True
        talk.contacts_since += 1


def came(now: Now, talk: Conversation, channel: str, is_invited: bool = False) -> None:
    """The customer is on this channel now."""
    listed(talk.channels, channel)
    was = talk.channel_in
    if not channel or channel == was:
        return
    talk.channel_in = channel
    if channel == talk.offer:
        talk.offer = ""
        talk.accepted += 1
    if was:
        invited = is_invited or channel in talk.invited
        talk.moves += 1
        talk.moves_invited += invited
        told = now.about(talk, channel)
        now.signs.append(ChannelMoved(**told, from_channel=was, is_invited=invited))


# --- calls ------------------------------------------------------------------------------------


def call_of(now: Now, talk: Conversation, fact: Touchpoint) -> Contact:
    """The call that runs, else a new one."""
    call = talk.call
    if call is None or not _runs(now, call):
        call = talk.call = _began(now, talk, fact.channel)
        talk.calls += 1
        if fact.direction != "outbound":
            _came_with(now, talk, call, fact.channel)
        came(now, talk, fact.channel)
    else:
        _goes_on(talk, call)
    call.heard_at = now.at
    return call


def _runs(now: Now, call: Contact) -> bool:
    return call.phase not in OVER and now.at - call.heard_at <= now.rules.contact_gap


def queued(now: Now, talk: Conversation, fact: CallQueued) -> None:
    """The caller waits."""
    call = call_of(now, talk, fact)
    call.phase, call.queued_at = QUEUED, now.at
    call.queue = fact.queue or call.queue
    call.expectation = now.rules.expected(fact.channel, talk, now.personas).within
    now.rows.append(contact_row(now, talk, call))


def taken(now: Now, talk: Conversation, fact: CallAnswered) -> None:
    """Somebody took the call."""
    call = call_of(now, talk, fact)
    if call.phase != TALKING:
        _left_queue(now, talk, call, fact)
        call.phase = TALKING
    if call.answered_at is None:
        call.answered_at = now.at
    call.agent, call.team = fact.actor or call.agent, fact.team or call.team
    now.rows.append(contact_row(now, talk, call))


def hung_up(now: Now, talk: Conversation, fact: CallAbandoned) -> None:
    """The caller gave up."""
    call = call_of(now, talk, fact)
    _left_queue(now, talk, call, fact)
    call.phase, call.ended_at = ABANDONED, now.at
    talk.calls_abandoned += 1
    now.rows.append(contact_row(now, talk, call))


def _left_queue(
    now: Now, talk: Conversation, call: Contact, fact: CallAnswered | CallAbandoned
) -> None:
    waited = told_us(fact.waited_s)
    if not waited and call.phase == QUEUED and call.queued_at is not None:
        waited = now.at - call.queued_at
    if call.expectation < 0:
        call.expectation = now.rules.expected(fact.channel, talk, now.personas).within
    call.queue = fact.queue or call.queue
    if call.waited is None:
        talk.queued += 1
    call.waited = (call.waited or 0) + waited
    talk.waited += waited
    now.signs.append(
        QueueLeft(
            **now.about(talk, fact.channel),
            waited_s=waited / SECOND,
            expectation_s=float(call.expectation),
            is_abandoned=isinstance(fact, CallAbandoned),
        )
    )


def held(now: Now, talk: Conversation, fact: CallHeld) -> None:
    """The caller was put on hold."""
    contact = _handled(now, talk, fact)
    if contact is talk.call:
        contact.phase = TALKING
    _count(talk, contact, 0, told_us(fact.hold_s), 0)
    now.rows.append(contact_row(now, talk, contact))


def ended(now: Now, talk: Conversation, fact: CallEnded) -> bool:
    """The call is over. Whether somebody had spoken to the customer."""
    contact = _handled(now, talk, fact)
    talked, wrapped_up = told_us(fact.talk_s), told_us(fact.wrap_up_s)
    more = max(0, told_us(fact.hold_s) - contact.held)  # all of it is told again at the end
    answered_at = contact.answered_at
    if not talked and answered_at is not None and fact.channel in SPOKEN:
        talked = max(0, now.at - answered_at - contact.held - more)
    _count(talk, contact, talked, more, wrapped_up)
    contact.ended_at = now.at
    contact.agent, contact.team = contact.agent or fact.actor, contact.team or fact.team
    if contact is talk.call:
        contact.phase = ENDED
    now.rows.append(contact_row(now, talk, contact))
    return answered_at is not None or contact.talked > 0


def _handled(now: Now, talk: Conversation, fact: Touchpoint) -> Contact:
    running = talk.contact
    is_call = talk.call is not None and talk.call.phase not in OVER
    if running is not None and not is_call and fact.channel not in SPOKEN:
        return running
    return call_of(now, talk, fact)


def _count(talk: Conversation, contact: Contact, talked: int, on_hold: int, after: int) -> None:
    if not (talked or on_hold or after):
        return
    if not contact.is_handled:
        contact.is_handled = True
        talk.handled += 1
    contact.talked += talked
    contact.held += on_hold
    contact.wrapped_up += after
    talk.talked += talked
    talk.held += on_hold
    talk.wrapped_up += after


def told_us(seconds: float) -> Instant:
    """A duration that a source told, in microseconds; nothing if it cannot be one."""
    return round(seconds * SECOND) if 0 < seconds <= TOLD_MAX_S else 0
