"""Random histories over few ticks, so that equal times and timers met exactly are common.

A tick is a second, and the thresholds are a few ticks. Events are drawn in the order of the log.
In some histories ``occurred`` lies up to six ticks before ``recorded``, or after it; in others most
is recorded in one go after a long pause, when timers have fired.

Each is made by choosing from short lists: by Hypothesis, which shrinks what fails, or by a seeded
generator, which is quicker and looks as long as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, Protocol, TypeVar

import msgspec
from hypothesis import strategies as st

from projections.configuration import Configuration, document
from projections.configuration.conversations import ConversationRules
from projections.configuration.outreach import OutreachRules
from projections.configuration.stages import StageRules
from projections.rulebook import Rulebook
from schemas.envelope import Flag
from schemas.events import Absorbed, MergedOut, Restored, SplitOut
from schemas.fact import Fact
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant
from tests.projections.story import (
    ANN,
    asks,
    asks_to_cancel,
    assigned,
    bot,
    cancelled,
    csat,
    delivered,
    order,
    order_cancelled,
    page,
    product_viewed,
    referral,
    renewed,
    reopened,
    replies,
    resolved,
    subscribed,
    unpaid,
    used,
)

SHORT = Configuration(
    conversations=ConversationRules(
        expectation={"x": 2, "y": 5},
        expectation_otherwise=4,
        thread_gap=3,
        implied_resolution=3,
    ),
    outreach=OutreachRules(stale_after=4),
    stages=StageRules(lapse=6, loyalty_window=5, unpaid_after=4, renewal_grace=1),
)
RULES = Rulebook(document(SHORT))
TICKS = 16
END: Instant = (TICKS + 20) * SECOND  # all timers have fired by then

# --- what there is to choose from -------------------------------------------------------------

PLACES: list[dict[str, Any]] = [
    {"conversation": conversation, "channel": channel}
    for conversation, channel in product((b"", b"A" * 16, b"B" * 16), "xy")
]
CARE: tuple[Fact, ...] = tuple(
    fact
    for place in PLACES
    for fact in (
        asks(**place),
        asks(**place, is_question=True),
        replies("kim", **place),
        replies("lee", **place),
        bot(**place),
        bot(**place, resolving=True),
        assigned("lee", **place),
        resolved(**place),
        reopened(**place),
    )
)
BUSINESS: tuple[Fact, ...] = (
    *(page(), page(direction="outbound")),
    *(order(), order(direction="internal"), delivered()),
    *(csat(1), csat(3), csat(5)),
)
# Subscriptions that end at a tick, and what may keep a payment or a customer.
COMMERCE: tuple[Fact, ...] = (
    *(subscribed(plan=plan, ends_at=tick * SECOND) for plan in ("", "a") for tick in (0, 6, 12)),
    *(renewed(plan=plan, ends_at=tick * SECOND) for plan in ("", "a") for tick in (0, 9)),
    *(cancelled(plan=plan, ends_at=tick * SECOND) for plan in ("", "a") for tick in (0, 8)),
    *(unpaid(), unpaid(), unpaid(direction="internal"), order_cancelled()),
    *(asks_to_cancel(), asks_to_cancel(direction="internal")),
    *(product_viewed(), product_viewed(direction="outbound"), used(), referral()),
)
FACTS = (*CARE, *(BUSINESS * 3))
SALES = (*(BUSINESS * 3), *(COMMERCE * 2), asks(is_question=True), replies())

# When it was recorded, and how long before that it happened.
Times = tuple[Sequence[int], Sequence[int]]
LIVE: Times = (range(TICKS + 1), range(-1, 7))
IN_ONE_GO: Times = ((0, 1, *range(TICKS - 4, TICKS + 1)), (0, 0, 6, 7, 8, 9, 10, 12))

# How many events a batch has, and how many ticks pass after it; -1: time stands still.
Cuts = list[tuple[int, int]]
BATCHES: tuple[Sequence[int], Sequence[int]] = ((1, 1, 2, 6), (-1, -1, 0, 1, 20))
SMALL_BATCHES: tuple[Sequence[int], Sequence[int]] = ((1, 1, 1, 2), (-1, -1, -1, 0, 1, 20))


# --- choosing ---------------------------------------------------------------------------------

T = TypeVar("T", covariant=True)


class Choose(Protocol):
    """Takes one of several, each as likely."""

    def __call__(self, seq: Sequence[Any], /) -> Any: ...


Make = Callable[[Choose], T]


def drawn(make: Make[T]) -> st.SearchStrategy[T]:
    """What is made by choosing, with Hypothesis to choose."""

    @st.composite
    def draw_all(draw: st.DrawFn) -> T:
        return make(lambda seq: draw(st.sampled_from(seq)))

    return draw_all()


def watermark(choose: Choose) -> Instant:
    return int(choose(range(TICKS + 10))) * SECOND


def some_cuts(
    choose: Choose, of: tuple[Sequence[int], Sequence[int]] = BATCHES, lengths: Any = range(11)
) -> Cuts:
    return [(choose(of[0]), choose(of[1])) for _ in range(choose(lengths))]


def history(
    choose: Choose,
    *,
    customer: bytes = ANN,
    partition: int = 7,
    first_id: int = 1,
    recorded_before: int = TICKS,
    facts: Sequence[Fact] = (),
    lengths: Sequence[int] = range(15),
    times: Sequence[Times] = (LIVE, IN_ONE_GO),
) -> list[Recorded]:
    """One customer's events in the order of the log, their ids in no order.

    Args:
        facts: what may happen; none: mostly talk, or mostly sales.
    """
    facts = facts or choose((FACTS, SALES))
    ticks, ago = choose(times)
    ticks = [tick for tick in ticks if tick <= recorded_before]
    number = choose(lengths)
    at = sorted(choose(ticks) for _ in range(number))
    ids: list[int] = []
    for _ in range(number):
        ids.insert(choose(range(len(ids) + 1)), first_id + len(ids))
    events = []
    for offset, recorded in enumerate(at):
        fact = choose(facts)
        events.append(
            Recorded(
                partition,
                offset,
                recorded * SECOND,
                ids[offset].to_bytes(16),
                fact.TYPE,
                "test",
                choose((0, 0, 1)),
                customer,
                (recorded - choose(ago)) * SECOND,
                int(Flag.IMPORTED) if choose(range(8)) == 7 else 0,
                fact,
            )
        )
    return events


# --- customers who become one -----------------------------------------------------------------

OFFSETS = 1_000  # from one event of a partition to the next
PEOPLE = (b"a" * 16, b"b" * 16, b"c" * 16)


def merged_history(choose: Choose) -> list[Recorded]:
    """Three customers who become one, b, in the order of the log.

    Either a and then c become part of b, or a becomes part of c, who becomes part of b.
    """
    a, b, c = PEOPLE
    first, second = sorted(choose(range(TICKS + 1)) for _ in range(2))
    ends = {a: first, c: second, b: TICKS}
    log: list[Recorded] = []
    for n, who in enumerate(PEOPLE):
        log += history(
            choose,
            customer=who,
            partition=n,
            first_id=100 * n + 1,
            recorded_before=ends[who],
            facts=CARE,
            lengths=range(9),
        )
    merges = [(first, a, choose((b, c))), (second, c, b)]
    for number, (tick, gone, into) in enumerate(merges):
        at, offset = tick * SECOND, 1_000 + number  # until all are placed
        index = _end(log, gone, at)
        out = MergedOut(into=into)
        took = Absorbed(customer=gone, partition=PEOPLE.index(gone), last_offset=offset)
        log[index:index] = [
            engines_own(gone, PEOPLE.index(gone), offset, 10_000 + number, out, at),
            engines_own(into, PEOPLE.index(into), offset, 20_000 + number, took, at),
        ]
    return _placed(log)


def parted_history(choose: Choose) -> list[Recorded]:
    """Three customers who become part of each other and are parted again, in the log's order.

    Whoever speaks is recorded with whom they are part of at the time.
    """
    told = [
        event
        for n, who in enumerate(PEOPLE)
        for event in history(
            choose, customer=who, partition=n, first_id=100 * n + 1, facts=CARE, lengths=range(7)
        )
    ]
    told.sort(key=lambda e: e.recorded_at)
    places = sorted(choose(range(len(told) + 1)) for _ in range(1 + choose(range(5))))
    log, into = list[Recorded](), dict[bytes, bytes]()

    def above(who: bytes) -> list[bytes]:
        return [who, *above(into[who])] if who in into else [who]

    def put(who: bytes, number: int, fact: Fact, at: Instant) -> int:
        partition = PEOPLE.index(who)
        offset = OFFSETS * (1 + sum(e.partition == partition for e in log))
        log.append(engines_own(who, partition, offset, number, fact, at))
        return offset

    def regroup(number: int, at: Instant) -> None:
        alone = [who for who in PEOPLE if who not in into]
        merges = [(who, other) for who in alone for other in alone if who != other]
        who, other = choose([*merges, *((who, b"") for who in into)])
        if other:
            last = put(who, 10_000 + number, MergedOut(into=other), at)
            took = Absorbed(customer=who, partition=PEOPLE.index(who), last_offset=last)
            put(other, 20_000 + number, took, at)
            into[who] = other
            return
        whole = above(who)
        del into[who]
        for n, one in enumerate(whole[1:]):
            put(one, 30_000 + 100 * n + number, SplitOut(customer=who), at)
        put(who, 40_000 + number, Restored(out_of=whole[-1]), at)

    for n, event in enumerate([*told, None]):
        before, after = told[n - 1 : n], told[n : n + 1]
        for number, place in enumerate(places):
            if place == n:
                times = [e.recorded_at for e in (*before, *after)] or [0]
                regroup(number, max([choose(times), *(e.recorded_at for e in log[-1:])]))
        if event is not None:
            root = above(event.customer_id)[-1]
            partition = PEOPLE.index(root)
            offset = OFFSETS * (1 + sum(e.partition == partition for e in log))
            told_with = {"customer_id": root, "partition": partition, "offset": offset}
            log.append(msgspec.structs.replace(event, **told_with))
    return log


def engines_own(
    customer: bytes, partition: int, offset: int, number: int, fact: Fact, at: Instant
) -> Recorded:
    """What the engine recorded with a customer; ``number`` becomes its id."""
    told = (partition, offset, at, number.to_bytes(16), fact.TYPE, "", 0)
    return Recorded(*told, customer, at, int(Flag.ENGINE), fact)


def _end(log: list[Recorded], gone: bytes, at: Instant) -> int:
    """The place of a merge: after everything of who is gone and all that was recorded before."""
    log.sort(key=lambda e: e.recorded_at)
    places = [n for n, e in enumerate(log, 1) if e.recorded_at < at or e.customer_id == gone]
    return max(places, default=0)


def _placed(log: list[Recorded]) -> list[Recorded]:
    """The log with each partition's offsets counted from 0, with room for decisions in between."""
    heads = dict.fromkeys(range(len(PEOPLE)), OFFSETS)
    places: dict[tuple[int, int], int] = {}
    placed = []
    for event in log:
        offset = places[event.partition, event.offset] = heads[event.partition]
        heads[event.partition] += OFFSETS
        fact = event.fact
        if isinstance(fact, Absorbed):
            last = places[fact.partition, fact.last_offset]
            fact = msgspec.structs.replace(fact, last_offset=last)
        placed.append(msgspec.structs.replace(event, offset=offset, fact=fact))
    return placed
