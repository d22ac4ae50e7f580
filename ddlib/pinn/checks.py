"""What `ParametricProblem.check` looks at: whether what a problem says of itself fits together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet, entry_names, jet_of
from ddlib.pinn.partials import Operator, partials_of

if TYPE_CHECKING:
    from ddlib.pinn.problem import ParametricProblem

COORDINATES = (("x",), ("x", "t"), ("x", "y"))  # those for which there are grids and solvers
LARGEST_DEFECT = 1e-9  # of an exact solution: its operators vanish up to rounding
LARGEST_SLIP = 1e-7  # of a derivative or an affine operator, relative to its size


class Case(NamedTuple):
    """An operator, where it is taken, and its derivatives.

    Attributes:
        name: of the method.
        operator: the method.
        partials: the method that returns its derivatives.
        points: where it is taken, `(n, d + k)`.
    """

    name: str
    operator: Operator
    partials: Callable[[Tensor, Jet], Jet]
    points: Tensor


def cases(
    problem: ParametricProblem, *, generator: Generator, num_points: int
) -> tuple[Case, Case]:
    """Return residual and boundary, each at points of its own.

    Args:
        problem: whose operators these are.
        generator: draws parameters, and points of the domain.
        num_points: inside the domain, and values of the parameters for points of the boundary.

    Raises:
        ValueError: for points of another shape.
    """
    alphas = problem.prior.sample(num_points, generator=generator)
    inside = problem.sample_points(alphas, generator=generator)
    rim = problem.boundary_points(alphas)
    for name, points in (("sample_points", inside), ("boundary_points", rim)):
        if points.ndim != 2 or points.shape[1] != problem.width:
            raise ValueError(f"{name}: shape {tuple(points.shape)}; must be (n, {problem.width})")
    return (
        Case("residual", problem.residual, problem.residual_partials, inside),
        Case("boundary", problem.boundary, problem.boundary_partials, rim),
    )


def check_settings(problem: ParametricProblem) -> None:
    """Check coordinates, domain and range.

    Args:
        problem: whose they are.

    Raises:
        ValueError: for other coordinates, a domain without interior, and a prior whose mean is out
            of range.
    """
    names = problem.coordinates
    if names not in COORDINATES:
        raise ValueError(
            f"coordinates = {names!r}: must be ('x',), ('x', 't') or ('x', 'y') in "
            f"{type(problem).__name__}"
        )
    means = problem.limits(0.0)[0, len(names) :]
    problem.check_alpha(means[0] if len(means) == 1 else means)


def check_shapes(case: Case, problem: ParametricProblem, *, generator: Generator) -> None:
    """Check that an operator returns a value at each point, and its derivatives too.

    Args:
        case: the operator.
        problem: whose operator it is.
        generator: draws jets.

    Raises:
        ValueError: for results that are no tensor, or of another shape.
    """
    for batch in ((), (2,)):
        shape = (*batch, len(case.points))
        jet = random_jet(problem, shape, generator=generator)
        points = case.points.expand(*batch, -1, -1)
        _check_shape(case.name, case.operator(points, jet), shape)
        name, partials = f"{case.name}_partials", case.partials(points, jet)
        if partials.names != jet.names:
            raise ValueError(f"{name}: entries {partials.names}; must be {jet.names}")
        for entry, partial in zip(partials.names, partials.entries, strict=True):
            _check_shape(f"{name}.{entry}", partial, shape)


def _check_shape(name: str, result: object, shape: tuple[int, ...]) -> None:
    """Raise `ValueError` unless `result` is a tensor of this shape."""
    wanted = f"must be a tensor of shape {shape}, a value at each point"
    if not isinstance(result, Tensor):
        raise ValueError(f"{name}: a {type(result).__name__}; {wanted}")
    if result.shape != shape:
        raise ValueError(f"{name}: shape {tuple(result.shape)}; {wanted}")


def check_exact(case: Case, problem: ParametricProblem) -> None:
    """Check that an operator vanishes at the exact solution.

    Args:
        case: the operator.
        problem: whose solution it is.

    Raises:
        ArithmeticError: where it does not.
    """
    jet = jet_of(problem.exact, case.points, problem.coordinates)
    worst = case.operator(case.points, jet).abs().max().item()
    if not worst < LARGEST_DEFECT:
        where = f"the exact solution of {type(problem).__name__}"
        raise ArithmeticError(f"{case.name} = {worst:g}: must be 0 at {where}")


def check_partials(case: Case, problem: ParametricProblem, *, generator: Generator) -> None:
    """Check the derivatives of an operator against automatic differentiation, at random jets.

    Args:
        case: the operator.
        problem: whose operator it is.
        generator: draws jets.

    Raises:
        ValueError: where a derivative is another one.
    """
    jet = random_jet(problem, (len(case.points),), generator=generator)
    found = case.partials(case.points, jet)
    expected = partials_of(case.operator, case.points, jet)
    for entry, ours, theirs in zip(jet.names, found.entries, expected.entries, strict=True):
        off = (ours - theirs).abs() > LARGEST_SLIP * (1 + theirs.abs())
        if off.any():
            first = int(off.nonzero()[0])
            raise ValueError(
                f"{case.name}_partials.{entry} = {ours[first].item():g}: must be "
                f"{theirs[first].item():g}, the derivative of {case.name} by {entry}, in "
                f"{type(problem).__name__}"
            )


def is_affine(case: Case, problem: ParametricProblem, *, generator: Generator) -> bool:
    """Whether an operator is affine in the jet: a mean of jets has the mean of the values.

    Args:
        case: the operator.
        problem: whose operator it is.
        generator: draws jets.
    """
    shape = (len(case.points),)
    one, other = (random_jet(problem, shape, generator=generator) for _ in range(2))
    middle = one.map(lambda a, b: (a + b) / 2, other)
    first, second, between = (case.operator(case.points, jet) for jet in (one, other, middle))
    slip = (between - (first + second) / 2).abs()
    return bool((slip <= LARGEST_SLIP * (1 + first.abs() + second.abs())).all())


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
    check_settings(problem)
    if problem.affine and problem.has_exact:
        check_affine_in_parameters(problem, generator=generator)
    for case in cases(problem, generator=generator, num_points=num_points):
        check_shapes(case, problem, generator=generator)
        if problem.has_exact:
            check_exact(case, problem)
        check_partials(case, problem, generator=generator)
        if problem.linear and not is_affine(case, problem, generator=generator):
            raise ValueError(
                f"linear = True: must be False in {type(problem).__name__}, whose {case.name} is "
                "not affine in the jet"
            )


def random_jet(problem: ParametricProblem, shape: tuple[int, ...], *, generator: Generator) -> Jet:
    """Return a jet of independent normal entries, float64.

    Args:
        problem: says which entries there are.
        shape: of each entry.
        generator: draws them.
    """
    options = {"dtype": torch.float64, "generator": generator}
    entries = [torch.randn(shape, **options) for _ in entry_names(problem.coordinates)]
    return Jet.of(problem.coordinates, entries)
