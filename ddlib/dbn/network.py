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
from ddlib.dbn.sampling import sample_trajectories
from ddlib.dbn.sources import check_noise, require_variables
from ddlib.dbn.statistics import SufficientStatistics, as_trajectories, group_by_pattern
from ddlib.dbn.unrolling import unrolled

if TYPE_CHECKING:
    from pgmpy.models import LinearGaussianBayesianNetwork

# Beyond so many missingness patterns, or entries of a trajectory, a filter over the slices beats a
# factor of the joint covariance for each pattern.
MANY_PATTERNS, MANY_ENTRIES = 32, 200


@dataclass(frozen=True, eq=False)
class LinearGaussianDBN:
    """A linear-Gaussian DBN, or a batch of them.

    Leading dimensions, the same in all fields, are a batch of networks: `moments` and
    `mean_log_likelihood` then have them too.

    Attributes:
        initial: densities of the first slice.
        transition: densities within a later slice. A network meant for a single slice has any:
            `learn_dbn` then repeats the first slice, with zero lagged weights.
        lagged: weights A `(…, p, p)` from the slice before; made float64.

    Raises:
        ValueError: for shapes that differ, and lagged weights that are not finite.
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
        """The number p of variables of a slice."""
        return self.initial.bias.shape[-1]

    @property
    def structure(self) -> tuple[Tensor, Tensor]:
        """The arcs in x_0, bool `(…, p, p)`, and from (x_{t−1}, x_t) into x_t, `(…, 2p, p)`."""
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
        """Return a random stable network whose variables have mean 0 and variance 1.

        The variance is 1 in slice 0, and again in the stationary law. Reconstructed: the paper says
        only "random".

        Args:
            num_variables: p.
            generator: of all draws.
            edge_probability: as in `random_parameters`.
            weight_range: as there.
            max_spectral_radius: as there.

        Raises:
            ValueError: for an argument out of its range.
            TypeError: for no generator.
        """
        initial, transition, lagged = random_parameters(
            num_variables, edge_probability, weight_range, max_spectral_radius, generator
        )
        return cls(LinearGaussianCPDs(*initial), LinearGaussianCPDs(*transition), lagged)

    def sample(
        self, num_trajectories: int, num_slices: int, *, generator: torch.Generator
    ) -> Tensor:
        """Return independent trajectories, `(n, T, p)`.

        Args:
            num_trajectories: n.
            num_slices: T.
            generator: of the noise.

        Raises:
            ValueError: unless n and T are whole numbers, at least 0 and 1.
            TypeError: for no generator.
        """
        parameters = self.initial, self.transition, self.lagged
        return sample_trajectories(*parameters, (num_trajectories, num_slices), generator)

    def unroll(self, num_slices: int) -> LinearGaussianCPDs:
        """Return the static network of T·p nodes, slice by slice.

        Args:
            num_slices: T.

        Raises:
            ValueError: for T below 1.
        """
        return LinearGaussianCPDs(*unrolled(self.initial, self.transition, self.lagged, num_slices))

    def moments(self, num_slices: int, *, noise_std: float | Tensor = 0.0) -> tuple[Tensor, Tensor]:
        """Return mean `(T·p,)` and covariance `(T·p, T·p)` of what is measured over T slices.

        Args:
            num_slices: T.
            noise_std: of independent measurement noise on each entry, a number or `(p,)`.

        Raises:
            ValueError: for T below 1, and a noise that is negative, not finite or of another shape.
        """
        flat = unrolled(self.initial, self.transition, self.lagged, num_slices)
        mean, covariance = network_moments(*flat)
        return mean, covariance + torch.diag(self.noise_variances(noise_std, num_slices))

    def noise_variances(self, noise_std: float | Tensor, num_slices: int) -> Tensor:
        """Return the variances `(T·p,)` of measurement noise.

        Args:
            noise_std: a number or `(p,)`.
            num_slices: T.

        Raises:
            ValueError: for a noise that is negative, not finite or of another shape.
        """
        std = check_noise(noise_std, self.num_variables).to(self.lagged.device)
        return std.square().repeat(num_slices)

    def log_likelihood(self, trajectories: Tensor, *, noise_std: float | Tensor = 0.0) -> Tensor:
        """Return the log-density of each trajectory, `(n,)` in nats.

        The rows of one missingness pattern share a Cholesky factor; with many patterns, or long
        trajectories, a Kalman filter goes over the slices.

        Args:
            trajectories: `(n, T, p)`. A NaN entry is hidden and marginalised exactly; a row that
                hides all has 0 nats.
            noise_std: as in `moments`.

        Raises:
            ValueError: as `moments` does, for another shape, an infinite entry, and a batch of
                networks.
        """
        rows = as_trajectories(trajectories)
        require_variables("trajectories", rows.shape[2], self.num_variables)
        if self.lagged.ndim > 2:
            raise ValueError(
                f"lagged: shape {tuple(self.lagged.shape)}; must be of one network, as a batch has "
                "mean_log_likelihood only"
            )
        noise = self.noise_variances(noise_std, rows.shape[1])
        groups = group_by_pattern(rows)
        if len(groups) > MANY_PATTERNS or len(noise) > MANY_ENTRIES:
            parameters = self.initial, self.transition, self.lagged
            return filter_log_likelihood(*parameters, rows, noise[: self.num_variables])
        moments = self.moments(rows.shape[1], noise_std=noise_std)
        return gaussian.log_density_by_pattern(rows, groups, *moments)

    def mean_log_likelihood(
        self, statistics: SufficientStatistics, *, noise_std: float | Tensor = 0.0
    ) -> Tensor:
        """Return the average of `log_likelihood`, in nats per trajectory, from statistics alone.

        A batch of networks gives a value each. Differentiable in parameters and statistics.

        Args:
            statistics: of trajectories `(n, T, p)`.
            noise_std: as in `moments`.

        Raises:
            ValueError: as `moments` does, and for another number of variables.
        """
        require_variables("statistics", statistics.num_variables, self.num_variables)
        mean, covariance = self.moments(statistics.num_slices, noise_std=noise_std)
        total = mean.new_zeros(())
        for stack in statistics.stacks():
            total = total + (stack.mean_log_density(mean, covariance) * stack.count).sum(-1)
        return total / statistics.num_rows

    def to_pgmpy(self, num_slices: int) -> LinearGaussianBayesianNetwork:
        """Return the network of `unroll` in pgmpy, variable i of slice t being node x{i}_t{t}.

        Args:
            num_slices: T.

        Raises:
            ValueError: for T below 1.
        """
        from ddlib.dbn.pgmpy_bridge import to_pgmpy  # pgmpy takes seconds to import

        return to_pgmpy(self.unroll(num_slices), self.num_variables)

    @classmethod
    def from_pgmpy(
        cls, model: LinearGaussianBayesianNetwork, num_variables: int
    ) -> LinearGaussianDBN:
        """Return the DBN that unrolls to a model.

        Args:
            model: as in `pgmpy_bridge.from_pgmpy`.
            num_variables: p.

        Raises:
            ValueError: as there.
        """
        from ddlib.dbn.pgmpy_bridge import from_pgmpy  # takes seconds, as above

        return cls(*from_pgmpy(model, num_variables))
