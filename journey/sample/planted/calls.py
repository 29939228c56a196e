"""Stories of calls, and of a channel that ends."""

from __future__ import annotations

from journey.sample.planted.story import (
    ANNOUNCED_DAY,
    DAY,
    HOUR,
    KIM,
    QUEUE_DUE,
    RETIRED_DAY,
    SECOND,
    Line,
    Story,
    case,
    near,
)


def _call(s: Story, waited: int, end: str) -> None:
    s.tell(0, "call-queued", "phone", 1, queue="sales")
    if end == "abandoned":
        s.tell(waited, "call-abandoned", "phone", 1, queue="sales", waited_s=waited)
        return
    s.tell(waited, "call-answered", "phone", 1, KIM, queue="sales", waited_s=waited)
    spoke: Line = {"talk_s": 120, "hold_s": 0, "wrap_up_s": 10}
    s.tell(waited + 130, "call-ended", "phone", 1, KIM, **spoke)


@case("long_queue", "one second over the expectation")
def _(s: Story) -> None:
    _call(s, QUEUE_DUE + SECOND, "answered")
    s.suffers("long_queue", QUEUE_DUE)


@near("long_queue", "answered at the last moment")
def _(s: Story) -> None:
    _call(s, QUEUE_DUE, "answered")


@near("long_queue", "hung up at the last moment")
def _(s: Story) -> None:
    _call(s, QUEUE_DUE, "abandoned")
    s.suffers("abandoned_call", QUEUE_DUE)


@case("abandoned_call", "hung up in the queue")
def _(s: Story) -> None:
    waited = s.between(5, QUEUE_DUE)
    _call(s, waited, "abandoned")
    s.suffers("abandoned_call", waited)


@case("abandoned_call", "hung up after a long wait")
def _(s: Story) -> None:
    waited = QUEUE_DUE + s.between(1, 600)
    _call(s, waited, "abandoned")
    s.suffers("long_queue", QUEUE_DUE)
    s.suffers("abandoned_call", waited)


@near("abandoned_call", "taken after a while")
def _(s: Story) -> None:
    _call(s, s.between(5, QUEUE_DUE), "answered")


# --- a channel that ends ----------------------------------------------------------------------


@case("retired_channel", "written to on the day of the announcement")
def _(s: Story) -> None:
    s.start = ANNOUNCED_DAY * DAY + s.between(0, DAY)
    s.asks(0, "sms")
    s.asks(60, "sms")
    s.answers(HOUR, "sms")
    s.suffers("retired_channel", 0)


@case("retired_channel", "written to when it is retired")
def _(s: Story) -> None:
    s.start = RETIRED_DAY * DAY + s.between(0, 5 * DAY)
    s.asks(0, "sms")
    s.answers(HOUR, "sms")
    s.suffers("retired_channel", 0)


@near("retired_channel", "a second before the announcement")
def _(s: Story) -> None:
    s.start = ANNOUNCED_DAY * DAY - SECOND
    s.asks(0, "sms")
    s.answers(HOUR, "sms")


@near("retired_channel", "another channel")
def _(s: Story) -> None:
    s.start = RETIRED_DAY * DAY
    s.asks(0, "messaging")
    s.answers(HOUR, "messaging")
