r"""Values and derivatives carried through tanh layers, and the gradient in their weights.

With $z=W^\top h+b$ and $h'=\tanh z$ a layer maps the jet of $h$ to that of $h'$:

$$h'_x=s\,z_x,\qquad h'_t=s\,z_t,\qquad h'_{xx}=s\,z_{xx}-2h's\,z_x^2,\qquad s=1-h'^2,$$

and along $y$ as along $x$.

Values and derivatives of all points are columns of one matrix, so that a layer is one product.
The reverse pass is written by hand as well: networks are small here, and a graph of their
operations costs more than the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

Layers = Callable[[Tensor], list[tuple[Tensor, Tensor]]]
"""From parameters to the weights `(…, inputs, units)` and biases `(…, units)` of each layer."""


class Bend(NamedTuple):
    """A slope and the second derivative along the same coordinate: their places among the slopes.

    Attributes:
        first: the place of the slope.
        second: the place of the second derivative.
    """

    first: int
    second: int


class Counts(NamedTuple):
    """What the columns of a matrix are: values first, then each derivative of the last points.

    Attributes:
        values: points, each with a value.
        jets: how many of the points, the last ones, have derivatives.
        slopes: derivatives of each of these.
        bends: which of these are second derivatives, and of what.
    """

    values: int
    jets: int
    slopes: int
    bends: tuple[Bend, ...]


def propagate(layers: Layers, theta: Tensor, columns: Tensor, counts: Counts) -> Tensor:
    """Return the outputs of a network, `(…, columns)`.

    Differentiable in `theta` and `columns`, also twice.

    Args:
        layers: of the network, the last one without tanh.
        theta: the parameters, `(…, D)`.
        columns: inputs and their derivatives, `(…, inputs, columns)`, of the same batch.
        counts: what the columns are.
    """
    return _Propagate.apply(theta, columns, layers, counts)


class _Propagate(torch.autograd.Function):
    """`propagate`, with a reverse pass written by hand.

    Only the gradient in theta is: for one in the points, or one with a graph of its own,
    `_propagate` is differentiated instead.
    """

    @staticmethod
    def forward(ctx: Any, theta: Tensor, columns: Tensor, layers: Layers, counts: Counts) -> Tensor:
        """Return the outputs."""
        *hidden, (last_weights, last_biases) = layers(theta)
        states = [columns]
        for weights, biases in hidden:
            state = weights.mT @ states[-1]
            state[..., : counts.values] += biases.unsqueeze(-1)
            _tanh_(state, counts)
            states.append(state)
        outputs = last_weights.mT @ states[-1]
        outputs[..., : counts.values] += last_biases.unsqueeze(-1)
        ctx.save_for_backward(theta, *states)
        ctx.layers, ctx.counts = layers, counts
        return outputs.squeeze(-2)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients in theta and columns, given that in the outputs."""
        (gradient,) = grad_outputs
        theta, *states = ctx.saved_tensors
        if torch.is_grad_enabled() or ctx.needs_input_grad[1]:
            by_theta, by_columns = _by_graph(ctx, theta, states[0], gradient)
            return by_theta, by_columns, None, None
        return _reverse(ctx.layers(theta), states, gradient, ctx.counts), None, None, None


def _by_graph(
    ctx: Any, theta: Tensor, columns: Tensor, gradient: Tensor
) -> tuple[Tensor | None, Tensor | None]:
    """Return the gradients in theta and columns by differentiating `_propagate`."""
    inputs = [theta, columns]
    keep = torch.is_grad_enabled()  # someone wants to differentiate these gradients
    with torch.enable_grad():
        if not keep:
            inputs = [tensor.detach().requires_grad_() for tensor in inputs]
        outputs = _propagate(ctx.layers, *inputs, ctx.counts)
        wanted = [i for i in (0, 1) if ctx.needs_input_grad[i]]
        found = torch.autograd.grad(
            outputs, [inputs[i] for i in wanted], gradient, create_graph=keep
        )
    by_input = dict(zip(wanted, found, strict=True))
    return by_input.get(0), by_input.get(1)


def _propagate(layers: Layers, theta: Tensor, columns: Tensor, counts: Counts) -> Tensor:
    """Return the outputs `(…, columns)`, by operations that can be differentiated twice."""
    *hidden, last_layer = layers(theta)
    blocks = [counts.values] + [counts.jets] * counts.slopes
    state = columns
    for weights, biases in hidden:
        values, *slopes = (weights.mT @ state).split(blocks, -1)
        values = (values + biases.unsqueeze(-1)).tanh()
        last = values[..., counts.values - counts.jets :]
        s, squares = 1 - last.square(), [slopes[bend.first].square() for bend in counts.bends]
        slopes = [s * slope for slope in slopes]
        for (_, second), square in zip(counts.bends, squares, strict=True):
            slopes[second] = slopes[second] - 2 * last * s * square
        state = torch.cat([values, *slopes], dim=-1)
    weights, biases = last_layer
    values, *slopes = (weights.mT @ state).split(blocks, -1)
    values = values + biases.unsqueeze(-1)
    return torch.cat([values, *slopes], dim=-1).squeeze(-2)


def _tanh_(state: Tensor, counts: Counts) -> None:
    """Carry values and derivatives through tanh, in place."""
    values = state[..., : counts.values]
    # tanh z = 2 sigmoid(2 z) - 1, which is faster than tanh in double precision.
    values.mul_(2).sigmoid_().mul_(2).sub_(1)
    if counts.jets == 0:
        return
    last = values[..., counts.values - counts.jets :]
    slopes = state[..., counts.values :].unflatten(-1, (-1, counts.jets))
    s = torch.addcmul(last.new_ones(()), last, last, value=-1)
    squares = [slopes[..., bend.first, :].square() for bend in counts.bends]
    slopes *= s.unsqueeze(-2)
    last_by_s = s.mul_(last)
    for (_, second), square in zip(counts.bends, squares, strict=True):
        slopes[..., second, :].addcmul_(last_by_s, square, value=-2)


def _tanh_reverse_(gradient: Tensor, state: Tensor, counts: Counts) -> None:
    r"""Turn the gradient in a layer's outputs `state` into that in its sums $z$, in place.

    Derivatives are written in the outputs themselves: $\partial h'_x/\partial z=-2h'h'_x$,
    $\partial h'_{xx}/\partial z=-2h'h'_{xx}-2h_x'^2$ and $\partial h'_{xx}/\partial z_x=-4h'h'_x$.
    """
    values, by_values = state[..., : counts.values], gradient[..., : counts.values]
    s = torch.addcmul(values.new_ones(()), values, values, value=-1)
    by_values *= s
    if counts.jets == 0:
        return
    first = counts.values - counts.jets
    last, by_last = values[..., first:], by_values[..., first:]
    slopes = state[..., counts.values :].unflatten(-1, (-1, counts.jets))
    by_slopes = gradient[..., counts.values :].unflatten(-1, (-1, counts.jets))
    by_last.addcmul_(last, (by_slopes * slopes).sum(-2), value=-2)
    bent = [slopes[..., bend.first, :] * by_slopes[..., bend.second, :] for bend in counts.bends]
    for bend, product in zip(counts.bends, bent, strict=True):
        by_last.addcmul_(slopes[..., bend.first, :], product, value=-2)
    by_slopes *= s[..., first:].unsqueeze(-2)
    for bend, product in zip(counts.bends, bent, strict=True):
        by_slopes[..., bend.first, :].addcmul_(last, product, value=-4)


def _reverse(
    layers: list[tuple[Tensor, Tensor]], states: list[Tensor], gradient: Tensor, counts: Counts
) -> Tensor:
    """Return the gradient in theta, given each layer's inputs and that in the outputs."""
    pieces = []
    gradient = gradient.unsqueeze(-2)
    for index in reversed(range(len(layers))):
        by_weights = states[index] @ gradient.mT
        by_biases = gradient[..., : counts.values].sum(-1)
        pieces += [by_biases, by_weights.flatten(-2)]
        if index > 0:
            weights, _ = layers[index]
            gradient = weights @ gradient
            _tanh_reverse_(gradient, states[index], counts)
    return torch.cat(pieces[::-1], dim=-1)
