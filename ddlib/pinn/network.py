r"""A tanh network from points to $\hat u$ that carries its derivatives forward.

How it does, and how the gradient in its weights is found, is in `propagation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import DERIVATIVES, Jet
from ddlib.pinn.problem import ParametricProblem
from ddlib.pinn.propagation import Bend, Counts, propagate


class Lifted(NamedTuple):
    """Scaled points and their derivatives, as a network takes them.

    Attributes:
        columns: the values of all points, then what `DERIVATIVES` names along each coordinate at
            the last ones, `(…, d + k, values + slopes jets)`.
        counts: how many there are of each.
    """

    columns: Tensor
    counts: Counts


@dataclass(frozen=True)
class TanhNetwork:
    r"""A network from points through tanh layers to $\hat u$, which begins near `start_value`.

    Its parameters are one tensor `(…, D)`: weights, then biases, of one layer after the other.

    Attributes:
        problem: whose points it takes; they are scaled to $[-1,1]$.
        widths: units of each tanh layer.
        reach: deviations of the prior that $\alpha$ is scaled by.

    Raises:
        ValueError: without a layer, and for a layer without units.
    """

    problem: ParametricProblem
    widths: tuple[int, ...]
    reach: float = 3.0

    def __post_init__(self) -> None:
        """Check the widths."""
        if min(self.widths, default=0) < 1:
            raise ValueError(f"widths = {self.widths}: must be at least one layer of at least 1")

    @property
    def num_parameters(self) -> int:
        """The number of weights and biases, D."""
        return sum((fan_in + 1) * units for fan_in, units in self._shapes)

    def initial(self, *batch: int, generator: Generator) -> Tensor:
        """Return a random start `(*batch, D)`, float64: biases zero, weights by Glorot.

        Glorot and Bengio (2010): a variance of 2 over inputs plus units.

        Args:
            *batch: leading dimensions.
            generator: draws the weights.
        """
        pieces = []
        for fan_in, units in self._shapes:
            weights = torch.randn(*batch, fan_in * units, dtype=torch.float64, generator=generator)
            biases = weights.new_zeros(*batch, units)
            pieces += [weights * (2 / (fan_in + units)) ** 0.5, biases]
        return torch.cat(pieces, dim=-1)

    def values(self, theta: Tensor, points: Tensor) -> Tensor:
        r"""Return $\hat u$ `(…, n)`.

        Args:
            theta: the parameters, `(…, D)`.
            points: `(…, n, d + k)`.
        """
        return self.at(theta, self.lift(points.to(theta), 0))[0]

    def jet(self, theta: Tensor, points: Tensor) -> Jet:
        r"""Return the jet of $\hat u$, entries `(…, n)`.

        Args:
            theta: the parameters, `(…, D)`.
            points: `(…, n, d + k)`.
        """
        return self.at(theta, self.lift(points.to(theta), points.shape[-2]))[1]

    def lift(self, points: Tensor, num_jets: int) -> Lifted:
        """Return points as `at` takes them.

        Args:
            points: `(…, n, d + k)`.
            num_jets: at how many of them, the last ones, derivatives are wanted.
        """
        low, high = self.problem.limits(self.reach).to(points)
        scales = 2 / (high - low)
        scaled = ((points - low) * scales - 1).mT
        shape = (*scaled.shape[:-1], num_jets)
        slopes, bends = [], []
        for axis, name in enumerate(self.problem.coordinates):
            slope = torch.zeros_like(scales)
            slope[axis] = scales[axis]
            slopes.append(slope[:, None].expand(shape))
            if len(DERIVATIVES[name]) == 2:
                bends.append(Bend(len(slopes) - 1, len(slopes)))
                slopes.append(scaled.new_zeros(shape))  # scaling leaves the second one at zero
        counts = Counts(points.shape[-2], num_jets, len(slopes), tuple(bends))
        return Lifted(torch.cat([scaled, *slopes], dim=-1), counts)

    def at(self, theta: Tensor, lifted: Lifted) -> tuple[Tensor, Jet]:
        r"""Return the values of $\hat u$ at all points, and its jet at the last ones.

        Differentiable in `theta` and in the points, also twice.

        Args:
            theta: the parameters, `(…, D)`.
            lifted: the points.

        Returns:
            Values `(…, values)` and a jet with entries `(…, jets)`.
        """
        columns, counts = lifted
        batch = torch.broadcast_shapes(theta.shape[:-1], columns.shape[:-2])
        theta, columns = theta.expand(*batch, -1), columns.expand(*batch, -1, -1)
        outputs = propagate(self.layers, theta, columns, counts)
        values, slopes = outputs[..., : counts.values], outputs[..., counts.values :]
        values = values + self.problem.start_value
        slopes = slopes.unflatten(-1, (counts.slopes, counts.jets)).unbind(-2)
        last = values[..., counts.values - counts.jets :]
        return values, Jet.of(self.problem.coordinates, [last, *slopes])

    def layers(self, theta: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return weights `(…, inputs, units)` and biases `(…, units)` of each layer, as views.

        Args:
            theta: the parameters, `(…, D)`.
        """
        sizes = [size for fan_in, units in self._shapes for size in (fan_in * units, units)]
        pieces = theta.split(sizes, dim=-1)
        return [
            (weights.unflatten(-1, shape), biases)
            for weights, biases, shape in zip(pieces[::2], pieces[1::2], self._shapes, strict=True)
        ]

    @property
    def _shapes(self) -> list[tuple[int, int]]:
        """The inputs and units of each layer."""
        widths = (self.problem.width, *self.widths, 1)
        return list(pairwise(widths))
