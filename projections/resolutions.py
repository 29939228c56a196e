"""Resolutions: whether one contact resolved a conversation, and when that became certain.

- A second contact before it is resolved says no.
- Being open a week after its opening says no.
- A contact of the same customer about the same topic and with the same brand within a week after it
  was resolved says no, whichever conversation it is in. An unknown topic or brand matches any; then
  it says that this is assumed.
- So does opening it again within that week.
- Praise, thanks and spam are no such contact, nor a call by the brand, nor an answer in a
  conversation that the brand began.
- A week after it was resolved without any of these: yes. Until then nobody knows.

Each conversation is judged once, by its first resolution, and counts from the customer's first
contact in it that wants an answer: only that one begins a matter. Which it is, conversations know;
one that was forgotten there begins anew in all tables.
"""

from __future__ import annotations

import msgspec

from projections.configuration import Configuration
from projections.matters import same_matter
from projections.projection import NEVER, Change, Projection, Step, by_wake
from projections.signs import CustomerCame, PersonasChanged, TalkReopened, TalkResolved
from projections.tables import RESOLUTIONS
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

NAME = "resolutions"
VERSION = 2
# A state stays small: beyond, the oldest is let go, undecided as it stands.
UNDECIDED_MAX = 64

UNDECIDED = "undecided"


class Matter(msgspec.Struct, array_like=True):
    """One conversation that is not judged yet; the fields are those of the table."""

    opened_at: Instant
    conversation: bytes
    brand: str
    channel: str
    agent: str
    team: str
    topic: str
    personas: tuple[str, ...]
    due_at: Instant  # when time alone will judge it
    resolved_at: Instant | None = None
    is_implied: bool = False


class ResolutionsState(msgspec.Struct, array_like=True):
    """One customer's matters by conversation, in the order of their opening."""

    undecided: dict[bytes, Matter] = {}
    personas: tuple[str, ...] = ()
    wake: Instant = NEVER


def resolutions(rules: Configuration) -> Projection[ResolutionsState]:
    """The projection under one configuration."""
    repeat_within = rules.resolution.repeat_within * SECOND
    unresolved_after = rules.resolution.unresolved_after * SECOND

    def came(
        state: ResolutionsState, sign: CustomerCame, customer: bytes
    ) -> Step[ResolutionsState]:
        rows: list[Change] = []
        for matter in list(state.undecided.values()):
            if matter.conversation == sign.conversation:
                verdict = "second_contact" if matter.resolved_at is None else "repeat"
                rows.append(_judge(state, matter, verdict, sign.at, customer))
            elif matter.resolved_at is not None and not sign.is_reply:
                fits, is_assumed = same_matter(matter.topic, matter.brand, sign.topic, sign.brand)
                if fits:
                    rows.append(_judge(state, matter, "repeat", sign.at, customer, is_assumed))
        if sign.is_first:
            key = sign.conversation
            if len(state.undecided) >= UNDECIDED_MAX:
                del state.undecided[next(iter(state.undecided))]
            matter = state.undecided[key] = Matter(
                sign.at,
                key,
                sign.brand,
                sign.channel,
                sign.agent,
                sign.team,
                sign.topic,
                state.personas,
                sign.at + unresolved_after,
            )
            rows.append(_row(matter, customer))
        return _step(state, rows)

    def resolved(
        state: ResolutionsState, sign: TalkResolved, customer: bytes
    ) -> Step[ResolutionsState]:
        matter = state.undecided.get(sign.conversation)
        if matter is None or matter.resolved_at is not None:
            return Step(state, [], [])
        matter.resolved_at, matter.is_implied = sign.at, sign.is_implied
        matter.agent, matter.team = sign.agent or matter.agent, sign.team or matter.team
        matter.topic = sign.topic or matter.topic
        matter.due_at = sign.at + repeat_within
        return _step(state, [_row(matter, customer)])

    def reopened(
        state: ResolutionsState, sign: TalkReopened, customer: bytes
    ) -> Step[ResolutionsState]:
        matter = state.undecided.get(sign.conversation)
        if matter is None or matter.resolved_at is None:
            return Step(state, [], [])
        return _step(state, [_judge(state, matter, "repeat", sign.at, customer)])

    def on_time(state: ResolutionsState, at: Instant, customer: bytes) -> Step[ResolutionsState]:
        rows = []
        for matter in list(state.undecided.values()):
            if matter.due_at == at:
                verdict = "unresolved" if matter.resolved_at is None else "first_contact"
                rows.append(_judge(state, matter, verdict, at, customer))
        return _step(state, rows)

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(RESOLUTIONS,),
        state_type=ResolutionsState,
        initial=ResolutionsState,
        evolve=_nothing,
        wake_at=by_wake,
        on_time=on_time,
        reads=(),
        hears={
            CustomerCame: came,
            TalkResolved: resolved,
            TalkReopened: reopened,
            PersonasChanged: _personas,
        },
    )


def _nothing(state: ResolutionsState, event: Recorded, customer: bytes) -> Step[ResolutionsState]:
    return Step(state, [], [])


def _personas(
    state: ResolutionsState, sign: PersonasChanged, customer: bytes
) -> Step[ResolutionsState]:
    state.personas = sign.personas
    return Step(state, [], [])


def _step(state: ResolutionsState, rows: list[Change]) -> Step[ResolutionsState]:
    state.wake = min((m.due_at for m in state.undecided.values()), default=NEVER)
    return Step(state, rows, [])


def _judge(
    state: ResolutionsState,
    matter: Matter,
    verdict: str,
    at: Instant,
    customer: bytes,
    is_assumed: bool = False,
) -> Change:
    del state.undecided[matter.conversation]
    return _row(matter, customer, verdict, at, is_assumed)


def _row(
    matter: Matter,
    customer: bytes,
    verdict: str = UNDECIDED,
    decided_at: Instant | None = None,
    is_assumed: bool = False,
) -> Change:
    return Change(
        RESOLUTIONS.name,
        (
            customer.hex(),
            matter.opened_at,
            matter.conversation.hex(),
            matter.brand,
            matter.channel,
            matter.agent,
            matter.team,
            matter.topic,
            list(matter.personas),
            matter.resolved_at,
            matter.is_implied,
            verdict,
            decided_at,
            is_assumed,
        ),
    )
