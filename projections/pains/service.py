"""Service: answers that are late or do not come, and queues."""

from __future__ import annotations

from projections.pains.kinds import Kind
from projections.pains.now import ANSWER, Now, about_sign, pain_id
from projections.pains.state import CAUSES_MAX
from projections.signs import QueueLeft, TurnAnswered, TurnClosed, TurnOverdue
from schemas.times import SECOND


def overdue(now: Now, sign: TurnOverdue) -> None:
    """The expectation passed without an answer."""
    now.heard(sign)
    now.begin(Kind.UNANSWERED, about_sign(sign), cause=sign.opened_by, family=ANSWER)


def answered(now: Now, sign: TurnAnswered) -> None:
    """An answer came; if it was late, what was unanswered is a slow response from now on."""
    now.heard(sign)
    about = about_sign(sign)
    if not 0 <= sign.expectation_s < sign.waited_s:
        return
    times = sign.waited_s / sign.expectation_s if sign.expectation_s else float("inf")
    pain = now.state.pains.get(pain_id(ANSWER, about, sign.opened_by))
    if pain is None:
        pain = now.begin(
            Kind.SLOW_RESPONSE,
            about,
            cause=sign.opened_by,
            at=sign.opened_at + round(sign.expectation_s * SECOND),
            measure=times,
            family=ANSWER,
        )
    elif now.rules.slow_response.enabled:
        now.ended(pain)
        pain.kind = str(Kind.SLOW_RESPONSE)
        pain.agent, pain.team = sign.agent, sign.team
        now.grade(pain, times)
        now.began(pain)
    if pain is not None:
        if len(pain.causes) < CAUSES_MAX:
            pain.causes.append(now.event_id)
        now.end(pain, "answered")


def closed(now: Now, sign: TurnClosed) -> None:
    """The turn ended without an answer."""
    now.heard(sign)
    pain = now.state.pains.get(pain_id(ANSWER, about_sign(sign), sign.opened_by))
    if pain is not None and pain.ended_at is None:
        now.end(pain, "resolved")


def left_queue(now: Now, sign: QueueLeft) -> None:
    """A call left its queue."""
    now.heard(sign)
    about = about_sign(sign)
    if 0 <= sign.expectation_s < sign.waited_s:
        beyond = round((sign.waited_s - sign.expectation_s) * SECOND)
        times = sign.waited_s / sign.expectation_s if sign.expectation_s else float("inf")
        pain = now.begin(Kind.LONG_QUEUE, about, at=now.at - beyond, measure=times)
        if pain is not None:
            now.end(pain, "hung_up" if sign.is_abandoned else "answered")
    if sign.is_abandoned:
        now.moment(Kind.ABANDONED_CALL, about)
