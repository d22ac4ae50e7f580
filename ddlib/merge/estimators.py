r"""Learners given by estimating equations: logistic regression of two or more levels, and linear.

With terms $x_i$ `(q,)`, responses $y_i$ `(k,)`, predictions $\mu_i(\theta)$ and weights $w_i$,
both are the root of the same equations, in which a penalty $\lambda$ may stand,

$$\sum_i w_i\,(y_i-\mu_i(\theta))\otimes x_i=\lambda P\theta,\qquad P=\mathrm{diag}(0,1,\dots,1)$$

for each response: the intercept, the first term, is free. A logistic regression of $k+1$ levels has
$\mu_{ic}=\exp\theta_c^\top x_i/(1+\sum_b\exp\theta_b^\top x_i)$, a linear one
$\mu_i=\theta x_i$. On standardised terms $\lambda=1$ is what scikit-learn calls `C=1` and
`alpha=1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Estimator(Protocol):
    """A learner, its equations, and the curvature of its loss.

    `x` are terms `(n, q)`, `y` responses `(n, k)`, `theta` coefficients `(k, q)`; where these are
    one axis, the coefficients of the first response come first.
    """

    def predict(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the predictions `(n, k)`."""
        ...

    def variances(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the variance function of each response, `(n, k)`."""
        ...

    def losses(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss of each row, `(n,)`."""
        ...

    def information(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the second derivative of the weighted sum of losses, `(k·q, k·q)`."""
        ...

    def dispersion(
        self, theta: np.ndarray, x: np.ndarray, y: np.ndarray, weights: np.ndarray
    ) -> float:
        """Return the variance of a response in units of its variance function."""
        ...


@dataclass(frozen=True)
class Logistic:
    """Logistic regression of the levels of a column; the first one is what others are held to."""

    def predict(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the probabilities `(n, k)` of the levels but the first.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
        """
        return np.exp(self._log_probabilities(theta, x))[:, 1:]

    def variances(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return p(1 − p) of the levels but the first, `(n, k)`.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
        """
        p = self.predict(theta, x)
        return p * (1 - p)

    def losses(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return −log p of the level of each row, `(n,)`, in nats.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
            y: indicators `(n, k)`.
        """
        shares = np.column_stack([1.0 - y.sum(1), y])
        return -(shares * self._log_probabilities(theta, x)).sum(1)

    def information(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        r"""Return $\sum_i w_i(\mathrm{diag}\mu_i-\mu_i\mu_i^\top)\otimes x_ix_i^\top$.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
            weights: `(n,)`.
        """
        p = self.predict(theta, x)
        k, q = p.shape[1], x.shape[1]
        blocks = np.empty((k, q, k, q))
        for a in range(k):
            for b in range(k):
                variance = p[:, a] * ((a == b) - p[:, b])
                blocks[a, :, b] = x.T @ (x * (weights * variance)[:, None])
        return blocks.reshape(k * q, k * q)

    def dispersion(
        self, theta: np.ndarray, x: np.ndarray, y: np.ndarray, weights: np.ndarray
    ) -> float:
        """Return 1: the mean says all of the variance.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
            y: indicators `(n, k)`.
            weights: `(n,)`.
        """
        return 1.0

    def _log_probabilities(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return log p of all levels, `(n, k + 1)`."""
        logits = np.column_stack([np.zeros(len(x)), x @ theta.T])
        top = logits.max(1, keepdims=True)
        return logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))


@dataclass(frozen=True)
class Linear:
    """Linear regression of numbers."""

    def predict(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the predictions `(n, k)`.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
        """
        return x @ theta.T

    def variances(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return 1 for each response, `(n, k)`.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
        """
        return np.ones((len(x), len(theta)))

    def losses(self, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return half the squared error of each row, `(n,)`.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
            y: numbers `(n, k)`.
        """
        return np.square(y - self.predict(theta, x)).sum(1) / 2

    def information(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        r"""Return $\sum_i w_i\,x_ix_i^\top$, once for each response.

        Args:
            theta: coefficients `(k, q)`.
            x: terms `(n, q)`.
            weights: `(n,)`.
        """
        return np.kron(np.eye(len(theta)), x.T @ (x * weights[:, None]))

    def dispersion(
        self, theta: np.ndarray, x: np.ndarray, y: np.ndarray, weights: np.ndarray
    ) -> float:
        """Return the variance of the residuals, with n − q degrees of freedom.

        Args:
            theta: coefficients `(1, q)`.
            x: terms `(n, q)`.
            y: numbers `(n, 1)`.
            weights: `(n,)`.
        """
        freedom = max(weights.sum() - x.shape[1], 1.0)
        return float(2 * (weights * self.losses(theta, x, y)).sum() / freedom)


LEARNERS: dict[str, Estimator] = {
    "logistic": Logistic(),
    "multinomial": Logistic(),
    "linear": Linear(),
}
"""The learners that have equations, by what a task learns."""
