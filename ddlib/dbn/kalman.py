"""Log-likelihood of a linear-Gaussian DBN by the Kalman filter, at a cost linear in the slices.

With M = (I − W)⁻¹ and F = A M, the reduced form of the DBN measured with noise is

    x_tᵀ = x_{t−1}ᵀ F + cᵀ + e_tᵀ,   e_t ~ N(0, Q),   c = Mᵀ b,   Q = Mᵀ diag(s²) M,
    y_t = x_t + √r ε_t,              ε_t ~ N(0, I),

and its first slice is N(μ₀, Σ₀). Given the entries seen before slice t, let x_t ~ N(m, P). With
D = diag(1 where y_t is seen, 0 where it is hidden), the update by slice t is

    D P D + D r + (I − D) = L Lᵀ,    G = L⁻¹ D P,    z = L⁻¹ D (y_t − m),
    m ← m + Gᵀ z,                    P ← P − Gᵀ G,

so a hidden entry has a unit pivot and zero cross terms, and the slice contributes

    −½ (‖z‖² + tr D log 2π) − Σ log L_ii.

The prediction is then m ← Fᵀ m + c, P ← Fᵀ P F + Q (Kalman 1960; Durbin and Koopman 2012, §4.10,
for hidden entries). L, G and P depend on which entries are seen, not on their values, so rows of
one missingness pattern share them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ddlib.dbn.cpds import LinearGaussianCPDs
from ddlib.dbn.sources import require_variables
from ddlib.dbn.statistics import as_trajectories, group_by_pattern

# Rows of one pattern that are filtered together: beyond these, sharing gains little, padding loses.
GROUP_ROWS = 64
# Entries of a batch's covariances, and of its values in one slice: 1.3 MB, to stay in cache.
BATCH_ENTRIES = 160_000


class _StateSpace(NamedTuple):
    """The reduced form of a DBN."""

    first_mean: Tensor  # μ₀ (p,)
    first_covariance: Tensor  # Σ₀ (p, p)
    forward: Tensor  # F (p, p)
    shift: Tensor  # c (p,)
    shock: Tensor  # Q (p, p)


def filter_log_likelihood(
    initial: LinearGaussianCPDs,
    transition: LinearGaussianCPDs,
    lagged: Tensor,
    rows: Tensor,
    noise_variance: float | Tensor = 0.0,
) -> Tensor:
    """Return the log-density of each trajectory by a Kalman filter over its slices, (n,) in nats.

    Args:
        initial: densities of the first slice.
        transition: densities within a later slice.
        lagged: weights A `(p, p)` from the slice before.
        rows: `(n, T, p)`, NaN = hidden; one that hides all has 0 nats.
        noise_variance: r of independent measurement noise, a number or `(p,)`. 0 is exact too.

    Raises:
        ValueError: for a shape that does not fit, and a variance that is negative or not finite.
        LinAlgError: for a covariance that is singular to rounding.
    """
    rows = as_trajectories(rows)
    noise = _checked_noise(noise_variance, rows, len(initial.bias))
    model = _StateSpace(
        *initial.moments(), lagged @ transition.reduced_form(), *transition.moments()
    )
    density = rows.new_zeros(len(rows))
    for index, used in _batches(rows):
        density[index[used]] = _filter(model, rows[index], noise)[used]
    return density


def _checked_noise(noise_variance: float | Tensor, rows: Tensor, num_variables: int) -> Tensor:
    """Return the noise variances, () or (p,); ValueError if they or the rows do not fit."""
    p = rows.shape[2]
    require_variables("rows", p, num_variables)
    noise = torch.as_tensor(noise_variance, dtype=torch.float64, device=rows.device)
    if noise.shape not in {(), (p,)}:
        raise ValueError(f"noise_variance: shape {tuple(noise.shape)}; must be () or ({p},)")
    if not ((noise >= 0) & noise.isfinite()).all():
        raise ValueError(f"noise_variance = {noise_variance}: must be finite and at least 0")
    return noise


def _filter(model: _StateSpace, rows: Tensor, noise: Tensor) -> Tensor:
    """Return log-densities (g, k) of `rows` (g, k, T, p); row 0 of a group shows its pattern."""
    forward = model.forward
    groups, members, num_slices, p = rows.shape
    observed = (~rows[:, 0].isnan()).to(rows.dtype)
    mean = model.first_mean[:, None].expand(groups, p, members)
    covariance = model.first_covariance.expand(groups, p, p)
    density = rows.new_zeros(groups, members)
    for t in range(num_slices):
        seen = observed[:, t, :, None]
        cross = seen * covariance
        cholesky = _factor(cross, seen, noise)
        residual = seen * (rows[:, :, t].mT.nan_to_num() - mean)  # (g, p, k)
        whitened = torch.linalg.solve_triangular(cholesky, residual, upper=False)
        density = density + _log_normaliser(cholesky, seen) - 0.5 * whitened.square().sum(1)
        if t + 1 < num_slices:
            gain = torch.linalg.solve_triangular(cholesky, cross, upper=False)
            mean = forward.T @ (mean + gain.mT @ whitened) + model.shift[:, None]
            covariance = torch.baddbmm(covariance, gain.mT, gain, alpha=-1)
            covariance = forward.T @ (covariance @ forward) + model.shock
            covariance = 0.5 * (covariance + covariance.mT)  # rounding leaves it asymmetric
    return density


def _factor(cross: Tensor, seen: Tensor, noise: Tensor) -> Tensor:
    """Return L (g, p, p) from D P and the diagonal of D, (g, p, 1)."""
    innovation = cross * seen.mT
    innovation.diagonal(dim1=1, dim2=2).add_(torch.where(seen[:, :, 0] == 1, noise, 1.0))
    return torch.linalg.cholesky(innovation)


def _log_normaliser(cholesky: Tensor, seen: Tensor) -> Tensor:
    """−½ tr D log 2π − Σ log L_ii, (g, 1)."""
    log_pivots = cholesky.diagonal(dim1=1, dim2=2).log().sum(1, keepdim=True)
    return -0.5 * math.log(2 * math.pi) * seen.sum(1) - log_pivots


def _batches(rows: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield row indices (g, k), one missingness pattern a group, and which of them are not padding.

    A batch keeps within `BATCH_ENTRIES`; groups are sorted by size, so that little is padded.
    """
    parts = [part for _, index in group_by_pattern(rows) for part in index.split(GROUP_ROWS)]
    groups = sorted(parts, key=len, reverse=True)
    p = rows.shape[2]
    while groups:
        size = max(1, BATCH_ENTRIES // (p * max(p, len(groups[0]))))
        batch, groups = groups[:size], groups[size:]
        index = pad_sequence(batch, batch_first=True)
        counts = torch.tensor([len(group) for group in batch], device=rows.device)
        yield index, torch.arange(index.shape[1], device=rows.device) < counts[:, None]
