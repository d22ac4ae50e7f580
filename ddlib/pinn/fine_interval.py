r"""A boundary-value problem on an interval by scipy's `solve_bvp`, from its residual.

The solver wants $u''=f(x,u,u')$. A residual that is affine in $u''$ says so: with its value $N_0$
and its derivative $A$ by $u''$ at $u''=0$ it is $u''=-N_0/A$. Where $A=0$ everywhere the equation
is of first order, and $u'$ is found in the same way. The solver's $x$ runs from 0 to 1,
whatever the interval, as its tolerances depend on the unit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from scipy.integrate import solve_bvp
from torch import Tensor

from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem
from ddlib.problem import NotApplicable

TOLERANCE = 1e-9  # of the residual that scipy takes, relative
NUM_NODES = 41  # at the start; scipy adds those that it needs
MOST_NODES = 100_000
LARGEST_RESIDUAL = 1e-6  # relative, of the equation at the solution that is found


class _Equation(NamedTuple):
    r"""A problem at one $\alpha$, as numpy sees it.

    `share` is that of the interval, $s=(x-a)/(b-a)$. `state` is $u$, and $\partial_su$ for second
    order.
    """

    problem: ParametricProblem
    alpha: Tensor
    order: int

    @property
    def length(self) -> float:
        """The length of the interval."""
        low, high = self.problem.box[0]
        return high - low

    def points(self, share: np.ndarray) -> Tensor:
        """Return the points at `share` `(N,)`."""
        x = torch.from_numpy(self.problem.box[0][0] + self.length * share)
        return torch.cat([x[:, None], self.alpha.expand(len(x), -1)], dim=1).double()

    def highest(self, share: np.ndarray, state: np.ndarray) -> np.ndarray:
        """Return the derivative of highest order by the share, `(N,)`."""
        points, jet = self.points(share), self.jet(state)
        entry = "xx" if self.order == 2 else "x"
        by_entry = getattr(self.problem.residual_partials(points, jet), entry)
        along_x = (-self.problem.residual(points, jet) / by_entry).detach().numpy()
        return along_x * self.length**self.order

    def jet(self, state: np.ndarray, highest: np.ndarray | None = None) -> Jet:
        """Return the jet along $x$, with a derivative of highest order, 0 unless told."""
        zero = np.zeros_like(state[0])
        last = zero if highest is None else highest
        rows = [*state, last, *[zero] * (2 - self.order)]
        along_x = (row / self.length**times for times, row in enumerate(rows))
        return Jet(*(torch.from_numpy(np.ascontiguousarray(row)) for row in along_x))

    def slope(self, share: np.ndarray, state: np.ndarray) -> np.ndarray:
        """Return the derivative of the state by the share, `(order, N)`."""
        return np.stack([*state[1:], self.highest(share, state)])

    def conditions(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return what vanishes at both ends."""
        alphas = self.alpha if self.problem.num_parameters == 1 else self.alpha[None]
        rim = self.problem.boundary_points(alphas)
        low, high = self.problem.box[0]
        at_low = rim[:, 0] < (low + high) / 2
        state = np.where(at_low.numpy(), start[:, None], end[:, None])
        highest = self.highest((rim[:, 0].numpy() - low) / self.length, state)
        return self.problem.boundary(rim, self.jet(state, highest)).detach().numpy()


def solve_interval(problem: ParametricProblem, alpha: Tensor) -> Callable[[np.ndarray], np.ndarray]:
    r"""Return the numerical solution at one $\alpha$: from places `(N, 1)` to values `(N,)`.

    Args:
        problem: on an interval.
        alpha: $\alpha$, `(k,)`.

    Raises:
        NotApplicable: for a residual that is not affine in the highest derivative, another number
            of conditions than the order, and where scipy does not converge.
    """
    share = np.linspace(0, 1, NUM_NODES)
    equation = _Equation(problem, alpha, _order(problem, alpha, share))
    start = np.zeros((equation.order, NUM_NODES))
    start[0] = problem.start_value
    num_conditions = len(equation.conditions(start[:, 0], start[:, 0]))
    if num_conditions != equation.order:
        raise _refusal(problem, f"{num_conditions} conditions; must be {equation.order}")
    found = solve_bvp(
        equation.slope, equation.conditions, share, start, tol=TOLERANCE, max_nodes=MOST_NODES
    )
    if not found.success:
        raise _refusal(
            problem,
            f"{found.message.rstrip('.')} at alpha = {alpha.tolist()}; must have a solution there "
            "near `start_value`, `exact` or `fine_solution`",
        )
    _check_solved(equation, found.sol)
    low, _ = problem.box[0]
    return lambda places: found.sol((places[:, 0] - low) / equation.length)[0]


def _order(problem: ParametricProblem, alpha: Tensor, share: np.ndarray) -> int:
    """Return the order of the equation: 2 where the second derivative counts, else 1."""
    equation = _Equation(problem, alpha, 2)
    generator = np.random.default_rng(0)
    state = generator.standard_normal((2, len(share)))
    state[0] += problem.start_value
    by_second = problem.residual_partials(equation.points(share), equation.jet(state)).xx
    return 2 if (by_second != 0).any() else 1


def _check_solved(equation: _Equation, solution: Callable[..., np.ndarray]) -> None:
    """Raise `NotApplicable` unless the residual vanishes at what scipy found."""
    share = np.linspace(0, 1, 2 * NUM_NODES)
    state = solution(share)
    highest = equation.highest(share, state)
    points, jet = equation.points(share), equation.jet(state, highest)
    partials = equation.problem.residual_partials(points, jet)
    pairs = zip(partials.entries, jet.entries, strict=True)
    size = 1 + sum(float((partial * entry).abs().max()) for partial, entry in pairs)
    if not equation.problem.residual(points, jet).abs().max().item() < LARGEST_RESIDUAL * size:
        entry = "xx" if equation.order == 2 else "x"
        raise _refusal(
            equation.problem,
            f"residual not affine in {entry}, the highest derivative; must be, or the problem must "
            "have `exact` or `fine_solution`",
        )


def _refusal(problem: ParametricProblem, reason: str) -> NotApplicable:
    """Return the error that says why there is no fine solution."""
    return NotApplicable(f"fine solution of {type(problem).__name__}: {reason}")
