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

from ddlib.layout import check_rows
from ddlib.pinn import lbfgs
from ddlib.pinn.collocation import Policy
from ddlib.pinn.data import LAYOUT
from ddlib.pinn.jet import Jet
from ddlib.pinn.network import Lifted, TanhNetwork
from ddlib.pinn.problem import ParametricProblem

HISTORY = 50  # pairs of L-BFGS: the loss is ill-conditioned, and a pair costs little


@dataclass(frozen=True)
class NetworkModel:
    r"""A trained network $\hat u_\theta$, or a batch of them where `theta` is `(B, D)`."""

    network: TanhNetwork
    theta: Tensor

    def __call__(self, points: Tensor) -> Tensor:
        """Return the values `(…, n)` at points `(n, d + 1)`."""
        return self.network.values(self.theta, points)

    def jet(self, points: Tensor) -> Jet:
        """Return the jet, entries `(…, n)`, at points `(n, d + 1)`."""
        return self.network.jet(self.theta, points)


class _Sample(NamedTuple):
    """What a loss is taken on: values of the rows, interior and boundary points, all lifted."""

    lifted: Lifted
    values: Tensor
    interior: Tensor
    boundary: Tensor


@dataclass(frozen=True)
class NetworkPINN:
    r"""A learner $\mathcal A(S,\xi)$: `num_adam` steps of Adam, then at most `num_lbfgs` of L-BFGS.

    $\xi$ is the random start. A batch of sets `(B, m, d + 2)` is trained side by side, each from
    a start of its own. As a `GradientLearner` it descends $\ell$ by plain steps instead,
    `num_adam` of `adam_step_size`. An input of one stands for `reach` deviations of $\alpha$: with
    fewer the network bends more easily along $\alpha$, and trains in fewer steps. Raises
    `ValueError` for impossible settings.
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
        for name in ("num_adam", "num_lbfgs", "boundary_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} = {getattr(self, name)}: must be at least 0")
        for name in ("adam_step_size", "reach"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} = {getattr(self, name)}: must be above 0")
        _ = self.network  # checks the widths

    @cached_property
    def network(self) -> TanhNetwork:
        """The network that is trained."""
        return TanhNetwork(self.problem, tuple(self.widths), self.reach)

    @property
    def num_steps(self) -> int:
        """The steps of plain descent."""
        return self.num_adam

    @property
    def step_size(self) -> float:
        """The step size of plain descent."""
        return self.adam_step_size

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> NetworkModel:
        r"""Train on `rows` `(…, m, d + 2)`; without a derivative in them.

        Raises `ValueError` without a generator and for rows that are none.
        """
        if generator is None:
            raise ValueError("generator = None: must be a torch.Generator, which draws the start")
        self._check(rows)
        return self.fit(self.initial(rows, generator=generator), rows)

    def fit(self, theta: Tensor, rows: Tensor) -> NetworkModel:
        """Train from `theta` `(…, D)` on `rows` `(…, m, d + 2)`, or `(m, d + 2)` for all of them.

        Members do not depend on each other. Raises `ValueError` for rows that are none and for
        another number of parameters.
        """
        self._check(rows)
        if theta.shape[-1:] != (self.network.num_parameters,):
            raise ValueError(
                f"theta: shape {tuple(theta.shape)}; must be (…, {self.network.num_parameters})"
            )
        starts = theta.detach().reshape(-1, theta.shape[-1])
        sets = rows.detach().expand(*theta.shape[:-1], *rows.shape[-2:])
        with torch.no_grad():
            sample = self._sample(sets.reshape(len(starts), *rows.shape[-2:]))

        def value_and_gradient(theta: Tensor) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                theta = theta.detach().requires_grad_()
                value = self._loss(theta, sample)
                (gradient,) = torch.autograd.grad(value.sum(), theta)
            return value.detach(), gradient

        found = _adam(value_and_gradient, starts, self.num_adam, self.adam_step_size)
        found = lbfgs.minimise(value_and_gradient, found, num_steps=self.num_lbfgs, history=HISTORY)
        return self.model(found.reshape(theta.shape))

    def initial(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return a random $\theta_0$ `(…, D)` for each set of `rows` `(…, m, d + 2)`."""
        return self.network.initial(*rows.shape[:-2], generator=generator)

    def loss(self, theta: Tensor, rows: Tensor) -> Tensor:
        r"""Return $\ell(\theta;S)$, `(…)`: a scalar for one `theta` and rows `(m, d + 2)`."""
        return self._loss(theta, self._sample(rows))

    def layers(self, theta: Tensor) -> list[Tensor]:
        """Return each layer's weights, `(…, inputs, units)`, without biases."""
        return [weights for weights, _ in self.network.layers(theta)]

    def model(self, theta: Tensor) -> NetworkModel:
        """Return the network with these parameters."""
        return NetworkModel(self.network, theta)

    def _sample(self, rows: Tensor) -> _Sample:
        """Return the rows and their collocation points as the network takes them."""
        collocation = self.policy(rows)
        blocks = (rows[..., :-1], collocation.interior, collocation.boundary)
        batch = rows.shape[:-2]
        points = torch.cat([block.expand(*batch, *block.shape[-2:]) for block in blocks], dim=-2)
        num_jets = points.shape[-2] - rows.shape[-2]
        return _Sample(self.network.lift(points, num_jets), rows[..., -1], *blocks[1:])

    def _loss(self, theta: Tensor, sample: _Sample) -> Tensor:
        """Return the loss of each member, `(…)`."""
        values, jet = self.network.at(theta, sample.lifted)
        loss = (values[..., : sample.values.shape[-1]] - sample.values).square().mean(-1)
        inside, rim = sample.interior.shape[-2], sample.boundary.shape[-2]
        if inside:
            inner = Jet(*(entry[..., :inside] for entry in jet.entries))
            loss = loss + self.problem.residual(sample.interior, inner).square().mean(-1)
        if rim:
            outer = Jet(*(entry[..., inside:] for entry in jet.entries))
            squares = self.problem.boundary(sample.boundary, outer).square()
            loss = loss + self.boundary_weight * squares.mean(-1)
        return loss

    def _check(self, rows: Tensor) -> None:
        """Raise `ValueError` unless `rows` are finite, at least one, of the problem's width."""
        width = len(self.problem.coordinates) + 2
        if rows.ndim < 2 or rows.shape[-1] != width or rows.shape[-2] < 1:
            raise ValueError(
                f"rows: shape {tuple(rows.shape)}; must be (…, m, {width}) with m at least 1"
            )
        check_rows("rows", rows.reshape(-1, width), LAYOUT)


def _adam(
    value_and_gradient: lbfgs.Objective, theta: Tensor, num_steps: int, step_size: float
) -> Tensor:
    """Return `theta` `(B, D)` after Adam's steps (Kingma and Ba 2015), entry by entry."""
    first, second = torch.zeros_like(theta), torch.zeros_like(theta)
    for step in range(1, num_steps + 1):
        _, gradient = value_and_gradient(theta)
        first.lerp_(gradient, 0.1)
        second.lerp_(gradient.square(), 0.001)
        root = second.div(1 - 0.999**step).sqrt_().add_(1e-8)
        theta = theta.addcdiv(first, root, value=-step_size / (1 - 0.9**step))
    return theta
