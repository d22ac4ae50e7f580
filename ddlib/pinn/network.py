r"""A tanh network that carries its derivatives forward, and the gradient of all in its weights.

With $z=W^\top h+b$ and $h'=\tanh z$ a layer maps the jet of $h$ to that of $h'$:

$$h'_x=s\,z_x,\qquad h'_t=s\,z_t,\qquad h'_{xx}=s\,z_{xx}-2h's\,z_x^2,\qquad s=1-h'^2.$$

Values and derivatives of all points are columns of one matrix, so that a layer is one product.
The reverse pass is written by hand as well: networks are small here, and a graph of their
operations costs more than the arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem

_ONE = torch.ones((), dtype=torch.float64)


class Lifted(NamedTuple):
    """Scaled points and their derivatives, as columns `(…, d + 1, num_values + k num_jets)`.

    First the values of all points, then the `k` derivatives x, xx (and t) of the last `num_jets`.
    """

    columns: Tensor
    num_values: int
    num_jets: int


@dataclass(frozen=True)
class TanhNetwork:
    r"""A network from the points of `problem` through tanh layers of `widths` units to $\hat u$.

    Points are scaled to $[-1,1]$, $\alpha$ from `reach` deviations of its prior. The parameters are
    one tensor `(…, num_parameters)`: weights, then biases, of one layer after the other. Raises
    `ValueError` for a layer without units.
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
        """The number of weights and biases."""
        return sum((fan_in + 1) * units for fan_in, units in self._shapes)

    def initial(self, *batch: int, generator: Generator) -> Tensor:
        """Return a start `(*batch, num_parameters)`, float64: weights by Glorot, biases zero."""
        pieces = []
        for fan_in, units in self._shapes:
            weights = torch.randn(*batch, fan_in * units, dtype=torch.float64, generator=generator)
            pieces += [weights * (2 / (fan_in + units)) ** 0.5, weights.new_zeros(*batch, units)]
        return torch.cat(pieces, dim=-1)

    def values(self, theta: Tensor, points: Tensor) -> Tensor:
        r"""Return $\hat u$, `(…, n)`, at points `(…, n, d + 1)`."""
        return self.at(theta, self.lift(points, 0))[0]

    def jet(self, theta: Tensor, points: Tensor) -> Jet:
        r"""Return the jet of $\hat u$, entries `(…, n)`, at points `(…, n, d + 1)`."""
        return self.at(theta, self.lift(points, points.shape[-2]))[1]

    def lift(self, points: Tensor, num_jets: int) -> Lifted:
        """Return points `(…, n, d + 1)` as `at` takes them; jets are wanted at the last ones."""
        low, high = self.problem.limits(self.reach)
        scales = 2 / (high - low)
        units = ((points - low) * scales - 1).mT
        shape = (*units.shape[:-1], num_jets)
        blocks = [units]
        for axis in range(len(self.problem.coordinates)):
            slope = torch.zeros_like(scales)
            slope[axis] = scales[axis]
            blocks.append(slope[:, None].expand(shape))
        blocks.insert(2, units.new_zeros(shape))  # xx, which scaling leaves at zero
        return Lifted(torch.cat(blocks, dim=-1), points.shape[-2], num_jets)

    def at(self, theta: Tensor, lifted: Lifted) -> tuple[Tensor, Jet]:
        """Return the values `(…, num_values)` and the jet of the last points `(…, num_jets)`.

        Differentiable in `theta` and in the points, also twice.
        """
        columns, num_values, num_jets = lifted
        batch = torch.broadcast_shapes(theta.shape[:-1], columns.shape[:-2])
        outputs = _Propagate.apply(
            theta.expand(*batch, -1), columns.expand(*batch, -1, -1), self, num_values, num_jets
        )
        values, slopes = outputs[..., :num_values], outputs[..., num_values:]
        slopes = slopes.unflatten(-1, (len(self.problem.coordinates) + 1, num_jets)).unbind(-2)
        return values, Jet(values[..., num_values - num_jets :], *slopes)

    def layers(self, theta: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return weights `(…, inputs, units)` and biases `(…, units)` of each layer, as views."""
        sizes = [size for fan_in, units in self._shapes for size in (fan_in * units, units)]
        pieces = theta.split(sizes, dim=-1)
        return [
            (weights.unflatten(-1, shape), biases)
            for weights, biases, shape in zip(pieces[::2], pieces[1::2], self._shapes, strict=True)
        ]

    @property
    def _shapes(self) -> list[tuple[int, int]]:
        """The inputs and units of each layer."""
        widths = (len(self.problem.coordinates) + 1, *self.widths, 1)
        return list(pairwise(widths))


class _Propagate(torch.autograd.Function):
    """The outputs `(…, columns)` of lifted points, with a reverse pass written by hand.

    Only the gradient in theta is: for one in the points, or one with a graph of its own,
    `_propagate` is differentiated instead.
    """

    @staticmethod
    def forward(
        ctx: Any, theta: Tensor, columns: Tensor, network: TanhNetwork, *counts: int
    ) -> Tensor:
        *hidden, last = network.layers(theta)
        states = [columns]
        for weights, biases in hidden:
            state = weights.mT @ states[-1]
            state[..., : counts[0]] += biases.unsqueeze(-1)
            _tanh_(state, *counts)
            states.append(state)
        outputs = last[0].mT @ states[-1]
        outputs[..., : counts[0]] += last[1].unsqueeze(-1)
        ctx.save_for_backward(theta, *states)
        ctx.network, ctx.counts = network, counts
        return outputs.squeeze(-2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        theta, *states = ctx.saved_tensors
        inputs = [theta, states[0]]
        if torch.is_grad_enabled() or ctx.needs_input_grad[1]:
            keep = torch.is_grad_enabled()
            with torch.enable_grad():
                if not keep:
                    inputs = [tensor.detach().requires_grad_() for tensor in inputs]
                outputs = _propagate(ctx.network, *inputs, *ctx.counts)
                wanted = [i for i in (0, 1) if ctx.needs_input_grad[i]]
                found = torch.autograd.grad(
                    outputs, [inputs[i] for i in wanted], gradient, create_graph=keep
                )
            by_input = dict(zip(wanted, found, strict=True))
            return by_input.get(0), by_input.get(1), None, None, None
        return _reverse(ctx.network, theta, states, gradient, *ctx.counts), *[None] * 4


def _propagate(
    network: TanhNetwork, theta: Tensor, columns: Tensor, num_values: int, num_jets: int
) -> Tensor:
    """Return the outputs `(…, columns)`, by operations that can be differentiated twice."""
    num_slopes = len(network.problem.coordinates) + 1
    state = columns
    for index, (weights, biases) in enumerate(network.layers(theta)):
        values, *slopes = (weights.mT @ state).split([num_values] + [num_jets] * num_slopes, -1)
        values = values + biases.unsqueeze(-1)
        if index < len(network.widths):
            values = values.tanh()
            last = values[..., num_values - num_jets :]
            s, bend = 1 - last.square(), slopes[0].square()
            slopes = [s * slope for slope in slopes]
            slopes[1] = slopes[1] - 2 * last * s * bend
        state = torch.cat([values, *slopes], dim=-1)
    return state.squeeze(-2)


def _tanh_(state: Tensor, num_values: int, num_jets: int) -> None:
    """Carry values and derivatives through tanh, in place."""
    values = state[..., :num_values]
    values.mul_(2).sigmoid_().mul_(2).sub_(1)  # faster than tanh in double precision
    if num_jets == 0:
        return
    last = values[..., num_values - num_jets :]
    slopes = state[..., num_values:].unflatten(-1, (-1, num_jets))
    s = torch.addcmul(_ONE, last, last, value=-1)
    bend = slopes[..., 0, :].square()
    slopes *= s.unsqueeze(-2)
    slopes[..., 1, :].addcmul_(s.mul_(last), bend, value=-2)


def _tanh_reverse_(gradient: Tensor, state: Tensor, num_values: int, num_jets: int) -> None:
    """Turn the gradient in a layer's outputs `state` into that in its sums, in place."""
    values, by_values = state[..., :num_values], gradient[..., :num_values]
    s = torch.addcmul(_ONE, values, values, value=-1)
    by_values *= s
    if num_jets == 0:
        return
    first = num_values - num_jets
    last, by_last = values[..., first:], by_values[..., first:]
    slopes = state[..., num_values:].unflatten(-1, (-1, num_jets))
    by_slopes = gradient[..., num_values:].unflatten(-1, (-1, num_jets))
    x = slopes[..., 0, :]
    bent = x * by_slopes[..., 1, :]
    by_last.addcmul_(last, (by_slopes * slopes).sum(-2), value=-2)
    by_last.addcmul_(x, bent, value=-2)
    by_slopes *= s[..., first:].unsqueeze(-2)
    by_slopes[..., 0, :].addcmul_(last, bent, value=-4)


def _reverse(
    network: TanhNetwork,
    theta: Tensor,
    states: list[Tensor],
    gradient: Tensor,
    num_values: int,
    num_jets: int,
) -> Tensor:
    """Return the gradient in theta, given each layer's inputs and that in the outputs."""
    layers, pieces = network.layers(theta), []
    gradient = gradient.unsqueeze(-2)
    for index in reversed(range(len(layers))):
        by_weights = states[index] @ gradient.mT
        pieces += [gradient[..., :num_values].sum(-1), by_weights.flatten(-2)]
        if index > 0:
            gradient = layers[index][0] @ gradient
            _tanh_reverse_(gradient, states[index], num_values, num_jets)
    return torch.cat(pieces[::-1], dim=-1)
