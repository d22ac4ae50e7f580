"""A fitted Gaussian copula: what rows tell of the joint law of mixed columns, and draws from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from ddlib.arguments import count_faults, raise_faults
from ddlib.copula.checks import seed_faults
from ddlib.copula.margins import Margin, score_places
from ddlib.copula.posterior import Mixing


@dataclass(frozen=True, eq=False)
class Copula:
    """A Gaussian copula of p columns, with d standard normal scores.

    A column has one score, a category of L levels L − 1 (`margins`, `places`).

    Attributes:
        kinds: of the columns.
        margins: of each column, the map between codes and scores.
        correlation: of the scores, mean over the posterior, `(d, d)`; pairs that no row shows
            together are independent given all others.
        draws: tables of codes `(n, p)`: what was seen stays as it is, what was missing is drawn.
        correlations: one `(d, d)` for each draw, itself a draw from the posterior.
        seen: bool `(p, p)`, pairs of columns that a row shows together.
        known: bool `(d, d)`, pairs of scores that rows tell of. Not among them, besides unseen
            pairs, are those within a category, and those of a column that is constant where seen.
        prior_rows: pseudo-rows k of independent columns, mean over the posterior: correlations of n
            complete rows shrink by the factor n / (n + k).
        mixing: how well the sampler mixed.
    """

    kinds: tuple[str, ...]
    margins: tuple[Margin, ...]
    correlation: np.ndarray
    draws: tuple[np.ndarray, ...]
    correlations: tuple[np.ndarray, ...]
    seen: np.ndarray
    known: np.ndarray
    prior_rows: float
    mixing: Mixing

    @property
    def places(self) -> tuple[slice, ...]:
        """Where the scores of each column stand among the d."""
        return score_places(self.margins)

    def codes(self, scores: np.ndarray) -> np.ndarray:
        """Return the codes `(n, p)` of rows.

        Args:
            scores: `(n, d)`.
        """
        columns = zip(self.margins, self.places, strict=True)
        return np.column_stack([margin.codes(scores[:, place]) for margin, place in columns])

    def sample(self, num_rows: int, *, seed: int | Generator) -> np.ndarray:
        """Return codes `(num_rows, p)` of new rows.

        Rows take turns at the correlations of the draws, so that they vary as what is known does.

        Args:
            num_rows: to draw.
            seed: of the rows.

        Raises:
            ValueError: for a negative number of rows and for no seed.
        """
        raise_faults(count_faults("num_rows", num_rows, 0) + seed_faults(seed))
        generator = np.random.default_rng(seed)
        scores = generator.standard_normal((num_rows, len(self.correlation)))
        for k, correlation in enumerate(self.correlations):
            turn = slice(k, None, len(self.correlations))
            scores[turn] = scores[turn] @ np.linalg.cholesky(correlation).T
        return self.codes(scores)

    def bounds(self, i: int, j: int) -> tuple[float, float]:
        """Return the least and the greatest latent correlation of two columns.

        They are over all laws that agree on what rows tell (`ddlib.dbn.completion`), equal for a
        pair that is seen; of a category, over all its scores. They leave out sampling error.

        Args:
            i: number of a column.
            j: number of another.

        Raises:
            ValueError: for numbers that are no columns, or the same.
        """
        p = len(self.margins)
        wanted = f"a whole number from 0 to {p - 1}"
        for name, value in (("i", i), ("j", j)):
            raise_faults(count_faults(name, value, 0, wanted))
            raise_faults([] if value < p else [f"{name} = {value}: must be {wanted}"])
        raise_faults([f"j = {j}: must be another column than i"] if i == j else [])
        low, high = self._bounds
        cells = self.places[i], self.places[j]
        return float(low[cells].min()), float(high[cells].max())

    @cached_property
    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The bounds of all pairs of scores, each `(d, d)`."""
        import torch  # heavy, and needed here alone

        from ddlib.dbn.completion import correlation_bounds

        arrays = torch.from_numpy(self.correlation), torch.from_numpy(self.known)
        low, high = correlation_bounds(*arrays)
        return low.numpy(), high.numpy()
