r"""The mean and the covariance of features from moments of patterns, where all sites lack some.

The rows are taken as normal. Expectation–maximisation needs of a pattern its moments alone: the
expected ones of all features, given those of the seen ones, are

    E x = μ + B (x_o − μ_o),   E xxᵀ = … + (Σ_mm − B_m Σ_om),   B = Σ_·o Σ_oo⁻¹

(Dempster, Laird and Rubin 1977). So the fit is that of all rows of all sites. Pairs that no pattern
shows together are made independent given all others at each step, by which the likelihood rises
under this condition (`ddlib.copula.completion`). A prior of k rows in which columns are independent
keeps the covariance definite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ddlib.copula.completion import Completion
from ddlib.sites.fixed_point import Gaussian, fixed_point
from ddlib.sites.moments import Moments, Pattern

PRIOR_ROWS = 1.0
"""Rows of the prior, in which columns are independent."""


@dataclass(frozen=True, eq=False)
class Regression:
    """All features given those that a pattern shows.

    Attributes:
        slopes: `(f, 1 + k)`, first the intercept; of the seen features themselves.
        rest: covariance around it, `(f, f)`, 0 at seen features.
    """

    slopes: np.ndarray
    rest: np.ndarray

    @classmethod
    def of(cls, law: Gaussian, seen: np.ndarray) -> Regression:
        """Return the regression under a law.

        Args:
            law: of all features.
            seen: which are given, bool `(f,)`.
        """
        covariance = law.covariance
        to = np.linalg.solve(covariance[np.ix_(seen, seen)], covariance[seen]).T
        to[seen] = np.eye(int(seen.sum()))
        rest = covariance - to @ covariance[seen]
        rest[seen] = rest[:, seen] = 0.0
        return cls(np.column_stack([law.mean - to @ law.mean[seen], to]), (rest + rest.T) / 2)


def gram(pattern: Pattern) -> np.ndarray:
    """Return sums of products of 1 and the seen features, `(1 + k, 1 + k)`.

    Args:
        pattern: of rows.
    """
    top = np.concatenate([[pattern.rows], pattern.sums])
    return np.vstack([top, np.column_stack([pattern.sums, pattern.products])])


def prior_of(moments: Moments, blocks: np.ndarray) -> tuple[Gaussian, np.ndarray]:
    """Return the law in which columns are independent, and the pairs that rows tell of.

    Args:
        moments: in which each feature is seen.
        blocks: the column of each feature, `(f,)`.

    Returns:
        The law, with mean and covariance of each column alone; and bool `(f, f)`.

    Raises:
        ValueError: for features that no pattern shows, by name.
    """
    size = len(moments.features)
    together, sums, products = np.zeros((size, size)), np.zeros(size), np.zeros((size, size))
    for pattern in moments.patterns:
        cells = np.ix_(pattern.seen, pattern.seen)
        together[cells] += pattern.rows
        sums[pattern.seen] += pattern.sums
        products[cells] += pattern.products
    rows = together.diagonal()
    if not rows.all():
        names = ", ".join(np.array(moments.features)[rows == 0])
        raise ValueError(f"{names}: told by no site; must be by one")
    mean = sums / rows
    same = blocks[:, None] == blocks
    covariance = np.where(same, products / np.maximum(together, 1) - np.outer(mean, mean), 0.0)
    # A column that hardly varies, or whose levels follow from one another, still has some variance.
    covariance += np.diag(1e-6 + 1e-6 * covariance.diagonal())
    return Gaussian(mean, covariance), (together > 0) | same


def fit_moments(
    moments: Moments, blocks: np.ndarray, *, prior_rows: float = PRIOR_ROWS
) -> Gaussian:
    """Return the law of highest posterior density.

    Args:
        moments: of all sites, on one scale; each feature is seen.
        blocks: the column of each feature, `(f,)`.
        prior_rows: k.

    Raises:
        ValueError: for features that no pattern shows.
        ArithmeticError: should it not converge.
    """
    prior, known = prior_of(moments, blocks)
    complete, n = Completion(known), moments.rows
    grams = [(pattern.seen, gram(pattern), pattern.rows) for pattern in moments.patterns]
    std = np.sqrt(prior.covariance.diagonal())

    def step(law: Gaussian) -> Gaussian:
        total = np.zeros((len(std) + 1, len(std) + 1))
        for seen, own, rows in grams:
            total += expected(Regression.of(law, seen), own, rows)
        mean = total[0, 1:] / n
        scatter = total[1:, 1:] - n * np.outer(mean, mean) + prior_rows * prior.covariance
        return Gaussian(mean, complete(scatter / (n + prior_rows)))

    return fixed_point(step, prior, std)


def expected(regression: Regression, own: np.ndarray, rows: int) -> np.ndarray:
    """Return expected sums of products of 1 and all features, `(1 + f, 1 + f)`.

    Args:
        regression: of all features on the seen ones.
        own: the same of the seen ones, `(1 + k, 1 + k)`.
        rows: that they are of.
    """
    top = np.zeros((1, own.shape[0]))
    top[0, 0] = 1.0
    whole = np.vstack([top, regression.slopes])
    total = whole @ own @ whole.T
    total[1:, 1:] += rows * regression.rest
    return total
