"""Journey stages: a table of transitions, and the history that follows from it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from projections.configuration import Configuration
from projections.projection import NEVER, Change, Projection, Step
from projections.tables import STAGES
from schemas.events import MessageReceived, OrderDelivered, OrderPlaced, SurveyAnswered
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant

NAME = "stages"
VERSION = 1


class Stage(StrEnum):
    """Where a customer stands."""

    AWARENESS = "awareness"
    CONSIDERATION = "consideration"
    PURCHASE = "purchase"
    USAGE = "usage"
    LOYALTY = "loyalty"
    AT_RISK = "at_risk"
    LAPSED = "lapsed"


class Sign(StrEnum):
    """What may move a customer."""

    QUESTION = "question"
    ORDER = "order"
    SECOND_ORDER = "second_order"  # within the loyalty window of the one before
    DELIVERED = "delivered"
    LOW_CSAT = "low_csat"
    HIGH_CSAT = "high_csat"
    INBOUND = "inbound"  # any touch by the customer that has no sign of its own
    SILENCE = "silence"  # no inbound touch for the lapse time


# These say something whoever tells it: a delivery is the brand's, an order may be typed in.
HAS_OWN_SIGN = (OrderPlaced, OrderDelivered, SurveyAnswered)

BEFORE = "before"  # back to the stage before

PATH = (Stage.AWARENESS, Stage.CONSIDERATION, Stage.PURCHASE, Stage.USAGE, Stage.LOYALTY)

# (stage, sign) -> stage. A pair that is absent leaves the stage as it is.
TRANSITIONS: dict[tuple[Stage, Sign], Stage | str] = {
    (Stage.AWARENESS, Sign.QUESTION): Stage.CONSIDERATION,
    (Stage.AWARENESS, Sign.ORDER): Stage.PURCHASE,
    (Stage.AWARENESS, Sign.SECOND_ORDER): Stage.LOYALTY,
    (Stage.CONSIDERATION, Sign.ORDER): Stage.PURCHASE,
    (Stage.CONSIDERATION, Sign.SECOND_ORDER): Stage.LOYALTY,
    (Stage.PURCHASE, Sign.DELIVERED): Stage.USAGE,
    (Stage.PURCHASE, Sign.SECOND_ORDER): Stage.LOYALTY,
    (Stage.USAGE, Sign.ORDER): Stage.PURCHASE,
    (Stage.USAGE, Sign.SECOND_ORDER): Stage.LOYALTY,
    **{(stage, Sign.LOW_CSAT): Stage.AT_RISK for stage in PATH},
    (Stage.AT_RISK, Sign.ORDER): BEFORE,
    (Stage.AT_RISK, Sign.SECOND_ORDER): BEFORE,
    (Stage.AT_RISK, Sign.HIGH_CSAT): BEFORE,
    **{(stage, Sign.SILENCE): Stage.LAPSED for stage in (*PATH, Stage.AT_RISK)},
    **{(Stage.LAPSED, sign): Stage.CONSIDERATION for sign in Sign if sign is not Sign.SILENCE},
    (Stage.LAPSED, Sign.ORDER): Stage.PURCHASE,
    (Stage.LAPSED, Sign.SECOND_ORDER): Stage.PURCHASE,
}
# A delivery is no touch by the customer: it wakes nobody up.
del TRANSITIONS[Stage.LAPSED, Sign.DELIVERED]


class StagesState(msgspec.Struct, array_like=True):
    """Where one customer stands and what decides about the next move."""

    stage: str = ""
    entered_at: Instant = 0
    ordinal: int = 0
    previous: str = ""
    cause: str = ""
    cause_event_id: bytes = b""
    before_risk: str = ""
    last_order_at: Instant | None = None
    lapses_at: Instant = NEVER


def stages(rules: Configuration) -> Projection[StagesState]:
    """The projection under one configuration."""
    lapse = rules.stages.lapse * SECOND
    window = rules.stages.loyalty_window * SECOND

    def sign_of(state: StagesState, event: Recorded, fact: Touchpoint) -> Sign | None:
        if isinstance(fact, OrderPlaced):
            last, state.last_order_at = state.last_order_at, event.occurred_at
            again = last is not None and event.occurred_at - last <= window
            return Sign.SECOND_ORDER if again else Sign.ORDER
        if isinstance(fact, OrderDelivered):
            return Sign.DELIVERED
        if isinstance(fact, SurveyAnswered) and fact.survey == "csat":
            if fact.share_of_scale <= rules.stages.low_csat_share:
                return Sign.LOW_CSAT
            if fact.share_of_scale >= rules.stages.high_csat_share:
                return Sign.HIGH_CSAT
        if isinstance(fact, MessageReceived) and fact.is_question:
            return Sign.QUESTION
        return Sign.INBOUND if fact.direction == "inbound" else None

    def evolve(state: StagesState, event: Recorded, customer: bytes) -> Step[StagesState]:
        fact, at = event.fact, event.occurred_at
        rows: list[Change] = []
        if not isinstance(fact, Touchpoint):
            return Step(state, rows, [])
        if fact.direction == "internal" and not isinstance(fact, HAS_OWN_SIGN):
            return Step(state, rows, [])
        if not state.stage:
            rows += _enter(state, Stage.AWARENESS, at, "first_touch", event, customer)
            state.lapses_at = at + lapse
        sign = sign_of(state, event, fact)
        if sign is not None:
            rows += _move(state, sign, at, event, customer)
        came_back = state.lapses_at == NEVER and state.stage != Stage.LAPSED
        if fact.direction == "inbound" or came_back:
            state.lapses_at = at + lapse
        return Step(state, rows, [])

    def on_time(state: StagesState, at: Instant, customer: bytes) -> Step[StagesState]:
        state.lapses_at = NEVER
        return Step(state, _move(state, Sign.SILENCE, at, None, customer), [])

    return Projection(
        name=NAME,
        version=VERSION,
        tables=(STAGES,),
        state_type=StagesState,
        initial=StagesState,
        evolve=evolve,
        wake_at=lambda state: state.lapses_at,
        on_time=on_time,
    )


def _move(
    state: StagesState, sign: Sign, at: Instant, event: Recorded | None, customer: bytes
) -> list[Change]:
    to = TRANSITIONS.get((Stage(state.stage), sign))
    if to is None:
        return []
    if to is BEFORE:
        to = state.before_risk
    if to == Stage.AT_RISK:
        state.before_risk = state.stage
    return _enter(state, to, at, sign, event, customer)


def _enter(
    state: StagesState, to: str, at: Instant, cause: str, event: Recorded | None, customer: bytes
) -> list[Change]:
    """Leave the stage and enter the next: the rows of both."""
    rows = [_row(state, customer, at)] if state.stage else []
    state.previous, state.stage = state.stage, to
    state.entered_at, state.cause = at, cause
    state.cause_event_id = event.event_id if event else b""
    state.ordinal += 1
    return [*rows, _row(state, customer, None)]


def is_back(previous: str, stage: str) -> bool:
    """Whether both lie on the path and the second comes earlier."""
    if previous not in PATH or stage not in PATH:
        return False
    return PATH.index(Stage(stage)) < PATH.index(Stage(previous))


def _row(state: StagesState, customer: bytes, left_at: Instant | None) -> Change:
    dwell = None if left_at is None else (left_at - state.entered_at) / SECOND
    return Change(
        STAGES.name,
        (
            customer.hex(),
            state.entered_at,
            state.ordinal,
            str(state.stage),
            str(state.previous),
            is_back(state.previous, state.stage),
            left_at,
            dwell,
            str(state.cause),
            state.cause_event_id.hex(),
            VERSION,
        ),
    )
