"""A crowd: one trigger reaches more people than may be written to in a rolling day.

It comes months before all other stories, so who the brand knows then is planted to the last person.
Seconds of the crowd count from its first message, at noon in Tokyo.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import NamedTuple

from journey.sample.planted.story import DAY, HOUR
from journey.sample.reach.offers import OF
from journey.sample.reach.story import NOON, TOKYO, Plot, Reach

OFFER = OF["payment-failed"]
NOON_OF_IT = -31 * 7 * DAY + NOON - TOKYO  # in seconds of the window: a Monday in June
KNOWN = 499  # when it begins: a hundredth of them is four, of one more it is five
NEWCOMER = 2 * HOUR - 2  # when that one comes
PAID = 3 * DAY  # after the message: who waits for approval has not paid yet

# When a message is due, and what there is to it.
PLAN: tuple[tuple[float, str], ...] = (
    (0, "the first of a crowd"),
    (1, "the second of a crowd"),
    (2, "the third of a crowd"),
    (3, "the last of a crowd that may go out"),
    (4, "the first of a crowd that may not"),
    (5, "waits a second too long, when somebody approves two"),
    (6, "waits to the last moment, when somebody approves two"),
    (7, "the second of two that are approved"),
    (2 * HOUR - 1, "one customer more is known, but was not when the hour began"),
    (2 * HOUR, "a new hour: of one customer more one message more may go out"),
    (2 * HOUR + 1, "one message more, and no second one"),
    (DAY - 1, "a second less than a day after the first of a crowd"),
    (DAY, "a day after the first of a crowd"),
    (DAY + 1, "a day after the second of a crowd"),
    (DAY + HOUR, "those that were approved count as well"),
    (DAY + 2 * HOUR, "a day after the one message more"),
    (DAY + 2 * HOUR + 1, "a second more than a day after the one message more"),
    (2 * DAY + 2, "a new day, and the fourth in it"),
    (2 * DAY + 3, "the fifth in it, and the last that may go out"),
    (2 * DAY + 5, "a second less than a day after the approval"),
    (2 * DAY + 6, "a day after the approval"),
    (2 * DAY + 7, "a second more than a day after the approval, of which two were let out"),
)


class Approval(NamedTuple):
    """Somebody lets messages out that wait.

    Args:
        at: when, in seconds of the window.
        number: how many.
    """

    trigger: str
    at: float
    number: int
    by: str


# When time is just past the moment up to which one of them may wait.
APPROVAL = Approval(OFFER.trigger, NOON_OF_IT + DAY + 6, 2, "kim")


def crowd(numbers: count[int], random: Random) -> Iterator[tuple[Plot, Reach]]:
    """Those whom the trigger reaches, each by a message of their own."""
    for at, why in PLAN:
        story = Reach(next(numbers), random)
        _waits_for_a_payment(story, at)
        yield Plot(OFFER.trigger, True, why, OFFER.begins), story


def bystanders(numbers: count[int], random: Random) -> Iterator[Reach]:
    """All others whom the brand knows by then, and the one who comes in between."""
    for _ in range(KNOWN - len(PLAN)):
        yield _looks_in(Reach(next(numbers), random), -DAY)
    yield _looks_in(Reach(next(numbers), random), NEWCOMER)


def _waits_for_a_payment(s: Reach, due: float) -> None:
    s.zone, s.start = TOKYO, int(NOON_OF_IT + due - OFFER.wait)
    s.lives(-10 * DAY)
    OFFER.begins(s)
    out = s.reached(OFFER.trigger, OFFER.wait, OFFER.channels[0])
    s.order(out + PAID, "order-placed")


def _looks_in(s: Reach, at: float) -> Reach:
    s.start = int(NOON_OF_IT + at)
    s.tell(0, "page-viewed", "web", name="home")
    return s
