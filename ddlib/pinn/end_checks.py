"""What `IntervalProblem.check` looks at beside `checks`: the conditions at the ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Generator, Tensor

from ddlib.arguments import fault, function_faults, raise_faults
from ddlib.pinn.checks import cases
from ddlib.pinn.conditions import Condition
from ddlib.pinn.operator_cases import Case, random_jet, told
from ddlib.pinn.operator_checks import check_attached, check_result, is_affine

if TYPE_CHECKING:
    from ddlib.pinn.interval import IntervalProblem


def check_kinds(problem: IntervalProblem, *, own: tuple[bool, bool]) -> None:
    """Check that there are two conditions, or one and None.

    Args:
        problem: whose conditions these are.
        own: at each end, whether a method of the problem's own stands in for the condition.

    Raises:
        ValueError: for another number of them, and for what is no condition.
    """
    conditions, where = problem.conditions, type(problem).__name__
    wanted = f"two conditions in {where}, the second may be None"
    if not isinstance(conditions, tuple | list):
        raise ValueError(fault("conditions", conditions, wanted))
    if len(conditions) != 2:
        raise ValueError(f"conditions: {len(conditions)} of them; must be {wanted}")
    faults = []
    for index, (condition, written) in enumerate(zip(conditions, own, strict=True)):
        if not written and not (index == 1 and condition is None):
            name, wanted = f"conditions[{index}]", f"a condition in {where}, Dirichlet() for one"
            faults += function_faults(name, condition, wanted)
    raise_faults(faults)


def check_conditions(problem: IntervalProblem, *, generator: Generator, num_points: int) -> None:
    """Check that the conditions of an interval are finite, affine, and ask for something.

    Args:
        problem: whose conditions these are.
        generator: draws parameters and jets.
        num_points: how many.

    Raises:
        ValueError: for other conditions.
    """
    _, rim = cases(problem, generator=generator, num_points=num_points)
    ends = [problem.left, problem.right] if problem.has_right else [problem.left]
    points = problem.ends_at(problem.alphas_of(rim.points))[: len(ends)]
    for condition, at_end in zip(ends, points, strict=True):
        _check_values(problem, condition, at_end, generator=generator)
    where = type(problem).__name__
    if not is_affine(rim, problem, generator=generator):
        raise ValueError(f"conditions: not affine in u and u' in {where}; must be affine")
    check_attached(rim, problem, random_jet(problem, (len(rim.points),), generator=generator))
    partials = [problem.left_partials, problem.right_partials]
    for at_end, partials_at in zip(points, partials, strict=False):
        by_u, by_slope = partials_at(problem.alphas_of(at_end))
        idle = (by_u == 0) & (by_slope == 0)
        if idle.any():
            alpha = problem.alphas_of(at_end)[idle][0].tolist()
            raise ValueError(
                f"conditions: at x = {at_end[0, 0]:g} without u and u' where alpha = {alpha} in "
                f"{where}; must depend on one"
            )


def _check_values(
    problem: IntervalProblem, condition: Condition, points: Tensor, *, generator: Generator
) -> None:
    """Raise `ValueError` unless a condition has a finite value at each point."""
    name = f"conditions: at x = {points[0, 0]:g}"
    called = told(name, condition, problem, "a value for each alpha")
    for batch in ((), (2,)):
        jet = random_jet(problem, (*batch, len(points)), generator=generator)
        places = points.expand(*batch, -1, -1)
        found = called(problem.alphas_of(places), jet.u, jet.x)
        check_result(f"{name}, value", found, places, problem)


def check_order(problem: IntervalProblem, *, generator: Generator, num_points: int) -> None:
    """Check that the conditions of an interval leave nothing free.

    Args:
        problem: whose they are.
        generator: draws points, parameters and jets.
        num_points: how many.

    Raises:
        ValueError: for an equation of second order with a condition at its start alone, and for
            slopes alone at the ends of an equation without $u$.
    """
    inside, rim = cases(problem, generator=generator, num_points=num_points)
    where = type(problem).__name__
    if not problem.has_right and _depends(inside, "xx", problem, generator=generator):
        raise ValueError(
            f"conditions[1] = None: must be a condition in {where}, whose equation is of second "
            "order"
        )
    if not any(_depends(case, "u", problem, generator=generator) for case in (inside, rim)):
        raise ValueError(
            f"conditions: slopes alone in {where}, whose equation leaves a constant free; must "
            "give u at an end"
        )


def _depends(case: Case, entry: str, problem: IntervalProblem, *, generator: Generator) -> bool:
    """Whether an operator depends on an entry of the jet."""
    jet = random_jet(problem, (len(case.points),), generator=generator)
    return bool((getattr(case.partials(case.points, jet), entry) != 0).any())
