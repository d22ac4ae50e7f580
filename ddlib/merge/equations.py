"""Estimating equations (`ddlib.merge.estimators`) of rows, and their root by Newton's method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ddlib.merge.estimators import Estimator

MAX_STEPS = 100
LEAST_STEP = 1e-12  # of a Newton step
TOLERANCE = 1e-11  # of the gradient's largest entry, per row
FLAT = 1e-10  # curvature, of that of a linear regression, below which a loss has no optimum


class NoOptimum(ArithmeticError):
    """The equations have no finite root: the terms tell the levels apart without a fault."""


def scores(learner: Estimator, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    r"""Return $(y_i-\mu_i)\otimes x_i$ of each row, `(n, k·q)`: what the equations sum.

    Args:
        learner: whose equations.
        theta: coefficients `(k, q)`.
        x: terms `(n, q)`.
        y: responses `(n, k)`.
    """
    residuals = y - learner.predict(theta, x)
    return (residuals[:, :, None] * x[:, None, :]).reshape(len(x), -1)


def shrinkage(shape: tuple[int, ...], penalty: float) -> np.ndarray:
    r"""Return the diagonal of $\lambda P$, `(k·q,)`.

    Args:
        shape: of the coefficients, `(k, q)`.
        penalty: λ.
    """
    return penalty * np.tile(np.r_[0.0, np.ones(shape[1] - 1)], shape[0])


def fit(
    learner: Estimator,
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    penalty: float,
) -> np.ndarray:
    """Return the root `(k, q)` of the equations, by Newton's method.

    Args:
        learner: whose equations.
        x: terms `(n, q)`, the intercept first.
        y: responses `(n, k)`.
        weights: of the rows `(n,)`; 1 unless told.
        penalty: λ, at least 0.

    Raises:
        NoOptimum: for levels that are told apart without a fault, and terms that depend on each
            other, where there is no penalty.
    """
    weights = np.ones(len(x)) if weights is None else weights
    shape = y.shape[1], x.shape[1]
    prior = shrinkage(shape, penalty)
    theta = np.zeros(shape)

    def loss(at: np.ndarray) -> float:
        return float(weights @ learner.losses(at, x, y) + prior @ at.ravel() ** 2 / 2)

    for _ in range(MAX_STEPS):
        gradient = weights @ scores(learner, theta, x, y) - prior * theta.ravel()
        curvature = learner.information(theta, x, weights) + np.diag(prior)
        if np.abs(gradient).max() <= TOLERANCE * len(x):
            if penalty == 0:
                _check_curvature(curvature, np.sqrt(weights @ np.square(x)))
            return theta
        theta = _stepped(loss, theta, _solve(curvature, gradient).reshape(shape))
    raise NoOptimum(f"no root after {MAX_STEPS} Newton steps; must be with a penalty above 0")


def _stepped(
    loss: Callable[[np.ndarray], float], theta: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """Return coefficients after a Newton step, which is halved until the loss descends."""
    value, size = loss(theta), 1.0
    # Near the optimum rounding hides the descent, and full steps are right.
    while loss(theta + size * step) > value + 1e-12 * abs(value) and size > LEAST_STEP:
        size /= 2
    return theta + size * step


def _check_curvature(curvature: np.ndarray, sizes: np.ndarray) -> None:
    """Raise where the loss is flat in a direction, in units of the terms' sizes `(q,)`."""
    units = np.tile(np.where(sizes > 0, sizes, 1.0), len(curvature) // len(sizes))
    if np.linalg.eigvalsh(curvature / np.outer(units, units))[0] < FLAT:
        raise NoOptimum(
            "terms: tell the levels apart without a fault, or depend on each other; must be with a "
            "penalty above 0"
        )


def _solve(curvature: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Return the Newton step."""
    try:
        factor = np.linalg.cholesky(curvature)
    except np.linalg.LinAlgError as error:
        raise NoOptimum("terms: depend on each other; must be with a penalty above 0") from error
    return np.linalg.solve(factor.T, np.linalg.solve(factor, gradient))
