r"""Completions of a covariance matrix of which only some entries are known.

A completion X keeps the known entries and is positive semi-definite. With one pair (x, y) unknown,
in correlations and with b, c those of x, y with the shared variables, A those among them, the
Schur complement gives the interval (the Fréchet bounds of statistical matching)

    bᵀA⁻¹c ± √((1 − bᵀA⁻¹b)(1 − cᵀA⁻¹c)).

It holds for any unknown pair when the graph of known pairs is chordal without and with the pair
(Grone, Johnson, Sá and Wolkowicz 1984), so for every pair of two overlapping sources. Any other
bound is a semi-definite program. We push X along a direction D and keep the free entries E at
their centre, which maximises log|X|. There Z = X⁻¹ is zero at the free entries, so that every
completion X + αD + ΣyE has 0 ≤ d + α tr ZD: no step is longer than d / (−tr ZD), and this gap
falls to 0 at the boundary. With D = the known correlations, from X = I to step 1, the path ends at
the completion of maximum entropy or proves that there is none; with D = ± one unknown pair, from
there, it ends at a bound. With X = LLᵀ, the Newton step to the centre is the projection of I on
the span of the L⁻¹EL⁻ᵀ, and the tangent of the path is what that projection leaves of L⁻¹DL⁻ᵀ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import solve_triangular
from torch import Tensor

_GAP = 1e-9  # where a path ends: X has eigenvalues near 1e-10, known to about six digits
_GREATEST_GAP = 1e-3  # where it may end when rounding leaves no positive definite matrix
_NEAR = 0.1  # Newton decrement of a point that is central enough on the way
_CONVERGED = 1e-11  # and at the end
_FRACTION = 0.9  # of the way to the boundary taken in one step
_MAX_STEPS = 200


def correlation_bounds(covariance: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Return the least and the greatest correlation of each pair over all completions.

    `covariance` is (d, d), in any units, read only where the symmetric bool `known` (d, d) is
    True; both results are (d, d), equal at known pairs. Exact to rounding where the closed form
    holds, else within 1e-9, or 1e-3 if all completions have an eigenvalue below 1e-8. Raises
    `ArithmeticError` when that is not reached, and `ValueError` for a wrong shape, an unknown
    variance, known entries that are not finite or not symmetric, and known entries without a
    completion. Source: Grone et al. (1984).
    """
    correlation, seen = _known_correlation(covariance, known)
    centre, _ = _central_completion(correlation, seen)
    low, high = correlation.copy(), correlation.copy()
    chordal = _is_chordal(seen)
    for i, j in np.argwhere(np.triu(~seen)):
        joined = seen.copy()
        joined[i, j] = joined[j, i] = True
        if chordal and _is_chordal(joined):
            bounds = _schur_bounds(correlation, seen[i] & seen[j], i, j)
        else:
            bounds = _path_bounds(centre, ~joined, i, j)
        low[i, j], high[i, j] = low[j, i], high[j, i] = bounds
    return torch.from_numpy(low), torch.from_numpy(high)


def maximum_entropy_completion(covariance: Tensor, known: Tensor, *, ridge: float = 0.0) -> Tensor:
    """Return the completion of greatest determinant, whose inverse is 0 at the unknown pairs.

    Shapes and units are those of `correlation_bounds`; the result (d, d) is a covariance. It
    makes each unknown pair independent given all other variables, which is an assumption.
    `ridge` divides all known covariances by 1 + `ridge`, for a matrix that is singular. In
    correlations, the inverse's entries at unknown pairs are below 1e-10 of √(Z_ii Z_jj), or at
    rounding if that is more. Raises `ValueError` as `correlation_bounds` does, for a negative
    `ridge`, and if no completion is positive definite. Source: Dempster (1972).
    """
    if not 0 <= ridge < np.inf:
        raise ValueError(f"ridge = {ridge}: must be at least 0 and finite")
    correlation, seen = _known_correlation(covariance, known)
    shrunk = np.where(np.eye(len(seen), dtype=bool), 1.0, correlation / (1 + ridge))
    centre, positive = _central_completion(shrunk, seen)
    if not positive:
        raise ValueError(
            "covariance: every completion of the known entries is singular; one must be positive "
            "definite, such as with ridge = 1e-8"
        )
    centre = _centred(centre, ~seen, _CONVERGED).matrix
    std = torch.as_tensor(covariance, dtype=torch.float64).diagonal().sqrt().numpy()
    return torch.from_numpy(np.where(seen, shrunk, centre) * np.outer(std, std))


@dataclass(frozen=True, eq=False)
class _Point:
    """A positive definite `matrix` (d, d) = LLᵀ, seen from the free entries' span."""

    matrix: np.ndarray
    factor: np.ndarray  # L
    whitener: np.ndarray  # L⁻¹
    span: np.ndarray  # (d², m): orthonormal basis of the L⁻¹EL⁻ᵀ
    newton: np.ndarray  # the projection of I on the span, (d, d)

    @classmethod
    def at(cls, matrix: np.ndarray, free: np.ndarray) -> _Point:
        """Factorise `matrix`; `free` (d, d) is True at the free pairs."""
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
        """Length of the Newton step in the metric of log|X|; below 1 the dual is feasible."""
        return float(np.linalg.norm(self.newton))

    def whitened(self, change: np.ndarray) -> np.ndarray:
        """Return L⁻¹ `change` L⁻ᵀ."""
        return self.whitener @ change @ self.whitener.T

    def unwhitened(self, change: np.ndarray) -> np.ndarray:
        """Return L `change` Lᵀ."""
        return self.factor @ change @ self.factor.T

    def tangent(self, direction: np.ndarray) -> np.ndarray:
        """Return, whitened, `direction` with the moves of the free entries that keep to centres."""
        white = self.whitened(direction).ravel()
        return (white - self.span @ (self.span.T @ white)).reshape(direction.shape)

    def gap(self, direction: np.ndarray) -> float:
        """Return an upper bound on the step along `direction` that leaves a completion."""
        residual = np.eye(len(self.matrix)) - self.newton
        slope = -float(((self.whitener.T @ residual @ self.whitener) * direction).sum())
        return float(np.trace(residual)) / slope if slope > 0 else np.inf


def _centred(matrix: np.ndarray, free: np.ndarray, tolerance: float) -> _Point:
    """Maximise log|X| over the free entries by damped Newton steps, which stay inside."""
    last = np.inf
    for _ in range(_MAX_STEPS):
        point = _Point.at(matrix, free)
        decrement = point.decrement
        # Newton's method at least halves a small decrement, until rounding stops it.
        if decrement < tolerance or (last < _NEAR and decrement > last / 2):
            return point
        step = 1.0 if decrement < 0.25 else 1 / (1 + decrement)
        matrix = matrix + np.where(free, step * point.unwhitened(point.newton), 0.0)
        last = decrement
    raise np.linalg.LinAlgError(f"centre not reached in {_MAX_STEPS} steps")


def _follow(
    matrix: np.ndarray, direction: np.ndarray, free: np.ndarray, limit: float
) -> tuple[np.ndarray, float, float]:
    """Push `matrix` along `direction` through centres, to step `limit` or the boundary.

    Returns the matrix, the step reached and the gap: how much longer a step could be at most.
    """
    reached, central = 0.0, (matrix, 0.0, np.inf)
    for _ in range(_MAX_STEPS):
        try:
            point = _centred(matrix, free, _NEAR)
        except np.linalg.LinAlgError:
            # Rounding leaves no factor or no centre: the gap of the last centre holds all the same.
            break
        central = point.matrix, reached, point.gap(direction)
        if reached >= limit or central[2] <= _GAP:
            break
        change = np.where(free, point.unwhitened(point.tangent(direction)), direction)
        # Of the change as it is, since the tangent has lost digits where X is nearly singular.
        slope = -np.linalg.eigvalsh(point.whitened(change))[0]
        step = min(_FRACTION / slope, limit - reached) if slope > 0 else limit - reached
        matrix, reached = point.matrix + step * change, reached + step
    if central[1] < limit and central[2] > _GREATEST_GAP:
        raise ArithmeticError(
            f"covariance: too nearly singular, gap {central[2]:.3g}; known correlations must be "
            "smaller, such as 0.9999 times as large"
        )
    return central


def _central_completion(correlation: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the central completion and True, or one of correlations just smaller and False.

    False means that all completions are singular. Raises `ValueError` if there is none.
    """
    identity = np.eye(len(seen))
    direction = np.where(seen, correlation, 0) - identity
    matrix, reached, gap = _follow(identity, direction, ~seen, 1.0)
    if reached + gap < 1 - _GAP:
        raise ValueError(
            "covariance: the known entries admit no positive semi-definite completion; known "
            f"correlations must be at most {reached:.6g} times as large"
        )
    return matrix, reached >= 1


def _path_bounds(centre: np.ndarray, free: np.ndarray, i: int, j: int) -> tuple[float, float]:
    """Return the bounds of entry (i, j), from a centre and with the other free entries."""
    direction = np.zeros_like(centre)
    direction[i, j] = direction[j, i] = 1
    _, down, down_gap = _follow(centre, -direction, free, np.inf)
    _, up, up_gap = _follow(centre, direction, free, np.inf)
    start = centre[i, j]
    return max(start - down - down_gap, -1.0), min(start + up + up_gap, 1.0)


def _schur_bounds(
    correlation: np.ndarray, shared: np.ndarray, i: int, j: int
) -> tuple[float, float]:
    """Return the closed form for the pair (i, j) through the `shared` (d,) variables."""
    # The pseudo-inverse is exact for a singular block, such as that of a duplicated column.
    inverse = np.linalg.pinv(correlation[np.ix_(shared, shared)], rcond=1e-13, hermitian=True)
    b, c = correlation[i, shared], correlation[j, shared]
    centre = b @ inverse @ c
    free = max(1 - b @ inverse @ b, 0.0) * max(1 - c @ inverse @ c, 0.0)
    return max(centre - free**0.5, -1.0), min(centre + free**0.5, 1.0)


def _is_chordal(graph: np.ndarray) -> bool:
    """Whether vertices can be removed one by one, each time one whose neighbours are a clique."""
    left = np.ones(len(graph), dtype=bool)
    while left.any():
        for vertex in np.nonzero(left)[0]:
            neighbours = np.nonzero(graph[vertex] & left)[0]
            if graph[np.ix_(neighbours, neighbours)].all():
                left[vertex] = False
                break
        else:
            return False
    return True


def _known_correlation(covariance: Tensor, known: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return the known correlations, 0 elsewhere, and `known`, both (d, d), or raise."""
    values = torch.as_tensor(covariance, dtype=torch.float64).detach().numpy()
    seen = torch.as_tensor(known).numpy()
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not len(values):
        raise ValueError(f"covariance: shape {values.shape}; must be (d, d) with d at least 1")
    if seen.shape != values.shape or seen.dtype != bool:
        raise ValueError(f"known: {seen.dtype} {seen.shape}; must be bool {values.shape}")
    if not seen.diagonal().all() or (seen != seen.T).any():
        raise ValueError("known: must be symmetric and True on the diagonal")
    filled = np.where(seen, values, 0.0)
    _require(np.isfinite(filled), filled, "must be finite")
    identity = np.eye(len(filled), dtype=bool)
    _require(~identity | (filled > 0), filled, "a variance must be positive")
    std = np.sqrt(filled.diagonal())
    correlation = filled / std[:, None] / std
    symmetric = abs(correlation - correlation.T) <= _GAP
    _require(symmetric, filled, "must equal covariance[j, i] of the same pair")
    correlation = np.where(identity, 1.0, (correlation + correlation.T) / 2)
    _require(abs(correlation) <= 1 + _GAP, correlation, "as a correlation, must be from -1 to 1")
    return correlation, seen


def _require(holds: np.ndarray, values: np.ndarray, what: str) -> None:
    """Raise `ValueError` naming the first entry of `values` where `holds` is False."""
    if not holds.all():
        i, j = np.argwhere(~holds)[0].tolist()
        raise ValueError(f"covariance[{i}, {j}] = {values[i, j]}: {what}")
