"""Resolutions: whether one contact resolved a conversation, and when that became certain.

- A second contact before it is resolved says no.
- Being open a week after its opening says no.
- A contact of the same customer about the same topic within a week after it was resolved says no,
  whichever conversation it is in. An unknown topic matches any; then it says that this is assumed.
- So does opening it again within that week.
- A week after it was resolved without any of these: yes. Until then nobody knows.

Each conversation is judged once, by its first resolution. One that the brand began counts from the
customer's first contact in it.
"""

from __future__ import annotations

import msgspec

from projections.configuration import Configuration
from projections.projection import NEVER, Change, Projection, Step
from projections.signs import ContactBegan, PersonasChanged, TalkReopened, TalkResolved
from projections.tables import RESOLUTIONS
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

NAME = "resolutions"
VERSION = 1
# A state stays small: beyond, the oldest is let go, undecided as it stands.
UNDECIDED_MAX = 64
JUDGED_MAX = 64  # conversations that are known to be judged, the latest

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
    judged: list[bytes] = []
    personas: tuple[str, ...] = ()
    wake: Instant = NEVER


def resolutions(rules: Configuration) -> Projection[ResolutionsState]:
    """The projection under one configuration."""
    repeat_within = rules.resolution.repeat_within * SECOND
    unresolved_after = rules.resolution.unresolved_after * SECOND

    def contact(
        state: ResolutionsState, sign: ContactBegan, customer: bytes
    ) -> Step[ResolutionsState]:
        rows: list[Change] = []
        for matter in list(state.undecided.values()):
            if matter.resolved_at is not None:
                if _same(matter.topic, sign.topic):
                    is_assumed = not matter.topic or not sign.topic
                    rows.append(_judge(state, matter, "repeat", sign.at, customer, is_assumed))
            elif matter.conversation == sign.conversation:
                rows.append(_judge(state, matter, "second_contact", sign.at, customer))
        key = sign.conversation
        if key not in state.undecided and key not in state.judged:
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
        wake_at=lambda state: state.wake,
        on_time=on_time,
        reads=(),
        hears={
            ContactBegan: contact,
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


def _same(topic: str, other: str) -> bool:
    """Whether two topics may be one: an unknown one matches any."""
    return not topic or not other or topic == other


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
    state.judged = [*state.judged, matter.conversation][-JUDGED_MAX:]
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
