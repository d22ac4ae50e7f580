r"""Completions of a covariance matrix of which only some entries are known.

A completion X keeps the known entries and is positive semi-definite. With one pair (x, y) unknown,
in correlations and with b, c those of x, y with the shared variables, A those among them, the
Schur complement gives the interval (the Fréchet bounds of statistical matching)

    bᵀA⁻¹c ± √((1 − bᵀA⁻¹b)(1 − cᵀA⁻¹c)).

It holds for any unknown pair when the graph of known pairs is chordal without and with the pair
(Grone, Johnson, Sá and Wolkowicz 1984), so for every pair of two overlapping sources. Any other
bound is a semi-definite program, which we solve by following a path of centres (`central_path`).
With the direction D = the known correlations, from X = I to step 1, the path ends at the completion
of maximum entropy or proves that there is none; with D = ± one unknown pair, from there, it ends at
a bound.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ddlib.arguments import raise_faults, size_faults
from ddlib.dbn.central_path import GAP, centred, follow
from ddlib.dbn.checks import as_float64

_CONVERGED = 1e-11  # Newton decrement of the completion of maximum entropy


def correlation_bounds(covariance: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Return the least and the greatest correlation of each pair over all completions.

    Source: Grone et al. (1984).

    Args:
        covariance: `(d, d)`, in any units, read only where known.
        known: symmetric bool `(d, d)`, True on the diagonal.

    Returns:
        Both `(d, d)`, equal at known pairs. Exact to rounding where the closed form holds, else
        within 1e-9, or 1e-3 if all completions have an eigenvalue below 1e-8.

    Raises:
        ValueError: for a wrong shape, an unknown variance, known entries that are not finite or
            not symmetric, and known entries without a completion.
        ArithmeticError: when the accuracy is not reached.
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
    """Return the covariance `(d, d)` of greatest determinant, its inverse 0 at unknown pairs.

    It makes each unknown pair independent given all other variables, which is an assumption. In
    correlations, the inverse's entries at unknown pairs are below 1e-10 of √(Z_ii Z_jj), or at
    rounding if that is more. Source: Dempster (1972).

    Args:
        covariance: as in `correlation_bounds`.
        known: as there.
        ridge: all known covariances are divided by 1 + `ridge`, for a matrix that is singular.

    Raises:
        ValueError: as `correlation_bounds` does, for a negative `ridge`, and if no completion is
            positive definite.
        ArithmeticError: as `correlation_bounds` does.
    """
    raise_faults(size_faults("ridge", ridge, "finite and at least 0"))
    correlation, seen = _known_correlation(covariance, known)
    shrunk = np.where(np.eye(len(seen), dtype=bool), 1.0, correlation / (1 + float(ridge)))
    centre, positive = _central_completion(shrunk, seen)
    if not positive:
        raise ValueError(
            "covariance: every completion of the known entries is singular; one must be positive "
            "definite, such as with ridge = 1e-8"
        )
    centre = centred(centre, ~seen, _CONVERGED).matrix
    std = as_float64("covariance", covariance).diagonal().sqrt().numpy()
    return torch.from_numpy(np.where(seen, shrunk, centre) * np.outer(std, std))


def _central_completion(correlation: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the central completion and True, or one of correlations just smaller and False.

    False means that all completions are singular. Raises `ValueError` if there is none.
    """
    identity = np.eye(len(seen))
    direction = np.where(seen, correlation, 0) - identity
    matrix, reached, gap = follow(identity, direction, ~seen, 1.0)
    if reached + gap < 1 - GAP:
        raise ValueError(
            "covariance: the known entries admit no positive semi-definite completion; known "
            f"correlations must be at most {reached:.6g} times as large"
        )
    return matrix, reached >= 1


def _path_bounds(centre: np.ndarray, free: np.ndarray, i: int, j: int) -> tuple[float, float]:
    """Return the bounds of entry (i, j), from a centre and with the other free entries."""
    direction = np.zeros_like(centre)
    direction[i, j] = direction[j, i] = 1
    down = follow(centre, -direction, free, np.inf)
    up = follow(centre, direction, free, np.inf)
    start = centre[i, j]
    return max(start - down.reached - down.gap, -1.0), min(start + up.reached + up.gap, 1.0)


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
    values = as_float64("covariance", covariance).detach().numpy()
    seen = torch.as_tensor(known).numpy()
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not len(values):
        raise ValueError(f"covariance: shape {values.shape}; must be (d, d) with d at least 1")
    if seen.shape != values.shape or seen.dtype != bool:
        raise ValueError(f"known: {seen.dtype} of shape {seen.shape}; must be bool {values.shape}")
    identity = np.eye(len(values), dtype=bool)
    _require(seen | ~identity, "known", seen, "must be True for a variance")
    _require(seen == seen.T, "known", seen, "must equal known[j, i] of the same pair")
    filled = np.where(seen, values, 0.0)
    _require(np.isfinite(filled), "covariance", filled, "must be finite")
    _require(~identity | (filled > 0), "covariance", filled, "must be above 0, being a variance")
    std = np.sqrt(filled.diagonal())
    correlation = filled / std[:, None] / std
    symmetric = abs(correlation - correlation.T) <= GAP
    _require(symmetric, "covariance", filled, "must equal covariance[j, i] of the same pair")
    correlation = np.where(identity, 1.0, (correlation + correlation.T) / 2)
    _require(abs(correlation) <= 1 + GAP, "correlation", correlation, "must be from -1 to 1")
    return correlation, seen


def _require(holds: np.ndarray, name: str, values: np.ndarray, rule: str) -> None:
    """Raise `ValueError` naming the first entry of `values` where `holds` is False."""
    if not holds.all():
        i, j = np.argwhere(~holds)[0].tolist()
        raise ValueError(f"{name}[{i}, {j}] = {values[i, j]}: {rule}")
