"""The effect of outreach: unbiased, its interval holds the truth, and enough is enough."""

import numpy as np
import pytest

from journey.metrics.effect import needed
from journey.metrics.intervals import Z95, newcombe

TRIALS = 4_000


@pytest.mark.parametrize(
    ("treated", "holdout", "rates"),
    [
        (4_500, 500, (0.12, 0.10)),
        (900, 100, (0.05, 0.05)),
        (950, 50, (0.30, 0.22)),
        (400, 100, (0.20, 0.30)),
    ],
)
def test_the_estimate_is_unbiased_and_its_interval_holds_the_truth(treated, holdout, rates):
    draw = np.random.default_rng(11)
    one, other = draw.binomial(treated, rates[0], TRIALS), draw.binomial(holdout, rates[1], TRIALS)
    truth, found = rates[0] - rates[1], one / treated - other / holdout
    error = np.std(found) / np.sqrt(TRIALS)
    assert abs(np.mean(found) - truth) < 4 * error
    ends = [newcombe(int(a), treated, int(b), holdout) for a, b in zip(one, other, strict=True)]
    held = np.mean([e is not None and e.low <= truth <= e.high for e in ends])
    assert 0.93 <= held <= 0.97


@pytest.mark.parametrize(
    ("rates", "split"), [((0.12, 0.10), 1), ((0.12, 0.10), 9), ((0.05, 0.08), 4)]
)
def test_with_so_many_more_the_difference_is_found_in_80_of_100_trials(rates, split):
    n, other_n = 100 * split, 100
    hits = round(rates[0] * n), round(rates[1] * other_n)
    more = needed(hits[0], n, hits[1], other_n)
    assert more
    total = more + n + other_n
    treated, holdout = round(total * split / (split + 1)), round(total / (split + 1))
    draw = np.random.default_rng(12)
    one, other = draw.binomial(treated, rates[0], TRIALS), draw.binomial(holdout, rates[1], TRIALS)
    share, other_share = one / treated, other / holdout
    error = np.sqrt(share * (1 - share) / treated + other_share * (1 - other_share) / holdout)
    assert np.mean(abs(share - other_share) > Z95 * error) == pytest.approx(0.8, abs=0.03)


def test_how_many_more_by_hand():
    # (1.95996 + 0.84162)² * (0.12 * 0.88 + 0.1 * 0.9) / 0.02² = 3,838.1 a group
    assert needed(12, 100, 10, 100) == 7_677 - 200
    assert needed(1_200, 10_000, 1_000, 10_000) == 0
    assert needed(10, 100, 10, 100) is None
    assert needed(10, 100, 0, 0) is None
    assert needed(0, 0, 1, 10) is None
