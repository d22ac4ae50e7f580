r"""Pushing a covariance matrix along a direction, its free entries kept at their centre.

With X a completion, D the direction and E the free entries, the centre maximises log|X|. There
Z = X⁻¹ is zero at the free entries, so that every completion X + αD + ΣyE has 0 ≤ d + α tr ZD: no
step is longer than d / (−tr ZD), and this gap falls to 0 at the boundary. With X = LLᵀ, the Newton
step to the centre is the projection of I on the span of the L⁻¹EL⁻ᵀ, and the tangent of the path
is what that projection leaves of L⁻¹DL⁻ᵀ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

GAP = 1e-9  # where a path ends: X has eigenvalues near 1e-10, known to about six digits
GREATEST_GAP = 1e-3  # where it may end when rounding leaves no positive definite matrix
NEAR = 0.1  # Newton decrement of a point that is central enough on the way
FRACTION = 0.9  # of the way to the boundary taken in one step
MAX_STEPS = 200


class End(NamedTuple):
    """Where a path ended.

    Attributes:
        matrix: the last centre, `(d, d)`.
        reached: step along the direction.
        gap: how much longer a step could be at most.
    """

    matrix: np.ndarray
    reached: float
    gap: float


@dataclass(frozen=True, eq=False)
class Point:
    """A positive definite matrix LLᵀ, seen from the span of the free entries.

    Attributes:
        matrix: `(d, d)`.
        factor: L `(d, d)`.
        whitener: L⁻¹ `(d, d)`.
        span: orthonormal basis of the L⁻¹EL⁻ᵀ, `(d², m)`.
        newton: projection of I on the span, `(d, d)`.
    """

    matrix: np.ndarray
    factor: np.ndarray
    whitener: np.ndarray
    span: np.ndarray
    newton: np.ndarray

    @classmethod
    def at(cls, matrix: np.ndarray, free: np.ndarray) -> Point:
        """Return a matrix with its factor, and the span of its free entries.

        Args:
            matrix: `(d, d)`.
            free: symmetric bool `(d, d)`, True at the free pairs.

        Raises:
            np.linalg.LinAlgError: for a matrix that is not positive definite.
        """
        d = len(matrix)
        factor = np.linalg.cholesky(matrix)
        whitener = solve_triangular(factor, np.eye(d), lower=True)
        i, j = np.nonzero(np.triu(free))
        moves = whitener[:, None, i] * whitener[None, :, j]
        moves = (moves + moves.transpose(1, 0, 2)).reshape(d * d, len(i))
        # Scaled first: near the boundary the columns differ by ten orders of magnitude.
        span = np.linalg.qr(moves / np.linalg.norm(moves, axis=0))[0]
        newton = (span @ (span.T @ np.eye(d).ravel())).reshape(d, d)
        return cls(matrix, factor, whitener, span, newton)

    @property
    def decrement(self) -> float:
        """The length of the Newton step in the metric of log|X|; below 1 the dual is feasible."""
        return float(np.linalg.norm(self.newton))

    def whitened(self, change: np.ndarray) -> np.ndarray:
        """Return L⁻¹ Y L⁻ᵀ, `(d, d)`.

        Args:
            change: Y `(d, d)`.
        """
        return self.whitener @ change @ self.whitener.T

    def unwhitened(self, change: np.ndarray) -> np.ndarray:
        """Return L Y Lᵀ, `(d, d)`.

        Args:
            change: Y `(d, d)`.
        """
        return self.factor @ change @ self.factor.T

    def tangent(self, direction: np.ndarray) -> np.ndarray:
        """Return a direction with the moves of the free entries that keep to centres.

        Args:
            direction: D `(d, d)`.

        Returns:
            L⁻¹ Y L⁻ᵀ `(d, d)` of the direction Y with these moves.
        """
        white = self.whitened(direction).ravel()
        return (white - self.span @ (self.span.T @ white)).reshape(direction.shape)

    def gap(self, direction: np.ndarray) -> float:
        """Return an upper bound on the step along a direction that leaves a completion.

        Args:
            direction: D `(d, d)`.
        """
        residual = np.eye(len(self.matrix)) - self.newton
        slope = -float(((self.whitener.T @ residual @ self.whitener) * direction).sum())
        return float(np.trace(residual)) / slope if slope > 0 else np.inf


def centred(matrix: np.ndarray, free: np.ndarray, tolerance: float) -> Point:
    """Return the point of greatest log|X| over the free entries; damped Newton steps stay inside.

    Args:
        matrix: positive definite start `(d, d)`.
        free: symmetric bool `(d, d)`.
        tolerance: Newton decrement to end at.

    Raises:
        np.linalg.LinAlgError: where rounding leaves no factor or no centre.
    """
    last = np.inf
    for _ in range(MAX_STEPS):
        point = Point.at(matrix, free)
        decrement = point.decrement
        # Newton's method at least halves a small decrement, until rounding stops it.
        if decrement < tolerance or (last < NEAR and decrement > last / 2):
            return point
        step = 1.0 if decrement < 0.25 else 1 / (1 + decrement)
        matrix = matrix + np.where(free, step * point.unwhitened(point.newton), 0.0)
        last = decrement
    raise np.linalg.LinAlgError(
        f"covariance: no centre in {MAX_STEPS} steps; known correlations must be smaller"
    )


def follow(matrix: np.ndarray, direction: np.ndarray, free: np.ndarray, limit: float) -> End:
    """Return where a push along a direction through centres ends: at `limit` or the boundary.

    Args:
        matrix: positive definite start `(d, d)`.
        direction: D `(d, d)`.
        free: symmetric bool `(d, d)`.
        limit: longest step.

    Raises:
        ArithmeticError: where rounding ends the path too far from the boundary.
    """
    reached, end = 0.0, End(matrix, 0.0, np.inf)
    for _ in range(MAX_STEPS):
        try:
            point = centred(matrix, free, NEAR)
        except np.linalg.LinAlgError:
            # Rounding leaves no factor or no centre: the gap of the last centre holds all the same.
            break
        end = End(point.matrix, reached, point.gap(direction))
        if reached >= limit or end.gap <= GAP:
            break
        change = np.where(free, point.unwhitened(point.tangent(direction)), direction)
        # Of the change as it is, since the tangent has lost digits where X is nearly singular.
        slope = -np.linalg.eigvalsh(point.whitened(change))[0]
        step = min(FRACTION / slope, limit - reached) if slope > 0 else limit - reached
        matrix, reached = point.matrix + step * change, reached + step
    if end.reached < limit and end.gap > GREATEST_GAP:
        raise ArithmeticError(
            f"covariance: too nearly singular, gap {end.gap:.3g}; known correlations must be "
            "smaller, such as 0.9999 times as large"
        )
    return end
