"""What `IntervalProblem.check` looks at beside `checks`: the conditions at the ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Generator

from ddlib.pinn.checks import cases
from ddlib.pinn.operator_checks import is_affine, random_jet

if TYPE_CHECKING:
    from ddlib.pinn.interval import IntervalProblem


def check_conditions(problem: IntervalProblem, *, generator: Generator, num_points: int) -> None:
    """Check that the conditions of an interval are affine.

    Args:
        problem: whose conditions these are.
        generator: draws parameters and jets.
        num_points: how many.

    Raises:
        ValueError: for other conditions.
    """
    _, rim = cases(problem, generator=generator, num_points=num_points)
    if not is_affine(rim, problem, generator=generator):
        raise ValueError(
            f"conditions: not affine in u and u' in {type(problem).__name__}; must be affine"
        )


def check_constant(problem: IntervalProblem, *, generator: Generator, num_points: int) -> None:
    """Check that equation and conditions of an interval do not leave a constant free.

    Args:
        problem: whose they are.
        generator: draws points, parameters and jets.
        num_points: how many.

    Raises:
        ValueError: for slopes alone at the ends of an equation without $u$.
    """
    for case in cases(problem, generator=generator, num_points=num_points):
        jet = random_jet(problem, (len(case.points),), generator=generator)
        if (case.partials(case.points, jet).u != 0).any():
            return
    raise ValueError(
        f"conditions: slopes alone in {type(problem).__name__}, whose equation leaves a constant "
        "free; must give u at an end"
    )
