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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CUSTOMERS_MIN = 30  # customers, and purchases again, below which no model is fitted
FITTED_MAX = 20_000  # customers that a fit looks at, evenly over all; more hardly change it
# Parameters are found as logarithms in these bounds, from these beginnings.
BOUNDS = (-7.0, 7.0)
STARTS = (0.0, 1.0)
LOOKS_MAX = 1_000  # at the loss, from each beginning


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
        return self._likelihood(buying)[0]

    def slopes(self, buying: Buying) -> tuple[Array, Array]:
        """Of each customer the log-likelihood, and how it rises with each parameter's logarithm.

        Returns:
            One number a customer; four rows of one number a customer.
        """
        from scipy.special import digamma

        r, alpha, a, b = self
        told, leaves = self._likelihood(buying)
        stays, power = 1 - leaves, r + buying.again
        counts, place = np.unique(buying.again, return_inverse=True)
        of_r = (digamma(r + counts) - digamma(r) + np.log(alpha))[place]
        of_both = digamma(a + b) - digamma(a + b + counts)
        of_b = (of_both + digamma(b + counts) - digamma(b))[place]
        known, last = alpha + buying.known, alpha + buying.last
        rises = (
            r * (of_r - stays * np.log(known) - leaves * np.log(last)),
            alpha * (r / alpha - power * (stays / known + leaves / last)),
            a * of_both[place] + leaves,
            b * (of_b - leaves / np.maximum(b + buying.again - 1, 1e-300)),
        )
        return told, np.stack(rises)

    def _likelihood(self, buying: Buying) -> tuple[Array, Array]:
        """Of each customer the log-likelihood, and the share that those who are lost have in it."""
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
        either = np.logaddexp(stays, leaves)
        return np.asarray(of_count[place] + either), np.exp(leaves - either)

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

    def slopes(self, spending: Spending) -> tuple[Array, Array]:
        """Of each customer the log-likelihood, and how it rises with each parameter's logarithm.

        Of q it is the logarithm of what it has above 1.

        Returns:
            One number a customer; three rows of one number a customer.
        """
        from scipy.special import digamma

        p, q, gamma = self
        x, mean = spending
        counts, place = np.unique(x, return_inverse=True)
        both = digamma(p * counts + q)
        sums = np.log(gamma + mean * x)
        of_p = counts * (both - digamma(p * counts) + np.log(np.maximum(counts, 1e-300)))
        rises = (
            p * (of_p[place] + x * (np.log(mean) - sums)),
            (q - 1) * ((both - digamma(q) + np.log(gamma))[place] - sums),
            q - gamma * (p * x + q) / (gamma + mean * x),
        )
        return self.log_likelihood(spending), np.stack(rises)

    def expected(self, spending: Spending) -> Array:
        """The mean that each customer spends a time; of one without purchases, everybody's."""
        p, q, gamma = self
        x, mean = spending
        return np.asarray(p * (gamma + np.where(x > 0, mean * x, 0.0)) / (p * x + q - 1))


def fit_rates(buying: Buying) -> Rates | None:
    """The likeliest BG/NBD; None where there is too little to go by."""
    if len(buying.again) < CUSTOMERS_MIN or buying.again.sum() < CUSTOMERS_MIN:
        return None
    # Many customers are alike: of 25,000 of the sample 2,000 differ.
    alike, n = np.unique(np.stack([_some(values) for values in buying]), axis=1, return_counts=True)
    chosen, weights = Buying(*alike), n / n.sum()
    found = _likeliest(lambda logs: _loss(Rates(*np.exp(logs)).slopes(chosen), weights), 4)
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

    weights = np.full(len(scaled.mean), 1 / len(scaled.mean))
    found = _likeliest(lambda logs: _loss(amounts(logs).slopes(scaled), weights), 3)
    if found is None:
        return None
    best = amounts(found)
    return best._replace(gamma=best.gamma * scale)


def _some(values: Array) -> Array:
    """At most so many, evenly over all."""
    return np.asarray(values[:: max(1, -(-len(values) // FITTED_MAX))])


def _loss(slopes: tuple[Array, Array], weights: Array) -> tuple[float, Array]:
    """What is to be lowest, and how it rises with each parameter."""
    told, rises = slopes
    return -float(weights @ told), -(rises @ weights)


def _likeliest(loss: Callable[[Array], tuple[float, Array]], size: int) -> Array | None:
    """Where the loss is lowest, of what is reached from each beginning.

    Args:
        loss: the loss at a place, and its slope.
    """
    from scipy.optimize import minimize

    # By its own arithmetic: others solve their small matrices with a thread a core, and these
    # wait for each other ten times longer than they work where the engine has threads as well.
    found = [
        minimize(
            loss, np.full(size, start), jac=True, method="TNC", bounds=[BOUNDS] * size,
            options={"maxfun": LOOKS_MAX},
        )
        for start in STARTS
    ]  # fmt: skip
    best = min(found, key=lambda each: each.fun)
    return np.asarray(best.x) if np.isfinite(best.fun) else None
