"""What `ParametricProblem.check` looks at in each operator: its values and its derivatives."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from torch import Generator, Tensor

from ddlib.pinn.jet import Jet
from ddlib.pinn.operator_cases import Case, random_jet
from ddlib.pinn.partials import partials_of

if TYPE_CHECKING:
    from ddlib.pinn.problem import ParametricProblem

LARGEST_SLIP = 1e-7  # of a derivative or an affine operator, relative to its size
SCALES = (1.0, 100.0)  # of jets: an operator may have a kink that small ones do not reach
STEP = 1e-3  # by which an entry changes, relative to its size
RADII = (1.0, 0.1, 0.01)  # of jets around `start_value`: an equation may end near it
SMALLEST_CHANGE = 1e-12  # of a value that is not rounding, relative to its size


def check_values(case: Case, problem: ParametricProblem, *, generator: Generator) -> Case:
    """Check that an operator and its derivatives are finite at each point, near `start_value`.

    Args:
        case: the operator.
        problem: whose operator it is.
        generator: draws jets.

    Returns:
        The case with the largest of `RADII` within which they have.

    Raises:
        ValueError: for results that are no tensor, of another shape, or not finite at `start_value`
            or within all radii.
    """
    start = f"u = start_value = {problem.start_value:g}"
    _check_finite(case._replace(radius=0.0), problem, f"at {start}", generator=generator)
    near = [case._replace(radius=radius) for radius in RADII]
    for one in near[:-1]:
        # It need not be defined everywhere: no value at all is refused below.
        with suppress(ValueError):
            _check_finite(one, problem, f"near {start}", generator=generator)
            return one
    _check_finite(near[-1], problem, f"near {start}", generator=generator)
    return near[-1]


def _check_finite(
    case: Case, problem: ParametricProblem, where: str, *, generator: Generator
) -> None:
    """Raise `ValueError` unless an operator and its derivatives are finite at random jets."""
    for batch in ((), (2,)):
        jet = case.random_jet(problem, *batch, generator=generator)
        points = case.points.expand(*batch, -1, -1)
        check_result(case.name, case.operator(points, jet), points, problem, where)
        name, partials = f"{case.name}_partials", case.partials(points, jet)
        if not isinstance(partials, Jet):
            raise ValueError(f"{name}: a {type(partials).__name__}; must be a Jet")
        if partials.names != jet.names:
            raise ValueError(f"{name}: entries {partials.names}; must be {jet.names}")
        for entry, partial in zip(partials.names, partials.entries, strict=True):
            check_result(f"{name}.{entry}", partial, points, problem, where)


def check_result(
    name: str, result: object, points: Tensor, problem: ParametricProblem, where: str = ""
) -> None:
    """Check that a result is a finite value at each point.

    Args:
        name: of what returned it.
        result: what was returned.
        points: where, `(…, n, d + k)`.
        problem: says what the columns of a point are called.
        where: at which jets, in words.

    Raises:
        ValueError: for a result that is no tensor, of another shape, or not finite.
    """
    shape = points.shape[:-1]
    wanted = f"must be a tensor of shape {tuple(shape)}, a value at each point"
    if not isinstance(result, Tensor):
        raise ValueError(f"{name}: a {type(result).__name__}; {wanted}")
    if result.shape != shape:
        raise ValueError(f"{name}: shape {tuple(result.shape)}; {wanted}")
    bad = ~result.isfinite()
    if bad.any():
        first = tuple(bad.nonzero()[0].tolist())
        place = place_of(points[first], problem)
        wanted = f"must be finite {where}".rstrip()
        raise ValueError(f"{name} = {result[first].item():g} at {place}: {wanted}")


def place_of(point: Tensor, problem: ParametricProblem) -> str:
    """Return a point in words, `x = 0.5, alpha = 0.3`.

    Args:
        point: `(d + k,)`.
        problem: says what its columns are called.
    """
    count = problem.num_parameters
    alphas = ["alpha"] if count == 1 else [f"alpha_{number}" for number in range(1, count + 1)]
    pairs = zip((*problem.coordinates, *alphas), point.tolist(), strict=True)
    return ", ".join(f"{name} = {value:g}" for name, value in pairs)


def check_partials(case: Case, problem: ParametricProblem, *, generator: Generator) -> None:
    """Check the derivatives of an operator against automatic differentiation, at random jets.

    Args:
        case: the operator.
        problem: whose operator it is.
        generator: draws jets.

    Raises:
        ValueError: where a derivative is another one, and as `check_attached` does.
    """
    jet = case.random_jet(problem, generator=generator)
    check_attached(case, problem, jet)
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


def check_attached(case: Case, problem: ParametricProblem, jet: Jet) -> None:
    """Check that automatic differentiation sees each entry that an operator depends on.

    Args:
        case: the operator.
        problem: whose operator it is.
        jet: at the points, entries `(n,)`.

    Raises:
        ValueError: where values change with an entry by which all derivatives are 0.
    """
    values, partials = case.operator(case.points, jet), partials_of(case.operator, case.points, jet)
    for name, entry, partial in zip(jet.names, jet.entries, partials.entries, strict=True):
        moved = jet._replace(**{name: entry * (1 + STEP)})
        change = (case.operator(case.points, moved) - values).abs()
        changes = (change > SMALLEST_CHANGE * (1 + values.abs())).any()
        if changes and (partial == 0).all():
            raise ValueError(
                f"{case.name}: changes with {name}, but its derivative by {name} is 0 in "
                f"{type(problem).__name__}; must not be cut off from automatic differentiation"
            )


def check_dependence(case: Case, problem: ParametricProblem, *, generator: Generator) -> None:
    """Check that an operator depends on the jet, and a residual on a derivative.

    Args:
        case: the operator.
        problem: whose operator it is.
        generator: draws jets.

    Raises:
        ValueError: where it does not.
    """
    jet, found = case.random_jet(problem, generator=generator), set[str]()
    for scale in SCALES:
        partials = case.partials(case.points, jet.map(lambda entry, by=scale: by * entry))
        pairs = zip(partials.names, partials.entries, strict=True)
        found |= {name for name, partial in pairs if (partial.nan_to_num() != 0).any()}
    where = type(problem).__name__
    if not found:
        raise ValueError(f"{case.name}: the same for every jet in {where}; must depend on it")
    if case.name == "residual" and found == {"u"}:
        names = ", ".join(name for name in jet.names if name != "u")
        raise ValueError(f"residual: no derivative in {where}; must depend on one of {names}")


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
    for scale in SCALES:
        scaled = (jet.map(lambda entry, by=scale: by * entry) for jet in (one, other, middle))
        first, second, between = (case.operator(case.points, jet) for jet in scaled)
        slip = (between - (first + second) / 2).abs()
        if not (slip <= LARGEST_SLIP * (1 + first.abs() + second.abs())).all():
            return False
    return True
