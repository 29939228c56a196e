"""No person: bots that lead nowhere, and people who answer like bots."""

from __future__ import annotations

from typing import Any

from projections.pains.kinds import Kind
from projections.pains.now import Now
from projections.pains.state import LISTED_MAX, Talk, make_room

PRINT_BYTES = 8  # of a fingerprint: enough to tell the texts of one conversation apart


def gave_up(now: Now, about: dict[str, Any]) -> None:
    """The bot could not help."""
    _dead_end(now, about, [now.event_id])


def asked(now: Now, about: dict[str, Any], talk: Talk, how: str) -> None:
    """The customer asked for a person.

    Args:
        how: the kind of event that tells it. The same request may be told by two.
    """
    if talk.asked_by not in ("", how):
        talk.asked_by = how
        return
    talk.asked_by = how
    requests = now.rules.bot_dead_end.requests
    talk.asked = [*talk.asked, now.event_id][-requests:]
    if len(talk.asked) >= requests:
        _dead_end(now, about, talk.asked)


def _dead_end(now: Now, about: dict[str, Any], causes: list[bytes]) -> None:
    if not any(now.open(Kind.BOT_DEAD_END, conversation=about["conversation"])):
        now.begin(Kind.BOT_DEAD_END, about, causes=causes)


def brand_spoke(now: Now, about: dict[str, Any], talk: Talk, kind: str, text: bytes) -> None:
    """The brand had a word.

    Args:
        kind: human, bot or system.
        text: the fingerprint of what was said; empty: unknown.
    """
    talk.asked_by = ""
    if kind != "human":
        return
    talk.asked = []
    for pain in now.open(Kind.BOT_DEAD_END, conversation=about["conversation"]):
        now.end(pain, "answered")
    key = text[:PRINT_BYTES]
    if not key:
        return
    sent = talk.texts.pop(key, [])
    make_room(talk.texts, LISTED_MAX)
    times = now.rules.scripted_reply.times
    if len(sent) < times:
        sent = [*sent, now.event_id]
        if len(sent) == times:
            now.begin(Kind.SCRIPTED_REPLY, about, causes=sent)
    talk.texts[key] = sent
