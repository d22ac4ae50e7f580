"""What `ParametricProblem.check` looks at first: attributes that have a meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddlib.arguments import count_faults, fault, is_finite, is_number, kind_faults, raise_faults
from ddlib.pinn.prior import Prior

if TYPE_CHECKING:
    from ddlib.pinn.problem import ParametricProblem

COORDINATES = (("x",), ("x", "t"), ("x", "y"))  # those for which there are grids and solvers


def check_settings(problem: ParametricProblem) -> None:
    """Check coordinates, law, range, domain, and what learners are told.

    Args:
        problem: whose they are.

    Raises:
        ValueError: for other coordinates, a domain without interior, a prior that is out of range,
            and attributes of another kind.
    """
    where, names = type(problem).__name__, problem.coordinates
    if names not in COORDINATES:
        raise ValueError(
            f"coordinates = {names!r}: must be ('x',), ('x', 't') or ('x', 'y') in {where}"
        )
    faults = kind_faults("prior", problem.prior, Prior, f"a Prior in {where}")
    for name in ("linear", "affine"):
        wanted = f"True or False in {where}"
        faults += kind_faults(name, getattr(problem, name), bool, wanted)
    wanted = f"a whole number, at least 1, in {where}"
    faults += count_faults("num_features", problem.num_features, 1, wanted)
    if not is_finite(problem.start_value):
        faults.append(fault("start_value", problem.start_value, f"a finite number in {where}"))
    raise_faults(faults)
    check_range(problem)
    check_prior(problem)
    check_bandwidth(problem.bandwidth, num_bandwidths(problem))


def check_range(problem: ParametricProblem) -> None:
    """Check that the range of the parameters is one.

    Args:
        problem: whose range it is.

    Raises:
        ValueError: for anything but two numbers, the first below the second.
    """
    limits = problem.alpha_range
    pair = isinstance(limits, tuple | list) and len(limits) == 2
    if not (pair and all(map(is_number, limits)) and limits[0] < limits[1]):
        raise ValueError(
            f"alpha_range = {limits!r}: must be a lowest value and a higher one in "
            f"{type(problem).__name__}"
        )


def check_prior(problem: ParametricProblem) -> None:
    """Check that there is a solution at all parameters that learners ask for.

    Args:
        problem: whose prior it is.

    Raises:
        ValueError: for a law that is out of range within three deviations.
    """
    low, high = problem.alpha_range
    for start, end in problem.limits().T[len(problem.coordinates) :].tolist():
        if not (low <= start and end <= high):
            raise ValueError(
                f"prior: from {start:g} to {end:g} within three deviations in "
                f"{type(problem).__name__}; must be within alpha_range = ({low:g}, {high:g})"
            )


def num_bandwidths(problem: ParametricProblem) -> int:
    """Return along how many columns of a point features vary.

    Args:
        problem: whose features they are.
    """
    return len(problem.coordinates) if problem.affine else problem.width


def check_bandwidth(bandwidth: float | tuple[float, ...], width: int) -> tuple[float, ...]:
    """Return the bandwidth along each column.

    Args:
        bandwidth: a number for all columns, or one for each.
        width: how many columns there are.

    Raises:
        ValueError: for bandwidths that are not finite and above 0, and another number of them.
    """
    each = bandwidth if isinstance(bandwidth, tuple) else (bandwidth,) * width
    if len(each) != width or not all(is_finite(size) and size > 0 for size in each):
        raise ValueError(
            f"bandwidth = {bandwidth!r}: must be a finite number above 0, or {width} of them"
        )
    return each
