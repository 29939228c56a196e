"""Models of buying: against published figures, plain integrals, and customers made by the model."""

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from journey.metrics.lifetime import (
    Amounts,
    Buying,
    Rates,
    Spending,
    fit_amounts,
    fit_rates,
)

CDNOW = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "cdnow" / "purchases.txt"

# Fader, Hardie and Lee (2005), table 2: the tenth of CDNOW's customers, 39 weeks.
PUBLISHED = Rates(0.243, 4.414, 0.793, 2.426)
# Fader and Hardie (2013), section 4: the same customers.
PUBLISHED_AMOUNTS = Amounts(6.25, 3.74, 15.44)


def one(again, last, known):
    return Buying(*(np.array([float(value)]) for value in (again, last, known)))


def test_the_published_worked_example():
    # Fader and Hardie, "Implementing the BG/NBD model in Excel": 2 purchases again, the last in
    # week 30.43 of 38.86: 1.226 in the next 39 weeks.
    found = PUBLISHED.expected(one(2, 30.43, 38.86), 39)
    assert round(float(found[0]), 3) == 1.226


def test_the_mean_of_one_without_purchases_is_everybodys():
    p, q, gamma = PUBLISHED_AMOUNTS
    found = PUBLISHED_AMOUNTS.expected(Spending(np.array([0.0]), np.array([0.0])))
    assert found[0] == pytest.approx(p * gamma / (q - 1))
    # Fader and Hardie (2013): a mean of 35.2 for anybody.
    assert round(float(found[0]), 1) == 35.2


CASES = [(0, 0.0, 20.0), (1, 3.0, 30.0), (2, 30.43, 38.86), (7, 35.0, 36.0), (25, 50.0, 52.0)]
MANY = [PUBLISHED, Rates(1.5, 3.0, 1.0, 4.0), Rates(0.8, 6.0, 2.5, 0.9), Rates(2, 9, 30, 90)]


def posterior(rates, case, then):
    """An integral over what a customer may be like, times their chance of what they did.

    Args:
        then: of the chance to be lost, the rate, and whether they are still there.
    """
    (r, alpha, a, b), (again, last, known) = rates, case
    places, weights = np.polynomial.legendre.leggauss(600)
    places, weights = (places + 1) / 2, weights / 2  # over the quantiles of both
    rate = stats.gamma.ppf(places, r, scale=1 / alpha)[:, None]
    p = stats.beta.ppf(places, a, b)[None, :]
    stays = (1 - p) ** again * rate**again * np.exp(-rate * known)
    leaves = p * (1 - p) ** max(0, again - 1) * rate**again * np.exp(-rate * last) * bool(again)
    value = stays * then(p, rate, 1.0) + leaves * then(p, rate, 0.0)
    return float(weights @ value @ weights)


@pytest.mark.parametrize("rates", MANY[1:])
@pytest.mark.parametrize("case", CASES[:4])
def test_formulas_against_plain_integrals(rates, case):
    evidence = posterior(rates, case, lambda p, rate, there: 1.0)
    buying = one(*case)
    assert rates.log_likelihood(buying)[0] == pytest.approx(math.log(evidence), rel=2e-3)
    alive = posterior(rates, case, lambda p, rate, there: there) / evidence
    assert rates.alive(buying)[0] == pytest.approx(alive, rel=5e-3)
    ahead = (
        posterior(rates, case, lambda p, rate, there: there * (1 - np.exp(-rate * p * 26)) / p)
        / evidence
    )
    assert rates.expected(buying, 26)[0] == pytest.approx(ahead, rel=5e-3)


SPENT = Spending(np.array([1.0, 2.0, 7.0, 30.0]), np.array([12.0, 0.5, 80.0, 33.0]))


@pytest.mark.parametrize(
    ("made", "of"),
    [
        *((rates, Buying(*map(np.array, zip(*CASES, strict=True)))) for rates in MANY),
        (PUBLISHED_AMOUNTS, SPENT),
        (Amounts(0.7, 1.2, 300.0), SPENT),
    ],
)
def test_slopes_are_what_small_steps_show(made, of):
    told, rises = made.slopes(of)
    assert told == pytest.approx(made.log_likelihood(of))
    for n, (name, value) in enumerate(made._asdict().items()):
        least = 1.0 if name == "q" else 0.0  # of q the logarithm of what is above 1
        above, below = (
            made._replace(**{name: least + (value - least) * math.exp(step)}).log_likelihood(of)
            for step in (1e-5, -1e-5)
        )
        assert rises[n] == pytest.approx((above - below) / 2e-5, rel=1e-5, abs=1e-6)


def made_customers(rates, n, weeks, seed=4):
    """Customers as the model has them, by chance from a fixed beginning."""
    draw = np.random.default_rng(seed)
    again, last, known = np.zeros(n), np.zeros(n), draw.uniform(weeks / 2, weeks, n)
    rate, p = draw.gamma(rates.r, 1 / rates.alpha, n), draw.beta(rates.a, rates.b, n)
    for k in range(n):
        at = draw.exponential(1 / rate[k])
        while at < known[k]:
            again[k], last[k] = again[k] + 1, at
            if draw.random() < p[k]:
                break
            at += draw.exponential(1 / rate[k])
    return Buying(again, last, known)


def test_what_the_model_made_is_found_again():
    truth = Rates(0.6, 5.0, 1.2, 4.0)
    buying = made_customers(truth, 12_000, 100)
    found = fit_rates(buying)
    assert found is not None
    assert found.r == pytest.approx(truth.r, rel=0.1)
    assert found.alpha == pytest.approx(truth.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(1.2 / 5.2, rel=0.1)
    assert found.log_likelihood(buying).sum() >= truth.log_likelihood(buying).sum()


def test_amounts_that_the_model_made_are_found_again_in_any_currency():
    truth, draw = Amounts(4.0, 3.5, 20.0), np.random.default_rng(1)
    n = 8_000
    x = draw.integers(1, 8, n).astype(float)
    scale = draw.gamma(truth.q, 1 / truth.gamma, n)
    mean = draw.gamma(truth.p * x, 1 / (scale * x))
    found = fit_amounts(Spending(x, mean))
    assert found is not None
    assert (found.p, found.q, found.gamma) == pytest.approx(tuple(truth), rel=0.15)
    yen = fit_amounts(Spending(x, mean * 160))
    assert yen is not None
    assert yen.gamma == pytest.approx(found.gamma * 160, rel=0.01)


def test_there_is_no_model_of_too_few():
    assert fit_rates(one(3, 4, 5)) is None
    nobody = np.zeros(500)
    assert fit_rates(Buying(nobody, nobody, nobody + 9)) is None
    assert fit_amounts(Spending(nobody, nobody)) is None


@pytest.mark.parametrize("lost", [0.0, 1.0])
def test_customers_without_any_spread_make_no_trouble(lost):
    draw = np.random.default_rng(1)
    again = draw.poisson(5, 300).astype(float) if not lost else np.ones(300)
    buying = Buying(again, np.where(again > 0, 50.0 * (1 - lost) + 1, 0.0), np.full(300, 52.0))
    rates = fit_rates(buying)
    assert rates is not None
    ahead = rates.expected(buying, 52.0)
    assert np.isfinite(ahead).all()
    assert (ahead >= 0).all()


@pytest.mark.skipif(not CDNOW.exists(), reason="needs ../shared/data/cdnow")
def test_half_a_year_of_a_real_shop_is_foretold():
    days: dict[str, set[date]] = {}
    for line in CDNOW.read_text().splitlines()[1:]:
        who, day, *_ = line.split()
        days.setdefault(who, set()).add(date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}"))
    end = date(1997, 12, 31)
    seen = [sorted(d for d in each if d <= end) for each in days.values()]
    buying = Buying(
        np.array([len(each) - 1.0 for each in seen]),
        np.array([(each[-1] - each[0]) / timedelta(weeks=1) for each in seen]),
        np.array([(end - each[0]) / timedelta(weeks=1) for each in seen]),
    )
    rates = fit_rates(buying)
    assert rates is not None
    foretold = rates.expected(buying, 26).sum()
    came = sum(d > end for each in days.values() for d in each)
    assert foretold == pytest.approx(came, rel=0.15)
