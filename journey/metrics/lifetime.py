"""How often customers will buy again and for how much: two models of buying till one is lost.

BG/NBD says how often: while they are alive, customers buy at a rate of their own, and after each
purchase they may be lost for good with a chance of their own. Fader, P. S., Hardie, B. G. S. and
Lee, K. L. (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284.

Gamma-Gamma says for how much: customers spend around a mean of their own, whatever the rate. Fader,
P. S. and Hardie, B. G. S. (2013), The Gamma-Gamma model of monetary value.

Times are in weeks, so that parameters compare with what is published. Needs SciPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CUSTOMERS_MIN = 30  # customers, and purchases again, below which no model is fitted
FITTED_MAX = 20_000  # customers that a fit looks at, evenly over all; more hardly change it
# Parameters are found as logarithms in these bounds, from these beginnings.
BOUNDS = (-7.0, 7.0)
STARTS = (0.0, 1.0)


class Buying(NamedTuple):
    """What is known of each customer's purchases.

    Args:
        again: purchases after the first, one a day at most.
        last: from the first purchase to the last, in weeks.
        known: from the first purchase to the end of what is known, in weeks.
    """

    again: Array
    last: Array
    known: Array


class Spending(NamedTuple):
    """What is known of each customer's amounts: over how many purchases, and their mean."""

    purchases: Array
    mean: Array


class Rates(NamedTuple):
    """The parameters of BG/NBD, named as in the paper."""

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, buying: Buying) -> Array:
        """Of each customer, equation 6 of the paper."""
        from scipy.special import gammaln

        r, alpha, a, b = self
        counts, place = np.unique(buying.again, return_inverse=True)
        of_count = (
            gammaln(r + counts)
            - gammaln(r)
            + r * np.log(alpha)
            + gammaln(a + b)
            + gammaln(b + counts)
            - gammaln(b)
            - gammaln(a + b + counts)
        )
        power = r + buying.again
        stays = -power * np.log(alpha + buying.known)
        with np.errstate(divide="ignore"):  # who never came again cannot have been lost
            odds = np.where(
                buying.again > 0,
                np.log(a) - np.log(np.maximum(b + buying.again - 1, 1e-300)),
                -np.inf,
            )
        leaves = odds - power * np.log(alpha + buying.last)
        return np.asarray(of_count[place] + np.logaddexp(stays, leaves))

    def alive(self, buying: Buying) -> Array:
        """The chance that each customer will buy again."""
        return np.asarray(1 / (1 + self._lost_odds(buying)))

    def expected(self, buying: Buying, weeks: float) -> Array:
        """How many purchases each customer will make in the coming weeks, equation 10."""
        from scipy.special import hyp2f1

        r, alpha, a, b = self
        if abs(a - 1) < 1e-6:  # the formula has a gap there, the value has none
            a = 1 + 1e-6
        x, end = buying.again, alpha + buying.known + weeks
        c = a + b + x - 1
        series = hyp2f1(r + x, b + x, c, weeks / end)
        shrinks = ((alpha + buying.known) / end) ** (r + x)
        return np.asarray(c / (a - 1) * (1 - shrinks * series) / (1 + self._lost_odds(buying)))

    def _lost_odds(self, buying: Buying) -> Array:
        r, alpha, a, b = self
        x = buying.again
        ratio = ((alpha + buying.known) / (alpha + buying.last)) ** (r + x)
        return np.asarray(np.where(x > 0, a / np.maximum(b + x - 1, 1e-300) * ratio, 0.0))


class Amounts(NamedTuple):
    """The parameters of Gamma-Gamma, named as in the paper; q is above 1, so that means exist."""

    p: float
    q: float
    gamma: float

    def log_likelihood(self, spending: Spending) -> Array:
        """Of each customer with at least one purchase of a positive amount."""
        from scipy.special import gammaln

        p, q, gamma = self
        x, mean = spending
        counts, place = np.unique(x, return_inverse=True)
        of_count = gammaln(p * counts + q) - gammaln(p * counts) - gammaln(q) + q * np.log(gamma)
        return np.asarray(
            of_count[place]
            + (p * x - 1) * np.log(mean)
            + p * x * np.log(x)
            - (p * x + q) * np.log(gamma + mean * x)
        )

    def expected(self, spending: Spending) -> Array:
        """The mean that each customer spends a time; of one without purchases, everybody's."""
        p, q, gamma = self
        x, mean = spending
        return np.asarray(p * (gamma + np.where(x > 0, mean * x, 0.0)) / (p * x + q - 1))


def fit_rates(buying: Buying) -> Rates | None:
    """The likeliest BG/NBD; None where there is too little to go by."""
    if len(buying.again) < CUSTOMERS_MIN or buying.again.sum() < CUSTOMERS_MIN:
        return None
    chosen = Buying(*(_some(values) for values in buying))
    found = _likeliest(lambda logs: -Rates(*np.exp(logs)).log_likelihood(chosen).mean(), 4)
    return None if found is None else Rates(*map(float, np.exp(found)))


def fit_amounts(spending: Spending) -> Amounts | None:
    """The likeliest Gamma-Gamma; None where there is too little to go by.

    Args:
        spending: of anybody; those without a positive amount are left out.
    """
    has = (spending.purchases > 0) & (spending.mean > 0)
    if has.sum() < CUSTOMERS_MIN:
        return None
    chosen = Spending(_some(spending.purchases[has]), _some(spending.mean[has]))
    scale = float(np.median(chosen.mean))  # so that it begins near, whatever the currency
    scaled = Spending(chosen.purchases, chosen.mean / scale)

    def amounts(logs: Array) -> Amounts:
        p, q, gamma = map(float, np.exp(logs))
        return Amounts(p, 1 + q, gamma)

    found = _likeliest(lambda logs: -amounts(logs).log_likelihood(scaled).mean(), 3)
    if found is None:
        return None
    best = amounts(found)
    return best._replace(gamma=best.gamma * scale)


def _some(values: Array) -> Array:
    """At most so many, evenly over all."""
    return np.asarray(values[:: max(1, -(-len(values) // FITTED_MAX))])


def _likeliest(loss: Callable[[Array], Any], size: int) -> Array | None:
    """Where the loss is lowest, of what is reached from each beginning."""
    from scipy.optimize import minimize

    found = [
        minimize(loss, np.full(size, start), method="L-BFGS-B", bounds=[BOUNDS] * size)
        for start in STARTS
    ]
    best = min(found, key=lambda each: each.fun)
    return np.asarray(best.x) if np.isfinite(best.fun) else None
