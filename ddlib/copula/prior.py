r"""The prior of a covariance: k pseudo-rows of independent columns, with k drawn from the rows.

The conjugate law of d normal scores with covariance Σ and mean μ is

    Σ ~ inverse Wishart(d + 1 + k, k I),    μ | Σ ~ N(0, Σ).

Under it E Σ = I, and each correlation becomes uniform as k → 0 (Barnard, McCulloch and Meng 2000).
Of n complete rows, a correlation shrinks by the factor n / (n + k). How much is right the rows
tell: with S their scatter around the mean, shrunk as the prior has it, and ν = d + 1 + k,

    p(rows | k) ∝ k^{νd/2} |k I + S|^{−(ν+n)/2} Γ_d((ν + n)/2) / Γ_d(ν/2),

which is large for small k if columns are nearly copies of one another, and for large k if they have
little to do with each other. The k are on a grid, a priori equal, from 0.1 to n.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy.special import gammaln

_LEAST = 0.1
_PER_DECADE = 8


class PriorRows:
    """The number k of pseudo-rows, to be drawn given the rows, or fixed.

    Args:
        num_rows: n.
        num_scores: d.
        fixed: k, above 0; None has it drawn.
    """

    def __init__(self, num_rows: int, num_scores: int, fixed: float | None = None) -> None:
        """Compute what does not depend on the scores."""
        if fixed is None:
            size = round(_PER_DECADE * np.log10(num_rows / _LEAST)) + 1
            self._grid = np.geomspace(_LEAST, num_rows, size)
        else:
            self._grid = np.array([float(fixed)])
        freedom = num_scores + 1 + self._grid
        self._half = (freedom + num_rows) / 2
        self._constant = freedom * num_scores / 2 * np.log(self._grid)
        # Γ_d(a) is, but for powers of π that cancel, the product of Γ(a − j / 2), j = 0, …, d − 1.
        halves = np.arange(num_scores)[:, None] / 2
        self._constant += (gammaln(self._half - halves) - gammaln(freedom / 2 - halves)).sum(0)

    def draw(self, scatter: np.ndarray, generator: Generator) -> float:
        """Return k.

        Args:
            scatter: S, `(d, d)`.
            generator: of k.
        """
        if len(self._grid) == 1:
            return float(self._grid[0])
        sizes = np.maximum(np.linalg.eigvalsh(scatter), 0)
        logarithms = np.log(self._grid[:, None] + sizes).sum(1)
        likelihood = self._constant - self._half * logarithms
        weights = np.exp(likelihood - likelihood.max()).cumsum()
        return float(self._grid[np.searchsorted(weights, generator.random() * weights[-1])])
