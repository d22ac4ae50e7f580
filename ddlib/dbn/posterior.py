"""What is known of clean, complete rows x once noisy rows y with holes are seen.

With x ~ N(μ, Σ), H the entries seen, v the noise variances and S = H(Σ + diag v)H,

    x | y ~ N( μ + K(y − μ),  Σ − K Σ ),   K = Σ H S⁻¹ H.

Over n rows that share a pattern and have mean m and covariance C, the completed rows have on
average the mean x̂ = μ + K(m − μ) and the covariance K C Kᵀ + Σ − K Σ: the E-step of EM needs
moments only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.sources import require_variables
from ddlib.dbn.statistics import SufficientStatistics, as_trajectories, group_by_pattern
from ddlib.streams import check_generator


class Expectation(NamedTuple):
    """What an E-step finds: the log-likelihood, and the expected moments of complete rows.

    Attributes:
        log_likelihood: in nats per row, under the parameters that went in.
        mean: `(d,)`, of clean, complete rows.
        covariance: `(d, d)`, of these.
        noise_variance: mean squared measurement error expected on each of the entries seen.
    """

    log_likelihood: float
    mean: Tensor
    covariance: Tensor
    noise_variance: float


def expect(
    statistics: SufficientStatistics, mean: Tensor, covariance: Tensor, noise: Tensor
) -> Expectation:
    """Return the E-step (Dempster, Laird and Rubin 1977).

    It costs one inverse of size T·p a missingness pattern.

    Args:
        statistics: of the noisy rows with holes.
        mean: μ `(T·p,)` of clean rows.
        covariance: Σ `(T·p, T·p)` of clean rows.
        noise: variances v `(T·p,)` of the measurement.
    """
    d = len(mean)
    total, errors, num_seen = 0.0, 0.0, 0.0
    first, second = mean.new_zeros(d), mean.new_zeros(d, d)
    for stack in statistics.stacks():
        cholesky = stack.factor(covariance + torch.diag(noise))
        seen = stack.observed.to(mean)
        precision = torch.cholesky_inverse(cholesky) * seen[:, :, None] * seen[:, None, :]
        scatter = stack.second_moment(mean)
        share = stack.count / statistics.num_rows
        quadratic = (precision * scatter).sum((-2, -1))
        total += (share * (stack.log_normaliser(cholesky) - 0.5 * quadratic)).sum().item()
        gain = covariance @ precision
        shift = (gain @ stack.offset(mean)[..., None])[..., 0]
        # Second moments about μ: its own is taken off once the mean of all rows is known.
        about = gain @ scatter @ gain.mT + covariance - gain @ covariance
        first += share @ shift
        second += torch.einsum("g,gij->ij", share, about)
        left = precision - precision @ scatter @ precision
        error = (noise - noise.square() * left.diagonal(dim1=-2, dim2=-1)) * seen
        errors += (stack.count @ error).sum().item()
        num_seen += (stack.count @ seen).sum().item()
    second = second - torch.outer(first, first)
    return Expectation(total, mean + first, 0.5 * (second + second.T), errors / num_seen)


def impute(
    network: LinearGaussianDBN,
    trajectories: Tensor,
    *,
    noise_std: float | Tensor = 0.0,
    num_slices: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return mean and covariance of the clean, complete trajectories given noisy ones with holes.

    Args:
        network: the law of the clean trajectories.
        trajectories: `(n, T, p)`, NaN = hidden.
        noise_std: of independent measurement noise on each entry, a number or `(p,)`.
        num_slices: S, at least T, which it is unless told. The slices after T are forecast.

    Returns:
        The mean `(n, S, p)` and the covariance `(n, S·p, S·p)`, equal for rows of one pattern.

    Raises:
        ValueError: for fewer slices than T, and as `LinearGaussianDBN.log_likelihood` does.
    """
    rows = _extended(trajectories, num_slices)
    n, num_slices, p = rows.shape
    require_variables("trajectories", p, network.num_variables)
    noise = network.noise_variances(noise_std, num_slices)
    means = torch.empty_like(rows)
    covariances = rows.new_empty(n, num_slices * p, num_slices * p)
    for index, mean, covariance in _conditionals(rows, *network.moments(num_slices), noise):
        means[index] = mean.unflatten(1, (num_slices, p))
        covariances[index] = covariance
    return means, covariances


def draw(
    trajectories: Tensor,
    mean: Tensor,
    covariance: Tensor,
    noise: Tensor,
    *,
    generator: torch.Generator,
) -> Tensor:
    """Return clean, complete trajectories `(n, T, p)` drawn given noisy ones with holes.

    Multiple imputation (Rubin 1987) draws several times.

    Args:
        trajectories: `(n, T, p)`, NaN = hidden.
        mean: `(T·p,)` of the law of clean trajectories.
        covariance: `(T·p, T·p)` of this law.
        noise: variances `(T·p,)` of the measurement.
        generator: of the draw.

    Raises:
        ValueError: as `as_trajectories` does.
        TypeError: for no generator.
    """
    check_generator("generator", generator)
    rows = as_trajectories(trajectories)
    drawn = torch.randn(rows.shape, generator=generator, dtype=torch.float64)
    for index, center, spread in _conditionals(rows, mean, covariance, noise):
        # Seen entries without noise have no variance left; eigenvalues below 0 are rounding.
        values, vectors = torch.linalg.eigh(spread)
        deviation = drawn[index].flatten(1) @ (vectors * values.clamp(min=0).sqrt()).T
        drawn[index] = (center + deviation).unflatten(1, rows.shape[1:])
    # What was seen without noise is known: not even rounding is to move it.
    exact = rows.isfinite() & (noise == 0).view(rows.shape[1:])
    return torch.where(exact, rows, drawn)


def _conditionals(
    rows: Tensor, mean: Tensor, covariance: Tensor, noise: Tensor
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield, a missingness pattern, the rows' indices, their means and their one covariance."""
    for observed, index in group_by_pattern(rows):
        seen = observed.flatten().nonzero()[:, 0]
        innovation = covariance[seen[:, None], seen] + torch.diag(noise[seen])
        gain = torch.linalg.solve(innovation, covariance[seen]).T
        deviations = (rows[index].flatten(1)[:, seen] - mean[seen]) @ gain.T
        yield index, mean + deviations, covariance - gain @ covariance[seen]


def _extended(trajectories: Tensor, num_slices: int | None) -> Tensor:
    """Append hidden slices up to `num_slices`."""
    rows = as_trajectories(trajectories)
    n, known, p = rows.shape
    horizon = known if num_slices is None else num_slices
    wanted = f"a whole number, at least the {known} of the data"
    raise_faults(count_faults("num_slices", horizon, known, wanted))
    return torch.cat([rows, rows.new_full((n, horizon - known, p), torch.nan)], dim=1)
