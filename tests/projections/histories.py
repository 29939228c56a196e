"""Random histories over few ticks, so that equal times and timers met exactly are common.

A tick is a second, and the thresholds are a few ticks. Events are drawn in the order of the log.
In some histories ``occurred`` lies up to six ticks before ``recorded``, or after it; in others most
is recorded in one go after a long pause, when timers have fired.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from projections.configuration import Configuration, document
from projections.rulebook import Rulebook
from schemas.envelope import Flag
from schemas.events import Absorbed, MergedOut
from schemas.fact import Fact
from schemas.recorded import Recorded
from schemas.times import SECOND, Instant
from tests.projections.story import (
    ANN,
    asks,
    assigned,
    bot,
    csat,
    delivered,
    order,
    page,
    reopened,
    replies,
    resolved,
)

SHORT = Configuration(
    expectation_s={"x": 2, "y": 3},
    expectation_otherwise_s=4,
    thread_gap_s=3,
    implied_resolution_s=3,
    stale_after_s=4,
    lapse_s=6,
    loyalty_window_s=5,
)
RULES = Rulebook(document(SHORT))
TICKS = 16
END: Instant = (TICKS + 20) * SECOND  # all timers have fired by then

# When it was recorded, and how long before that it happened.
Times = tuple[list[int], list[int]]
LIVE: Times = (list(range(TICKS + 1)), [-1, 0, 1, 2, 3, 4, 5, 6])
IN_ONE_GO: Times = ([0, 1, *range(TICKS - 4, TICKS + 1)], [0, 0, 6, 7, 8, 9, 10, 12])

CONVERSATIONS = [b"", b"A" * 16, b"B" * 16]
KINDS: list[Any] = [asks, asks, replies, replies, bot, assigned, resolved, reopened]


@st.composite
def care(draw: st.DrawFn) -> Fact:
    kind = draw(st.sampled_from(KINDS))
    told = {
        "conversation": draw(st.sampled_from(CONVERSATIONS)),
        "channel": draw(st.sampled_from("xy")),
    }
    if kind is asks:
        told["is_question"] = draw(st.booleans())
    elif kind is bot:
        told["resolving"] = draw(st.booleans())
    elif kind in (replies, assigned):
        told["agent"] = draw(st.sampled_from(["kim", "lee"]))
    fact: Fact = kind(**told)
    return fact


OTHERWISE = [page(), page(direction="outbound"), order(), order(direction="internal"), delivered()]
OTHERWISE += [csat(1), csat(3), csat(5)]
FACTS = st.one_of(care(), care(), st.sampled_from(OTHERWISE))


@st.composite
def histories(
    draw: st.DrawFn,
    customer: bytes = ANN,
    partition: int = 7,
    first_id: int = 1,
    recorded_before: int = TICKS,
    facts: st.SearchStrategy[Fact] = FACTS,
    events_max: int = 14,
    events_min: int = 0,
    times: Sequence[Times] = (LIVE, IN_ONE_GO),
) -> list[Recorded]:
    """One customer's events in the order of the log, their ids in no order."""
    ticks, ago = draw(st.sampled_from(times))
    recorded = st.sampled_from([t for t in ticks if t <= recorded_before])
    each = st.tuples(recorded, st.sampled_from(ago), facts, st.integers(0, 9), st.integers(0, 1))
    drawn = draw(st.lists(each, min_size=events_min, max_size=events_max))
    drawn.sort(key=lambda each: each[0])
    ids = draw(st.permutations(range(first_id, first_id + len(drawn))))
    return [
        Recorded(
            partition,
            offset,
            recorded * SECOND,
            ids[offset].to_bytes(16),
            fact.TYPE,
            "test",
            sequence,
            customer,
            (recorded - ago) * SECOND,
            int(Flag.IMPORTED) if chance == 0 else 0,
            fact,
        )
        for offset, (recorded, ago, fact, chance, sequence) in enumerate(drawn)
    ]


def engines_own(like: Recorded, offset: int, number: int, fact: Fact, at: Instant) -> Recorded:
    """An event that the engine recorded with the customer of another event."""
    return Recorded(
        like.partition,
        offset,
        at,
        number.to_bytes(16),
        fact.TYPE,
        "",
        0,
        like.customer_id,
        at,
        int(Flag.ENGINE),
        fact,
    )


PEOPLE = (b"a" * 16, b"b" * 16, b"c" * 16)


@st.composite
def merged_histories(draw: st.DrawFn) -> list[Recorded]:
    """Three customers who become one, b, in the order of the log.

    Either a and then c become part of b, or a becomes part of c, who becomes part of b.
    """
    a, b, c = PEOPLE
    first, second = sorted((draw(st.integers(0, TICKS)), draw(st.integers(0, TICKS))))
    chain = draw(st.booleans())
    ends = {a: first, c: second, b: TICKS}
    log: list[Recorded] = []
    for n, who in enumerate(PEOPLE):
        log += draw(
            histories(who, n, 100 * n + 1, recorded_before=ends[who], facts=care(), events_max=8)
        )
    merges = [(first, a, c if chain else b), (second, c, b)]
    for number, (tick, gone, into) in enumerate(merges):
        at, cause = tick * SECOND, number.to_bytes(16)
        index = _end(log, gone, into, at)
        partition, offset = PEOPLE.index(gone), 1_000 + number
        out = _of(gone, offset, at, MergedOut(into=into, cause=cause))
        took = Absorbed(customer=gone, partition=partition, last_offset=offset, cause=cause)
        log[index:index] = [out, _of(into, offset, at, took)]
    return _placed(log)


def _of(customer: bytes, offset: int, at: Instant, fact: Fact) -> Recorded:
    number = 10_000 + 2 * offset + isinstance(fact, Absorbed)
    like = Recorded(PEOPLE.index(customer), 0, 0, b"", "", "", 0, customer, 0, 0, fact)
    return engines_own(like, offset, number, fact, at)


def _end(log: list[Recorded], gone: bytes, into: bytes, at: Instant) -> int:
    """The place of a merge: after everything of who is gone and all that was recorded before."""
    log.sort(key=lambda e: e.recorded_at)
    places = [n for n, e in enumerate(log, 1) if e.recorded_at < at or e.customer_id == gone]
    return max(places, default=0)


def _placed(log: list[Recorded]) -> list[Recorded]:
    """The log with each partition's offsets counted from 0."""
    heads = dict.fromkeys(range(len(PEOPLE)), 0)
    placed = []
    for event in log:
        offset = heads[event.partition]
        heads[event.partition] += 1
        placed.append(
            Recorded(
                event.partition,
                offset,
                *(getattr(event, n) for n in Recorded.__struct_fields__[2:]),
            )
        )
    return placed
