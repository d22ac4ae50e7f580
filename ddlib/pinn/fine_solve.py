r"""Numerical solutions of a parametric problem, for those that have no exact one.

Each value of $\alpha$ is solved for anew, from the problem's own residual and boundary: a user who
wrote these has written all that is needed. Results have no gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from ddlib.pinn.fine_interval import solve_interval
from ddlib.pinn.fine_plane import solve_plane
from ddlib.pinn.point_checks import check_places
from ddlib.pinn.problem import ParametricProblem

Solve = Callable[[ParametricProblem, Tensor], Callable[[np.ndarray], np.ndarray]]
r"""From a problem and one $\alpha$ `(k,)` to a function of places `(N, d)` with values `(N,)`."""

SOLVERS: Mapping[int, Solve] = {1: solve_interval, 2: solve_plane}
"""The solver for each number of coordinates."""


def fine_solution(problem: ParametricProblem, points: Tensor) -> Tensor:
    r"""Return a numerical $u_\alpha$ at points, `(…, n)`, in their type.

    Args:
        problem: that is solved.
        points: `(…, n, d + k)`.

    Raises:
        ValueError: for places outside the domain.
        NotApplicable: for an equation or a domain that the solvers cannot take, and where they do
            not converge.
    """
    check_places(problem, points)
    d = len(problem.coordinates)
    flat = points.detach().double().cpu().reshape(-1, problem.width)
    alphas, which = flat[:, d:].unique(dim=0, return_inverse=True)
    values = flat.new_zeros(len(flat))
    for number, alpha in enumerate(alphas):
        here = which == number
        found = SOLVERS[d](problem, alpha)(flat[here, :d].numpy())
        values[here] = torch.from_numpy(found)
    return values.reshape(points.shape[:-1]).to(points)
