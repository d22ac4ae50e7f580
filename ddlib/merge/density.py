r"""The task of a density: means, variances and correlations of all columns, as they are written.

With $z$ the terms of a row, uncorrelated and of variance 1 under the pooled draws, the score is
that of a normal law, $z$ and $(zz^\top-I)/\sqrt2$. Weights make the means exact, so that shares of
levels are those of the draws. The products are as near as rows can be chosen: they are too many
for a few rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ddlib.merge.design import Design
from ddlib.merge.question import SINGULAR, products, spread

SHARE_OF_PRODUCTS = 0.3  # beside the means, which come first, as weights are to solve them


@dataclass(frozen=True, eq=False)
class Density:
    """All questions about means, variances and correlations of the columns.

    Attributes:
        design: its terms.
        centre: pooled mean of the terms, `(d,)`.
        root: the map to uncorrelated terms of variance 1, `(d, r)`.
        num_rows: real rows.
        spread: as in `Question`.
        missing: as there.
    """

    design: Design
    centre: np.ndarray
    root: np.ndarray
    num_rows: int
    spread: float = np.nan
    missing: float = np.nan

    @classmethod
    def of(
        cls, design: Design, draws: Sequence[np.ndarray], *, num_rows: int | None = None
    ) -> Density:
        """Return the question with its answer, the moments of the draws.

        Args:
            design: of the density.
            draws: complete codes `(n, p)`, at least two.
            num_rows: real rows that each draw stands for; as many as it has unless told.
        """
        x = design.matrix(np.concatenate(list(draws)))
        sizes, vectors = np.linalg.eigh(np.cov(x.T, ddof=0).reshape(x.shape[1], -1))
        kept = sizes > SINGULAR * sizes[-1]
        root = vectors[:, kept] / np.sqrt(sizes[kept])
        question = cls(design, x.mean(0), root, len(draws[0]) if num_rows is None else num_rows)
        size, missing = spread(question, [question.squares(codes) for codes in draws], draws)
        return replace(question, spread=size, missing=missing)

    def equations(self, codes: np.ndarray) -> np.ndarray:
        """Return the terms less their means, uncorrelated, `(m, r)`.

        Args:
            codes: `(m, p)`.
        """
        return (self.design.matrix(codes) - self.centre) @ self.root

    def rank(self, codes: np.ndarray) -> int:
        """Return 0, as `information` does nothing.

        Args:
            codes: `(m, p)`.
        """
        return 0

    def balanced(self, codes: np.ndarray) -> np.ndarray:
        """Return what has a mean of 0 over balanced rows: the terms, and their products.

        Args:
            codes: `(m, p)`.
        """
        z = self.equations(codes)
        second = (products(z) - products(np.eye(z.shape[1])).sum(0)) / 2**0.5
        return np.hstack([z, SHARE_OF_PRODUCTS * second])

    def information(self, codes: np.ndarray) -> np.ndarray:
        """Return nothing, `(m, 0)`: means are told by any rows.

        Args:
            codes: `(m, p)`.
        """
        return np.empty((len(codes), 0))

    def mean_score(self, codes: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        r"""Return the mean of $z$ and of $(zz^\top-I)/\sqrt2$, one after the other.

        Args:
            codes: `(m, p)`.
            weights: `(m,)`, 1 unless told.
        """
        z = self.equations(codes)
        weights = np.ones(len(z)) if weights is None else weights
        second = z.T @ (z * weights[:, None]) / weights.sum() - np.eye(z.shape[1])
        return np.concatenate([np.average(z, axis=0, weights=weights), second.ravel() / 2**0.5])

    def squares(self, codes: np.ndarray) -> np.ndarray:
        r"""Return $\lvert z\rvert^2+\lvert zz^\top-I\rvert^2/2$ of each row, `(m,)`.

        Args:
            codes: `(m, p)`.
        """
        length = np.square(self.equations(codes)).sum(1)
        return length + (length**2 - 2 * length + self.root.shape[1]) / 2

    def learn(self, codes: np.ndarray, weights: np.ndarray, *, penalty: float) -> np.ndarray:
        """Return the moments of rows, as `mean_score` has them.

        Args:
            codes: `(m, p)`.
            weights: `(m,)`.
            penalty: not used.
        """
        return self.mean_score(codes, weights)

    def loss(self, model: np.ndarray, codes: np.ndarray) -> float:
        """Return half the squared distance of two sets of moments: near the divergence, in nats.

        Args:
            model: moments as `learn` returns them.
            codes: `(m, p)`.
        """
        return float(np.square(model - self.mean_score(codes)).sum() / 2)
