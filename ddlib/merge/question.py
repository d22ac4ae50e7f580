r"""What a task asks of rows, with its answer: what they say of it, and how far off they are.

The score $s(z)$ of a row is the derivative of its log-likelihood at the answer, in units in which
the information of a row is the identity. Its mean over rows is 0 where these give that very answer.
Else $\lvert\bar s\rvert^2$ is, to first order, twice the divergence of their answer from it, in
nats a row. N independent rows of the law would give $\operatorname{E}\lvert s\rvert^2/N$: so rows
can be said to be worth N real ones, whatever the task (`ddlib.merge.worth`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ddlib.merge.design import Design

SINGULAR = 1e-9  # share of the largest variance, below which a direction has none


class Question(Protocol):
    """A task with its answer. Codes are complete, `(m, p)`, weights `(m,)`."""

    @property
    def design(self) -> Design:
        """The terms and the response."""
        ...

    @property
    def num_rows(self) -> int:
        """Real rows that the answer comes from."""
        ...

    @property
    def spread(self) -> float:
        """The mean of |s|² over the draws."""
        ...

    @property
    def missing(self) -> float:
        """By which share the answer's variance is above that from complete rows."""
        ...

    def equations(self, codes: np.ndarray) -> np.ndarray:
        """Return of each row what the equations sum, `(m, r)`."""
        ...

    def rank(self, codes: np.ndarray) -> int:
        """Return how many coefficients, or combinations of them, rows tell of."""
        ...

    def balanced(self, codes: np.ndarray) -> np.ndarray:
        """Return what has a mean of 0 over balanced rows, `(m, …)`."""
        ...

    def information(self, codes: np.ndarray) -> np.ndarray:
        """Return of each row what it informs of, less the mean, `(m, …)`."""
        ...

    def mean_score(self, codes: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Return the weighted mean of the scores of rows."""
        ...

    def learn(self, codes: np.ndarray, weights: np.ndarray, *, penalty: float) -> Any:
        """Return what the task's learner makes of rows."""
        ...

    def loss(self, model: Any, codes: np.ndarray) -> float:
        """Return the mean loss of what was learnt on rows, in nats; a target may be missing."""
        ...


def spread(
    question: Question, squares: Sequence[np.ndarray], draws: Sequence[np.ndarray]
) -> tuple[float, float]:
    r"""Return E|s|² and $(1+1/M)\,n\,\sum_m|\bar s_m-\bar s|^2/((M-1)\operatorname{E}|s|^2)$.

    Args:
        question: has the mean scores.
        squares: |s|² of each row of each draw.
        draws: complete codes `(n, p)`, at least two.
    """
    size = float(np.mean([square.mean() for square in squares]))
    means = np.array([question.mean_score(codes) for codes in draws])
    between = (1 + 1 / len(draws)) * question.num_rows * means.var(0, ddof=1).sum()
    return size, float(between / size)


def products(z: np.ndarray) -> np.ndarray:
    """Return the products of columns, each pair once, `(m, r·(r + 1)/2)`.

    Those of two columns count twice, so that lengths do not depend on the axes.

    Args:
        z: `(m, r)`.
    """
    rows, columns = np.triu_indices(z.shape[1])
    return z[:, rows] * z[:, columns] * np.where(rows == columns, 1.0, 2.0**0.5)
