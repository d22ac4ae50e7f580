r"""A Gibbs sampler of latent normal scores, some fixed, some in intervals, some missing.

The rows are normal, z ~ N(μ, Σ), with the prior of `ddlib.copula.prior`. A sweep

1. draws the scores that are missing together in many rows, jointly given the others of each row;
2. draws the other scores that are not fixed, column after column, each within its interval given
   all other scores of its row (as Hoff 2007; for a category, McCulloch and Rossi 1994);
3. draws the prior's k, Σ and then μ given the scores; entries of Σ at pairs that no row shows
   together are replaced, so that these are independent given all other columns.

Where a column has one cut alone, as if it is binary, its scores have no scale of their own: after
each draw of Σ they are brought to variance 1 around the cut (parameter expansion; Liu and Wu 1999);
those of a category together, to mean variance 1 around 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.linalg import solve_triangular

from ddlib.copula.completion import Completion
from ddlib.copula.prior import PriorRows
from ddlib.copula.pulls import pulls
from ddlib.copula.truncated import truncated_normal

_MOST_BLOCKS = 64  # patterns of missing scores that may be drawn jointly, for the time they take
_TOLERANCE = 1e-6  # of a completion, far below the sampler's own noise


@dataclass(frozen=True, eq=False)
class Intervals:
    """What is known of the scores of n rows and d columns.

    Attributes:
        low: least raw score, `(n, d)`, −∞ where it is open; equal to `high` where it is fixed.
        high: greatest raw score, `(n, d)`.
        seen: bool `(n, d)`, whether the row tells anything of the score.
        pivots: the only cut of each column, `(d,)`; NaN where the scores have a scale of their own;
            ∞ where there is no cut.
        start: mean to start from, `(d,)`.
        categories: where the scores of each category are, and in which of them, counted from 1,
            each row has its greatest utility; 0 where all are below 0, −1 where it is missing. Its
            intervals are those to start from.
        known: bool `(d, d)`, the pairs that are not made independent given the other columns.
    """

    low: np.ndarray
    high: np.ndarray
    seen: np.ndarray
    pivots: np.ndarray
    start: np.ndarray
    categories: tuple[tuple[slice, np.ndarray], ...]
    known: np.ndarray


@dataclass(frozen=True, eq=False)
class _Block:
    """Scores that are missing together: `rows`, `columns`, their `cells`, and columns `square`."""

    rows: np.ndarray
    columns: np.ndarray
    cells: tuple[np.ndarray, ...]
    square: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, rows: np.ndarray, columns: np.ndarray) -> _Block:
        """Return the block of rows and columns."""
        return cls(rows, columns, np.ix_(rows, columns), np.ix_(columns, columns))


class Chain:
    """The sampler's state: scores, their mean and their covariance.

    Args:
        intervals: what is known.
        prior: of k.
        generator: of all that is drawn.

    Attributes:
        scores: raw, `(n, d)`.
        mean: `(d,)`.
        covariance: `(d, d)`.
        prior_rows: k, NaN before the first sweep.
    """

    def __init__(self, intervals: Intervals, prior: PriorRows, generator: Generator) -> None:
        """Start from independent columns."""
        n, d = intervals.low.shape
        low, high = intervals.low, intervals.high
        self._prior, self._generator = prior, generator
        self.prior_rows = np.nan
        self._complete = Completion(intervals.known, _TOLERANCE)
        self._pivots = intervals.pivots
        self._blocks = _blocks(~intervals.seen)
        fixed, joint = low == high, np.zeros((n, d), dtype=bool)
        for block in self._blocks:
            joint[block.cells] = True
        open_ends = np.isinf(low) & np.isinf(high)
        loose = [np.nonzero(free)[0] for free in (open_ends & ~joint).T]
        held = [np.nonzero(held)[0] for held in (~open_ends & ~fixed).T]
        self._free = {
            j: (_some(np.r_[rows, more], n), len(rows))
            for j, (rows, more) in enumerate(zip(loose, held, strict=True))
            if len(rows) + len(more)
        }
        self._held = [_some(rows, n) for rows in held]
        self._bounds = [(low[rows, j], high[rows, j]) for j, rows in enumerate(held)]
        self._categories = intervals.categories
        self._utilities = {
            j: ([i for i in own if i != j], winners[self._held[j]] == j - place.start + 1)
            for place, winners in intervals.categories
            for own in [range(place.start, place.stop)]
            for j in own
        }
        self.mean, self.covariance = intervals.start, np.eye(d)
        ends = [(bounds - self.mean).ravel() for bounds in (low, high)]
        start = self.mean + truncated_normal(*ends, generator).reshape(n, d)
        # column after column is drawn, so that each lies together in memory
        self.scores = np.asfortranarray(np.where(fixed, low, start))

    @property
    def correlation(self) -> np.ndarray:
        """The correlation of the scores, `(d, d)`."""
        std = np.sqrt(self.covariance.diagonal())
        correlation = self.covariance / np.outer(std, std)
        np.fill_diagonal(correlation, 1.0)
        return correlation

    def sweep(self) -> None:
        """Draw all scores and all parameters once."""
        self._draw_scores()
        self._draw_parameters()

    def _draw_scores(self) -> None:
        """Draw the scores that are not fixed; those that are keep their bits."""
        precision = np.linalg.inv(self.covariance)
        deviations = self.scores - self.mean
        for block in self._blocks:
            drawn = self._block(precision, deviations, block)
            deviations[block.cells] = drawn
            self.scores[block.cells] = drawn + self.mean[block.columns]
        products = pulls(deviations, precision, [*self._free])
        for place, (j, (rows, num_loose)) in enumerate(self._free.items()):
            own = deviations[:, j]
            spread = precision[j, j] ** -0.5
            before = own[rows]
            centre = self.mean[j] + before - products.of(place)[rows] * spread**2
            drawn = centre + spread * self._noise(j, num_loose, centre, spread)
            self.scores[:, j][rows] = drawn
            after = drawn - self.mean[j]
            products.moved(place, rows, after - before)
            own[rows] = after

    def _noise(self, j: int, num_loose: int, centre: np.ndarray, spread: float) -> np.ndarray:
        """Return normal numbers for the scores of a column: loose ones first, then those held."""
        noise = self._generator.standard_normal(num_loose)
        if num_loose == len(centre):
            return noise
        low, high = ((end - centre[num_loose:]) / spread for end in self._ends(j))
        held = truncated_normal(low, high, self._generator)
        return np.concatenate([noise, held]) if num_loose else held

    def _ends(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest score of each row that is held between bounds."""
        if j not in self._utilities:
            return self._bounds[j]
        others, wins = self._utilities[j]
        best = np.zeros(len(wins))
        for other in others:
            best = np.maximum(best, self.scores[:, other][self._held[j]])
        return np.where(wins, best, -np.inf), np.where(wins, np.inf, best)

    def _block(self, precision: np.ndarray, deviations: np.ndarray, block: _Block) -> np.ndarray:
        """Draw missing scores `(rows, columns)`, jointly given the rest of each row."""
        rest = deviations[block.rows]
        rest[:, block.columns] = 0
        covariance = np.linalg.inv(precision[block.square])
        noise = self._generator.standard_normal((len(block.rows), len(block.columns)))
        spread = noise @ np.linalg.cholesky(covariance).T
        return spread - rest @ precision[:, block.columns] @ covariance

    def _draw_parameters(self) -> None:
        """Draw covariance and mean, and bring scores without a scale of their own to variance 1."""
        n, d = self.scores.shape
        average, squares = self.scores.mean(0), self.scores.T @ self.scores
        scatter = squares - n**2 / (n + 1) * np.outer(average, average)
        k = self.prior_rows = self._prior.draw(scatter, self._generator)
        scatter[np.diag_indices(d)] += k
        covariance = self._complete(inverse_wishart(n + d + 1 + k, scatter, self._generator))
        noise = np.linalg.cholesky(covariance) @ self._generator.standard_normal(d)
        mean = n / (n + 1) * average + noise / (n + 1) ** 0.5
        free = ~np.isnan(self._pivots)
        variances = np.where(free, covariance.diagonal(), 1.0)
        for place, _ in self._categories:
            variances[place] = variances[place].mean()
        scale = np.sqrt(variances)
        self.covariance = covariance / np.outer(scale, scale)
        pivot = np.where(np.isfinite(self._pivots), self._pivots, mean)
        target = np.where(np.isfinite(self._pivots), self._pivots, 0.0)
        self.mean = np.where(free, target + (mean - pivot) / scale, mean)
        columns = self.scores.T  # each together in memory
        moved = columns[free] - pivot[free, None]
        columns[free] = target[free, None] + moved / scale[free, None]


def _blocks(missing: np.ndarray) -> list[_Block]:
    """Return the patterns of missing scores that many rows share."""
    patterns, place, counts = np.unique(missing, axis=0, return_inverse=True, return_counts=True)
    often = np.nonzero((counts * _MOST_BLOCKS >= len(missing)) & patterns.any(1))[0]
    return [_Block.of(np.nonzero(place.ravel() == k)[0], np.nonzero(patterns[k])[0]) for k in often]


def _some(rows: np.ndarray, n: int) -> np.ndarray | slice:
    """Return an index of rows; of all n in their order a slice, which copies nothing."""
    return slice(None) if np.array_equal(rows, np.arange(n)) else rows


def inverse_wishart(freedom: float, scatter: np.ndarray, generator: Generator) -> np.ndarray:
    """Return a draw of the inverse Wishart law, by the decomposition of Bartlett (1933).

    Args:
        freedom: degrees of freedom, above d − 1.
        scatter: positive definite, `(d, d)`.
        generator: of the draw.
    """
    d = len(scatter)
    root = np.tril(generator.standard_normal((d, d)), -1)
    root[np.diag_indices(d)] = np.sqrt(generator.chisquare(freedom - np.arange(d)))
    spread = solve_triangular(root, np.linalg.cholesky(scatter).T, lower=True)
    return spread.T @ spread
