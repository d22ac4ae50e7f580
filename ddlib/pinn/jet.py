"""Jets: a function and those of its derivatives that an equation needs, at points."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Jet(NamedTuple):
    """A function and its derivatives at points; tensors of one shape.

    The shape is `(…, n)` for a function at `n` points, `(…, n, F)` for `F` functions at once. In a
    jet of partial derivatives of an operator, each entry is the derivative by that entry of its
    argument.

    Attributes:
        u: the value, $u$.
        x: the slope along $x$, $u_x$.
        xx: the second derivative along $x$, $u_{xx}$.
        t: the derivative in time, $u_t$; None for a function of $x$ alone.
    """

    u: Tensor
    x: Tensor
    xx: Tensor
    t: Tensor | None = None

    @property
    def entries(self) -> list[Tensor]:
        """The entries that there are, in the order of the attributes."""
        return [entry for entry in self if entry is not None]

    @property
    def in_time(self) -> Tensor:
        """The derivative $u_t$ of a function in space-time.

        Raises:
            ValueError: for the jet of a function of $x$ alone.
        """
        if self.t is None:
            raise ValueError("t = None: must be a tensor, of a function in space-time")
        return self.t

    def along(self, partials: Jet) -> Tensor:
        r"""Return $\sum_a \partial_a\,j_a$ `(…, n, F)`, the linearised operator at each function.

        Args:
            partials: of the operator by each entry, `(…, n)`. Batches broadcast with the entries
                of this jet, `(…, n, F)`.
        """
        pairs = zip(self.entries, partials.entries, strict=True)
        products = (entry * partial.unsqueeze(-1) for entry, partial in pairs)
        return sum(products, start=self.u.new_zeros(()))


def jet_of(function: Callable[..., Tensor], points: Tensor) -> Jet:
    """Return the jet of `function` at points, entries `(…, n)`, by automatic differentiation.

    This is slow: learners carry their derivatives themselves.

    Args:
        function: takes the columns of the points, each `(…, n)`, and returns `(…, n)`; its value
            at a point depends on that point only.
        points: `(…, n, d + 1)`; the first column is $x$ and, of three, the second is $t$.
    """
    columns = [column.detach().requires_grad_() for column in points.unbind(-1)]
    with torch.enable_grad():
        u = function(*columns)
        coordinates = columns[:-1]
        first = torch.autograd.grad(u.sum(), coordinates, create_graph=True, materialize_grads=True)
        second = torch.zeros_like(u)
        if first[0].requires_grad:
            (second,) = torch.autograd.grad(first[0].sum(), columns[0], materialize_grads=True)
    slopes = [slope.detach() for slope in first]
    return Jet(u.detach(), slopes[0], second.detach(), *slopes[1:])
