r"""A small DeepONet: a network from the boundary's parameter and a point to a value.

$$\hat u(x,\alpha)=\sum_{j\le p}b_j(\alpha)\,t_j(x)+c,$$

where the branch $b$ reads what makes the boundary function, here its parameters $\alpha$, and the
trunk $t$ reads the coordinates (Lu et al. 2021). It fits rows and knows no equation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Generator, Tensor

from ddlib.pinn import adam, lbfgs
from ddlib.pinn.data import check_sets
from ddlib.pinn.problem import ParametricProblem


@dataclass(frozen=True)
class OperatorNetwork:
    r"""The learner that trains a DeepONet on rows, by Adam and then L-BFGS.

    Attributes:
        problem: whose points it takes; they are scaled to $[-1,1]$.
        widths: units of the tanh layers of branch and of trunk.
        num_products: $p$.
        num_adam: steps of Adam.
        adam_step_size: size of these steps.
        num_lbfgs: the most steps of L-BFGS, which follow.

    Raises:
        ValueError: for a count below 1, and a step size that is not above 0.
    """

    problem: ParametricProblem
    widths: tuple[int, ...] = (32, 32)
    num_products: int = 16
    num_adam: int = 300
    adam_step_size: float = 1e-2
    num_lbfgs: int = 500

    def __post_init__(self) -> None:
        """Check the settings."""
        if min(self.widths, default=0) < 1:
            raise ValueError(f"widths = {self.widths}: must be at least one layer of at least 1")
        for name in ("num_products", "num_adam", "num_lbfgs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}: must be at least 1")
        if not self.adam_step_size > 0:
            raise ValueError(f"adam_step_size = {self.adam_step_size}: must be above 0")

    def __call__(self, rows: Tensor, *, generator: Generator) -> Callable[[Tensor], Tensor]:
        """Return the trained network as a function of points, from `(n, d + k)` to `(n,)`.

        Args:
            rows: what is fitted, `(m, d + k + 1)`.
            generator: draws the start.

        Raises:
            ValueError: for rows as `check_sets` does.
        """
        check_sets(self.problem, rows)
        points, values = rows[:, :-1].detach(), rows[:, -1].detach()

        def value_and_gradient(theta: Tensor) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                theta = theta.detach().requires_grad_()
                loss = (self._values(theta[0], points) - values).square().mean()
                (gradient,) = torch.autograd.grad(loss, theta)
            return loss.detach()[None], gradient

        start = self._start(generator=generator)[None]
        found = adam.descend(
            value_and_gradient, start, num_steps=self.num_adam, step_size=self.adam_step_size
        )
        found = lbfgs.minimise(value_and_gradient, found, num_steps=self.num_lbfgs, history=50)
        return lambda points: self._values(found[0], points)

    def _shapes(self) -> list[tuple[int, int]]:
        """Return inputs and units of each layer, those of the branch first."""
        num_coordinates = len(self.problem.coordinates)
        num_alphas = self.problem.limits().shape[1] - num_coordinates
        ends = (num_alphas, num_coordinates)
        return [s for end in ends for s in pairwise((end, *self.widths, self.num_products))]

    def _start(self, *, generator: Generator) -> Tensor:
        """Return random parameters, `(D,)`: weights by Glorot, all else zero."""
        pieces = []
        for inputs, units in self._shapes():
            options = {"dtype": torch.float64, "generator": generator}
            weights = torch.randn(inputs * units, **options)
            pieces += [weights * (2 / (inputs + units)) ** 0.5, weights.new_zeros(units)]
        return torch.cat([*pieces, torch.zeros(1, dtype=torch.float64)])

    def _values(self, theta: Tensor, points: Tensor) -> Tensor:
        """Return the network's values at points, `(n,)`."""
        low, high = self.problem.limits()
        scaled = 2 * (points - low) / (high - low) - 1
        num_coordinates = len(self.problem.coordinates)
        shapes = self._shapes()
        sizes = [size for inputs, units in shapes for size in (inputs * units, units)]
        *pieces, constant = theta.split([*sizes, 1])
        layers = [
            (weights.reshape(shape), biases)
            for weights, biases, shape in zip(pieces[::2], pieces[1::2], shapes, strict=True)
        ]
        half = len(layers) // 2
        branch = _forward(layers[:half], scaled[:, num_coordinates:])
        trunk = _forward(layers[half:], scaled[:, :num_coordinates])
        return (branch * trunk).sum(1) + constant


def _forward(layers: list[tuple[Tensor, Tensor]], state: Tensor) -> Tensor:
    """Return the outputs of tanh layers, the last one without tanh, `(n, units)`."""
    *hidden, (weights, biases) = layers
    for inner, offsets in hidden:
        state = torch.tanh(state @ inner + offsets)
    return state @ weights + biases
