"""The task of a learner with estimating equations, at its pooled coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_triangular

from ddlib.merge.design import Design
from ddlib.merge.equations import fit, scores, shrinkage
from ddlib.merge.pooling import Pooled, pool
from ddlib.merge.question import SINGULAR, products, spread

LEAST_INFORMATION = 0.05  # of that of as many real rows


@dataclass(frozen=True, eq=False)
class Regression:
    """A task whose learner has estimating equations.

    Attributes:
        pooled: its answer.
        root: triangular; scores are in units of it, `(r, r)`.
        dispersion: of the responses, in units of their variance function.
        num_rows: real rows that show the target.
        spread: as in `Question`.
        missing: as there.
    """

    pooled: Pooled
    root: np.ndarray
    dispersion: float
    num_rows: int
    spread: float = np.nan
    missing: float = np.nan

    @classmethod
    def of(
        cls,
        design: Design,
        draws: Sequence[np.ndarray],
        *,
        penalty: float,
        num_rows: int | None = None,
    ) -> Regression:
        """Return the question with its answer.

        Args:
            design: terms and response.
            draws: complete codes `(n, p)`, of the rows that show the target.
            penalty: as `pool` takes it.
            num_rows: likewise.
        """
        real = len(draws[0]) if num_rows is None else num_rows
        pooled = pool(design, draws, penalty=penalty, num_rows=real)
        codes = np.concatenate(list(draws))
        x, y, ones = design.matrix(codes), design.response(codes), np.ones(len(codes))
        learner, theta = pooled.learner, pooled.theta
        prior = np.diag(shrinkage(theta.shape, penalty)) / real
        information = learner.information(theta, x, ones) / len(x) + prior
        dispersion = learner.dispersion(theta, x, y, ones)
        root = np.linalg.cholesky(dispersion * information)
        question = cls(pooled, root, dispersion, real)
        squares = [np.square(question.equations(codes)).sum(1) for codes in draws]
        size, missing = spread(question, squares, draws)
        return replace(question, spread=size, missing=missing)

    @property
    def design(self) -> Design:
        """The terms and the response."""
        return self.pooled.design

    def equations(self, codes: np.ndarray) -> np.ndarray:
        """Return the scores of rows, `(m, r)`.

        Args:
            codes: complete, `(m, p)`.
        """
        design = self.pooled.design
        x, y = design.matrix(codes), design.response(codes)
        return _whitened(self.root, scores(self.pooled.learner, self.pooled.theta, x, y))

    def balanced(self, codes: np.ndarray) -> np.ndarray:
        """Return what has a mean of 0 over balanced rows, the scores, `(m, r)`.

        Args:
            codes: complete, `(m, p)`.
        """
        return self.equations(codes)

    def mean_score(self, codes: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Return the weighted mean of the scores, `(r,)`.

        Args:
            codes: complete, `(m, p)`.
            weights: `(m,)`, 1 unless told.
        """
        return np.average(self.equations(codes), axis=0, weights=weights)

    def rank(self, codes: np.ndarray) -> int:
        """Return how many coefficients, or combinations of them, rows tell enough of.

        That is a twentieth of what as many real rows do: with less, a learner hardly finds them.

        Args:
            codes: complete, `(m, p)`.
        """
        x, pooled = self.design.matrix(codes), self.pooled
        weights = np.full(len(x), self.dispersion / len(x))
        information = pooled.learner.information(pooled.theta, x, weights)
        relative = _whitened(self.root, _whitened(self.root, information).T)
        return int((np.linalg.eigvalsh(relative) > LEAST_INFORMATION).sum())

    def information(self, codes: np.ndarray) -> np.ndarray:
        """Return the information of each row on pairs of coefficients of an outcome, less the mean.

        Args:
            codes: complete, `(m, p)`.

        Returns:
            `(m, k·q·(q + 1)/2)`; lengths do not depend on the order of the terms.
        """
        x, pooled = self.design.matrix(codes), self.pooled
        parts: list[np.ndarray] = []
        for variance in pooled.learner.variances(pooled.theta, x).T:
            scaled = x * np.sqrt(variance)[:, None]
            square = scaled.T @ scaled / len(x)
            square += SINGULAR * np.trace(square) * np.eye(len(square))
            second = products(_whitened(np.linalg.cholesky(square), scaled))
            parts.append(second - second.mean(0))
        return np.hstack(parts)

    def learn(self, codes: np.ndarray, weights: np.ndarray, *, penalty: float) -> np.ndarray:
        """Return the coefficients that rows give, `(k, q)`, counted as if they were the real ones.

        Args:
            codes: complete, `(m, p)`.
            weights: `(m,)`.
            penalty: of all the real rows.
        """
        x, y = self.design.matrix(codes), self.design.response(codes)
        counts = weights * self.num_rows / weights.sum()
        return fit(self.pooled.learner, x, y, counts, penalty=penalty)

    def loss(self, model: np.ndarray, codes: np.ndarray) -> float:
        """Return the mean loss of coefficients on the rows that show the target, in nats.

        Args:
            model: coefficients `(k, q)`.
            codes: `(m, p)`, complete but for the target.
        """
        shown = codes[~np.isnan(codes[:, self.design.target])]
        x, y = self.design.matrix(shown), self.design.response(shown)
        return float(self.pooled.learner.losses(model, x, y).mean() / self.dispersion)


def _whitened(root: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows `(m, r)` in units of a lower triangular root."""
    return solve_triangular(root, rows.T, lower=True).T
