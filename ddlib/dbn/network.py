"""The linear-Gaussian dynamic Bayesian network (DBN) with p variables, first-order Markov.

    x_0 = b₀ + W₀ᵀ x_0 + ε_0,               ε_0 ~ N(0, diag s₀²),
    x_t = b + Wᵀ x_t + Aᵀ x_{t−1} + ε_t,    ε_t ~ N(0, diag s²),   t = 1, 2, …

W₀ and W are acyclic; [i, j] is the weight of arc i → j. With M = (I − W)⁻¹ the reduced form is
x_tᵀ = (bᵀ + x_{t−1}ᵀ A + ε_tᵀ) M. Unrolled over T slices the DBN is one static network of T·p
nodes, ordered slice by slice, so its joint law is one Gaussian.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ddlib.dbn import gaussian
from ddlib.dbn.random_network import random_parameters
from ddlib.dbn.statistics import SufficientStatistics, as_trajectories, group_by_pattern
from ddlib.dbn.structure import is_acyclic

if TYPE_CHECKING:
    from pgmpy.models import LinearGaussianBayesianNetwork


@dataclass(frozen=True, eq=False)
class LinearGaussianCPDs:
    """Conditional densities of k nodes: x = bias + weightsᵀ x + ε, ε ~ N(0, diag variances).

    `bias` is (k,), `weights` (k, k) acyclic with [i, j] for arc i → j, `variances` (k,). All become
    float64 and keep their gradients. Raises ValueError naming the field that is wrong.
    """

    bias: Tensor
    weights: Tensor
    variances: Tensor

    def __post_init__(self) -> None:
        _as_finite_float64(self)
        k = self.bias.numel()
        shapes = {"bias": (k,), "weights": (k, k), "variances": (k,)}
        for name, shape in shapes.items():
            _require_shape(name, getattr(self, name), shape)
        if not (self.variances > 0).all():
            raise ValueError(f"variances must be positive, got {self.variances.min().item()}")
        if not is_acyclic(self.structure.cpu().numpy()):
            raise ValueError("weights must be acyclic, but their arcs close a cycle")

    @property
    def structure(self) -> Tensor:
        """Arcs, bool (k, k): where a weight is not zero."""
        return self.weights.detach() != 0

    def reduced_form(self) -> Tensor:
        """M = (I − W)⁻¹, (k, k): the total effect of a shock in i on j."""
        identity = torch.eye(len(self.bias), dtype=torch.float64, device=self.bias.device)
        return torch.linalg.inv(identity - self.weights)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Return the mean Mᵀb, (k,), and covariance Mᵀ diag(s²) M, (k, k)."""
        effects = self.reduced_form()
        return self.bias @ effects, effects.T @ (self.variances[:, None] * effects)


@dataclass(frozen=True, eq=False)
class LinearGaussianDBN:
    """A linear-Gaussian DBN: first slice, transition within a slice, and lagged weights A (p, p).

    Raises ValueError if the shapes differ or `lagged` is not finite. A network meant for a single
    slice has any transition; `learn_dbn` then repeats the first slice, with zero lagged weights.
    """

    initial: LinearGaussianCPDs
    transition: LinearGaussianCPDs
    lagged: Tensor

    def __post_init__(self) -> None:
        _as_finite_float64(self)
        _require_shape("transition.bias", self.transition.bias, (self.num_variables,))
        _require_shape("lagged", self.lagged, (self.num_variables,) * 2)

    @property
    def num_variables(self) -> int:
        """Variables p of a slice."""
        return len(self.initial.bias)

    @property
    def structure(self) -> tuple[Tensor, Tensor]:
        """Arcs of the first slice, bool (p, p), and of (x_{t−1}, x_t) into x_t, bool (2p, p)."""
        lagged = self.lagged.detach() != 0
        return self.initial.structure, torch.cat([lagged, self.transition.structure])

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
        _require_slices(num_slices)
        later = num_slices - 1
        weights = torch.block_diag(self.initial.weights, *[self.transition.weights] * later)
        shift = torch.diag(self.lagged.new_ones(later), diagonal=1)  # slice t−1 → slice t
        return LinearGaussianCPDs(
            torch.cat([self.initial.bias, *[self.transition.bias] * later]),
            weights + torch.kron(shift, self.lagged),
            torch.cat([self.initial.variances, *[self.transition.variances] * later]),
        )

    def moments(self, num_slices: int, *, noise_std: float | Tensor = 0.0) -> tuple[Tensor, Tensor]:
        """Return mean (T·p,) and covariance (T·p, T·p) of what is measured over T slices.

        `noise_std`, a number or (p,), is the standard deviation of independent measurement noise
        on each entry. Raises ValueError if it is negative or of another shape, or if T < 1.
        """
        std = torch.as_tensor(noise_std, dtype=torch.float64, device=self.lagged.device)
        if std.ndim > 0:
            _require_shape("noise_std", std, (self.num_variables,))
        if not ((std >= 0) & std.isfinite()).all():
            raise ValueError(f"noise_std must be finite and at least 0, got {noise_std}")
        mean, covariance = self.unroll(num_slices).moments()
        noise = std.square().expand(self.num_variables).repeat(num_slices)
        return mean, covariance + torch.diag(noise)

    def log_likelihood(self, trajectories: Tensor, *, noise_std: float | Tensor = 0.0) -> Tensor:
        """Return the log-density of each trajectory (n, T, p), as (n,) in nats.

        A NaN entry is hidden and marginalised exactly; a row that hides all has 0 nats. The cost is
        one Cholesky factor a missingness pattern. `noise_std` and errors are as in `moments`, and
        ValueError is raised if `trajectories` has another shape or an infinite entry.
        """
        rows = as_trajectories(trajectories)
        self._require_variables(rows.shape[2])
        mean, covariance = self.moments(rows.shape[1], noise_std=noise_std)
        density = rows.new_zeros(len(rows))
        for observed, index in group_by_pattern(rows):
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

        Differentiable in the parameters and in the statistics. `noise_std` and errors are as in
        `moments`, and ValueError is raised if the statistics have another number of variables.
        """
        self._require_variables(statistics.num_variables)
        mean, covariance = self.moments(statistics.num_slices, noise_std=noise_std)
        total = mean.new_zeros(())
        for pattern in statistics.patterns:
            seen = pattern.observed.flatten().nonzero().squeeze(1)
            total = total + pattern.count * gaussian.mean_log_density(
                pattern.mean, pattern.covariance, mean[seen], covariance[seen[:, None], seen]
            )
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

    def _require_variables(self, num_variables: int) -> None:
        if num_variables != self.num_variables:
            raise ValueError(
                f"data must have the {self.num_variables} variables of the network, "
                f"got {num_variables}"
            )


def _as_finite_float64(record: LinearGaussianCPDs | LinearGaussianDBN) -> None:
    """Turn the tensor fields of a frozen record into float64, or raise if one is not finite."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, LinearGaussianCPDs):
            continue
        value = torch.as_tensor(value, dtype=torch.float64)
        if not value.isfinite().all():
            raise ValueError(f"{field.name} must be finite, got {value.tolist()}")
        object.__setattr__(record, field.name, value)


def _require_shape(name: str, value: Tensor, shape: tuple[int, ...]) -> None:
    if tuple(value.shape) != shape:
        raise ValueError(f"{name} must have shape {shape}, got {tuple(value.shape)}")


def _require_slices(num_slices: int) -> None:
    if num_slices < 1:
        raise ValueError(f"num_slices must be at least 1, got {num_slices}")
