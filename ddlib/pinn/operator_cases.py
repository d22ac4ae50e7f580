"""Operators as `ParametricProblem.check` looks at them: where they are taken, and random jets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet, entry_names
from ddlib.pinn.partials import Operator

if TYPE_CHECKING:
    from ddlib.pinn.problem import ParametricProblem

P = ParamSpec("P")
T = TypeVar("T")


class Case(NamedTuple):
    """An operator, where it is taken, and its derivatives.

    Attributes:
        name: of the method.
        operator: the method.
        partials: the method that returns its derivatives.
        points: where it is taken, `(n, d + k)`.
        radius: how far from `start_value` the jets are for which it is.
    """

    name: str
    operator: Operator
    partials: Callable[[Tensor, Jet], Jet]
    points: Tensor
    radius: float = 1.0

    def random_jet(self, problem: ParametricProblem, *batch: int, generator: Generator) -> Jet:
        """Return a random jet at the points, entries `(*batch, n)`.

        Args:
            problem: says which entries there are.
            *batch: leading dimensions.
            generator: draws it.
        """
        shape = (*batch, len(self.points))
        return random_jet(problem, shape, generator=generator, radius=self.radius)


def told(
    name: str, method: Callable[P, T], problem: ParametricProblem, wanted: str
) -> Callable[P, T]:
    """Return the method; what it raises becomes one line that names it.

    Args:
        name: of the method.
        method: what is called.
        problem: whose method it is.
        wanted: what it must return, in words.

    Raises:
        ValueError: the result does, where the method raises.
    """

    def call(*args: P.args, **settings: P.kwargs) -> T:
        try:
            return method(*args, **settings)
        except Exception as error:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            where = type(problem).__name__
            raise ValueError(f"{name}: raises {what} in {where}; must return {wanted}") from error

    return call


def random_jet(
    problem: ParametricProblem,
    shape: tuple[int, ...],
    *,
    generator: Generator,
    radius: float = 1.0,
) -> Jet:
    """Return a jet of independent normal entries, float64; that of `u` has the mean `start_value`.

    Args:
        problem: says which entries there are.
        shape: of each entry.
        generator: draws them.
        radius: their standard deviation.
    """
    options = {"dtype": torch.float64, "generator": generator}
    entries = [radius * torch.randn(shape, **options) for _ in entry_names(problem.coordinates)]
    entries[0] = entries[0] + problem.start_value
    return Jet.of(problem.coordinates, entries)
