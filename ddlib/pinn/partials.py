"""Derivatives of an operator by the entries of the jet, by automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ddlib.pinn.jet import Jet

Operator = Callable[[Tensor, Jet], Tensor]
"""From points `(…, n, d + k)` and a jet there to values `(…, n)`, each of its own point alone."""


def partials_of(operator: Operator, points: Tensor, jet: Jet) -> Jet:
    """Return the derivatives of `operator` by the entries of the jet, each `(…, n)`.

    The value at a point depends on the jet at that point only, so that the gradient of the sum
    over the points holds the derivative at each. Where points or jet have a gradient, so have the
    derivatives.

    Args:
        operator: what is differentiated.
        points: `(…, n, d + k)`.
        jet: of a function at the points, entries `(…, n)`.
    """
    has_gradient = points.requires_grad or any(entry.requires_grad for entry in jet.entries)
    keep = has_gradient and torch.is_grad_enabled()
    with torch.enable_grad():
        # Each entry becomes a tensor of its own: entries may share one, as those of a zero do.
        inputs = jet.map(
            lambda entry: entry.view_as(entry) if keep else entry.detach().view_as(entry)
        )
        inputs = inputs.map(lambda entry: entry if entry.requires_grad else entry.requires_grad_())
        values = operator(points, inputs)
        if not values.requires_grad:
            return jet.map(torch.zeros_like)
        partials = torch.autograd.grad(
            values.sum(), inputs.entries, create_graph=keep, materialize_grads=True
        )
    return Jet(**dict(zip(jet.names, partials, strict=True)))
