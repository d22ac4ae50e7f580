"""What `ParametricProblem.check` looks at: whether what a problem says of itself fits together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Generator, Tensor

from ddlib.arguments import count_faults, kind_faults, raise_faults
from ddlib.pinn.jet import jet_of
from ddlib.pinn.operator_cases import Case, told
from ddlib.pinn.operator_checks import (
    LARGEST_SLIP,
    check_dependence,
    check_partials,
    check_result,
    check_values,
    is_affine,
)
from ddlib.pinn.setting_checks import check_settings

if TYPE_CHECKING:
    from ddlib.pinn.problem import ParametricProblem

LARGEST_DEFECT = 1e-9  # of an exact solution: its operators vanish up to rounding


def cases(
    problem: ParametricProblem, *, generator: Generator, num_points: int
) -> tuple[Case, Case]:
    """Return residual and boundary, each at points of its own.

    Args:
        problem: whose operators these are.
        generator: draws parameters, and points of the domain.
        num_points: inside the domain, and values of the parameters for points of the boundary.

    Raises:
        ValueError: for points of another shape; the operators do, where a method raises.
    """
    places, value, partials = (
        f"points of {problem.width} columns",
        "a value at each point",
        "a jet of derivatives",
    )
    low, high = problem.limits()[:, len(problem.coordinates) :]
    drawn = problem.prior.sample(num_points, generator=generator)
    # Learners ask within three deviations: the range of the parameters may end there.
    alphas = drawn.reshape(num_points, -1).clamp(low, high).reshape(drawn.shape)
    inside = told("sample_points", problem.sample_points, problem, places)(
        alphas, generator=generator
    )
    rim = told("boundary_points", problem.boundary_points, problem, places)(alphas)
    for name, points in (("sample_points", inside), ("boundary_points", rim)):
        if points.ndim != 2 or points.shape[1] != problem.width:
            raise ValueError(f"{name}: shape {tuple(points.shape)}; must be (n, {problem.width})")
    rows = (
        ("residual", problem.residual, problem.residual_partials, inside),
        ("boundary", problem.boundary, problem.boundary_partials, rim),
    )
    residual, boundary = (
        Case(
            name,
            told(name, operator, problem, value),
            told(f"{name}_partials", derivatives, problem, partials),
            points,
        )
        for name, operator, derivatives, points in rows
    )
    return residual, boundary


def check_exact(case: Case, problem: ParametricProblem) -> None:
    """Check that an operator vanishes at the exact solution.

    Args:
        case: the operator.
        problem: whose solution it is.

    Raises:
        ValueError: for a solution that is no finite value at each point.
        ArithmeticError: where it does not.
    """
    exact = told("exact", problem.exact, problem, "a value at each point")
    check_result("exact", exact(*case.points.unbind(-1)), case.points, problem)
    jet = jet_of(exact, case.points, problem.coordinates)
    worst = case.operator(case.points, jet).abs().max().item()
    if not worst < LARGEST_DEFECT:
        where = f"the exact solution of {type(problem).__name__}"
        raise ArithmeticError(f"{case.name} = {worst:g}: must be 0 at {where}")


def check_affine_in_parameters(problem: ParametricProblem, *, generator: Generator) -> None:
    r"""Check that the exact solution is affine in $\alpha$.

    Args:
        problem: that says so.
        generator: draws points and parameters.

    Raises:
        ValueError: where it is not.
    """
    one, other = (problem.prior.sample(100, generator=generator) for _ in range(2))
    places = problem.sample_points(one, generator=generator)[:, : len(problem.coordinates)]

    def at(alphas: Tensor) -> Tensor:
        columns = alphas if alphas.ndim == 2 else alphas[:, None]
        return problem.exact(*places.unbind(-1), *columns.unbind(-1))

    slip = (at((one + other) / 2) - (at(one) + at(other)) / 2).abs()
    if not (slip <= LARGEST_SLIP * (1 + at(one).abs() + at(other).abs())).all():
        raise ValueError(
            f"affine = True: must be False in {type(problem).__name__}, whose exact solution is "
            "not affine in alpha"
        )


def check_arguments(generator: Generator, num_points: int) -> None:
    """Check what a check is given.

    Args:
        generator: draws points of the domain and jets.
        num_points: how many points.

    Raises:
        ValueError: for anything but a generator and a count of at least 1.
    """
    faults = kind_faults("generator", generator, Generator, "a torch.Generator")
    raise_faults(faults + count_faults("num_points", num_points, 1))


def check_problem(problem: ParametricProblem, *, generator: Generator, num_points: int) -> None:
    """Check what every problem says of itself; `ParametricProblem.check` says what that is.

    Args:
        problem: that is checked.
        generator: draws points of the domain and jets.
        num_points: inside the domain, and values of the parameters for points of the boundary.

    Raises:
        ValueError: for what does not fit together.
        ArithmeticError: where an operator does not vanish at the exact solution.
    """
    check_arguments(generator, num_points)
    check_settings(problem)
    if problem.affine and problem.has_exact:
        check_affine_in_parameters(problem, generator=generator)
    for case in cases(problem, generator=generator, num_points=num_points):
        near = check_values(case, problem, generator=generator)
        if problem.has_exact:
            check_exact(case, problem)
        check_partials(near, problem, generator=generator)
        check_dependence(near, problem, generator=generator)
        if problem.linear and not is_affine(case, problem, generator=generator):
            raise ValueError(
                f"linear = True: must be False in {type(problem).__name__}, whose {case.name} is "
                "not affine in the jet"
            )
