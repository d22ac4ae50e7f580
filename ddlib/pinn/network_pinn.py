r"""A physics-informed network: a tanh network that fits rows and obeys the equation at points.

$$\ell(\theta;S)=\frac1m\sum_i(\hat u_\theta(z_i)-y_i)^2
+\frac1{n_\Omega}\sum_j\mathcal N[\hat u_\theta](z_j)^2
+\frac{w}{n_\partial}\sum_k\mathcal B[\hat u_\theta](z_k)^2$$

The collocation policy places the points; a term without points is left out. Adam comes first, as
it gets away from poor starts, then L-BFGS, which takes the error down by orders of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from ddlib.pinn import adam, lbfgs
from ddlib.pinn.collocation import Policy, asked
from ddlib.pinn.data import check_sets
from ddlib.pinn.equation_checks import check_equation, check_first_loss
from ddlib.pinn.jet import Jet
from ddlib.pinn.network import Lifted, TanhNetwork
from ddlib.pinn.problem import ParametricProblem

HISTORY = 50  # pairs of L-BFGS: the loss is ill-conditioned, and a pair costs little


@dataclass(frozen=True)
class NetworkModel:
    r"""A trained network $\hat u_\theta$, or a batch of them.

    Attributes:
        network: which function of points and parameters it is.
        theta: the parameters, `(D,)`, or `(B, D)` for a batch.
    """

    network: TanhNetwork
    theta: Tensor

    def __call__(self, points: Tensor) -> Tensor:
        r"""Return the values of $\hat u_\theta$ at points, `(n,)`, or `(B, n)` for a batch.

        Args:
            points: `(n, d + k)`.
        """
        return self.network.values(self.theta, points)

    def jet(self, points: Tensor) -> Jet:
        r"""Return the jet of $\hat u_\theta$ at points, entries `(n,)`, or `(B, n)` for a batch.

        Args:
            points: `(n, d + k)`.
        """
        return self.network.jet(self.theta, points)


class _Sample(NamedTuple):
    """What a loss is taken on: values of the rows, interior and boundary points, all lifted."""

    lifted: Lifted
    values: Tensor
    interior: Tensor
    boundary: Tensor


@dataclass(frozen=True)
class NetworkPINN:
    r"""A learner $\mathcal A(S,\xi)$ that trains a network; $\xi$ is the random start.

    A batch of sets is trained side by side, each from a start of its own, so that it is no
    `BatchLearner`, whose sets share a draw. As a `GradientLearner` it descends $\ell$ by plain
    steps, `num_adam` of `adam_step_size`.

    Attributes:
        problem: whose equation the learner knows.
        policy: where it asks for the equation.
        widths: units of each tanh layer.
        num_adam: steps of Adam.
        adam_step_size: size of these steps.
        num_lbfgs: the most steps of L-BFGS, which follow.
        boundary_weight: $w$.
        reach: deviations of $\alpha$ that an input of one stands for: with fewer the network bends
            more easily along $\alpha$, and trains in fewer steps.

    Raises:
        ValueError: for a problem or a policy that is none, counts or a weight below 0, a size or
            reach that is not above 0, and widths as `TanhNetwork` does.
    """

    problem: ParametricProblem
    policy: Policy
    widths: tuple[int, ...] = (32, 32, 32)
    num_adam: int = 300
    adam_step_size: float = 1e-2
    num_lbfgs: int = 1000
    boundary_weight: float = 10.0
    reach: float = 3.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_equation(self.problem, self.policy)
        sizes = {
            "num_adam": self.num_adam,
            "num_lbfgs": self.num_lbfgs,
            "boundary_weight": self.boundary_weight,
        }
        for name, size in sizes.items():
            if not size >= 0:
                raise ValueError(f"{name} = {size}: must be at least 0")
        for name, size in {"adam_step_size": self.adam_step_size, "reach": self.reach}.items():
            if not size > 0:
                raise ValueError(f"{name} = {size}: must be above 0")
        _ = self.network  # checks the widths

    @cached_property
    def network(self) -> TanhNetwork:
        """The network that is trained."""
        return TanhNetwork(self.problem, tuple(self.widths), self.reach)

    @property
    def num_steps(self) -> int:
        """The number of steps of plain descent."""
        return self.num_adam

    @property
    def step_size(self) -> float:
        """The size of a step of plain descent."""
        return self.adam_step_size

    def __call__(self, rows: Tensor, *, generator: Generator) -> NetworkModel:
        r"""Return the network trained on `rows`; it has no derivative in them.

        Args:
            rows: one set `(m, d + k + 1)`, or a batch of them `(…, m, d + k + 1)`.
            generator: draws the start.

        Raises:
            ValueError: for rows as `check_sets` does.
        """
        check_sets(self.problem, rows)
        return self.fit(self.initial(rows, generator=generator), rows)

    def fit(self, theta: Tensor, rows: Tensor) -> NetworkModel:
        """Return the networks trained from given starts; members do not depend on each other.

        Args:
            theta: a start for each member, `(…, D)`.
            rows: a set for each, `(…, m, d + k + 1)`, or `(m, d + k + 1)` for all of them.

        Raises:
            ValueError: for rows as `check_sets` does, and for another number of parameters.
            ArithmeticError: for an equation that is not defined at the starts.
        """
        check_sets(self.problem, rows)
        if theta.shape[-1:] != (self.network.num_parameters,):
            raise ValueError(
                f"theta: shape {tuple(theta.shape)}; must be (…, {self.network.num_parameters})"
            )
        starts = theta.detach().to(rows).reshape(-1, theta.shape[-1])
        sets = rows.detach().expand(*theta.shape[:-1], *rows.shape[-2:])
        objective = self._objective(sets.reshape(len(starts), *rows.shape[-2:]))
        check_first_loss(objective(starts)[0])
        found = adam.descend(
            objective, starts, num_steps=self.num_adam, step_size=self.adam_step_size
        )
        found = lbfgs.minimise(objective, found, num_steps=self.num_lbfgs, history=HISTORY)
        return self.model(found.reshape(theta.shape))

    def initial(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return a random $\theta_0$ for each set, `(…, D)`.

        Args:
            rows: sets `(…, m, d + k + 1)`, whose batch matters alone.
            generator: draws the weights.
        """
        return self.network.initial(*rows.shape[:-2], generator=generator).to(rows)

    def loss(self, theta: Tensor, rows: Tensor) -> Tensor:
        r"""Return $\ell(\theta;S)$, `(…)`: a scalar for one set.

        Args:
            theta: the parameters, `(…, D)`.
            rows: `(…, m, d + k + 1)`.
        """
        return self._loss(theta, self._sample(rows))

    def layers(self, theta: Tensor) -> list[Tensor]:
        """Return each layer's weights, `(…, inputs, units)`, without biases.

        Args:
            theta: parameters, or a gradient in them, `(…, D)`.
        """
        return [weights for weights, _ in self.network.layers(theta)]

    def model(self, theta: Tensor) -> NetworkModel:
        """Return the network with these parameters.

        Args:
            theta: the parameters, `(…, D)`.
        """
        return NetworkModel(self.network, theta)

    def _objective(self, sets: Tensor) -> lbfgs.Objective:
        """Return the losses on sets `(B, m, d + k + 1)` with their gradients."""
        with torch.no_grad():
            sample = self._sample(sets)

        def value_and_gradient(theta: Tensor) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                theta = theta.detach().requires_grad_()
                value = self._loss(theta, sample)
                (gradient,) = torch.autograd.grad(value.sum(), theta)
            return value.detach(), gradient

        return value_and_gradient

    def _sample(self, rows: Tensor) -> _Sample:
        """Return the rows and their collocation points as the network takes them."""
        collocation = asked(self.policy, rows, self.problem)
        interior, boundary = collocation.interior, collocation.boundary
        batch = rows.shape[:-2]
        blocks = (rows[..., :-1], interior, boundary)
        points = torch.cat([block.expand(*batch, *block.shape[-2:]) for block in blocks], dim=-2)
        num_jets = points.shape[-2] - rows.shape[-2]
        return _Sample(self.network.lift(points, num_jets), rows[..., -1], interior, boundary)

    def _loss(self, theta: Tensor, sample: _Sample) -> Tensor:
        """Return the loss of each member, `(…)`."""
        values, jet = self.network.at(theta, sample.lifted)
        loss = (values[..., : sample.values.shape[-1]] - sample.values).square().mean(-1)
        inside, rim = sample.interior.shape[-2], sample.boundary.shape[-2]
        if inside:
            inner = jet.map(lambda entry: entry[..., :inside])
            loss = loss + self.problem.residual(sample.interior, inner).square().mean(-1)
        if rim:
            outer = jet.map(lambda entry: entry[..., inside:])
            squares = self.problem.boundary(sample.boundary, outer).square()
            loss = loss + self.boundary_weight * squares.mean(-1)
        return loss
