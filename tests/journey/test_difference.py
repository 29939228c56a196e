"""Chances of differences, against SciPy, and the arithmetic of ``docs/paths.md``."""

import random
from itertools import product

import pytest
from scipy import stats

from journey.metrics.difference import means_differ, shares_differ
from journey.metrics.intervals import Moments, newcombe
from tests.cli.runner import ROOT


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 40), (3, 5), (12, 9), (40, 400)])
def test_shares_as_campbell_recommends(n: int, m: int) -> None:
    draw = random.Random(n * 1000 + m)
    for hits, other in draw.sample(list(product(range(n + 1), range(m + 1))), min(60, (n + 1) * 2)):
        table = [[hits, n - hits], [other, m - other]]
        found = shares_differ(hits, n, other, m)
        if hits + other in (0, n + m):
            assert found == 1
        elif stats.contingency.expected_freq(table).min() < 1:
            assert found == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9)
        else:
            squared = stats.chi2_contingency(table, correction=False).statistic
            expected = stats.chi2.sf(squared * (n + m - 1) / (n + m), 1)
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-300)
        assert found == pytest.approx(shares_differ(other, m, hits, n), rel=1e-9)


def test_means_by_welch() -> None:
    one, other = [1.0, 2, 4, 9], [2.0, 2, 3, 3, 5, 30]
    moments = [Moments(sum(each) / len(each), stats.tstd(each), len(each)) for each in (one, other)]
    expected = stats.ttest_ind(one, other, equal_var=False).pvalue
    assert means_differ(*moments) == pytest.approx(expected)
    assert means_differ(Moments(1.0, 0.0, 5), Moments(2.0, 0.0, 5)) is None
    assert means_differ(Moments(1.0, None, 1), Moments(2.0, 1.0, 5)) is None


def test_the_example_of_the_page() -> None:
    text = " ".join((ROOT / "docs" / "paths.md").read_text(encoding="utf-8").split())
    ends = newcombe(60, 200, 80, 400)
    assert ends is not None
    assert f"10 points, from {100 * ends.low:.1f} to > {100 * ends.high:.1f}." in text
    chance = shares_differ(60, 200, 80, 400)
    assert f"p is {chance:.4f}. Of ten" in text
    assert f"q is at most {10 * chance:.3f}" in text
