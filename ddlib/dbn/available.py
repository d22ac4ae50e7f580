"""Available-case moments: each pair of entries from the rows that see both.

    μ_i = Σ_rows x_i / n_i,   Σ_ij = Σ_rows (x_i − μ_i)(x_j − μ_j) / n_ij,   Σ_ii ← Σ_ii − σ_i²

need no model, but a pair that no row sees together is set to covariance 0, and together the pairs
may be no covariance matrix: negative eigenvalues of the correlation are lifted.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ddlib.dbn.learn import CONSTANT
from ddlib.dbn.patterns import PatternMoments
from ddlib.dbn.sources import check_noise
from ddlib.dbn.statistics import SufficientStatistics, first_entry

# Of the variance of what was measured, at least this share is taken for signal.
SMALLEST_SIGNAL = 0.05
# Eigenvalues of the correlation are lifted to this.
SMALLEST_EIGENVALUE = 1e-3


def available_moments(
    statistics: SufficientStatistics, *, noise_std: float | Tensor = 0.0
) -> tuple[Tensor, Tensor]:
    """Return mean `(T·p,)` and a positive definite covariance `(T·p, T·p)` of clean trajectories.

    Args:
        statistics: of noisy trajectories with hidden entries.
        noise_std: of the measurement noise to take off, a number or `(p,)`.

    Raises:
        ValueError: for a noise that is negative, not finite or of another shape, and an entry that
            no row sees or that does not vary.
    """
    std = check_noise(noise_std, statistics.num_variables)
    noise = std.square().repeat(statistics.num_slices)
    mean, covariance = pairwise_moments(statistics)
    variance = covariance.diagonal()
    varies = variance.clamp(min=0).sqrt() > CONSTANT * mean.abs()
    _require(varies, statistics, "does not vary in the rows that see it; must vary")
    correlation = covariance.nan_to_num(0.0) / torch.outer(variance, variance).sqrt()
    signal = (variance - noise).clamp(min=SMALLEST_SIGNAL * variance)
    # Off the diagonal the noise cancels, so correlations of the signal are larger.
    share = (variance / signal).sqrt()
    correlation = torch.outer(share, share) * correlation
    correlation.fill_diagonal_(1.0)
    values, vectors = torch.linalg.eigh(correlation)
    lifted = (vectors * values.clamp(min=SMALLEST_EIGENVALUE)) @ vectors.T
    scale = (signal / lifted.diagonal()).sqrt()
    return mean, lifted * torch.outer(scale, scale)


def pairwise_moments(statistics: SufficientStatistics) -> tuple[Tensor, Tensor]:
    """Return the mean `(T·p,)` and the covariance `(T·p, T·p)` of each pair.

    Args:
        statistics: of trajectories with hidden entries.

    Returns:
        Both from the rows that see the entry or the pair; NaN for a pair that none sees together.

    Raises:
        ValueError: for an entry that no row sees.
    """
    d = statistics.num_slices * statistics.num_variables
    counts, first = torch.zeros(2, d, dtype=torch.float64)
    for stack in statistics.stacks():
        counts += stack.count @ stack.observed.to(counts)
        first += stack.count @ stack.mean
    _require(counts > 0, statistics, "is seen by no row; must be seen")
    mean = first / counts
    together, second = torch.zeros(2, d, d, dtype=torch.float64)
    for stack in statistics.stacks():
        seen = stack.observed.to(counts)
        together += torch.einsum("g,gi,gj->ij", stack.count, seen, seen)
        second += torch.einsum("g,gij->ij", stack.count, stack.second_moment(mean))
    return mean, second / together  # 0/0 is the NaN of a pair never seen


def independent_row(
    statistics: SufficientStatistics, mean: Tensor, covariance: Tensor
) -> SufficientStatistics:
    """Return what one row would show that has these means and variances, and no correlation.

    Pseudo-rows like it are a prior: under them no variance can go to 0, which noisy rows allow.

    Args:
        statistics: of the rows that the moments come from, which have the slices and variables.
        mean: `(T·p,)`.
        covariance: `(T·p, T·p)`, of which the diagonal counts.
    """
    everything = torch.ones(statistics.num_slices, statistics.num_variables, dtype=torch.bool)
    independent = torch.diag(covariance.diagonal())
    return SufficientStatistics((PatternMoments(everything, 1, mean, independent),))


def perturbed(
    mean: Tensor, covariance: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return the moments of 2d rows drawn from N(mean, covariance), a random start near these.

    Args:
        mean: `(d,)`.
        covariance: `(d, d)`, positive definite.
        generator: of the rows.
    """
    d = len(mean)
    noise = torch.randn(2 * d, d, generator=generator, dtype=torch.float64)
    rows = mean + noise @ torch.linalg.cholesky(covariance).T
    centred = rows - rows.mean(0)
    return rows.mean(0), centred.T @ centred / (2 * d)


def _require(holds: Tensor, statistics: SufficientStatistics, fault: str) -> None:
    """Raise ValueError naming the first entry for which something does not hold."""
    if not holds.all():
        entry = first_entry(~holds.view(statistics.num_slices, statistics.num_variables))
        raise ValueError(f"sources: {entry} {fault}")
