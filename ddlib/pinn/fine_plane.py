r"""A problem on a rectangle by finite differences, from its residual and boundary.

Nodes inside take the residual, nodes on the edges that have boundary points take the boundary
operator, both at central or, on an edge and in time, one-sided differences of second order. What
vanishes is a function of all values, whose Jacobian is
$\sum_a\operatorname{diag}(\partial_a\mathcal N)\,D_a$ with the matrix $D_a$ of each difference:
Newton's method solves it, in one step where the problem is linear. Two grids give the limit of step
0 (Richardson), up to the fourth order in the step.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
import torch
from scipy.interpolate import RectBivariateSpline
from scipy.sparse.linalg import spsolve
from torch import Tensor

from ddlib.pinn.jet import Jet, entry_names
from ddlib.pinn.problem import ParametricProblem
from ddlib.problem import NotApplicable

NUM_STEPS = 40  # along each coordinate of the coarse grid; the fine one has twice as many
MOST_ITERATIONS = 30  # of Newton's method
LARGEST_STEP = 1e-10  # of the last iteration, relative to the values
CLOSE = 1e-9  # to an edge, relative to the length of the domain


def solve_plane(problem: ParametricProblem, alpha: Tensor) -> Callable[[np.ndarray], np.ndarray]:
    r"""Return the numerical solution at one $\alpha$: from places `(N, 2)` to values `(N,)`.

    Args:
        problem: on a rectangle of $x$ and $y$, or of $x$ and $t$.
        alpha: $\alpha$, `(k,)`.

    Raises:
        NotApplicable: for boundary points inside the rectangle, and where Newton's method does not
            converge.
    """
    coarse, fine = (_solve_on(problem, alpha, factor * NUM_STEPS) for factor in (1, 2))
    values = (4 * fine[::2, ::2] - coarse) / 3
    axes = [np.linspace(low, high, NUM_STEPS + 1) for low, high in problem.box]
    spline = RectBivariateSpline(axes[0], axes[1], values)
    return lambda places: spline.ev(places[:, 0], places[:, 1])


def _solve_on(problem: ParametricProblem, alpha: Tensor, num_steps: int) -> np.ndarray:
    """Return the values on a grid of so many steps, `(num_steps + 1, num_steps + 1)`."""
    axes = [np.linspace(low, high, num_steps + 1) for low, high in problem.box]
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    points = torch.cat([torch.from_numpy(places), alpha.expand(len(places), -1)], dim=1)
    differences = _differences(problem, num_steps)
    rim = _on_rim(problem, alpha, places)
    values = np.full(len(places), float(problem.start_value))
    for _ in range(MOST_ITERATIONS):
        defects, jacobian = _linearise(problem, points, rim, differences, values)
        step = spsolve(jacobian, defects)
        values = values - step
        if not np.abs(step).max() > LARGEST_STEP * np.abs(values).max():
            return values.reshape(num_steps + 1, num_steps + 1)
    raise NotApplicable(
        f"fine solution of {type(problem).__name__}: Newton's method does not converge at alpha = "
        f"{alpha.tolist()}; must have a solution there near `start_value`, `exact` or "
        "`fine_solution`"
    )


def _linearise(
    problem: ParametricProblem,
    points: Tensor,
    rim: np.ndarray,
    differences: list[sp.csr_matrix],
    values: np.ndarray,
) -> tuple[np.ndarray, sp.csc_matrix]:
    """Return what vanishes at each node, `(N,)`, and its Jacobian `(N, N)`."""
    entries = [torch.from_numpy(difference @ values) for difference in differences]
    jet, edge = Jet.of(problem.coordinates, entries), torch.from_numpy(rim)
    defects = torch.where(edge, problem.boundary(points, jet), problem.residual(points, jet))
    inner, outer = problem.residual_partials(points, jet), problem.boundary_partials(points, jet)
    partials = inner.map(lambda inside, outside: torch.where(edge, outside, inside), outer)
    by_name = [getattr(partials, name) for name in entry_names(problem.coordinates)]
    blocks = [
        sp.diags(partial.detach().numpy()) @ difference
        for partial, difference in zip(by_name, differences, strict=True)
    ]
    return defects.detach().numpy(), sp.csc_matrix(sum(blocks[1:], start=blocks[0]))


def _differences(problem: ParametricProblem, num_steps: int) -> list[sp.csr_matrix]:
    """Return the matrix of each entry of the jet, in the order of the coordinates."""
    identity = sp.identity(num_steps + 1)
    found = [sp.identity((num_steps + 1) ** 2)]
    for axis, (name, (low, high)) in enumerate(zip(problem.coordinates, problem.box, strict=True)):
        step = (high - low) / num_steps
        slope = _backward(num_steps, step) if name == "t" else _slope(num_steps, step)
        along = [slope] if name == "t" else [slope, _second(num_steps, step)]
        found += [sp.kron(m, identity) if axis == 0 else sp.kron(identity, m) for m in along]
    return [sp.csr_matrix(matrix) for matrix in found]


def _bands(num_steps: int, weights: dict[int, float]) -> np.ndarray:
    """Return the matrix with a weight on each of these diagonals."""
    return sum(
        (weight * np.eye(num_steps + 1, k=place) for place, weight in weights.items()),
        start=np.zeros((num_steps + 1, num_steps + 1)),
    )


def _slope(num_steps: int, step: float) -> np.ndarray:
    """Return central differences, one-sided at the ends, all of second order."""
    matrix = _bands(num_steps, {-1: -0.5, 1: 0.5})
    matrix[0, :3], matrix[-1, -3:] = [-1.5, 2.0, -0.5], [0.5, -2.0, 1.5]
    return matrix / step


def _second(num_steps: int, step: float) -> np.ndarray:
    """Return central second differences, one-sided at the ends, all of second order."""
    matrix = _bands(num_steps, {-1: 1.0, 0: -2.0, 1: 1.0})
    matrix[0, :4], matrix[-1, -4:] = [2.0, -5.0, 4.0, -1.0], [-1.0, 4.0, -5.0, 2.0]
    return matrix / step**2


def _backward(num_steps: int, step: float) -> np.ndarray:
    """Return backward differences in time of second order; the first step's is of first order."""
    matrix = _bands(num_steps, {-2: 0.5, -1: -2.0, 0: 1.5})
    matrix[1, :2] = [-1.0, 1.0]
    return matrix / step


def _on_rim(problem: ParametricProblem, alpha: Tensor, places: np.ndarray) -> np.ndarray:
    """Return which places `(N, 2)` are on an edge that has boundary points, `(N,)`."""
    alphas = alpha if problem.num_parameters == 1 else alpha[None]
    given = problem.boundary_points(alphas)[:, :2].numpy()
    ends = [(axis, end) for axis, box in enumerate(problem.box) for end in box]
    touched = np.stack([_is_at(problem, given, *which) for which in ends])
    corner = touched.sum(0) > 1  # it lies on two edges, of which one may have no condition
    on_rim = np.zeros(len(places), bool)
    for which, here in zip(ends, touched, strict=True):
        if (here & ~corner).any():
            on_rim |= _is_at(problem, places, *which)
    if not touched.any(0).all():
        raise NotApplicable(
            f"fine solution of {type(problem).__name__}: boundary points inside the rectangle; "
            "must have `exact` or `fine_solution`"
        )
    return on_rim


def _is_at(problem: ParametricProblem, places: np.ndarray, axis: int, end: float) -> np.ndarray:
    """Return which places `(N, 2)` are on the edge where a coordinate is at its end, `(N,)`."""
    low, high = problem.box[axis]
    return np.abs(places[:, axis] - end) < CLOSE * (high - low)
