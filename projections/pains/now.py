"""What a step of the pains projection works with: moment, rules, what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any

from projections.configuration import Configuration
from projections.configuration.pains import Graded
from projections.pains.kinds import Kind
from projections.pains.rows import MILLION, pain_row
from projections.pains.state import (
    CAUSES_MAX,
    LISTED_MAX,
    PAINS_MAX,
    TALKS_MAX,
    Pain,
    PainsState,
    Talk,
    make_room,
)
from projections.projection import NEVER, Change
from projections.signs import PainBegan, PainEnded, Sign, TalkSign
from schemas.fact import Touchpoint, topic_of
from schemas.times import SECOND, Instant, instant

AT_ONCE = "at_once"
ANSWER = "answer"  # an unanswered turn and its late answer are one pain


class Laid:
    """The configuration, laid out for the fold.

    Args:
        rules: all of it.
    """

    def __init__(self, rules: Configuration) -> None:
        self.pains = rules.pains
        self.first_stage = rules.stages.path[0]
        self.gap = rules.conversations.thread_gap * SECOND
        self.contacts_within = rules.pains.contacts_within * SECOND
        self.refunds_within = rules.pains.refunds_within * SECOND
        self.unit_micros = {n: round(c.unit_cost * MILLION) for n, c in rules.channels.items()}
        # channel -> from when its end is known, from when it is no longer served
        self.endings: dict[str, tuple[Instant, Instant]] = {}
        for name, channel in rules.channels.items():
            told = [
                NEVER if day is None else instant(datetime.combine(day, time(), UTC))
                for day in (channel.announced_at, channel.retired_at)
            ]
            if min(told) < NEVER:
                self.endings[name] = (min(told), told[1])


class Now:
    """One moment: an event, a sign or a timer.

    Args:
        event_id: of the event behind it; empty when time did it.
    """

    __slots__ = ("at", "customer", "event_id", "laid", "rows", "rules", "signs", "state")

    def __init__(
        self, laid: Laid, state: PainsState, at: Instant, event_id: bytes, customer: bytes
    ) -> None:
        self.laid, self.rules, self.state = laid, laid.pains, state
        self.at, self.event_id, self.customer = at, event_id, customer.hex()
        self.rows: list[Change] = []
        self.signs: list[Sign] = []

    # --- pains ------------------------------------------------------------------------------

    def begin(
        self,
        kind: Kind,
        about: dict[str, Any],
        *,
        cause: bytes = b"",
        causes: Iterable[bytes] = (),
        at: Instant | None = None,
        severity: int = 0,
        measure: float = 0.0,
        is_assumed: bool = False,
        contacts: int = 0,
        family: str = "",
    ) -> Pain | None:
        """A pain begins, unless its kind is not looked for or it is known already.

        Args:
            about: fields of the pain: conversation, subject, brand, channel, topic, team, agent.
            cause: the event that caused it, else the one behind this moment.
            causes: all events behind it, else that one.
            at: when it began, else now.
            severity: if the rule says so itself, else by the settings and ``measure``.
            contacts: extra ones that it stands for itself, on its channel.
            family: kinds of one family with one cause are one pain.
        """
        rule = self.rules.rule(kind)
        if not rule.enabled:
            return None
        cause = cause or self.event_id
        key = pain_id(family or kind, about, cause or str(self.at).encode())
        if key in self.state.pains:
            return None
        if not severity:
            severity = rule.graded(measure) if isinstance(rule, Graded) else rule.severity
        found = Pain(
            id=key,
            kind=str(kind),
            began_at=self.at if at is None else at,
            severity=severity,
            stage=self.stage,
            personas=self.state.personas,
            causes=[c for c in (*causes, *(() if causes else (cause,))) if c][:CAUSES_MAX],
            is_assumed=is_assumed,
            measure=float(measure),
            extra_contacts=contacts,
            currency=self.rules.currency,
            contact_micros=contacts * self.laid.unit_micros.get(about.get("channel", ""), 0),
            **about,
        )
        self._make_room()
        self.state.pains[key] = found
        self.publish(found)
        self.began(found)
        return found

    def moment(self, kind: Kind, about: dict[str, Any], **more: Any) -> None:
        """A pain that is over as it begins."""
        pain = self.begin(kind, about, **more)
        if pain is not None:
            pain.ended_event = pain.causes[-1] if pain.causes else b""
            pain.ended_at, pain.ended_by = max(pain.began_at, self.at), AT_ONCE
            self.publish(pain)

    def end(self, pain: Pain, by: str, measure: float | None = None) -> None:
        """A pain ends with this moment.

        Args:
            measure: how bad it was in the end, where its severity rests on that.
        """
        pain.ended_at, pain.ended_by, pain.ended_event = self.at, by, self.event_id
        if measure is not None:
            self.grade(pain, measure)
        self.publish(pain)
        self.ended(pain)

    def ended(self, pain: Pain) -> None:
        """Tell that a pain ended."""
        self.signs.append(
            PainEnded(
                at=self.at,
                event_id=self.event_id,
                kind=pain.kind,
                conversation=pain.conversation,
            )
        )

    def began(self, pain: Pain) -> None:
        """Tell that a pain began."""
        self.signs.append(
            PainBegan(
                at=self.at,
                event_id=self.event_id,
                kind=pain.kind,
                severity=pain.severity,
                conversation=pain.conversation,
                cause=self.event_id or next(iter(pain.causes), b""),
            )
        )

    def grade(self, pain: Pain, measure: float) -> None:
        """A pain is as bad as its measure says."""
        rule = self.rules.rule(pain.kind)
        pain.measure = float(measure)  # saved and read again it is the same
        if isinstance(rule, Graded):
            pain.severity = rule.graded(measure)

    def publish(self, pain: Pain) -> None:
        """The row as it is now."""
        self.rows.append(pain_row(self.customer, pain))

    def open(self, *kinds: Kind, conversation: bytes | None = None) -> Iterator[Pain]:
        """Pains of these kinds that have not ended, the oldest first.

        Args:
            conversation: only those of it.
        """
        for pain in list(self.state.pains.values()):
            is_there = conversation is None or pain.conversation == conversation
            if pain.ended_at is None and pain.kind in kinds and is_there:
                yield pain

    def _make_room(self) -> None:
        """Forget pains that nothing can change any more; if need be, the oldest."""
        pains = self.state.pains
        if len(pains) < PAINS_MAX:
            return
        kept = max(self.laid.contacts_within, self.laid.refunds_within)
        for pain in list(pains.values()):
            if pain.ended_at is not None and self.at - pain.began_at > kept:
                del pains[pain.id]
        for pain in list(pains.values()):
            if len(pains) >= PAINS_MAX and pain.ended_at is not None:
                del pains[pain.id]
        make_room(pains, PAINS_MAX)

    # --- who and where ----------------------------------------------------------------------

    @property
    def stage(self) -> str:
        """Where the customer stood when this happened: before what it may have changed.

        Who stood nowhere yet comes into the first stage.
        """
        state = self.state
        is_moving = state.moved_at == self.at and state.moved_by == self.event_id
        stood = (state.before if is_moving else "") or state.stage
        return stood or self.laid.first_stage

    def talk(self, conversation: bytes) -> Talk:
        """What is known of a conversation, from now on the one that was heard of last."""
        talks = self.state.talks
        talk = talks.pop(conversation, None)
        if talk is None:
            talk = Talk()
            make_room(talks, TALKS_MAX)
        talks[conversation] = talk
        if self.event_id:
            talk.last_at = self.at
        return talk

    def heard(self, sign: TalkSign) -> Talk:
        """The conversation of a sign, with what the sign says of it."""
        talk = self.talk(sign.conversation)
        talk.brand = sign.brand
        talk.topic, talk.agent, talk.team = sign.topic, sign.agent, sign.team
        if self.event_id:
            self._thread(f"{sign.brand}\n{sign.channel}", sign.conversation)
        return talk

    def in_talk(self, fact: Touchpoint) -> tuple[bytes, Talk]:
        """The conversation that something was said in, with what it says of it."""
        conversation = self.conversation_of(fact)
        talk = self.talk(conversation)
        talk.brand = fact.brand or talk.brand
        talk.topic = fact.topic or talk.topic or topic_of(fact)
        return conversation, talk

    def conversation_of(self, fact: Touchpoint) -> bytes:
        """The conversation that a message belongs to, also where the source tells none."""
        if fact.conversation:
            return fact.conversation
        thread = f"{fact.brand}\n{fact.channel}"
        key = self.state.threads.get(thread, b"")
        talk = self.state.talks.get(key)
        if talk is None or self.at - talk.last_at > self.laid.gap:
            key = self.event_id
        self._thread(thread, key)
        return key

    def _thread(self, thread: str, conversation: bytes) -> None:
        threads = self.state.threads
        if threads.get(thread) != conversation:
            threads.pop(thread, None)
            make_room(threads, LISTED_MAX)
            threads[thread] = conversation


def pain_id(family: str, about: dict[str, Any], cause: bytes) -> bytes:
    """What a pain is known by: 16 bytes of a hash."""
    of = about.get("conversation") or about.get("subject") or b""
    return sha256(b"\x00".join((b"pain", family.encode(), of, cause))).digest()[:16]


def about_sign(sign: TalkSign) -> dict[str, Any]:
    """What a sign about a conversation says of a pain."""
    return {
        "conversation": sign.conversation,
        "brand": sign.brand,
        "channel": sign.channel,
        "topic": sign.topic,
        "agent": sign.agent,
        "team": sign.team,
    }


def about_fact(
    fact: Touchpoint, conversation: bytes = b"", talk: Talk | None = None
) -> dict[str, Any]:
    """What a touchpoint says of a pain, with what is known of its conversation."""
    is_staff = fact.actor_kind in ("human", "bot")
    agent, team = (fact.actor, fact.team) if is_staff else ("", "")
    return {
        "conversation": conversation or fact.conversation,
        "brand": fact.brand or (talk.brand if talk else ""),
        "channel": fact.channel,
        "topic": topic_of(fact) if talk is None else talk.topic,
        "agent": agent or (talk.agent if talk else ""),
        "team": team or (talk.team if talk else ""),
    }
