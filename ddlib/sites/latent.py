r"""From moments of features to a Gaussian copula: margins, and the correlation of latent scores.

A column has a latent normal score Z and the feature g(Z). With the Hermite coefficients
$a_n=E[g(Z)\,He_n(Z)]/\sqrt{n!}$ of one column and $b_n$ of another,

$$\operatorname{cov}(g(Z_1),h(Z_2))=\sum_{n\ge1}a_nb_n\rho^n$$

(Mehler 1866), which rises with ρ for monotone features: the ρ that gives the covariance seen is
that of Pearson for numbers, the polyserial and the polychoric one where levels are cut. Of an
ordered column the feature is the mean score of its levels, a sum of its cuts. A category of L
levels has L − 1 utilities (`ddlib.copula.margins`), taken as independent of one another. With G the
derivatives of the levels' probabilities by the utilities' means, their correlation with any other
score is

$$G^{-1}\operatorname{cov}(\text{levels},Z)$$

(Stein 1981): exact beside numbers, and to first order beside levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from ddlib.copula.completion import Completion
from ddlib.copula.margins import Margin, score_places
from ddlib.sites.em import Gaussian
from ddlib.sites.quantiles import LARGEST_SCORE, Quantiles
from ddlib.sites.scale import Scale
from ddlib.tables import Column

_TERMS = 80  # of a series
_LARGEST = 0.999  # size of a correlation
_LEAST_SHARE = 1e-4  # of a level, whatever the moments say
_LEAST_VARIANCE = 1e-3  # of a score, in all directions
_STEPS = 40
_NODES = 400  # of an integral


@dataclass(frozen=True, eq=False)
class Latent:
    """A Gaussian copula without draws.

    Attributes:
        margins: of the columns.
        correlation: of their scores, `(d, d)`.
        plain: of the features that tell of the scores, weaker where they are levels, `(d, d)`.
    """

    margins: tuple[Margin, ...]
    correlation: np.ndarray
    plain: np.ndarray

    def codes(self, scores: np.ndarray) -> np.ndarray:
        """Return the codes `(n, p)` of rows.

        Args:
            scores: `(n, d)`.
        """
        columns = zip(self.margins, score_places(self.margins), strict=True)
        return np.column_stack([margin.codes(scores[:, place]) for margin, place in columns])


@dataclass(frozen=True, eq=False)
class _Score:
    """The m scores of a column: margin, weights of its features `(m, f)`, coefficients `(m, t)`.

    `told` is the share of each score's variance that the features tell, `(m,)`.
    """

    margin: Margin
    weights: np.ndarray
    coefficients: np.ndarray
    told: np.ndarray


def latent_of(
    law: Gaussian, scale: Scale, seen: np.ndarray, *, rows: int = 1, prior_rows: float = 0.0
) -> Latent:
    """Return the copula whose features have a mean and a covariance.

    Levels tell a share of their scores alone. With a prior of k rows a correlation of n complete
    rows shrinks by n / (n + k); where the features tell the shares λ₁ and λ₂ of two scores, n λ₁λ₂
    takes the place of n.

    Args:
        law: of the features.
        scale: of the columns.
        seen: bool `(p, p)`, pairs of columns that rows show together; others are made independent
            given all other columns.
        rows: n.
        prior_rows: k.
    """
    scores = [
        _score(column, own, law.mean[place], law.covariance[place, place])
        for column, own, place in zip(scale.columns, scale.laws, scale.places, strict=True)
    ]
    owners = np.repeat(np.arange(len(scores)), [len(score.weights) for score in scores])
    weights = np.zeros((len(owners), len(law.mean)))
    for place, (score, features) in enumerate(zip(scores, scale.places, strict=True)):
        weights[owners == place, features] = score.weights
    covariance = weights @ law.covariance @ weights.T
    found = _solved(np.vstack([score.coefficients for score in scores]), covariance)
    same = owners[:, None] == owners
    found = np.where(same, np.eye(len(owners)), found)
    known = seen[np.ix_(owners, owners)] | same
    told = np.concatenate([score.told for score in scores])
    worth = rows * np.outer(told, told)
    found *= np.where(np.eye(len(found)), 1.0, worth / (worth + prior_rows))
    std = np.sqrt(covariance.diagonal())
    return Latent(
        tuple(score.margin for score in scores),
        Completion(known)(_definite(found)),
        covariance / np.outer(std, std),
    )


def _score(
    column: Column, law: Quantiles | None, mean: np.ndarray, covariance: np.ndarray
) -> _Score:
    """Return the scores of a column whose features have a mean and a covariance."""
    if law is not None:
        return _of_number(column, law, float(mean[0]), float(covariance[0, 0]))
    if column.kind == "category":
        return _of_category(mean)
    shares = np.clip(mean, _LEAST_SHARE, 1 - _LEAST_SHARE)
    # Each level has some rows, those between two others too.
    steps = np.arange(len(shares))
    shares = np.minimum.accumulate(shares + _LEAST_SHARE * steps) - _LEAST_SHARE * steps
    shares = np.minimum(shares, 1 - _LEAST_SHARE * (steps + 1))
    shares = np.maximum(shares, _LEAST_SHARE * (len(shares) - steps))
    edges = np.concatenate([[0.0], 1 - shares, [1.0]])
    levels = np.arange(len(shares) + 1.0)
    margin = Margin(column.kind, edges, levels, levels, np.zeros(1), np.ones(1), False)
    cuts = ndtri(edges[1:-1])
    rises = np.diff(Quantiles(edges, levels, levels).step_scores)
    coefficients = rises[None] @ _cut_coefficients(cuts)
    # The mean score of a level is a projection: its variance is its covariance with the score.
    return _Score(margin, rises[None], coefficients, coefficients[:, 0])


def _of_number(column: Column, law: Quantiles, mean: float, variance: float) -> _Score:
    """Return the score of a column of numbers."""
    coefficients = _number_coefficients(law)
    scale = np.sqrt(max(variance, _LEAST_VARIANCE) / np.square(coefficients).sum())
    whole = column.kind in {"count", "date"} and column.decimals == 0
    margin = Margin(
        column.kind, law.edges, law.low, law.high, np.array([mean]), np.array([scale]), whole
    )
    told = coefficients[:1] ** 2 / np.square(coefficients).sum()
    return _Score(margin, np.ones((1, 1)), scale * coefficients[None], told)


@lru_cache(maxsize=1024)
def _number_coefficients(law: Quantiles) -> np.ndarray:
    """Return the coefficients of a law, kept since a sampler asks for them at each state."""
    coefficients = np.zeros(_TERMS)
    coefficients[0] = 1.0
    if law.is_step.any():
        z = np.linspace(-LARGEST_SCORE, LARGEST_SCORE, 8001)
        weights = np.exp(-(z**2) / 2)
        own = law.scores(law.values(ndtr(z)))
        # Beyond some terms a step's are lost in the grid, and small.
        coefficients[:30] = _hermite(z, 30) @ (own * weights / weights.sum())
    return coefficients


def _of_category(mean: np.ndarray) -> _Score:
    """Return the utilities of a category, whose first level has the utility 0."""
    shares = np.maximum(np.concatenate([[1 - mean.sum()], mean]), _LEAST_SHARE)
    shares /= shares.sum()
    centre = ndtri(shares[1:] / (shares[0] + shares[1:])) * 2**0.5
    for _ in range(_STEPS):
        found, slopes = _choices(centre)
        step = np.linalg.solve(slopes, shares[1:] - found)
        centre = centre + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-12:
            break
    levels, m = np.arange(len(shares), dtype=np.float64), len(mean)
    margin = Margin("category", np.zeros(0), levels, levels, centre, np.ones(m), False)
    coefficients = np.zeros((m, _TERMS))
    coefficients[:, 0] = 1.0
    slopes = _choices(centre)[1]
    variances = np.diag(shares[1:]) - np.outer(shares[1:], shares[1:])
    told = np.einsum("ij,ji->i", slopes, np.linalg.solve(variances, slopes))
    return _Score(margin, np.linalg.inv(slopes), coefficients, told)


@cache
def _rule() -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes and weights of Gauss and Legendre, whose making takes an eigenproblem."""
    return np.polynomial.legendre.leggauss(_NODES)


def _choices(centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels' probabilities but the first one's, `(m,)`, and their derivatives."""
    nodes, weights = _rule()
    top = max(float(centre.max()), 0.0) + 9.0
    u, weights = top * (nodes + 1) / 2, weights * top / 2  # of the greatest utility, above 0
    away = u[:, None] - centre
    density, below = np.exp(-(away**2) / 2) / (2 * np.pi) ** 0.5, ndtr(away)
    rest = below.prod(1)
    chosen = weights @ (density / below * rest[:, None])
    ratios = density / below
    pairs = -np.einsum("u,ui,uj->ij", weights * rest, ratios, ratios)
    at_zero = np.exp(-(centre**2) / 2) / (2 * np.pi) ** 0.5 * ndtr(-centre).prod() / ndtr(-centre)
    np.fill_diagonal(pairs, 0.0)
    np.fill_diagonal(pairs, at_zero - pairs.sum(1))
    return chosen, pairs


def _hermite(z: np.ndarray, terms: int) -> np.ndarray:
    """Return He_n(z)/√n! for n = 1, …, `(terms, len(z))`."""
    found = np.empty((terms + 1, len(z)))
    found[0], found[1] = 1.0, z
    for n in range(1, terms):
        found[n + 1] = (z * found[n] - n**0.5 * found[n - 1]) / (n + 1) ** 0.5
    return found[1:]


def _cut_coefficients(cuts: np.ndarray) -> np.ndarray:
    """Return the coefficients of 1[Z > τ], `(cuts, terms)`: φ(τ) He_{n−1}(τ)/√n!."""
    orders = np.arange(1, _TERMS + 1)
    before = np.vstack([np.ones(len(cuts)), _hermite(cuts, _TERMS - 1)])
    density = np.exp(-(cuts**2) / 2) / (2 * np.pi) ** 0.5
    return (before / np.sqrt(orders)[:, None] * density).T


def _solved(coefficients: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the correlations `(d, d)` with which features have a covariance."""
    rows, columns = np.triu_indices(len(coefficients), 1)
    used = np.flatnonzero(coefficients.any(axis=0)).max(initial=0) + 1
    series = np.ascontiguousarray((coefficients[rows, :used] * coefficients[columns, :used]).T)
    wanted = covariance[rows, columns]
    low, high = np.full(len(rows), -_LARGEST), np.full(len(rows), _LARGEST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        value = np.zeros(len(rows))
        for terms in series[::-1]:
            value += terms
            value *= middle
        above = value > wanted
        high, low = np.where(above, middle, high), np.where(above, low, middle)
    found = np.eye(len(coefficients))
    found[rows, columns] = found[columns, rows] = (low + high) / 2
    return found


def _definite(correlation: np.ndarray) -> np.ndarray:
    """Return a matrix near a symmetric one that is a correlation, with all variances above 0."""
    for _ in range(_STEPS):
        sizes, vectors = np.linalg.eigh(correlation)
        if sizes[0] >= _LEAST_VARIANCE / 2:
            break
        moved = (vectors * np.maximum(sizes, _LEAST_VARIANCE)) @ vectors.T
        std = np.sqrt(moved.diagonal())
        correlation = moved / np.outer(std, std)
        np.fill_diagonal(correlation, 1.0)
    return correlation
