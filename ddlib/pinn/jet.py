"""Jets: a function and those of its derivatives that an equation needs, at points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

DERIVATIVES: Mapping[str, tuple[str, ...]] = {"x": ("x", "xx"), "t": ("t",), "y": ("y", "yy")}
"""The entries of a jet along each coordinate: slope and second derivative, in time the first."""


class Jet(NamedTuple):
    """A function and its derivatives at points; tensors of one shape.

    The shape is `(…, n)` for a function at `n` points, `(…, n, F)` for `F` functions at once. In a
    jet of partial derivatives of an operator, each entry is the derivative by that entry of its
    argument.

    Attributes:
        u: the value, $u$.
        x: the slope along $x$, $u_x$.
        xx: the second derivative along $x$, $u_{xx}$.
        t: the derivative in time, $u_t$; None for a function without time.
        y: the slope along $y$, $u_y$; None for a function without $y$.
        yy: the second derivative along $y$, $u_{yy}$; None for a function without $y$.
    """

    u: Tensor
    x: Tensor
    xx: Tensor
    t: Tensor | None = None
    y: Tensor | None = None
    yy: Tensor | None = None

    @classmethod
    def of(cls, coordinates: Sequence[str], entries: Sequence[Tensor]) -> Jet:
        """Return the jet with these entries.

        Args:
            coordinates: the names of the coordinates, `("x",)`, `("x", "t")` or `("x", "y")`.
            entries: the value, then along each coordinate what `DERIVATIVES` names.
        """
        return cls(**dict(zip(entry_names(coordinates), entries, strict=True)))

    @property
    def entries(self) -> list[Tensor]:
        """The entries that there are, in the order of the attributes."""
        return [entry for entry in self if entry is not None]

    @property
    def names(self) -> list[str]:
        """The names of the entries that there are, in the same order."""
        return [name for name, entry in zip(self._fields, self, strict=True) if entry is not None]

    @property
    def in_time(self) -> Tensor:
        """The derivative $u_t$ of a function in space-time.

        Raises:
            ValueError: for the jet of a function without time.
        """
        if self.t is None:
            raise ValueError("t = None: must be a tensor, of a function in space-time")
        return self.t

    @property
    def laplacian(self) -> Tensor:
        r"""$\Delta u$: $u_{xx}$, plus $u_{yy}$ where there is a $y$."""
        return self.xx if self.yy is None else self.xx + self.yy

    def map(self, function: Callable[..., Tensor], *others: Jet) -> Jet:
        """Return the jet of what `function` makes of each entry; what is None stays so.

        Args:
            function: takes an entry of this jet and the same entry of each of the others.
            others: jets of functions of the same coordinates.
        """
        rows = zip(self.entries, *(other.entries for other in others), strict=True)
        return Jet(**dict(zip(self.names, (function(*row) for row in rows), strict=True)))

    def along(self, partials: Jet) -> Tensor:
        r"""Return $\sum_a \partial_a\,j_a$ `(…, n, F)`, the linearised operator at each function.

        Args:
            partials: of the operator by each entry, `(…, n)`. Batches broadcast with the entries
                of this jet, `(…, n, F)`.
        """
        pairs = zip(self.entries, partials.entries, strict=True)
        products = (entry * partial.unsqueeze(-1) for entry, partial in pairs)
        return sum(products, start=self.u.new_zeros(()))


def entry_names(coordinates: Sequence[str]) -> list[str]:
    """Return the names of the value and of the derivatives along each coordinate.

    Args:
        coordinates: their names.
    """
    return ["u", *(name for coordinate in coordinates for name in DERIVATIVES[coordinate])]


def jet_of(
    function: Callable[..., Tensor], points: Tensor, coordinates: Sequence[str] | None = None
) -> Jet:
    """Return the jet of `function` at points, entries `(…, n)`, by automatic differentiation.

    This is slow: learners carry their derivatives themselves.

    Args:
        function: takes the columns of the points, each `(…, n)`, and returns `(…, n)`; its value
            at a point depends on that point only.
        points: `(…, n, d + k)`.
        coordinates: the names of the first d columns; unless told, all but the last one are
            coordinates, $x$ and, where there is a second, $t$.
    """
    columns = [column.detach().requires_grad_() for column in points.unbind(-1)]
    names = ("x", "t")[: len(columns) - 1] if coordinates is None else coordinates
    along = columns[: len(names)]
    with torch.enable_grad():
        u = function(*columns)
        slopes = _derivatives(u, along)
        entries = [u]
        for name, column, slope in zip(names, along, slopes, strict=True):
            seconds = _derivatives(slope, [column]) if len(DERIVATIVES[name]) == 2 else []
            entries += [slope, *seconds]
    return Jet.of(names, [entry.detach() for entry in entries])


def _derivatives(values: Tensor, columns: list[Tensor]) -> list[Tensor]:
    """Return the derivatives of values by columns, each of which stands at its own point."""
    if not values.requires_grad:  # they are the same everywhere
        return [torch.zeros_like(values) for _ in columns]
    found = torch.autograd.grad(values.sum(), columns, create_graph=True, materialize_grads=True)
    return list(found)
