"""The linear-Gaussian dynamic Bayesian network (DBN) with p variables, first-order Markov.

    x_0 = b₀ + W₀ᵀ x_0 + ε_0,               ε_0 ~ N(0, diag s₀²),
    x_t = b + Wᵀ x_t + Aᵀ x_{t−1} + ε_t,    ε_t ~ N(0, diag s²),   t = 1, 2, …

W₀ and W are acyclic; [i, j] is the weight of arc i → j. With M = (I − W)⁻¹ the reduced form is
x_tᵀ = (bᵀ + x_{t−1}ᵀ A + ε_tᵀ) M. Unrolled over T slices the DBN is one static network of T·p
nodes, ordered slice by slice, so its joint law is one Gaussian.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ddlib.dbn import gaussian
from ddlib.dbn.cpds import LinearGaussianCPDs, finite_float64, network_moments, require_shape
from ddlib.dbn.kalman import filter_log_likelihood
from ddlib.dbn.random_network import random_parameters
from ddlib.dbn.statistics import SufficientStatistics, as_trajectories, group_by_pattern

if TYPE_CHECKING:
    from pgmpy.models import LinearGaussianBayesianNetwork


# Beyond so many missingness patterns, or entries of a trajectory, a filter over the slices beats a
# factor of the joint covariance for each pattern.
MANY_PATTERNS, MANY_ENTRIES = 32, 200


@dataclass(frozen=True, eq=False)
class LinearGaussianDBN:
    """A linear-Gaussian DBN: first slice, transition within a slice, and lagged weights A (p, p).

    Leading dimensions, the same in all three, are a batch of networks: `moments` and
    `mean_log_likelihood` then have them too. A network meant for a single slice has any transition;
    `learn_dbn` then repeats the first slice, with zero lagged weights. Raises ValueError if the
    shapes differ or `lagged` is not finite.
    """

    initial: LinearGaussianCPDs
    transition: LinearGaussianCPDs
    lagged: Tensor

    def __post_init__(self) -> None:
        """Check the fields and make A float64."""
        object.__setattr__(self, "lagged", finite_float64("lagged", self.lagged))
        shape = tuple(self.initial.bias.shape)
        require_shape("transition.bias", self.transition.bias, shape)
        require_shape("lagged", self.lagged, (*shape, self.num_variables))

    @property
    def num_variables(self) -> int:
        """Variables p of a slice."""
        return self.initial.bias.shape[-1]

    @property
    def structure(self) -> tuple[Tensor, Tensor]:
        """Arcs of the first slice, bool (…, p, p), and of (x_{t−1}, x_t) into x_t, (…, 2p, p)."""
        lagged = self.lagged.detach() != 0
        return self.initial.structure, torch.cat([lagged, self.transition.structure], dim=-2)

    @classmethod
    def random(
        cls,
        num_variables: int,
        *,
        generator: torch.Generator,
        edge_probability: float = 0.3,
        weight_range: tuple[float, float] = (0.4, 0.9),
        max_spectral_radius: float = 0.9,
    ) -> LinearGaussianDBN:
        """Draw a stable network whose variables have mean 0 and variance 1.

        The variance is 1 in slice 0, and again in the stationary law. See `random_parameters` for
        the arguments, the draw, and the errors. Reconstructed: the paper says only "random".
        """
        initial, transition, lagged = random_parameters(
            num_variables, edge_probability, weight_range, max_spectral_radius, generator
        )
        return cls(LinearGaussianCPDs(*initial), LinearGaussianCPDs(*transition), lagged)

    def sample(
        self, num_trajectories: int, num_slices: int, *, generator: torch.Generator
    ) -> Tensor:
        """Return independent trajectories, (n, T, p). Raises ValueError if T < 1 or n < 0."""
        if num_trajectories < 0:
            raise ValueError(f"num_trajectories must be at least 0, got {num_trajectories}")
        _require_slices(num_slices)
        shape = (num_trajectories, num_slices, self.num_variables)
        noise = torch.randn(
            shape, generator=generator, dtype=torch.float64, device=generator.device
        )
        initial, transition = self.initial, self.transition
        effects = transition.reduced_form()
        first = initial.bias + noise[:, 0] * initial.variances.sqrt()
        slices = [first @ initial.reduced_form()]
        for t in range(1, num_slices):
            shock = transition.bias + noise[:, t] * transition.variances.sqrt()
            slices.append((shock + slices[-1] @ self.lagged) @ effects)
        return torch.stack(slices, dim=1)

    def unroll(self, num_slices: int) -> LinearGaussianCPDs:
        """Return the static network of T·p nodes, slice-major. Raises ValueError if T < 1."""
        return LinearGaussianCPDs(*self._unrolled(num_slices))

    def moments(self, num_slices: int, *, noise_std: float | Tensor = 0.0) -> tuple[Tensor, Tensor]:
        """Return mean (T·p,) and covariance (T·p, T·p) of what is measured over T slices.

        `noise_std`, a number or (p,), is the standard deviation of independent measurement noise
        on each entry. Raises ValueError if it is negative or of another shape, or if T < 1.
        """
        mean, covariance = network_moments(*self._unrolled(num_slices))
        return mean, covariance + torch.diag(self.noise_variances(noise_std, num_slices))

    def noise_variances(self, noise_std: float | Tensor, num_slices: int) -> Tensor:
        """Return the variances (T·p,) of measurement noise of `noise_std`, a number or (p,).

        Raises ValueError if it is negative, not finite or of another shape.
        """
        std = torch.as_tensor(noise_std, dtype=torch.float64, device=self.lagged.device)
        if std.ndim > 0:
            require_shape("noise_std", std, (self.num_variables,))
        if not ((std >= 0) & std.isfinite()).all():
            raise ValueError(f"noise_std must be finite and at least 0, got {noise_std}")
        return std.square().expand(self.num_variables).repeat(num_slices)

    def log_likelihood(self, trajectories: Tensor, *, noise_std: float | Tensor = 0.0) -> Tensor:
        """Return the log-density of each trajectory (n, T, p), as (n,) in nats.

        A NaN entry is hidden and marginalised exactly; a row that hides all has 0 nats. The rows of
        one missingness pattern share a Cholesky factor; with many patterns, or long trajectories,
        a Kalman filter goes over the slices. `noise_std` and errors are as in `moments`, and
        ValueError is raised if `trajectories` has another shape or an infinite entry.
        """
        rows = as_trajectories(trajectories)
        self.require_variables(rows.shape[2])
        if self.lagged.ndim > 2:
            raise ValueError("log_likelihood must be of one network: a batch has a mean only")
        noise = self.noise_variances(noise_std, rows.shape[1])
        groups = group_by_pattern(rows)
        if len(groups) > MANY_PATTERNS or len(noise) > MANY_ENTRIES:
            return filter_log_likelihood(self, rows, noise[: self.num_variables])
        mean, covariance = self.moments(rows.shape[1], noise_std=noise_std)
        density = rows.new_zeros(len(rows))
        for observed, index in groups:
            seen = observed.flatten().nonzero().squeeze(1)
            values = rows[index].flatten(1)[:, seen]
            density[index] = gaussian.log_density(
                values, mean[seen], covariance[seen[:, None], seen]
            )
        return density

    def mean_log_likelihood(
        self, statistics: SufficientStatistics, *, noise_std: float | Tensor = 0.0
    ) -> Tensor:
        """Return the average of `log_likelihood`, in nats a trajectory, from statistics alone.

        A batch of networks gives a value each. Differentiable in the parameters and in the
        statistics. `noise_std` and errors are as in
        `moments`, and ValueError is raised if the statistics have another number of variables.
        """
        self.require_variables(statistics.num_variables)
        mean, covariance = self.moments(statistics.num_slices, noise_std=noise_std)
        total = mean.new_zeros(())
        for stack in statistics.stacks():
            total = total + (stack.mean_log_density(mean, covariance) * stack.count).sum(-1)
        return total / statistics.num_rows

    def to_pgmpy(self, num_slices: int) -> LinearGaussianBayesianNetwork:
        """Return the unrolled network in pgmpy, with variable i of slice t named x{i}_t{t}."""
        from ddlib.dbn.pgmpy_bridge import to_pgmpy  # pgmpy takes seconds to import

        return to_pgmpy(self, num_slices)

    @classmethod
    def from_pgmpy(
        cls, model: LinearGaussianBayesianNetwork, num_variables: int
    ) -> LinearGaussianDBN:
        """Return the DBN of which `model` is the unrolled network; errors as in `pgmpy_bridge`."""
        from ddlib.dbn.pgmpy_bridge import from_pgmpy

        return from_pgmpy(model, num_variables)

    def _unrolled(self, num_slices: int) -> tuple[Tensor, Tensor, Tensor]:
        """Bias, weights and variances of `unroll`, not checked again: this is an inner loop."""
        _require_slices(num_slices)
        later = num_slices - 1
        is_first = torch.eye(num_slices, 1).to(self.lagged)[:, 0]
        shift = torch.diag(self.lagged.new_ones(later), diagonal=1)  # slice t−1 → slice t
        weights = torch.kron(torch.diag(is_first), self.initial.weights)
        if later:
            weights = weights + torch.kron(torch.diag(1 - is_first), self.transition.weights)
            weights = weights + torch.kron(shift, self.lagged)
        initial, transition = self.initial, self.transition
        return (
            torch.cat([initial.bias, *[transition.bias] * later], dim=-1),
            weights,
            torch.cat([initial.variances, *[transition.variances] * later], dim=-1),
        )

    def require_variables(self, num_variables: int) -> None:
        """Raise ValueError unless the data have the variables of the network."""
        if num_variables != self.num_variables:
            raise ValueError(
                f"data must have the {self.num_variables} variables of the network, "
                f"got {num_variables}"
            )


def _require_slices(num_slices: int) -> None:
    if num_slices < 1:
        raise ValueError(f"num_slices must be at least 1, got {num_slices}")
