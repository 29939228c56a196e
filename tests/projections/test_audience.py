"""The guardrail at the door: worked out by hand at its borders, and the same in any pieces."""

import random

import pytest

from projections.outreach.audience import (
    DRY_RUN,
    EXPIRED,
    READY,
    WAITING,
    Approved,
    Decided,
    Limit,
    at_the_door,
    limit,
)
from schemas.times import DAY, HOUR

TWO = Limit(messages=2, within=6 * HOUR)


def door(times, approved=(), now=0, holds=TWO, dry=()):
    told = [Decided(at, str(n), n in dry) for n, at in enumerate(times)]
    found = at_the_door(told, approved, lambda _: holds, now)
    assert set(found) == {each.decision for each in told}
    return [found[each.decision].status for each in told]


def test_the_first_go_out_and_what_is_beyond_waits():
    assert door([0, 0, 0, 1]) == [READY, READY, WAITING, WAITING]


@pytest.mark.parametrize(("at", "status"), [(DAY - 1, WAITING), (DAY, READY), (DAY + 1, READY)])
def test_the_day_rolls(at, status):
    assert door([0, 1, at], now=at) == [READY, READY, status]


def test_what_waited_does_not_count_as_gone():
    assert door([0, 1, 2, DAY], now=DAY) == [READY, READY, EXPIRED, READY]


@pytest.mark.parametrize(
    ("now", "status"), [(6 * HOUR - 1, WAITING), (6 * HOUR, WAITING), (6 * HOUR + 1, EXPIRED)]
)
def test_what_nobody_approves_in_time_expires(now, status):
    assert door([0, 0, 0], now=now)[2] == status


@pytest.mark.parametrize(("at", "status"), [(6 * HOUR, READY), (6 * HOUR + 1, EXPIRED)])
def test_an_approval_in_the_last_moment_counts_and_a_later_one_does_not(at, status):
    assert door([0, 0, 0], [Approved(at, 0, "kim")], now=10 * DAY)[2] == status


def test_an_approval_lets_the_first_out_and_only_what_was_there():
    approved = [Approved(5, 1, "kim")]
    times = [0, 0, 1, 5, 6]
    assert door(times, approved, now=7) == [READY, READY, READY, WAITING, WAITING]
    told = [Decided(at, str(n)) for n, at in enumerate(times)]
    found = at_the_door(told, approved, lambda _: TWO, 7)
    assert (found["2"].by, found["0"].by) == ("kim", "")
    assert found["3"].until == 5 + 6 * HOUR
    everything = [Approved(5, 0, "kim")]
    assert door(times, everything, now=7) == [READY] * 4 + [WAITING]


def test_what_was_approved_has_gone_out_then_and_fills_the_day():
    approved = [Approved(4 * HOUR, 0, "kim")]
    assert door([0, 0, 1, 1, DAY + HOUR], approved, now=DAY + HOUR)[4] == WAITING
    assert door([0, 0, 1, 1, DAY + 4 * HOUR], approved, now=DAY + 4 * HOUR)[4] == READY


def test_a_dry_run_is_told_and_fills_nothing():
    assert door([0, 0, 0, 0], dry=(0, 2)) == [DRY_RUN, READY, DRY_RUN, READY]


def test_the_limit_is_the_lesser_of_a_number_and_a_share_and_never_none():
    assert limit(500, 0.01, 100_000) == 500
    assert limit(500, 0.01, 40_000) == 400
    assert limit(500, 0.01, 199) == 1
    assert limit(500, 0.01, 3) == 1
    assert limit(1, 1.0, 10) == 1


@pytest.mark.parametrize("seed", range(20))
def test_what_was_said_of_a_message_stands_whatever_comes_later(seed):
    """Statuses of a prefix, at its own time, never contradict those of the whole."""
    draw = random.Random(seed)
    at, told, approved = 0, list[Decided](), list[Approved]()
    for n in range(120):
        at += draw.choice([0, 1, HOUR, 5 * HOUR])
        if draw.random() < 0.1:
            approved.append(Approved(at, draw.choice([0, 1, 3]), "kim"))
        else:
            told.append(Decided(at, str(n), draw.random() < 0.1))
    whole = at_the_door(told, approved, lambda _: TWO, at + DAY)
    assert {standing.status for standing in whole.values()} >= {READY, EXPIRED, DRY_RUN}
    for cut in (10, 40, 80):
        now = told[cut].at
        known = [a for a in approved if a.at < now]
        before = at_the_door([d for d in told if d.at < now], known, lambda _: TWO, now)
        for decision, standing in before.items():
            if standing.status != WAITING:
                assert whole[decision] == standing
            else:
                assert whole[decision].status in (READY, EXPIRED)
