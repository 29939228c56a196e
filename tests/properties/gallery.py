"""Plots that were thought of: each turns on one detail of a rule."""

from schemas.times import DAY, HOUR, MICROSECOND, MINUTE, SECOND, Instant
from tests.properties.plots import Moment, Plot, Step

_numbers = iter(range(1_000_000))


def told(
    kind: str,
    way: str = "mail",
    *,
    talk: int | None = None,
    ago: Instant = 0,
    channel: str = "chat",
) -> Moment:
    return Moment(next(_numbers), 0, kind, way, channel, talk, ago, False)


def step(
    *moments: Moment,
    wait: Instant = 0,
    imported: bool = False,
    works: str = "advance",
) -> Step:
    return Step(wait, list(moments), False, imported, works, True, False, 0)


def plot(*steps: Step, batch: int = 5_000) -> Plot:
    return Plot(list(steps), batch, 5_000, 1)


LATER = step(wait=DAY)

GALLERY: dict[str, Plot] = {
    "nobody answers": plot(step(told("asks")), LATER),
    "an answer at the very end of the expectation": plot(
        step(told("asks", talk=0)), step(told("replies", talk=0), wait=2 * MINUTE), LATER
    ),
    "an answer a microsecond too late": plot(
        step(told("asks", talk=0)),
        step(wait=2 * MINUTE),
        step(told("replies", talk=0), wait=MICROSECOND),
        LATER,
    ),
    "two messages of one turn": plot(
        step(told("asks", talk=0)), step(told("says", talk=0), wait=SECOND), LATER
    ),
    "told three days late": plot(step(told("asks", ago=3 * DAY)), LATER),
    "told as history": plot(step(told("asks"), imported=True, works="hold"), LATER),
    "back when silence would have settled it": plot(
        step(told("asks", talk=0), told("replies", talk=0)),
        step(told("asks", talk=0), wait=3 * DAY),
        LATER,
    ),
    "settled by silence, then an earlier message comes": plot(
        step(told("asks", talk=0), told("replies", talk=0)),
        step(wait=4 * DAY),
        step(told("asks", talk=0, ago=2 * DAY)),
        LATER,
    ),
    "told backwards": plot(
        step(told("replies", talk=0, ago=MINUTE), told("asks", talk=0, ago=2 * MINUTE)),
        step(told("orders", ago=DAY), told("unhappy", ago=2 * DAY)),
        LATER,
    ),
    "a visitor turns out to be known": plot(
        step(told("says", talk=1), told("asks", "visitor", talk=0)),
        step(told("looks", "known"), wait=SECOND),
        LATER,
    ),
    "both waited when they became one": plot(
        step(told("asks")),
        step(told("asks", "visitor"), wait=SECOND),
        step(told("looks", "known"), wait=SECOND),
        LATER,
    ),
    "three become one in one batch": plot(
        step(
            told("asks"),
            told("asks", "visitor"),
            told("asks", "phone"),
            told("looks", "known"),
            told("links"),
            works="",
        ),
        LATER,
    ),
    "a chain of merges, an event at a time": plot(
        step(told("asks", "visitor"), told("asks", "device"), told("asks"), works=""),
        step(told("looks", "both"), told("looks", "known"), told("asks", "phone"), works=""),
        step(told("links"), told("says", "device", ago=3 * DAY), works="catch_up"),
        LATER,
        batch=1,
    ),
    "late, for somebody who became another": plot(
        step(told("asks", "visitor", talk=0), told("looks")),
        step(told("looks", "known"), wait=DAY),
        step(told("says", "visitor", ago=2 * DAY), wait=DAY),
        LATER,
    ),
    "a timer fell due while the engine slept, then a merge": plot(
        step(told("asks", "visitor"), told("looks")),
        step(told("looks", "known"), wait=DAY, works=""),
        step(works="hold"),
        LATER,
    ),
    "of a brand, between what customers say": plot(
        step(told("posts"), told("asks", talk=0), told("overheard"), works="catch_up"),
        step(told("overheard", ago=2 * DAY), told("plans"), wait=DAY),
        LATER,
        batch=1,
    ),
    "a brand alone": plot(step(told("posts"), told("plans"), imported=True), LATER),
    "of a declared type, before a merge": plot(
        step(told("applies", "visitor"), told("applies")),
        step(told("looks", "known"), wait=DAY),
        LATER,
    ),
    "taken apart while both wait": plot(
        step(told("asks", talk=0), told("asks", "visitor", talk=1, channel="email")),
        step(told("looks", "known"), wait=SECOND),
        step(told("parts", "visitor"), wait=HOUR),
        step(told("says", "visitor", talk=1, channel="email"), told("replies", talk=0)),
        LATER,
    ),
    "linked, taken apart, linked again, in one batch": plot(
        step(
            told("asks", "phone"),
            told("asks"),
            told("links"),
            told("parts"),
            told("says", "phone"),
            told("links"),
            works="",
        ),
        step(told("parts", "phone"), told("says", "phone"), told("unhappy")),
        LATER,
    ),
    "out of a chain, an event at a time": plot(
        step(told("asks", "visitor"), told("asks", "device"), told("asks"), works=""),
        step(told("looks", "both"), told("looks", "known"), told("parts", "device"), works=""),
        step(told("says", "device", ago=3 * DAY), told("parts", "both"), works="catch_up"),
        LATER,
        batch=1,
    ),
    "taken apart long after": plot(
        step(told("asks", "phone", talk=0), told("asks", "visitor", talk=1)),
        step(told("orders"), told("links"), told("looks", "known"), wait=DAY),
        step(told("replies", talk=0), told("unhappy", "phone")),
        step(told("parts"), wait=90 * DAY),
        step(told("says", "phone", ago=100 * DAY), told("says", ago=95 * DAY), wait=100 * DAY),
        LATER,
    ),
    "half a year of silence": plot(
        step(told("orders")), step(told("looks"), wait=180 * DAY), step(wait=180 * DAY), LATER
    ),
}
