"""Jets: a function and those of its derivatives that an equation needs, at points."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Jet(NamedTuple):
    """$u$, $u_x$, $u_{xx}$ and, in space-time, $u_t$; tensors of one shape.

    `(…, n)` for a function at `n` points, `(…, n, F)` for `F` functions at once. In a jet of
    partial derivatives of an operator, each entry is the derivative by that entry of its argument.
    """

    u: Tensor
    x: Tensor
    xx: Tensor
    t: Tensor | None = None

    @property
    def entries(self) -> list[Tensor]:
        """The entries that there are."""
        return [entry for entry in self if entry is not None]

    def along(self, partials: Jet) -> Tensor:
        r"""Return $\sum_a \partial_a\,j_a$: these derivatives weighted by `partials`.

        The entries are those of functions, `(…, n, F)`, the partials `(…, n)`; the result is the
        linearised operator at work on each function. Batches broadcast.
        """
        pairs = zip(self.entries, partials.entries, strict=True)
        return sum(entry * partial.unsqueeze(-1) for entry, partial in pairs)


def jet_of(function: Callable[..., Tensor], points: Tensor) -> Jet:
    """Return the jet of `function` at `points` `(…, n, d + 1)`, by automatic differentiation.

    `function` takes the columns of the points, each `(…, n)`, the first of them $x$ and, of three,
    the second $t$; its value at a point depends on that point only. This is slow: learners carry
    their derivatives themselves.
    """
    columns = [column.detach().requires_grad_() for column in points.unbind(-1)]
    with torch.enable_grad():
        u = function(*columns)
        wanted = columns[:-1]
        first = torch.autograd.grad(u.sum(), wanted, create_graph=True, materialize_grads=True)
        second = torch.zeros_like(u)
        if first[0].requires_grad:
            (second,) = torch.autograd.grad(first[0].sum(), columns[0], materialize_grads=True)
    slopes = [slope.detach() for slope in first]
    return Jet(u.detach(), slopes[0], second.detach(), *slopes[1:])
