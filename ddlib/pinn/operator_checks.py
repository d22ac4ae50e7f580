"""What `ParametricProblem.check` looks at in each operator: its values and its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet, entry_names
from ddlib.pinn.partials import Operator, partials_of

if TYPE_CHECKING:
    from ddlib.pinn.problem import ParametricProblem

LARGEST_SLIP = 1e-7  # of a derivative or an affine operator, relative to its size
SCALES = (1.0, 100.0)  # of jets: an operator may have a kink that small ones do not reach
STEP = 1e-3  # by which an entry changes, relative to its size
SMALLEST_CHANGE = 1e-12  # of a value that is not rounding, relative to its size

P = ParamSpec("P")
T = TypeVar("T")


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


def check_values(case: Case, problem: ParametricProblem, *, generator: Generator) -> None:
    """Check that an operator returns a finite value at each point, and its derivatives too.

    Args:
        case: the operator.
        problem: whose operator it is.
        generator: draws jets.

    Raises:
        ValueError: for results that are no tensor, of another shape, or not finite.
    """
    for batch in ((), (2,)):
        shape = (*batch, len(case.points))
        jet = random_jet(problem, shape, generator=generator)
        points = case.points.expand(*batch, -1, -1)
        check_result(case.name, case.operator(points, jet), points, problem)
        name, partials = f"{case.name}_partials", case.partials(points, jet)
        if not isinstance(partials, Jet):
            raise ValueError(f"{name}: a {type(partials).__name__}; must be a Jet")
        if partials.names != jet.names:
            raise ValueError(f"{name}: entries {partials.names}; must be {jet.names}")
        for entry, partial in zip(partials.names, partials.entries, strict=True):
            check_result(f"{name}.{entry}", partial, points, problem)


def check_result(name: str, result: object, points: Tensor, problem: ParametricProblem) -> None:
    """Check that a result is a finite value at each point.

    Args:
        name: of what returned it.
        result: what was returned.
        points: where, `(…, n, d + k)`.
        problem: says what the columns of a point are called.

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
        raise ValueError(f"{name} = {result[first].item():g} at {place}: must be finite")


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
    jet = random_jet(problem, (len(case.points),), generator=generator)
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
    jet, found = random_jet(problem, (len(case.points),), generator=generator), set[str]()
    for scale in SCALES:
        partials = case.partials(case.points, jet.map(lambda entry, by=scale: by * entry))
        pairs = zip(partials.names, partials.entries, strict=True)
        found |= {name for name, partial in pairs if (partial != 0).any()}
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
